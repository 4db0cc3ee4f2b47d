"""A cut goes over as its pieces and the arcs around them, nothing else."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.carve import carve
from geo.contiguity import adjacency
from geo.edits import apply, move
from geo.plan import Plan, territory_table
from geo.study import Study, make_study
from ui import payloads
from ui.component.wire import unpack
from ui.maps import base_payload, patch_payload, with_ids
from ui.pieces import GONE, codes_of, pieces_payload, rows_of, shown


@pytest.fixture
def study(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    none = pd.DataFrame({"unit_a": [], "unit_b": [], "distance_m": []})
    return make_study(grid_accounts, grid, adjacency(grid), none)


@pytest.fixture
def plan(study: Study) -> Plan:
    return Plan(
        plan_id="p",
        name="P",
        unit_set=study.table.unit_set,
        unit_id=study.table.unit_id,
        assignment=np.zeros(len(study.table), dtype=np.uint16),
        territories=territory_table(["A", "B"]),
    )


def corner(study: Study) -> shapely.Geometry:
    """A box from the middle of the first unit down to its corner."""
    unit = study.units.geometry.iloc[4]
    x0, y0, x1, y1 = unit.bounds
    return shapely.box(x0, y0, (x0 + x1) / 2, y1)


def cut(plan: Plan, study: Study) -> Plan:
    return apply(plan, carve(study, corner(study), to="B"))[0]


def test_without_a_cut_rows_are_the_units_and_nothing_goes_over(
    plan: Plan, study: Study
) -> None:
    assert shown(study, plan).sign == ""
    assert codes_of(plan, study).tolist() == [0] * 9
    header, arrays = unpack(pieces_payload(study, plan))
    assert (header["sign"], arrays) == ("", {})


def test_a_cut_unit_keeps_its_row_and_its_pieces_follow(
    plan: Plan, study: Study
) -> None:
    after = cut(plan, study)
    codes = codes_of(after, study)
    assert len(codes) == 11
    assert codes[4] == GONE
    assert sorted(codes[9:].tolist()) == [0, 1]
    known = shown(study, after)
    assert known.parent.tolist() == [4, 4]
    assert known is shown(study, apply(after, move(["u00"], to="B"))[0])
    piece = str(known.ids[9])
    assert rows_of(after, study, [piece, "u00", "?"]).tolist() == [9, 0]


def test_the_arcs_around_the_pieces_close_and_know_both_sides(
    plan: Plan, study: Study
) -> None:
    after = cut(plan, study)
    _, a = unpack(pieces_payload(study, after))
    ends = [a["cut_start"][:-1], a["cut_start"][1:] - 1]
    for piece in (9, 10):
        mine = (a["cut_left"] == piece) | (a["cut_right"] == piece)
        ring = np.concatenate([e[mine] for e in ends])
        spots = np.stack([a["cut_x"][ring], a["cut_y"][ring]], axis=1)
        _, meets = np.unique(spots, axis=0, return_counts=True)
        assert (meets == 2).all()
    assert any(
        {left, right} == {9, 10}
        for left, right in zip(a["cut_left"], a["cut_right"], strict=True)
    )
    beside = set(a["cut_left"].tolist()) | set(a["cut_right"].tolist())
    assert beside == {1, 3, 5, 7, 9, 10}


def test_accounts_and_loads_of_a_cut_unit_go_to_its_pieces(
    plan: Plan, study: Study
) -> None:
    after = cut(plan, study)
    _, a = unpack(pieces_payload(study, after))
    at = payloads.placed(study)[a["cut_account"]]
    assert study.account_unit[at].tolist() == [4]
    assert a["cut_account_unit"][0] in (9, 10)
    row = study.table.measures.index("workload_h")
    assert a["cut_load_workload_h"].sum() == pytest.approx(study.table.loads[4, row])


def test_a_cut_leaves_the_base_as_it_was_and_its_rows_stand_for_the_pieces(
    plan: Plan, study: Study
) -> None:
    after = cut(plan, study)
    card = pd.DataFrame({"share": [1.0, 1.0]}, index=["A", "B"])
    base, _ = unpack(base_payload(study))
    header, arrays = unpack(patch_payload(study, after, card, rev=1))
    assert header["ground"] == base["ground"]
    sign = shown(study, after).sign
    assert header["pieces"] == sign
    assert len(arrays["codes"]) == 11
    event = {"ground": f"{header['ground']}+{sign}", "units": [9, 0]}
    assert with_ids(event)["ids"] == [str(after.unit_id[-2]), "u00"]
    event["ground"] = header["ground"]
    assert with_ids(event)["ids"] == ["u00"]
