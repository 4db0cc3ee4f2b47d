"""The few colours and the few lines of CSS that Streamlit's own theme cannot say."""

from __future__ import annotations

import math
from dataclasses import dataclass

import streamlit as st

CSS = """
<style>
  [data-testid="stAppViewContainer"], [data-testid="stDataFrame"] {
    font-variant-numeric: tabular-nums;
  }
  [data-testid="stMainBlockContainer"] { padding: 3.5rem 1.25rem 0.5rem; }
  [data-testid="stMainBlockContainer"] > .stVerticalBlock { gap: 0.6rem; }
  .stAppHeader { border-bottom: 1px solid rgba(128, 145, 155, 0.25); }
  .st-key-frame { padding-top: 0.35rem; }
  .st-key-frame [data-testid="stMarkdownContainer"],
  .st-key-frame [data-testid="stCaptionContainer"],
  .st-key-effect [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
  .st-key-frame p, .st-key-effect p { margin: 0; }
  .st-key-frame button, .st-key-frame a { min-height: 2.1rem; padding-block: 0.2rem; }
  .st-key-map, .st-key-map > div { gap: 0.4rem; }
  .st-key-map_host, .st-key-map_host .stBidiComponent,
  .st-key-map_host .stBidiComponentRegular, .st-key-map_host .bw-map {
    height: calc(100vh - 7rem) !important; min-height: 420px; overflow: hidden;
    flex: none !important; }
  .st-key-beside { max-height: calc(100vh - 6.8rem); overflow-y: auto;
    padding: 0.6rem 0.25rem 0 0; margin-top: -0.4rem; }
  .st-key-effect { border: 1px solid rgba(128, 145, 155, 0.35);
    border-left: 4px solid var(--st-primary-color, #0b6e6e); border-radius: 6px;
    padding: 0.5rem 0.75rem; position: sticky; bottom: 0.5rem; z-index: 20;
    background: var(--st-background-color, #fff); }
  .st-key-card [data-testid="stElementContainer"] { height: auto !important;
    flex: none !important; }
  .st-key-card [data-testid="stDataFrame"] > div:last-child {
    height: calc(100vh - 20rem) !important; min-height: 260px; }
  .st-key-beside:has(.st-key-changes) .st-key-card [data-testid="stDataFrame"]
    > div:last-child { height: calc(100vh - 36rem) !important; min-height: 190px; }
  .st-key-formats { padding: 0.15rem 1rem; }
  .st-key-formats [class*="st-key-format_"] { padding: 0.45rem 0; }
  .st-key-formats > div + div { border-top: 1px solid rgba(128, 145, 155, 0.2); }
  .st-key-formats [data-testid="stMarkdownContainer"],
  .st-key-formats p { margin: 0; }
  .st-key-formats button { min-height: 2rem; padding-block: 0.15rem; }
  .st-key-narrow { max-width: 62rem; }
  .st-key-sentence h3 { padding: 0; line-height: 1.3; }
  .st-key-today_sentence [data-testid="stMarkdownContainer"],
  .st-key-today_list [data-testid="stMarkdownContainer"],
  .st-key-routes_said_line [data-testid="stMarkdownContainer"],
  .st-key-roads_line [data-testid="stCaptionContainer"] { margin-bottom: 0; }
  .st-key-today_sentence h3 { padding: 0.15rem 0 0; }
  .st-key-today_list p { line-height: 1.35; }
  .st-key-today_list > div { border-bottom: 1px solid rgba(128, 145, 155, 0.18);
    padding-bottom: 0.3rem; }
  .st-key-today_list button { min-width: 2.75rem; min-height: 2.75rem; }
  .st-key-routes_said_line { border-left: 4px solid var(--st-primary-color, #0b6e6e);
    padding-left: 0.6rem; }
  @media (max-width: 640px) {
    [data-testid="stMainBlockContainer"] { padding: 3.25rem 0.9rem 1rem; }
    .st-key-routes_who { width: 100% !important; }
    .st-key-routes_top [data-testid="stButtonGroup"],
    .st-key-routes_top [data-testid="stButtonGroup"] > div { width: 100%; }
  }
  :focus-visible { outline: 2px solid var(--st-primary-color, #0b6e6e);
    outline-offset: 2px; }
  @media print {
    .stAppHeader, .st-key-frame button { display: none; }
  }
</style>
"""


@dataclass(frozen=True)
class Level:
    """How full a territory is: a word, an icon and a colour on light and on dark."""

    word: str
    icon: str
    light: str
    dark: str


LEVELS = (
    (0.70, Level("room to spare", "\u25bd", "#1f5fa8", "#7db4f0")),
    (0.90, Level("well used", "\u25cf", "#1d7a46", "#5fc98d")),
    (1.00, Level("nearly full", "\u25c6", "#8a5a00", "#e5b454")),
    (float("inf"), Level("over its hours", "\u25b2", "#b3261e", "#ff8f85")),
)
"""Upper end of the hours used of hours available, and how it is shown."""

WITHIN = Level("within tolerance", "\u25cf", "#1d7a46", "#5fc98d")
OUTSIDE_OVER = Level("over a fair share", "\u25b2", "#b3261e", "#ff8f85")
OUTSIDE_UNDER = Level("under a fair share", "\u25bd", "#1f5fa8", "#7db4f0")
UNKNOWN = Level("not known", "\u25cb", "#5c6f7a", "#93a5af")


def load_level(load: float) -> Level:
    """Give the level of a load, hours used of hours available (1.0 is full)."""
    if math.isnan(load):
        return UNKNOWN
    full = round(float(load), 4)
    return next(level for end, level in LEVELS if full <= end)


def share_level(share: float, tolerance: float) -> Level:
    """Give the level of a share of the fair load, 1.0 is fair."""
    if math.isnan(share):
        return UNKNOWN
    if abs(share - 1) <= tolerance + 1e-9:
        return WITHIN
    return OUTSIDE_OVER if share > 1 else OUTSIDE_UNDER


def color_of(level: Level) -> str:
    """Give the level's colour on the theme the reader has chosen."""
    return level.dark if is_dark() else level.light


def is_dark() -> bool:
    """Say whether the reader looks at the dark theme."""
    return bool(st.context.theme.type == "dark")


def apply_css() -> None:
    """Put the CSS on the page, once a run."""
    st.html(CSS)
