"""Borders that do not connect, because a line on the map lies between two units."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.study import Study


def crossed(study: Study, shapes: NDArray[np.object_]) -> list[tuple[str, str]]:
    """Give the neighbours whose straight connection a line or an area cuts.

    The connection runs between the two anchors: a river drawn between two towns parts
    their counties, one that passes by both on the same side does not.

    Parameters
    ----------
    shapes
        Lines or polygons in the CRS of the units; empty ones cut nothing.

    Returns
    -------
    list of pairs
        unit ids, each pair once, in the order of the units.
    """
    whole = np.asarray(shapes, dtype=object)
    whole = whole[~(shapely.is_missing(whole) | shapely.is_empty(whole))]
    if len(whole) == 0:
        return []
    links = study.neighbors.tocoo()
    once = links.row < links.col
    a, b = links.row[once], links.col[once]
    xy = study.table.xy
    ends = np.stack([xy[a], xy[b]], axis=1)
    paths = np.asarray(shapely.linestrings(ends), dtype=object)
    hit = np.unique(shapely.STRtree(paths).query(whole, predicate="intersects")[1])
    hit = hit[np.lexsort((b[hit], a[hit]))]
    ids = study.table.unit_id
    return [(str(ids[a[i]]), str(ids[b[i]])) for i in hit.tolist()]
