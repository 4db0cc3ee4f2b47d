"""The numbers of a plan: one row a territory, from tallies and borders alone.

Nothing is dissolved and no account is visited one by one, so a scorecard of 3,000 units
and 100,000 accounts follows an edit within milliseconds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.contiguity import CROSSING_M
from geo.frames import Accounts, Reps, Scorecard, Targets
from geo.plan import Plan, aligned_labels, exceptions, owner_rows, owners
from geo.study import Study, effective


def scorecard(
    plan: Plan,
    study: Study,
    *,
    targets: Targets | None = None,
    reps: Reps | None = None,
    today: Plan | None = None,
) -> Scorecard:
    """Give the numbers of each territory; formulas are in docs/methods.md, Scorecard.

    Parameters
    ----------
    targets
        Fair loads: adds `<measure>_deviation`, load / target - 1, and `share`. Without
        them a fair share follows the reps' hours, else it is the same for all.
    reps
        Index rep_id with `capacity_h`: gives `capacity_h` and `load` of a territory
        that has one of them; both are missing where it has none.
    today
        The plan to compare with: adds `moved_in_accounts`, `moved_out_accounts`,
        `moved_in_revenue`, `moved_out_revenue`.

    Returns
    -------
    Scorecard
        Index territory_id in the plan's order: name, rep_id, units, accounts and the
        other measures (sums a year), capacity_h (h/yr), load (share of capacity_h),
        share (of the fair load), goal, area_km2, compactness (0 to 1), pieces.
    """
    study = effective(study, plan)
    label = aligned_labels(plan, study)
    sums = territory_loads(plan, study)
    k = len(plan.territories)
    card = pd.DataFrame(
        {
            "name": plan.territories["name"],
            "rep_id": plan.territories["rep_id"],
            "units": np.bincount(label[label >= 0], minlength=k),
            **dict(zip(study.table.measures, sums.T, strict=True)),
            "capacity_h": _capacity(plan, reps),
        }
    )
    area_km2, compactness, n_pieces = _shapes(label, study, k)
    rest = {
        "load": _ratio(_hours(card), card["capacity_h"].to_numpy(np.float64)),
        "share": _share(card, targets),
        "goal": plan.territories["goal"],
        **{f"{m}_deviation": d for m, d in _deviations(card, targets).items()},
        "area_km2": area_km2,
        "compactness": compactness,
        "pieces": n_pieces,
        **_moved(plan, today, study),
    }
    # One frame at once: fifteen columns put in one by one take as long as the rest.
    return pd.concat([card, pd.DataFrame(rest, index=card.index)], axis=1)


def territory_loads(plan: Plan, study: Study) -> NDArray[np.float64]:
    """Give the load of each territory: unit tallies corrected by exceptions.

    An account that does not count leaves the load of its unit's territory and joins
    no other; an account on no unit counts only where an exception puts it.

    Returns
    -------
    Shape (k, m), in the order of the plan's territories and the study's measures.
    """
    label = aligned_labels(plan, study)
    k = len(plan.territories)
    sums = np.column_stack(
        [
            np.bincount(label + 1, weights=load, minlength=k + 1)
            for load in study.table.loads.T
        ]
    )
    given = exceptions(plan, study.accounts.index)
    unit = study.account_unit[given.account]
    ground = np.where(unit >= 0, np.append(label, -1)[unit], -1)
    owner = np.where(given.counts, given.owner_rows(plan), -1)
    for j in range(sums.shape[1]):
        load = study.account_loads[given.account, j]
        sums[:, j] += np.bincount(owner + 1, weights=load, minlength=k + 1)
        sums[:, j] -= np.bincount(ground + 1, weights=load, minlength=k + 1)
    loads: NDArray[np.float64] = np.maximum(sums[1:], 0.0)
    return loads


def _capacity(plan: Plan, reps: Reps | None) -> NDArray[np.float64]:
    """Give the field hours of each territory's rep, missing without one."""
    if reps is None or "capacity_h" not in reps:
        return np.full(len(plan.territories), np.nan)
    rows = reps.index.get_indexer(pd.Index(plan.territories["rep_id"]))
    hours = np.append(reps["capacity_h"].to_numpy(dtype=np.float64), np.nan)
    found: NDArray[np.float64] = hours[rows]
    return found


