"""The territory map: folium makes the base, our host keeps it and takes the edits.

Only this module imports folium, and folium gets numbers and our constants only: what
it renders is compiled as a template once more, so no text of a user may pass through
it. Names travel in the messages of `ui.component.wire` and are shown as text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import folium
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from data.boundaries import gazetteer, places
from geo.frames import UNIT_WORDS, Reps, Scorecard
from geo.plan import Plan
from geo.study import Study
from geo.territories import PALETTE
from ui import backdrop, component, payloads, pieces, shading, theme, words
from ui.component import wire
from ui.overlays import Overlay, overlay_payload
from ui.streets import Streets

Event = dict[str, Any]
Ids = NDArray[np.object_]

LEAFLET = "app/static/vendor/leaflet@1.9.4/"
BASE_DELTAS = frozenset(
    {"u_x", "u_y", "u_start", "u_ring_start", "u_unit_ring", "u_left", "u_right"}
    | {"b_x", "b_y", "b_start", "b_ring_start", "b_unit_ring", "u_ring_arc"}
)
"""Arrays whose values change slowly: they are sent as differences."""


@dataclass(eq=False)
class _Talk:
    """What one browser session has said so far: newest number of each page."""

    seen: dict[str, int] = field(default_factory=dict)
    last: str = ""
    found: dict[str, object] | None = None
    overlaid: bool = False
    named: bool = False


def territory_map(
    study: Study,
    plan: Plan,
    card: Scorecard,
    *,
    rev: int,
    on_edit: Callable[[Event], None],
    asked: Callable[[str], object],
    key: str = "map",
    height: int = 640,
    today: Plan | None = None,
    reps: Reps | None = None,
    tolerance: float = 0.10,
    selected: str = "",
    preview: str = "",
    notice: str = "",
    flagged: Sequence[str] = (),
    command: Mapping[str, object] | None = None,
    overlays: Sequence[Overlay] = (),
    streets: Streets | None = None,
) -> None:
    """Show the plan on the map and hand what is done there to `on_edit`.

    Call it in a fragment. `on_edit` is called before the fragment runs again, once an
    event, in the order of the gestures, with one plain dict: ``kind``, ``edit_id``
    (unique), ``base_rev`` and ``plan`` (what the browser showed), ``again`` when it was
    said before, and, by kind:

    - ``select``: ``ids`` of units or ``account_ids`` (empty when cleared), ``to``
      (territory_id or ""). Nothing changes yet: answer with `preview`.
    - ``apply``: ``ids`` or ``account_ids``, ``to``: give them to the territory.
    - ``create``: ``ids``: make a territory of these units.
    - ``clear_override``: ``account_ids``: back to the territory of their unit.
    - ``merge``: ``territory`` dissolves into ``to``.
    - ``lock``: ``territory`` or ``ids``, ``locked``.
    - ``cut``: ``line`` (corners, longitude and latitude): its inside goes to ``to``.
    - ``halve``: ``territory``; ``split``: ``territory`` and ``line`` across it.
    - ``nearest``: what nobody owns goes to the nearest territory.
    - ``rename``: ``territory``, ``name``; ``recolor``: ``territory``, ``color``.
    - ``undo``, ``redo``: nothing else.
    - ``focus``: ``territory`` (id, "" for none): a territory was clicked.

    `ui.gestures.edit_of` makes the edit of those that change the plan.

    Parameters
    ----------
    study, plan, card
        What is shown, the study without the pieces of the plan's cuts.
    rev
        Revision of the plan, growing with each change.
    asked
        Gives the value of a widget by its key: `ui.state.asked`.
    key
        Names the map in the page.
    height
        Pixels.
    today
        The alignment to draw as an outline; None draws none.
    reps
        Their homes are drawn, their names shown with their territories.
    tolerance
        How far from a fair share still counts as fair, without reps' hours.
    selected
        territory_id that is outlined while the others fade; "" for none.
    preview
        What the selection would do, in words; shown above Apply.
    notice
        What the reader must know ("Ana moved Clark at 12:04"); shown once a text.
    flagged
        Ids of units to point out: the smaller part of a torn territory, a hole.
    command
        ``{"id": ..., "kind": "territory", "territory": "T03"}`` zooms there;
        kind ``units`` (``rows``), ``point`` (``lon``, ``lat``), ``all`` or ``choose``
        (``rows``) likewise. Obeyed once an id.
    overlays
        Bands, routes, stops and points to lay over it. They travel by themselves:
        changing them sends neither the map nor the plan again.
    streets
        Street tiles the reader may turn on after a yes; None offers none.
    """
    dark = theme.is_dark()
    talk = _talk(key)
    base, patch = component.mounts()
    host = f"{key}_host"
    base(
        key=host,
        data=_base(study, today=today, reps=reps, key=key, height=height),
        on_edit_change=lambda: _hear(asked(host), talk, on_edit, streets),
        height=height,
    )
    data = patch_payload(
        study,
        plan,
        card,
        rev=rev,
        key=key,
        reps=reps,
        dark=dark,
        tolerance=tolerance,
        selected=selected,
        preview=preview,
        notice=notice,
        flagged=flagged,
        command=command,
        found=talk.found,
        ack={"client": talk.last, "seq": talk.seen.get(talk.last, 0)},
        streets=streets.told if streets else None,
    )
    patch(key=f"{key}_patch", data=data)
    if talk.named:
        patch(key=f"{key}_names", data=_account_names(study, key))
    # The map waits for them; while nothing is cut there is nothing to send.
    if pieces.shown(study, plan).sign:
        laid = pieces.pieces_payload(study, plan, key=key, middle=_middle(study))
        patch(key=f"{key}_pieces", data=laid)
    # Once there were some, an empty message must take the last ones away.
    talk.overlaid = talk.overlaid or bool(overlays)
    if talk.overlaid:
        laid = overlay_payload(overlays, key=key, middle=_middle(study))
        patch(key=f"{key}_overlays", data=laid)


def base_payload(
    study: Study,
    *,
    today: Plan | None = None,
    reps: Reps | None = None,
    key: str = "map",
    height: int = 640,
) -> bytes:
    """Give everything about a map that no edit changes, one message.

    Parameters
    ----------
    study
        Units, accounts and loads.
    today
        Drawn as an outline if given.
    reps
        Their homes are drawn.
    key, height
        Name of the map in its page, pixels.

    Returns
    -------
    bytes
        See `ui.component.wire`: under 1 MB for 3,000 counties, under 5 MB for 33,000
        ZIP areas.
    """
    middle = _middle(study)
    frame = payloads.frame_of(study, middle)
    arrays = payloads.unit_arrays(study, middle)
    arrays |= payloads.account_arrays(study, middle)
    homes, names = payloads.home_arrays(reps, middle)
    arrays |= homes
    if today is not None and len(today.territories):
        arrays["today"] = payloads.codes_over(today, study)
    land = backdrop.backdrop(*frame)
    arrays |= payloads.topology(land, *payloads.steps_of(*land.xy.T), "b_")
    shades = shading.unit_shades(study)
    arrays |= {f"shade_{i}": shade.of for i, shade in enumerate(shades)}
    sizes = shading.account_sizes(study, payloads.placed(study))
    arrays |= {f"size_{i}": shade.of for i, shade in enumerate(sizes)}
    kind = words.kind_of(study.table.unit_set)
    one, many = UNIT_WORDS.get(kind, ("area", "areas"))
    header = leaflet(key, frame) | {
        "key": key,
        "height": height,
        "frame": frame,
        "unit_set": study.table.unit_set,
        "label": "Territory map. The tables beside it do the same by keyboard.",
        "units": _unit_names(study),
        "noun": {"one": one, "many": many},
        "measures": [m for m in payloads.MEASURES if f"load_{m}" in arrays],
        "shades": [shade.told for shade in shades],
        "sizes": [shade.told for shade in sizes],
        "palette": PALETTE,
        "ramp": {"light": shading.LIGHT, "dark": shading.DARK},
        "homes": names,
        "leads": bool(arrays["account_class"].any()),
        "credit": backdrop.CREDIT,
        "accounts": payloads.account_names(study),
        "people": payloads.people_of(study),
        "ground": _remember(study),
    }
    return wire.pack(header, arrays, delta=BASE_DELTAS)


def patch_payload(
    study: Study,
    plan: Plan,
    card: Scorecard,
    *,
    rev: int,
    key: str = "map",
    reps: Reps | None = None,
    dark: bool = False,
    tolerance: float = 0.10,
    selected: str = "",
    preview: str = "",
    notice: str = "",
    flagged: Sequence[str] = (),
    command: Mapping[str, object] | None = None,
    found: Mapping[str, object] | None = None,
    ack: Mapping[str, object] | None = None,
    streets: Mapping[str, object] | None = None,
) -> bytes:
    """Give the state of a plan: who owns each unit, and what is said about it.

    The whole assignment goes over each time, so that a lost or repeated message does
    no harm. Parameters are those of `territory_map`; `found` are the places a search
    met, `ack` is the newest event of a page that was heard, `streets` is what
    `ui.streets.Streets` tells the browser.

    Returns
    -------
    bytes
        See `ui.component.wire`: at most a few kilobytes for 3,000 units.
    """
    known = pieces.shown(study, plan)
    header = {
        "key": key,
        "ground": _remember(study, known),
        "pieces": known.sign,
        "rev": rev,
        "plan": plan.plan_id,
        "territories": payloads.territory_rows(
            plan, card, reps, dark=dark, tolerance=tolerance
        ),
        "legend": payloads.load_legend(card, dark=dark),
        "dark": dark,
        "selected": selected,
        "preview": preview,
        "notice": notice,
        "command": dict(command) if command else None,
        "found": dict(found) if found else None,
        "ack": dict(ack) if ack else None,
        "streets": dict(streets) if streets else None,
    }
    arrays = payloads.override_arrays(plan, study) | {
        "codes": pieces.codes_of(plan, study),
        "flagged": pieces.rows_of(plan, study, flagged),
        "locked": pieces.rows_of(plan, study, sorted(plan.locks)),
    }
    return wire.pack(header, arrays, level=1)


def leaflet(key: str, frame: list[float]) -> dict[str, object]:
    """Give the script folium writes for an empty map, and the files it needs.

    Folium's own list of files is not used: it names servers elsewhere.
    """
    west, south, east, north = frame
    made = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=4,
        tiles=None,
        control_scale=True,
        prefer_canvas=True,
        zoom_control="topright",
        zoom_snap=0.25,
        zoom_delta=0.75,
        wheel_px_per_zoom_level=90,
        min_zoom=2,
        max_zoom=17,
        box_zoom=False,
        world_copy_jump=False,
    )
    # A fixed name keeps the bytes the same from run to run.
    made._id = "".join(c for c in key if c.isalnum())
    figure: Any = made.get_root()
    figure.render()
    return {
        "script": figure.script.render(),
        "map_name": made.get_name(),
        "js": [LEAFLET + "leaflet.js"],
        "css": [LEAFLET + "leaflet.css"],
    }


def _unit_names(study: Study) -> list[str]:
    """Give what people call each unit: its name with its state, else its id."""
    names = study.units["name"].astype("str").to_numpy()
    states = study.units["state"].astype("str").to_numpy()
    ids = study.units.index.astype("str").to_numpy()
    return [
        (f"{name}, {state}" if state and state != name else name) or unit_id
        for name, state, unit_id in zip(names, states, ids, strict=True)
    ]


_BASES: WeakKeyDictionary[Study, dict[tuple[object, ...], bytes]] = WeakKeyDictionary()
"""Base messages of the studies in use; a study never changes, so neither do they."""

_GROUNDS: dict[str, tuple[Ids, Ids]] = {}
"""Ids of units and placed accounts behind the row numbers of recent base messages."""

_NAMES: WeakKeyDictionary[Study, str] = WeakKeyDictionary()

_ACCOUNT_NAMES: WeakKeyDictionary[Study, bytes] = WeakKeyDictionary()

_MIDDLES: WeakKeyDictionary[Study, float] = WeakKeyDictionary()

KEPT = 16


def _remember(study: Study, known: pieces.Shown | None = None) -> str:
    """Keep what the row numbers of messages stand for; give the ground's name."""
    if study not in _NAMES:
        text = "\n".join([*study.table.unit_id, "", *_placed_ids(study).astype(str)])
        _NAMES[study] = hashlib.sha256(text.encode()).hexdigest()[:12]
    ground = _NAMES[study]
    name = f"{ground}+{known.sign}" if known and known.sign else ground
    if name not in _GROUNDS:
        while len(_GROUNDS) >= KEPT:
            _GROUNDS.pop(next(iter(_GROUNDS)))
        ids = study.table.unit_id if known is None else known.ids.to_numpy(object)
        _GROUNDS[name] = (ids, _placed_ids(study))
    return ground


