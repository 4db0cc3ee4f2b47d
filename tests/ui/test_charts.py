from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ui import charts


@pytest.fixture
def card() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["East", "North", "West"],
            "load": [1.31, 0.92, 0.64],
            "potential": [3e6, 2e6, 1e6],
            "revenue": [1e6, 9e5, 4e5],
        },
        index=["T01", "T02", "T03"],
    )


def test_the_load_chart_shows_band_bars_and_numbers(card: pd.DataFrame) -> None:
    spec = charts.load_chart(card, lower=0.7, upper=1.0).to_dict()
    assert spec["title"] == "Hours used by each territory; band 70 % to 100 %"
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rect", "bar", "text"]


def test_the_potential_chart_names_every_territory(card: pd.DataFrame) -> None:
    spec = charts.potential_chart(card).to_dict()
    rows = next(iter(spec["datasets"].values()))
    assert [row["name"] for row in rows] == ["East", "North", "West"]


def test_ribbons_keep_the_number_of_accounts() -> None:
    moved = pd.DataFrame(
        {
            "source": ["East", "East", "North"],
            "target": ["North", "West", "West"],
            "accounts": [24, 10, 6],
        }
    )
    ribbons = charts._ribbons(moved)
    np.testing.assert_allclose(ribbons["high"] - ribbons["low"], ribbons["accounts"])
    left = ribbons[ribbons["x"] == 0].sort_values("low")
    assert (left["high"].to_numpy()[:-1] <= left["low"].to_numpy()[1:] + 1e-9).all()
    labels = charts._ends(ribbons)["label"].tolist()
    assert labels == ["East 34", "North 6", "North 24", "West 16"]


def test_the_flow_chart_says_when_pairs_are_left_out() -> None:
    moved = pd.DataFrame({"source": list("abc"), "target": list("xyz")})
    spec = charts.flow_chart(moved.assign(accounts=[3, 2, 1]), most=2).to_dict()
    assert spec["title"]["subtitle"] == "The 2 largest of 3 pairs of territories"
