"""Long work of the Routes pages, for the worker: loading roads, making calendars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data.roadbook import RoadFile, add_roads, engine_for, engine_of
from geo.frames import Accounts
from routing.calibration import Calibration, Trips, calibrate
from routing.rotation import Rotation, rotate
from routing.rules import RotationRules
from ui.jobs import Report


class CancelledError(Exception):
    """The reader has cancelled; raised out of the work, caught where it began."""


def load_roads(report: Report, home: Path, sent: Path, name: str) -> RoadFile | None:
    """Load an extract into the book, then delete the copy that was sent.

    Returns
    -------
    RoadFile or None
        None if it was cancelled.
    """

    def told(step: str, share: float) -> None:
        if report((step, share)):
            raise CancelledError

    try:
        return add_roads(home, sent, name=name, report=told)
    except CancelledError:
        return None
    finally:
        sent.unlink(missing_ok=True)


def fit_rules(report: Report, file: RoadFile, trips: Trips, name: str) -> Calibration:
    """Fit driving rules to trips on a network.

    Raises
    ------
    InputError
        There are too few trips with a route.
    """
    report(("fitting", 0.2))
    return calibrate(engine_of(file), trips, name=name)


@dataclass(frozen=True, eq=False)
class Asked:
    """A calendar to be made.

    Parameters
    ----------
    name, rep
        What people call the rep, and their row of the reps, home in degrees.
    accounts
        Theirs, in degrees.
    """

    name: str
    rep: pd.Series
    accounts: Accounts


def make_calendars(
    report: Report,
    home: Path,
    asked: Mapping[str, Asked],
    start: dt.date,
    weeks: int,
    rules: RotationRules,
) -> dict[str, Rotation]:
    """Make the calendars of reps one after the other; a wish to stop ends the search.

    Returns
    -------
    dict
        rep_id -> calendar, of the reps whose search was not cut short.
    """
    made: dict[str, Rotation] = {}
    wish = _Wish(report, len(asked))
    for rep_id, one in asked.items():
        wish.begin(one.name)
        points = np.column_stack([one.accounts.geometry.x, one.accounts.geometry.y])
        rotation = rotate(
            one.accounts,
            one.rep,
            weeks=weeks,
            start=start,
            engine=engine_for(home, points),
            rules=rules,
            report=wish.told,
            stop=wish.stops,
        )
        if wish.stops():
            break
        made[rep_id] = rotation
    return made


class _Wish:
    """Passes on how far the work is, and remembers a wish to stop."""

    def __init__(self, report: Report, n: int) -> None:
        self.report, self.n = report, n
        self.number, self.name, self.stopped = -1, "", False

    def begin(self, name: str) -> None:
        self.number, self.name = self.number + 1, name
        self.told("looking for roads", 0.0)

    def told(self, step: str, share: float) -> None:
        done = (self.number + share) / self.n
        self.stopped |= self.report((f"{self.name}, {step}", done))

    def stops(self) -> bool:
        return self.stopped
