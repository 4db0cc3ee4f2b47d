"""Geocoding over the network, by consent: counted first, cached, slow, resumable."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data.answers import Answer, Answers
from data.fetch import Fetch, NoAnswerError, fetch, origin_of
from data.geocode import ADDRESS, Geocoder, nothing_found
from data.services import Service
from geo.errors import InputError, ServiceError

log = logging.getLogger(__name__)

CAP = 10_000
"""Addresses one run may send, whatever was agreed to."""
PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""Waits after an answer that says "later"; the fifth failure ends the run."""
LONGEST_PAUSE_S = 60.0
PUBLIC_PAUSE_S = 1.0


@dataclass(frozen=True)
class Outlook:
    """What a run would do, told before anything is sent.

    Parameters
    ----------
    service, origin
        Who would be asked, and where.
    addresses
        Distinct addresses the service could place.
    cached
        Of those, answered before; nothing is sent for them.
    to_send
        Addresses that would leave this machine: at most the cap.
    unfit
        Rows without enough of an address for this service.
    seconds
        Least time the run takes, from the service's own pace.
    """

    service: str
    origin: str
    addresses: int
    cached: int
    to_send: int
    unfit: int
    seconds: float

    @property
    def sentence(self) -> str:
        """Say it, for the question that asks for consent."""
        return (
            f"{self.to_send:,} addresses (street, city, state, ZIP, country; no names) "
            f"would be sent to {self.origin}, in about {self.seconds / 60:.0f} minutes"
        )


@dataclass(frozen=True)
class Consent:
    """Somebody's yes to sending a number of addresses to one service.

    Parameters
    ----------
    origin
        Scheme and host that may be asked: "https://nominatim.openstreetmap.org".
    count
        The most addresses that may be sent.
    actor
        Who agreed.
    """

    origin: str
    count: int
    actor: str


