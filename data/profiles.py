"""Files of driving rules: written by calibrate, named wherever a profile is."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from data.atomic import write_text
from data.tables import read_table
from geo.errors import InputError
from routing.calibration import Calibration, Trips, in_period
from routing.profile import PROFILES, Profile, from_json, named, to_json

SUFFIX = ".json"
ENDS = ("from_lon", "from_lat", "to_lon", "to_lat")


def profile_named(word: str) -> Profile:
    """Give a profile by its name, or from a file: ``FILE``, or ``FILE#PERIOD``.

    Raises
    ------
    InputError
        There is no such profile, file or period.
    """
    name, _, period = word.partition("#")
    path = Path(name)
    if name in PROFILES or not name.lower().endswith(SUFFIX):
        return named(word)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "The driving rules cannot be read", where=name, fix="Check the file's name"
        ) from error
    profile = from_json(text, where=path.name)
    if not period:
        return profile
    factors = json.loads(text).get("periods", {})
    if not isinstance(factors, dict) or not isinstance(factors.get(period), float):
        known = ", ".join(map(str, factors)) if isinstance(factors, dict) else ""
        raise InputError(
            f"The driving rules know no period '{period}'",
            where=path.name,
            fix=f"Choose {known}" if known.strip() else "Name the file alone",
        )
    return in_period(profile, factors[period], f"{profile.name} {period}")


def write_profile(found: Calibration, path: Path) -> Path:
    """Write fitted rules, with their periods and what the fit is worth."""
    told = json.loads(to_json(found.profile))
    told["periods"] = found.periods
    told["fit"] = {
        "trips": found.used,
        "scales": found.scales,
        "before": asdict(found.before),
        "after": asdict(found.after),
        "held_out": asdict(found.held_out),
    }
    return write_text(path, json.dumps(told, indent=1) + "\n")


def read_trips(path: Path) -> Trips:
    """Read trips: from_lon, from_lat, to_lon, to_lat, minutes, and maybe period.

    Cells that are no number leave their trip without a time or a place.

    Raises
    ------
    InputError
        A column is missing.
    """
    return trips_of(read_table(path), where=path.name)


def trips_of(raw: pd.DataFrame, *, where: str) -> Trips:
    """Give the trips of a table whose cells are text, see `read_trips`.

    Raises
    ------
    InputError
        A column is missing.
    """
    columns = {str(heading).strip().lower(): heading for heading in raw.columns}
    missing = [name for name in (*ENDS, "minutes") if name not in columns]
    if missing:
        raise InputError(
            f"Column '{missing[0]}' is missing",
            where=where,
            fix="Give from_lon, from_lat, to_lon, to_lat, minutes, and maybe period",
        )
    cells = raw[[columns[name] for name in (*ENDS, "minutes")]]
    numbers = cells.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    period = np.full(len(raw), "", dtype=object)
    if "period" in columns:
        period = raw[columns["period"]].str.strip().str.lower().to_numpy(dtype=object)
    return Trips(numbers[:, :2], numbers[:, 2:4], numbers[:, 4] * 60, period)
