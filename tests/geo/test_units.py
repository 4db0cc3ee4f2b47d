"""Projections, unit sets, where accounts fall, and sums that keep their totals."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from geo.units import (
    NEAREST_M,
    local_crs,
    locate,
    outside_m,
    prepare_units,
    tally,
    unit_set,
)


def degrees(points: list[tuple[float, float]]) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.Point(p) for p in points], crs="EPSG:4326")


def accounts_at(points: list[tuple[float, float] | None], **columns: object):
    """Accounts a0, a1, ... at points in metres of EPSG:5070; None has no place."""
    shapes = [None if p is None else shapely.Point(p) for p in points]
    ids = pd.Index([f"a{i}" for i in range(len(points))], name="account_id")
    return gpd.GeoDataFrame(columns, index=ids, geometry=shapes, crs="EPSG:5070")


def polygons_of(*shapes: shapely.Geometry, **columns: object) -> gpd.GeoDataFrame:
    table = {"id": [f"{i}" for i in range(len(shapes))]} | columns
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs="EPSG:5070")


def prepared(polygons: gpd.GeoDataFrame, unit_id: str = "id") -> gpd.GeoDataFrame:
    return prepare_units(
        polygons, unit_id=unit_id, kind="own", version="1", crs="EPSG:5070"
    )


COLUMBUS, ANCHORAGE, HONOLULU = (-83.0, 40.0), (-149.9, 61.2), (-157.9, 21.3)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([COLUMBUS, COLUMBUS, ANCHORAGE, HONOLULU], "EPSG:5070"),
        ([ANCHORAGE, ANCHORAGE, COLUMBUS], "EPSG:3338"),
        ([HONOLULU, (-156.0, 20.0)], "ESRI:102007"),
    ],
)
def test_each_part_of_the_us_has_its_own_projection(
    points: list[tuple[float, float]], expected: str
) -> None:
    assert local_crs(degrees(points)) == expected


def test_elsewhere_the_projection_is_centred_on_the_data() -> None:
    helsinki = degrees([(24.9, 60.1), (25.1, 60.3)])
    crs = local_crs(helsinki)
    assert crs.axis_info[0].unit_name == "metre"
    x, y = shapely.get_coordinates(np.asarray(helsinki.to_crs(crs))).T
    assert np.abs([x, y]).max() < 20_000


def test_points_on_both_sides_of_the_date_line_lie_together() -> None:
    fiji = degrees([(179.5, -17.0), (-179.5, -17.0)])
    x = shapely.get_x(np.asarray(fiji.to_crs(local_crs(fiji))))
    assert np.ptp(x) == pytest.approx(106_500, rel=0.01)


def test_no_coordinates_are_refused_in_one_sentence() -> None:
    with pytest.raises(InputError, match="No account has coordinates"):
        local_crs(gpd.GeoSeries([None, shapely.Point()], crs="EPSG:4326"))


def test_ids_are_text_sorted_and_keep_their_zeros() -> None:
    boxes = [shapely.box(i, 0, i + 1, 1) for i in range(3)]
    texts = prepared(polygons_of(*boxes, fips=["10", "00501", "2"]), "fips")
    assert texts.index.tolist() == ["00501", "10", "2"]
    assert texts.geometry.iloc[0].bounds[0] == 1.0
    numbers = prepared(polygons_of(*boxes, fips=[10.0, 501.0, 2.0]), "fips")
    assert numbers.index.tolist() == ["10", "2", "501"]


def test_the_unit_set_names_its_polygons_not_their_order() -> None:
    boxes = polygons_of(*[shapely.box(i, 0, i + 1, 1) for i in range(3)])
    name = unit_set(prepared(boxes))
    assert name.startswith("own@1#")
    assert unit_set(prepared(boxes.iloc[::-1])) == name
    moved = boxes.set_geometry(boxes.translate(0, 1))
    assert unit_set(prepared(moved)) != name
    assert unit_set(prepared(boxes.assign(id=["0", "1", "x"]))) != name


def test_units_that_name_no_unit_set_are_refused() -> None:
    with pytest.raises(InputError, match="have no name"):
        unit_set(polygons_of(shapely.box(0, 0, 1, 1)))


def test_a_bow_tie_is_mended() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    units = prepared(polygons_of(bow))
    assert units.geometry.is_valid.all()
    assert units.area.iloc[0] == pytest.approx(2.0)


def test_overlapping_polygons_become_a_coverage() -> None:
    left, right = shapely.box(0, 0, 1010, 1000), shapely.box(1000, 0, 2000, 400)
    units = prepared(polygons_of(left, right))
    assert shapely.coverage_is_valid(np.asarray(units.geometry))
    assert units.area.sum() == pytest.approx(left.union(right).area)


def test_slivers_between_neighbors_are_closed() -> None:
    left = shapely.box(0, 0, 1000, 1000)
    low, high = shapely.box(1000.4, 0, 2000, 300), shapely.box(1000.4, 300, 2000, 1000)
    shapes = np.asarray(prepared(polygons_of(left, low, high)).geometry)
    assert shapely.coverage_is_valid(shapes, gap_width=1.0)
    assert shapely.union_all(shapes).area == pytest.approx(2e6, rel=1e-3)
    assert shapely.length(shapely.intersection(shapes[0], shapes[1])) > 299


def test_units_smaller_than_a_hectare_are_not_snapped_together() -> None:
    yards = [shapely.box(i, 0, i + 0.8, 0.8) for i in range(3)]
    units = prepared(polygons_of(*yards))
    assert units.area.tolist() == pytest.approx([0.64] * 3)


def refused(polygons: gpd.GeoDataFrame, unit_id: str = "id") -> str:
    with pytest.raises(InputError) as error:
        prepared(polygons, unit_id)
    return str(error.value)


def test_polygons_that_cannot_be_units_are_refused() -> None:
    box = shapely.box(0, 0, 1, 1)
    other = shapely.box(5, 0, 6, 1)
    assert refused(polygons_of()) == (
        "There are no polygons (own). Choose a file that has some."
    )
    assert "Column 'zip' is missing (own). Choose one of id" in refused(
        polygons_of(box), "zip"
    )
    assert "no coordinate system" in refused(
        polygons_of(box).set_crs(None, allow_override=True)
    )
    assert "Unit id 'A' appears 2 times" in refused(
        polygons_of(box, other, code=["A", "A"]), "code"
    )
    assert "1 polygons have no id" in refused(
        polygons_of(box, other, code=["A", None]), "code"
    )
    assert "1 units have no area: 1" in refused(polygons_of(box, shapely.Point(1, 1)))
    assert "1 units have no area: 1" in refused(polygons_of(box, None))
    flat = shapely.Polygon([(0, 0), (1, 1), (2, 2)])
    assert "1 units have no area: 1" in refused(polygons_of(box, flat))


def test_a_unit_inside_another_one_is_refused() -> None:
    inner, outer = shapely.box(4, 4, 5, 5), shapely.box(0, 0, 10, 10)
    message = refused(polygons_of(outer, inner))
    assert "1 units lie inside other units: 1" in message


def test_an_account_goes_by_its_own_id_then_by_its_point(
    grid: gpd.GeoDataFrame,
) -> None:
    accounts = accounts_at(
        [(500, 500), (500, 500), None, None], code=["u22", " ", "u11", "elsewhere"]
    )
    located = locate(accounts, grid, id_column="code")
    assert located["unit_id"].tolist() == ["u22", "u00", "u11", ""]
    assert "unit_id" not in accounts.columns


def test_an_account_off_the_coast_goes_to_the_nearest_unit(
    grid: gpd.GeoDataFrame,
) -> None:
    near, far = 3000 + NEAREST_M - 1, 3000 + NEAREST_M + 1
    located = locate(accounts_at([(near, 1500), (far, 1500)]), grid)
    assert located["unit_id"].tolist() == ["u12", ""]


def test_an_account_on_a_shared_border_has_one_unit(grid: gpd.GeoDataFrame) -> None:
    located = locate(accounts_at([(1000, 500), (1000, 1000), (3000, 3000)]), grid)
    assert located["unit_id"].tolist() == ["u00", "u00", "u22"]


def test_locate_reprojects_degrees(grid: gpd.GeoDataFrame) -> None:
    there = accounts_at([(1500, 2500)]).to_crs("EPSG:4326")
    located = locate(there, grid)
    assert located.crs == grid.crs
    assert located["unit_id"].tolist() == ["u21"]
    assert there.crs == "EPSG:4326"


def test_an_unknown_id_column_is_refused(grid: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match=r"Column 'zip' is missing \(accounts\)"):
        locate(accounts_at([(1, 1)]), grid, id_column="zip")


def test_accounts_outside_their_unit_are_measured(grid: gpd.GeoDataFrame) -> None:
    points = [(500, 500), (3200, 500), (1500, 500), (9e9, 0), None]
    accounts = accounts_at(points, code=["", "", "u22", "", "u00"])
    metres = outside_m(locate(accounts, grid, id_column="code"), grid)
    assert metres[:2].tolist() == [0.0, 200.0]
    assert metres["a2"] == pytest.approx(np.hypot(500, 1500))
    assert metres[3:].isna().all()


def test_a_tally_by_eye(grid: gpd.GeoDataFrame) -> None:
    accounts = accounts_at(
        [(100, 100), (900, 100), (1500, 500), None],
        workload_h=[3.0, 1.0, np.nan, 5.0],
        revenue=[10.0, 20.0, 40.0, np.nan],
        unit_id=["u00", "u00", "u01", "u01"],
    )
    table = tally(grid, accounts, ["workload_h", "revenue"])
    assert table.measures == ("accounts", "workload_h", "revenue")
    assert table.loads[:2].tolist() == [[2, 4, 30], [2, 5, 40]]
    assert table.loads[2:].sum() == 0
    assert table.weight[:2].tolist() == [4, 5]
    assert table.xy[0].tolist() == [300, 100]  # three quarters at 100, one at 900
    assert table.xy[1].tolist() == [1500, 500]  # weighs nothing, so the plain mean
    assert table.xy[2].tolist() == [2500, 500]  # empty, so a point inside
    assert table.unit_set == "grid@test#0"


def test_accounts_outside_all_units_are_in_no_sum(grid: gpd.GeoDataFrame) -> None:
    accounts = accounts_at([(1, 1), (9, 9)], unit_id=["", "u00"])
    table = tally(grid, accounts, [])
    assert table.measures == ("accounts",)
    assert table.loads.sum() == 1
    assert table.weight.tolist() == table.loads[:, 0].tolist()


@pytest.mark.parametrize("wrong", [-1.0, np.inf])
def test_loads_that_cannot_be_balanced_are_refused(
    grid: gpd.GeoDataFrame, wrong: float
) -> None:
    accounts = accounts_at([(1, 1)], unit_id=["u00"], revenue=[wrong])
    with pytest.raises(InputError, match="1 accounts have a negative or infinite"):
        tally(grid, accounts, ["revenue"])
    with pytest.raises(InputError, match="Column 'potential' is missing"):
        tally(grid, accounts, ["potential"])


amounts = st.lists(
    st.tuples(
        st.floats(-500, 3500),
        st.floats(-500, 3500),
        st.floats(0, 1e7) | st.just(float("nan")),
    ),
    min_size=1,
    max_size=40,
)


@given(rows=amounts, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_totals_are_kept_and_the_order_of_rows_does_not_matter(
    rows: list[tuple[float, float, float]], seed: int
) -> None:
    grid = prepared(
        polygons_of(
            *[
                shapely.box(x, y, x + 1000, y + 1000)
                for y in (0, 1000, 2000)
                for x in (0, 1000, 2000)
            ]
        )
    )
    accounts = accounts_at(
        [(x, y) for x, y, _ in rows], workload_h=[load for *_, load in rows]
    )
    located = locate(accounts, grid)
    assert set(located["unit_id"]) <= set(grid.index)
    table = tally(grid, located, ["workload_h"])
    assert table.loads[:, 0].sum() == len(rows)
    assert table.loads[:, 1].sum() == pytest.approx(accounts["workload_h"].sum())
    shuffled = located.iloc[np.random.default_rng(seed).permutation(len(rows))]
    again = tally(grid, shuffled, ["workload_h"])
    assert (again.loads == table.loads).all()
    assert (again.xy == table.xy).all()
    assert (locate(shuffled, grid)["unit_id"] == shuffled["unit_id"]).all()


@given(x=st.floats(0, 3000), y=st.floats(0, 3000))
@settings(max_examples=60)
def test_the_unit_of_an_account_holds_its_point(x: float, y: float) -> None:
    boxes = [shapely.box(0, 0, 3000, 1000), shapely.box(0, 1000, 3000, 3000)]
    units = prepared(polygons_of(*boxes))
    unit = locate(accounts_at([(x, y)]), units)["unit_id"].iloc[0]
    assert units.geometry[unit].covers(shapely.Point(x, y))
