"""Geocoding services: how each is asked, how its answer reads, how fast it may go."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import pandas as pd

from data.answers import NOT_FOUND, Answer
from data.fetch import NoAnswerError, Request

LEVELS = {
    **dict.fromkeys(("house", "building", "amenity", "shop", "office"), "rooftop"),
    **dict.fromkeys(("craft", "leisure", "tourism", "place_house"), "rooftop"),
    **dict.fromkeys(("road", "street", "highway"), "street"),
    **dict.fromkeys(("postcode", "postal_code"), "postcode"),
    **dict.fromkeys(("city", "town", "village", "hamlet", "municipality"), "city"),
    **dict.fromkeys(("suburb", "neighbourhood", "quarter", "locality"), "city"),
    **dict.fromkeys(("district", "borough"), "city"),
    **{"county": "county", "state": "state", "country": "country"},
}
"""What OpenStreetMap calls a place -> our level."""
RADIUS_KM = {
    **{"rooftop": 0.05, "street": 0.5, "postcode": 9.0, "city": 11.0},
    **{"county": 25.0, "state": 300.0, "country": 600.0},
}
SCORES = {
    **{"rooftop": 97.0, "street": 92.0, "postcode": 88.0, "city": 78.0},
    **{"county": 55.0, "state": 25.0, "country": 10.0},
}


class Service(Protocol):
    """One provider: how it is asked and how its answer reads."""

    @property
    def name(self) -> str:
        """Short name of the service."""
        ...

    @property
    def licence(self) -> str:
        """Whom to credit, and the terms."""
        ...

    @property
    def base(self) -> str:
        """Address of the server in use."""
        ...

    @property
    def public(self) -> str:
        """Address of the provider's own server."""
        ...

    @property
    def batch(self) -> int:
        """Addresses per request."""
        ...

    @property
    def pause_s(self) -> float:
        """Least seconds between two requests."""
        ...

    @property
    def answer_s(self) -> float:
        """Seconds an answer usually takes."""
        ...

    def fits(self, addresses: pd.DataFrame) -> pd.Series[bool]:
        """Tell which rows have enough of an address for this service."""
        ...

    def request(self, rows: pd.DataFrame) -> Request:
        """Give the question for up to `batch` rows."""
        ...

    def read(self, body: bytes, rows: pd.DataFrame) -> list[Answer]:
        """Give one answer per row; raise `NoAnswerError` if the body makes no sense."""
        ...


@dataclass(frozen=True)
class Census:
    """The US Census Bureau's batch geocoder: free, no key, US streets, interpolated."""

    base: str = "https://geocoding.geo.census.gov"
    name: str = "census"
    licence: str = "U.S. Census Bureau, public domain"
    public: str = "https://geocoding.geo.census.gov"
    batch: int = 1_000
    pause_s: float = 1.0
    answer_s: float = 120.0

    def fits(self, addresses: pd.DataFrame) -> pd.Series[bool]:
        """US rows with a street, and a ZIP or a city with its state."""
        street = addresses["street"] != ""
        town = (addresses["city"] != "") & (addresses["state"] != "")
        return (
            (addresses["country"] == "US")
            & street
            & (town | (addresses["postal_code"] != ""))
        )

    def request(self, rows: pd.DataFrame) -> Request:
        """One file of number, street, city, state, ZIP, as a form."""
        table = io.StringIO()
        fields = ["street", "city", "state", "postal_code"]
        csv.writer(table).writerows(
            [i, *row] for i, row in enumerate(rows[fields].itertuples(index=False))
        )
        mark = "bailiwick-form-boundary"
        body = (
            f'--{mark}\r\nContent-Disposition: form-data; name="benchmark"\r\n\r\n'
            f"Public_AR_Current\r\n--{mark}\r\n"
            'Content-Disposition: form-data; name="addressFile"; '
            'filename="addresses.csv"\r\nContent-Type: text/csv\r\n\r\n'
            f"{table.getvalue()}\r\n--{mark}--\r\n"
        )
        url = f"{self.base}/geocoder/locations/addressbatch"
        headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return Request(url, body.encode(), headers)

    def read(self, body: bytes, rows: pd.DataFrame) -> list[Answer]:
        """Lines of number, address, Match, Exact, matched address, "lon,lat", ..."""
        found: dict[int, Answer] = {}
        try:
            for line in csv.reader(io.StringIO(body.decode("utf-8"))):
                found[int(line[0])] = _census_answer(line)
        except (ValueError, IndexError, csv.Error) as error:
            raise NoAnswerError("answered with something else than a table") from error
        if not found:
            raise NoAnswerError("answered nothing")
        return [found.get(i, NOT_FOUND) for i in range(len(rows))]


