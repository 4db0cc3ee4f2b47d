"""Prices of units that make every place of a center earn alike: they prove a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.solver.refine import Ask

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SQUARES_PER_TERRITORY = 24
FEWEST_SQUARES, MOST_SQUARES = 150, 4_000
REACH = 2.5
"""Loads of the largest territory that lie near a place, as the climb looks at it."""

FOLLOW = 6

STEPS = 240
FIRST_STEP, DECAY = 1.0, 1e-3
MEMORY = 0.7
"""Share of the last direction that the next one keeps."""

SOFT = 0.1
"""First softness of the least column, in shares of a territory's cost."""

FAINT = 1e-3
"""Share of the best odds below which a place does not count in a step."""

EMPTY = np.zeros(0)


@dataclass(frozen=True, eq=False)
class Demand:
    """What is to be shared out, and to how many territories of which kind.

    Parameters
    ----------
    xy, weight, load
        Shapes (n, 2) in km, (n,) and (n,): one measure.
    lower, upper, count
        Shape (c,): finite bounds of each kind of territory, and how many there are.
    squared
        Whether a unit costs weight x km^2 to the mean, or weight x km.
    """

    xy: FloatArray
    weight: FloatArray
    load: FloatArray
    lower: FloatArray
    upper: FloatArray
    count: IntArray
    squared: bool

    def cost(self, away: FloatArray, unit: NDArray[np.intp]) -> FloatArray:
        """Give the cost of these units at these distances, km."""
        return self.weight[unit] * (away**2 if self.squared else away)