def _placed_ids(study: Study) -> Ids:
    ids: Ids = study.accounts.index.to_numpy(dtype=object)[payloads.placed(study)]
    return ids


def _account_names(study: Study, key: str) -> bytes:
    if study not in _ACCOUNT_NAMES:
        _ACCOUNT_NAMES[study] = payloads.names_payload(study, key=key)
    return _ACCOUNT_NAMES[study]


def _middle(study: Study) -> float:
    """Give the meridian through the middle of the units; found once a study."""
    if study not in _MIDDLES:
        points = study.units.geometry.representative_point()
        _MIDDLES[study] = payloads.middle_of(points)
    return _MIDDLES[study]


def with_ids(event: Event) -> Event:
    """Give an event with the ids its row numbers stand for.

    Row numbers count in what the browser held when the event was made, which a cut may
    have changed since; an event over ground that is no longer known gets no ids and is
    marked ``lost``.
    """
    known = _GROUNDS.get(str(event.get("ground", "")))
    units, accounts = known or ((), ())
    found = dict(event) | ({} if known else {"lost": True})
    for rows, ids, of in (
        ("units", "ids", units),
        ("accounts", "account_ids", accounts),
    ):
        if rows in event:
            found[ids] = [str(of[i]) for i in event[rows] if 0 <= i < len(of)]
    return found


