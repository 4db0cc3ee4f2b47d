"""The days of a calendar in the order they are driven: opening hours, lunch, nights.

A calendar is searched by driving alone, or with lunch at one place; here each day is
ordered as `routing.order` orders any day. A stop a day cannot keep moves to another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from routing.day import Tour
from routing.detours import LONG_VISIT_S
from routing.order import best_day
from routing.ruin import Draft
from routing.task import Task

MOST_PASSES = 40
"""Times what days could not keep is planned elsewhere."""


def tour_of(draft: Draft, task: Task, day: int) -> Tour:
    """Put the stops of a day in order, from where it begins to where it ends."""
    begin, end = draft.board.ends(day)
    stops = [task.stop(place) for place in draft.board.tours[day]]
    hours = task.day
    if any(stop.visit_s >= LONG_VISIT_S for stop in stops):
        back_s = task.days.end_s - task.days.lunch_s
        hours = replace(hours, lunch_s=0.0, return_by_s=back_s)
    return best_day(
        stops,
        start=task.point(begin),
        end=task.point(end),
        day=hours,
        engine=task.engine,
        begun=[stop.stop_id for stop in stops],
    )


def tours_of(draft: Draft, task: Task, days: Iterable[int]) -> dict[int, Tour]:
    """Order days; what one cannot keep is planned on other days, or not at all.

    Parameters
    ----------
    draft
        Changed in place: a pattern with a day that cannot keep the stop is not tried
        again.
    days
        Those to be ordered first; days that gain a stop follow.

    Returns
    -------
    dict
        day -> its tour, of those days that were ordered.
    """
    row = {str(account): i for i, account in enumerate(task.table.index)}
    tours: dict[int, Tour] = {}
    open_days = set(days)
    for _ in range(MOST_PASSES):
        tours |= {day: tour_of(draft, task, day) for day in sorted(open_days)}
        lost = [
            (row[stop_id], day, why)
            for day in sorted(open_days)
            for stop_id, why in tours[day].infeasible
            if stop_id
        ]
        if not lost:
            break
        open_days = set()
        for i, day, why in lost:
            draft.forbid(i, day, why)
            open_days |= draft.take_out(i)
        for i in sorted({i for i, _, _ in lost}):
            open_days |= draft.put_in(i)
    return tours
