"""The straight-line estimate against figures one can look up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.engine import (
    Reason,
    StraightLine,
    TravelEngine,
    crow_distance_m,
    drive_m,
    drive_s,
)

COLUMBUS, CINCINNATI, NOWHERE = (-82.9988, 39.9612), (-84.5120, 39.1031), (np.nan, 1.0)


def test_a_degree_of_latitude_is_111_km() -> None:
    metres = crow_distance_m(np.array([(5.0, 0.0)]), np.array([(5.0, 1.0), (5.0, 0.0)]))
    assert metres[0].tolist() == pytest.approx([111_195.1, 0.0], abs=0.1)


def test_the_other_side_of_the_earth_is_half_way_round() -> None:
    metres = crow_distance_m(np.array([(0.0, 0.0)]), np.array([(180.0, 0.0)]))
    assert metres[0, 0] == pytest.approx(np.pi * 6_371_008.8)


def test_columbus_to_cincinnati_is_about_two_hours() -> None:
    engine: TravelEngine = StraightLine()
    matrix = engine.matrix(np.array([COLUMBUS]), np.array([CINCINNATI, COLUMBUS]))
    assert matrix.drive_m[0].tolist() == pytest.approx([193_000, 0], rel=0.02)
    assert matrix.drive_s[0] / 3600 == pytest.approx([2.24, 0], abs=0.05)
    assert matrix.estimated
    assert engine.estimated
    assert engine.expected_error == 0.10


def test_a_point_without_coordinates_has_a_reason_and_no_time() -> None:
    matrix = StraightLine().matrix(np.array([COLUMBUS, NOWHERE]), np.array([COLUMBUS]))
    assert matrix.reason[:, 0].tolist() == [Reason.FOUND, Reason.NO_POINT]
    assert np.isnan(matrix.drive_s[1, 0])
    assert np.isnan(matrix.drive_m[1, 0])
    assert matrix.reason.dtype == np.uint8


def test_no_origins_give_an_empty_matrix() -> None:
    matrix = StraightLine().matrix(np.zeros((0, 2)), np.array([COLUMBUS]))
    assert matrix.drive_s.shape == (0, 1)


def test_the_formula_by_hand() -> None:
    crow_m = np.array([12_000.0, 1_000_000.0])
    assert drive_m(crow_m) == pytest.approx([12_000 * (1.2 + 0.25 / np.e), 1.2e6])
    km_per_h = 24 + 12.5 * np.log(13)
    assert drive_s(crow_m)[0] == pytest.approx(drive_m(crow_m)[0] * 3.6 / km_per_h)
    assert drive_s(crow_m)[1] == pytest.approx(1.2e6 * 3.6 / 95)


lonlat = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@given(st.lists(lonlat, min_size=1, max_size=6))
def test_there_and_back_are_alike_and_longer_ways_take_longer(
    points: list[tuple[float, float]],
) -> None:
    places = np.array(points)
    matrix = StraightLine().matrix(places, places)
    assert np.allclose(matrix.drive_s, matrix.drive_s.T)
    crow_m = crow_distance_m(places, places)
    assert (matrix.drive_m >= crow_m).all()
    order = np.argsort(crow_m, axis=None)
    assert (np.diff(matrix.drive_s.ravel()[order]) >= -1e-9).all()
