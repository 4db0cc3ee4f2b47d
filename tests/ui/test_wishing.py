"""The tables of the Propose panel say the same rules as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.rules import read_rules
from geo.errors import InputError
from ui.wishing import csv_of, exception_rules, lines_of, territory_rules


def territories(**cells: Any) -> pd.DataFrame:
    usual = {"Territory": "East", "Locked": False, "Load %": 100}
    row = usual | {"Min h": pd.NA, "Max h": pd.NA} | cells
    return pd.DataFrame([row], index=["T1"])


def test_a_row_that_says_nothing_is_no_rule() -> None:
    assert territory_rules(territories(), "workload_h") == []


def test_a_territory_is_locked_part_time_and_limited() -> None:
    said = territories(Locked=True, **{"Load %": 50, "Min h": 900.0, "Max h": 1100.5})
    assert territory_rules(said, "workload_h") == [
        {"rule": "lock", "territory": "T1"},
        {"rule": "share", "territory": "T1", "value": "0.5"},
        {
            "rule": "limit",
            "territory": "T1",
            "measure": "workload_h",
            "low": "900",
            "high": "1100.5",
        },
    ]


def test_exceptions_of_nobody_are_not_kept() -> None:
    given = pd.DataFrame(
        {"territory_id": ["East", ""], "counts": [False, True]}, index=["a1", "a2"]
    )
    assert exception_rules(given) == [
        {"rule": "named", "account": "a1", "territory": "East", "counts": "no"}
    ]


def test_rules_go_to_a_file_and_come_back(tmp_path: Path) -> None:
    rules = [
        {"rule": "named", "account": "007", "territory": "East, north", "counts": "no"},
        {"rule": "crossing", "unit": "39001", "other": "39003"},
    ]
    path = tmp_path / "rules.csv"
    path.write_text(csv_of(rules), encoding="utf-8", newline="")
    assert [dict(rule.cells) for rule in read_rules(path)] == rules


def test_lines_are_read_from_what_was_dropped() -> None:
    line = {"type": "LineString", "coordinates": [[-83.0, 38.0], [-83.0, 42.0]]}
    feature = {"type": "Feature", "properties": {}, "geometry": line}
    whole = {"type": "FeatureCollection", "features": [feature]}
    (found,) = lines_of("river.GEOJSON", json.dumps(whole).encode())
    assert found.bounds == (-83.0, 38.0, -83.0, 42.0)
    point = {"type": "Point", "coordinates": [-83.0, 38.0]}
    whole["features"] = [feature | {"geometry": point}]
    with pytest.raises(InputError, match="neither lines nor areas"):
        lines_of("river.geojson", json.dumps(whole).encode())
    with pytest.raises(InputError, match="no lines that can be read"):
        lines_of("river.geojson", b"no map at all")
