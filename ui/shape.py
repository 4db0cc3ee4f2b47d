"""A shape written down instead of drawn: corners as towns or coordinates, in a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
import streamlit as st

from geo.edits import Edit, move, override
from geo.errors import PlanError
from geo.plan import Plan, owner_of
from geo.study import Study
from ui import state
from ui.gestures import drawn, edit_of
from ui.maps import places_named
from ui.session import Session, drop, hold

DEED, CORNERS, TO = "shape_deed", "shape_corners", "shape_to"
BORDER, SPLIT = "cut", "split"
DEEDS = {
    "units": "Give the {many} inside to",
    "accounts": "Give the single accounts inside to",
    BORDER: "Make it an exact border of",
    SPLIT: "Split along the line",
}
PAIR = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*[,; ]\s*([-+]?\d+(?:\.\d+)?)\s*")
"""Latitude and longitude, as maps on the web give them."""

HELP = (
    "One corner a line: a town (Columbus, OH), a ZIP, or latitude, longitude. Two "
    "corners make a box; a line to split along needs two or more."
)


def panel(session: Session, many: str) -> None:
    """Ask for the corners, for what the shape does, and for a territory."""
    st.selectbox(
        "What the shape does",
        list(DEEDS),
        format_func=lambda i: DEEDS[i].format(many=many),
        key=DEED,
        on_change=show,
    )
    names = session.names
    st.selectbox(
        "Territory",
        [*names, ""],
        index=None,
        format_func=lambda i: names.get(i, "nobody"),
        key=TO,
        placeholder="Choose a territory",
        on_change=show,
    )
    st.text_area(
        "Corners",
        key=CORNERS,
        help=HELP,
        placeholder="Columbus, OH\nDayton, OH\n38.4, -82.4",
        height=120,
        on_change=show,
    )


def show() -> None:
    """Show the effect of the shape, or nothing when it is not complete."""
    text, to = str(state.asked(CORNERS) or ""), state.asked(TO)
    if text.strip() and to is not None:
        state.act(held, str(state.asked(DEED, "units")), text, to)
    else:
        state.act(drop)


def held(session: Session, deed: str, text: str, to: str) -> Session:
    """Show what a shape would do.

    Raises
    ------
    PlanError
        A corner is not known, or the shape holds nothing; the sentence says which.
    """
    edit = edit_by_shape(session.plan, session.study, deed, corners(text), to)
    return hold(session, edit, by_hand=True)


def corners(text: str) -> list[tuple[float, float]]:
    """Give the corners a text lists, as longitudes and latitudes.

    Raises
    ------
    PlanError
        A line is no coordinate and no place; the sentence says which.
    """
    return [_corner(line) for line in text.splitlines() if line.strip()]


def _corner(line: str) -> tuple[float, float]:
    pair = PAIR.fullmatch(line)
    if pair:
        lat, lon = map(float, pair.groups())
        if abs(lat) <= 90 and abs(lon) <= 180:
            return lon, lat
        raise PlanError(
            f"'{line.strip()}' is no place on earth", fix="Write latitude, longitude"
        )
    found: Any = places_named(line)["places"]
    if not found:
        raise PlanError(
            f"No place is called '{line.strip()}'",
            fix="Write a town with its state, or latitude, longitude",
        )
    return float(found[0]["lon"]), float(found[0]["lat"])


def edit_by_shape(
    plan: Plan, study: Study, deed: str, line: Sequence[tuple[float, float]], to: str
) -> Edit:
    """Give the edit a shape stands for.

    Parameters
    ----------
    study
        With the plan's pieces.
    deed
        One of `DEEDS`.
    line
        Corners as longitude and latitude; two are the opposite corners of a box.
    to
        Territory that gets what lies inside, or that is split.

    Raises
    ------
    PlanError
        The shape has too few corners, or nothing that may move lies inside.
    """
    if deed == SPLIT:
        if not to:
            raise PlanError("A line splits a territory", fix="Choose one")
        if len(line) < 2:
            raise PlanError("A line needs two corners", fix="Write one more")
        return _asked({"kind": SPLIT, "line": line, "territory": to}, plan, study)
    if len(line) == 2:
        (x0, y0), (x1, y1) = line
        line = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    if deed == BORDER:
        return _asked({"kind": BORDER, "line": line, "to": to}, plan, study)
    area = shapely.make_valid(drawn(line, study))
    if deed == "accounts":
        points = np.asarray(study.accounts.geometry)
        inside = np.flatnonzero(shapely.intersects(area, points))
        ids = [str(i) for i in study.accounts.index[inside]]
    else:
        inside = np.flatnonzero(shapely.contains_xy(area, study.table.xy))
        ids = _open(plan, [str(i) for i in study.table.unit_id[inside]])
    if not ids:
        raise PlanError("Nothing that may move lies inside", fix="Widen the shape")
    return override(ids, to=to) if deed == "accounts" else move(ids, to=to)


def _asked(event: dict[str, Any], plan: Plan, study: Study) -> Edit:
    edit = edit_of(event, plan, study)
    assert edit is not None  # noqa: S101
    return edit


def _open(plan: Plan, units: Sequence[str]) -> list[str]:
    """Leave out what is locked, as the lasso does."""
    shut = set(plan.territories.index[plan.territories["locked"]])
    whose = owner_of(plan, pd.Index(units, dtype=object))
    pairs = zip(units, whose, strict=True)
    return [u for u, owner in pairs if u not in plan.locks and owner not in shut]
