"""Every order of every choice of stops, with every place for lunch.

Nothing here is shared with `routing`: a depth-first enumeration that cuts off a branch
only when it can keep no more stops and drives longer already.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from routing.day import Day, Stop
from routing.engine import TravelEngine

Floats = NDArray[np.float64]
EPS = 1e-6


def enumerated(
    stops: list[Stop], day: Day, engine: TravelEngine, home: tuple[float, float]
) -> tuple[int, float, float]:
    """Give stops kept, seconds of driving and the return of the best day there is."""
    points = np.array([*((s.lon, s.lat) for s in stops), home])
    drive = np.nan_to_num(engine.matrix(points, points).drive_s, nan=1e9)
    drive = np.round(drive, 3)
    windows = np.full((len(stops), 2, 2), -1.0)
    for k, stop in enumerate(stops):
        spans = [(stop.open_s or 0.0, 1e9 if stop.close_s is None else stop.close_s)]
        for w, span in enumerate([*spans, *stop.also_open]):
            windows[k, w] = span
    hours = np.array(
        [
            1e9 if day.return_by_s is None else day.return_by_s,
            day.lunch_s,
            day.lunch_from_s,
            day.lunch_to_s - day.lunch_s,
        ]
    )
    visit = np.array([stop.visit_s for stop in stops])
    best = np.array([-1.0, np.inf, np.inf])
    fed = day.lunch_s == 0 or day.start_s > day.lunch_to_s - day.lunch_s
    used = np.zeros(len(stops), dtype=np.bool_)
    _visit(drive, windows, visit, hours, used, len(stops), day.start_s, 0.0, fed, best)
    return int(best[0]), round(float(best[1]), 3), round(float(best[2]), 3)


@njit
def _visit(
    drive: Floats,
    windows: Floats,
    visit: Floats,
    hours: Floats,
    used: NDArray[np.bool_],
    here: int,
    clock: float,
    driven: float,
    fed: bool,
    best: Floats,
) -> None:
    n = len(visit)
    kept = used.sum()
    _home(drive[here, n], hours, kept, clock, driven, fed, best)
    if kept == n:
        return
    if best[0] == n and driven > best[1] + EPS:
        return
    for stop in range(n):
        if used[stop] or drive[here, stop] > 1e8:
            continue
        leg = drive[here, stop]
        for meal in range(1 if fed else 4):
            free = _free(meal, clock, leg, hours)
            begin = _begin(windows[stop], free)
            if begin < 0:
                continue
            used[stop] = True
            _visit(
                drive,
                windows,
                visit,
                hours,
                used,
                stop,
                begin + visit[stop],
                driven + leg,
                fed or meal > 0,
                best,
            )
            used[stop] = False


@njit
def _free(meal: int, clock: float, leg: float, hours: Floats) -> float:
    """Give when one is free: without lunch, at the door, before leaving, on the way."""
    lunch, first, last = hours[1], hours[2], hours[3]
    if meal == 0:
        return clock + leg
    if meal == 1:
        at = max(clock + leg, first)
        return at + lunch if at <= last else -1.0
    if meal == 2:
        at = max(clock, first)
        return at + lunch + leg if at <= last else -1.0
    return clock + leg + lunch if clock < first < clock + leg else -1.0


@njit
def _begin(spans: Floats, free: float) -> float:
    """Give the earliest beginning in any window, or -1."""
    begin = -1.0
    for w in range(len(spans)):
        if 0 <= free <= spans[w, 1] + EPS:
            at = max(free, spans[w, 0])
            if begin < 0 or at < begin:
                begin = at
    return begin


@njit
def _home(
    leg: float,
    hours: Floats,
    kept: int,
    clock: float,
    driven: float,
    fed: bool,
    best: Floats,
) -> None:
    """Keep the day that ends now if it is the best so far."""
    back = clock + leg
    if not fed and back > hours[3]:
        back = np.inf
        for meal in range(2, 4):
            tried = _free(meal, clock, leg, hours)
            if 0 <= tried < back:
                back = tried
    if back > hours[0] + EPS:
        return
    whole = driven + leg
    better = kept > best[0]
    if kept == best[0]:
        better = whole < best[1] - EPS
        if abs(whole - best[1]) <= EPS:
            better = back < best[2]
    if better:
        best[0], best[1], best[2] = kept, whole, back