def _base(
    study: Study, *, today: Plan | None, reps: Reps | None, key: str, height: int
) -> bytes:
    kept = _BASES.setdefault(study, {})
    homes = () if reps is None else tuple(reps.geometry.to_wkb()) + tuple(reps["name"])
    known = (key, height, None if today is None else today.assignment.tobytes(), homes)
    if known not in kept:
        while len(kept) >= KEPT:
            kept.pop(next(iter(kept)))
        kept[known] = base_payload(
            study, today=today, reps=reps, key=key, height=height
        )
    return kept[known]


@st.cache_resource(scope="session", show_spinner=False)
def _talk(key: str) -> _Talk:  # noqa: ARG001
    """Give this browser session's record of what was heard; no other session's."""
    return _Talk()


def _hear(
    said: object,
    talk: _Talk,
    on_edit: Callable[[Event], None],
    streets: Streets | None,
) -> None:
    """Hand over the events that were not heard before, oldest first."""
    for event in fresh(getattr(said, "edit", None), talk.seen):
        talk.last = str(event["client"])
        if event["kind"] == "find":
            talk.found = places_named(str(event["text"]))
        elif event["kind"] == "names":
            talk.named = True
        elif event["kind"] == "streets":
            if streets is not None:
                streets.answer(event["yes"] is True)
        else:
            on_edit(with_ids(event))


