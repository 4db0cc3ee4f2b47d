"""A plan becomes plain JSON and the same plan again."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from data.document import FORMAT, document, dumps, plan_of, with_owners
from geo.errors import InputError
from geo.plan import UNASSIGNED, Plan, no_cuts, no_overrides, territory_table


def small_plan() -> Plan:
    """West, East and an empty third territory over four units, one unassigned."""
    territories = territory_table(["T01", "T02", "T03"])
    territories["code"] = [2, 0, 5]
    territories["name"] = ["West", "=East", "Ælfred's"]
    territories["color"] = ["#112233", "#aabbcc", ""]
    territories["rep_id"] = ["", "00501", ""]
    territories["locked"] = [True, False, False]
    territories["goal"] = [1e6, np.nan, 0.1]
    overrides = pd.DataFrame(
        {
            "territory_id": pd.array(["T02", "", "T01"], dtype="str"),
            "counts": [True, False, False],
        },
        index=pd.Index(["007", "a9", "b"], dtype="str", name="account_id"),
    )
    return Plan(
        plan_id="p1",
        name="Today <b>",
        unit_set="zip@2020#ab",
        unit_id=np.array(["90210", "00501", "1e5", "NA"], dtype=object),
        assignment=np.array([2, 0, 2, UNASSIGNED], dtype=np.uint16),
        territories=territories,
        overrides=overrides,
        locks=frozenset({"NA", "00501"}),
        meta={"seed": 3, "measures": ["accounts"]},
    )


def with_cut(plan: Plan) -> Plan:
    pieces = gpd.GeoDataFrame(
        {column: [1, 1] for column in no_cuts().columns.drop("geometry")}
        | {"parent": pd.array(["p", "p"], dtype="str")},
        index=pd.Index(["90210", "NA"], dtype="str", name="unit_id"),
        geometry=[shapely.box(0, 0, 1 / 3, 1), shapely.box(1 / 3, 0, 1, 1)],
        crs="+proj=laea +lat_0=44.1 +lon_0=7.25 +units=m",
    )
    return replace(plan, cuts=pieces)


def assert_same(plan: Plan, other: Plan) -> None:
    """Ids, assignment bytes, attributes, overrides, locks and cuts are equal."""
    for field in ("plan_id", "name", "unit_set", "layer", "locks", "meta"):
        assert getattr(plan, field) == getattr(other, field)
    assert list(plan.unit_id) == list(other.unit_id)
    assert plan.assignment.tobytes() == other.assignment.tobytes()
    pd.testing.assert_frame_equal(plan.territories, other.territories)
    pd.testing.assert_frame_equal(plan.overrides, other.overrides)
    pd.testing.assert_frame_equal(
        pd.DataFrame(plan.cuts.drop(columns="geometry")),
        pd.DataFrame(other.cuts.drop(columns="geometry")),
    )
    assert shapely.to_wkb(plan.cuts.geometry.to_numpy()).tolist() == (
        shapely.to_wkb(other.cuts.geometry.to_numpy()).tolist()
    )
    assert plan.cuts.crs == other.cuts.crs


def through_text(plan: Plan) -> Plan:
    return plan_of(json.loads(dumps(document(plan))))


def test_a_plan_reads_back_the_same() -> None:
    assert_same(small_plan(), through_text(small_plan()))


def test_a_plan_with_cuts_reads_back_the_same() -> None:
    plan = with_cut(small_plan())
    assert_same(plan, through_text(plan))


@given(st.data())
def test_any_assignment_reads_back_byte_for_byte(data: st.DataObject) -> None:
    names = st.text(min_size=1, max_size=6).filter(
        lambda s: s.isprintable() or "\t" in s
    )
    units = data.draw(st.lists(names, unique=True, max_size=8))
    ids = data.draw(st.lists(names, unique=True, min_size=1, max_size=4))
    table = territory_table(ids)
    codes = [*table["code"], UNASSIGNED]
    plan = Plan(
        plan_id="",
        name=data.draw(st.text(max_size=5)),
        unit_set="x",
        unit_id=np.array(units, dtype=object),
        assignment=np.array(
            [data.draw(st.sampled_from(codes)) for _ in units], dtype=np.uint16
        ),
        territories=table,
        overrides=no_overrides(),
    )
    assert_same(plan, through_text(plan))


def test_the_same_plan_gives_the_same_text() -> None:
    assert dumps(document(small_plan())) == dumps(document(small_plan()))


def test_numbers_json_does_not_know_become_null() -> None:
    assert dumps({"a": np.nan, "b": np.int64(3), "c": [pd.NA, np.inf]}) == (
        '{"a":null,"b":3,"c":[null,null]}'
    )


def test_a_plan_written_by_hand_needs_only_territories_and_units() -> None:
    plan = plan_of({"territories": [{"territory_id": "A", "units": ["u1", "u0"]}]})
    assert list(plan.unit_id) == ["u1", "u0"]
    assert plan.assignment.tolist() == [0, 0]


def test_a_newer_format_is_refused() -> None:
    newer = document(small_plan())
    newer["bailiwick"]["format"] = FORMAT + 1
    with pytest.raises(InputError, match=r"format 2, this program reads up to 1"):
        plan_of(newer, where="q3.geojson")


def test_a_unit_in_two_territories_is_refused() -> None:
    twice = document(small_plan())
    twice["territories"][1]["units"].append("90210")
    with pytest.raises(InputError, match=r"Unit '90210' is listed twice \(q3\.csv\)"):
        plan_of(twice, where="q3.csv")


@pytest.mark.parametrize("broken", [{}, {"territories": 3}, {"territories": [{}]}])
def test_a_broken_document_is_one_sentence(broken: dict[str, object]) -> None:
    with pytest.raises(InputError, match="The plan cannot be read"):
        plan_of(broken)


def test_a_color_that_is_no_color_is_dropped() -> None:
    hostile = document(small_plan())
    hostile["territories"][0]["color"] = '#1"><script>'
    assert plan_of(hostile).territories["color"].tolist() == ["", "#aabbcc", ""]


def test_edited_owners_win_over_the_document() -> None:
    plan = with_owners(small_plan(), {"NA": "T03", "90210": ""}, where="x")
    assert plan.assignment.tolist() == [UNASSIGNED, 0, 2, 5]


def test_edited_owners_must_be_territories_of_the_plan() -> None:
    with pytest.raises(InputError, match="Territory 'T9' has units but is not in"):
        with_owners(small_plan(), {"NA": "T9"}, where="x.xlsx")
