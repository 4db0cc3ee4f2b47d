"""Visits that do not fit: which, why, and what would make them fit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routing.order import best_day
from routing.ruin import Draft
from routing.task import Task

COLUMNS = ("account_id", "wanted", "planned", "why", "mend")


def missed_of(draft: Draft, task: Task) -> pd.DataFrame:
    """List the accounts that are not visited as often as wanted.

    Returns
    -------
    DataFrame
        account_id, wanted, planned (visits in the weeks), why, mend.
    """
    rows = [
        (account, wanted, 0, why, mend)
        for account, (wanted, why, mend) in task.lost.items()
        if wanted
    ]
    for i, (account, wanted) in enumerate(task.table["wanted"].items()):
        planned = len(draft.chosen[i])
        if planned < wanted:
            told = _why(draft, task, i, int(wanted) - planned)
            rows.append((str(account), int(wanted), planned, *told))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("account_id", ignore_index=True)


def _why(draft: Draft, task: Task, i: int, lacking: int) -> tuple[str, str]:
    choice, board = draft.choices[i], draft.board
    shut = _shut(task, i) or draft.told.get(i, "")
    if shut:
        return shut, "other opening hours, or a day with fewer visits"
    if board.ground.drive_s[0, choice.place] * 2 > board.ground.limit_s:
        return "no trip with the nights allowed reaches it", "more nights in a row"
    if not len(choice.days):
        return (
            "its visits would lie too near or too far apart on the days worked",
            "other days, or fewer visits",
        )
    place, ground = choice.place, board.ground
    adds_s = np.array([_adds_s(draft, place, day) for day in range(len(board.tours))])
    other = [day for day in range(len(adds_s)) if day not in draft.chosen[i]]
    visit_s = float(ground.visit_s[place])
    cost_s = float(adds_s[other].min()) if other else 0.0
    weekly_h = lacking * (visit_s + cost_s) / 3600 / task.weeks
    hours = f"{max(weekly_h, 0.1):.1f} more hours a week"
    if visit_s + cost_s > board.room_s():
        return "the rep's field hours are used up", hours
    over_s = board.work_s[other] + adds_s[other] + visit_s - ground.limit_s
    best = int(np.argmin(over_s)) if other else -1
    if best < 0 or over_s[best] <= 0:
        return "the days with room are too near its other visits", hours
    day = task.days.dates[other[best]]
    minutes = int(np.ceil(over_s[best] / 60))
    return "the days are full", f"{hours}, or {minutes} minutes longer on {day:%d %b}"


def _shut(task: Task, i: int) -> str:
    """Say why opening hours alone keep an account from being visited, "" if not."""
    if task.ground.clock is None:
        return ""
    tour = best_day(
        [task.stop(i + 1)],
        start=task.home,
        end=task.home,
        day=task.day,
        engine=task.engine,
    )
    return tour.infeasible[0][1] if tour.infeasible else ""


def _adds_s(draft: Draft, place: int, day: int) -> float:
    """Give what a stop adds to a day, whether it has room or not."""
    ground, path = draft.board.ground, draft.board.path(day)
    there, onward = ground.drive_s[path[:-1], place], ground.drive_s[place, path[1:]]
    return float((there + onward - ground.drive_s[path[:-1], path[1:]]).min())
