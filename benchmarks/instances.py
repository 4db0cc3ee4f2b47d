"""Read folders of design instances: Hess districting, points, CCCP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import scipy.sparse as sp

from geo.contiguity import delaunay
from geo.costs import Distance, Matrix, SquaredDistance
from geo.design import Cost, Rules
from geo.frames import Targets, UnitTable, equal_targets

HESS_BEST = {
    "AR": 15569.97,
    "OK": 19107.87,
    "NE": 21983.42,
    "KY": 14835.16,
    "UT": 22037.0,
    "ME": 7716.04,
    "KS": 23736.89,
    "IA": 17748.05,
    "LA": 17272.65,
    "OK2010": 21762.45781,
}
"""Contiguous optima of Validi, Buchanan, Lykhovyd (Operations Research 2022)."""

CCCP_BEST = {
    "SJC1": 17359.75,
    "SJC2": 33181.65,
    "SJC3a": 45354.38,
    "Doni1": 3021.41,
    "Doni2": 6080.70,
    "Doni3": 8343.49,
}
"""SJC1 and SJC2 reproduced; the others as remembered from the literature."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One task for `geo.design.design`.

    Parameters
    ----------
    name, kind
        "AR", "hess_tract"; a kind is the name of a folder, or of a family.
    row_id
        Id of each row in the source, for the labels file.
    best
        Best known objective, nan if none.
    """

    name: str
    kind: str
    table: UnitTable
    neighbors: sp.csr_array
    cost: Cost
    targets: Targets
    rules: Rules
    row_id: list[str]
    best: float


def instances(folder: Path) -> Iterator[Instance]:
    """Give every instance of a folder with an ``index.csv``, or of its subfolders."""
    index = folder / "index.csv"
    if not index.is_file():
        for below in sorted(p for p in folder.iterdir() if p.is_dir()):
            yield from instances(below)
        return
    rows = pd.read_csv(index)
    if "L" in rows.columns:
        yield from (_hess(folder, row) for _, row in rows.iterrows())
    elif "capacity" in rows.columns:
        yield from (_cccp(folder, row) for _, row in rows.iterrows())
    else:
        yield from (_points(folder, row) for _, row in rows.iterrows())


def _hess(folder: Path, row: pd.Series) -> Instance:
    name = str(row["state"])
    nodes = pd.read_csv(folder / name / "nodes.csv", dtype={"geoid": str})
    edges = pd.read_csv(folder / name / "edges.csv")
    n, people = len(nodes), nodes["pop"].to_numpy(float)
    metres = _geodesic_m(nodes["lon"].to_numpy(), nodes["lat"].to_numpy())
    position = {number: i for i, number in enumerate(nodes["id"])}
    u = edges["u"].map(position).to_numpy()
    v = edges["v"].map(position).to_numpy()
    ends = (np.r_[u, v], np.r_[v, u])
    x, y = pyproj.Transformer.from_crs(4326, 5070, always_xy=True).transform(
        nodes["lon"], nodes["lat"]
    )
    table = _table(name, n, np.column_stack([x, y]), people, people)
    k = int(row["k"])
    targets = equal_targets(k, {"load": people.sum()}, {"load": 0.0})
    targets["lower_load"], targets["upper_load"] = float(row["L"]), float(row["U"])
    published = row.get("best_contiguous", np.nan)
    return Instance(
        name=name,
        kind=folder.name,
        table=table,
        neighbors=sp.csr_array((np.ones(2 * len(u)), ends), shape=(n, n)),
        cost=Matrix(table, (metres / 1000) ** 2 / 1e6, unit="persons x km^2 / 1e6"),
        targets=targets,
        rules=Rules(),
        row_id=[str(i) for i in nodes["id"]],
        best=HESS_BEST.get(name, float(published)),
    )


def _points(folder: Path, row: pd.Series) -> Instance:
    name, k = str(row["instance"]), int(row["k"])
    points = pd.read_csv(folder / f"{name}.csv")
    xy = points[["x", "y"]].to_numpy(float)
    weight = points["weight"].to_numpy(float)
    table = _table(name, len(points), xy, weight, weight)
    tolerance = {"load": float(row["tolerance"])}
    return Instance(
        name=name,
        kind=folder.name,
        table=table,
        neighbors=delaunay(xy),
        cost=SquaredDistance(table),
        targets=equal_targets(k, {"load": weight.sum()}, tolerance),
        rules=Rules(),
        row_id=[str(i) for i in range(len(points))],
        best=float(row.get("best", np.nan)),
    )


def _cccp(folder: Path, row: pd.Series) -> Instance:
    name, k = str(row["instance"]), int(row["k"])
    points = pd.read_csv(folder / f"{name}.csv")
    xy = points[["x", "y"]].to_numpy(float) * 1000  # the source's unit as km
    load = points["weight"].to_numpy(float)
    table = _table(name, len(points), xy, load, np.ones(len(points)))
    targets = equal_targets(k, {"load": load.sum()}, {"load": 0.0})
    targets["lower_load"], targets["upper_load"] = 0.0, float(row["capacity"])
    return Instance(
        name=name,
        kind=folder.name,
        table=table,
        neighbors=delaunay(xy),
        cost=Distance(table, center="mean"),
        targets=targets,
        rules=Rules(contiguous=False),
        row_id=[str(i) for i in range(len(points))],
        best=CCCP_BEST.get(name, float("nan")),
    )


def _table(
    name: str, n: int, xy: np.ndarray, load: np.ndarray, weight: np.ndarray
) -> UnitTable:
    ids = np.array([f"{i:07d}" for i in range(n)], dtype=object)
    return UnitTable(f"{name}@bench#0", ids, xy, ("load",), load[:, None], weight)


def _geodesic_m(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    n = len(lon)
    i, j = np.triu_indices(n, 1)
    metres = np.zeros((n, n))
    metres[i, j] = pyproj.Geod(ellps="GRS80").inv(lon[i], lat[i], lon[j], lat[j])[2]
    return metres + metres.T
