"""A call rotation: visits a year become dated days that can be driven.

`rotate` draws up the calendar of one rep. Every account gets the visits it is due in
the weeks, spaced, on days the rep works, or is in `missed` with what would help.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.errors import InputError
from geo.frames import Accounts, Stops
from routing.board import Board
from routing.daily import tours_of
from routing.day import Tour
from routing.engine import TravelEngine
from routing.missed import missed_of
from routing.patterns import Spacing, irregular, patterns
from routing.ruin import Choice, Draft, fill, search
from routing.rules import RotationRules
from routing.task import Task, task_of
from routing.timetable import timetable, weekly

LATE_S, UNEVEN_S = 240.0, 60.0
"""Driving worth a day an overdue account waits (twice that after a whole interval), and
a day a gap is off even spacing or a first visit off its due day."""

LOSS, LOSS_WAITING = 20.0, 4.0
"""A visit is planned unless it costs so many times its own minutes and half an hour;
less for an overdue account whose turn comes later, see `routing.rhythm.demand`."""

MOST_WEEKS = 26

Report = Callable[[str, float], None]
Stop = Callable[[], bool]


def quiet(_step: str, _share: float) -> None:
    """Report to nobody."""


def never() -> bool:
    """Let the search do its work."""
    return False


@dataclass(frozen=True, eq=False)
class Rotation:
    """The calendar of one rep.

    Parameters
    ----------
    rep_id
        Who drives.
    start, weeks
        The days it covers.
    accounts
        The ids of all accounts it was made for, due in these weeks or not.
    stops
        One row a visit, see `geo.frames.STOPS`.
    missed
        Accounts not visited as often as wanted: account_id, wanted, planned, why, mend.
    hours
        Index week (its first day): visits, visit_h, drive_h, drive_m, available_h,
        nights.
    estimated
        True if no road network answered.
    waiting
        Overdue accounts whose turn comes later and for which there was no room.
    """

    rep_id: str
    start: dt.date
    weeks: int
    accounts: tuple[str, ...]
    stops: Stops
    missed: pd.DataFrame
    hours: pd.DataFrame
    estimated: bool
    waiting: tuple[str, ...] = ()

    @property
    def drive_s(self) -> float:
        """Seconds of driving, the ways from and to home included."""
        return float(self.stops["drive_s"].sum() + self.stops["back_s"].sum())

    @property
    def drive_m(self) -> float:
        """Metres driven, the ways from and to home included."""
        return float(self.stops["drive_m"].sum() + self.stops["back_m"].sum())


def rotate(
    accounts: Accounts,
    rep: pd.Series,
    *,
    weeks: int,
    start: dt.date,
    engine: TravelEngine,
    rules: RotationRules | None = None,
    report: Report = quiet,
    stop: Stop = never,
) -> Rotation:
    """Draw up the calendar of one rep.

    Parameters
    ----------
    accounts
        The rep's accounts: visits (a year), visit_min, and where known last_visit,
        stage and weekdays.
    rep
        A row of reps in degrees, its name the rep_id.
    weeks
        1 to 26; usually 4 to 12.
    start
        First day.
    engine
        Answers how long it takes to drive.
    report
        Told the step and the share done.
    stop
        Asked now and then; True ends the search with the best calendar so far.

    Raises
    ------
    InputError
        No such number of weeks, or a day of the rep that ends before it begins.
    """
    rules = rules or RotationRules()
    if not 1 <= weeks <= MOST_WEEKS:
        raise InputError(
            f"A calendar of {weeks} weeks cannot be drawn up", fix="Ask for 4 to 12"
        )
    report("measuring ways", 0.0)
    task = task_of(accounts, rep, weeks=weeks, start=start, engine=engine, rules=rules)
    rng = np.random.default_rng(rules.seed)
    draft = Draft(Board(task.ground), choices(task, rules, rng))

    def halt(share: float) -> bool:
        report("planning days", 0.05 + 0.95 * share)
        return stop()

    fill(draft, rng)
    search(draft, rounds=rules.rounds, rng=rng, halt=halt)
    last_chance(draft, task, rules, rng)
    tours = tours_of(draft, task, range(len(task.days)))
    ids = [str(account) for account in accounts.index]
    return rotation_of(draft, task, tours, ids=ids)


def choices(task: Task, rules: RotationRules, rng: np.random.Generator) -> list[Choice]:
    """Give what may be done with each account: its patterns and what they are worth."""
    return [
        _choice(task, i, max(int(wanted), 1), rules, rng, strict=True)
        for i, wanted in enumerate(task.table["wanted"])
    ]


def _choice(
    task: Task,
    i: int,
    n: int,
    rules: RotationRules,
    rng: np.random.Generator,
    *,
    strict: bool,
) -> Choice:
    """Give the patterns of n visits of account i; strict ones keep all wishes."""
    row = task.table.iloc[i]
    number, horizon = task.days.number, 7 * task.weeks
    likes: frozenset[int] = row["likes"]
    weekday = np.array([day.weekday() for day in task.days.dates], dtype=np.int64)
    allowed = np.isin(weekday, list(likes)) | (not likes or not strict)
    least = rules.least_gap * row["interval"]
    earliest = row["last"] + least if np.isfinite(row["last"]) else 0.0
    most = rules.most_gap * row["interval"] if strict else np.inf
    spacing = Spacing(least, most, earliest, horizon)
    days = patterns(n, number, allowed, spacing, rng)
    first = number[days[:, 0]]
    due, interval = row["due"], row["interval"]
    waited = min(max(-due / interval, 0.0), 1.0) if np.isfinite(due) else 0.0
    soft_s = UNEVEN_S * irregular(number[days], horizon)
    if np.isfinite(due) and due < 0:
        soft_s = soft_s + LATE_S * (1 + waited) * first
    elif np.isfinite(due):
        soft_s = soft_s + UNEVEN_S * np.abs(first - min(due, horizon))
    worth_s = (row["visit_s"] + 1800.0) * n * (1 + waited)
    loss = LOSS if row["wanted"] else LOSS_WAITING
    return Choice(i + 1, days, soft_s, loss * worth_s)


def last_chance(
    draft: Draft, task: Task, rules: RotationRules, rng: np.random.Generator
) -> None:
    """Plan what is left without its wishes, or in part; the dearest first."""
    left = [i for i, days in enumerate(draft.chosen) if not days]
    for i in sorted(left, key=lambda i: -draft.choices[i].loss_s):
        for n in range(int(task.table["wanted"].iloc[i]), 0, -1):
            draft.offer(i, _choice(task, i, n, rules, rng, strict=False))
            if draft.put_in(i):
                break


def rotation_of(
    draft: Draft, task: Task, tours: Mapping[int, Tour], *, ids: Sequence[str]
) -> Rotation:
    """Give the dated calendar of a finished draft."""
    names = ["", *(str(account) for account in task.table.index)]
    stops = timetable(
        task.rep_id,
        task.days,
        [tours[day] for day in range(len(task.days))],
        visit_s=dict(zip(names, task.ground.visit_s, strict=True)),
        nights=[names[place] for place in draft.board.nights],
    )
    return Rotation(
        rep_id=task.rep_id,
        start=task.start,
        weeks=task.weeks,
        accounts=tuple(sorted(ids)),
        stops=stops,
        missed=missed_of(draft, task),
        hours=weekly(stops, task.days, start=task.start),
        estimated=task.travel.estimated,
        waiting=tuple(
            str(account)
            for account, waits, days in zip(
                task.table.index, task.table["waiting"], draft.chosen, strict=True
            )
            if waits and not days
        ),
    )
