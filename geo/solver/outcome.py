"""What a found plan is worth, and what stands in its way."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from geo.costs import squared_km
from geo.design import Result, Status, Stopped
from geo.plan import Plan, territory_table
from geo.solver.certify import Proof, prove
from geo.solver.diagnose import Diagnosis
from geo.solver.levels import finest
from geo.solver.problem import ROUNDING, Problem
from geo.solver.refine import Ask
from geo.solver.repair import parts

PROVEN_AT_ONCE = 3_500
"""Units up to which each plan comes with a bound; above that it is asked for."""

EVEN_STEPS = 1000
"""Tolerances in a relaxation are rounded up to this part of the target."""


def unasked(_: float) -> bool:
    """End a proof before it begins."""
    return True


def outcome(
    problem: Problem,
    diagnosis: Diagnosis,
    labels: NDArray[np.intp],
    stopped: Stopped,
    *,
    keep: bool = False,
    ask: Ask = unasked,
) -> Result:
    """Judge labels against every rule, on units, and write them as a plan.

    Parameters
    ----------
    labels
        Shape (n,), in the canonical order of the problem.
    keep
        Leave the territories' ids as they are.
    ask
        Asked while a bound is proven for a plan that keeps every rule.
    """
    labels = labels if keep else renumbered(problem, labels)
    missed = broken_rules(problem, labels)
    binding = [*diagnosis.binding, *missed]
    relaxations = [*diagnosis.relaxations, *_mends(problem, labels)]
    status: Status = "feasible"
    if binding:
        status = "infeasible" if diagnosis.binding else "not_found"
    worth = objective(problem, labels)
    proof = Proof(float("nan"), "A plan that breaks a rule has no bound")
    if not binding:
        proof = Proof(float("nan"), "Not proven yet")
        if len(labels) <= PROVEN_AT_ONCE:
            proof = prove(problem, labels, ask)
    return Result(
        plan=_plan(problem, labels),
        status=status,
        stopped=stopped,
        objective=worth,
        lower_bound=proof.bound,
        gap=gap_of(worth, proof.bound),
        objective_unit=problem.cost.unit,
        deviation=deviation(problem, labels),
        binding=tuple(binding),
        relaxations=tuple(dict.fromkeys(relaxations)) if binding else (),
        moved=_moved(problem, labels),
        proof=proof.says,
    )


def gap_of(worth: float, bound: float) -> float:
    """Give worth / bound - 1; nan without a bound."""
    if worth <= 0:
        return 0.0 if bound >= 0 else float("nan")
    return worth / bound - 1 if bound > 0 else float("nan")


def objective(problem: Problem, labels: NDArray[np.intp]) -> float:
    """Give the sum of weight x cost to the best centers of these territories."""
    return float(own_costs(problem, labels) @ problem.table.weight)


def own_costs(problem: Problem, labels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Give what each unit costs the center of its own territory, shape (n,)."""
    centers = problem.cost.recenter(labels, problem.k)
    out = np.empty(len(labels))
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=problem.k))
    for territory, rows in enumerate(np.split(order, ends[:-1])):
        if len(rows):
            center = centers[territory : territory + 1]
            out[rows] = problem.cost.block(rows, center)[:, 0]
    return out


def deviation(problem: Problem, labels: NDArray[np.intp]) -> dict[str, float]:
    """Give max |load / target - 1| over territories, measure by measure."""
    out = {}
    for j, measure in enumerate(problem.measures):
        load = np.bincount(labels, problem.loads[:, j], problem.k)
        full = problem.target[:, j] + problem.carried[:, j]
        miss = np.abs(load + problem.carried[:, j] - full)
        share = np.divide(miss, full, out=np.zeros_like(miss), where=full > 0)
        out[measure] = float(share.max())
    return out


