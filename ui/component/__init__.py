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
        joined + "\ndesk.patch = patch;\n"
        "export default function (component) {\n  return mount(component);\n}\n"
    )


PATCH = """
export default function (component) {
  const desk = (window.__bailiwick ??= {
    maps: {}, waiting: {}, views: {}, scenes: new Map(), mounts: 0, rev: -1, errors: [],
  });
  desk.queue = (desk.queue ?? Promise.resolve()).then(async () => {
    for (let i = 0; !desk.patch && i < 600; i++) {
      await new Promise((go) => setTimeout(go, 25));
    }
    await desk.patch(component.data);
  });
  return () => {};
}
"""


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
export default function (component) {
  const { data, parentElement } = component;
  const box = parentElement.querySelector("[role=status]");
  const said = box.textContent.trimEnd() === data.text;
  const later = box.dataset.rev !== String(data.rev);
  // The same words of another edit: only a change of the text is read out.
  if (said && later) box.textContent += " ";
  if (!said) box.textContent = data.text;
  box.dataset.rev = data.rev;
  return () => {};
}
"""


@cache
def _status() -> Any:
    return st.components.v2.component(
        "bailiwick_status",
        html='<div role="status" aria-live="polite" class="bw-status"></div>',
        css=".bw-status { font-size: 0.85rem; opacity: 0.85; min-height: 1.2em; }",
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
