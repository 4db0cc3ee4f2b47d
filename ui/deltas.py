"""What an edit changes in the territories it touches, number by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.io.formats.style import Styler

from geo.breaks import holes
from geo.frames import Scorecard
from geo.plan import Plan, owner_rows
from geo.study import Study, effective
from routing.mileage import METRES_PER_MILE
from sales.workload import drive_m_of
from ui import tables, theme, words
from ui.effects import lead_column, touched

MOST = 3
"""Territories shown side by side."""

GOOD = {"load": (0.7, 1.0), "share": (1 - tables.TOLERANCE, 1 + tables.TOLERANCE)}
"""Where a territory's load is as it should be, see `ui.theme.LEVELS`."""

MILES, HOLES = "miles", "holes"
COLUMNS = ["territory_id", "name", "label", "text", "verdict"]


@dataclass(frozen=True, eq=False)
class Step:
    """A plan before and after an edit, with the scorecards of both."""

    before: Plan
    after: Plan
    was: Scorecard
    now: Scorecard


@dataclass(frozen=True)
class Line:
    """A number of a territory: its name, how it is written, and whether more is good.

    Parameters
    ----------
    good
        1 if more is better, -1 if less is, 0 if a load nearer to `GOOD` is.
    """

    label: str
    column: str
    written: Callable[[float], str]
    good: int


LINES = (
    Line("Load", "load", words.percent, 0),
    Line("Fair share", "share", words.percent, 0),
    Line("Accounts", "accounts", words.count, 1),
    Line("Hours a year", "workload_h", words.hours, 0),
    Line("Revenue", "revenue", words.money, 1),
    Line("Potential", "potential", words.money, 1),
    Line("Miles a year, about", MILES, words.count, -1),
    Line("Parts", "pieces", words.count, -1),
    Line("Holes", HOLES, words.count, -1),
)


def deltas(step: Step, study: Study) -> pd.DataFrame:
    """Give the numbers of the territories an edit touches, and how each changes.

    Parameters
    ----------
    study
        Accounts and units as they came, without the pieces of cuts.

    Returns
    -------
    pandas.DataFrame
        territory_id, name, label, text ("118 % (-13)"), verdict (1 better, -1 worse, 0
        neither): of the territories touched, those whose load changes most.
    """
    lead = lead_column(step.now)
    ids = _most_changed(step, lead)
    was = _numbers(step.before, step.was, study).reindex(ids)
    now = _numbers(step.after, step.now, study).reindex(ids)
    low, high = GOOD[lead]
    off = [(x - x.clip(low, high)).abs() for x in (was[lead], now[lead])]
    fuller = off[0] - off[1]
    rows = []
    for line in LINES:
        if line.column in {"load", "share"} - {lead} or line.column not in now:
            continue
        if now[line.column].isna().all():
            continue
        pairs = zip(was[line.column].astype(float), now[line.column], strict=True)
        for i, (old, new) in zip(ids, pairs, strict=True):
            verdict = _verdict(line, old, float(new), fuller[i])
            text = _text(line, old, float(new))
            rows.append((i, str(step.now["name"][i]), line.label, text, verdict))
    return pd.DataFrame(rows, columns=COLUMNS)


def table(found: pd.DataFrame) -> Styler:
    """Give the changes as a table: a row a number, a column a territory."""
    texts, verdicts = (
        found.pivot_table(
            index="label", columns="territory_id", values=v, aggfunc="first", sort=False
        )
        for v in ("text", "verdict")
    )
    shown = {1: f"color: {theme.color_of(theme.WITHIN)}"}
    shown[-1] = f"color: {theme.color_of(theme.OUTSIDE_OVER)}"
    colors = verdicts.map(lambda verdict: shown.get(int(verdict), ""))
    return texts.style.apply(lambda _: colors, axis=None)


def _most_changed(step: Step, lead: str) -> list[str]:
    """Give territories the edit touches, in the order of the plan, `MOST` at most."""
    ids = [i for i in touched(step.was, step.now) if i in step.now.index]
    shift = (step.now[lead] - step.was[lead].reindex(step.now.index)).abs()
    ranked = shift.fillna(0.0)[ids].sort_values(ascending=False, kind="stable")
    chosen = set(ranked.index[:MOST])
    return [str(i) for i in step.now.index if i in chosen]


def _numbers(plan: Plan, card: Scorecard, study: Study) -> pd.DataFrame:
    """Give the scorecard with miles a year and holes."""
    drawn, k = effective(study, plan), len(plan.territories)
    owner = owner_rows(plan, drawn)
    owned = owner >= 0
    miles = np.bincount(owner[owned], _miles(study)[owned], minlength=k)
    inside = [broken.territory_id for broken in holes(plan, drawn)]
    counted = pd.Series(inside, dtype="str").value_counts()
    return card.assign(
        **{
            MILES: pd.Series(miles, plan.territories.index),
            HOLES: counted.reindex(card.index).fillna(0),
        }
    )


@lru_cache(maxsize=2)
def _miles(study: Study) -> NDArray[np.float64]:
    return drive_m_of(study.accounts).to_numpy(np.float64) / METRES_PER_MILE


def _text(line: Line, old: float, new: float) -> str:
    """Say a number and its change: "118 % (-13 %)"; no change, nothing said."""
    said = line.written(new)
    if not np.isfinite(new - old) or line.written(abs(new - old)) == line.written(0.0):
        return said
    sign = "+" if new > old else "\u2212"
    return f"{said} ({sign}{line.written(abs(new - old))})"


def _verdict(line: Line, old: float, new: float, fuller: float) -> int:
    if "(" not in _text(line, old, new):
        return 0
    better = fuller if line.good == 0 else line.good * (new - old)
    return int(np.sign(better)) if np.isfinite(better) else 0
