"""Files of OpenStreetMap are read whole, whatever the order of their ids."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from geo.errors import InputError
from routing.source import file_hash, read_streets
from tests.routing.towns import ONE_WAY, RESIDENTIAL, cross, write_town


def test_ways_nodes_and_direction_are_read(tmp_path: Path) -> None:
    town = write_town(
        tmp_path / "town.osm",
        {9: (0, 0), 4: (1, 0), 7: (1, 1), 8: (5, 5)},
        {
            3: ((9, 4), ONE_WAY | {"maxspeed": "30", "surface": "sett"}),
            1: ((4, 7), RESIDENTIAL),
            2: ((7, 8), {"highway": "footway"}),
        },
    )
    streets = read_streets(town)
    assert streets.node_id.tolist() == [4, 7, 9]
    assert streets.way_id.tolist() == [3, 1]
    assert streets.node_id[streets.points].tolist() == [9, 4, 4, 7]
    assert streets.direction.tolist() == [1, 0]
    assert streets.limit_kmh[0].tolist() == [30.0, 30.0]
    assert np.isnan(streets.limit_kmh[1]).all()
    assert streets.lonlat[2].tolist() == [0.0, 0.0]


def test_a_node_outside_the_file_is_marked(tmp_path: Path) -> None:
    town = write_town(
        tmp_path / "cut.osm", {1: (0, 0), 2: (1, 0)}, {5: ((1, 2, 3), RESIDENTIAL)}
    )
    assert read_streets(town).points.tolist() == [0, 1, -1]


def test_restrictions_by_node_and_by_way_are_read(tmp_path: Path) -> None:
    by_node = [("way", 10, "from"), ("node", 2, "via"), ("way", 21, "to")]
    by_way = [("way", 10, "from"), ("way", 11, "via"), ("way", 21, "to")]
    broken = [("way", 10, "from"), ("way", 21, "to")]
    town = cross(
        tmp_path / "town.osm",
        turns=[
            ("no_left_turn", by_node),
            ("only_straight_on", by_way),
            ("no_u_turn", broken),
        ],
    )
    first, second = read_streets(town).restrictions
    assert (first.only, first.from_way, first.via_node, first.to_way) == (
        *(False, 10, 2, 21),
    )
    assert (second.only, second.via_node, second.via_ways) == (True, 0, (11,))


def test_a_packed_file_reads_as_the_plain_one(tmp_path: Path) -> None:
    town = cross(tmp_path / "town.osm")
    packed = tmp_path / "town.osm.gz"
    packed.write_bytes(gzip.compress(town.read_bytes()))
    plain, unpacked = read_streets(town), read_streets(packed)
    assert unpacked.points.tolist() == plain.points.tolist()
    assert unpacked.lonlat.tolist() == plain.lonlat.tolist()
    assert file_hash(town) != file_hash(packed)


def test_an_extract_with_unsorted_ids_loads(shared: Path) -> None:
    streets = read_streets(shared / "osm" / "columbus.osm.pbf")
    assert len(streets.node_id) == 41_179
    assert (streets.points >= 0).all()


def test_the_streets_read_are_those_of_osmnx_s_filter(shared: Path) -> None:
    import osmium
    from osmnx._overpass import _get_network_filter

    extract = shared / "osm" / "columbus.osm.pbf"
    said = re.findall(r'\["(\w+)"!~"([^"]*)"\]', _get_network_filter("drive_service"))
    refused = [(key, re.compile(pattern)) for key, pattern in said]
    assert len(refused) == 6
    ways = osmium.FileProcessor(str(extract), osmium.osm.WAY)
    theirs = {
        way.id
        for way in ways.with_filter(osmium.filter.KeyFilter("highway"))
        if not any(rule.search(way.tags.get(key, "")) for key, rule in refused)
    }
    assert set(read_streets(extract).way_id.tolist()) == theirs


def test_a_file_that_is_cut_off_is_refused(shared: Path, tmp_path: Path) -> None:
    whole = (shared / "osm" / "columbus.osm.pbf").read_bytes()
    for share in (0.02, 0.5, 0.98):
        cut = tmp_path / "cut.osm.pbf"
        cut.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError, match="is damaged or cut off"):
            read_streets(cut)


def test_plain_text_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    town = cross(tmp_path / "town.osm")
    town.write_text(town.read_text()[:-60])
    with pytest.raises(InputError, match="damaged or cut off"):
        read_streets(town)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("empty.osm", '<osm version="0.6"></osm>', "holds no road a car may use"),
        ("table.csv", "id,lon,lat", "no extract of OpenStreetMap .table.csv.*Choose"),
    ],
)
def test_a_file_without_roads_is_refused(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_streets(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no such file"):
        read_streets(tmp_path / "none.osm.pbf")


def test_roads_without_coordinates_are_refused(tmp_path: Path) -> None:
    town = write_town(tmp_path / "bare.osm", {}, {5: ((1, 2), RESIDENTIAL)})
    with pytest.raises(InputError, match="roads without coordinates"):
        read_streets(town)
