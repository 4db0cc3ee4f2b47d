"""Rules fitted to trips come near to those that made the trips."""

from __future__ import annotations

import numpy as np
import pytest

from data.demo_helsinki import STREETS
from geo.errors import InputError
from routing.cache import load_roads
from routing.calibration import (
    PARTS,
    Calibration,
    Trips,
    calibrate,
    in_period,
    scaled,
)
from routing.drive import RoadEngine
from routing.profile import DEFAULT

TRUE = np.array([1.0, 1.25, 1.3, 1.5, 1.4, 1.6, 1.0])


@pytest.fixture(scope="module")
def helsinki() -> RoadEngine:
    return RoadEngine(load_roads(STREETS, profile="default"))


def trips(engine: RoadEngine, n: int, *, noise: float = 0.0, seed: int = 1) -> Trips:
    """Give trips of more than 1.5 minutes, as `engine` times them."""
    rng = np.random.default_rng(seed)
    edges = engine.snapper.edge[engine.snapper.main]
    spots = engine.roads.lonlat[np.unique(engine.roads.start[edges])]
    a, b = rng.choice(spots, (2, 4 * n))
    seconds = np.diagonal(engine.matrix(a, b).drive_s)
    kept = np.flatnonzero(seconds > 90)[:n]
    assert len(kept) == n
    driven = seconds[kept] * rng.lognormal(0.0, noise, n)
    return Trips(a[kept], b[kept], driven, np.full(n, "", dtype=object))


@pytest.fixture(scope="module")
def fitted(helsinki: RoadEngine) -> Calibration:
    """Rules of a slower town, found from 80 trips that are 5 % off by chance."""
    town = helsinki.driven_by(scaled(DEFAULT, TRUE))
    return calibrate(helsinki, trips(town, 80, noise=0.05), name="ours")


def test_trips_bring_the_level_and_the_error_down(fitted: Calibration) -> None:
    assert fitted.before.level < 0.8
    assert fitted.before.median > 0.2
    assert fitted.after.level == pytest.approx(1.0, abs=0.02)
    assert fitted.after.median < 0.05
    assert fitted.held_out.median < 0.06
    assert fitted.held_out.median >= fitted.after.median * 0.9
    assert fitted.profile.name == "ours"
    assert fitted.profile.expected_error == round(fitted.held_out.median, 4)
    assert (fitted.used, fitted.left_out) == (80, 0)


def test_what_is_slower_is_found_slower(fitted: Calibration) -> None:
    assert list(fitted.scales) == list(PARTS)
    assert len(fitted.scales) + 3 <= 10
    for part in ("main roads", "streets", "turns"):
        true = dict(zip(PARTS, TRUE, strict=True))[part]
        assert fitted.scales[part] == pytest.approx(true, rel=0.2)


def test_rules_times_of_unseen_trips(helsinki: RoadEngine, fitted: Calibration) -> None:
    town = helsinki.driven_by(scaled(DEFAULT, TRUE))
    unseen = trips(town, 60, seed=9)
    ours = helsinki.driven_by(fitted.profile)
    told = np.diagonal(ours.matrix(unseen.origins, unseen.destinations).drive_s)
    assert np.median(np.abs(told / unseen.seconds - 1)) < 0.03


def test_trips_of_the_rules_themselves_change_nothing(helsinki: RoadEngine) -> None:
    found = calibrate(helsinki, trips(helsinki, 40), name="same")
    assert list(found.scales.values()) == pytest.approx([1.0] * len(PARTS), abs=0.01)
    assert found.before.median < 1e-6
    assert found.held_out.median < 1e-3


def test_periods_have_their_factor(helsinki: RoadEngine) -> None:
    made = trips(helsinki, 60)
    period = np.where(np.arange(60) % 3 == 0, "morning", "day").astype(object)
    slower = np.where(period == "morning", made.seconds * 1.3, made.seconds)
    timed = Trips(made.origins, made.destinations, slower, period)
    found = calibrate(helsinki, timed, name="two")
    assert found.periods["day"] == 1.0
    assert found.periods["morning"] == pytest.approx(1.3, abs=0.01)
    assert found.after.median < 0.01
    rush = helsinki.driven_by(in_period(found.profile, 1.3, "morning"))
    both = [e.matrix(made.origins[:5], made.destinations[:5]).drive_s for e in
            (rush, helsinki.driven_by(found.profile))]  # fmt: skip
    np.testing.assert_allclose(both[0], 1.3 * both[1], rtol=0.002)


def test_trips_without_a_route_or_a_time_are_left_out(helsinki: RoadEngine) -> None:
    made = trips(helsinki, 50)
    made.origins[0], made.origins[1], made.seconds[2] = np.nan, [0.0, 0.0], np.nan
    made.seconds[3] = -60.0
    found = calibrate(helsinki, made, name="rest")
    assert (found.used, found.left_out) == (46, 4)


def test_too_few_trips_are_refused(helsinki: RoadEngine) -> None:
    with pytest.raises(InputError, match=r"29 trips .* are too few"):
        calibrate(helsinki, trips(helsinki, 29), name="few")


def test_too_many_periods_are_refused(helsinki: RoadEngine) -> None:
    made = trips(helsinki, 40)
    made.period[:] = [f"{i % 6} h" for i in range(40)]
    with pytest.raises(InputError, match="6 periods are too many"):
        calibrate(helsinki, made, name="hours")
