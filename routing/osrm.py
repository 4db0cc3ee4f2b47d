"""Travel times from an OSRM server: its table in blocks, its route as a path.

The server is asked over HTTP (OSRM API v1, project-osrm.org). Nothing but coordinates
is sent, and only to this machine or to a server somebody agreed to.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError, ServiceError
from routing.drive import Leg, Path
from routing.engine import Floats, Reason, TravelMatrix
from routing.snap import ACCESS_KMH, FARTHEST_M

TIMEOUT_S = 60.0
MAX_BYTES = 100_000_000
AGENT = "Bailiwick/0.1 (sales territory planning)"
LATER = (429, 500, 502, 503, 504)
"""Status codes after which the same question may be asked again."""
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
"""Waits after an answer that says "later"; the fifth failure ends the run."""
LONGEST_PAUSE_S = 30.0
PUBLIC_PAUSE_S = 1.0
"""Between two questions to a server that is not this machine's."""
OWN_TABLE, OTHER_TABLE, LEAST_TABLE = 400, 100, 4
"""Points in one question; a server that says "too big" is asked for half."""
STEP_EDGE = -2
"""Edge of a leg that is a step of the server's."""


@dataclass(frozen=True)
class Answer:
    """What a server sent: its status and body, and how long it asks to wait."""

    status: int
    body: bytes
    retry_after_s: float = 0.0


Fetch = Callable[[str], Answer]
"""Asks an address once; raises OSError where nobody answers."""


