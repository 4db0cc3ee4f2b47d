"""The offline cascade on a gazetteer of six ZIPs."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.accounts import clean_accounts
from data.columns import suggest_columns
from data.coordinates import distance_km
from data.gazetteer import Gazetteer, city_key, county_key, shipped
from data.geocode import ADDRESS, PLACED, Offline, address_table, geocode
from data.tables import read_table
from geo.frames import MATCH_LEVELS


@pytest.fixture
def known() -> Gazetteer:
    zips = pd.DataFrame(
        [
            ("02139", -71.10, 42.36, "Cambridge", "MA"),
            ("02138", -71.13, 42.38, "Cambridge", "MA"),
            ("75601", -94.73, 32.52, "Longview", "TX"),
            ("75602", -94.70, 32.47, "Longview", "TX"),
            ("79901", -106.48, 31.76, "El Paso", "TX"),
            ("90210", -118.41, 34.10, "Beverly Hills", "CA"),
        ],
        columns=["zip", "lon", "lat", "city", "state"],
    )
    places = pd.DataFrame(
        [
            ("Saint Paul", "Pig's Eye", "TX", "US", -95.0, 33.0, 500),
            ("Springfield", "", "MA", "US", -72.59, 42.10, 155_000),
            (
                "Munich",
                "München;Monaco di Baviera",
                "02",
                "DE",
                11.57,
                48.14,
                1_500_000,
            ),
            ("Toronto", "", "08", "CA", -79.40, 43.70, 2_700_000),
            ("London", "", "08", "CA", -81.23, 42.98, 400_000),
            ("London", "", "ENG", "GB", -0.13, 51.51, 9_000_000),
        ],
        columns=["city", "alt_names", "state", "country", "lon", "lat", "population"],
    )
    counties = pd.DataFrame(
        [("Clark County", "TX", -95.5, 32.0)], columns=["name", "state", "lon", "lat"]
    )
    return Gazetteer(zips, places, counties)


def address(**parts: str) -> pd.DataFrame:
    return pd.DataFrame([{name: parts.get(name, "") for name in ADDRESS}], dtype="str")


@pytest.mark.parametrize(
    ("parts", "match", "matched"),
    [
        ({"postal_code": "02139", "state": "MA"}, "postcode", "ZIP 02139"),
        ({"postal_code": "02139", "country": "DE"}, "country", "DE"),
        (
            {"city": "ST. PAUL", "state": "TX", "country": "US"},
            "city",
            "Saint Paul, TX",
        ),
        ({"city": "Longgview", "state": "TX"}, "city", "Longview, TX (spelling)"),
        ({"city": "City of Longview", "state": "TX"}, "city", "Longview, TX"),
        ({"city": "München", "country": "DE"}, "city", "München, DE"),
        ({"city": "Toronto", "state": "ON", "country": "CA"}, "city", "Toronto, CA-ON"),
        ({"city": "London", "country": "CA"}, "city", "London, CA"),
        ({"county": "CLARK", "state": "TX"}, "county", "Clark County, TX"),
        ({"postal_code": "02199", "state": "MA"}, "zip3", "ZIP area 021"),
        ({"postal_code": "02199", "state": "TX"}, "state", "TX"),
        ({"city": "Nowhere", "state": "TX"}, "state", "TX"),
        ({"city": "Nowhere", "country": "FR"}, "none", ""),
        ({"street": "1 Main St"}, "none", ""),
    ],
)
def test_each_step_of_the_cascade(
    known: Gazetteer, parts: dict[str, str], match: str, matched: str
) -> None:
    placed = Offline(known).place(address(**parts)).iloc[0]
    assert (placed["match"], placed["matched"]) == (match, matched)
    assert np.isnan(placed["lon"]) == (match == "none")


def test_a_zip_in_another_state_wins_with_less_trust(known: Gazetteer) -> None:
    sure = Offline(known).place(address(postal_code="02139", state="MA")).iloc[0]
    doubt = Offline(known).place(address(postal_code="02139", state="TX")).iloc[0]
    assert (sure["lon"], sure["lat"]) == (doubt["lon"], doubt["lat"]) == (-71.10, 42.36)
    assert sure["score"] > doubt["score"]


def test_scores_fall_and_circles_widen_down_the_cascade(known: Gazetteer) -> None:
    rows = [
        address(postal_code="02139", state="MA"),
        address(city="Longview", state="TX"),
        address(city="Longgview", state="TX"),
        address(state="TX"),
    ]
    placed = Offline(known).place(pd.concat(rows, ignore_index=True))
    assert placed["score"].is_monotonic_decreasing
    assert placed["radius_km"].is_monotonic_increasing


def test_spellings_of_a_town_share_a_key() -> None:
    assert city_key("St. Paul") == city_key("SAINT  PAUL") == "saint paul"
    assert city_key("Ft Worth") == city_key("Fort Worth")
    assert city_key("N. Charleston") == city_key("North Charleston")
    assert city_key("Township of Wayne") == city_key("Wayne Twp") == "wayne"
    assert city_key("Québec") == "quebec"
    assert county_key("St. Louis County") == county_key("saint louis")


def test_accounts_with_coordinates_stay_where_they_are(known: Gazetteer) -> None:
    accounts = gpd.GeoDataFrame(
        {"state": ["MA", "MA", ""], "postal_code": ["02139", "02139", ""]},
        index=pd.Index(["a", "b", "c"], name="account_id"),
        geometry=[gpd.points_from_xy([-71.0], [42.0])[0], None, None],
        crs="EPSG:4326",
    )
    before = accounts.copy()
    placed = geocode(accounts, Offline(known))
    assert placed["match"].to_list() == ["rooftop", "postcode", "none"]
    assert placed.geometry["a"].coords[0] == (-71.0, 42.0)
    assert placed.geometry["b"].coords[0] == (-71.10, 42.36)
    assert placed.geometry["c"] is None
    assert placed["score"].to_list() == [100.0, 90.0, 0.0]
    pd.testing.assert_frame_equal(accounts, before)
    again = geocode(placed, Offline(known))
    pd.testing.assert_frame_equal(again, placed)


def test_the_result_is_aligned_and_row_order_does_not_matter(known: Gazetteer) -> None:
    rows = [address(postal_code="02139"), address(state="TX"), address()]
    table = pd.concat(rows, ignore_index=True).set_axis(["x", "y", "z"])
    placed = Offline(known).place(table)
    turned = Offline(known).place(table.iloc[::-1])
    assert list(placed) == list(PLACED)
    pd.testing.assert_frame_equal(placed, turned.iloc[::-1])
    assert set(placed["match"]) <= set(MATCH_LEVELS)


def test_the_shipped_gazetteer_places_well_known_addresses() -> None:
    rows = [
        address(postal_code="00501", state="NY"),
        address(city="Doral", state="FL", country="US"),
        address(county="Cook County", state="IL"),
        address(city="Kronach", country="DE"),
    ]
    placed = Offline(shipped()).place(pd.concat(rows, ignore_index=True))
    assert placed["match"].to_list() == ["postcode", "city", "county", "city"]
    assert placed["lon"].round(1).to_list() == [-73.0, -80.4, -87.8, 11.3]


def test_american_rows_with_a_zip_are_placed_within_a_few_km(shared: Path) -> None:
    raw = read_table(shared / "accounts" / "breweries.csv")
    accounts, _ = clean_accounts(raw, suggest_columns(raw))
    american = accounts[(accounts["country"] == "US") & (accounts["postal_code"] != "")]
    placed = Offline().place(address_table(american))
    assert (placed["match"] == "postcode").mean() >= 0.98
    true = american.geometry
    km = distance_km(
        true.x.to_numpy(), true.y.to_numpy(), placed["lon"].to_numpy(),
        placed["lat"].to_numpy(),
    )  # fmt: skip
    assert np.nanmedian(km) < 3.5
    assert np.nanpercentile(km, 90) < 11
