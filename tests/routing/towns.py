"""Small towns as files of OpenStreetMap, written by the tests that need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

STEP = 0.01
STEP_M = 1111.9507
"""0.01 degree on the sphere, metres."""

Nodes = Mapping[int, tuple[float, float] | tuple[float, float, dict[str, str]]]
Ways = Mapping[int, tuple[Sequence[int], dict[str, str]]]
Members = Sequence[tuple[str, int, str]]

RESIDENTIAL = {"highway": "residential"}
ONE_WAY = {"highway": "residential", "oneway": "yes"}


def write_town(
    path: Path, nodes: Nodes, ways: Ways, turns: Sequence[tuple[str, Members]] = ()
) -> Path:
    """Write an .osm file; node coordinates are steps east and north of (0, 0)."""
    lines = ['<osm version="0.6">']
    for ref, (x, y, *tags) in nodes.items():
        at = f'lon="{x * STEP:.7f}" lat="{y * STEP:.7f}"'
        inside = _tags(tags[0]) if tags else ""
        lines.append(f'<node id="{ref}" version="1" {at}>{inside}</node>')
    for ref, (refs, tags) in ways.items():
        inside = "".join(f'<nd ref="{node}"/>' for node in refs) + _tags(tags)
        lines.append(f'<way id="{ref}" version="1">{inside}</way>')
    for number, (kind, members) in enumerate(turns):
        inside = "".join(
            f'<member type="{what}" ref="{ref}" role="{role}"/>'
            for what, ref, role in members
        )
        inside += _tags({"type": "restriction", "restriction": kind})
        lines.append(f'<relation id="{number + 1}" version="1">{inside}</relation>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def cross(path: Path, **more: object) -> Path:
    """Write a crossing of two streets, 10 from west to east, 20 from south to north.

          5
          |
    1 --- 2 --- 3
          |
          4
    """
    nodes: Nodes = {1: (-1, 0), 2: (0, 0), 3: (1, 0), 4: (0, -1), 5: (0, 1)}
    ways: Ways = {
        10: ((1, 2), RESIDENTIAL),
        11: ((2, 3), RESIDENTIAL),
        20: ((4, 2), RESIDENTIAL),
        21: ((2, 5), RESIDENTIAL),
    }
    turns = more.get("turns", ())
    assert isinstance(turns, (list, tuple))
    return write_town(path, nodes, ways, turns)


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(
        f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()
    )
