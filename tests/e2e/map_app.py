"""A page with the map and nothing else, for tests of the map in a real browser.

Counties of the contiguous states, fictional accounts, twelve territories. The address
chooses: ``?accounts=20000`` and ``?units=zip``.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from data.boundaries import gazetteer, read_neighbors, read_units
from data.settings import Settings
from geo.edits import apply
from geo.frames import Scorecard
from geo.plan import Plan, labels, territory_table
from geo.study import Study, effective, make_study
from geo.units import locate
from ui import maps
from ui.gestures import EDITS, edit_of
from ui.overlays import Overlay
from ui.streets import Streets, decide, streets_of

NAMES = (
    "Northeast", "New York", "Mid-Atlantic", "Southeast", "Florida", "Great Lakes",
    "Chicago", "Plains", "Texas", "Mountain", "California", "Northwest",
)  # fmt: skip
HUES = (
    "#4477AA", "#CC6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#EE7733",
    "#009988", "#8B6FC0", "#B07A4F", "#5B8C85", "#D6708B",
)  # fmt: skip
CAPACITY_H = 1500.0
STORM = (
    "<img src=x onerror=\"window.__ran='img'\">",
    "</script><script>window.__ran='script'</script>",
    "`${window.__ran='tick'}`",
    "{{ 6*7 }}",
)


@dataclass
class Desk:
    """What one session of the test page holds."""

    plan: Plan
    rev: int = 0
    past: tuple[Plan, ...] = ()
    future: tuple[Plan, ...] = ()
    preview: str = ""
    selected: str = ""
    heard: int = 0


@st.cache_resource
def study(kind: str, n: int) -> Study:
    rng = np.random.default_rng(3)
    places = gazetteer()
    places = places[~places["state"].isin(["AK", "HI", "PR", "GU", "VI", "AS", "MP"])]
    rows = places.iloc[rng.integers(0, len(places), n)]
    lon = rows["lon"].to_numpy() + rng.normal(0, 0.08, n)
    lat = rows["lat"].to_numpy() + rng.normal(0, 0.06, n)
    hours = rng.lognormal(0.5, 0.8, n)
    accounts = gpd.GeoDataFrame(
        {
            "name": [f"Account {i}" for i in range(n)],
            "stage": np.where(rng.random(n) < 0.2, "lead", "customer"),
            "revenue": rng.lognormal(9, 1.2, n),
            "workload_h": hours * 12 * CAPACITY_H * 0.8 / hours.sum(),
        },
        index=pd.Index([f"a{i}" for i in range(n)], name="account_id"),
        geometry=gpd.points_from_xy(lon, lat),
        crs="EPSG:4326",
    )
    units = read_units(kind, near=accounts)
    accounts = locate(accounts.to_crs(units.crs), units)
    return make_study(accounts, units, *read_neighbors(units))


def first_plan(ground: Study) -> Plan:
    seats = np.array(
        [
            (-71, 43), (-74.5, 41.5), (-78, 38.5), (-83, 34), (-81.5, 28), (-83, 41.5),
            (-88.5, 41.5), (-97, 41), (-98, 31), (-108, 38), (-119, 36), (-120, 45.5),
        ]
    )  # fmt: skip
    points = gpd.GeoSeries(gpd.points_from_xy(*seats.T), crs="EPSG:4326")
    xy = points.to_crs(ground.units.crs).get_coordinates().to_numpy()
    far = np.linalg.norm(ground.table.xy[:, None] - xy[None], axis=2)
    table = territory_table([f"T{i + 1:02d}" for i in range(len(seats))])
    names = list(NAMES)
    if st.query_params.get("names") == "storm":
        names[: len(STORM)] = STORM
    return Plan(
        plan_id="test",
        name="Test",
        unit_set=ground.table.unit_set,
        unit_id=ground.table.unit_id,
        assignment=far.argmin(axis=1).astype(np.uint16),
        territories=table.assign(name=names, color=list(HUES)),
    )


def card_of(plan: Plan, ground: Study) -> Scorecard:
    ground, label = effective(ground, plan), labels(plan)
    sums = np.zeros((len(plan.territories), len(ground.table.measures)))
    np.add.at(sums, label[label >= 0], ground.table.loads[label >= 0])
    card = pd.DataFrame(
        sums, index=plan.territories.index, columns=list(ground.table.measures)
    )
    return card.assign(capacity_h=CAPACITY_H, load=card["workload_h"] / CAPACITY_H)


@st.cache_resource(scope="session")
def desk(kind: str, n: int) -> Desk:
    return Desk(first_plan(study(kind, n)))


def hear(state: Desk, ground: Study, event: maps.Event) -> None:
    state.heard += 1
    kind = event["kind"]
    if kind == "focus":
        state.selected = event["territory"]
    elif kind == "undo" and state.past:
        state.future = (*state.future, state.plan)
        state.plan, state.past = state.past[-1], state.past[:-1]
    elif kind == "redo" and state.future:
        state.past = (*state.past, state.plan)
        state.plan, state.future = state.future[-1], state.future[:-1]
    elif kind == "select":
        edit = edit_of(event, state.plan, effective(ground, state.plan))
        state.preview = f"{len(edit.keys)} to {edit.to}" if edit else ""
    elif kind in EDITS:
        edit = edit_of(event, state.plan, effective(ground, state.plan))
        assert edit is not None
        state.past, state.future = (*state.past, state.plan), ()
        state.plan, state.preview = apply(state.plan, edit)[0], ""
    state.rev += kind in ("undo", "redo", *EDITS)


def ring(lon: float, lat: float, radius: float) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, 60)
    return np.column_stack([lon + radius * np.cos(turn), lat + radius * np.sin(turn)])


def overlays(kind: str) -> list[Overlay]:
    """Bands around Denver with a hole, or a route of three stops to its east."""
    if kind == "bands":
        return [
            Overlay("band", "within 1 hour", "#2a9d8f", [ring(-105, 39.7, 1.2)], 60),
            Overlay(
                "band",
                "within 3 hours",
                "#e9c46a",
                [ring(-105, 39.7, 3.2), ring(-103, 39.7, 0.5)],
                180,
            ),
        ]
    if kind == "route":
        line = np.array([(-105, 39.7), (-102, 40.2), (-99, 39), (-96, 39.2)])
        stops = zip((STORM[0], "Acme", "Last"), line[1:], strict=True)
        return [
            Overlay("route", "Ana, Tuesday", "#5b2a86", [line]),
            *(
                Overlay("point", name, "#5b2a86", [spot[None]], i + 1.0)
                for i, (name, spot) in enumerate(stops)
            ),
            Overlay("point", "office", "#c1121f", [line[:1]]),
        ]
    return []


def streets() -> Streets | None:
    """Streets of a server on this machine, if the address names its port."""
    port = st.query_params.get("tiles")
    if port is None:
        return None
    settings = Settings(
        home=Path(os.environ["BAILIWICK_HOME"]),
        allow_online=True,
        tiles=f"http://127.0.0.1:{port}/{{z}}/{{x}}/{{y}}.png",
        tile_credit="Streets: <b>us</b>",
    )
    return streets_of(settings, lambda yes: decide(settings, yes))


def wait(most_s: float) -> None:
    """Take a while, a different one each time, as a loaded server does."""
    time.sleep(float(np.random.default_rng().uniform(0, most_s)))


@st.fragment
def show(kind: str, n: int) -> None:
    ground, state = study(kind, n), desk(kind, n)
    slow = float(st.query_params.get("slow", "0"))
    wait(slow)
    card = card_of(state.plan, ground)
    if "overlays" in st.query_params:
        laid = overlays(
            st.segmented_control("Lay", ["bands", "route"], key="lay") or ""
        )
    else:
        laid = []
    maps.territory_map(
        ground,
        state.plan,
        card,
        rev=state.rev,
        on_edit=lambda event: hear(state, ground, event),
        asked=st.session_state.get,
        height=700,
        today=first_plan(ground),
        preview=state.preview,
        selected=state.selected,
        overlays=laid,
        streets=streets(),
    )
    wait(slow)
    st.caption(f"rev {state.rev} heard {state.heard}")


def home() -> None:
    show(
        st.query_params.get("units", "county"),
        int(st.query_params.get("accounts", "5000")),
    )


def other() -> None:
    st.markdown("nothing here")


st.set_page_config(layout="wide")
st.navigation(
    [
        st.Page(home, title="Home", default=True),
        st.Page(other, title="Other", url_path="other"),
    ],
    position="top",
).run()
