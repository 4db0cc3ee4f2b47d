"""Online geocoders against stand-ins on this machine: by consent, slow, resumable."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from data.answers import Answers
from data.fetch import NoAnswerError, Request, fetch, origin_of
from data.geocode import ADDRESS, Offline
from data.online import Cascade, Consent, Online, outlook
from data.services import Census, Nominatim, Photon, Service
from geo.errors import InputError, ServiceError

Reply = tuple[int, bytes]


class StandIn:
    """A server on loopback that gives scripted replies and notes what it was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.default: Callable[[str, bytes], Reply] = lambda _path, _body: (200, b"[]")
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(size)
                stand_in.asked.append((self.path, body, dict(self.headers)))
                scripted = stand_in.replies.pop(0) if stand_in.replies else None
                status, text = scripted or stand_in.default(self.path, body)
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                if status == 429:
                    self.send_header("Retry-After", "7")
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    stand_in = StandIn()
    thread = threading.Thread(
        target=stand_in.server.serve_forever, args=(0.01,), daemon=True
    )
    thread.start()
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()
    thread.join()


class Watch:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def addresses() -> pd.DataFrame:
    rows = [
        ("1 Main St", "Cambridge", "", "MA", "02139", "US"),
        ("2 Oak Ave", "Longview", "", "TX", "", "US"),
        ("1 Main St", "CAMBRIDGE", "", "MA", "02139", "US"),
        ("", "", "", "", "", "US"),
    ]
    return pd.DataFrame(rows, columns=list(ADDRESS), dtype="str", index=list("abcd"))


def hit(lon: float, lat: float, kind: str = "building") -> Reply:
    place = {"lon": str(lon), "lat": str(lat), "addresstype": kind, "display_name": "X"}
    return 200, json.dumps([place]).encode()


def online(
    service: Service, folder: Path, watch: Watch, *, count: int = 10, cap: int = 100
) -> Online:
    origin = origin_of(service.base)
    return Online(
        service,
        Consent(origin, count, "ana"),
        folder / "answers.sqlite",
        allowed=[origin],
        cap=cap,
        sleep=watch.sleep,
        clock=watch.clock,
    )


def test_what_would_be_sent_is_counted_before_anything_is(
    tmp_path: Path, addresses: pd.DataFrame
) -> None:
    seen = outlook(addresses, Nominatim(), tmp_path / "answers.sqlite")
    assert (seen.addresses, seen.to_send, seen.unfit, seen.cached) == (2, 2, 1, 0)
    assert seen.seconds == 2.0
    many = pd.concat([addresses.iloc[:1]] * 5_000, ignore_index=True)
    many["street"] = [f"{i} Main St" for i in range(5_000)]
    said = outlook(many, Nominatim(), tmp_path / "answers.sqlite").sentence
    assert said == (
        "5,000 addresses (street, city, state, ZIP, country; no names) would be sent "
        "to https://nominatim.openstreetmap.org, in about 83 minutes"
    )
    assert not (tmp_path / "answers.sqlite").exists()


