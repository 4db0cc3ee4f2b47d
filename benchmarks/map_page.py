"""Pages beside the app in `benchmarks.map`: streamlit-folium and an empty fragment.

The address chooses: ?host=peer|empty&accounts=10000.
"""

from __future__ import annotations

from dataclasses import dataclass

import folium
import geopandas as gpd
import numpy as np
import streamlit as st
from branca.element import MacroElement
from folium.template import Template

from benchmarks.map_home import TERRITORIES, drawn
from data.study import study_of
from geo.edits import apply, move
from geo.frames import Scorecard
from geo.metrics import scorecard
from geo.plan import Plan, territory_table
from geo.study import Study
from geo.territories import with_colors

VENDOR = "../../app/static/vendor/leaflet@1.9.4/leaflet"


@dataclass
class Desk:
    """What one session holds."""

    plan: Plan
    card: Scorecard
    rev: int = 0
    past: tuple[Plan, ...] = ()
    said: str = ""


@st.cache_resource
def study(n: int) -> Study:
    """Put the fictional accounts of the benchmark on counties."""
    accounts, _ = drawn(n)
    return study_of(accounts, units="county")


@st.cache_resource
def first_plan(n: int) -> Plan:
    """Give each unit to the nearest of twelve seats."""
    ground = study(n)
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
def desk(n: int) -> Desk:
    """Give what this session holds."""
    plan = first_plan(n)
    return Desk(plan, scorecard(plan, study(n)))


def numbers(state: Desk) -> None:
    """Show the scorecard and the revision it stands for."""
    st.dataframe(state.card[["accounts", "workload_h", "revenue", "pieces"]])
    st.markdown(f"rev {state.rev}")


@st.cache_resource
def peer_frame(n: int) -> gpd.GeoDataFrame:
    """Give the units in degrees, simplified as a coverage, with their rows."""
    units = study(n).units[["geometry"]]
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


def peer(n: int) -> None:
    """Show the same plan with streamlit-folium, as its manual does."""
    from streamlit_folium import st_folium

    folium.Map.default_js = [("leaflet", f"{VENDOR}.js")]
    folium.Map.default_css = [("leaflet_css", f"{VENDOR}.css")]
    ground, state = study(n), desk(n)
    drawn = folium.Map(
        [39, -96], zoom_start=4, tiles=None, prefer_canvas=True, max_zoom=17
    )
    color = state.plan.territories["color"].to_numpy()[state.plan.assignment]
    frame = peer_frame(n)
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
    state = desk(100)
    if st.button("edit"):
        state.rev += 1
    st.markdown(f"rev {state.rev}")


def main() -> None:
    """Show the page the address asks for."""
    st.set_page_config(layout="wide")
    asked = st.query_params
    if asked.get("host", "empty") == "peer":
        peer(int(asked.get("accounts", "10000")))
    else:
        empty()


main()
