"""A good order of many stops: PyVRP's, then improved under every rule of the day.

PyVRP (Wouda, Lan & Kool 2024, "PyVRP: a high-performance VRP solver package", INFORMS
Journal on Computing 36) knows windows and the end of the day, not lunch and fixed
places: `routing.anneal` starts from its order and keeps those too. Both run a fixed
number of rounds from a fixed seed: the same day has the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routing.anneal import anneal
from routing.day_problem import FAR, DayProblem, Ints

ROUNDS_OF_PYVRP = 300
ROUNDS_PER_STOP, MOST_ROUNDS = 400, 20_000
"""Ruins tried for each stop of the day, and in all."""

ROUNDS_BEGUN = 100
"""Ruins tried for each stop of a day that begins in a good order."""

SEED = 1


def improved(problem: DayProblem, *, begun: Sequence[int] | None = None) -> Ints:
    """Give a good choice and order of stops, shape (m,), that keeps every rule.

    Parameters
    ----------
    begun
        An order of all stops to begin with; PyVRP's if None.
    """
    if begun is not None:
        order = np.array(begun, dtype=np.int64)
        return anneal(problem, order, rounds=ROUNDS_BEGUN * problem.n)
    first = proven(problem, rounds=ROUNDS_OF_PYVRP)
    rounds = min(ROUNDS_PER_STOP * problem.n, MOST_ROUNDS)
    return anneal(problem, first, rounds=rounds)


def proven(problem: DayProblem, *, rounds: int) -> Ints:
    """Give PyVRP's choice and order of stops, shape (m,), without lunch and pins.

    The day ends earlier by the length of lunch; of several windows the first opening
    and the last closing count.
    """
    from pyvrp import Model
    from pyvrp.stop import MaxIterations

    model, n = Model(), problem.n
    places = [model.add_location(0, 0) for _ in range(n + 2)]
    farthest = int(np.where(problem.drive < FAR, problem.drive, 0).max())
    worth = problem.value / max(float(problem.value.max()), 1e-9)
    for stop in range(n):
        model.add_client(
            places[stop],
            service_duration=int(problem.visit[stop]),
            tw_early=int(problem.opens[stop].min()),
            tw_late=int(problem.closes[stop].max()),
            prize=1 + round(farthest * (n + 2) * float(worth[stop])),
            required=False,
        )
    lunch = int(problem.tables.clock[2])
    model.add_vehicle_type(
        start_depot=model.add_depot(places[n]),
        end_depot=model.add_depot(places[n + 1]),
        tw_early=problem.start,
        tw_late=max(problem.start, problem.back_by - lunch),
        start_late=problem.start,
    )
    for here, row in enumerate(problem.drive.tolist()):
        for there, drive in enumerate(row):
            if here != there:
                model.add_edge(places[here], places[there], drive, drive)
    found = model.solve(MaxIterations(rounds), seed=SEED, display=False).best
    visits = [a.idx for tour in found.routes() for a in tour if a.is_client()]
    return np.array(visits, dtype=np.int64)