@dataclass(frozen=True, eq=False)
class Squares:
    """Equal squares that cover the ground, row by row.

    Parameters
    ----------
    low
        Shape (2,), km: the south-western corner.
    side
        Of a square, km.
    wide, high
        Squares from west to east, and from south to north.
    """

    low: FloatArray
    side: float
    wide: int
    high: int

    @property
    def middles(self) -> FloatArray:
        """The middle of each square; shape (wide x high, 2)."""
        number = np.arange(self.wide * self.high)
        place = np.column_stack([number % self.wide, number // self.wide])
        middles: FloatArray = self.low + self.side * (place + 0.5)
        return middles


class Bundle(NamedTuple):
    """What the columns of some places hang on, as arrays."""

    places: FloatArray  # (g, 2)
    unit: IntArray  # (squares, near)
    list: IntArray  # (g,): the row of `unit` with the units near a place
    xy: FloatArray
    weight: FloatArray
    load: FloatArray
    price: FloatArray
    lower: float
    upper: float
    squared: bool


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices that prove a bound.

    Parameters
    ----------
    unit
        Shape (n,): what serving each unit is worth.
    load
        Shape (c, g): price of load in each square, for each kind of territory.
    at_center
        Shape (k,): price of load at the centers of the plan at hand.
    least
        Shape (c,): the least column the climb saw; steers what is looked at closely.
    """

    unit: FloatArray
    load: FloatArray
    at_center: FloatArray
    least: FloatArray


def squares_over(xy: FloatArray, k: int) -> Squares:
    """Cover the ground of these units, some two dozen squares a territory."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    longest = max(float((high - low).max()), 1e-6)
    span = np.maximum(high - low, 1e-3 * longest)
    count = float(np.clip(SQUARES_PER_TERRITORY * k, FEWEST_SQUARES, MOST_SQUARES))
    side = max(float(np.sqrt(span.prod() / count)), longest / count)
    wide, tall = np.ceil(span / side * (1 + 1e-12)).astype(int)
    return Squares(low, side, int(wide), int(tall))


def climb(
    demand: Demand,
    squares: Squares,
    labels: NDArray[np.intp],
    centers: FloatArray,
    ask: Ask,
) -> Prices:
    """Raise the prices of units until no place of a center earns more than others.

    For prices a, ``sum a + sum over territories of the least column`` is below the
    cost of every plan; the column of a place is ``min sum (c_i - a_i) x_i`` over
    shares x whose load keeps the territory's bounds. The prices follow the gradient
    with the least column softened by entropy, by Polyak's step.

    Parameters
    ----------
    labels, centers
        A plan at hand, shapes (n,) and (k, 2) km; its own prices are the first.

    References
    ----------
    Validi, Buchanan, Lykhovyd, Operations Research (2022), for the Lagrangian of the
    model with centers at units; Polyak, USSR Comp. Math. and Math. Physics 9 (1969).
    """
    k, n = len(centers), len(labels)
    unit = _near(demand, squares.middles)
    places = np.vstack([centers, squares.middles, squares.middles])
    fixed = k + len(unit)
    own = demand.cost(np.hypot(*(demand.xy - centers[labels]).T), np.arange(n))
    incumbent = float(own.sum())
    share = max(incumbent, np.finfo(float).tiny) / k
    bulk = np.maximum(np.bincount(labels, demand.weight, k), np.finfo(float).tiny)
    price = own + share * demand.weight / bulk[labels]
    grain = np.sqrt(price + 1e-9 * share)
    grain /= grain.mean()
    drift, best, kept = np.zeros(n), -np.inf, price
    for turn in range(STEPS):
        done = turn / STEPS
        step, soft = FIRST_STEP * DECAY**done, SOFT * share * DECAY**done
        value, taken = float(price.sum()), np.zeros(n)
        for kind, count in enumerate(demand.count):
            worth, _, mean = _columns(demand, squares, unit, places, price, kind)
            odds = np.exp(-(worth - worth.min()) / soft)
            value += float(count * worth.min())
            odds *= count / odds.sum()
            _take(demand, squares, unit, places, price, kind, odds, taken)
        if value > best:
            best, kept = value, price
        if ask(done):
            break
        drift = MEMORY * drift + 1.0 - taken
        norm = float((grain * drift) @ drift)
        if norm == 0.0:
            break
        ahead = max(incumbent - value, 1e-6 * incumbent)
        price = price + (step * ahead / norm) * grain * drift
        if turn % FOLLOW == FOLLOW - 1 and turn < STEPS - FOLLOW:
            places[fixed:], best = mean[fixed:], -np.inf
    kinds = range(len(demand.count))
    last = [_columns(demand, squares, unit, places, kept, c) for c in kinds]
    slope = np.array([column[1] for column in last])
    least = np.array([column[0].min() for column in last])
    return Prices(kept, slope[:, k:fixed], slope[0, :k], least)


def _near(demand: Demand, places: FloatArray) -> IntArray:
    """Give the units near each place, nearest first; shape (g, near)."""
    n, total = len(demand.load), float(demand.load.sum())
    wanted = n * REACH * float(demand.upper.max()) / total if total > 0 else n
    near = min(n, int(np.ceil(wanted)) + 1)
    unit = cKDTree(demand.xy).query(places, k=list(range(1, near + 1)))[1]
    out: IntArray = unit.astype(np.int64)
    return out


def _columns(
    demand: Demand,
    squares: Squares,
    unit: IntArray,
    places: FloatArray,
    price: FloatArray,
    kind: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give each place its column, the price of its load, and the mean it takes."""
    return _fill(
        _bundle(demand, squares, unit, places, price, kind), np.ones(len(places)), EMPTY
    )


def _take(
    demand: Demand,
    squares: Squares,
    unit: IntArray,
    places: FloatArray,
    price: FloatArray,
    kind: int,
    odds: FloatArray,
    taken: FloatArray,
) -> None:
    """Add what each place takes of each unit, times its odds, to `taken`."""
    odds = np.where(odds > FAINT * odds.max(), odds, 0.0)
    _fill(_bundle(demand, squares, unit, places, price, kind), odds, taken)


def _bundle(
    demand: Demand,
    squares: Squares,
    unit: IntArray,
    places: FloatArray,
    price: FloatArray,
    kind: int,
) -> Bundle:
    at = np.floor((places - squares.low) / squares.side).astype(np.int64)
    at = np.clip(at, 0, [squares.wide - 1, squares.high - 1])
    return Bundle(
        places,
        unit,
        at[:, 0] + squares.wide * at[:, 1],
        demand.xy,
        demand.weight,
        demand.load,
        price,
        float(demand.lower[kind]),
        float(demand.upper[kind]),
        demand.squared,
    )


@njit(cache=True)
def _fill(
    b: Bundle, odds: FloatArray, taken: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Solve the fractional knapsack of each place: all gains, then what bounds ask."""
    places, near = len(b.places), b.unit.shape[1]
    worth, slope, mean = np.zeros(places), np.zeros(places), b.places.copy()
    part, extra = np.empty(near), np.empty(near)
    rate, order = np.empty(near), np.empty(near, np.int64)
    for g in range(places):
        if odds[g] == 0.0:
            continue
        mine = b.unit[b.list[g]]
        gained = 0.0
        for q in range(near):
            i = mine[q]
            away = (b.xy[i, 0] - b.places[g, 0]) ** 2
            away += (b.xy[i, 1] - b.places[g, 1]) ** 2
            if not b.squared:
                away = np.sqrt(away)
            extra[q] = b.weight[i] * away - b.price[i]
            part[q] = 1.0 if extra[q] < 0.0 else 0.0
            if extra[q] < 0.0:
                worth[g] += extra[q]
                gained += b.load[i]
        if gained < b.lower or gained > b.upper:
            # too much: the least gains leave; too little: the least losses come
            excess, count = gained > b.upper, 0
            for q in range(near):
                i = mine[q]
                if b.load[i] > 0.0 and (part[q] == 1.0) == excess:
                    rate[count] = abs(extra[q]) / b.load[i]
                    order[count] = q
                    count += 1
            left = gained - b.upper if excess else b.lower - gained
            at, share = _cut(rate, order, mine, b.load, count, left)
            for c in range(count):
                q = order[c]
                moved = 1.0 if rate[c] < at else (share if rate[c] == at else 0.0)
                part[q] = 1.0 - moved if excess else moved
                worth[g] += moved * rate[c] * b.load[mine[q]]
            slope[g] = at if excess else -at
        x, y, bulk = 0.0, 0.0, 0.0
        for q in range(near):
            if part[q] > 0.0:
                pull = part[q] * b.weight[mine[q]]
                x += pull * b.xy[mine[q], 0]
                y += pull * b.xy[mine[q], 1]
                bulk += pull
                if len(taken):
                    taken[mine[q]] += odds[g] * part[q]
        if bulk > 0.0:
            mean[g] = x / bulk, y / bulk
    return worth, slope, mean


@njit(cache=True)
def _cut(
    rate: FloatArray,
    order: IntArray,
    unit: IntArray,
    load: FloatArray,
    count: int,
    left: float,
) -> tuple[float, float]:
    """Give the rate at which the least rates fill a load, and the share taken there.

    Quickselect by load; `rate` and `order` are permuted.
    """
    low, high, below = 0, count, 0.0
    while low < high:
        pivot = rate[(low + high) // 2]
        same, i, over, less, equal = low, low, high, 0.0, 0.0
        while i < over:
            if rate[i] < pivot:
                rate[i], rate[same] = rate[same], rate[i]
                order[i], order[same] = order[same], order[i]
                less += load[unit[order[same]]]
                same += 1
                i += 1
            elif rate[i] > pivot:
                over -= 1
                rate[i], rate[over] = rate[over], rate[i]
                order[i], order[over] = order[over], order[i]
            else:
                equal += load[unit[order[i]]]
                i += 1
        if same > low and below + less >= left:
            high = same
        elif over == high or below + less + equal >= left:
            return pivot, min(max(left - below - less, 0.0) / equal, 1.0)
        else:
            below += less + equal
            low = over
    return 0.0, 0.0
