"""The page holds the plan as data that no parser takes for anything else."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from data.report import inert, together, worded


@given(st.text())
def test_inert_text_reads_back_and_closes_nothing(text: str) -> None:
    made = inert(json.dumps({"name": text}, ensure_ascii=False))
    assert json.loads(made) == {"name": text}
    assert not set(made) & set("<>&$`\u2028\u2029")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("accounts", 1234.0, "1,234"),
        ("load", 1.314, "131 %"),
        ("compactness", 0.456, "0.46"),
        ("load", float("nan"), "-"),
        ("goal", None, "-"),
        ("name", "<b>", "<b>"),
    ],
)
def test_numbers_are_worded(column: str, value: object, said: str) -> None:
    assert worded(column, value) == said


def test_islands_past_180_move_beside_the_rest() -> None:
    west = shapely.box(-150, 60, -140, 65)
    isles = shapely.MultiPolygon([shapely.box(172, 51, 173, 52), west])
    moved = together(gpd.GeoSeries([isles, west, None], crs=4326))
    assert moved.iloc[0].bounds == (-188.0, 51.0, -140.0, 65.0)
    assert moved.iloc[1].equals(west)
    assert moved.iloc[2] is None
