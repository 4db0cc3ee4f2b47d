"""Days whose drive times are written down, or drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing.day import Day, Stop
from routing.engine import Reason, TravelMatrix

HOME = (0.0, 0.0)
MINUTE, HOUR = 60.0, 3600.0


@dataclass(frozen=True)
class Street:
    """One street: a degree of longitude is an hour; north of it no road leads there.

    A point at latitude 2 can be reached and not left.
    """

    name: str = "street"
    estimated: bool = False
    expected_error: float = 0.0

    def matrix(
        self, origins: NDArray[np.float64], destinations: NDArray[np.float64]
    ) -> TravelMatrix:
        """Give hours of longitude apart, at 60 km/h."""
        a, b = np.atleast_2d(origins), np.atleast_2d(destinations)
        drive_s = np.abs(a[:, None, 0] - b[None, :, 0]) * HOUR
        reason = np.zeros(drive_s.shape, dtype=np.uint8)
        reason[:, b[:, 1] == 1] = Reason.NO_WAY
        reason[a[:, 1] >= 1] = Reason.NO_WAY
        reason[:, b[:, 1] == 3] = Reason.OFF_NETWORK
        reason[a[:, 1] == 3] = Reason.OFF_NETWORK
        drive_s[reason != Reason.FOUND] = np.nan
        return TravelMatrix(drive_s, drive_s * 1000 / 60, reason, estimated=False)


@dataclass(frozen=True)
class Crow:
    """A plane: a degree is an hour; whole milliseconds, never a short cut."""

    name: str = "crow"
    estimated: bool = True
    expected_error: float = 0.5

    def matrix(
        self, origins: NDArray[np.float64], destinations: NDArray[np.float64]
    ) -> TravelMatrix:
        """Give hours of degrees apart along the axes."""
        a, b = np.atleast_2d(origins), np.atleast_2d(destinations)
        drive_s = np.abs(a[:, None] - b[None]).sum(axis=2) * HOUR
        reason = np.zeros(drive_s.shape, dtype=np.uint8)
        return TravelMatrix(drive_s, drive_s * 10, reason, estimated=True)


def stop(stop_id: str, lon: float, minutes: float = 30.0, **more: object) -> Stop:
    """Give a stop on the street."""
    return Stop(stop_id, lon, 0.0, minutes * MINUTE, **more)  # type: ignore[arg-type]


@st.composite
def days(draw: st.DrawFn, *, most: int, windows: bool = True) -> tuple[list[Stop], Day]:
    """Draw stops around home, some with one or two windows, and a day."""
    stops = []
    for k in range(draw(st.integers(0, most))):
        x, y = (draw(st.integers(-8, 8)) / 8 for _ in range(2))
        opened = shut = None
        also: tuple[tuple[float, float], ...] = ()
        if windows and draw(st.booleans()):
            opened = draw(st.integers(7, 15)) * HOUR
            shut = opened + draw(st.integers(1, 8)) * 30 * MINUTE
            if draw(st.booleans()):
                also = ((shut + HOUR, shut + 2 * HOUR),)
        visit_s = draw(st.integers(0, 4)) * 15 * MINUTE
        stops.append(
            Stop(f"s{k}", x, y, visit_s, opened, shut, f"Stop {k}", also_open=also)
        )
    lunch_s = draw(st.sampled_from([0.0, 30 * MINUTE, HOUR]))
    end = draw(st.sampled_from([None, 14 * HOUR, 18 * HOUR]))
    start_s = draw(st.sampled_from([6 * HOUR, 8 * HOUR, 12.75 * HOUR, 15 * HOUR]))
    return stops, Day(start_s=start_s, return_by_s=end, lunch_s=lunch_s)
