"""Territories on the map: shapes and colours, both derived from the plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.edits import Edit, apply
from geo.plan import Plan, aligned_labels
from geo.study import Study, effective

HUES = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#332288",
    "#703515",
)
"""Eight hues that stay apart for colour-blind readers.

Six of Okabe and Ito (2008), "Color Universal Design", an indigo and a brown. A test
simulates protanopia, deuteranopia and tritanopia and holds each pair apart.
"""


def lighter(color: str, share: float = 0.45) -> str:
    """Mix a colour with white.

    Examples
    --------
    >>> lighter("#000000", 0.5)
    '#808080'
    """
    parts = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    mixed = [round(part + (255 - part) * share) for part in parts]
    return "#" + "".join(f"{part:02x}" for part in mixed)


PALETTE = (*HUES, *(lighter(hue) for hue in HUES))
"""The eight hues, then the same at a second lightness."""


def dissolve(plan: Plan, study: Study) -> gpd.GeoDataFrame:
    """Give the shape of each territory: the union of its units.

    Returns
    -------
    GeoDataFrame
        Index territory_id in the plan's order, columns name, color, rep_id, and
        geometry in the units' CRS: without gaps or overlaps between territories; empty
        where a territory owns no unit.
    """
    study = effective(study, plan)
    label = aligned_labels(plan, study)
    units = study.units.geometry.to_numpy()
    shapes = [
        shapely.coverage_union_all(units[label == row])
        for row in range(len(plan.territories))
    ]
    table = plan.territories[["name", "color", "rep_id"]].copy()
    geometry = gpd.GeoSeries(shapes, index=table.index, crs=study.units.crs)
    return gpd.GeoDataFrame(table, geometry=geometry)


def simplify(shapes: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    """Give shapes with fewer points; borders that were shared stay shared.

    Parameters
    ----------
    tolerance_m
        Side of the smallest square of detail that stays (Visvalingam and Whyatt 1993,
        over a coverage).
    """
    simple = shapes.copy()
    full = ~shapes.geometry.is_empty.to_numpy()
    geometry = shapes.geometry.to_numpy().copy()
    geometry[full] = shapely.coverage_simplify(geometry[full], tolerance_m)
    simple[shapes.geometry.name] = gpd.GeoSeries(
        geometry, index=shapes.index, crs=shapes.crs
    )
    return simple


def colors(plan: Plan, study: Study) -> pd.Series:
    """Give each territory a colour that none of its neighbours has.

    A territory keeps the colour it has; where two neighbours share one, the smaller
    (fewer units, then the later id) gets another. Territories are coloured in the
    order of the colours their neighbours leave them (DSATUR, Brelaz 1979); each gets
    the least used of the colours left. With more than 16 mutual neighbours colours
    repeat.

    Returns
    -------
    Series of str
        "#rrggbb", aligned to the plan's territories.
    """
    study = effective(study, plan)
    label = aligned_labels(plan, study)
    k = len(plan.territories)
    touching = territory_neighbors(label, study, k)
    size = np.bincount(label[label >= 0], minlength=k)
    chosen = plan.territories["color"].to_list()
    for row in _clashing(chosen, touching, size):
        chosen[row] = ""
    todo = {row for row in range(k) if not chosen[row]}
    while todo:
        row = min(todo, key=lambda r: (-_pressure(r, touching, chosen), -size[r], r))
        chosen[row] = _least_used(row, touching, chosen)
        todo.remove(row)
    return pd.Series(chosen, index=plan.territories.index, name="color", dtype="str")


def territory_neighbors(
    label: NDArray[np.intp], study: Study, k: int
) -> list[set[int]]:
    """Give the rows of the territories that touch each territory."""
    links = study.neighbors
    start = label[np.repeat(np.arange(len(label)), np.diff(links.indptr))]
    end = label[links.indices]
    other = (start != end) & (start >= 0) & (end >= 0)
    touching: list[set[int]] = [set() for _ in range(k)]
    for pair in np.unique(start[other] * k + end[other]):
        touching[pair // k].add(int(pair % k))
    return touching


def _clashing(
    chosen: list[str], touching: list[set[int]], size: NDArray[np.intp]
) -> Iterable[int]:
    """Give the rows that must change colour: the smaller of each pair that clashes."""
    order = sorted(range(len(chosen)), key=lambda row: (-size[row], row))
    kept: set[int] = set()
    for row in order:
        same = [r for r in touching[row] if r in kept and chosen[r] == chosen[row]]
        if same:
            yield row
        else:
            kept.add(row)


def _pressure(row: int, touching: list[set[int]], chosen: list[str]) -> int:
    """Give how many colours the neighbours of a territory take."""
    return len({chosen[r] for r in touching[row]} - {""})


def _least_used(row: int, touching: list[set[int]], chosen: list[str]) -> str:
    """Give the least used colour the neighbours leave; hues before light ones."""
    taken = {chosen[r] for r in touching[row]}
    strong = [color for color in HUES if color not in taken]
    free = [color for color in PALETTE if color not in taken]
    return min(strong or free or PALETTE, key=chosen.count)


def with_colors(plan: Plan, study: Study) -> Plan:
    """Give the plan with every territory coloured."""
    territories = plan.territories.assign(color=colors(plan, study))
    return replace(plan, territories=territories)


def settle_colors(plan: Plan, edit: Edit, study: Study) -> Edit:
    """Give the edit with the recolouring it needs to keep neighbours apart.

    Empty colours of new territories are filled the same way, so that one undo takes
    everything back.

    Raises
    ------
    PlanError
        When the edit cannot be done.
    """
    after, _ = apply(plan, edit)
    old, new = after.territories["color"], colors(after, study)
    changed = {
        str(key): [str(old[key]), str(new[key])]
        for key in new.index
        if old[key] != new[key]
    }
    if not changed:
        return edit
    return replace(edit, attrs={**edit.attrs, "colors": changed})
