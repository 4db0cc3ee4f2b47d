"""What a reader's browser session holds: the only module that touches it.

Shared by all sessions of the program and never changed by them: settings, the plan
store, the worker, and the ground each plan is drawn over.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import streamlit as st

from data.settings import Settings, read_settings
from data.sqlite import open_sqlite
from data.sqlstore import SqlStore
from geo.errors import TerritoryError
from ui import grounds
from ui.intake import Upload
from ui.jobs import Worker
from ui.search import warm
from ui.session import Ground, Session, refreshed
from ui.words import escaped

KEY = "session"
UPLOAD = "upload"
PAGES = "pages"


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Give the settings, read once."""
    return read_settings(os.environ)


@st.cache_resource(show_spinner=False, on_release=SqlStore.close)
def store() -> SqlStore:
    """Give the plan store of this user's folder."""
    return open_sqlite(settings().home / "plans.sqlite")


@st.cache_resource(show_spinner=False, on_release=Worker.close)
def worker() -> Worker:
    """Give the one process that does long work."""
    return Worker()


@st.cache_resource(show_spinner=False)
def warmed() -> str:
    """Have the worker load the solver, once, while the reader still chooses."""
    return worker().submit(warm)


@st.cache_resource(show_spinner="Opening the accounts", max_entries=6)
def ground(study_id: str) -> Ground:
    """Give what a plan is drawn over; shared, never changed."""
    found = grounds.read_ground(settings().home, study_id)
    gc.freeze()  # it stays: searching it for garbage would hold every edit up
    return found


def role() -> str:
    """Give what the reader is: leader, planner or rep (`?role=` in the address)."""
    asked = str(st.query_params.get("role", "planner"))
    return asked if asked in ("leader", "planner", "rep") else "planner"


def current() -> Session:
    """Give what is open; the first time, the plan that was open last, or the demo."""
    if KEY not in st.session_state:
        put(grounds.reopened(store(), settings().home, ground))
    session: Session = st.session_state[KEY]
    return session


def fresh() -> Session:
    """Give what is open as the store has it now, edits of other windows included."""
    session = refreshed(current())
    put(session)
    return session


def put(session: Session) -> None:
    """Show this from now on."""
    st.session_state[KEY] = session


@contextmanager
def telling() -> Iterator[None]:
    """Show an error as one sentence; what is open stays as it was."""
    try:
        yield
    except TerritoryError as error:
        st.error(escaped(str(error)), icon=":material/error:")


def act(change: Callable[..., Session], *args: Any) -> None:
    """Replace what is open by `change(session, *args)`; an error becomes a notice."""
    with noticing():
        put(change(current(), *args))


@contextmanager
def noticing() -> Iterator[None]:
    """Keep an error as the notice that the next run shows, for use in callbacks."""
    try:
        yield
    except TerritoryError as error:
        put(replace(current(), notice=str(error)))


def notice() -> None:
    """Show the notice of the last action, once.

    Its place is kept while there is none: what follows, the map above all, would be
    mounted anew if it moved down.
    """
    session, place = current(), st.empty()
    if session.notice:
        place.error(escaped(session.notice), icon=":material/error:")
        put(replace(session, notice=""))


def asked(key: str, default: Any = None) -> Any:
    """Give the value of a widget by its key."""
    return st.session_state.get(key, default)


def forget(key: str) -> None:
    """Empty a widget before it is shown again."""
    st.session_state.pop(key, None)


def keep(key: str, value: Any) -> None:
    """Keep something for this reader's next runs; `asked` gives it back."""
    st.session_state[key] = value


def first_time(key: str, value: str) -> bool:
    """Say whether this value of a widget has not been dealt with yet; note it."""
    new = st.session_state.get(f"{key}_seen") != value
    st.session_state[f"{key}_seen"] = value
    return new


def round_of(key: str) -> int:
    """Give how often a widget was made anew."""
    return int(st.session_state.get(f"{key}_round", 0))


def next_round(key: str) -> None:
    """Make a widget anew, without what was typed into it."""
    st.session_state[f"{key}_round"] = round_of(key) + 1


def upload() -> Upload | None:
    """Give the file being brought in, if there is one."""
    found: Upload | None = st.session_state.get(UPLOAD)
    return found


def set_upload(upload: Upload | None) -> None:
    """Set or forget the file being brought in."""
    st.session_state[UPLOAD] = upload


def remember_pages(pages: dict[str, Any]) -> None:
    """Keep the pages this reader may open, by title."""
    st.session_state[PAGES] = pages


def page(title: str) -> Any:
    """Give a page to link to."""
    return st.session_state[PAGES][title]
