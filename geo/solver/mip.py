"""Solve a mixed-integer program that may be told to stop while it runs."""

from __future__ import annotations

import threading
from typing import Any

from scipy.optimize import OptimizeResult, milp

from geo.solver.refine import Ask

BETWEEN_S = 0.1
"""Seconds between two questions; what is found does not hang on them."""


def solve(objective: Any, ask: Ask, **program: Any) -> OptimizeResult | None:
    """Give what `scipy.optimize.milp` finds, or None if asked to stop before.

    HiGHS works in a thread of its own and lets others run, but cannot be called off:
    when it is to stop it is left to reach its limit of nodes, and its answer is
    thrown away. Python waits for the thread before it ends: HiGHS aborts the process
    when its ground is cleared away below it.

    Parameters
    ----------
    objective
        Shape (n,).
    ask
        Asked every tenth of a second.
    program
        What else `milp` takes; the options should limit nodes, never time, so that
        the same program has the same answer.
    """
    told: list[OptimizeResult | Exception] = []

    def work() -> None:
        try:
            told.append(milp(objective, **program))
        except Exception as error:  # noqa: BLE001 - raised again by the asker
            told.append(error)

    solver = threading.Thread(target=work)
    solver.start()
    while True:
        solver.join(BETWEEN_S)
        if not solver.is_alive():
            break
        if ask(0.0):
            return None
    if isinstance(told[0], Exception):
        raise told[0]
    return told[0]
