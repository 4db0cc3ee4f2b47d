"""The shipped files: sizes, coverage, facts anyone can look up."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from data import boundaries
from data.boundaries import ATTRIBUTION, FOLDER, gazetteer, places

LAYERS = ["counties", "states", "zips", "countries"]


def layer(name: str) -> gpd.GeoDataFrame:
    return gpd.read_parquet(FOLDER / f"{name}.parquet")


def test_all_shipped_data_stays_under_ten_megabytes() -> None:
    kinds = {".parquet", ".npz", ".pbf"}
    files = [p for p in FOLDER.parent.rglob("*") if p.suffix in kinds]
    assert len(files) >= 6
    assert sum(p.stat().st_size for p in files) < 10_000_000


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_a_valid_coverage_with_unique_ids(name: str) -> None:
    units = layer(name)
    assert shapely.coverage_is_valid(units.geometry.to_numpy())
    assert units.geometry.is_valid.all()
    assert not units.geometry.is_empty.any()
    assert units.index.is_unique
    assert units.index.is_monotonic_increasing
    assert units.index.name == "unit_id"
    assert units[["name", "state"]].notna().all(axis=None)


@pytest.mark.parametrize("name", ["counties", "states", "zips"])
def test_us_layers_are_stored_in_metres(name: str) -> None:
    assert layer(name).crs == "EPSG:5070"


def test_all_counties_but_falls_church_are_there() -> None:
    counties = layer("counties")
    inside = ~counties["state"].isin(["PR", "GU", "VI", "AS", "MP"])
    assert inside.sum() == 3142 - 1
    assert "51610" not in counties.index
    assert (counties["state"] == "OH").sum() == 88
    assert (counties["state"] == "TX").sum() == 254
    assert counties.loc["39049", "name"] == "Franklin County"
    assert counties.loc["22071", "name"] == "Orleans Parish"


def test_states_cover_what_their_counties_cover() -> None:
    by_state = layer("counties").assign(a=lambda c: c.area).groupby("state")["a"].sum()
    areas = layer("states").area
    assert abs(areas - by_state).max() / areas.sum() < 1e-12
    assert len(areas) == 56


def test_ohio_is_as_large_as_the_census_says() -> None:
    assert layer("states").loc["OH"].geometry.area / 1e6 == pytest.approx(
        106_056, rel=0.02
    )


def test_zip_areas_cover_their_states_and_nothing_else() -> None:
    states, zips = layer("states"), layer("zips")
    assert zips.area.sum() == pytest.approx(states.area.sum(), rel=1e-7)
    by_state = zips.area.groupby(zips["state"]).sum()
    assert abs(by_state / states.area - 1).max() < 2e-5
    assert 33_000 < len(zips) < 34_000


def test_a_zip_area_holds_the_point_it_was_drawn_from() -> None:
    zips, points = layer("zips"), gazetteer()
    points = points[points["zcta"]].set_index("zip").reindex(zips.index)
    seeds = gpd.GeoSeries.from_xy(
        points["lon"], points["lat"], index=zips.index, crs=4326
    ).to_crs(5070)
    assert (zips.distance(seeds) < 2.0).mean() > 0.997


def test_countries_carry_the_codes_addresses_use() -> None:
    countries = layer("countries")
    assert countries.index.str.fullmatch("[A-Z]{2}").all()
    assert countries.loc["DE", "name"] == "Germany"
    assert countries.loc["NA", "name"] == "Namibia"
    assert countries.loc["FR", "state"] == "Europe"
    assert "AQ" not in countries.index


def test_countries_on_both_sides_of_180_degrees_keep_their_size() -> None:
    countries = layer("countries")
    area_km2 = countries.to_crs("EPSG:8857").area / 1e6
    stated_km2 = {"RU": 17.1e6, "FJ": 18_300, "NZ": 268_000, "US": 9.4e6, "CN": 9.6e6}
    for code, stated in stated_km2.items():
        assert area_km2[code] == pytest.approx(stated, rel=0.03), code
    assert area_km2.sum() == pytest.approx(134.4e6, rel=0.01)


def test_the_gazetteer_knows_columbus_and_keeps_leading_zeros() -> None:
    zips = gazetteer().set_index("zip")
    assert zips.index.is_unique
    columbus = zips.loc["43201"]
    assert list(columbus[["city", "state", "county_fips"]]) == [
        "Columbus",
        "OH",
        "39049",
    ]
    assert columbus["lon"] == pytest.approx(-83.0, abs=0.05)
    assert zips.loc["00501", "city"] == "Holtsville"
    assert zips.index.str.fullmatch(r"\d{5}").all()


def test_no_zip_lies_far_out_at_sea() -> None:
    zips = gazetteer()
    states = layer("states")
    known = zips[zips["state"].isin(states.index)]
    points = gpd.GeoSeries.from_xy(known["lon"], known["lat"], crs=4326).to_crs(5070)
    homes = gpd.GeoSeries(known["state"].map(states.geometry).to_numpy(), crs=5070)
    assert homes.distance(points, align=False).max() < 30_000


def test_places_hold_small_us_towns_and_large_foreign_ones() -> None:
    table = places()
    us = table[table["country"] == "US"]
    assert len(us) > 20_000
    assert us.loc[us["population"].idxmax(), "city"] == "New York City"
    berlin = table[(table["city"] == "Berlin") & (table["country"] == "DE")]
    assert berlin["population"].iloc[0] > 3_000_000
    assert table["lon"].between(-180, 180).all()
    assert table["lat"].between(-90, 90).all()


def test_gazetteers_are_read_once() -> None:
    assert gazetteer() is gazetteer()
    assert places() is places()


def test_the_credit_line_is_the_one_in_the_attribution_file() -> None:
    text = (FOLDER.parent / "ATTRIBUTION.md").read_text(encoding="utf-8")
    credit = " ".join(
        line.removeprefix("> ") for line in text.splitlines() if line[:2] == "> "
    )
    assert credit == ATTRIBUTION
    for path in FOLDER.glob("*.parquet"):
        assert f"boundaries/{path.name}" in text
    assert boundaries.__doc__
