"""Words for an engine of travel times: a file of roads, a server, the estimate."""

from __future__ import annotations

import os
from pathlib import Path

from data.profiles import profile_named
from data.settings import read_settings
from geo.errors import InputError
from routing.cache import read_roads
from routing.drive import RoadEngine
from routing.engine import StraightLine, TravelEngine
from routing.osrm import OsrmServer, origin_of

ESTIMATE, OSRM = "estimate", "osrm:"


def engine_of(
    roads: str, *, engine: str = "auto", profile: str = "", online: bool = False
) -> TravelEngine:
    """Give the engine that words ask for.

    Parameters
    ----------
    roads
        What the command roads wrote, ``estimate``, or ``osrm:URL``.
    engine
        auto, scipy, estimate, or ``osrm:URL``; the last two need no file.
    profile
        Driving rules by name or file, see `profile_named`; "" for the network's own.
    online
        Whether a server that is not on this machine may be asked.

    Raises
    ------
    InputError
        There is no such engine, the file is no road network, or nobody allowed to ask
        the server.
    """
    server = engine if engine.startswith(OSRM) else roads
    if server.startswith(OSRM):
        return _server(server.removeprefix(OSRM), online)
    if engine not in ("auto", "scipy", ESTIMATE):
        raise InputError(
            f"There is no engine '{engine}'",
            fix="Choose auto, scipy, osrm:URL or estimate",
        )
    if ESTIMATE in (roads, engine):
        return StraightLine()
    return RoadEngine(
        read_roads(Path(roads)),
        profile=profile_named(profile) if profile else None,
        accelerator="scipy" if engine == "scipy" else "auto",
    )


def _server(url: str, online: bool) -> OsrmServer:
    settings = read_settings(os.environ)
    agreed = online or settings.allow_online
    allowed = (*settings.road_servers, *((origin_of(url),) if agreed else ()))
    return OsrmServer(url, allowed=allowed)
