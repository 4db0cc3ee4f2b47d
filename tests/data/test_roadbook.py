"""The road networks at hand: loaded at arm's length, found by where the points are."""

from __future__ import annotations

import datetime as dt
import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.demo_helsinki import STREETS
from data.driving_rules import drop_rules, rules_in_use, use_rules
from data.forget import forget
from data.ingest import Limits, upload_roads
from data.roadbook import (
    HELSINKI,
    add_roads,
    coverage_of,
    engine_for,
    engine_of,
    remove_roads,
    road_file_for,
    road_files,
)
from geo.errors import InputError
from routing.cache import load_roads
from routing.engine import StraightLine
from routing.profile import OSRM
from routing.source import data_date
from tests.routing.towns import cross

IN_HELSINKI = np.array([[24.944, 60.172], [24.95, 60.17], [24.94, 60.168]])


def test_the_shipped_streets_are_in_the_book_and_are_what_it_says(
    tmp_path: Path,
) -> None:
    assert road_files(tmp_path) == [HELSINKI]
    roads = load_roads(STREETS, profile="default")
    assert (HELSINKI.nodes, HELSINKI.edges) == (roads.n_nodes, roads.n_edges)
    assert pytest.approx(roads.bounds) == HELSINKI.extent
    assert data_date(STREETS) == str(HELSINKI.data_date)
    with pytest.raises(InputError, match="The shipped streets of Helsinki stay"):
        remove_roads(tmp_path, HELSINKI.name)


def test_roads_answer_where_they_are_and_the_estimate_elsewhere(tmp_path: Path) -> None:
    engine = engine_for(tmp_path, IN_HELSINKI)
    assert not engine.estimated
    assert engine_for(tmp_path, IN_HELSINKI) is engine
    assert np.isfinite(engine.matrix(IN_HELSINKI, IN_HELSINKI).drive_s).all()
    for far in (IN_HELSINKI - [100, 30], np.full((2, 2), np.nan), np.zeros((0, 2))):
        assert engine_for(tmp_path, far) == StraightLine()
    missing = np.vstack([IN_HELSINKI, [[np.nan, np.nan]]])
    assert not engine_for(tmp_path, missing).estimated
    mixed = np.vstack([IN_HELSINKI, [[25.5, 60.2]]])  # a quarter is elsewhere
    assert engine_for(tmp_path, mixed).estimated


def test_coverage_says_who_lies_off_the_network(tmp_path: Path) -> None:
    away, nowhere = [25.5, 60.2], [np.nan, np.nan]
    found = coverage_of(tmp_path, np.vstack([IN_HELSINKI, [away], [nowhere]]))
    assert found is not None
    assert found.file == HELSINKI
    assert found.on.tolist() == [True, True, True, False, False]
    assert found.outside.tolist() == [False, False, False, True, False]
    assert not found.answers
    whole = coverage_of(tmp_path, IN_HELSINKI)
    assert whole is not None
    assert whole.answers
    assert coverage_of(tmp_path, np.array([away])) is None
    assert coverage_of(tmp_path, np.zeros((0, 2))) is None


def test_rules_in_use_drive_every_network_until_they_are_dropped(
    tmp_path: Path,
) -> None:
    usual = engine_for(tmp_path, IN_HELSINKI)
    use_rules(tmp_path, replace(OSRM, name="ours", level=2.0))
    assert rules_in_use(tmp_path) == replace(OSRM, name="ours", level=2.0)
    slow = engine_for(tmp_path, IN_HELSINKI)
    assert slow.name == "roads, profile ours"
    a, b = (e.matrix(IN_HELSINKI, IN_HELSINKI).drive_s[0, 1] for e in (usual, slow))
    assert b > 1.5 * a
    assert [file.shipped for file in road_files(tmp_path)] == [True]
    drop_rules(tmp_path)
    assert engine_for(tmp_path, IN_HELSINKI) is usual
    (tmp_path / "driving.json").write_text("{}")
    with pytest.raises(InputError, match="no driving rules"):
        engine_for(tmp_path, IN_HELSINKI)
    assert len(forget(tmp_path)) == 1


