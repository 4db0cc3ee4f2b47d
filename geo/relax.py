"""What would mend a wish that cannot be met: said at once, then tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.design import Cost, Progress, Result, Rules, Stop, Way, design, never
from geo.frames import Targets, UnitTable
from geo.solver.diagnose import Diagnosis, diagnose
from geo.solver.problem import state_problem

TOLERANCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Shares of its target that a load may miss it by, as they are tried."""

MORE = (1, 2, 4, 8)
"""Territories more, as they are tried."""

TRIALS = 8
"""Most runs that try a relaxation."""

ASKED = 150
"""Questions after which a trial is over: some seconds of a core."""

UNCOUNTED = {"first plans", "exact re-solves"}
"""Steps that are short, or are asked by the clock while they run."""


@dataclass(frozen=True)
class Relaxation:
    """One change that would make a wish possible.

    Parameters
    ----------
    kind
        tolerance, territories, minutes, moves or locks.
    value
        The share, the number of territories, or the times of the limit; nan for
        locks.
    sentence
        What to do.
    result
        The plan found with it; shows that it works.
    """

    kind: str
    value: float
    sentence: str
    result: Result


def estimate(
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    kept: NDArray[np.float64] | None = None,
) -> Diagnosis:
    """Say at once what cannot be met, and what might mend it; no search.

    Parameters
    ----------
    table, neighbors, cost, territories, rules, kept
        As for `design`.

    Returns
    -------
    Diagnosis
        `binding` is empty where nothing is proven against a plan.
    """
    return diagnose(
        state_problem(
            table,
            neighbors,
            cost,
            territories=territories,
            rules=rules or Rules(),
            kept=kept,
        )
    )


def relaxed(
    result: Result,
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    kept: NDArray[np.float64] | None = None,
    seed: int = 1,
    stop: Stop = never,
) -> Result:
    """Give the result with relaxations that were tried, cheapest first.

    A feasible result is given back as it is. Those tried end in "(tried: a plan was
    found)"; what follows them was not tried.

    Parameters
    ----------
    result
        Of `design`, for the same arguments.
    table, neighbors, cost, territories, rules, kept, stop
        As for `design`.
    seed
        Of the random numbers of each trial.
    """
    if result.status == "feasible":
        return result
    found = relaxations(
        table,
        neighbors,
        cost,
        territories=territories,
        rules=rules,
        kept=kept,
        seed=seed,
        stop=stop,
    )
    tried = [f"{one.sentence} (tried: a plan was found)" for one in found]
    kinds = {one.kind for one in found}
    rest = [line for line in result.relaxations if not _covered(line, kinds)]
    ways = tuple(Way(one.kind, one.value, one.sentence, tried=True) for one in found)
    return replace(result, relaxations=(*tried, *rest), ways=ways)


def ways_out(
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    kept: NDArray[np.float64] | None = None,
    most: int = 12,
) -> list[Way]:
    """Give changes that nothing is proven against, at once: no search.

    Parameters
    ----------
    table, neighbors, cost, territories, rules, kept
        As for `design`.
    most
        Changes looked at.

    Returns
    -------
    list of Way
        At most one of a kind, the smallest step.
    """
    found: dict[str, Way] = {}
    rules = rules or Rules()
    for kind, value, sentence, told in _steps(territories, rules, kept):
        if kind in found or most <= 0:
            continue
        most -= 1
        targets, eased, owned = told
        owned = _padded(owned, len(targets))
        at_once = estimate(
            table, neighbors, cost, territories=targets, rules=eased, kept=owned
        )
        if not at_once.binding:
            found[kind] = Way(kind, value, sentence)
    return list(found.values())


def _padded(kept: NDArray[np.float64] | None, k: int) -> NDArray[np.float64] | None:
    """Give what is owned with columns of nothing for territories that are new."""
    if kept is None or kept.shape[1] == k:
        return kept
    return np.pad(kept, ((0, 0), (0, k - kept.shape[1])))


def relaxations(
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    kept: NDArray[np.float64] | None = None,
    seed: int = 1,
    stop: Stop = never,
) -> list[Relaxation]:
    """Try what would make a wish possible: one change at a time, small ones first.

    A wider tolerance, more territories, a longer way to the center, more that may
    change hands, no locks: of each the smallest step that `design` finds a plan for.
    What the diagnosis disproves is not tried; each trial is cut short by the work it
    does, so the same arguments give the same answer.

    Parameters
    ----------
    table, neighbors, cost, territories, rules, kept, stop
        As for `design`.
    seed
        Of the random numbers of each trial.

    Returns
    -------
    list of Relaxation
        At most one of a kind, tolerance first; empty where nothing was found.
    """
    rules = rules or Rules()
    trials, out, done = TRIALS, [], set[str]()
    for kind, value, sentence, told in _steps(territories, rules, kept):
        if kind in done or trials <= 0 or _over(stop):
            continue
        targets, eased, owned = told
        owned = _padded(owned, len(targets))
        told_at_once = estimate(
            table, neighbors, cost, territories=targets, rules=eased, kept=owned
        )
        if told_at_once.binding:
            continue
        trials -= 1
        tried = design(
            table,
            neighbors,
            cost,
            territories=targets,
            rules=eased,
            kept=owned,
            rng=np.random.default_rng(seed),
            stop=Trial(stop),
        )
        if tried.status == "feasible":
            done.add(kind)
            out.append(Relaxation(kind, value, sentence, tried))
    return out


