"""The OSRM engine against the real server, and against one that misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from data.demo_helsinki import STREETS
from geo.errors import InputError, ServiceError
from routing.cache import load_roads
from routing.drive import RoadEngine
from routing.engine import Reason, TravelEngine
from routing.osrm import LONGEST_PAUSE_S, Answer, OsrmServer, is_this_machine, origin_of
from routing.profile import OSRM
from tests.routing.servers import StandIn, osrm_server

HERE = np.array([[24.940, 60.170], [24.945, 60.168], [24.948, 60.174]])


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the demo's streets; 12 points a question at most."""
    with osrm_server(STREETS, tmp_path_factory.mktemp("osrm"), most=12) as address:
        yield address


@pytest.fixture(scope="module")
def spots() -> np.ndarray:
    """Forty junctions one can reach and leave."""
    engine = RoadEngine(load_roads(STREETS, profile="osrm"))
    edges = engine.snapper.edge[engine.snapper.main]
    nodes = np.unique(engine.roads.start[edges])
    return engine.roads.lonlat[np.random.default_rng(2).choice(nodes, 40, False)]


def test_the_server_and_our_copy_of_its_rules_agree(
    url: str, spots: np.ndarray
) -> None:
    server: TravelEngine = OsrmServer(url)
    ours = RoadEngine(load_roads(STREETS, profile="osrm"), profile=OSRM)
    theirs, own = server.matrix(spots, spots), ours.matrix(spots, spots)
    both = np.isfinite(theirs.drive_s) & np.isfinite(own.drive_s) & (own.drive_s > 60)
    assert both.sum() > 1000
    ratio = own.drive_s[both] / theirs.drive_s[both]
    assert np.median(np.abs(ratio - 1)) < 0.03
    metres = own.drive_m[both] / theirs.drive_m[both]
    assert np.median(np.abs(metres - 1)) < 0.01
    assert (np.diag(theirs.drive_s) == 0).all()
    assert not theirs.estimated
    assert server.name.startswith("OSRM at 127.0.0.1:")


def test_a_table_too_big_is_asked_for_in_parts(url: str, spots: np.ndarray) -> None:
    """The server takes twelve points a question; blocks do not change a matrix."""
    whole = OsrmServer(url).matrix(spots[:30], spots)
    for row in (0, 29):
        alone = OsrmServer(url).matrix(spots[[row]], spots[:8])
        np.testing.assert_array_equal(alone.drive_s[0], whole.drive_s[row, :8])
        np.testing.assert_array_equal(alone.drive_m[0], whole.drive_m[row, :8])


def test_an_entry_of_the_server_is_the_sum_of_its_path(
    url: str, spots: np.ndarray
) -> None:
    server = OsrmServer(url)
    beside, good = spots[:12] + 2e-4, 0
    found = server.matrix(beside, spots[12:24])
    for i in range(12):
        path = server.path(beside[i], spots[12 + i])
        if path.reason != Reason.FOUND:  # a dead end of the extract
            assert np.isnan(found.drive_s[i, i])
            continue
        good += 1
        assert path.drive_s == pytest.approx(found.drive_s[i, i], abs=0.3)
        assert path.drive_m == pytest.approx(found.drive_m[i, i], rel=0.002, abs=1)
        assert path.legs[0].edge == path.legs[-1].edge == -1
        assert len(path.line) > 1
        gap = np.abs(path.line[-1] - spots[12 + i]).max()
        assert gap < 1e-4
    assert good > 5


def test_the_server_says_why_a_pair_has_no_time(url: str, spots: np.ndarray) -> None:
    ends = np.array([spots[0], [25.4, 60.17], [np.nan, 60.17]])
    server = OsrmServer(url)
    reason = server.matrix(ends, ends).reason
    assert [Reason(r).name for r in reason[0]] == ["FOUND", "OFF_NETWORK", "NO_POINT"]
    assert server.path(ends[0], ends[1]).reason == Reason.OFF_NETWORK
    assert server.path(ends[0], ends[2]).reason == Reason.NO_POINT
    assert np.isnan(server.matrix(ends, ends).drive_m[0, 1:]).all()


def table(seconds: list[list[float | None]]) -> bytes:
    """Give the answer of a table service, its points on their roads."""
    told = {"code": "Ok", "durations": seconds, "distances": seconds}
    told["sources"] = [{"distance": 0} for _ in seconds]
    told["destinations"] = [{"distance": 0} for _ in seconds[0]]
    return json.dumps(told).encode()


def ask(server: StandIn) -> tuple[np.ndarray, list[float]]:
    waited: list[float] = []
    engine = OsrmServer(server.url, sleep=waited.append)
    return engine.matrix(HERE[:2], HERE[:2]).drive_s, waited


GOOD = (200, table([[0.0, 5.0], [6.0, 0.0]]))


