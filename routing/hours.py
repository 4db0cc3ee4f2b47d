"""Opening hours as people write them: 09:00, 9 am, or 8:00;13:00 for two windows."""

from __future__ import annotations

import re

from geo.errors import InputError
from routing.reasons import hhmm

CLOCK = re.compile(
    r"(?P<h>\d{1,2})(?:[:.h](?P<m>\d{2}))?(?::(?P<s>\d{2}))?\s*(?P<half>[ap]\.?m\.?)?",
    re.IGNORECASE,
)
DAY_S = 24 * 3600.0


def clock_s(text: str, *, where: str = "") -> float:
    """Give seconds after midnight of a time of day such as 09:30 or 9:30 pm.

    Raises
    ------
    InputError
        It is no time of day.
    """
    found = CLOCK.fullmatch(text.strip())
    if found:
        hour, half = int(found["h"]), (found["half"] or "").lower()[:1]
        minute, second = int(found["m"] or 0), int(found["s"] or 0)
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
            half = ""
        seconds = hour * 3600.0 + minute * 60 + second
        if not half and minute < 60 and second < 60 and seconds <= DAY_S:
            return seconds
    raise InputError(
        f"'{text}' is no time of day", where=where, fix="Write it as 09:30"
    )


def windows_in(
    open_text: str, close_text: str, *, where: str = ""
) -> list[tuple[float | None, float | None]]:
    """Read opening hours; several a day are separated by ``;`` in both texts.

    Returns
    -------
    list of tuple
        (open, close) of each window, seconds after midnight, None for no limit; one
        without limits where nothing is said.

    Raises
    ------
    InputError
        A time cannot be read, hours do not come in pairs, or one closes too early.
    """
    opens = [part for part in open_text.split(";") if part.strip()]
    shuts = [part for part in close_text.split(";") if part.strip()]
    if max(len(opens), len(shuts)) > 1 and len(opens) != len(shuts):
        raise InputError(
            "Hours do not come in pairs",
            where=where,
            fix="Write as many times under open as under close",
        )
    found = [
        (
            clock_s(opens[i], where=where) if i < len(opens) else None,
            clock_s(shuts[i], where=where) if i < len(shuts) else None,
        )
        for i in range(max(len(opens), len(shuts), 1))
    ]
    for opened, shut in found:
        if opened is not None and shut is not None and shut < opened:
            raise InputError(
                f"A stop closes {hhmm(shut)} before it opens {hhmm(opened)}",
                where=where,
                fix="Correct its hours",
            )
    return found
