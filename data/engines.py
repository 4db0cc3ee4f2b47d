"""Words for an engine of travel times: a file of roads, a server, the estimate."""

from __future__ import annotations

from pathlib import Path

from geo.errors import InputError
from routing.cache import read_roads
from routing.drive import RoadEngine
from routing.engine import StraightLine, TravelEngine

ESTIMATE = "estimate"


def engine_of(roads: str, *, engine: str = "auto") -> TravelEngine:
    """Give the engine that words ask for.

    Parameters
    ----------
    roads
        What the command roads wrote, or ``estimate``.
    engine
        auto, scipy or estimate.

    Raises
    ------
    InputError
        There is no such engine, or the file is no road network.
    """
    if engine not in ("auto", "scipy", ESTIMATE):
        raise InputError(
            f"There is no engine '{engine}'", fix="Choose auto, scipy or estimate"
        )
    if ESTIMATE in (roads, engine):
        return StraightLine()
    return RoadEngine(read_roads(Path(roads)))
