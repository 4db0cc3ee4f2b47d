"""Coordinates as text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.coordinates import distance_km, parse_points


def read(lon: str, lat: str) -> tuple[float, float]:
    points = parse_points(pd.Series([lon], dtype="str"), pd.Series([lat], dtype="str"))
    return round(float(points.lon[0]), 4), round(float(points.lat[0]), 4)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("-79.9822", "40.4461"),
        ("-79,9822", "40,4461"),
        ("79°58'56\"W", "40°26'46\"N"),
        ("79°58\u203256\u2033W", "N 40 26 46"),
        ("79.9822 W", "40.4461 N"),
        ("40.4461 N", "79.9822 W"),
        ("POINT(-79.9822 40.4461)", ""),
        ("", "SRID=4326;POINT (-79.9822 40.4461)"),
        ("40.4461, -79.9822", "40.4461, -79.9822"),
        ("", "40.4461 N 79.9822 W"),
        ("x", "(40.4461, -79.9822)"),
    ],
)
def test_every_usual_way_to_write_a_place_is_read(lon: str, lat: str) -> None:
    x, y = read(lon, lat)
    assert (x, y) == pytest.approx((-79.9822, 40.4461), abs=1e-4)


@pytest.mark.parametrize(
    ("lon", "lat"), [("0", "0"), ("-1", "-1"), ("999", "999"), ("-9999", "40")]
)
def test_stand_ins_for_no_place_are_missing(lon: str, lat: str) -> None:
    cells = pd.Series([lon], dtype="str"), pd.Series([lat], dtype="str")
    points = parse_points(*cells)
    assert points.missing[0]
    assert not points.bad[0]
    assert np.isnan(points.lon[0])


@pytest.mark.parametrize("text", ["north", "40 N 80", "inf", "1e999", "40°70'00\"N"])
def test_other_text_is_bad(text: str) -> None:
    cells = pd.Series(["-80"], dtype="str"), pd.Series([text], dtype="str")
    assert parse_points(*cells).bad[0]


def test_an_empty_half_is_no_error() -> None:
    points = parse_points(pd.Series([""], dtype="str"), pd.Series(["40"], dtype="str"))
    assert not points.bad[0]
    assert np.isnan(points.lat[0])


def test_metres_are_recognised() -> None:
    x = pd.Series(["583960", "584000", "0"], dtype="str")
    y = pd.Series(["4507523", "4507600", "0"], dtype="str")
    assert parse_points(x, y).projected
    assert not parse_points(x, pd.Series(["40"] * 3, dtype="str")).projected


@settings(max_examples=60, deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90))
def test_what_python_writes_is_read_back(lon: float, lat: float) -> None:
    points = parse_points(
        pd.Series([repr(lon)], dtype="str"), pd.Series([repr(lat)], dtype="str")
    )
    if not points.missing[0]:
        assert (points.lon[0], points.lat[0]) == (lon, lat)


def test_boston_to_new_york_is_306_km() -> None:
    km = distance_km(*(np.array([v]) for v in (-71.06, 42.36, -74.01, 40.71)))
    assert km[0] == pytest.approx(306, abs=1)
