"""The child process that opens one upload: fenced in, reads, writes Parquet, ends.

Started by `data.ingest` as ``python -m data.parser``; the task comes as JSON on the
standard input, the outcome goes as JSON to the standard output.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from data.fence import fence

TABLE, POLYGONS, ROADS, NOTHING = "table", "polygons", "roads", "nothing"


def main() -> int:
    """Do the task; an unexpected exception ends the process, which says enough."""
    task = json.load(sys.stdin)
    stand = fence(
        memory_bytes=task["memory_bytes"],
        cpu_s=task["seconds"],
        file_bytes=4 * task["memory_bytes"],
    )
    try:
        outcome = _outcome(task)
    except MemoryError:
        outcome = {"memory": True}
    sys.stdout.write(json.dumps({"fences": stand, **outcome}))
    return 0


def _outcome(task: dict[str, Any]) -> dict[str, Any]:
    """Read the file and leave the result beside it; a refusal is an outcome too."""
    from geo.errors import TerritoryError

    if task["kind"] == NOTHING:
        return {}
    try:
        attrs = _read(task)
    except TerritoryError as error:
        refusal = {"what": error.what, "where": error.where, "fix": error.fix}
        return {"refusal": refusal}
    return {"attrs": attrs}


def _read(task: dict[str, Any]) -> dict[str, Any]:
    path, result = Path(task["path"]), Path(task["result"])
    if task["kind"] == ROADS:
        return _read_roads(path, result, task)
    if task["kind"] == POLYGONS:
        from data.polygons import read_polygons

        frame = read_polygons(path)
        attrs, frame.attrs = dict(frame.attrs), {}
        frame.to_parquet(result)
        return attrs
    from data.tables import read_table

    table = read_table(path, sheet=task["sheet"], encoding=task["encoding"])
    attrs, table.attrs = dict(table.attrs), {}
    attrs["dropped"] = [asdict(line) for line in attrs["dropped"]]
    table.to_parquet(result)
    return attrs


def _read_roads(path: Path, result: Path, task: dict[str, Any]) -> dict[str, Any]:
    """Build the network of an extract; leave how far it is in a file beside it."""
    from routing.cache import load_roads, write_roads
    from routing.source import data_date

    def told(step: str, share: float) -> None:
        Path(task["progress"]).write_text(f"{share:.3f} {step}", encoding="utf-8")

    roads = load_roads(path, profile=task["profile"], report=told)
    told("writing", 0.95)
    write_roads(replace(roads, source=task["source"]), result)
    return {
        "nodes": roads.n_nodes,
        "edges": roads.n_edges,
        "extent": roads.bounds,
        "data_date": data_date(path),
    }


if __name__ == "__main__":
    raise SystemExit(main())
