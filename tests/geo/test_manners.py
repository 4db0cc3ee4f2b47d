"""A search that is told to stop does so at once, and gives a whole plan."""

from __future__ import annotations

import time

import numpy as np
import pytest

from geo.contiguity import delaunay
from geo.costs import SquaredDistance
from geo.design import Progress, Result, design
from geo.frames import UnitTable, equal_targets
from geo.solver.mip import solve
from geo.warm import warm_up
from tests.geo.grounds import in_one_piece

PATIENCE_S = 2.0


class Told:
    """Cancels at a question, and times the silence before and after, CPU seconds."""

    def __init__(self, at: float) -> None:
        self.at, self.asked, self.longest = at, 0, 0.0
        self.last = time.thread_time()

    def __call__(self, _: Progress) -> bool:
        now = time.thread_time()
        self.asked += 1
        self.longest, self.last = max(self.longest, now - self.last), now
        return self.asked >= self.at


def ground(n: int, k: int):
    rng = np.random.default_rng(5)
    xy, load = rng.uniform(0, 1e5, (n, 2)), rng.integers(1, 4, n).astype(float)
    ids = np.array([f"u{i}" for i in range(n)], dtype=object)
    table = UnitTable("points@test#0", ids, xy, ("accounts",), load[:, None], load)
    targets = equal_targets(k, {"accounts": load.sum()}, {"accounts": 0.05})
    return table, delaunay(xy), targets


def cancelled(task, at: float) -> tuple[Result, Told]:
    table, graph, targets = task
    told = Told(at)
    result = design(
        table,
        graph,
        SquaredDistance(table),
        territories=targets,
        rng=np.random.default_rng(1),
        stop=told,
    )
    return result, told


@pytest.mark.parametrize(("n", "k"), [(3_000, 80), (100_000, 50)])
def test_a_cancel_is_heard_within_two_seconds(n: int, k: int) -> None:
    warm_up()
    task = ground(n, k)
    for at in (1, int(np.random.default_rng(n).integers(2, 60))):
        result, told = cancelled(task, at)
        after = time.thread_time() - told.last
        assert result.stopped == "cancelled"
        assert told.asked == at
        assert told.longest < PATIENCE_S
        assert after < PATIENCE_S
        assert len(result.plan.assignment) == n
        assert in_one_piece(result.plan.assignment, task[1])


def test_no_step_of_a_whole_search_is_silent_for_long() -> None:
    warm_up()
    result, told = cancelled(ground(800, 25), np.inf)
    assert result.status == "feasible"
    assert result.stopped == "converged"
    assert told.longest < PATIENCE_S


def test_a_hard_program_is_called_off() -> None:
    """Thirty knapsacks at once take HiGHS far longer than a second."""
    from scipy.optimize import Bounds, LinearConstraint

    rng = np.random.default_rng(1)
    weight = rng.integers(1, 50, (30, 60))
    asked: list[float] = []

    def ask(share: float) -> bool:
        asked.append(share)
        return len(asked) >= 3

    began = time.perf_counter()
    found = solve(
        -rng.integers(1, 50, 60),
        ask,
        integrality=np.ones(60),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(weight, -np.inf, weight.sum(axis=1) / 2),
        options={"node_limit": 2_000},
    )
    assert found is None or len(asked) < 3
    assert time.perf_counter() - began < 30


def test_a_program_that_is_not_called_off_gives_its_answer() -> None:
    found = solve(np.array([1.0, -2.0]), lambda _: False, integrality=np.ones(2))
    assert found is not None


def test_a_wrong_program_says_so_to_the_asker() -> None:
    with pytest.raises(ValueError, match="integrality"):
        solve(np.ones(2), lambda _: False, integrality=np.full(5, 7))