def renumbered(problem: Problem, labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Hand the found territories to ids that are free to have any of them.

    Territories with equal bounds and no rule of their own are exchangeable. They
    keep as much as possible of what they own today, but a home a territory's width
    away counts as much as all a territory owns, unless moves are limited; else they
    go to the nearest homes; else they count from west to east.
    """
    out = labels.copy()
    for mine in _exchangeable(problem):
        if len(mine) > 1:
            out[np.isin(labels, mine)] = -1
            for old, new in zip(
                mine, mine[_handout(problem, labels, mine)], strict=True
            ):
                out[labels == old] = new
    return out


def _handout(
    problem: Problem, labels: NDArray[np.intp], mine: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Give for each of `mine` the place in `mine` it is to be renamed to."""
    centers = problem.cost.recenter(labels, problem.k)[mine]
    centers = np.where(np.isfinite(centers), centers, problem.table.xy.mean(axis=0))
    price = _strangeness(problem, labels, mine)
    if not np.isfinite(problem.max_moved):
        price += _wayside(problem.homes[mine], centers)
    if not price.any():
        place = np.empty(len(mine), np.intp)
        place[np.lexsort((centers[:, 1], centers[:, 0]))] = np.arange(len(mine))
        return place
    # between equals, from west to east
    west = np.argsort(np.lexsort((centers[:, 1], centers[:, 0])))
    price += 1e-9 * np.abs(west[:, None] - np.arange(len(mine))) / len(mine)
    names: NDArray[np.intp] = linear_sum_assignment(price)[1]
    return names


def _strangeness(
    problem: Problem, labels: NDArray[np.intp], mine: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Give what each name would lose at each place, in what a territory owns."""
    if problem.lost is None:
        return np.zeros((len(mine), len(mine)))
    price = np.column_stack(
        [np.bincount(labels, problem.lost[:, t], problem.k)[mine] for t in mine]
    )
    owned = float(problem.lost.sum()) / max(problem.k - 1, 1) / problem.k
    return price / max(owned, np.finfo(float).tiny)


def _wayside(
    homes: NDArray[np.float64], centers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give how far each name's home is from each place, in territories, squared."""
    away = np.zeros((len(centers), len(homes)))
    known = np.isfinite(homes).all(axis=1)
    if not known.any() or len(centers) < 2:
        return away
    between = squared_km(centers, centers)
    np.fill_diagonal(between, np.inf)
    apart = max(float(np.median(between.min(axis=1))), 1e-9)
    away[:, known] = squared_km(centers, homes[known]) / apart
    return away


def _exchangeable(problem: Problem) -> list[NDArray[np.intp]]:
    own = np.isin(np.arange(problem.k), problem.fixed) | problem.locked
    if problem.barred is not None:
        own |= problem.barred.any(axis=0)
    if problem.cost.kind == "fixed":
        own |= True
    features = np.hstack(
        [problem.lower, problem.target, problem.upper, problem.carried, own[:, None]]
    )
    kind = np.unique(features, axis=0, return_inverse=True)[1].ravel()
    return [np.flatnonzero((kind == number) & ~own) for number in np.unique(kind[~own])]


def broken_rules(problem: Problem, labels: NDArray[np.intp]) -> list[str]:
    """Say which targets and rules these labels miss, one sentence each."""
    out = [*_loads_missed(problem, labels), *_broken_ground(problem, labels)]
    fixed = problem.fixed
    wrong = (fixed >= 0) & (labels != fixed)
    if wrong.any():
        out.append(f"{wrong.sum()} fixed units are not where they must be")
    if problem.barred is not None:
        against = problem.barred[np.arange(len(labels)), labels]
        if against.any():
            out.append(f"{against.sum()} units lie where they are forbidden")
    if problem.rules.max_cost is not None:
        far = _too_far(problem, labels)
        if far:
            out.append(f"{far} units lie further from their center than allowed")
    moved = _moved(problem, labels)
    if np.isfinite(problem.max_moved) and moved > problem.max_moved * (1 + ROUNDING):
        out.append(f"{moved:,.0f} change hands, {problem.max_moved:,.0f} are allowed")
    return out


def _loads_missed(problem: Problem, labels: NDArray[np.intp]) -> list[str]:
    out = []
    slack = 2 * ROUNDING * problem.scale()
    for j, measure in enumerate(problem.measures):
        load = np.bincount(labels, problem.loads[:, j], problem.k)
        over = (load > problem.upper[:, j] + slack[:, j]) & ~problem.locked
        under = (load < problem.lower[:, j] - slack[:, j]) & ~problem.locked
        for t in np.flatnonzero(over | under):
            total = load[t] + problem.carried[t, j]
            side = problem.upper if over[t] else problem.lower
            bound = side[t, j] + problem.carried[t, j]
            word = "more" if over[t] else "less"
            out.append(
                f"{problem.territory_id[t]} carries {total:,.6g} of {measure}, "
                f"{word} than the {bound:,.6g} allowed"
            )
    return out


def _broken_ground(problem: Problem, labels: NDArray[np.intp]) -> list[str]:
    if not problem.rules.contiguous:
        return []
    ground = finest(problem).ground
    first = np.unique(problem.group, return_index=True)[1]
    if len(first) < len(labels):
        ground = ground._replace(
            indptr=problem.graph.indptr.astype(np.int32),
            indices=problem.graph.indices.astype(np.int32),
        )
    number = parts(labels, ground)
    owner = labels[np.unique(number, return_index=True)[1]]
    broken = np.flatnonzero(np.bincount(owner, minlength=problem.k) > 1)
    return [f"{problem.territory_id[t]} is not in one piece" for t in broken]


def _too_far(problem: Problem, labels: NDArray[np.intp]) -> int:
    limit = problem.cost.limit(float(problem.rules.max_cost or 0.0))
    return int((own_costs(problem, labels) > limit).sum())


def _mends(problem: Problem, labels: NDArray[np.intp]) -> list[str]:
    """Offer the tolerance this plan would keep, where loads are what it misses."""
    out = []
    for j, measure in enumerate(problem.measures):
        load = np.bincount(labels, problem.loads[:, j], problem.k)
        over = np.maximum(load - problem.upper[:, j], problem.lower[:, j] - load)
        if (over > 2 * ROUNDING * problem.scale()[:, j])[~problem.locked].any():
            worst = deviation(problem, labels)[measure]
            share = np.ceil(worst * EVEN_STEPS) / EVEN_STEPS
            out.append(
                f"Allow {100 * share:.1f} % around the target of {measure}: "
                "the plan shown keeps it"
            )
    return out


def _moved(problem: Problem, labels: NDArray[np.intp]) -> float:
    if problem.lost is None:
        return float("nan")
    return float(problem.lost[np.arange(len(labels)), labels].sum())


def _plan(problem: Problem, labels: NDArray[np.intp]) -> Plan:
    assignment = np.empty(len(labels), np.uint16)
    assignment[problem.order] = labels
    unit_id = np.empty(len(labels), object)
    unit_id[problem.order] = problem.table.unit_id
    territories = territory_table(list(problem.territory_id))
    territories["locked"] = problem.locked
    key = hashlib.sha256(assignment.tobytes()).hexdigest()[:8]
    return Plan(
        plan_id=f"proposal-{key}",
        name="Proposal",
        unit_set=problem.table.unit_set,
        unit_id=unit_id,
        assignment=assignment,
        territories=territories,
    )