class Online:
    """A geocoder that asks a service, after somebody has agreed to it.

    Answers are kept, also "not found", so that a run that was stopped goes on where it
    was and no address is sent twice.

    Parameters
    ----------
    service
        Whom to ask; see `data.services`.
    consent
        What may be sent, and to whom.
    cache
        File of answers; made when missing.
    allowed
        Origins that may be asked besides the service's public one: the administrator's
        list of own servers.
    cap
        Addresses one run may send.
    report
        Told before each request how many addresses are done and how many there are;
        True ends the run with what is known so far.
    fetch, sleep, clock
        The network, waiting, and a steady clock in seconds; swapped in tests.
    """

    def __init__(
        self,
        service: Service,
        consent: Consent,
        cache: Path,
        *,
        allowed: Collection[str] = (),
        cap: int = CAP,
        report: Callable[[int, int], bool] = lambda _done, _total: False,
        fetch: Fetch = fetch,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.service, self.consent, self.cap = service, consent, cap
        self._report = report
        self._answers = Answers(cache)
        self._fetch, self._sleep, self._clock = fetch, sleep, clock
        self._next = -np.inf
        _check_origin(service, allowed)
        if consent.origin != origin_of(service.base):
            what = f"Nobody has agreed to ask {origin_of(service.base)}"
            raise InputError(what, where=service.name, fix="Ask for consent first")

    def place(self, addresses: pd.DataFrame) -> pd.DataFrame:
        """Place every row the service knows; see `data.geocode.Geocoder.place`.

        Raises
        ------
        InputError
            More addresses would be sent than were agreed to.
        ServiceError
            The service did not answer; what it had answered is kept.
        """
        fit, keys = _keyed(addresses, self.service)
        known = self._answers.get(keys.unique())
        todo = fit[~keys.isin(known) & ~keys.duplicated()].iloc[: self.cap]
        if len(todo) > self.consent.count:
            what = (
                f"{len(todo):,} addresses would be sent, {self.consent.count:,} agreed"
            )
            raise InputError(what, where=self.service.name, fix="Ask for consent again")
        if len(todo):
            self._answers.record(self.consent.origin, len(todo), self.consent.actor)
            log.info("sending %d addresses to %s", len(todo), self.consent.origin)
        size = self.service.batch
        for start in range(0, len(todo), size):
            if self._report(start, len(todo)):
                break
            rows = todo.iloc[start : start + size]
            found = self._ask(rows, done=start, total=len(todo))
            batch = dict(zip(keys[rows.index], found, strict=True))
            self._answers.put(batch, self.service)
            known |= batch
        return _filled(addresses, keys, known)

    def _ask(self, rows: pd.DataFrame, *, done: int, total: int) -> list[Answer]:
        """Ask until an answer comes, waiting longer each time; give up after five."""
        reason = ""
        for pause in (*PAUSES_S, None):
            self._wait()
            try:
                body = self._fetch(self.service.request(rows))
                return self.service.read(body, rows)
            except NoAnswerError as failure:
                reason, asked = failure.reason, failure.retry_after_s
                if pause is None or not failure.temporary:
                    break
            self._sleep(min(max(pause, asked), LONGEST_PAUSE_S))
        what = f"{self.service.name} {reason}; {done:,} of {total:,} addresses are done"
        raise ServiceError(
            what,
            where=self.consent.origin,
            fix="Try again later; it goes on from there",
        )

    def _wait(self) -> None:
        """Keep the service's pace: so many seconds between two requests."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + _pause_s(self.service)


def outlook(
    addresses: pd.DataFrame, service: Service, cache: Path, *, cap: int = CAP
) -> Outlook:
    """Tell what a run would send and how long it would take; sends nothing.

    Parameters
    ----------
    addresses
        As `data.geocode.address_table` gives them.
    """
    _, keys = _keyed(addresses, service)
    distinct = keys.unique()
    cached = len(Answers(cache).get(distinct))
    to_send = min(len(distinct) - cached, cap)
    requests = -(-to_send // service.batch)
    return Outlook(
        service.name,
        origin_of(service.base),
        len(distinct),
        cached,
        to_send,
        len(addresses) - len(keys),
        requests * max(_pause_s(service), service.answer_s),
    )


class Cascade:
    """Asks several geocoders in turn; each places what those before did not.

    Parameters
    ----------
    geocoders
        The finest first: ``Cascade(Online(...), Offline())``.
    """

    def __init__(self, *geocoders: Geocoder) -> None:
        self._geocoders = geocoders

    def place(self, addresses: pd.DataFrame) -> pd.DataFrame:
        """Place every row by the first geocoder that knows it."""
        found = nothing_found(addresses.index)
        for geocoder in self._geocoders:
            missing = (found["match"] == "none").to_numpy(bool)
            if missing.any():
                found.loc[missing] = geocoder.place(addresses[missing])
        return found


def _pause_s(service: Service) -> float:
    """Give the pace; on a public server never faster than one request a second."""
    own = origin_of(service.base) != origin_of(service.public)
    return service.pause_s if own else max(service.pause_s, PUBLIC_PAUSE_S)


def _check_origin(service: Service, allowed: Collection[str]) -> None:
    origin = origin_of(service.base)
    if origin != origin_of(service.public) and origin not in allowed:
        what = f"{origin} is not on the list of servers that may be asked"
        fix = "Have the administrator add it to the settings"
        raise InputError(what, where=service.name, fix=fix)


def _keyed(
    addresses: pd.DataFrame, service: Service
) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Give the rows the service can place, and the cache key of each."""
    table = addresses[list(ADDRESS)]
    fit = table[service.fits(table).to_numpy(bool)]
    text = (
        fit.agg("|".join, axis=1).str.casefold()
        if len(fit)
        else pd.Series([], dtype="str")
    )
    head = f"{service.name}|{origin_of(service.base)}|"
    hashed = [hashlib.sha256((head + t).encode()).hexdigest() for t in text]
    return fit, pd.Series(hashed, index=fit.index, dtype="str")


def _filled(
    addresses: pd.DataFrame, keys: pd.Series[str], known: dict[str, Answer]
) -> pd.DataFrame:
    found = nothing_found(addresses.index)
    hits = [(row, known[key]) for row, key in keys.items() if key in known]
    placed = [(row, a) for row, a in hits if a.match != "none"]
    rows = [row for row, _ in placed]
    for column in ("lon", "lat", "match", "score", "radius_km", "matched"):
        if rows:
            found.loc[rows, column] = [getattr(a, column) for _, a in placed]
    return found