def _hours(card: Scorecard) -> NDArray[np.float64]:
    column = card["workload_h"] if "workload_h" in card else card["accounts"] * np.nan
    return column.to_numpy(dtype=np.float64)


def _ratio(
    part: NDArray[np.float64], whole: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Divide; missing where the divisor is not positive."""
    ratio = np.full(len(part), np.nan)
    good = whole > 0
    ratio[good] = part[good] / whole[good]
    return ratio


def _share(card: Scorecard, targets: Targets | None) -> NDArray[np.float64]:
    """Give hours (accounts, where no hours are known) against the fair load."""
    measure = lead_measure(card)
    load = card[measure].to_numpy(dtype=np.float64)
    if targets is not None and f"target_{measure}" in targets:
        fair = targets[f"target_{measure}"].reindex(card.index)
        return _ratio(load, fair.to_numpy(dtype=np.float64))
    hours = card["capacity_h"].to_numpy(dtype=np.float64)
    weight = np.ones(len(card)) if np.isnan(hours).any() else hours
    return _ratio(load, load.sum() * weight / max(weight.sum(), 1e-12))


def lead_measure(card: Scorecard) -> str:
    """Give the measure that leads: hours where any are known, else accounts."""
    known = "workload_h" in card and float(card["workload_h"].sum()) > 0
    return "workload_h" if known else "accounts"


def _deviations(
    card: Scorecard, targets: Targets | None
) -> dict[str, NDArray[np.float64]]:
    """Give load / target - 1 for each measure with a target."""
    if targets is None:
        return {}
    found = {}
    for column in targets.columns:
        measure = column.removeprefix("target_")
        if column != measure and measure in card:
            fair = targets[column].reindex(card.index).to_numpy(dtype=np.float64)
            found[measure] = _ratio(card[measure].to_numpy(np.float64), fair) - 1.0
    return found


def _shapes(
    label: NDArray[np.intp], study: Study, k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Give area in km2, compactness and number of pieces of each territory."""
    owned = label >= 0
    mine = label[owned]
    area = np.bincount(mine, study.area_m2[owned], minlength=k).astype(np.float64)
    outline = np.bincount(mine, study.outline_m[owned], minlength=k).astype(np.float64)
    start, end, border = _inner_links(label, study.neighbors)
    length = np.where(border > CROSSING_M, border, 0.0)
    outline -= np.bincount(label[start], length, minlength=k)
    pieces = _piece_counts(label, start, end, k)
    return area / 1e6, compactness(area, outline), pieces


def compactness(
    area_m2: NDArray[np.float64], outline_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give 4 pi area / outline^2: 1 for a disc, near 0 for a thread.

    Missing without an outline. Polsby and Popper (1991), "The third criterion",
    Yale Law and Policy Review 9(2), 301-353.
    """
    return _ratio(4.0 * np.pi * area_m2, outline_m**2)


def _inner_links(
    label: NDArray[np.intp], neighbors: csr_array
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Give the links inside territories: both units and the metres they share."""
    start = np.repeat(np.arange(len(label)), np.diff(neighbors.indptr))
    end = neighbors.indices.astype(np.intp)
    inner = (label[start] == label[end]) & (label[start] >= 0)
    return start[inner], end[inner], neighbors.data[inner]


def _piece_counts(
    label: NDArray[np.intp], start: NDArray[np.intp], end: NDArray[np.intp], k: int
) -> NDArray[np.intp]:
    """Give the number of connected pieces of each territory."""
    n = len(label)
    links = csr_array((np.ones(len(start), dtype=np.int8), (start, end)), shape=(n, n))
    _, piece = connected_components(links, directed=False)
    first = np.unique(piece, return_index=True)[1]
    owner = label[first]
    return np.bincount(owner[owner >= 0], minlength=k)


def _moved(
    plan: Plan, today: Plan | None, study: Study
) -> dict[str, NDArray[np.float64]]:
    """Give accounts and revenue each territory wins from and loses to others."""
    if today is None:
        return {}
    ids = pd.Index(plan.territories.index.union(today.territories.index))
    before = _joint(ids, today, owner_rows(today, effective(study, today)))
    after = _joint(ids, plan, owner_rows(plan, study))
    moved = (before >= 0) & (before != after)
    mine = ids.get_indexer(plan.territories.index)
    found: dict[str, NDArray[np.float64]] = {}
    for measure in ("accounts", "revenue"):
        if measure not in study.table.measures:
            continue
        load = study.account_loads[moved, study.table.measures.index(measure)]
        won = np.bincount(after[moved] + 1, load, minlength=len(ids) + 1)[1:]
        lost = np.bincount(before[moved], load, minlength=len(ids))
        found[f"moved_in_{measure}"] = won[mine]
        found[f"moved_out_{measure}"] = lost[mine]
    return found


def _joint(ids: pd.Index, plan: Plan, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give rows of a plan's territories as numbers of both plans; -1 stays -1."""
    number = np.append(ids.get_indexer(plan.territories.index), -1)
    joint: NDArray[np.intp] = number[rows]
    return joint


def disruption(before: Plan, after: Plan, accounts: Accounts) -> pd.DataFrame:
    """Give the accounts that change hands: somebody loses each of them.

    Returns
    -------
    DataFrame
        Index account_id; from, to (territory ids, to "" when nobody gets it), revenue
        (currency/yr) and workload_h (h/yr), zero where the accounts do not say.
    """
    old, new = owners(before, accounts), owners(after, accounts)
    moved = (old != "") & (old != new)
    table = pd.DataFrame({"from": old[moved], "to": new[moved]})
    for measure in ("revenue", "workload_h"):
        known = measure in accounts
        table[measure] = accounts.loc[moved, measure].fillna(0.0) if known else 0.0
    return table


def summary(card: Scorecard, *, tolerance: float = 0.10) -> str:
    """Say in two sentences who is busiest, who is quietest, and how many are past it.

    Parameters
    ----------
    tolerance
        Without reps' hours: how far from a fair share is still fair.

    Examples
    --------
    "East carries 131 % of its hours, West 64 %. 3 of 12 past 100 %."
    """
    if card.empty:
        return "No territories yet."
    load = card["load"].dropna()
    if load.empty:
        return _fair_summary(card, tolerance)
    busiest, quietest = _extremes(card, load)
    first = f"{busiest} carries {_percent(load.max())} of its hours"
    if len(load) > 1:
        first += f", {quietest} {_percent(load.min())}"
    past = int((load.round(2) > 1.0).sum())
    second = f"{past or 'None'} of {len(load)} past 100 %."
    vacant = len(card) - len(load)
    return f"{first}. {second}" + (f" {vacant} without a rep." if vacant else "")


def _fair_summary(card: Scorecard, tolerance: float) -> str:
    """Say it as a distance from a fair share, when no rep's hours are known."""
    share = card["share"].dropna()
    if share.empty:
        return "No account carries any load yet."
    busiest, quietest = _extremes(card, share)
    fair = int(((share - 1.0).abs() <= tolerance + 1e-9).sum())
    first = f"{busiest} carries {_apart(share.max())} a fair share"
    if len(share) > 1:
        first += f", {quietest} {_apart(share.min())} it"
    return (
        f"{first}. {fair or 'None'} of {len(share)} within {_percent(tolerance)} of it."
    )


def _extremes(card: Scorecard, values: pd.Series) -> tuple[str, str]:
    """Give the names of the territories with the most and the least."""
    names = card["name"].to_numpy()[card.index.get_indexer(values.index)]
    return str(names[values.argmax()]), str(names[values.argmin()])


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _apart(share: float) -> str:
    return f"{abs(share - 1.0) * 100:.0f} % {'above' if share >= 1 else 'below'}"
