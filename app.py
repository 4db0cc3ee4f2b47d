"""Bailiwick in the browser: the frame, the pages by role, and errors as messages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

ICON = Path(__file__).resolve().parent / "static" / "icon.svg"


def main() -> None:
    """Show the page the reader chose."""
    st.set_page_config(page_title="Bailiwick", page_icon=str(ICON), layout="wide")
    with st.spinner("Starting", show_time=True):  # the first run loads the libraries
        from ui import state, theme
        from ui.navigation import PAGES

    theme.apply_css()
    role = state.role()
    pages = {
        page.title: st.Page(
            page.run,
            title=page.title,
            icon=page.icon,
            url_path=page.path,
            default=page.path == "map",
        )
        for page in PAGES
        if role in page.roles
    }
    state.remember_pages(pages)
    chosen = st.navigation(list(pages.values()), position="top")
    with state.telling():
        chosen.run()


# A spawned worker imports this file under another name and must not run the app.
if __name__ == "__main__":
    main()