class Trial:
    """A stop that ends a trial after so many questions, or when it is told to."""

    reason = "clock"

    def __init__(self, stop: Stop) -> None:
        self.stop, self.asked, self.told = stop, 0, False

    def __call__(self, progress: Progress) -> bool:
        """Count the questions of the search itself, and pass each on."""
        self.asked += progress.step not in UNCOUNTED
        told = replace(progress, step=f"trying a way out: {progress.step}")
        return self.stop(told) or self.asked > ASKED


Step = tuple[str, float, str, tuple[Targets, Rules, NDArray[np.float64] | None]]


def _steps(
    territories: Targets, rules: Rules, kept: NDArray[np.float64] | None
) -> Iterator[Step]:
    """Give changes in turns, so that no kind uses up the trials of the others."""
    ways = [
        list(_wider(territories, rules, kept)),
        list(_more(territories, rules, kept)),
        list(_other_rules(territories, rules, kept)),
    ]
    for turn in range(max(map(len, ways))):
        for way in ways:
            if turn < len(way):
                yield way[turn]


def _wider(
    territories: Targets, rules: Rules, kept: NDArray[np.float64] | None
) -> Iterator[Step]:
    measures = [str(c)[7:] for c in territories if str(c).startswith("target_")]
    now = max(_tolerance(territories, measure) for measure in measures)
    for share in TOLERANCES:
        if share <= now + 1e-9:
            continue
        wider = territories.copy()
        for m in measures:
            target = territories[f"target_{m}"]
            low, top = (1 - share) * target, (1 + share) * target
            wider[f"lower_{m}"] = np.minimum(territories[f"lower_{m}"], low)
            wider[f"upper_{m}"] = np.maximum(territories[f"upper_{m}"], top)
        text = f"Allow {100 * share:.0f} % around the target"
        yield "tolerance", share, text, (wider, rules, kept)


def _tolerance(territories: Targets, measure: str) -> float:
    target = territories[f"target_{measure}"].to_numpy(np.float64)
    some = target > 0
    if not some.any():
        return 0.0
    low = territories[f"lower_{measure}"].to_numpy(np.float64)[some]
    top = territories[f"upper_{measure}"].to_numpy(np.float64)[some]
    miss = np.minimum(1 - low / target[some], top / target[some] - 1)
    return float(np.clip(miss.max(), 0.0, 1.0))


def _more(
    territories: Targets, rules: Rules, kept: NDArray[np.float64] | None
) -> Iterator[Step]:
    for more in MORE:
        k = len(territories) + more
        one = "territory" if more == 1 else "territories"
        text = f"Plan {more} {one} more, {k} in all"
        yield "territories", k, text, (with_more(territories, more), rules, kept)


def with_more(territories: Targets, more: int) -> Targets:
    """Give the targets with so many territories more, of the mean size.

    Fair shares shrink, since the total stays; a bound on one side only is a capacity
    and stays.
    """
    k = len(territories)
    mean = territories.mean(numeric_only=True)
    taken = set(map(str, territories.index))
    fresh = [name for name in _ids(k + more) if name not in taken][:more]
    rows = pd.DataFrame([mean] * more, index=pd.Index(fresh, name="territory_id"))
    rows = rows.reindex(columns=territories.columns)
    for side in ("home_x", "home_y"):
        if side in rows:
            rows[side] = np.nan
    if "locked" in rows:
        rows["locked"] = False
    out = pd.concat([territories, rows.astype(territories.dtypes)])
    for column in out.columns:
        side, _, measure = str(column).partition("_")
        if side not in {"lower", "target", "upper"}:
            continue
        if side == "upper" and not (territories[f"lower_{measure}"] > 0).any():
            continue
        out[column] = out[column] * k / (k + more)
    return out


def _ids(count: int) -> Iterator[str]:
    width = max(2, len(str(count)))
    return (f"T{i:0{width}d}" for i in range(1, 2 * count + 1))


def _other_rules(
    territories: Targets, rules: Rules, kept: NDArray[np.float64] | None
) -> Iterator[Step]:
    for times in (1.25, 1.5, 2.0, 4.0):
        if rules.max_cost is not None:
            eased = replace(rules, max_cost=times * rules.max_cost)
            text = f"Allow a way to the center {100 * (times - 1):.0f} % longer"
            yield "minutes", times, text, (territories, eased, kept)
    for times in (1.5, 2.0, 4.0):
        if rules.max_moved is not None and rules.max_moved > 0:
            most = times * rules.max_moved
            text = f"Let {most:,.0f} change hands instead of {rules.max_moved:,.0f}"
            eased = replace(rules, max_moved=most)
            yield "moves", times, text, (territories, eased, kept)
    if rules.fixed or rules.together:
        eased = replace(rules, fixed={}, together=())
        text = "Lift the locks and the groups"
        yield "locks", float("nan"), text, (territories, eased, kept)


def _over(stop: Stop) -> bool:
    return stop(Progress("trying a way out", 0.0, float("nan"), None))


def _covered(line: str, kinds: set[str]) -> bool:
    """Whether a relaxation that was not tried says what a tried one says better."""
    if "tolerance" in kinds and line.startswith("Allow ") and "target" in line:
        return True
    return "territories" in kinds and line.startswith("Plan ")
