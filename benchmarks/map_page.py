"""The pages `benchmarks.map` measures: our map, streamlit-folium, an empty fragment.

The address chooses: ?host=ours|peer|empty&units=county|zip&accounts=10000.
"""

from __future__ import annotations

from dataclasses import dataclass

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st
from branca.element import MacroElement
from folium.template import Template

from data.boundaries import gazetteer, read_neighbors, read_units
from geo.edits import apply, move
from geo.frames import Scorecard
from geo.metrics import scorecard
from geo.plan import Plan, territory_table
from geo.study import Study, make_study
from geo.territories import with_colors
from geo.units import locate
from ui import maps
from ui.gestures import edit_of

TERRITORIES = 12
VENDOR = "../../app/static/vendor/leaflet@1.9.4/leaflet"
OFF_SHORE = ["AK", "HI", "PR", "GU", "VI", "AS", "MP"]


@dataclass
class Desk:
    """What one session holds."""

    plan: Plan
    card: Scorecard
    rev: int = 0
    past: tuple[Plan, ...] = ()
    said: str = ""


@st.cache_resource
def study(kind: str, n: int) -> Study:
    """Make fictional accounts near ZIPs of the contiguous states."""
    rng = np.random.default_rng(3)
    zips = gazetteer()
    zips = zips[~zips["state"].isin(OFF_SHORE)]
    rows = zips.iloc[rng.integers(0, len(zips), n)]
    hours = rng.lognormal(0.5, 0.8, n)
    accounts = gpd.GeoDataFrame(
        {
            "name": [f"Account {i}" for i in range(n)],
            "revenue": rng.lognormal(9, 1.2, n),
            "workload_h": hours * 18_000 / hours.sum(),
        },
        index=pd.Index([f"a{i}" for i in range(n)], name="account_id"),
        geometry=gpd.points_from_xy(
            rows["lon"].to_numpy() + rng.normal(0, 0.08, n),
            rows["lat"].to_numpy() + rng.normal(0, 0.06, n),
        ),
        crs="EPSG:4326",
    )
    units = read_units(kind, near=accounts)
    accounts = locate(accounts.to_crs(units.crs), units)
    return make_study(accounts, units, *read_neighbors(units))


@st.cache_resource
def first_plan(kind: str, n: int) -> Plan:
    """Give each unit to the nearest of twelve seats."""
    ground = study(kind, n)
    rng = np.random.default_rng(1)
    seats = ground.table.xy[rng.choice(len(ground.table), TERRITORIES, replace=False)]
    far = np.linalg.norm(ground.table.xy[:, None] - seats[None], axis=2)
    plan = Plan(
        plan_id="benchmark",
        name="Benchmark",
        unit_set=ground.table.unit_set,
        unit_id=ground.table.unit_id,
        assignment=far.argmin(axis=1).astype(np.uint16),
        territories=territory_table([f"T{i + 1:02d}" for i in range(TERRITORIES)]),
    )
    return with_colors(plan, ground)


@st.cache_resource(scope="session")
def desk(kind: str, n: int) -> Desk:
    """Give what this session holds."""
    plan = first_plan(kind, n)
    return Desk(plan, scorecard(plan, study(kind, n)))


def hear(state: Desk, ground: Study, event: maps.Event) -> None:
    """Carry out an event of our map."""
    if event["kind"] == "undo" and state.past:
        state.plan, state.past = state.past[-1], state.past[:-1]
    elif event["kind"] == "apply":
        edit = edit_of(event, state.plan, ground)
        if edit is None:
            return
        state.past = (*state.past, state.plan)
        state.plan = apply(state.plan, edit)[0]
    else:
        return
    state.card = scorecard(state.plan, ground)
    state.rev += 1


@st.fragment
def ours(kind: str, n: int) -> None:
    """Show our map and the scorecard."""
    ground, state = study(kind, n), desk(kind, n)
    maps.territory_map(
        ground,
        state.plan,
        state.card,
        rev=state.rev,
        on_edit=lambda event: hear(state, ground, event),
        asked=st.session_state.get,
        height=620,
    )
    numbers(state)


def numbers(state: Desk) -> None:
    """Show the scorecard and the revision it stands for."""
    st.dataframe(state.card[["accounts", "workload_h", "revenue", "pieces"]])
    st.markdown(f"rev {state.rev}")


@st.cache_resource
def peer_frame(kind: str, n: int) -> gpd.GeoDataFrame:
    """Give the units in degrees, simplified as a coverage, with their rows."""
    units = study(kind, n).units[["geometry"]]
    shapes = units.simplify_coverage(800.0)
    frame = gpd.GeoDataFrame(geometry=shapes, crs=units.crs).to_crs(4326)
    return frame.assign(row=np.arange(len(frame))).reset_index(drop=True)


class Mark(MacroElement):
    """A number in the page of the map: which revision it shows."""

    _template = Template(
        "{% macro script(this, kwargs) %}window.__peer = {{ this.rev }};{% endmacro %}"
    )

    def __init__(self, rev: int) -> None:
        super().__init__()
        self._name, self.rev = "Mark", rev


def peer(kind: str, n: int) -> None:
    """Show the same plan with streamlit-folium, as its manual does."""
    from streamlit_folium import st_folium

    folium.Map.default_js = [("leaflet", f"{VENDOR}.js")]
    folium.Map.default_css = [("leaflet_css", f"{VENDOR}.css")]
    ground, state = study(kind, n), desk(kind, n)
    drawn = folium.Map(
        [39, -96], zoom_start=4, tiles=None, prefer_canvas=True, max_zoom=17
    )
    color = state.plan.territories["color"].to_numpy()[state.plan.assignment]
    frame = peer_frame(kind, n)
    folium.GeoJson(
        frame,
        style_function=lambda f: {
            "fillColor": color[f["properties"]["row"]],
            "weight": 0.4,
            "color": "#444",
            "fillOpacity": 0.5,
        },
        tooltip=folium.GeoJsonTooltip(["row"]),
    ).add_to(drawn)
    points = ground.accounts[["geometry"]].to_crs(4326)
    folium.GeoJson(points, marker=folium.CircleMarker(radius=1, weight=0)).add_to(drawn)
    Mark(state.rev).add_to(drawn)
    said = st_folium(
        drawn,
        height=620,
        use_container_width=True,
        key="peer",
        returned_objects=["last_object_clicked", "last_object_clicked_tooltip"],
    )
    words = str((said or {}).get("last_object_clicked_tooltip") or "")
    if words and words != state.said:
        state.said = words
        row = int(words.rsplit(maxsplit=1)[-1])
        to = state.plan.territories.index[(state.rev + 1) % TERRITORIES]
        edit = move([str(ground.table.unit_id[row])], to=str(to))
        state.plan = apply(state.plan, edit)[0]
        state.card = scorecard(state.plan, ground)
        state.rev += 1
        st.rerun()
    numbers(state)


@st.fragment
def empty() -> None:
    """Show a button and a counter: the floor under every edit."""
    state = desk("county", 10)
    if st.button("edit"):
        state.rev += 1
    st.markdown(f"rev {state.rev}")


def main() -> None:
    """Show the page the address asks for."""
    st.set_page_config(layout="wide")
    asked = st.query_params
    kind, n = asked.get("units", "county"), int(asked.get("accounts", "10000"))
    host = asked.get("host", "ours")
    if host == "empty":
        empty()
    elif host == "peer":
        peer(kind, n)
    else:
        ours(kind, n)


main()
