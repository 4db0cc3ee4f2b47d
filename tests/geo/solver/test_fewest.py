"""The program for the fewest moves: near the least there is, within bounds."""

from __future__ import annotations

import numpy as np
import pytest

from geo.costs import SquaredDistance
from geo.design import Rules
from geo.solver.fewest import fewest_moves
from geo.solver.levels import Level, finest
from geo.solver.problem import state_problem
from geo.solver.realign import priced
from geo.solver.transport import unasked
from tests.geo.grounds import evenly, in_one_piece, rectangle
from tests.geo.test_frontier import fewest_moved


def realigned(width: int, height: int, loads, today, share: float, **rules) -> Level:
    """Give the level of a realignment with two or more territories."""
    table, graph = rectangle(width, height, loads)
    k = int(today.max()) + 1
    problem = state_problem(
        table,
        graph,
        SquaredDistance(table),
        territories=evenly(table, k, share),
        rules=Rules(**rules),
        kept=np.eye(k)[today] * loads[:, None],
    )
    return finest(priced(problem))


def moved_by(level: Level, today):
    """Give the labels of the units the program chose, in the order of the ground."""
    order = level.problem.order
    labels = fewest_moves(level.ground, today[order][level.row], unasked)
    if labels is None:
        return None
    units = np.empty(len(today), np.intp)
    units[order] = labels[level.cell]
    return units


@pytest.mark.parametrize("seed", range(12))
def test_it_loses_no_more_than_the_least_and_the_gap(seed: int) -> None:
    loads = np.random.default_rng(seed).integers(1, 6, 9).astype(float)
    table, graph = rectangle(3, 3, loads)
    today, targets = np.repeat([0, 0, 1], 3), evenly(table, 2, 0.15)
    least = fewest_moved(table, graph, targets, today)
    level = realigned(3, 3, loads, today, 0.15)
    units = moved_by(level, today)
    if not np.isfinite(least):
        assert units is None or not in_one_piece(units, graph)
        return
    assert units is not None
    assert in_one_piece(units, graph)
    assert loads[units != today].sum() == pytest.approx(least)


def test_heavy_units_stay_where_light_ones_will_do() -> None:
    loads = np.array([8.0, 1.0, 1.0, 6.0, 1.0, 1.0, 5.0, 1.0])
    today = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    level = realigned(8, 1, loads, today, 0.5)
    assert (moved_by(level, today) == today).all()


def test_ground_that_must_stay_is_never_given_away() -> None:
    loads = np.array([4.0, 4.0, 4.0, 4.0, 4.0, 1.0, 1.0, 2.0])
    today = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    level = realigned(8, 1, loads, today, 0.4)
    order = level.problem.order
    ground = level.ground._replace(fixed=order[level.row] == 4)
    assert fewest_moves(ground, today[order][level.row], unasked) is None


def test_a_wish_to_stop_is_heard_before_there_is_anything() -> None:
    loads = np.array([4.0, 4.0, 4.0, 4.0, 4.0, 1.0, 1.0, 2.0])
    today = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    level = realigned(8, 1, loads, today, 0.4)
    cells = today[level.problem.order][level.row]
    assert fewest_moves(level.ground, cells, unasked) is not None
    assert fewest_moves(level.ground, cells, lambda _: True) is None
