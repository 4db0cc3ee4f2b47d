"""What roads say of an open plan: coverage, bands, proposals by minutes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.library import HELSINKI as STUDY
from data.library import Entry
from data.roadbook import HELSINKI, add_roads, road_files
from geo.errors import InputError
from tests.routing.rivers import river_engine, river_study, two_territories
from ui import by_road, grounds
from ui.by_road import RoadsAsked
from ui.road_panel import network_lines
from ui.search import Question, search
from ui.session import Ground, Session

HOME = (24.944, 60.172)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The demo on real streets; nothing of it is stored."""
    home = tmp_path_factory.mktemp("home")
    ground = grounds.read_ground(home, STUDY)
    return session_of(ground, home)


def session_of(ground: Ground, home: Path) -> Session:
    return Session(
        store=None,  # type: ignore[arg-type]
        home=home,
        ground=ground,
        reps=ground.reps,
        plan=ground.today,
        rev=0,
        card=None,  # type: ignore[arg-type]
    )


def test_the_network_in_use_is_said_with_age_and_extent(session: Session) -> None:
    found = by_road.coverage(session, road_files(session.home))
    lines = network_lines(found)
    assert lines[0] == "Roads: Middle of Helsinki (shipped)"
    assert lines[1].startswith("Map of 20 Apr 2019, shipped; 1.01 \u00d7 1.66 km")
    assert lines[2] == "All 600 accounts lie on it."
    assert "estimated from straight lines" in network_lines(None)[1]


def test_accounts_off_the_network_are_counted_and_listed(session: Session) -> None:
    study = session.ground.study
    moved = study.accounts.copy()
    moved.loc[moved.index[0], "geometry"] = shapely.Point(0, 0)
    ground = replace(session.ground, study=replace(study, accounts=moved))
    other = session_of(ground, session.home)
    found = by_road.coverage(other, road_files(session.home))
    assert found is not None
    assert network_lines(found)[2] == "1 of 600 accounts lie off it."
    rows = by_road.outside_rows(other, found)
    assert rows["Account"].tolist() == [moved.index[0]]
    assert rows["Where"].tolist() == ["outside the network"]
    assert by_road.outside_overlay(other, found)[0].kind == "point"


def test_drives_begin_at_homes_and_at_middles_of_territories(session: Session) -> None:
    starts = by_road.starts(session)
    kinds = [key.partition(" ")[0] for key in starts]
    assert kinds == ["rep"] * len(session.reps) + ["territory"] * len(
        session.plan.territories
    )
    west, south, east, north = HELSINKI.extent
    for start in starts.values():
        assert west - 0.01 < start.at[0] < east + 0.01
        assert south - 0.01 < start.at[1] < north + 0.01


def test_bands_by_road_are_nested_and_hold_their_start(session: Session) -> None:
    bands = by_road.bands_around(session, HOME, (3, 1, 2))
    assert bands.roads == HELSINKI
    assert bands.table["minutes"].tolist() == [1, 2, 3]
    assert bands.table.geometry.contains(shapely.Point(HOME)).all()
    overlays = by_road.band_overlays(bands, by_road.Start("Ana, home", HOME))
    labels = [overlay.label for overlay in overlays]
    assert labels == [
        *("within 1 minute", "within 2 minutes", "within 3 minutes", "Ana, home")
    ]
    rows = by_road.band_rows(bands, by_road.lonlat_of(session.ground.study))
    assert rows["Accounts"].is_monotonic_increasing
    assert 0 < rows["Accounts"].iloc[0] < rows["Accounts"].iloc[2] <= 600
    with pytest.raises(InputError, match="Minutes are positive"):
        by_road.bands_around(session, HOME, ())


def test_bands_without_roads_are_circles_that_say_about(session: Session) -> None:
    bands = by_road.bands_around(session, (-95.0, 40.0), (10, 30))
    assert bands.roads is None
    near, far = bands.table.geometry
    assert far.contains(near)
    radius_m = gpd.GeoSeries([near], crs="EPSG:4326").to_crs("EPSG:32615").area[0]
    radius_m = float(np.sqrt(radius_m / np.pi))
    assert radius_m == pytest.approx(by_road.reach_m(10), rel=0.01)
    start = by_road.Start("there", (-95.0, 40.0))
    assert by_road.band_overlays(bands, start)[0].label == "within about 10 minutes"


def test_a_hole_of_a_band_is_a_ring_of_its_own() -> None:
    ring = shapely.Point(0, 0).buffer(2).difference(shapely.Point(0, 0).buffer(1))
    rings = by_road.rings_of(shapely.MultiPolygon([ring]))
    assert len(rings) == 2
    assert all(np.array_equal(part[0], part[-1]) for part in rings)


def test_first_bands_fit_the_network(session: Session) -> None:
    found = by_road.coverage(session, road_files(session.home))
    assert by_road.usual_minutes(found) == (1, 2, 3)
    assert by_road.usual_minutes(None) == (10, 20, 30)


def test_a_proposal_by_road_says_minutes_and_from_where(session: Session) -> None:
    question = Question(("accounts",), 0.2, 2, seconds=2.0)
    said = {}
    for file in (HELSINKI, None):
        asked = RoadsAsked(file)
        question = replace(question, roads=asked)
        result = search(lambda _: False, session.ground.study, None, None, question)[0]
        assert result.objective_unit == "weight x minutes"
        said[file] = by_road.minutes_lines(result, session.ground.study, asked)[0]
    assert "minutes by road from the middle of a territory" in said[HELSINKI]
    assert said[None].startswith("On average about ")
    assert "estimated from straight lines" in said[None]


def test_ground_that_roads_part_is_found_and_remembered(tmp_path: Path) -> None:
    study = river_study()
    plan = two_territories(study)
    engine = river_engine(tmp_path)
    entry = Entry("river", "River")
    ground = Ground(entry, study, today=plan, reps=study.accounts[:0])
    session = session_of(ground, tmp_path)
    file = add_roads(tmp_path, tmp_path / "river.osm")
    assert file.edges == engine.roads.n_edges
    assert by_road.parted_known(session, file) is None
    found = by_road.parted(session, file)
    assert [broken.kind for broken in found] == ["apart"]
    assert "same polygon, 23 minutes apart by road" in found[0].sentence
    assert by_road.parted_known(session, file) is found