def places_named(text: str) -> dict[str, object]:
    """Give the largest towns and the ZIP a text begins the name of, for the search.

    Returns
    -------
    dict
        text as it was asked, places: up to five of name, lon, lat.
    """
    asked = text.strip().lower()
    city, _, state = (part.strip() for part in asked.partition(","))
    towns = places()
    starts = towns["city"].str.lower().str.startswith(city)
    if state:
        starts &= towns["state"].str.lower() == state
    best = towns[starts].nlargest(4, "population")
    codes = gazetteer()
    zips = codes[codes["zip"] == asked]
    names = [
        *(zips["zip"] + " " + zips["city"]),
        *(
            best["city"]
            + ", "
            + best["state"].where(best["state"] != "", best["country"])
        ),
    ]
    spots = pd.concat([zips[["lon", "lat"]], best[["lon", "lat"]]])
    rows = [
        {"name": str(name), "lon": float(lon), "lat": float(lat)}
        for name, lon, lat in zip(names, spots["lon"], spots["lat"], strict=True)
    ]
    return {"text": asked, "places": rows}


def fresh(said: object, seen: dict[str, int]) -> Iterator[Event]:
    """Give the events of a message that are new, each noted in `seen` when it is taken.

    The browser repeats what was not acknowledged; numbers of a page only grow. What
    comes after an event that failed is not noted, so it is heard when it is repeated.

    Parameters
    ----------
    said
        What the component sent: ``{"events": [...]}`` or None.
    seen
        Page -> newest number heard; changed.
    """
    events = said.get("events", []) if isinstance(said, Mapping) else []
    for event in events:
        client, seq = str(event.get("client", "")), int(event.get("seq", 0))
        if seq > seen.get(client, 0):
            seen[client] = seq
            yield dict(event)