def test_a_file_is_loaded_by_content_listed_and_removed(tmp_path: Path) -> None:
    town = cross(tmp_path / "cross.osm")
    sent = tmp_path / "sent.bin"
    sent.write_bytes(gzip.compress(town.read_bytes()))
    steps: list[tuple[str, float]] = []
    home = tmp_path / "home"
    file = add_roads(
        home,
        sent,
        name="C:\\maps\\cross-latest.osm.pbf",
        report=lambda step, share: steps.append((step, share)),
    )
    assert (file.name, file.source) == ("cross", "cross-latest.osm.pbf")
    assert file.loaded == dt.date.today()
    assert file.data_date is None
    assert road_files(home) == [file, HELSINKI]
    assert steps
    assert all(0 <= share <= 1 for _, share in steps)
    town_points = np.array([[-0.008, 0.0], [0.0, 0.009]])
    assert road_file_for(home, town_points) == file
    assert engine_for(home, town_points) is engine_of(file)
    assert sent.exists()
    again = add_roads(home, sent, name="cross.osm")
    assert [f.path for f in road_files(home)] == [again.path, HELSINKI.path]
    assert len(list((home / "roads").iterdir())) == 2
    remove_roads(home, "cross")
    assert list((home / "roads").iterdir()) == []
    assert engine_for(home, town_points).estimated
    with pytest.raises(InputError) as refusal:
        remove_roads(home, "cross")
    assert str(refusal.value) == ("There is no road network 'cross'. Look at the list.")


def test_the_smallest_network_that_covers_answers(tmp_path: Path) -> None:
    for name in ("large.osm.pbf", "tiny.osm"):
        town = STREETS if name.endswith("pbf") else cross(tmp_path / name)
        add_roads(tmp_path, town, name=name)
    names = [file.name for file in road_files(tmp_path)]
    assert names == ["large", "tiny", HELSINKI.name]
    found = road_file_for(tmp_path, IN_HELSINKI)
    assert found is not None
    assert found.name in ("large", HELSINKI.name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name\n1,A\n", "The file is no extract of OpenStreetMap"),
        (STREETS.read_bytes()[:40_000], "The file is damaged or cut off"),
        (b"<osm version='0.6'></osm>", "The file holds no road a car may use"),
        (
            b"<!DOCTYPE a [<!ENTITY b 'bbbb'>]><osm version='0.6'>&b;</osm>",
            "The file is damaged or cut off",
        ),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_kept(
    tmp_path: Path, content: bytes, said: str
) -> None:
    sent = tmp_path / "sent"
    sent.write_bytes(content)
    with pytest.raises(InputError) as refusal:
        add_roads(tmp_path, sent, name="my roads.osm.pbf")
    assert refusal.value.what == said
    assert refusal.value.where == "my roads.osm.pbf"
    assert list((tmp_path / "roads").iterdir()) == []


def test_a_large_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        upload_roads(
            STREETS,
            tmp_path / "a.npz",
            name="a.pbf",
            profile="default",
            limits=Limits(size_bytes=500_000, smaller="Cut it to your area"),
        )
    assert str(refusal.value) == (
        "The file has 1 MB; 0 MB is the most (a.pbf). Cut it to your area."
    )


def test_a_report_that_raises_ends_the_loading(tmp_path: Path) -> None:
    def stop(_step: str, _share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_roads(tmp_path, STREETS, report=stop)
    assert list((tmp_path / "roads").iterdir()) == []


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    add_roads(tmp_path, cross(tmp_path / "t.osm"))
    entry = next((tmp_path / "roads").glob("*.json"))
    entry.write_text("{}")
    with pytest.raises(InputError, match="Delete the file and load the network again"):
        road_files(tmp_path)


def test_networks_go_when_everything_is_forgotten(tmp_path: Path) -> None:
    add_roads(tmp_path, cross(tmp_path / "t.osm"))
    forget(tmp_path)
    assert road_files(tmp_path) == [HELSINKI]
