"""Which pages there are, and who sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ui.pages import accounts, export, reps, routes
from ui.pages import map as home


@dataclass(frozen=True)
class Place:
    """A page, its address, its icon and the roles that see it."""

    title: str
    path: str
    run: Callable[[], None]
    icon: str
    roles: tuple[str, ...]


PAGES = (
    Place("Map", "map", home.page, ":material/map:", ("leader", "planner", "rep")),
    Place(
        "Accounts", "accounts", accounts.page, ":material/upload_file:", ("planner",)
    ),
    Place(
        "Routes",
        "routes",
        routes.page,
        ":material/route:",
        ("leader", "planner", "rep"),
    ),
    Place("Reps", "reps", reps.page, ":material/badge:", ("leader", "planner")),
    Place(
        "Export", "export", export.page, ":material/download:", ("leader", "planner")
    ),
)
"""In the order of the navigation; the first is home."""
