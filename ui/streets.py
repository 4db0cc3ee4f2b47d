"""Streets under the map: what is told before anything is asked for, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from data.settings import Settings
from data.streets import Tiles, agree, agreed, tiles_of
from geo.errors import InputError
from ui.session import ACTOR


@dataclass(frozen=True, eq=False)
class Streets:
    """What the map may show under the territories.

    Parameters
    ----------
    tiles
        Whose pictures.
    allowed
        Whether this machine may ask servers at all.
    agreed
        Whether somebody agreed to ask this one.
    answer
        Called with yes or no when the reader has decided.
    problem
        Why there are none, in the place of the question.
    """

    tiles: Tiles
    allowed: bool
    agreed: bool
    answer: Callable[[bool], None]
    problem: str = ""

    @property
    def told(self) -> dict[str, object]:
        """What the browser is told; without the address until somebody agreed."""
        may = self.allowed and self.agreed
        return {
            "label": f"Streets (asks {self.tiles.host} for this area)",
            "agreed": may,
            "allowed": self.allowed,
            "question": self.problem or question(self.tiles),
            "url": self.tiles.url if may else "",
            "credit": self.tiles.credit,
            "link": self.tiles.link,
        }


SWITCHED_OFF = (
    "Asking servers is switched off on this machine: set BAILIWICK_ALLOW_ONLINE=yes "
    "and start again."
)


def question(tiles: Tiles) -> str:
    """Say what leaves this machine, before it does."""
    return (
        f"Your browser would ask {tiles.host} for pictures of the area you look at: it "
        "learns your internet address and that area, never accounts, names or numbers."
    )


def streets_of(settings: Settings, answer: Callable[[bool], None]) -> Streets:
    """Give the streets the settings name, and what was said about them.

    Parameters
    ----------
    answer
        What to do with the reader's yes or no: `decide`, with errors shown.
    """
    try:
        tiles = tiles_of(settings)
    except InputError as error:
        tiles = tiles_of(replace(settings, tiles=""))
        return Streets(tiles, False, False, answer, str(error))
    problem = "" if settings.allow_online else SWITCHED_OFF
    known = agreed(settings.home, tiles.origin)
    return Streets(tiles, settings.allow_online, known, answer, problem)


def decide(settings: Settings, yes: bool) -> None:
    """Keep the reader's yes or no to the server in the settings.

    Raises
    ------
    InputError
        The file of consents cannot be written.
    """
    agree(settings.home, tiles_of(settings).origin, yes=yes, actor=ACTOR)