def test_nominatim_is_asked_once_per_address_once_a_second(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    server.replies = [hit(-71.1, 42.36), hit(-94.7, 32.5, "road")]
    watch = Watch()
    geocoder = online(Nominatim(base=server.url), tmp_path, watch)
    placed = geocoder.place(addresses)
    assert placed["match"].to_list() == ["rooftop", "street", "rooftop", "none"]
    assert placed.loc["c", "lon"] == -71.1
    assert sum(watch.slept) >= 1.0
    first = parse_qs(urlsplit(server.asked[0][0]).query)
    assert first["street"] == ["1 Main St"]
    assert first["countrycodes"] == ["us"]
    assert server.asked[0][2]["User-Agent"].startswith("Bailiwick/")
    again = online(Nominatim(base=server.url), tmp_path, watch).place(addresses)
    pd.testing.assert_frame_equal(again, placed)
    assert len(server.asked) == 2
    seen = outlook(addresses, Nominatim(base=server.url), tmp_path / "answers.sqlite")
    assert (seen.cached, seen.to_send) == (2, 0)
    (consent,) = Answers(tmp_path / "answers.sqlite").consents()
    assert consent[1:] == (server.url, 2, "ana")


def test_a_run_that_breaks_goes_on_where_it_was(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    server.replies = [hit(-71.1, 42.36), *[(500, b"")] * 5]
    watch = Watch()
    geocoder = online(Nominatim(base=server.url), tmp_path, watch)
    with pytest.raises(ServiceError) as failure:
        geocoder.place(addresses)
    assert str(failure.value) == (
        f"nominatim answered 500; 1 of 2 addresses are done ({server.url}). "
        "Try again later; it goes on from there."
    )
    assert [s for s in watch.slept if s >= 1][-4:] == [1.0, 2.0, 4.0, 8.0]
    server.replies = [hit(-94.7, 32.5)]
    placed = online(Nominatim(base=server.url), tmp_path, watch).place(addresses)
    assert (placed["match"] == "rooftop").sum() == 3
    assert len(server.asked) == 1 + 5 + 1


def test_a_server_that_says_later_is_waited_for(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    server.replies = [(429, b""), hit(-71.1, 42.36), hit(-94.7, 32.5)]
    watch = Watch()
    placed = online(Nominatim(base=server.url), tmp_path, watch).place(addresses)
    assert 7.0 in watch.slept
    assert (placed["match"] == "rooftop").sum() == 3


GARBAGE = {
    "html": (200, b"<html>busy</html>", "answered with something else than JSON"),
    "object": (200, b'{"error": "x"}', "answered with something else than hits"),
    "no place": (200, b'[{"lat": "x"}]', "answered without a place"),
    "off the map": (200, b'[{"lat": "91", "lon": "0"}]', "a place outside the world"),
    "infinite": (200, b'[{"lat": "inf", "lon": "0"}]', "a place outside the world"),
    "nothing": (0, b"", "did not answer"),
    "deep": (200, b"[" * 100_000, "answered with something else than JSON"),
}


@pytest.mark.parametrize("case", GARBAGE)
def test_garbage_and_silence_become_one_sentence(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame, case: str
) -> None:
    status, body, reason = GARBAGE[case]
    server.default = lambda _path, _body: (status, body)
    with pytest.raises(ServiceError, match=reason):
        online(Nominatim(base=server.url), tmp_path, Watch()).place(addresses)
    assert len(server.asked) == 5


def test_a_refusal_is_not_repeated_and_no_redirect_is_followed(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    for status in (403, 302):
        server.asked.clear()
        server.default = lambda _path, _body, status=status: (status, b"")  # type: ignore[misc]
        with pytest.raises(ServiceError, match=f"answered {status}"):
            online(Nominatim(base=server.url), tmp_path, Watch()).place(addresses)
        assert [path[:7] for path, _, _ in server.asked] == ["/search"]


def test_the_census_gets_one_table_and_its_answer_is_read(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    lines = (
        '"1","2 Oak Ave, Longview, TX, ","No_Match"\n'
        '"0","1 Main St, Cambridge, MA, 02139","Match","Non_Exact",'
        '"1 MAIN ST, CAMBRIDGE, MA, 02139","-71.09,42.36","1","L"\n'
    )
    server.default = lambda _path, _body: (200, lines.encode())
    geocoder = online(Census(base=server.url), tmp_path, Watch())
    placed = geocoder.place(addresses)
    assert placed["match"].to_list() == ["street", "none", "street", "none"]
    assert placed.loc["a", ["lon", "lat", "score"]].to_list() == [-71.09, 42.36, 80.0]
    path, body, headers = server.asked[0]
    assert path == "/geocoder/locations/addressbatch"
    assert b"0,1 Main St,Cambridge,MA,02139" in body
    assert headers["Content-Type"].startswith("multipart/form-data")
    geocoder.place(addresses)
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b'"x","y","Match"', b"\xff\xfe"])
def test_a_census_answer_that_is_no_table_is_said(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame, body: bytes
) -> None:
    server.default = lambda _path, _body: (200, body)
    with pytest.raises(ServiceError, match=r"census answered"):
        online(Census(base=server.url), tmp_path, Watch()).place(addresses)


def test_photon_is_read(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    feature = {
        "geometry": {"coordinates": [-71.1, 42.36]},
        "properties": {"type": "house", "street": "Main St", "city": "Cambridge"},
    }
    server.replies = [
        (200, json.dumps({"features": [feature]}).encode()),
        (200, b'{"features": []}'),
    ]
    placed = online(Photon(base=server.url), tmp_path, Watch()).place(addresses)
    assert placed["match"].to_list() == ["rooftop", "none", "rooftop", "none"]
    assert placed.loc["a", "matched"] == "Main St, Cambridge"


def test_nothing_is_sent_without_consent(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    service = Nominatim(base=server.url)
    with pytest.raises(InputError) as refusal:
        Online(service, Consent("https://x.org", 9, "ana"), tmp_path / "a",
               allowed=[server.url])  # fmt: skip
    assert str(refusal.value) == (
        f"Nobody has agreed to ask {server.url} (nominatim). Ask for consent first."
    )
    with pytest.raises(InputError) as refusal:
        online(service, tmp_path, Watch(), count=1).place(addresses)
    assert str(refusal.value) == (
        "2 addresses would be sent, 1 agreed (nominatim). Ask for consent again."
    )
    assert server.asked == []


def test_only_listed_servers_are_asked(tmp_path: Path) -> None:
    for base in ("http://169.254.169.254", "http://nominatim.openstreetmap.org"):
        with pytest.raises(
            InputError, match="is not on the list of servers that may be"
        ):
            Online(Nominatim(base=base), Consent(base, 9, "ana"), tmp_path / "a")
    for base in ("file:///etc/passwd", "https://u:p@h", "ftp://x", "https://"):
        with pytest.raises(InputError, match="is no web address"):
            Online(Nominatim(base=base), Consent(base, 9, "ana"), tmp_path / "a")


def test_the_cap_holds_and_the_rest_waits(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    server.default = lambda _path, _body: hit(-71.1, 42.36)
    geocoder = online(Nominatim(base=server.url), tmp_path, Watch(), cap=1)
    assert (geocoder.place(addresses)["match"] == "rooftop").sum() == 2
    assert (geocoder.place(addresses)["match"] == "rooftop").sum() == 3
    assert len(server.asked) == 2


def test_a_public_server_is_never_asked_more_than_once_a_second() -> None:
    eager = Nominatim(pause_s=0.0, answer_s=0.0)
    table = pd.DataFrame(
        [["", f"Town {i}", "", "MA", "", "US"] for i in range(60)],
        columns=list(ADDRESS),
        dtype="str",
    )
    assert outlook(table, eager, Path("none")).seconds == 60.0


def test_what_the_service_does_not_know_is_placed_offline(
    tmp_path: Path, server: StandIn, addresses: pd.DataFrame
) -> None:
    server.replies = [hit(-71.1, 42.36), (200, b"[]")]
    both = Cascade(online(Nominatim(base=server.url), tmp_path, Watch()), Offline())
    placed = both.place(addresses)
    assert placed["match"].to_list() == ["rooftop", "city", "rooftop", "none"]


def test_the_log_counts_and_never_names(
    tmp_path: Path,
    server: StandIn,
    addresses: pd.DataFrame,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.default = lambda _path, _body: hit(-71.1, 42.36)
    with caplog.at_level(logging.DEBUG):
        online(Nominatim(base=server.url), tmp_path, Watch()).place(addresses)
    assert "sending 2 addresses to" in caplog.text
    assert "Main" not in caplog.text
    content = (tmp_path / "answers.sqlite").read_bytes()
    assert b"Main St" not in content


def test_a_cache_that_is_no_database_is_said(
    tmp_path: Path, addresses: pd.DataFrame
) -> None:
    (tmp_path / "answers.sqlite").write_text("not a database at all" * 100)
    with pytest.raises(InputError) as refusal:
        outlook(addresses, Nominatim(), tmp_path / "answers.sqlite")
    assert str(refusal.value) == (
        "The cache of answers cannot be used (answers.sqlite). Delete the file."
    )


def test_a_closed_port_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(NoAnswerError, match="did not answer"):
        fetch(Request("http://127.0.0.1:9/x"))