@pytest.mark.parametrize(
    ("first", "waits"),
    [((429, b""), [7.0]), ((500, b"oh"), [0.5]), ((503, b""), [0.5]), (None, [0.5])],
)
def test_a_busy_server_is_asked_again(
    first: tuple[int, bytes] | None, waits: list[float]
) -> None:
    with StandIn(first, GOOD) as server:
        seconds, waited = ask(server)
    assert seconds.tolist() == [[0.0, 5.0], [6.0, 0.0]]
    assert waited == waits


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((429, b""), "The OSRM server answers 429"),
        ((500, b"oh"), "The OSRM server answers 500"),
        (None, "The OSRM server does not answer"),
        ((200, b""), "cannot be used: no JSON"),
        ((200, b"<html>hello</html>"), "cannot be used: no JSON"),
        ((200, b"[1, 2]"), "status 200 and no code"),
        ((404, b"{}"), "status 404 and no code"),
        ((302, b""), "cannot be used: no JSON"),
        ((400, b'{"code": "InvalidQuery"}'), "cannot be used: 'InvalidQuery'"),
        ((200, b'{"code": "Ok"}'), "cannot be used: a table"),
        ((200, table([[0.0]])), "cannot be used: a table"),
        ((200, table([[0.0, -1.0], [1.0, 0.0]])), "cannot be used: a table"),
        ((200, table([[0.0, 1e999], [1.0, 0.0]])), "cannot be used: a table"),
        ((200, b"[" * 100_000), "cannot be used: no JSON"),
    ],
)
def test_a_server_that_gives_no_table_is_one_sentence(
    answer: tuple[int, bytes] | None, told: str
) -> None:
    with StandIn(answer) as server, pytest.raises(ServiceError) as failed:
        ask(server)
    assert told in str(failed.value)
    assert server.url in str(failed.value)
    assert "\n" not in str(failed.value)


def test_nobody_there_is_one_sentence() -> None:
    waited: list[float] = []
    engine = OsrmServer("http://127.0.0.1:1", sleep=waited.append)
    with pytest.raises(ServiceError, match="does not answer"):
        engine.matrix(HERE, HERE)
    assert sum(waited) < LONGEST_PAUSE_S


@pytest.mark.parametrize(
    "body", [b'{"code": "Ok"}', b'{"code": "Ok", "routes": []}', b"none"]
)
def test_a_server_that_gives_no_route_is_one_sentence(body: bytes) -> None:
    with StandIn((200, body)) as server, pytest.raises(ServiceError, match="used"):
        OsrmServer(server.url).path(HERE[0], HERE[1])


def test_a_pair_without_a_way_says_so_both_ways_round() -> None:
    told = table([[0.0, None], [6.0, 0.0]])
    with StandIn((200, told)) as server:
        found = OsrmServer(server.url).matrix(HERE[:2], HERE[:2])
    assert [Reason(r).name for r in found.reason.ravel()] == [
        *("FOUND", "NO_WAY", "NO_WAY_BACK", "FOUND"),
    ]
    with StandIn((400, b'{"code": "NoRoute", "message": "Impossible"}')) as server:
        assert OsrmServer(server.url).path(HERE[0], HERE[1]).reason == Reason.NO_WAY


def test_a_server_elsewhere_needs_somebodys_yes() -> None:
    with pytest.raises(InputError, match="sent to https://osrm"):
        OsrmServer("https://osrm.example.org/v5")
    OsrmServer("https://osrm.example.org/v5", allowed=["https://osrm.example.org"])
    with pytest.raises(InputError):
        OsrmServer(
            "https://osrm.example.org.evil.net", allowed=["https://osrm.example.org"]
        )


def test_a_server_elsewhere_is_asked_once_a_second() -> None:
    now, waited = [0.0], []

    def answer(_: str) -> Answer:
        return Answer(*GOOD)

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    engine = OsrmServer(
        "https://osrm.example.org",
        allowed=["https://osrm.example.org"],
        fetch=answer,
        sleep=sleep,
        clock=lambda: now[0],
    )
    for _ in range(3):
        engine.matrix(HERE[:2], HERE[:2])
    assert waited == [1.0, 1.0]


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:5000", True),
        ("http://localhost", True),
        ("http://[::1]:5000", True),
        ("http://127.0.0.1.evil.net", False),
        ("http://10.0.0.1", False),
        ("http://localhost.evil.net:5000", False),
    ],
)
def test_only_this_machine_needs_no_yes(url: str, own: bool) -> None:
    assert is_this_machine(url) is own


@pytest.mark.parametrize(
    "url",
    [
        "",
        "osrm",
        "file:///etc/passwd",
        "http://",
        "http://me@here",
        "http://a:b:c",
        "http://127.0.0.1/?x=",
        "http://[::1",
    ],
)
def test_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="is no web address"):
        origin_of(url)
