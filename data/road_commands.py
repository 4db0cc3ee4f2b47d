"""What the commands on roads do: `roads`, `matrix` and `isochrone`."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.atomic import check_folder, replacing, write_text
from data.commands import Answer, Report
from data.degrees import degrees
from data.engines import engine_of
from data.intake import read_accounts
from data.pair_files import check_pairs, write_pairs
from data.profiles import SUFFIX, profile_named, read_trips, write_profile
from data.snap_files import check_snapped, write_snapped
from data.tables import read_table
from geo.errors import InputError
from routing.cache import load_roads, read_roads, write_roads
from routing.calibration import calibrate as fit
from routing.drive import RoadEngine
from routing.engine import TravelEngine
from routing.graphs import fetch_place, read_graphml
from routing.isochrones import isochrones
from routing.profile import PROFILES, to_json
from routing.roads import Roads
from routing.source import SUFFIXES, file_hash

GRAPHML = (".graphml", ".graphml.gz")
TIMED = ("found", "no_way_back")
"""Reasons of pairs that have a time."""
LAYERS = {".gpkg": "GPKG", ".geojson": "GeoJSON"}


def roads(asked: Namespace, report: Report) -> Answer:
    """Turn a file of roads, or a place, into a network that routes."""
    started = time.monotonic()
    out = Path(asked.out)
    check_folder(out)
    profile = profile_named(asked.profile)
    network = _read(asked.source, profile.name, asked.online, report)
    if PROFILES.get(profile.name) != profile:
        network = replace(network, rules=to_json(profile))
    report("writing", 0.9)
    write_roads(network, out)
    values = {
        "nodes": network.n_nodes,
        "edges": network.n_edges,
        "restrictions": network.restrictions,
        "profile": profile.name,
        "bounds": [round(degree, 5) for degree in network.bounds],
        "files": [str(out)],
        "seconds": round(time.monotonic() - started, 3),
    }
    text = (
        f"{network.n_edges:,} edges between {network.n_nodes:,} junctions, "
        f"{network.restrictions:,} turn restrictions\n{out}"
    )
    return Answer(values, text)


def matrix(asked: Namespace, report: Report) -> Answer:
    """Write times and distances between all points, one row a pair."""
    started = time.monotonic()
    out = Path(asked.out)
    check_folder(out)
    check_pairs(out, 0)
    engine = engine_of(
        asked.roads, engine=asked.engine, profile=asked.profile, online=asked.online
    )
    snapped = Path(asked.snapped) if asked.snapped else None
    if snapped:
        check_folder(snapped)
        check_snapped(snapped, engine)
    origin_ids, origins = _points(Path(asked.points))
    goal_ids, goals = _points(Path(asked.to)) if asked.to else (origin_ids, origins)
    pairs = len(origin_ids) * len(goal_ids)
    count = write_pairs(
        engine, (origin_ids, origins), (goal_ids, goals), out, report=report
    )
    if snapped:
        ids = [*origin_ids, *goal_ids]
        write_snapped(engine, ids, np.concatenate([origins, goals]), snapped)
    values = {
        "pairs": pairs,
        "unreachable": pairs - sum(count.get(word, 0) for word in TIMED),
        "reasons": count,
        "far_from_road": _far(engine, np.concatenate([origins, goals])),
        "engine": engine.name,
        "estimated": engine.estimated,
        "expected_error": engine.expected_error,
        "seconds": round(time.monotonic() - started, 3),
        "files": [str(out), *([str(snapped)] if snapped else [])],
    }
    text = (
        f"{values['pairs']:,} pairs, {values['unreachable']:,} unreachable, "
        f"by {engine.name}\n{out}"
    )
    return Answer(values, text)


def isochrone(asked: Namespace, report: Report) -> Answer:
    """Draw the ground within some minutes of a point."""
    started = time.monotonic()
    out = Path(asked.out)
    check_folder(out)
    if out.suffix.lower() not in LAYERS:
        raise InputError(
            f"No bands can be written as '{out.suffix or out.name}'",
            where=str(out),
            fix="Choose .geojson or .gpkg",
        )
    rules = profile_named(asked.profile) if asked.profile else None
    engine = RoadEngine(read_roads(Path(asked.roads)), profile=rules)
    report("driving", 0.3)
    bands = isochrones(engine, asked.at, asked.minutes)
    _write_bands(bands, out)
    told = [
        {"minutes": float(minutes), "area_km2": round(float(area), 3)}
        for minutes, area in zip(bands["minutes"], bands["area_km2"], strict=True)
    ]
    values = {
        "bands": told,
        "engine": engine.name,
        "seconds": round(time.monotonic() - started, 3),
        "files": [str(out)],
    }
    lines = [f"{b['minutes']:g} minutes: {b['area_km2']:,.1f} km2" for b in told]
    return Answer(values, "\n".join([*lines, str(out)]))


def calibrate(asked: Namespace, report: Report) -> Answer:
    """Fit driving rules to known trips and say what they are worth."""
    started = time.monotonic()
    out = Path(asked.out)
    check_folder(out)
    if out.suffix.lower() != SUFFIX:
        raise InputError(
            "Driving rules are written as .json", where=str(out), fix="Name it so"
        )
    rules = profile_named(asked.profile) if asked.profile else None
    trips = read_trips(Path(asked.trips))
    engine = RoadEngine(read_roads(Path(asked.roads)), profile=rules)
    report("fitting", 0.2)
    found = fit(engine, trips, name=asked.name or out.stem)
    write_profile(found, out)
    misfits = {"before": found.before, "after": found.after, "held_out": found.held_out}
    values = {
        "trips": found.used,
        "left_out": found.left_out,
        "profile": found.profile.name,
        **{name: asdict(misfit) for name, misfit in misfits.items()},
        "scales": {part: round(scale, 4) for part, scale in found.scales.items()},
        "periods": {name: round(factor, 4) for name, factor in found.periods.items()},
        "seconds": round(time.monotonic() - started, 3),
        "files": [str(out)],
    }
    lines = [f"{found.used:,} trips, {found.left_out:,} left out"]
    words = {"before": "before", "after": "after", "held_out": "on trips not seen"}
    for name, misfit in misfits.items():
        lines.append(
            f"{words[name]:<18}median error {misfit.median:.1%}, "
            f"9 in 10 within {misfit.p90:.1%}, level {misfit.level:.2f}"
        )
    lines += [f"{part:<18}x {scale:.2f}" for part, scale in found.scales.items()]
    lines += [
        f"{'period ' + name:<18}x {factor:.2f}"
        for name, factor in found.periods.items()
        if name
    ]
    return Answer(values, "\n".join([*lines, str(out)]))


def _read(source: str, profile: str, online: bool, report: Report) -> Roads:
    path, name = Path(source), source.lower()
    if name.endswith(GRAPHML):
        digest = file_hash(path)
        report("reading the graph", 0.1)
        return read_graphml(path, source_hash=digest, profile=profile)
    if path.exists() or name.endswith(SUFFIXES):
        return load_roads(path, profile=profile, report=report)
    report("fetching", 0.1)
    return fetch_place(source, allow_online=online, profile=profile)


def _points(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Give ids and (lon, lat) of a table of points, or of a file of accounts."""
    raw = read_table(path)
    columns = {str(heading).strip().lower(): heading for heading in raw.columns}
    if not {"id", "lon", "lat"} <= columns.keys():
        places = degrees(read_accounts(path).accounts.geometry)
        return [str(i) for i in places.index], np.column_stack([places.x, places.y])
    lonlat = raw[[columns["lon"], columns["lat"]]].apply(pd.to_numeric, errors="coerce")
    return raw[columns["id"]].tolist(), lonlat.to_numpy(dtype=np.float64)


def _far(engine: TravelEngine, points: NDArray[np.float64]) -> int | None:
    """Count the places on the network but far from their road; None without one."""
    if not isinstance(engine, RoadEngine):
        return None
    return int(engine.snapper.snap(np.unique(points, axis=0)).far.sum())


def _write_bands(bands: gpd.GeoDataFrame, out: Path) -> None:
    if out.suffix.lower() == ".geojson":
        write_text(out, bands.to_json(to_wgs84=True))
        return
    with replacing(out) as draft:
        bands.to_file(draft, driver=LAYERS[out.suffix.lower()], layer="isochrones")
