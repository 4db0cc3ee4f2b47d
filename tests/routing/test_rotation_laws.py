"""Laws of calendars with opening hours and nights away, drawn at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.engine import StraightLine
from routing.mileage import METRES_PER_MILE, planned_trips
from routing.rotation import Rotation, rotate
from routing.rules import RotationRules
from tests.routing.reps import MONDAY, rep, scattered

ENGINE = StraightLine()
HOURS = (
    ("", ""),
    ("", ""),
    ("", "11:00"),
    ("12:30", ""),
    ("8:00;14:00", "10:00;16:00"),
)


def drawn(n: int, seed: int, *, reach: float, hours: bool) -> pd.DataFrame:
    """Accounts up to some degrees away, of which two in five may have hours."""
    rng = np.random.default_rng(seed)
    table = scattered(n, seed=seed, reach=reach).assign(visits=13.0)
    kinds = rng.integers(len(HOURS) if hours else 1, size=n)
    return table.assign(
        open=[HOURS[kind][0] for kind in kinds],
        close=[HOURS[kind][1] for kind in kinds],
    )


def begun(made: Rotation) -> pd.Series:
    """When each visit begins, hours after midnight."""
    visit = pd.to_timedelta(made.stops["visit_s"], unit="s")
    return (made.stops["leave"] - visit - made.stops["date"]).dt.total_seconds() / 3600


@settings(deadline=None, max_examples=15)
@given(
    n=st.integers(1, 16),
    seed=st.integers(0, 10_000),
    reach=st.sampled_from([0.3, 2.0]),
    nights=st.integers(0, 2),
    hours=st.booleans(),
)
def test_laws_with_nights_and_opening_hours(
    n: int, seed: int, reach: float, nights: int, hours: bool
) -> None:
    table = drawn(n, seed, reach=reach, hours=hours)
    rules = RotationRules(rounds=60, nights=nights, seed=seed)
    made = rotate(table, rep(), weeks=4, start=MONDAY, engine=ENGINE, rules=rules)
    stops = made.stops

    # Frequency is exact for each account, or it is listed.
    planned = stops["account_id"].value_counts().reindex(table.index).fillna(0)
    assert set(table.index[planned != 1]) == set(made.missed["account_id"])

    # No day is over its hours, and the rep is back, or at the night, in time.
    s = stops[["visit_s", "drive_s", "back_s"]].sum(axis=1)
    assert (s.groupby(stops["date"]).sum() <= 8.5 * 3600 + 1).all()
    back = stops["leave"] + pd.to_timedelta(stops["back_s"], unit="s")
    assert (back <= stops["date"] + pd.Timedelta("17:00:01")).all()

    # Every visit begins while the account is open.
    for hour, account in zip(begun(made), stops["account_id"], strict=True):
        opens = [t or "0" for t in table["open"][account].split(";")]
        shuts = [t or "24" for t in table["close"][account].split(";")]
        at = [(float(o.split(":")[0]), float(c.split(":")[0])) for o, c in
              zip(opens, shuts, strict=True)]  # fmt: skip
        half = 0.5 if table["open"][account] == "12:30" else 0.0
        assert any(o + half - 1e-3 <= hour <= c + 1e-3 for o, c in at)

    # A night is followed by a day that begins where one slept, and is never too long.
    ends = stops.groupby("date").last()
    away = ends.index[ends["overnight"] != ""]
    assert made.hours["nights"].sum() == len(away)
    run = 0
    for date in sorted(set(stops["date"])):
        run = run + 1 if date in set(away) else 0
        assert run <= nights
    for date in away:
        morning = stops[stops["date"] == date + pd.Timedelta(days=1)].iloc[0]
        here = table.geometry[ends["overnight"][date]]
        there = table.geometry[morning["account_id"]]
        way = ENGINE.matrix(
            np.array([[here.x, here.y]]), np.array([[there.x, there.y]])
        )
        assert morning["drive_m"] == pytest.approx(way.drive_m[0, 0], abs=1)

    # Mileage is the sum of the legs, nights are counted once.
    trips = planned_trips(stops)
    legs = stops["drive_m"].sum() + stops["back_m"].sum()
    assert trips["miles"].sum() * METRES_PER_MILE == pytest.approx(legs, abs=1e-3)
    assert made.drive_m == pytest.approx(legs)
    assert trips["nights"].sum() == len(away)
