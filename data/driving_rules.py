"""The driving rules a user fitted to known trips, kept for every network of theirs."""

from __future__ import annotations

from pathlib import Path

from data.atomic import write_text
from data.profiles import profile_named
from geo.errors import InputError
from routing.calibration import Calibration, in_period
from routing.profile import Profile, from_json, to_json

FILE = "driving.json"


def rules_text(home: Path) -> str:
    """Give the rules in use as `routing.profile.to_json` writes them; "" if none.

    Raises
    ------
    InputError
        The file is there and cannot be read.
    """
    try:
        return (home / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "The driving rules cannot be read",
            where=str(home / FILE),
            fix="Delete the file to drive by the network's own rules",
        ) from error


def rules_in_use(home: Path) -> Profile | None:
    """Give the rules of every network; None where each has its own.

    Raises
    ------
    InputError
        The file is damaged.
    """
    text = rules_text(home)
    return from_json(text, where=str(home / FILE)) if text else None


def use_rules(home: Path, profile: Profile) -> None:
    """Drive every network by these rules from now on."""
    home.mkdir(parents=True, exist_ok=True)
    write_text(home / FILE, to_json(profile) + "\n")


def use_rules_of(home: Path, path: Path, *, period: str = "") -> Profile:
    """Drive by the rules of a file that the command calibrate wrote.

    Raises
    ------
    InputError
        It holds none, or knows no such period.
    """
    profile = profile_named(f"{path}#{period}" if period else str(path))
    use_rules(home, profile)
    return profile


def drop_rules(home: Path) -> None:
    """Drive each network by its own rules again."""
    (home / FILE).unlink(missing_ok=True)


def rules_of(found: Calibration, period: str) -> Profile:
    """Give fitted rules at a time of day, "" for the commonest."""
    if not period or period not in found.periods:
        return found.profile
    name = f"{found.profile.name} {period}"
    return in_period(found.profile, found.periods[period], name)
