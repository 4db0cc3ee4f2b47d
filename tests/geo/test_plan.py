"""Who owns a unit and an account."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.changes import overrides_of
from geo.edits import apply, cut, override
from geo.errors import PlanError
from geo.plan import (
    UNASSIGNED,
    Plan,
    aligned_labels,
    codes,
    labels,
    name_of,
    owner_of,
    owner_rows,
    owners,
    plan_of,
    territory_table,
    unit_rows,
    units_of,
)
from geo.study import Study, effective

HALVES = {
    "u11~e": shapely.to_wkb(shapely.box(1600, 1000, 2000, 2000), hex=True),
    "u11~w": shapely.to_wkb(shapely.box(1000, 1000, 1600, 2000), hex=True),
}


def test_an_account_belongs_to_the_territory_of_its_unit(
    plan: Plan, ground: Study
) -> None:
    owner = owners(plan, ground.accounts)
    assert owner.to_dict() == {
        "a00": "A",
        "a01": "A",
        "a02": "C",
        "a10": "A",
        "a11": "B",
        "a12": "C",
        "a20": "B",
        "a21": "B",
        "a22": "C",
    }


def test_an_override_beats_the_unit_and_nobody_is_an_owner_too(
    plan: Plan, ground: Study
) -> None:
    table = overrides_of({"a00": ["C", True], "a11": ["", True], "zz": ["A", True]})
    owner = owners(replace(plan, overrides=table), ground.accounts)
    assert owner["a00"] == "C"
    assert owner["a11"] == ""
    assert owner["a01"] == "A"
    assert len(owner) == 9


def test_accounts_outside_all_units_are_nobodys(plan: Plan, ground: Study) -> None:
    accounts = ground.accounts.assign(unit_id=["", "u01", "gone", *["u02"] * 6])
    assert owners(plan, accounts).tolist()[:3] == ["", "A", ""]


def test_an_account_on_a_cut_unit_follows_the_piece_under_its_point(
    plan: Plan, ground: Study
) -> None:
    after, _ = apply(plan, cut({"u11": HALVES}, moved=["u11~w"], to="A"))
    assert owners(after, ground.accounts)["a11"] == "A"
    other, _ = apply(plan, cut({"u11": HALVES}, moved=["u11~e"], to="A"))
    assert owners(other, ground.accounts)["a11"] == "B"


def test_an_account_without_a_point_follows_the_largest_piece(
    plan: Plan, ground: Study
) -> None:
    after, _ = apply(plan, cut({"u11": HALVES}, moved=["u11~w"], to="A"))
    places = ground.accounts.geometry.to_numpy().copy()
    places[4] = None
    blind = gpd.GeoDataFrame(
        ground.accounts.drop(columns="geometry"), geometry=places, crs=5070
    )
    assert owners(after, blind)["a11"] == "A"


def test_owners_by_row_agree_with_owners_by_id(plan: Plan, ground: Study) -> None:
    edited, _ = apply(plan, override(["a00", "a22"], to="B", counts=False))
    edited, _ = apply(edited, cut({"u11": HALVES}, moved=["u11~w"], to="C"))
    study = effective(ground, edited)
    ids = np.append(edited.territories.index.to_numpy(object), "")
    fast = ids[owner_rows(edited, study)].tolist()
    assert fast == owners(edited, ground.accounts).tolist()


def test_labels_are_rows_of_territories_whatever_their_codes(plan: Plan) -> None:
    recoded = replace(
        plan,
        territories=plan.territories.assign(code=[7, 300, 4]),
        assignment=np.array([7, 7, 4, 7, 300, 4, 300, UNASSIGNED, 9], dtype=np.uint16),
    )
    assert labels(recoded).tolist() == [0, 0, 2, 0, 1, 2, 1, -1, -1]
    assert codes(recoded, ["C", "", "B"]).tolist() == [4, UNASSIGNED, 300]


def test_units_of_a_territory_and_of_nobody(plan: Plan) -> None:
    assert units_of(plan, "A").tolist() == ["u00", "u01", "u10"]
    assert units_of(plan, "").tolist() == []
    assert owner_of(plan, pd.Index(["u22", "u99"], dtype=object)) == ["C", ""]


def test_a_territory_without_a_name_is_called_by_its_id(plan: Plan) -> None:
    assert name_of(plan, "A") == "Ash"
    assert name_of(replace(plan, territories=territory_table(["A"])), "A") == "A"
    assert name_of(plan, "Z") == "Z"


def test_a_study_in_another_order_still_fits(plan: Plan, ground: Study) -> None:
    turned = np.arange(8, -1, -1)
    study = replace(ground, table=ground.table.take(turned))
    assert aligned_labels(plan, study).tolist() == labels(plan)[turned].tolist()


def test_an_unknown_territory_is_refused_with_the_known_ones(plan: Plan) -> None:
    with pytest.raises(PlanError) as error:
        codes(plan, ["A", "T9"])
    assert str(error.value) == (
        "Territory 'T9' is not in the plan (Draft). Choose one of A, B, C."
    )


def test_unknown_units_and_cut_units_are_refused(plan: Plan) -> None:
    with pytest.raises(PlanError, match="Unit 'u99' is not in the plan"):
        unit_rows(plan, ["u00", "u99"])
    after, _ = apply(plan, cut({"u11": HALVES}))
    with pytest.raises(PlanError, match="Unit 'u11' is cut in pieces"):
        unit_rows(after, ["u11"])


def test_other_units_are_refused(plan: Plan, ground: Study) -> None:
    table = replace(
        ground.table, unit_id=np.array([f"v{i}" for i in range(9)], dtype=object)
    )
    with pytest.raises(PlanError) as error:
        aligned_labels(plan, replace(ground, table=table))
    assert str(error.value) == (
        "9 units are not in the plan: v0, v1, v2, v3, v4 and 4 more (grid@test#0). "
        "Open it over grid@test#0, or import it again over these units."
    )


def test_labels_must_fit_units_and_territories(ground: Study) -> None:
    with pytest.raises(PlanError, match="2 labels do not fit 9 units"):
        plan_of(ground.table, np.zeros(2, dtype=np.intp), territory_table(["A"]))
    with pytest.raises(PlanError, match="A label points outside the 1 territories"):
        plan_of(ground.table, np.ones(9, dtype=np.intp), territory_table(["A"]))
