"""Placing by street what a ZIP placed: only finer answers count, asked after a yes."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from data.geocode import nothing_found
from data.online import Consent
from data.reading import online_of
from data.settings import Settings
from data.sharpen import coarse, seen, sharpen
from geo.errors import InputError
from geo.frames import WGS84, Accounts


@pytest.fixture
def accounts() -> Accounts:
    table = pd.DataFrame(
        {
            "street": ["1 Main St", "2 Oak Ave", "", "4 Elm St"],
            "city": "Columbus",
            "state": "OH",
            "postal_code": "43201",
            "country": "US",
            "match": ["postcode", "rooftop", "postcode", "city"],
            "score": [88.0, 100.0, 88.0, 78.0],
            "radius_km": [9.0, 0.05, 9.0, 11.0],
            "matched": ["43201", "coordinates", "43201", "Columbus"],
        },
        index=pd.Index(["A", "B", "C", "D"], name="account_id"),
    )
    points = gpd.points_from_xy([-83.0] * 4, [40.0] * 4)
    return gpd.GeoDataFrame(table, geometry=points, crs=WGS84)


class Answers:
    """Finds the first row's street, and only the town of the others."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def place(self, addresses: pd.DataFrame) -> pd.DataFrame:
        self.asked = list(addresses["street"])
        found = nothing_found(addresses.index)
        found.loc[:, ["lon", "lat", "match", "score", "radius_km", "matched"]] = [
            (-83.1, 40.1, "rooftop", 97.0, 0.05, "1 Main Street"),
            *[(-80.0, 39.0, "city", 78.0, 11.0, "Columbus")] * (len(addresses) - 1),
        ]
        return found


def test_only_streets_placed_by_less_than_a_street_are_coarse(
    accounts: Accounts,
) -> None:
    assert coarse(accounts).tolist() == [True, False, False, True]


def test_a_finer_answer_moves_the_account_and_no_other(accounts: Accounts) -> None:
    service = Answers()
    sharper = sharpen(accounts, service)
    assert service.asked == ["1 Main St", "4 Elm St"]
    assert sharper["match"].tolist() == ["rooftop", "rooftop", "postcode", "city"]
    assert sharper.geometry.x.tolist() == [-83.1, -83.0, -83.0, -83.0]
    assert sharper.at["A", "matched"] == "1 Main Street"
    assert accounts.at["A", "match"] == "postcode"
    assert sharper.dtypes.equals(accounts.dtypes)


def test_what_would_be_sent_is_counted_before_anything_is(
    accounts: Accounts, tmp_path: object
) -> None:
    told = seen(accounts, "census", Settings(home=tmp_path))  # type: ignore[arg-type]
    assert (told.to_send, told.cached) == (2, 0)
    assert told.sentence.startswith("2 addresses (street, city, state, ZIP, country")


def test_nothing_is_asked_while_asking_is_switched_off(tmp_path: object) -> None:
    consent = Consent("https://geocoding.geo.census.gov", 5, "Ana")
    with pytest.raises(InputError, match="Asking servers is switched off"):
        online_of("census", Settings(home=tmp_path), consent)  # type: ignore[arg-type]
