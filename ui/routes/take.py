"""The day to take along: files, links to maps, and a sheet that opens offline."""

from __future__ import annotations

from functools import partial

import streamlit as st

from data.day_sheet import day_sheet
from routing.day import PlannedDay
from routing.directions import apple_maps_links, google_maps_links, gpx, ics, kml
from routing.order import legs_lines
from ui.pages.export import file_name
from ui.routes import day
from ui.routes.day import DayPlan

FILES = (
    ("Day sheet", ".html", "text/html", ":material/description:"),
    ("GPX", ".gpx", "application/gpx+xml", ":material/navigation:"),
    ("Calendar", ".ics", "text/calendar", ":material/event:"),
    ("KML", ".kml", "application/vnd.google-earth.kml+xml", ":material/public:"),
)
"""Label, suffix, type of content and icon of each file."""


def panel(plan: DayPlan) -> None:
    """Offer the day as files and links."""
    if not plan.tour.stop_ids:
        return
    with st.container(key="today_take", gap="xsmall"):
        st.markdown("**Take it along**")
        google = google_maps_links(plan.tour.points)
        apple = apple_maps_links(plan.tour.points)
        with st.container(horizontal=True, gap="small"):
            _links("Google Maps", google)
            _links("Apple Maps", apple)
        with st.container(horizontal=True, gap="small"):
            for label, suffix, mime, icon in FILES:
                st.download_button(
                    label,
                    data=partial(content, plan, suffix),
                    file_name=name_of(plan, suffix),
                    mime=mime,
                    key=f"take{suffix}",
                    icon=icon,
                    on_click="ignore",
                )


def _links(label: str, links: list[str]) -> None:
    """Offer the parts of a way; a map takes only so many stops at once."""
    for number, link in enumerate(links):
        part = f" {number + 1} of {len(links)}" if len(links) > 1 else ""
        st.link_button(f"{label}{part}", link, icon=":material/map:")


def content(plan: DayPlan, suffix: str) -> bytes:
    """Give the day as a file of this kind."""
    planned = planned_day(plan)
    if suffix == ".gpx":
        return gpx(planned)
    if suffix == ".ics":
        return ics([planned])
    if suffix == ".kml":
        return kml(planned)
    return day_sheet([planned]).encode("utf-8")


def planned_day(plan: DayPlan) -> PlannedDay:
    """Give the day as it is handed over."""
    return PlannedDay(
        on=plan.date,
        tour=plan.tour,
        stops=tuple(day.stops_of(plan.who.accounts, plan.tour.stop_ids)),
        rep_id=plan.who.rep_id,
        rep=plan.who.name,
        zone=str(plan.who.rep.get("timezone") or ""),
        lines=tuple(legs_lines(plan.tour, plan.who.engine)),
        night=plan.who.called(plan.who.night) if plan.who.night else "",
    )


def name_of(plan: DayPlan, suffix: str) -> str:
    """Give a file name: leila-thorne-2026-11-23.gpx."""
    return file_name(f"{plan.who.name} {plan.date:%Y-%m-%d}", suffix)
