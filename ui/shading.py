"""Numbers of units and accounts in a few classes, for shades and sizes on the map.

A class is one byte an area: that is all the browser needs to draw, and it goes over
once with the map, not with each edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.study import Study
from ui import words

CLASSES = 5
LIGHT = ("#dcecf1", "#a6d0dd", "#63a8c0", "#2b7a9b", "#0c4a6b")
DARK = ("#17394a", "#22576d", "#358099", "#62afc4", "#b4e1ec")
"""One hue by lightness, the most always farthest from the ground: it reads the same
for every kind of colour vision and in print."""

SIZED = ("revenue", "potential", "workload_h")
"""Measures of single accounts that a dot may show."""

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shade:
    """One measure in classes.

    Parameters
    ----------
    measure
        Name of the measure.
    of
        Shape (n,): 0 for none of it, else 1, the lowest class, to `CLASSES`.
    limits
        Upper limits of all classes but the highest, growing.
    """

    measure: str
    of: Bytes
    limits: tuple[float, ...]

    @property
    def label(self) -> str:
        """The measure as people call it."""
        return label_of(self.measure)

    @property
    def classes(self) -> list[str]:
        """Each class in words, in the unit of the measure: "$12k to $40k"."""
        ends = [amount(limit, self.measure) for limit in self.limits]
        if not ends:
            return ["any"]
        inner = [f"{a} to {b}" for a, b in pairwise(ends)]
        return [f"up to {ends[0]}", *inner, f"past {ends[-1]}"]

    @property
    def told(self) -> dict[str, object]:
        """What the browser is told beside `of`."""
        return {"id": self.measure, "label": self.label, "classes": self.classes}


def label_of(measure: str) -> str:
    """Give a measure as people call it, with a capital: Hours of work."""
    text = words.MEASURE_WORDS.get(measure, measure.replace("_", " "))
    return text[:1].upper() + text[1:]


def amount(x: float, measure: str) -> str:
    """Give a limit in the unit of its measure; market data have none that we know."""
    if measure in words.MEASURE_WORDS and measure not in ("accounts", "visits"):
        return words.measured(x, measure)
    return words.short(x)


def shade(values: Floats, measure: str) -> Shade:
    """Put numbers into classes that hold about as many areas each (quantiles).

    Limits are rounded to two digits, so that a legend can be read; where numbers
    repeat there are fewer classes. What is 0, negative or not known is in none.

    Parameters
    ----------
    values
        Shape (n,).
    measure
        Its name.

    Returns
    -------
    Shade
        Five classes at most.
    """
    there = np.isfinite(values) & (values > 0)
    found = np.zeros(len(values), dtype=np.uint8)
    if not there.any():
        return Shade(measure, found, ())
    shares = np.arange(1, CLASSES) / CLASSES
    limits = np.unique([_rounded(q) for q in np.quantile(values[there], shares)])
    limits = limits[limits < values[there].max()]
    found[there] = 1 + np.searchsorted(limits, values[there], side="left")
    return Shade(measure, found, tuple(float(x) for x in limits))


def _rounded(x: float) -> float:
    return float(f"{x:.2g}")


def unit_shades(study: Study) -> list[Shade]:
    """Give each measure of the units in classes; pieces wear the class of their unit.

    Parameters
    ----------
    study
        With the pieces of a plan's cuts or without: classes are the same.

    Returns
    -------
    list of Shade
        In the order of the study's measures, those nobody has any of left out.
    """
    whole = pd.Index(study.table.unit_id).astype("str").str.split("~").str[0]
    rows, firsts = pd.factorize(whole)
    shades = []
    for column, measure in enumerate(study.table.measures):
        sums = np.zeros(len(firsts))
        np.add.at(sums, rows, study.table.loads[:, column])
        of_units = shade(sums, measure)
        if of_units.of.any():
            shades.append(Shade(measure, of_units.of[rows], of_units.limits))
    return shades


def account_sizes(study: Study, rows: NDArray[np.intp]) -> list[Shade]:
    """Give measures of single accounts in classes, for the size or hue of their dots.

    Parameters
    ----------
    rows
        The accounts that are drawn, in their order: `ui.payloads.placed`.
    """
    shades = []
    for measure in SIZED:
        if measure in study.table.measures:
            column = study.table.measures.index(measure)
            found = shade(study.account_loads[rows, column], measure)
            if found.limits:
                shades.append(found)
    return shades
