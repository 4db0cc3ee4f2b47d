"""How units and amounts are named in a sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.solver.problem import Problem

NAMED = 3
"""Units named in one sentence before the rest are counted."""

Reason = tuple[str, str]
"""Why no plan can exist, and what would mend it; the second may be empty."""


def names_of(problem: Problem, rows: NDArray[np.intp]) -> str:
    """Name some units: "A, B, C and 4 more"."""
    names = sorted(str(u) for u in problem.table.unit_id[rows])
    some = ", ".join(names[:NAMED])
    return some if len(names) <= NAMED else f"{some} and {len(names) - NAMED} more"


def amount(value: float) -> str:
    """Give a number as it is read."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4g}"