def _census_answer(line: list[str]) -> Answer:
    if line[2] != "Match":
        return NOT_FOUND
    lon, lat = (float(part) for part in line[5].split(","))
    score = 95.0 if line[3] == "Exact" else 80.0
    return _checked(Answer(lon, lat, "street", score, RADIUS_KM["street"], line[4]))


@dataclass(frozen=True)
class Nominatim:
    """Nominatim of OpenStreetMap: one request a second, results cached, attributed."""

    base: str = "https://nominatim.openstreetmap.org"
    name: str = "nominatim"
    licence: str = "\u00a9 OpenStreetMap contributors, ODbL"
    public: str = "https://nominatim.openstreetmap.org"
    batch: int = 1
    pause_s: float = 1.0
    answer_s: float = 1.0

    def fits(self, addresses: pd.DataFrame) -> pd.Series[bool]:
        """Rows with a city or a postcode."""
        return (addresses["city"] != "") | (addresses["postal_code"] != "")

    def request(self, rows: pd.DataFrame) -> Request:
        """Give a structured search for the first hit."""
        row = rows.iloc[0]
        parts = {
            **{"street": row["street"], "city": row["city"], "county": row["county"]},
            **{"state": row["state"], "postalcode": row["postal_code"]},
            "countrycodes": str(row["country"]).lower(),
        }
        query = {k: str(v) for k, v in parts.items() if v}
        query |= {"format": "jsonv2", "limit": "1"}
        return Request(f"{self.base}/search?{urlencode(query)}")

    def read(self, body: bytes, rows: pd.DataFrame) -> list[Answer]:
        """Read a list of hits, the best first."""
        hits = _json(body)
        if not isinstance(hits, list):
            raise NoAnswerError("answered with something else than hits")
        if not hits:
            return [NOT_FOUND] * len(rows)
        hit = hits[0]
        try:
            lon, lat = float(hit["lon"]), float(hit["lat"])
        except (KeyError, TypeError, ValueError) as error:
            raise NoAnswerError("answered without a place") from error
        kind = str(hit.get("addresstype") or hit.get("type"))
        return [_placed(lon, lat, kind, str(hit.get("display_name", "")))]


@dataclass(frozen=True)
class Photon:
    """Photon on OpenStreetMap data: reasonable use, no guarantee."""

    base: str = "https://photon.komoot.io"
    name: str = "photon"
    licence: str = "\u00a9 OpenStreetMap contributors, ODbL"
    public: str = "https://photon.komoot.io"
    batch: int = 1
    pause_s: float = 1.0
    answer_s: float = 1.0

    def fits(self, addresses: pd.DataFrame) -> pd.Series[bool]:
        """Rows with a city or a postcode."""
        return (addresses["city"] != "") | (addresses["postal_code"] != "")

    def request(self, rows: pd.DataFrame) -> Request:
        """One line of text, the first hit."""
        row = rows.iloc[0]
        fields = ("street", "city", "state", "postal_code", "country")
        text = ", ".join(str(row[f]) for f in fields if row[f])
        return Request(f"{self.base}/api?{urlencode({'q': text, 'limit': '1'})}")

    def read(self, body: bytes, rows: pd.DataFrame) -> list[Answer]:
        """Read a GeoJSON feature collection."""
        document = _json(body)
        hits = document.get("features") if isinstance(document, dict) else None
        if not isinstance(hits, list):
            raise NoAnswerError("answered with something else than features")
        if not hits:
            return [NOT_FOUND] * len(rows)
        try:
            lon, lat = (float(v) for v in hits[0]["geometry"]["coordinates"][:2])
            about = dict(hits[0]["properties"])
        except (KeyError, TypeError, ValueError) as error:
            raise NoAnswerError("answered without a place") from error
        words = [
            str(about[k]) for k in ("name", "street", "city", "state") if k in about
        ]
        return [_placed(lon, lat, str(about.get("type", "")), ", ".join(words))]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoAnswerError("answered with something else than JSON") from error


def _placed(lon: float, lat: float, kind: str, label: str) -> Answer:
    level = LEVELS.get(kind, "city")
    return _checked(
        Answer(lon, lat, level, SCORES[level], RADIUS_KM[level], label[:200])
    )


def _checked(answer: Answer) -> Answer:
    """Refuse a place that is none on Earth."""
    lon, lat = answer.lon or 0.0, answer.lat or 0.0
    if (
        not (math.isfinite(lon) and math.isfinite(lat))
        or abs(lon) > 180
        or abs(lat) > 90
    ):
        raise NoAnswerError("answered with a place outside the world")
    return answer
