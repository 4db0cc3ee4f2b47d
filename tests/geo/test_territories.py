"""Shapes without gaps, colours that keep neighbours apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.contiguity import borders, crossings
from geo.edits import apply, create, cut, move
from geo.metrics import scorecard
from geo.plan import Plan, labels, plan_of, territory_table
from geo.study import Study, make_study
from geo.territories import (
    HUES,
    PALETTE,
    colors,
    dissolve,
    lighter,
    settle_colors,
    simplify,
    territory_neighbors,
    with_colors,
)
from tests.geo.test_edits import MIDDLE


def faults(shapes: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> tuple[float, float]:
    """Share of the ground that is covered twice, or not at all."""
    whole = shapely.union_all(units.geometry.to_numpy())
    parts = shapes.geometry.to_numpy()
    union = shapely.union_all(parts)
    twice = shapely.area(parts).sum() - union.area
    return abs(twice) / whole.area, whole.difference(union).area / whole.area


def test_a_territory_is_the_union_of_its_units(plan: Plan, ground: Study) -> None:
    shapes = dissolve(plan, ground)
    assert shapes.index.to_list() == ["A", "B", "C"]
    assert shapes.geometry["C"].equals(shapely.box(2000, 0, 3000, 3000))
    assert shapes["name"].to_list() == ["Ash", "Birch", "Cedar"]
    assert shapes.crs == ground.units.crs
    assert faults(shapes, ground.units) == (0.0, 0.0)


def test_a_territory_without_units_has_an_empty_shape(
    plan: Plan, ground: Study
) -> None:
    after, _ = apply(plan, create("D"))
    assert dissolve(after, ground).geometry["D"].is_empty
    assert simplify(dissolve(after, ground), 10.0).geometry["D"].is_empty


def test_pieces_of_a_cut_dissolve_with_their_owners(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, cut({"u11": MIDDLE}, moved=["u11~e"], to="C"))
    shapes = dissolve(after, ground)
    assert shapes.area.to_list() == pytest.approx([3e6, 2.6e6, 3.4e6])
    assert max(faults(shapes, ground.units)) <= 1e-9


def voronoi(seed: int, n: int = 60) -> gpd.GeoDataFrame:
    """Random cells of a square of 10 km."""
    rng = np.random.default_rng(seed)
    points = shapely.multipoints(rng.uniform(0, 1e4, (n, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points))
    cells = shapely.intersection(cells, shapely.box(0, 0, 1e4, 1e4))
    cells = shapely.set_precision(cells, 1e-3)
    units = gpd.GeoDataFrame(
        {"name": ""}, index=[f"v{i:02d}" for i in range(len(cells))], geometry=cells
    ).set_crs("EPSG:5070")
    units.index.name = "unit_id"
    units.attrs["unit_set"] = f"cells@{seed}#0"
    return units


def over(units: gpd.GeoDataFrame) -> Study:
    """A study of units with one account each."""
    accounts = gpd.GeoDataFrame(
        {"unit_id": units.index, "workload_h": 1.0},
        index=[f"a{i}" for i in units.index],
        geometry=units.representative_point().to_numpy(),
        crs=units.crs,
    )
    near = borders(units)
    return make_study(accounts, units, near, crossings(units, near))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_territories_partition_the_ground_before_and_after_simplifying(
    seed: int,
) -> None:
    units = voronoi(seed)
    study = over(units)
    row = np.random.default_rng(seed).integers(0, 5, len(units))
    plan = plan_of(study.table, row, territory_table(list("ABCDE")))
    shapes = dissolve(plan, study)
    assert max(faults(shapes, units)) <= 1e-9
    simple = simplify(shapes, 300.0)
    assert max(faults(simple, gpd.GeoDataFrame(geometry=simple.geometry))) <= 1e-9
    count = shapely.get_num_coordinates
    assert count(simple.geometry).sum() < count(shapes.geometry).sum()


def test_perimeters_from_units_agree_with_dissolved_shapes() -> None:
    study = over(voronoi(4))
    row = np.arange(len(study.units)) % 4
    plan = plan_of(study.table, row, territory_table(list("ABCD")))
    card, shapes = scorecard(plan, study), dissolve(plan, study)
    expected = 4 * np.pi * shapes.area / shapes.length**2
    assert card["compactness"].to_list() == pytest.approx(expected.to_list(), rel=1e-3)
    assert (card["area_km2"] * 1e6).to_list() == pytest.approx(shapes.area.to_list())
    parts = shapely.get_num_geometries(shapes.geometry.to_numpy())
    assert (card["pieces"].to_numpy() <= parts).all()


def test_neighbours_get_different_colours(plan: Plan, ground: Study) -> None:
    bare = replace(plan, territories=plan.territories.assign(color=""))
    chosen = colors(bare, ground)
    assert chosen.nunique() == 3
    assert set(chosen) <= set(HUES)


def test_colours_that_do_not_clash_stay(plan: Plan, ground: Study) -> None:
    assert colors(plan, ground).to_list() == plan.territories["color"].to_list()


def test_the_smaller_of_two_equal_neighbours_changes(plan: Plan, ground: Study) -> None:
    moved, _ = apply(plan, move(["u11"], to="C"))
    same = moved.territories.assign(color=["#0072b2", "#e69f00", "#e69f00"])
    chosen = colors(replace(moved, territories=same), ground)
    assert chosen["C"] == "#e69f00"
    assert chosen["B"] not in {"#e69f00", "#0072b2"}


def test_an_edit_that_makes_equal_neighbours_recolours_within_itself(
    ground: Study,
) -> None:
    table = territory_table(["A", "B", "C"])
    table["color"] = ["#0072b2", "#e69f00", "#0072b2"]
    columns = plan_of(ground.table, np.array([0, 1, 2] * 3), table)
    assert colors(columns, ground).to_list() == table["color"].to_list()
    edit = settle_colors(columns, move(["u01"], to="C"), ground)
    after, inverse = apply(columns, edit)
    assert after.territories.loc["C", "color"] == "#0072b2"
    assert after.territories.loc["A", "color"] not in {"#0072b2", "#e69f00"}
    back, _ = apply(after, inverse)
    assert back.territories["color"].to_list() == table["color"].to_list()


def test_an_edit_that_clashes_with_nothing_is_left_alone(
    plan: Plan, ground: Study
) -> None:
    edit = move(["u11"], to="A")
    assert settle_colors(plan, edit, ground) is edit


def test_a_new_territory_is_coloured_within_its_edit(plan: Plan, ground: Study) -> None:
    edit = settle_colors(plan, create("D", units=["u22"]), ground)
    after, _ = apply(plan, edit)
    assert after.territories.loc["D", "color"] in HUES
    assert after.territories.loc["D", "color"] != after.territories.loc["C", "color"]


@given(row=st.lists(st.integers(0, 11), min_size=60, max_size=60), seed=st.just(5))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_neighbours_share_a_colour(cells: Study, row: list[int], seed: int) -> None:
    ids = [f"T{i:02d}" for i in range(12)]
    plan = plan_of(cells.table, np.array(row)[: len(cells.table)], territory_table(ids))
    done = with_colors(plan, cells)
    chosen = done.territories["color"].to_list()
    for one, others in enumerate(territory_neighbors(labels(plan), cells, 12)):
        assert all(chosen[one] != chosen[other] for other in others)
    assert with_colors(done, cells).territories["color"].to_list() == chosen


@pytest.fixture(scope="module")
def cells() -> Study:
    return over(voronoi(5))


MATRICES = {  # Machado, Oliveira and Fernandes (2009), severity 1.0
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(color: str, sight: str) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as someone sees it."""
    part = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(MATRICES[sight]) @ linear, 0, 1)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ seen / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", MATRICES)
def test_the_eight_hues_stay_apart_for_every_reader(sight: str) -> None:
    apart = {
        pair: float(np.linalg.norm(lab(pair[0], sight) - lab(pair[1], sight)))
        for pair in combinations(HUES, 2)
    }
    closest = min(apart, key=apart.__getitem__)
    assert apart[closest] >= 15.0, (closest, apart[closest])


def test_the_palette_is_eight_hues_at_two_lightnesses() -> None:
    assert len(set(PALETTE)) == 16
    for hue, light in zip(HUES, PALETTE[8:], strict=True):
        assert light == lighter(hue)
        assert lab(light, "normal")[0] > lab(hue, "normal")[0] + 5
