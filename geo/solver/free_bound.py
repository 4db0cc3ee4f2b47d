"""How good a plan with free centers could be at most, whatever its shapes are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from geo.solver.prices import Demand, FloatArray, IntArray, Prices, Squares
from geo.solver.refine import Ask

BLOCK = 8
"""Squares along the side of a block, whose units are looked up together."""

DEPTH = 5
"""Most times a square is quartered."""

FINE = 2e-4
"""Share of a territory's cost below which a square is not quartered further."""

TRIES = 5
"""Prices of load tried in a square."""

MOST_WORK = 1.5e9
"""Most units looked at in squares: some two seconds of a core."""


class Priced(NamedTuple):
    """Units and their prices, squares and theirs, as arrays; for one kind."""

    xy: FloatArray
    weight: FloatArray
    load: FloatArray
    price: FloatArray
    slope: FloatArray  # (squares,): price of load
    lower: float
    upper: float
    squared: bool
    low: FloatArray
    side: float
    wide: int
    high: int


def free_bound(
    demand: Demand, squares: Squares, prices: Prices, share: float, ask: Ask
) -> float:
    """Give the bound that prices prove, over every place a center may have.

    For a set S of units whose mean m lies in a square with middle g and half diagonal
    r, ``sum w |x - m|^2 = sum w |x - g|^2 - W |m - g|^2 >= sum w (|x - g|^2 - r^2)``:
    the square's column with these costs is below the column of every place in it.
    For plain distance, ``|x - m| >= |x - g| - r``. Squares that might hold the least
    column are quartered.

    Parameters
    ----------
    prices
        Any prices give a valid bound, those of `climb` a good one.
    share
        Cost of a typical territory; steers how far squares are quartered.

    Returns
    -------
    float
        Minus infinity where it was stopped before every place was looked at.
    """
    total = float(prices.unit.sum())
    for kind, count in enumerate(demand.count):
        priced = Priced(
            demand.xy,
            demand.weight,
            demand.load,
            prices.unit,
            prices.load[kind],
            float(demand.lower[kind]),
            float(demand.upper[kind]),
            demand.squared,
            squares.low,
            squares.side,
            squares.wide,
            squares.high,
        )
        enough = float(prices.least[kind]) - FINE * share
        least, work = np.inf, MOST_WORK / len(demand.count)
        for first, last in _blocks(squares):
            if ask(0.0):
                return -np.inf
            least, work = _look(priced, first, last, enough, least, work)
        total += float(count) * least
    return total - 1e-9 * abs(total)


def _blocks(squares: Squares) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Give the first and the last column and row of each block of squares."""
    return [
        (
            (column, row),
            (min(column + BLOCK, squares.wide), min(row + BLOCK, squares.high)),
        )
        for row in range(0, squares.high, BLOCK)
        for column in range(0, squares.wide, BLOCK)
    ]


@njit(cache=True)
def _look(
    p: Priced,
    first: tuple[int, int],
    last: tuple[int, int],
    enough: float,
    least: float,
    work: float,
) -> tuple[float, float]:
    """Give the least column in the squares of a block, and `least`.

    What reaches `enough` is not quartered. `work` is what may still be looked at; what
    is left of it is the second thing given.
    """
    west, south = p.low[0] + first[0] * p.side, p.low[1] + first[1] * p.side
    east, north = p.low[0] + last[0] * p.side, p.low[1] + last[1] * p.side
    everyone = np.arange(len(p.load))
    block = _reached(p, everyone, p.slope.min(), west, east, south, north)
    stack = np.empty((4 * DEPTH + 4, 5))
    for row in range(first[1], last[1]):
        for column in range(first[0], last[0]):
            x, y = p.low[0] + (column + 0.5) * p.side, p.low[1] + (row + 0.5) * p.side
            half = p.side / 2
            low, high = _slopes_around(p, row, column)
            units = _reached(p, block, low, x - half, x + half, y - half, y + half)
            stack[0] = (x, y, half, p.slope[row * p.wide + column], 0.0)
            top = 1
            while top > 0:
                top -= 1
                x, y, half, slope, depth = stack[top]
                wanted = min(enough, least)
                proven, slope, seen = _proven(
                    p, units, x, y, half, slope, low, high, wanted
                )
                work -= seen
                if depth >= DEPTH or work < 0 or proven >= wanted:
                    least = min(least, proven)
                    continue
                for q in range(4):
                    east_of = half / 2 if q % 2 else -half / 2
                    north_of = half / 2 if q // 2 else -half / 2
                    stack[top, 0], stack[top, 1] = x + east_of, y + north_of
                    stack[top, 2], stack[top, 3] = half / 2, slope
                    stack[top, 4] = depth + 1
                    top += 1
    return least, work


@njit(cache=True)
def _slopes_around(p: Priced, row: int, column: int) -> tuple[float, float]:
    """Give the least and the greatest price of load in a square and around it."""
    low, high = np.inf, -np.inf
    for r in range(max(row - 1, 0), min(row + 2, p.high)):
        for c in range(max(column - 1, 0), min(column + 2, p.wide)):
            low = min(low, p.slope[r * p.wide + c])
            high = max(high, p.slope[r * p.wide + c])
    return low, high


@njit(cache=True)
def _reached(
    p: Priced,
    among: IntArray,
    slope: float,
    west: float,
    east: float,
    south: float,
    north: float,
) -> IntArray:
    """Give the units that a center somewhere in a box might gain from."""
    out, count = np.empty(len(among), np.int64), 0
    for i in among:
        dx = max(west - p.xy[i, 0], p.xy[i, 0] - east, 0.0)
        dy = max(south - p.xy[i, 1], p.xy[i, 1] - north, 0.0)
        away = dx * dx + dy * dy
        cost = p.weight[i] * (away if p.squared else np.sqrt(away))
        if cost + p.load[i] * slope < p.price[i]:
            out[count] = i
            count += 1
    return out[:count]


@njit(cache=True)
def _proven(
    p: Priced,
    units: IntArray,
    x: float,
    y: float,
    half: float,
    slope: float,
    low: float,
    high: float,
    enough: float,
) -> tuple[float, float, float]:
    """Give what no column in a square is below, the price of load, and the work.

    Any price is valid; some are tried by halving, dearer if too much load is taken.
    """
    r2 = 2.0 * half * half
    r = np.sqrt(r2)
    best, at, seen = -np.inf, slope, 0.0
    for _ in range(TRIES):
        value = p.lower * max(-slope, 0.0) - p.upper * max(slope, 0.0)
        taken = 0.0
        for i in units:
            away = (p.xy[i, 0] - x) ** 2 + (p.xy[i, 1] - y) ** 2
            away = away - r2 if p.squared else max(np.sqrt(away) - r, 0.0)
            gain = p.weight[i] * away + p.load[i] * slope - p.price[i]
            if gain < 0.0:
                value += gain
                taken += p.load[i]
        seen += len(units)
        if value > best:
            best, at = value, slope
        settled = slope == 0.0 and p.lower <= taken <= p.upper
        if best >= enough or high <= low or settled:
            break
        wanted = p.upper if slope > 0.0 or taken > p.upper else p.lower
        if taken > wanted:
            low = slope
        else:
            high = slope
        slope = (low + high) / 2 if low * high >= 0.0 or slope == 0.0 else 0.0
    return best, at, seen
