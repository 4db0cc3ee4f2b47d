"""Long work of the Routes pages, for the worker: loading roads, making calendars."""

from __future__ import annotations

from pathlib import Path

from data.roadbook import RoadFile, add_roads
from ui.jobs import Report


class CancelledError(Exception):
    """The reader has cancelled; raised out of the work, caught where it began."""


def load_roads(report: Report, home: Path, sent: Path, name: str) -> RoadFile | None:
    """Load an extract into the book, then delete the copy that was sent.

    Returns
    -------
    RoadFile or None
        None if it was cancelled.
    """

    def told(step: str, share: float) -> None:
        if report((step, share)):
            raise CancelledError

    try:
        return add_roads(home, sent, name=name, report=told)
    except CancelledError:
        return None
    finally:
        sent.unlink(missing_ok=True)
