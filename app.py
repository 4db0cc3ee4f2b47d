"""Bailiwick in the browser: the frame, the pages by role, and errors as messages."""

from __future__ import annotations

import streamlit as st

from ui import state, theme
from ui.pages import accounts, export, reps
from ui.pages import map as home

PAGES = {
    "Map": (home.page, "map", ":material/map:", ("leader", "planner", "rep")),
    "Accounts": (accounts.page, "accounts", ":material/upload_file:", ("planner",)),
    "Reps": (reps.page, "reps", ":material/badge:", ("leader", "planner")),
    "Export": (export.page, "export", ":material/download:", ("leader", "planner")),
}
"""Title -> what it runs, its address, its icon, and the roles that see it."""


def main() -> None:
    """Show the page the reader chose."""
    st.set_page_config(page_title="Bailiwick", page_icon=str(theme.ICON), layout="wide")
    theme.apply_css()
    role = state.role()
    pages = {
        title: st.Page(
            run, title=title, icon=icon, url_path=path, default=path == "map"
        )
        for title, (run, path, icon, roles) in PAGES.items()
        if role in roles
    }
    state.remember_pages(pages)
    chosen = st.navigation(list(pages.values()), position="top")
    with state.telling():
        chosen.run()


# A spawned worker imports this file under another name and must not run the app.
if __name__ == "__main__":
    main()
