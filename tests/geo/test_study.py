"""The study of a plan, and the same study with drawn cuts."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components
from shapely import ops

from geo.cells import voronoi_cells
from geo.contiguity import borders, crossings
from geo.errors import PlanError
from geo.plan import Plan, territory_table
from geo.study import Study, effective, make_study
from geo.units import locate


@pytest.fixture
def study(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    near = borders(grid)
    return make_study(grid_accounts, grid, near, crossings(grid, near))


def plan_with(cuts: dict[str, tuple[str, shapely.Geometry]]) -> Plan:
    """A plan whose cuts are piece -> (parent, polygon); the rest does not matter."""
    table = gpd.GeoDataFrame(
        {"parent": [parent for parent, _ in cuts.values()]},
        index=pd.Index(list(cuts), name="unit_id", dtype="str"),
        geometry=[shape for _, shape in cuts.values()],
        crs="EPSG:5070",
    )
    return Plan(
        plan_id="p",
        name="Plan",
        unit_set="grid@test#0",
        unit_id=np.zeros(0, dtype=object),
        assignment=np.zeros(0, dtype=np.uint16),
        territories=territory_table(["T01"]),
        cuts=table,
    )


WEST = shapely.box(1000, 1000, 1400, 2000)
EAST = shapely.box(1400, 1000, 2000, 2000)
HALVES = {"u11~w": ("u11", WEST), "u11~e": ("u11", EAST)}


def total(study: Study) -> list[float]:
    return study.table.loads.sum(axis=0).tolist()


def test_a_study_measures_its_units(study: Study) -> None:
    assert study.area_m2.tolist() == [1e6] * 9
    assert study.outline_m.tolist() == [4000.0] * 9
    assert study.account_unit.tolist() == list(range(9))
    assert study.table.measures[:3] == ("accounts", "workload_h", "revenue")
    assert study.account_loads[0, :3].tolist() == [1.0, 12.0, 1000.0]
    assert study.account_loads.sum(axis=0).tolist() == total(study)


def test_outlines_less_inner_borders_are_the_perimeter(study: Study) -> None:
    labels = np.array([0, 0, 1, 0, 1, 1, 1, 1, 1])  # the corner u00, u01, u10
    same = labels[:, None] == labels[None, :]
    inner_m = (study.neighbors.toarray() * same)[labels == 0].sum()
    assert study.outline_m[labels == 0].sum() - inner_m == 8000.0


def test_measures_the_accounts_lack_are_left_out(
    grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame
) -> None:
    bare = grid_accounts[["unit_id", "geometry"]]
    near = borders(grid)
    study = make_study(bare, grid, near, crossings(grid, near))
    assert study.table.measures == ("accounts",)
    assert study.account_loads.tolist() == [[1.0]] * 9


def test_an_account_in_no_unit_has_row_minus_one(
    grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame
) -> None:
    grid_accounts.loc["a00", "unit_id"] = ""
    near = borders(grid)
    study = make_study(grid_accounts, grid, near, crossings(grid, near))
    assert study.account_unit[:2].tolist() == [-1, 1]
    assert total(study)[0] == 8


def test_a_plan_without_cuts_keeps_the_study(study: Study) -> None:
    assert effective(study, plan_with({})) is study


def test_pieces_take_the_place_of_the_unit_they_cut(study: Study) -> None:
    cut = effective(study, plan_with(HALVES))
    assert cut.units.index.tolist() == [
        *["u00", "u01", "u02", "u10", "u12", "u20", "u21", "u22"],
        *["u11~w", "u11~e"],
    ]
    assert cut.table.unit_id.tolist() == cut.units.index.tolist()
    assert cut.table.unit_set == "grid@test#0"
    assert cut.area_m2[-2:].tolist() == [4e5, 6e5]
    assert cut.units.loc["u11~w", "name"] == "U11"
    assert total(cut) == total(study)
    assert cut.accounts.loc["a11", "unit_id"] == "u11~e"
    assert study.accounts.loc["a11", "unit_id"] == "u11"


def test_numbers_of_the_ground_are_cut_by_area(study: Study) -> None:
    people = np.array([0, 0, 0, 0, 100.0, 0, 0, 0, 7.0])
    table = replace(
        study.table,
        measures=(*study.table.measures, "people"),
        loads=np.column_stack([study.table.loads, people]),
    )
    none = np.column_stack([study.account_loads, np.zeros(9)])
    peopled = replace(study, table=table, account_loads=none)
    cut = effective(peopled, plan_with(HALVES))
    assert cut.table.loads[-3:, -1].tolist() == pytest.approx([7.0, 40.0, 60.0])
    plain = effective(study, plan_with(HALVES))
    assert cut.table.loads[:, :-1].tolist() == plain.table.loads.tolist()


def test_pieces_border_each_other_and_what_lies_around(study: Study) -> None:
    cut = effective(study, plan_with(HALVES))
    near = pd.DataFrame(
        cut.neighbors.toarray(), index=cut.units.index, columns=cut.units.index
    )
    assert near.loc["u11~w", "u11~e"] == 1000
    assert near.loc["u11~w", "u10"] == 1000
    assert near.loc["u11~w", "u12"] == 0
    assert near.loc["u11~w", "u21"] == pytest.approx(400, abs=1)
    assert near.loc["u01", "u11~e"] == pytest.approx(600, abs=1)
    fresh = borders(cut.units)
    assert abs(cut.neighbors - fresh).max() == 0
    assert (cut.neighbors != cut.neighbors.T).nnz == 0


def test_a_cut_of_a_cut_counts_by_its_last_pieces(study: Study) -> None:
    south, north = (
        shapely.box(1400, 1000, 2000, 1500),
        shapely.box(1400, 1500, 2000, 2000),
    )
    again = HALVES | {"e~s": ("u11~e", south), "e~n": ("u11~e", north)}
    cut = effective(study, plan_with(again))
    assert cut.units.index.tolist()[-3:] == ["u11~w", "e~s", "e~n"]
    assert total(cut) == total(study)
    assert cut.area_m2.sum() == pytest.approx(9e6)


def test_accounts_without_a_place_go_to_the_largest_piece(study: Study) -> None:
    accounts = study.accounts.copy()
    accounts.loc["a11", "geometry"] = None
    near = borders(study.units)
    bare = make_study(accounts, study.units, near, study.crossings)
    cut = effective(bare, plan_with(HALVES))
    assert cut.accounts.loc["a11", "unit_id"] == "u11~e"
    assert total(cut) == total(bare)


def test_an_account_beside_its_unit_goes_to_the_nearest_piece(study: Study) -> None:
    accounts = study.accounts.copy()
    accounts.loc["a11", "geometry"] = shapely.Point(900, 1500)
    near = borders(study.units)
    cut = effective(
        make_study(accounts, study.units, near, study.crossings), plan_with(HALVES)
    )
    assert cut.accounts.loc["a11", "unit_id"] == "u11~w"


def test_an_island_keeps_its_ferry_when_its_harbour_is_cut() -> None:
    shapes = [shapely.box(0, 0, 1000, 1000), shapely.box(1500, 0, 2000, 1000)]
    ids = pd.Index(["shore", "island"], name="unit_id", dtype="str")
    units = gpd.GeoDataFrame({"name": ids}, index=ids, geometry=shapes, crs=5070)
    units.attrs["unit_set"] = "two@1#0"
    accounts = gpd.GeoDataFrame(
        {"revenue": [1.0]},
        index=pd.Index(["a"], name="account_id"),
        geometry=[shapely.Point(1, 1)],
        crs=5070,
    )
    near = borders(units)
    whole = make_study(locate(accounts, units), units, near, crossings(units, near))
    halves = {
        "shore~w": ("shore", shapely.box(0, 0, 500, 1000)),
        "shore~e": ("shore", shapely.box(500, 0, 1000, 1000)),
    }
    cut = effective(whole, replace(plan_with(halves), unit_set="two@1#0"))
    assert connected_components(cut.neighbors, directed=False)[0] == 1
    assert cut.crossings[["unit_a", "unit_b"]].to_numpy().tolist() == [
        ["island", "shore~e"]
    ]
    assert cut.crossings["distance_m"].tolist() == [500.0]


def test_a_cut_of_an_unknown_unit_is_refused(study: Study) -> None:
    with pytest.raises(PlanError, match="Unit 'u77' is cut but not part of the ground"):
        effective(study, plan_with({"u77~a": ("u77", WEST)}))


@given(
    seed=st.integers(0, 10_000),
    ends=st.tuples(*[st.floats(0, 10_000)] * 2),
)
@settings(max_examples=20, deadline=None)
def test_a_line_drawn_anywhere_keeps_totals_ground_and_borders(
    seed: int, ends: tuple[float, float]
) -> None:
    rng = np.random.default_rng(seed)
    accounts = gpd.GeoDataFrame(
        {"revenue": rng.integers(0, 1000, 30).astype(float)},
        index=pd.Index([f"a{i}" for i in range(30)], name="account_id"),
        geometry=gpd.points_from_xy(*rng.uniform(0, 10_000, (2, 30))),
        crs="EPSG:5070",
    )
    units = voronoi_cells(accounts.geometry, crs="EPSG:5070")
    near = borders(units)
    whole = make_study(locate(accounts, units), units, near, crossings(units, near))
    line = shapely.LineString([(-9e4, ends[0]), (9e4, ends[1])])
    pieces = {
        f"{unit}~{i}": (unit, piece)
        for unit, shape in units.geometry.items()
        if shape.crosses(line)
        for i, piece in enumerate(ops.split(shape, line).geoms)
    }
    cut = effective(whole, plan_with(pieces))
    assert (
        cut.table.loads.sum(axis=0).tolist() == whole.table.loads.sum(axis=0).tolist()
    )
    assert cut.area_m2.sum() == pytest.approx(whole.area_m2.sum())
    assert cut.accounts["unit_id"].isin(cut.units.index).all()
    assert abs(cut.neighbors - borders(cut.units)).max() < 1e-6
    assert (cut.neighbors != cut.neighbors.T).nnz == 0
    covered = cut.units.geometry[cut.accounts["unit_id"]]
    assert (shapely.distance(covered.array, cut.accounts.geometry.array) < 1e-6).all()


def test_the_same_cuts_divide_the_ground_once(study: Study) -> None:
    plan = plan_with(HALVES)
    after = replace(plan, name="Renamed")
    assert effective(study, after) is effective(study, plan)
    other = plan_with({"u11~w": ("u11", WEST), "u11~e": ("u11", EAST)})
    assert effective(study, other) is not effective(study, plan)


def test_a_divided_study_is_what_it_would_be_from_scratch(study: Study) -> None:
    half = effective(study, plan_with(HALVES))
    near = borders(half.units)
    again = make_study(half.accounts, half.units, near, half.crossings)
    assert np.array_equal(half.table.loads, again.table.loads)
    assert np.array_equal(half.table.xy, again.table.xy)
    assert np.array_equal(half.table.weight, again.table.weight)
    assert np.array_equal(half.account_unit, again.account_unit)
    assert np.array_equal(half.account_loads, again.account_loads)
    assert np.allclose(half.area_m2, again.area_m2)
    assert np.allclose(half.outline_m, again.outline_m)
    assert half.table.unit_set == again.table.unit_set
