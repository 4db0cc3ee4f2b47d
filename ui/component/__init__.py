"""The map host: our own Streamlit component, mounted twice.

The *base* mount holds what never changes in a plan's life: it builds the map once. The
*patch* mount holds what an edit changes: Streamlit resends a mount's data only when the
data differ, so an edit costs a few kilobytes whatever the base weighs.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).resolve().parent

MODULES = (
    "wire",
    "talk",
    "scene",
    "pieces",
    "ink",
    "sheet",
    "overlays",
    "accounts",
    "names",
    "layers",
    "gestures",
    "find",
    "styling",
    "streets",
    "panel",
    "view",
    "host",
)
"""JavaScript modules of the host, each after those it imports."""

IMPORT = re.compile(r'^import \{[^}]*\} from "\./\w+\.js";\n', re.MULTILINE)


@cache
def script() -> str:
    """Give the modules as one, in order, without the imports between them."""
    texts = [(FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    joined = "".join(IMPORT.sub("", text) for text in texts)
    joined = re.sub(r"^export ", "", joined, flags=re.MULTILINE)
    return (
        joined + "\n"
        "export default function (component) {\n  return mount(component);\n}\n"
    )


PATCH = """
export default function ({ data }) {
  const desk = (window.__bailiwick_in ??= []);
  desk.push(data);
  desk.take?.();
}
"""
"""Hands a message over. It goes along with every edit, so it is short; what came
before the host is taken in by the host."""


@cache
def mounts() -> tuple[Any, Any]:
    """Give the two components, registered once in the process: base and patch."""
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    base = st.components.v2.component(
        "bailiwick_map",
        html='<div class="bw-map"></div>',
        css=style,
        js=script(),
        isolate_styles=False,
    )
    patch = st.components.v2.component(
        "bailiwick_patch", html="<span></span>", js=PATCH, isolate_styles=False
    )
    return base, patch


@cache
def tour_mounts() -> tuple[Any, Any]:
    """Give the two components of a rep's map: the ground, and the day upon it."""
    style = (FOLDER / "tour.css").read_text(encoding="utf-8")
    text = (FOLDER / "tour.js").read_text(encoding="utf-8")
    ground = st.components.v2.component(
        "bailiwick_tour",
        html='<div class="bt-map"></div>',
        css=style,
        js=text,
        isolate_styles=False,
    )
    day = st.components.v2.component(
        "bailiwick_tour_day", html="<span></span>", js=text, isolate_styles=False
    )
    return ground, day


STATUS = """
export default function ({ data: { text, rev }, parentElement }) {
  const box = parentElement.querySelector("[role=status]");
  const said = box.textContent.trimEnd() === text;
  // Words that come again are read out only if the text changes.
  if (said && box.dataset.rev !== String(rev)) box.textContent += " ";
  if (!said) box.textContent = text;
  box.dataset.rev = rev;
}
"""


@cache
def _status() -> Any:
    return st.components.v2.component(
        "bailiwick_status",
        html='<div role="status" aria-live="polite" class="bw-status"></div>',
        js=STATUS,
        isolate_styles=False,
    )


def status(text: str, *, rev: int) -> None:
    """Say what the last edit did: a line on the page, read out by screen readers.

    Parameters
    ----------
    text
        Shown as text, whatever it holds.
    rev
        Revision of the plan it speaks of.
    """
    _status()(key="status", data={"text": text, "rev": rev}, height="content")
