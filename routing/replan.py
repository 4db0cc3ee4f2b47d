"""A calendar after days were lost: what lay on them moves, all else stays.

A visit of a lost day goes to the day with room that costs least and keeps its spacing.
Only where no day has room does another visit make some, one for one. Days that gain or
lose nothing keep their order and times; days before `since` are past.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError
from geo.frames import Accounts, Stops
from routing.board import Board
from routing.daily import tour_of
from routing.engine import TravelEngine
from routing.missed import COLUMNS
from routing.rotation import Rotation
from routing.ruin import Choice, Draft
from routing.rules import RotationRules
from routing.task import Task, task_of
from routing.timetable import as_stops, timetable, weekly

SHIFT_S = 300.0
"""Driving worth a day that a visit is made earlier or later than it was planned."""

ISO = "%Y-%m-%d"

SLACK = ((1.0, 1.0), (1.0, 2.0), (0.5, 4.0), (0.0, np.inf))
"""Factors on the least and the most days between two visits, tried in turn."""


@dataclass(frozen=True)
class Visit:
    """A visit that has to find a day: the row of its account, and its day before."""

    i: int
    was: int


def replan(
    before: Stops,
    accounts: Accounts,
    rep: pd.Series,
    *,
    weeks: int,
    start: dt.date,
    since: dt.date,
    engine: TravelEngine,
    rules: RotationRules,
) -> Rotation:
    """Draw up a calendar again, moving as little as possible.

    Parameters
    ----------
    before
        The rep's calendar as it was.
    accounts, rep, weeks, start, engine
        As in `routing.rotation.rotate`.
    since
        The first day that may still change.
    rules
        As the calendar was made with, the days now lost among its days off.

    Returns
    -------
    Rotation
        `missed` lists only what was planned before and no longer is.

    Raises
    ------
    InputError
        The calendar is another rep's.
    """
    strange = set(before["rep_id"]) - {str(rep.name)}
    if strange:
        raise InputError(
            f"The calendar is of {sorted(strange)[0]}, not of {rep.name}",
            fix="Give the calendar of this rep",
        )
    plan = _Plan(before, accounts, rep, weeks, start, since, engine, rules)
    plan.settle()
    return plan.rotation(before, [str(account) for account in accounts.index])


def moved(before: Stops, after: Stops) -> pd.DataFrame:
    """Give the visits that changed their day.

    Returns
    -------
    DataFrame
        account_id, was, now (NaT where the visit is lost, or is new).
    """
    rows = []
    days = [stops.groupby("account_id")["date"].agg(set) for stops in (before, after)]
    for account in sorted(set(days[0].index) | set(days[1].index)):
        old, new = (table.get(account, set()) for table in days)
        gone, come = sorted(old - new), sorted(new - old)
        for k in range(max(len(gone), len(come))):
            was = gone[k] if k < len(gone) else pd.NaT
            rows.append((account, was, come[k] if k < len(come) else pd.NaT))
    table = pd.DataFrame(rows, columns=["account_id", "was", "now"])
    return table.astype({"was": "datetime64[s]", "now": "datetime64[s]"})


class _Plan:
    """The days of a calendar while visits of lost days look for others."""

    def __init__(
        self,
        before: Stops,
        accounts: Accounts,
        rep: pd.Series,
        weeks: int,
        start: dt.date,
        since: dt.date,
        engine: TravelEngine,
        rules: RotationRules,
    ) -> None:
        self.rules = replace(rules, lead_share=None)
        self.before = before.sort_values(["date", "sequence"])
        self.task = task_of(
            accounts,
            rep,
            weeks=weeks,
            start=start,
            engine=engine,
            rules=self.rules,
            wanted=before.groupby("account_id").size(),
        )
        self.board = Board(self.task.ground)
        days = self.task.days
        self.first = int(np.searchsorted(days.number, (since - start).days))
        self.row = {str(a): i for i, a in enumerate(self.task.table.index)}
        self.day = {day: d for d, day in enumerate(days.dates)}
        self.homeless: list[Visit] = []
        self.changed: set[int] = set()
        self._load(start)
        self._come_home()

    def _load(self, start: dt.date) -> None:
        """Lay the calendar on the board; visits of lost days are left over."""
        for said, rows in self.before.groupby(self.before["date"].dt.strftime(ISO)):
            date = dt.date.fromisoformat(str(said))
            day = self.day.get(date)
            ids = [str(a) for a in rows["account_id"] if str(a) in self.row]
            if day is None:
                was = (date - start).days
                self.homeless += [Visit(self.row[a], was) for a in ids]
                continue
            self.board.tours[day] = [self.row[a] + 1 for a in ids]
            night = str(rows["overnight"].iloc[-1])
            follows = date + dt.timedelta(days=1) in self.day
            if night in self.row and follows:
                self.board.nights[day] = self.row[night] + 1
            elif night or len(ids) < len(rows):
                self.changed.add(day)
        for day in range(self.task.ground.days):
            begin, end = self.board.ends(day)
            lone = not self.board.tours[day] and (begin or end)
            if lone:  # nobody drives out and back without a visit
                self.board.nights[max(day - 1, 0) : day + 1] = 0
                self.changed |= {d for d in (day - 1, day) if d >= 0}
        for day in range(self.task.ground.days):
            self.board.refresh(day)

    def _come_home(self) -> None:
        """Take stops off days that have become too long without their night."""
        board, drive_s = self.board, self.task.ground.drive_s
        numbers = self.task.days.number
        for day in range(self.first, len(board.tours)):
            while board.tours[day] and not board.holds(day):
                path = board.path(day)
                saved_s = drive_s[path[:-2], path[1:-1]] + drive_s[path[1:-1], path[2:]]
                saved_s = saved_s - drive_s[path[:-2], path[2:]]
                place = board.tours[day][int(saved_s.argmax())]
                board.remove(place, day)
                self.homeless.append(Visit(place - 1, int(numbers[day])))
                self.changed.add(day)

    def settle(self) -> None:
        """Find days for all visits, the one with the fewest choices first."""
        left = list(self.homeless)
        while left:
            found = [(self._days(visit), visit) for visit in left]
            open_days, visit = min(
                found, key=lambda pair: (len(pair[0]), -self._visit_s(pair[1].i))
            )
            left.remove(visit)
            if open_days:
                self._put(visit.i, self._cheapest(visit, open_days))
            else:
                self._make_room(visit)

    def _visit_s(self, i: int) -> float:
        return float(self.task.ground.visit_s[i + 1])

    def _days(self, visit: Visit) -> list[int]:
        """Give the days with room for a visit; nearer to its spacing first."""
        adds_s = self.board.adds_s[:, visit.i + 1]
        for slack in SLACK:
            days = [
                day for day in self._spaced(visit.i, slack) if self._room(day, visit)
            ]
            if days and np.isfinite(adds_s[days]).any():
                return [day for day in days if np.isfinite(adds_s[day])]
        return []

    def _room(self, day: int, visit: Visit) -> bool:
        more_s = self.board.adds_s[day, visit.i + 1] + self._visit_s(visit.i)
        return bool(more_s <= self.board.room_s() + 1e-6)

    def _spaced(self, i: int, slack: tuple[float, float]) -> list[int]:
        """Give the days an account may be visited on beside its other visits."""
        row, number = self.task.table.iloc[i], self.task.days.number
        mine = self._numbers(i)
        least = self.rules.least_gap * row["interval"] * slack[0]
        most = self.rules.most_gap * row["interval"] * slack[1]
        likes: frozenset[int] = row["likes"]
        last = row["last"] if np.isfinite(row["last"]) and row["last"] < 0 else -np.inf
        days = []
        for day in range(self.first, len(number)):
            liked = not likes or self.task.days.dates[day].weekday() in likes
            others = np.sort([*mine, number[day]])
            gaps = np.diff(others)
            spaced = (gaps >= max(least, 1)).all() and (gaps <= most).all()
            if (liked or slack[0] < 1) and spaced and number[day] >= last + least:
                days.append(day)
        return days

    def _numbers(self, i: int) -> NDArray[np.int64]:
        """Give the days an account is visited on, counted from the start."""
        days = [d for d, tour in enumerate(self.board.tours) if i + 1 in tour]
        return self.task.days.number[np.array(days, dtype=np.int64)]

    def _cheapest(self, visit: Visit, days: list[int]) -> int:
        number = self.task.days.number
        adds_s = self.board.adds_s[:, visit.i + 1]
        return min(
            days,
            key=lambda day: (
                float(adds_s[day]) + SHIFT_S * abs(int(number[day]) - visit.was),
                day,
            ),
        )

    def _put(self, i: int, day: int) -> None:
        self.board.add(i + 1, day)
        self.changed.add(day)

    def _make_room(self, visit: Visit) -> None:
        """Give a visit the place of another that finds one elsewhere."""
        numbers = self.task.days.number
        best: tuple[float, int, int, int] | None = None
        for day in self._spaced(visit.i, SLACK[0]):
            for place in list(self.board.tours[day]):
                if place == visit.i + 1:
                    continue
                kept = self.board.keep()
                self.board.remove(place, day)
                if np.isfinite(self.board.adds_s[day, visit.i + 1]):
                    before_s = float(kept[2].sum())
                    self.board.add(visit.i + 1, day)
                    other = Visit(place - 1, int(numbers[day]))
                    days = [d for d in self._days(other) if d != day]
                    if days:
                        to = self._cheapest(other, days)
                        cost_s = float(self.board.drive_s.sum()) - before_s
                        cost_s += float(self.board.adds_s[to, place])
                        found = (cost_s, day, place, to)
                        best = found if best is None else min(best, found)
                self.board.restore(kept)
        if best is not None:
            _, day, place, to = best
            self.board.remove(place, day)
            self._put(visit.i, day)
            self._put(place - 1, to)

    def rotation(self, before: Stops, ids: list[str]) -> Rotation:
        """Give the calendar: rows of unchanged days as they were."""
        task, dates = self.task, self.task.days.dates
        changed = sorted(day for day in self.changed if day >= self.first)
        draft = Draft(self.board, _no_choices(task))
        names = ["", *(str(account) for account in task.table.index)]
        tours = [tour_of(draft, task, day) for day in changed]
        part = replace(task.days, dates=tuple(dates[day] for day in changed))
        again = timetable(
            task.rep_id,
            part,
            tours,
            visit_s=dict(zip(names, task.ground.visit_s, strict=True)),
            nights=[names[self.board.nights[day]] for day in changed],
        )
        still = {pd.Timestamp(date) for day, date in enumerate(dates)}
        still -= {pd.Timestamp(dates[day]) for day in changed}
        full = [t for t in (before[before["date"].isin(still)], again) if len(t)]
        stops = pd.concat(full, ignore_index=True) if full else again
        stops = as_stops(stops.sort_values(["date", "sequence"], ignore_index=True))
        return Rotation(
            rep_id=task.rep_id,
            start=task.start,
            weeks=task.weeks,
            accounts=tuple(sorted(ids)),
            stops=stops,
            missed=_missed(before, stops, task),
            hours=weekly(stops, task.days, start=task.start),
            estimated=task.travel.estimated,
        )


def _no_choices(task: Task) -> list[Choice]:
    none = np.zeros((0, 1), dtype=np.int64)
    return [Choice(i + 1, none, np.zeros(0), 0.0) for i in range(len(task.table))]


def _missed(before: Stops, after: Stops, task: Task) -> pd.DataFrame:
    """List the accounts that lose a visit, in the columns of `routing.missed`."""
    wanted = before.groupby("account_id").size()
    planned = after.groupby("account_id").size()
    planned = planned.reindex(wanted.index).fillna(0).astype("int64")
    rows = []
    for account in wanted.index[(planned < wanted).to_numpy()]:
        why = "the days that are left are full"
        mend = "longer days, or a visit less elsewhere"
        if account in task.lost:
            _, why, mend = task.lost[account]
        elif account not in task.table.index:
            why, mend = "it is no account of the rep any more", "nothing"
        rows.append((account, int(wanted[account]), int(planned[account]), why, mend))
    return pd.DataFrame(rows, columns=list(COLUMNS))
