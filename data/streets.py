"""Street tiles: whose they are, and whether somebody agreed to ask for them.

Nothing here asks for a tile: the browser does, and only after `agree`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path

from data.atomic import write_bytes
from data.fetch import origin_of
from data.settings import Settings
from geo.errors import InputError

PUBLIC = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
CREDIT = "© OpenStreetMap contributors"
CREDIT_LINK = "https://www.openstreetmap.org/copyright"
"""What openstreetmap.org asks to be shown with its tiles (ODbL 4.3)."""

FILE = "consents.json"
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d+)?")
PLACES = ("{z}", "{x}", "{y}")


@dataclass(frozen=True)
class Tiles:
    """A server of map tiles.

    Parameters
    ----------
    url
        With {z}, {x} and {y} for zoom, column and row.
    credit, link
        Whom to name on the map, and where their terms are ("" for no link).
    """

    url: str
    credit: str
    link: str

    @property
    def origin(self) -> str:
        """Scheme, host and port that would be asked."""
        return origin_of(self.url)

    @property
    def host(self) -> str:
        """The host as people read it."""
        return self.origin.partition("://")[2]


def tiles_of(settings: Settings) -> Tiles:
    """Give the server of tiles: the one in the settings, else openstreetmap.org.

    Raises
    ------
    InputError
        The setting is no https address with {z}, {x} and {y} after its host. Plain
        http is for this machine only.
    """
    url = settings.tiles or PUBLIC
    origin = origin_of(url)
    rest = url.removeprefix(origin)
    plain = not origin.startswith("https://") and not LOOPBACK.fullmatch(origin)
    signs = re.findall(r"\{[^}]*\}?|\}", rest)
    if plain or sorted(signs) != sorted(PLACES) or "{" in origin:
        raise InputError(
            f"'{url[:100]}' is no address of tiles",
            where="tiles",
            fix="Write it like https://tiles.example.org/{z}/{x}/{y}.png",
        )
    public = url == PUBLIC
    credit = settings.tile_credit or (CREDIT if public else f"Streets: {origin}")
    return Tiles(url, credit, CREDIT_LINK if public else "")


def agreed(home: Path, origin: str) -> bool:
    """Say whether the last word on asking an origin for tiles was yes."""
    words = [entry for entry in consents(home) if entry["origin"] == origin]
    return bool(words) and words[-1]["agreed"] is True


def agree(home: Path, origin: str, *, yes: bool, actor: str) -> None:
    """Keep a yes, or its withdrawal; what was said before stays on record.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    entry = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "origin": origin,
        "what": "map tiles",
        "actor": actor,
        "agreed": yes,
    }
    home.mkdir(parents=True, exist_ok=True)
    text = json.dumps([*consents(home), entry], indent=1)
    write_bytes(home / FILE, text.encode("utf-8"))


def consents(home: Path) -> list[dict[str, object]]:
    """Give what was said about tiles, oldest first; a file that is no list says no."""
    try:
        found = json.loads((home / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    entries = found if isinstance(found, list) else []
    return [
        e for e in entries if isinstance(e, dict) and {"origin", "agreed"} <= set(e)
    ]
