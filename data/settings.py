"""Settings of the program: where its files live and what it may reach."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import platformdirs

from geo.errors import InputError

PREFIX = "BAILIWICK_"
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def _user_folder() -> Path:
    return platformdirs.user_data_path("bailiwick", appauthor=False)


@dataclass(frozen=True)
class Settings:
    """What a user or an administrator may set; read once by a shell.

    Parameters
    ----------
    home
        The per-user folder of plans and uploads; `cache` is inside it.
    allow_online
        Whether a geocoder, tile server or road service may be asked at all.
    geocoders
        Own geocoding servers that may be asked: "https://maps.example.org".
    road_servers
        Own OSRM servers that may be asked: "https://osrm.example.org".
    tiles, tile_credit
        Own server of map tiles, "https://tiles.example.org/{z}/{x}/{y}.png", and whom
        to name on the map; without it, openstreetmap.org.
    """

    home: Path = field(default_factory=_user_folder)
    allow_online: bool = False
    geocoders: tuple[str, ...] = ()
    road_servers: tuple[str, ...] = ()
    tiles: str = ""
    tile_credit: str = ""

    @property
    def cache(self) -> Path:
        """Folder of what can be computed again; safe to delete."""
        return self.home / "cache"


def read_settings(environment: Mapping[str, str], path: Path | None = None) -> Settings:
    """Read settings from a TOML file, then from the environment, which wins.

    Parameters
    ----------
    environment
        ``BAILIWICK_HOME``, ``BAILIWICK_ALLOW_ONLINE``, and, separated by commas,
        ``BAILIWICK_GEOCODERS`` and ``BAILIWICK_ROAD_SERVERS`` count; so do
        ``BAILIWICK_TILES`` and ``BAILIWICK_TILE_CREDIT``. Others are not read.
    path
        A TOML file with the same names in lower case; None for no file.

    Raises
    ------
    InputError
        The file is missing or is not TOML, a name is unknown, a value is no yes or no.
    """
    known = [f.name for f in fields(Settings)]
    values = _from_toml(path, known) if path else {}
    for name in known:
        if PREFIX + name.upper() in environment:
            values[name] = environment[PREFIX + name.upper()]
    given: dict[str, Path | bool | str | tuple[str, ...]] = {}
    if "home" in values:
        given["home"] = Path(str(values["home"])).expanduser()
    if "allow_online" in values:
        given["allow_online"] = _yes(values["allow_online"])
    for name in ("geocoders", "road_servers"):
        if name in values:
            given[name] = _listed(values[name])
    for name in ("tiles", "tile_credit"):
        if name in values:
            given[name] = str(values[name]).strip()
    return Settings(**given)  # type: ignore[arg-type]


def _from_toml(path: Path, known: list[str]) -> dict[str, object]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"The settings cannot be read: {error}", where=path.name
        ) from (error)
    for name in values:
        if name not in known:
            raise InputError(
                f"The setting '{name}' is unknown",
                where=path.name,
                fix=f"Use {', '.join(known)}",
            )
    return values


def _listed(value: object) -> tuple[str, ...]:
    """Give the origins of a TOML list, or of a text with commas."""
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(str(part).strip().rstrip("/") for part in parts if str(part).strip())


def _yes(value: object) -> bool:
    text = str(value).strip().lower()
    if text not in YES | NO:
        raise InputError(
            f"'{value}' is neither yes nor no",
            where="allow_online",
            fix="Write yes or no",
        )
    return text in YES
