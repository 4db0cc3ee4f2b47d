"""Networks come back from disk as they were."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from geo.errors import InputError
from routing import cache
from routing.cache import cached_roads, load_roads, read_roads, write_roads
from tests.routing.towns import cross

LEFT = [("way", 10, "from"), ("node", 2, "via"), ("way", 21, "to")]


def test_a_network_comes_back_as_written(tmp_path: Path) -> None:
    town = cross(tmp_path / "t.osm", turns=[("no_left_turn", LEFT)])
    roads = load_roads(town, profile="osrm")
    back = read_roads(write_roads(roads, tmp_path / "t.npz"))
    for field in fields(roads):
        a, b = getattr(roads, field.name), getattr(back, field.name)
        np.testing.assert_array_equal(a, b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
    assert back.banned_turns() == roads.banned_turns()
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".npz"] == ["t.npz"]
    assert len(list(tmp_path.iterdir())) == 2


def test_the_cache_is_known_by_content_and_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, folder = cross(tmp_path / "t.osm"), tmp_path / "cache"
    first = cached_roads(town, profile="osrm", folder=folder)
    cached_roads(town, profile="default", folder=folder)
    assert len(list(folder.iterdir())) == 2
    monkeypatch.setattr(cache, "read_streets", None)  # reading again would fail
    again = cached_roads(town, profile="osrm", folder=folder)
    assert again.source_hash == first.source_hash
    assert again.profile == "osrm"
    monkeypatch.undo()
    cross(town, turns=[("no_left_turn", LEFT)])
    assert cached_roads(town, profile="osrm", folder=folder).restrictions == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"id,lon,lat\n"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"no road network \(x.npz\). Make it again"):
        read_roads(path)


def test_a_cut_or_newer_network_is_refused(tmp_path: Path) -> None:
    roads = load_roads(cross(tmp_path / "t.osm"), profile="default")
    path = write_roads(roads, tmp_path / "t.npz")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="no road network"):
        read_roads(path)
    np.savez(path, told='{"version": 99}')
    with pytest.raises(InputError, match="of another version"):
        read_roads(path)
    with pytest.raises(InputError, match="There is no such road network"):
        read_roads(tmp_path / "none.npz")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    roads = load_roads(cross(tmp_path / "t.osm"), profile="default")
    with pytest.raises(InputError, match="cannot be written"):
        write_roads(roads, tmp_path / "none" / "t.npz")
