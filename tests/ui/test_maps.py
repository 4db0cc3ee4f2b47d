"""The messages of the map, read back as the browser reads them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from geo.contiguity import borders, crossings
from geo.plan import UNASSIGNED, Plan, territory_table
from geo.study import Study, make_study
from ui import component, maps, payloads
from ui.component import wire

WORLD = 2**24
EVIL = "</script>{{ 6*7 }}`${1}`<img src=x onerror=alert(1)>"


@pytest.fixture
def plan(study: Study) -> Plan:
    """The west column is T01, the rest is T02."""
    return Plan(
        plan_id="p",
        name="Plan",
        unit_set=study.table.unit_set,
        unit_id=study.table.unit_id,
        assignment=np.array([0, 1, 1] * 3, dtype=np.uint16),
        territories=territory_table(["T01", "T02"]).assign(color="#336699"),
    )


@pytest.fixture
def card(plan: Plan) -> pd.DataFrame:
    return pd.DataFrame(
        {"workload_h": [36.0, 72.0], "capacity_h": [60.0, 60.0], "load": [0.6, 1.2]},
        index=plan.territories.index,
    )


def test_the_base_carries_each_border_once_with_both_units(study: Study) -> None:
    header, arrays = wire.unpack(maps.base_payload(study))
    inner = (arrays["u_left"] >= 0) & (arrays["u_right"] >= 0)
    assert inner.sum() == 12
    assert len(arrays["u_unit_ring"]) == 10
    assert header["units"][0] == "U00"
    assert header["noun"] == {"one": "area", "many": "areas"}
    np.testing.assert_allclose(arrays["load_workload_h"], 12.0)


def test_names_of_very_many_accounts_are_sent_when_asked_for(study: Study) -> None:
    named = study.accounts.assign(name=[EVIL, *"bcdefghi"])
    known = replace(study, accounts=named)
    header, _ = wire.unpack(maps.base_payload(known))
    late, arrays = wire.unpack(payloads.names_payload(known, key="map"))
    assert late["names"] == header["accounts"]
    assert late["people"] == header["people"]
    assert late["aside"] == "names"
    assert arrays == {}


def test_geometry_is_within_two_metres_of_where_it_was(study: Study) -> None:
    _, arrays = wire.unpack(maps.base_payload(study))
    lon = arrays["u_x"] / WORLD * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * arrays["u_y"] / WORLD))))
    drawn = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326)
    corners = drawn.to_crs(study.units.crs).get_coordinates().to_numpy()
    off = np.abs(corners - np.round(corners / 1000) * 1000)
    assert off.max() < 2.0


def test_accounts_and_homes_go_over_as_numbers_names_as_text(study: Study) -> None:
    reps = gpd.GeoDataFrame(
        {"name": [EVIL]},
        index=pd.Index(["r1"], name="rep_id"),
        geometry=[study.accounts.geometry.iloc[0]],
        crs=study.accounts.crs,
    )
    header, arrays = wire.unpack(maps.base_payload(study, reps=reps))
    assert len(arrays["account_x"]) == 9
    assert header["homes"] == [EVIL]
    assert EVIL not in header["script"]
    assert "6*7" not in header["script"]


def test_the_script_of_the_map_names_no_server(study: Study) -> None:
    header, _ = wire.unpack(maps.base_payload(study))
    assert "http" not in header["script"]
    assert all(u.startswith("app/static/vendor/") for u in header["js"] + header["css"])


def test_the_base_is_the_same_bytes_each_time(study: Study) -> None:
    assert maps.base_payload(study) == maps.base_payload(study)


def test_unplaced_accounts_are_left_out_and_the_largest_come_first(
    grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame
) -> None:
    accounts = grid_accounts.copy()
    accounts.loc["a00", "geometry"] = None
    accounts.loc["a22", "revenue"] = 9e9
    shared = borders(grid)
    study = make_study(accounts, grid, shared, crossings(grid, shared))
    _, arrays = wire.unpack(maps.base_payload(study))
    assert len(arrays["account_x"]) == 8
    assert arrays["account_unit"][0] == 8


def test_a_patch_carries_the_whole_assignment(
    study: Study, plan: Plan, card: pd.DataFrame
) -> None:
    header, arrays = wire.unpack(maps.patch_payload(study, plan, card, rev=7))
    assert header["rev"] == 7
    assert list(arrays["codes"]) == [0, 1, 1] * 3
    loads = [t["load_text"] for t in header["territories"]]
    assert loads == ["60 %", "120 %"]
    assert header["territories"][1]["icon"] == "▲"
    assert len(header["legend"]) == 4


def test_units_the_plan_does_not_know_are_unassigned(
    study: Study, plan: Plan, card: pd.DataFrame
) -> None:
    short = replace(plan, unit_id=plan.unit_id[:8], assignment=plan.assignment[:8])
    _, arrays = wire.unpack(maps.patch_payload(study, short, card, rev=0))
    assert arrays["codes"][8] == UNASSIGNED


def test_exceptions_are_rows_of_the_accounts_sent(
    study: Study, plan: Plan, card: pd.DataFrame
) -> None:
    over = pd.DataFrame(
        {"territory_id": ["T02", "T01"], "counts": [True, True]},
        index=pd.Index(["a00", "gone"], name="account_id"),
    )
    held = replace(plan, overrides=over)
    _, arrays = wire.unpack(maps.patch_payload(study, held, card, rev=0))
    assert list(arrays["override_rows"]) == [0]
    assert list(arrays["override_codes"]) == [1]


def test_without_hours_the_share_of_a_fair_load_is_shown(
    study: Study, plan: Plan
) -> None:
    card = pd.DataFrame({"share": [0.6, 1.05]}, index=plan.territories.index)
    header, _ = wire.unpack(maps.patch_payload(study, plan, card, rev=0))
    assert [t["icon"] for t in header["territories"]] == ["▽", "●"]
    assert header["legend"][1]["text"] == "within tolerance"


def test_a_territory_without_a_rep_shows_no_percentage_beside_loads_in_hours(
    study: Study, plan: Plan
) -> None:
    card = pd.DataFrame(
        {"rep_id": ["R1", ""], "load": [0.6, np.nan], "share": [0.9, 1.1]},
        index=plan.territories.index,
    )
    header, _ = wire.unpack(maps.patch_payload(study, plan, card, rev=0))
    assert [t["load_text"] for t in header["territories"]] == ["60 %", "no rep"]
    assert header["legend"][-1]["icon"] == header["territories"][1]["icon"]


def test_a_repeated_event_is_heard_once() -> None:
    seen: dict[str, int] = {}
    first = {"client": "c", "seq": 1, "kind": "undo"}
    second = {"client": "c", "seq": 2, "kind": "redo"}
    assert list(maps.fresh({"events": [first]}, seen)) == [first]
    assert list(maps.fresh({"events": [first, second]}, seen)) == [second]
    assert list(maps.fresh({"events": [first, second]}, seen)) == []
    other = {"client": "d", "seq": 1, "kind": "undo"}
    assert list(maps.fresh({"events": [other]}, seen)) == [other]
    assert list(maps.fresh(None, seen)) == []


def test_a_search_meets_towns_by_size_and_zips_by_number() -> None:
    towns = maps.places_named("Denver, CO")["places"]
    assert [t["name"] for t in towns] == ["Denver, CO"]
    assert towns[0]["lon"] == pytest.approx(-104.98, abs=0.1)
    assert maps.places_named("43201")["places"][0]["name"] == "43201 Columbus"
    assert maps.places_named("no such town")["places"] == []


def test_an_event_carries_the_ids_its_rows_stood_for(study: Study) -> None:
    header, _ = wire.unpack(maps.base_payload(study))
    event = {"ground": header["ground"], "units": [0, 8, 99], "accounts": [0]}
    named = maps.with_ids(event)
    assert named["ids"] == ["u00", "u22"]
    assert named["account_ids"] == [study.accounts.index[0]]
    assert maps.with_ids({"ground": "gone", "units": [0]})["ids"] == []


def test_what_follows_an_event_that_failed_is_heard_when_it_is_repeated() -> None:
    seen: dict[str, int] = {}
    events = [{"client": "c", "seq": n} for n in (1, 2, 3)]
    taken = maps.fresh({"events": events}, seen)
    assert next(taken) == events[0]
    assert next(taken) == events[1]
    taken.close()
    assert list(maps.fresh({"events": events}, seen)) == [events[2]]


def test_flagged_and_locked_units_go_over_as_rows(
    study: Study, plan: Plan, card: pd.DataFrame
) -> None:
    locked = replace(plan, locks=frozenset({"u22"}))
    message = maps.patch_payload(study, locked, card, rev=0, flagged=["u01", "gone"])
    _, arrays = wire.unpack(message)
    assert list(arrays["flagged"]) == [1]
    assert list(arrays["locked"]) == [8]


def test_the_joined_script_has_no_import_left_and_one_export() -> None:
    text = component.script()
    assert "import {" not in text
    assert text.count("export ") == 1
    assert text.rstrip().endswith("}")


def test_no_module_sets_markup() -> None:
    text = component.script()
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"):
        assert way not in text


def test_the_map_runs_in_a_script() -> None:
    app = AppTest.from_function(_script, default_timeout=60).run()
    assert not app.exception
    assert len(app.get("bidi_component")) == 2


def _script() -> None:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely
    import streamlit as st

    from geo.contiguity import borders, crossings
    from geo.plan import Plan, territory_table
    from geo.study import make_study
    from ui import maps

    units = gpd.GeoDataFrame(
        {"name": ["A", "B"], "state": ""},
        index=pd.Index(["a", "b"], name="unit_id"),
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs="EPSG:5070",
    )
    units.attrs["unit_set"] = "two@test#0"
    accounts = gpd.GeoDataFrame(
        {"unit_id": ["a"], "workload_h": [1.0]},
        index=pd.Index(["x"], name="account_id"),
        geometry=[shapely.Point(500, 500)],
        crs=units.crs,
    )
    shared = borders(units)
    study = make_study(accounts, units, shared, crossings(units, shared))
    plan = Plan(
        plan_id="p",
        name="p",
        unit_set="two@test#0",
        unit_id=study.table.unit_id,
        assignment=np.zeros(2, dtype=np.uint16),
        territories=territory_table(["T01"]),
    )
    card = pd.DataFrame({"share": [1.0]}, index=plan.territories.index)
    maps.territory_map(
        study, plan, card, rev=0, on_edit=print, asked=st.session_state.get
    )
