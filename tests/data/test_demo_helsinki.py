"""The demo of Helsinki stands on real streets and routes without a network."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli import main
from data.demo import demo_accounts
from data.demo_helsinki import OFF_ROAD_M, STREETS, in_helsinki
from routing.cache import load_roads
from routing.drive import RoadEngine
from routing.engine import Reason
from routing.restrictions import forbidden
from routing.source import read_streets


def test_accounts_stand_beside_streets_and_reach_each_other() -> None:
    accounts, reps = in_helsinki(demo_accounts(60, seed=2), seed=2)
    engine = RoadEngine(load_roads(STREETS, profile="default"))
    points = np.column_stack([accounts.geometry.x, accounts.geometry.y])
    assert (engine.snapper.snap(points).away_m <= OFF_ROAD_M[1] + 0.1).all()
    assert (engine.matrix(points, points).reason == Reason.FOUND).mean() > 0.9
    assert set(accounts["owner"]) <= set(reps.index)
    assert accounts["workload_h"].gt(0).all()
    assert set(accounts["country"]) == {"FI"}


def test_the_same_seed_gives_the_same_town() -> None:
    made = [in_helsinki(demo_accounts(20, seed=4), seed=4)[0] for _ in range(2)]
    pd.testing.assert_frame_equal(pd.DataFrame(made[0]), pd.DataFrame(made[1]))


def test_every_restriction_that_can_be_placed_is_obeyed() -> None:
    roads = load_roads(STREETS, profile="osrm")
    engine = RoadEngine(roads)
    assert roads.restrictions > 30
    assert forbidden(roads, read_streets(STREETS).restrictions).banned_turns() == (
        roads.banned_turns()
    )
    arcs = engine.turns.arcs.tocoo()
    edge = engine.turns.edge
    driven = set(zip(edge[arcs.row].tolist(), edge[arcs.col].tolist(), strict=True))
    banned = {walk for walk in roads.banned_turns() if len(walk) == 2}
    assert len(banned) > 20
    assert not banned & driven


def test_demo_roads_matrix_and_isochrone_work_offline(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(tmp_path)
    for words in (
        "demo . --name helsinki --accounts 30",
        "roads helsinki.osm.pbf --out helsinki.npz",
        "matrix helsinki.npz accounts.csv --out pairs.csv",
        "isochrone helsinki.npz --at 24.944,60.172 --minutes 1,2 --out bands.geojson",
    ):
        assert main([*words.split(), "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    answers = [json.loads(line) for line in lines]
    assert answers[0]["accounts"] == 30
    assert answers[1]["restrictions"] > 30
    assert answers[2]["pairs"] == 900
    assert answers[2]["unreachable"] < 90
    assert answers[3]["bands"][0]["area_km2"] < answers[3]["bands"][1]["area_km2"]
