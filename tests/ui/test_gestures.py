"""Events of the map become edits."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.edits import apply
from geo.errors import PlanError
from geo.plan import Plan, owners
from geo.study import Study
from ui.gestures import EDITS, drawn, edit_of, next_id


def did(event: dict[str, object], plan: Plan, study: Study) -> Plan:
    edit = edit_of({"edit_id": "e1", **event}, plan, study)
    assert edit is not None
    assert edit.edit_id == "e1"
    return apply(plan, edit)[0]


def test_units_applied_are_moved(plan: Plan, study: Study) -> None:
    after = did({"kind": "apply", "ids": ["u00"], "to": "T02"}, plan, study)
    assert list(after.assignment[:3]) == [1, 1, 1]


def test_accounts_applied_become_exceptions_and_are_released(
    plan: Plan, study: Study
) -> None:
    given = {"kind": "apply", "account_ids": ["a00"], "to": "T02"}
    after = did(given, plan, study)
    assert owners(after, study.accounts)["a00"] == "T02"
    freed = did({"kind": "clear_override", "account_ids": ["a00"]}, after, study)
    assert owners(freed, study.accounts)["a00"] == "T01"


def test_a_new_territory_gets_the_first_free_id_and_its_units(
    plan: Plan, study: Study
) -> None:
    after = did({"kind": "create", "ids": ["u00", "u10"]}, plan, study)
    assert next_id(plan) == "T03"
    assert after.territories.loc["T03", "name"] == "New territory"
    again = did({"kind": "create", "ids": ["u20"]}, after, study)
    assert again.territories.loc["T04", "name"] == "New territory 2"


def test_a_territory_is_merged_locked_and_renamed(plan: Plan, study: Study) -> None:
    locked = {"kind": "lock", "territory": "T01", "locked": True}
    assert bool(did(locked, plan, study).territories.loc["T01", "locked"])
    named = {"kind": "rename", "territory": "T01", "name": " West "}
    assert did(named, plan, study).territories.loc["T01", "name"] == "West"
    merged = did({"kind": "merge", "territory": "T01", "to": "T02"}, plan, study)
    assert list(merged.territories.index) == ["T02"]


def test_a_territory_gets_one_of_sixteen_colours(plan: Plan, study: Study) -> None:
    event = {"kind": "recolor", "territory": "T01", "color": "#E69F00"}
    assert did(event, plan, study).territories.loc["T01", "color"] == "#e69f00"
    with pytest.raises(PlanError, match="no colour of a territory"):
        did(event | {"color": "url(//x)"}, plan, study)


def test_a_drawn_border_cuts_the_units_it_crosses(plan: Plan, study: Study) -> None:
    box = gpd.GeoSeries([shapely.box(0, 0, 500, 1000)], crs=study.units.crs)
    line = shapely.get_coordinates(box.to_crs(4326).iloc[0])[:-1].tolist()
    after = did({"kind": "cut", "line": line, "to": "T02"}, plan, study)
    assert len(after.cuts) == 2
    assert drawn(line, study).area == pytest.approx(5e5, rel=1e-3)


def test_a_territory_is_halved_and_split_along_a_line(plan: Plan, study: Study) -> None:
    halved = did({"kind": "halve", "territory": "T02"}, plan, study)
    assert (halved.assignment == 2).sum() == 3
    assert halved.territories.loc["T03", "name"] == "T02 2"
    across = gpd.GeoSeries([shapely.LineString([(900, 1000), (3100, 1000)])])
    line = shapely.get_coordinates(
        across.set_crs(study.units.crs).to_crs(4326).iloc[0]
    ).tolist()
    split = did({"kind": "split", "territory": "T02", "line": line}, plan, study)
    assert list(np.flatnonzero(split.assignment == 2)) == [1, 2]


def test_what_nobody_owns_goes_to_the_nearest(plan: Plan, study: Study) -> None:
    labels = plan.assignment.copy()
    labels[0] = 65535
    bare = replace(plan, assignment=labels)
    after = did({"kind": "nearest"}, bare, study)
    assert after.assignment[0] in (0, 1)


def test_nothing_selected_or_no_territory_is_no_edit(plan: Plan, study: Study) -> None:
    for event in ({"ids": [], "to": "T01"}, {"ids": ["u00"], "to": ""}, {}):
        assert edit_of({"kind": "select", **event}, plan, study) is None


def test_what_is_not_known_or_has_no_area_is_refused(plan: Plan, study: Study) -> None:
    with pytest.raises(PlanError, match="asked for 'dance', which is not known"):
        edit_of({"kind": "dance"}, plan, study)
    with pytest.raises(PlanError, match="A shape needs three corners"):
        edit_of({"kind": "cut", "line": [[0, 0], [1, 1]], "to": "T01"}, plan, study)
    assert "select" not in EDITS
