"""Units read for a set of accounts, and who borders whom."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data.boundaries import gazetteer, read_neighbors, read_units
from data.study import units_for
from geo.contiguity import borders
from geo.errors import InputError
from geo.plan import Plan, territory_table
from geo.units import locate

COLUMBUS, CLEVELAND, DALLAS = (-83.0, 39.96), (-81.69, 41.5), (-96.8, 32.78)
ANCHORAGE, FAIRBANKS, HONOLULU = (-149.9, 61.2), (-147.7, 64.84), (-157.86, 21.31)
BERLIN, LYON, SYDNEY, MID_ATLANTIC = (
    (13.4, 52.5),
    (4.84, 45.76),
    (151.2, -33.9),
    (-40, 30),
)


def accounts(*lonlat: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"unit_id": ""},
        index=pd.Index([f"a{i}" for i in range(len(lonlat))], name="account_id"),
        geometry=[shapely.Point(p) for p in lonlat],
        crs=4326,
    )


def test_accounts_in_ohio_bring_the_88_counties_of_ohio() -> None:
    units = read_units("county", near=accounts(COLUMBUS, CLEVELAND))
    assert len(units) == 88
    assert set(units["state"]) == {"OH"}
    assert units.crs == "EPSG:5070"
    assert str(units.attrs["unit_set"]).startswith("county@2017#")


def test_every_state_with_an_account_is_kept_whole() -> None:
    units = read_units("county", near=accounts(COLUMBUS, DALLAS))
    assert units["state"].value_counts().to_dict() == {"TX": 254, "OH": 88}


def test_without_accounts_all_states_are_given_and_no_territory() -> None:
    units = read_units("county")
    assert len(units) == 3141
    assert not {"PR", "GU"} & set(units["state"])
    assert len(read_units("state")) == 51


def test_accounts_in_metres_and_missing_points_count_as_they_should() -> None:
    projected = accounts(COLUMBUS, DALLAS).to_crs(5070)
    projected.loc["a1", "geometry"] = shapely.Point()
    assert set(read_units("state", near=projected).index) == {"OH"}


@pytest.mark.parametrize(
    ("where", "crs"),
    [
        ((ANCHORAGE, FAIRBANKS), "EPSG:3338"),
        ((HONOLULU,), "ESRI:102007"),
        ((DALLAS, COLUMBUS, HONOLULU), "EPSG:5070"),
    ],
)
@pytest.mark.parametrize("kind", ["county", "zip"])
def test_units_stay_a_coverage_in_the_crs_of_the_accounts(
    kind: str, where: tuple[tuple[float, float], ...], crs: str
) -> None:
    units = read_units(kind, near=accounts(*where))
    assert units.crs == crs
    assert shapely.coverage_is_valid(units.geometry.to_numpy())


def test_the_zip_of_columbus_lies_in_franklin_county() -> None:
    near = accounts(COLUMBUS)
    zips, counties = read_units("zip", near=near), read_units("county", near=near)
    inside = zips.loc["43201"].geometry.representative_point()
    assert counties.loc["39049"].geometry.contains(inside)
    assert zips.loc["43201", "name"] == "43201 Columbus"
    place = gazetteer().set_index("zip").loc["43201"]
    found = locate(accounts((place["lon"], place["lat"])), zips)
    assert found["unit_id"].to_list() == ["43201"]


def test_franklin_county_borders_delaware_county_and_not_lorain() -> None:
    units = read_units("county", near=accounts(COLUMBUS))
    neighbors, crossings = read_neighbors(units)
    franklin, delaware, lorain = units.index.get_indexer(["39049", "39041", "39093"])
    assert neighbors[franklin, delaware] > 30_000
    assert neighbors[franklin, lorain] == 0
    assert crossings.empty


def test_islands_are_joined_by_a_crossing_of_one_metre() -> None:
    units = read_units("county", near=accounts(HONOLULU))
    neighbors, crossings = read_neighbors(units)
    assert len(units) == 5
    assert len(crossings) == 3
    a, b = units.index.get_indexer(crossings.iloc[0][["unit_a", "unit_b"]])
    assert neighbors[a, b] == 1.0
    assert crossings["distance_m"].min() > 5_000


def test_a_zip_area_on_the_state_line_borders_the_next_state() -> None:
    near = accounts((-94.6, 39.1), (-94.7, 39.1))
    units = read_units("zip", near=near)
    shared = borders(units).tocoo()
    state = units["state"].to_numpy()
    across = state[shared.coords[0]] != state[shared.coords[1]]
    assert set(state) == {"KS", "MO"}
    assert across.sum() > 100


def test_the_same_accounts_give_the_same_unit_set_in_any_order() -> None:
    first = read_units("county", near=accounts(COLUMBUS, DALLAS))
    second = read_units("county", near=accounts(DALLAS, COLUMBUS, CLEVELAND))
    assert first.attrs["unit_set"] == second.attrs["unit_set"]
    assert first.attrs["unit_set"] != read_units("county").attrs["unit_set"]


@pytest.mark.parametrize("where", [(BERLIN, LYON), (SYDNEY,), (COLUMBUS,)])
def test_countries_at_the_far_side_are_left_out_and_the_rest_is_sound(
    where: tuple[tuple[float, float], ...],
) -> None:
    units = read_units("country", near=accounts(*where))
    assert 200 < len(units) < 237
    assert shapely.coverage_is_valid(units.geometry.to_numpy())
    located = locate(accounts(*where), units)
    assert (located["unit_id"] != "").all()
    stated_km2 = pd.Series({"RU": 17.1e6, "CN": 9.6e6, "BR": 8.5e6, "CA": 9.98e6})
    drawn_km2 = (units.area / 1e6).reindex(stated_km2.index).dropna()
    assert len(drawn_km2) >= 3
    assert (drawn_km2 / stated_km2[drawn_km2.index] - 1).abs().max() < 0.07


def test_accounts_all_over_the_world_get_a_map_of_the_world() -> None:
    everywhere = accounts(BERLIN, SYDNEY, COLUMBUS, LYON)
    units = read_units("country", near=everywhere)
    assert units.crs == "EPSG:8857"
    assert list(locate(everywhere, units)["unit_id"]) == ["DE", "AU", "US", "FR"]


def test_all_countries_are_given_without_accounts() -> None:
    units = read_units("country")
    assert len(units) == 237
    land_km2 = units.area.sum() / 1e6
    assert land_km2 == pytest.approx(135e6, rel=0.02)


def test_germany_borders_france_and_not_spain() -> None:
    units = read_units("country", near=accounts(BERLIN, LYON))
    neighbors, _ = read_neighbors(units)
    de, fr, es = units.index.get_indexer(["DE", "FR", "ES"])
    assert neighbors[de, fr] > 200_000
    assert neighbors[de, es] == 0


def test_neighbors_are_symmetric_and_join_every_unit() -> None:
    neighbors, _ = read_neighbors(read_units("county"))
    assert abs(neighbors - neighbors.T).max() == 0
    assert (np.diff(neighbors.indptr) > 0).all()


def test_hexagons_are_as_fine_as_the_ground_allows() -> None:
    ohio = read_units("hex", near=accounts(COLUMBUS, CLEVELAND, (-84.5, 39.1)))
    nation = read_units("hex", near=accounts((-122, 47), (-80, 26), (-118, 34)))
    for units in (ohio, nation):
        assert 2_000 < len(units) <= 20_000
        assert shapely.coverage_is_valid(units.geometry.to_numpy())
    assert ohio.area.mean() < nation.area.mean() / 3
    named = read_units("hex:4", near=accounts(COLUMBUS, CLEVELAND))
    assert str(named.attrs["unit_set"]).startswith("hex@4#")


def test_a_plan_over_hexagons_gets_those_of_its_own_size() -> None:
    ids = np.array([], dtype=object)
    codes = np.array([], dtype=np.uint16)
    plan = Plan("p", "p", "hex@4#0", ids, codes, territory_table(["T01"]))
    units = units_for(plan, near=accounts(COLUMBUS, CLEVELAND))
    assert str(units.attrs["unit_set"]).startswith("hex@4#")


def test_each_location_of_an_account_gets_a_cell() -> None:
    units = read_units("account", near=accounts(COLUMBUS, CLEVELAND, COLUMBUS))
    assert len(units) == 2


@pytest.mark.parametrize("kind", ["hex", "hex:6", "account"])
def test_units_drawn_around_accounts_need_some(kind: str) -> None:
    with pytest.raises(InputError, match="drawn around accounts"):
        read_units(kind)


@pytest.mark.parametrize("kind", ["hex:fine", "account:3", "county:2"])
def test_a_detail_that_means_nothing_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match=f"'{kind}' is unknown"):
        read_units(kind, near=accounts(COLUMBUS))


def test_an_unknown_kind_names_the_kinds() -> None:
    with pytest.raises(InputError) as refusal:
        read_units("parish")
    assert str(refusal.value).startswith("The kind of unit 'parish' is unknown. Use ")
    assert "county, state, zip, country, hex, account" in str(refusal.value)


def test_accounts_outside_the_country_are_refused_for_its_counties() -> None:
    with pytest.raises(
        InputError, match=r"No account lies in the United States \(zip\)"
    ):
        read_units("zip", near=accounts(BERLIN, MID_ATLANTIC))


def test_accounts_without_a_point_are_refused() -> None:
    empty = accounts(COLUMBUS)
    empty.loc["a0", "geometry"] = None
    with pytest.raises(InputError, match="Geocode the accounts first"):
        read_units("county", near=empty)
