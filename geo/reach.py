"""How far each rep drives to each unit, and what lies beyond the longest drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.plan import Plan


@dataclass(frozen=True, eq=False)
class Reach:
    """Drives from where reps live to the middle of units, and the longest allowed.

    Parameters
    ----------
    minutes
        Shape (r, n): by rep and unit, one way; nan where a rep has no home.
    rep_ids
        Shape (r,): the reps, in the order of `minutes`.
    longest_min
        Minutes no drive should exceed.
    estimated
        Whether no road network was asked.
    """

    minutes: NDArray[np.float64]
    rep_ids: pd.Index
    longest_min: float
    estimated: bool = True

    def by_territory(self, plan: Plan) -> NDArray[np.float64]:
        """Give the minutes from each territory's rep to each unit; nan without one.

        Returns
        -------
        Shape (k, n), in the order of the plan's territories.
        """
        rows = self.rep_ids.get_indexer(pd.Index(plan.territories["rep_id"]))
        unknown = np.full((1, self.minutes.shape[1]), np.nan)
        found: NDArray[np.float64] = np.concatenate([self.minutes, unknown])[rows]
        return found
