"""One request over HTTP: no redirects, a size limit, a time limit, failures named."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from geo.errors import InputError

TIMEOUT_S = 60.0
MAX_BYTES = 50_000_000
AGENT = "Bailiwick/0.1 (sales territory planning)"
LATER = (429, 500, 502, 503, 504)
"""Status codes after which the same question may be asked again."""


@dataclass(frozen=True)
class Request:
    """What is sent: a GET, or a POST if there is a body."""

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class NoAnswerError(Exception):
    """A service that gave no usable answer.

    Parameters
    ----------
    reason
        Goes after the service's name: "answered 429".
    temporary
        Whether it is worth asking again.
    retry_after_s
        How long the service asks to wait, seconds.
    """

    def __init__(
        self, reason: str, *, temporary: bool = True, retry_after_s: float = 0.0
    ) -> None:
        super().__init__(reason)
        self.reason, self.temporary = reason, temporary
        self.retry_after_s = retry_after_s


class Fetch(Protocol):
    """The network, or its stand-in."""

    def __call__(self, request: Request) -> bytes:
        """Give the body of the answer; raise `NoAnswerError` if there is none."""
        ...


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect may lead anywhere, also into the local network: none is followed."""

    def redirect_request(self, *_: object) -> None:
        """Give nothing, so that the redirect becomes an error."""
        return


def origin_of(url: str) -> str:
    """Give scheme, host and port of an address.

    Raises
    ------
    InputError
        It is no http or https address, or holds a user name.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        fix = "Write it like https://nominatim.example.org"
        raise InputError(f"'{url[:100]}' is no web address", fix=fix)
    return f"{parts.scheme}://{parts.netloc}"


def fetch(request: Request) -> bytes:
    """Ask once.

    Raises
    ------
    NoAnswerError
        No connection, an error status, a redirect, or more than 50 MB.
    """
    origin_of(request.url)
    headers = {"User-Agent": AGENT, **request.headers}
    question = urllib.request.Request(request.url, request.body, headers)  # noqa: S310
    opener = urllib.request.build_opener(_NoRedirect())
    try:
        with opener.open(question, timeout=TIMEOUT_S) as answer:
            body: bytes = answer.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        wait = error.headers.get("Retry-After", "")
        raise NoAnswerError(
            f"answered {error.code}",
            temporary=error.code in LATER,
            retry_after_s=float(wait) if wait.isdecimal() else 0.0,
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswerError("did not answer") from error
    if len(body) > MAX_BYTES:
        raise NoAnswerError("answered with more than 50 MB", temporary=False)
    return body