class OsrmServer:
    """A `TravelEngine` that asks an OSRM server.

    Times are the server's, and the way between a point and its road is added as in
    `routing.snap`, so that engines can be swapped.

    Parameters
    ----------
    url
        "http://127.0.0.1:5000", or with a path before ``/table``.
    allowed
        Origins that may be asked besides this machine: "https://osrm.example.org".
    fetch, sleep, clock
        The network, waiting, and a steady clock; swapped in tests.

    Raises
    ------
    InputError
        The address is none, or nobody allowed to ask this server.
    """

    estimated = False
    expected_error = 0.07

    def __init__(
        self,
        url: str,
        *,
        allowed: Collection[str] = (),
        fetch: Fetch | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url.rstrip("/")
        self.own = is_this_machine(self.url)
        origin = origin_of(self.url)
        if not self.own and origin not in {origin_of(a) for a in allowed}:
            raise InputError(
                f"Coordinates of accounts would be sent to {origin}",
                where="--engine",
                fix="Allow it with --online, or run OSRM on this machine",
            )
        self._table = OWN_TABLE if self.own else OTHER_TABLE
        self._fetch = fetch or (lambda asked: fetch_once(asked, direct=self.own))
        self._sleep, self._clock, self._next = sleep, clock, -math.inf

    @property
    def name(self) -> str:
        """What people call it."""
        return f"OSRM at {urlsplit(self.url).netloc}"

    def matrix(self, origins: Floats, destinations: Floats) -> TravelMatrix:
        """Give times and distances, see `TravelEngine.matrix`.

        Raises
        ------
        ServiceError
            The server does not answer, or with something else than a table.
        """
        a, b = _points(origins), _points(destinations)
        drive_s, drive_m = np.full((2, len(a), len(b)), np.nan)
        away = np.full(len(a), np.nan), np.full(len(b), np.nan)
        rows, columns = (np.flatnonzero(np.isfinite(p).all(axis=1)) for p in (a, b))
        for i, j in self._blocks(rows, columns):
            told = self._asked_table(a[i], b[j])
            drive_s[np.ix_(i, j)], drive_m[np.ix_(i, j)] = told[:2]
            away[0][i], away[1][j] = told[2:]
        walked = away[0][:, None] + away[1][None, :]
        drive_s += walked / (ACCESS_KMH / 3.6)
        drive_m += walked
        reason = _reasons(*away, np.isfinite(drive_s))
        lost = reason != Reason.FOUND
        drive_s[lost], drive_m[lost] = np.nan, np.nan
        same = (a[:, None] == b[None, :]).all(axis=2) & ~lost
        drive_s[same], drive_m[same] = 0.0, 0.0
        if a.shape == b.shape and np.array_equal(a, b, equal_nan=True):
            one_way = (reason == Reason.FOUND) & (reason.T == Reason.NO_WAY)
            reason[one_way] = Reason.NO_WAY_BACK
        return TravelMatrix(drive_s, drive_m, reason, estimated=False)

    def path(self, origin: Floats, destination: Floats) -> Path:
        """Give the fastest way between two points, shape (2,), degrees.

        Raises
        ------
        ServiceError
            The server does not answer, or with something else than a route.
        """
        ends = np.concatenate([_points(origin), _points(destination)])
        if not np.isfinite(ends).all():
            return _nothing(Reason.NO_POINT)
        words = "overview=full&geometries=geojson&steps=true"
        told = self._ask(f"route/v1/driving/{_places(ends)}?{words}")
        if told["code"] in ("NoRoute", "NoSegment"):
            lost = told["code"] == "NoRoute"
            return _nothing(Reason.NO_WAY if lost else Reason.OFF_NETWORK)
        try:
            route = told["routes"][0]
            line = np.array(route["geometry"]["coordinates"], dtype=np.float64)
            steps = [
                Leg(STEP_EDGE, 0, _seconds(s["duration"]), _seconds(s["distance"]))
                for leg in route["legs"]
                for s in leg["steps"]
            ]
            out_m, home_m = (_seconds(w["distance"]) for w in told["waypoints"])
            line = line.reshape(-1, 2)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._garbled("a route") from error
        if max(out_m, home_m) > FARTHEST_M:
            return _nothing(Reason.OFF_NETWORK)
        legs = (_access(out_m), *steps, _access(home_m))
        return Path(
            drive_s=round(sum(leg.drive_s for leg in legs), 3),
            drive_m=round(sum(leg.drive_m for leg in legs), 1),
            line=line,
            legs=legs,
            reason=Reason.FOUND,
        )

    def _blocks(
        self, rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Cut into blocks of as many points as one question may have, at each turn."""
        first = 0
        while first < len(rows) and len(columns):
            here = rows[first : first + max(1, self._table // 2)]
            start = 0
            while start < len(columns):
                wide = max(1, self._table - len(here))
                yield here, columns[start : start + wide]
                start += wide
            first += len(here)

    def _asked_table(
        self, a: Floats, b: Floats
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Give seconds, metres, and the metres from each end to its road."""
        n, m = len(a), len(b)
        sources = ";".join(map(str, range(n)))
        goals = ";".join(map(str, range(n, n + m)))
        told = self._ask(
            f"table/v1/driving/{_places(np.concatenate([a, b]))}"
            f"?annotations=duration,distance&sources={sources}&destinations={goals}"
        )
        if told["code"] == "TooBig" and n + m > LEAST_TABLE:
            self._table = max(LEAST_TABLE, (n + m) // 2)
            return self._in_parts(a, b)
        if told["code"] != "Ok":
            raise self._garbled(f"'{str(told['code'])[:40]}'")
        try:
            seconds, metres = (
                np.array(told[key], dtype=np.float64).reshape(n, m)
                for key in ("durations", "distances")
            )
            out_m, home_m = (
                np.array([_seconds(end["distance"]) for end in told[key]])
                for key in ("sources", "destinations")
            )
            if out_m.shape != (n,) or home_m.shape != (m,):
                raise ValueError("another number of points")
        except (KeyError, TypeError, ValueError) as error:
            raise self._garbled("a table") from error
        wrong = (seconds < 0) | (metres < 0) | np.isinf(seconds) | np.isinf(metres)
        if wrong.any():
            raise self._garbled("a table")
        return seconds, metres, out_m, home_m

    def _in_parts(self, a: Floats, b: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        seconds, metres = np.empty((2, len(a), len(b)))
        out_m, home_m = np.empty(len(a)), np.empty(len(b))
        for i, j in self._blocks(np.arange(len(a)), np.arange(len(b))):
            told = self._asked_table(a[i], b[j])
            seconds[np.ix_(i, j)], metres[np.ix_(i, j)] = told[:2]
            out_m[i], home_m[j] = told[2:]
        return seconds, metres, out_m, home_m

    def _ask(self, words: str) -> dict[str, Any]:
        """Ask until an answer comes, waiting longer each time; give up after five."""
        why = "does not answer"
        for pause in (*PAUSES_S, None):
            self._wait()
            try:
                answer = self._fetch(f"{self.url}/{words}")
            except OSError:
                answer = Answer(0, b"")
            if answer.status not in (0, *LATER):
                return self._read(answer)
            why = f"answers {answer.status}" if answer.status else "does not answer"
            if pause is not None:
                asked_s = max(pause, answer.retry_after_s)
                self._sleep(min(asked_s, LONGEST_PAUSE_S))
        raise ServiceError(
            f"The OSRM server {why}",
            where=self.url,
            fix="Check that it runs there, or use a file of roads",
        )

    def _read(self, answer: Answer) -> dict[str, Any]:
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise self._garbled("no JSON") from error
        if not isinstance(told, dict) or not isinstance(told.get("code"), str):
            raise self._garbled(f"status {answer.status} and no code")
        return told

    def _wait(self) -> None:
        """Leave a server of others a second between two questions."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + (0.0 if self.own else PUBLIC_PAUSE_S)

    def _garbled(self, what: str) -> ServiceError:
        return ServiceError(
            f"The OSRM server answered what cannot be used: {what}",
            where=self.url,
            fix="Check that it is OSRM 5.17 or newer, or use a file of roads",
        )


def origin_of(url: str) -> str:
    """Give scheme, host and port of an address.

    Raises
    ------
    InputError
        It is no http or https address, or holds a user name.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
        if known and not parts.username and "?" not in url and "#" not in url:
            _ = parts.port  # raises where it is no number
            return f"{parts.scheme}://{parts.netloc.lower()}"
    except ValueError:
        pass
    raise InputError(
        f"'{url[:100]}' is no web address",
        where="--engine",
        fix="Write it like osrm:http://127.0.0.1:5000",
    )


def is_this_machine(url: str) -> bool:
    """Tell whether an address leads to this machine and nowhere else."""
    host = urlsplit(origin_of(url)).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect may lead anywhere: none is followed."""

    def redirect_request(self, *_: object) -> None:
        """Give nothing, so that the redirect becomes an error."""
        return


def fetch_once(url: str, *, direct: bool) -> Answer:
    """Ask an address once, without redirects, a minute at most.

    Parameters
    ----------
    direct
        Whether to pass by any proxy of the environment.

    Raises
    ------
    OSError
        Nobody answers, or with more than 100 MB.
    """
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if direct:
        handlers.append(urllib.request.ProxyHandler({}))
    question = urllib.request.Request(url, headers={"User-Agent": AGENT})  # noqa: S310
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(question, timeout=TIMEOUT_S) as answer:
            body: bytes = answer.read(MAX_BYTES + 1)
            status = int(answer.status)
    except urllib.error.HTTPError as error:
        wait = error.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdecimal() else 0.0
        with error:
            return Answer(error.code, error.read(MAX_BYTES), seconds)
    except http.client.HTTPException as error:
        raise OSError("no HTTP") from error
    if len(body) > MAX_BYTES:
        raise OSError("too long")
    return Answer(status, body)


def _points(points: Floats) -> Floats:
    return np.asarray(points, dtype=np.float64).reshape(-1, 2)


def _places(points: Floats) -> str:
    return ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in points.tolist())


def _seconds(value: object) -> float:
    """Read a number that is finite and not negative."""
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number) or number < 0:
        raise ValueError("no length")
    return number


def _access(metres: float) -> Leg:
    return Leg(-1, 0, metres / (ACCESS_KMH / 3.6), metres)


def _nothing(reason: Reason) -> Path:
    return Path(math.nan, math.nan, np.zeros((0, 2)), (), reason)


def _reasons(
    out_m: Floats, home_m: Floats, found: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    reason = np.where(found, Reason.FOUND, Reason.NO_WAY)
    far = (out_m > FARTHEST_M)[:, None] | (home_m > FARTHEST_M)[None, :]
    reason = np.where(far, Reason.OFF_NETWORK, reason)
    blank_a, blank_b = np.isnan(out_m), np.isnan(home_m)  # never asked
    placed = ~blank_a[:, None] & ~blank_b[None, :]
    return np.where(placed, reason, Reason.NO_POINT).astype(np.uint8)
