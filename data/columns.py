"""Which column of a file is what: names of four CRMs, and a look at the cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from data.coordinates import parse_points
from data.dates import parse_dates
from data.numbers import parse_numbers
from data.regions import countries, plain, provinces, us_states

SAMPLE_ROWS = 200
LEAST = 0.5
TIE = 0.02
"""Two columns whose confidence differs by no more than this are asked about."""

STRONG = {
    "account_id": """
        accountid id recordid hsobjectid companyid casesafeid accountnumber
        accountno accountnum accountkey customerid customernumber customerno custid
        custno clientid storenumber storeid kundennummer kundennr uniqueid
        externalid key account
    """,
    "name": """
        accountname companyname name company customername customer clientname client
        storename businessname organization organisation firma kunde firmenname nom
    """,
    "street": """
        shippingstreet street streetaddress address1street1 address1line1 address1
        shippingaddressline1 addressline1 street1 address addr addr1 shippingaddress
        strasse adresse streetline1 mailingstreet
    """,
    "city": """
        shippingcity city address1city town locality ort stadt ville mailingcity
        municipality
    """,
    "county": "county shippingcounty countyname address1county",
    "state": """
        shippingstate shippingstatecode shippingstateprovince state stateregion
        stateprovince address1stateorprovince address1stateprovince province
        statecode stateorprovince bundesland mailingstate st
    """,
    "postal_code": """
        shippingpostalcode shippingzippostalcode postalcode zip zipcode
        zippostalcode address1postalcode address1zippostalcode postcode shippingcode
        shippingzip plz cp cap zip5 codepostal postleitzahl mailingpostalcode
    """,
    "country": """
        shippingcountry shippingcountrycode country countryregion address1country
        address1countryregion countrycode land pays iso iso2
    """,
    "lon": """
        shippinglongitude longitude address1longitude lon lng long x
        geolocationlongitude xcoord laengengrad langengrad lngitude
    """,
    "lat": """
        shippinglatitude latitude address1latitude lat y geolocationlatitude ycoord
        breitengrad
    """,
    "coordinates": """
        coordinates latlon latlng latlong wkt geom geometry geolocation location gps
        point
    """,
    "region": "region salesregion",
    "industry": "industry industrycode industrysegment vertical branche sector",
    "customer_type": """
        customertype customersegment type accounttype relationshiptype
        customertypecode segment tier class customerclass abcclass size
    """,
    "product": "product productline products productfamily brand",
    "channel": "channel saleschannel distributionchannel",
    "stage": "stage lifecyclestage status accountstatus leadstatus customerstatus",
    "revenue": """
        annualrevenue revenue sales annualsales turnover umsatz arr spend
        totalrevenue netsales ytdsales salesvolume
    """,
    "potential": """
        potential salespotential revenuepotential opportunity annualpotential
        potentialrevenue
    """,
    "visits": """
        visits visitsperyear annualvisits callfrequency visitfrequency calls
        callsperyear numberofvisits visitsyr
    """,
    "visit_min": """
        visitmin visitminutes visitduration minutespervisit serviceminutes
        servicetime callduration durationmin
    """,
    "owner": """
        accountowner companyowner owner ownername ownerid hubspotownerid salesperson
        salesrep rep representative accountmanager repname salesrepresentative
        owneralias
    """,
    "territory": """
        territory salesterritory territoryname territoryid territory2 territories
        mscrmterritory serviceterritory msdynserviceterritory gebiet area
    """,
    "last_visit": """
        lastvisit lastvisitdate lastactivity lastactivitydate lastcontacted
        noteslastcontacted lastactivitytime lastorder lastorderdate lastcalldate
        lastcontactdate
    """,
    "match": "billinggeocodeaccuracy shippinggeocodeaccuracy geocodeaccuracy match",
}
"""Field -> headings as `key_of` gives them, the surest first."""
BILLING = ("street", "city", "state", "postal_code", "country", "lon", "lat")
"""Fields that Salesforce and Zoho keep twice; visits go to the shipping address."""
FIELDS = tuple(STRONG)


def key_of(heading: str) -> str:
    """Give the letters and digits of a heading without the marks CRMs add to it."""
    text = unicodedata.normalize("NFKD", heading).casefold().replace("\u00df", "ss")
    text = re.sub(r"\(do not modify\)|__[cs]\b", " ", text)
    return re.sub(r"[^0-9a-z]", "", text)


@cache
def _aliases() -> dict[str, dict[str, float]]:
    """Map field -> key -> confidence: 0.95 for the first alias, less for later ones."""
    found: dict[str, dict[str, float]] = {}
    for field, text in STRONG.items():
        keys = text.split()
        steps = np.linspace(0.95, 0.75, len(keys)) if len(keys) > 1 else [0.95]
        found[field] = {key: float(c) for key, c in zip(keys, steps, strict=True)}
        if field in BILLING:
            for key in list(found[field]):
                bare = key.removeprefix("shipping")
                if bare != key:
                    found[field]["billing" + bare] = found[field][key] - 0.03
    return found


@dataclass(frozen=True)
class _Guess:
    field: str
    heading: str
    confidence: float


def suggest_columns(raw: pd.DataFrame) -> dict[str, str]:
    """Give the heading for each field that one heading fits clearly.

    A field for which two columns fit equally well, with different cells, is left out:
    it must be asked. `suggestions` shows both.

    Returns
    -------
    dict
        Field of `FIELDS` -> heading of `raw`.
    """
    table = suggestions(raw)
    sure = table[~table["tie"]].drop_duplicates("field")
    return dict(zip(sure["field"], sure["heading"], strict=True))


def suggestions(raw: pd.DataFrame) -> pd.DataFrame:
    """Give what each column may be, from its heading and 200 of its cells.

    Returns
    -------
    DataFrame
        One row per field and candidate: field, heading, confidence (0 to 1), samples
        (up to three values), tie (True if another column fits the field as well and
        holds other values). A heading serves one field only.
    """
    sample = raw.head(SAMPLE_ROWS)
    guesses = [g for h in raw.columns for g in _guesses(str(h), sample[h])]
    guesses.sort(key=lambda g: -g.confidence)
    chosen: dict[str, list[_Guess]] = {}
    used: set[str] = set()
    for guess in guesses:
        best = chosen.setdefault(guess.field, [])
        if guess.heading in used or guess.confidence < LEAST:
            continue
        if best and best[0].confidence - guess.confidence > TIE:
            continue
        best.append(guess)
        used.add(guess.heading)
    rows = [row for field in FIELDS for row in _rows(chosen.get(field, []), sample)]
    columns = ["field", "heading", "confidence", "samples", "tie"]
    return pd.DataFrame(rows, columns=columns).astype({"tie": bool})


def _rows(
    best: list[_Guess], sample: pd.DataFrame
) -> list[tuple[str, str, float, str, bool]]:
    distinct = [
        g for g in best if not _same(sample[g.heading], sample[best[0].heading])
    ]
    tie = bool(distinct)
    shown = best[:1] + distinct
    return [
        (g.field, g.heading, round(g.confidence, 2), _samples(sample[g.heading]), tie)
        for g in shown
    ]


def _same(a: pd.Series[str], b: pd.Series[str]) -> bool:
    return bool((a.to_numpy() == b.to_numpy()).all())


def _samples(cells: pd.Series[str]) -> str:
    filled = cells[cells.str.strip() != ""].drop_duplicates().head(3)
    return " | ".join(text[:40] for text in filled)


def _guesses(heading: str, cells: pd.Series[str]) -> list[_Guess]:
    key = key_of(heading)
    filled = cells[cells.str.strip() != ""]
    found = []
    for field, aliases in _aliases().items():
        base = aliases.get(key, 0.0) or _partial(key, aliases)
        if base:
            fit = _fits(field, filled)
            found.append(_Guess(field, heading, base * fit))
    return found


def _partial(key: str, aliases: dict[str, float]) -> float:
    """Give some confidence to a heading that ends with a long enough alias."""
    hits = [c for alias, c in aliases.items() if len(alias) > 3 and key.endswith(alias)]
    return 0.8 * max(hits) if hits else 0.0


def _fits(field: str, cells: pd.Series[str]) -> float:
    """Give 1 if the cells look like the field, down to 0.3 if none does."""
    test = TESTS.get(field)
    if test is None or cells.empty:
        return 1.0 if not cells.empty else 0.9
    return 0.3 + 0.7 * min(1.0, float(np.mean(test(cells))) / 0.8)


def _is_degrees(limit: float) -> Callable[[pd.Series[str]], pd.Series[bool]]:
    def test(cells: pd.Series[str]) -> pd.Series[bool]:
        points = parse_points(cells, cells)
        value = np.abs(points.lon)
        fits = (value <= 1e8) | points.missing if limit else value <= 180
        return pd.Series(fits, index=cells.index)

    return test


def _is_number(cells: pd.Series[str]) -> pd.Series[bool]:
    return ~parse_numbers(cells).bad


def _is_date(cells: pd.Series[str]) -> pd.Series[bool]:
    return ~parse_dates(cells).bad


def _is_text(cells: pd.Series[str]) -> pd.Series[bool]:
    return cells.str.contains(r"[^\W\d_]", regex=True)


def _is_postcode(cells: pd.Series[str]) -> pd.Series[bool]:
    return cells.str.contains(r"\d") & (cells.str.len() <= 12)


def _is_state(cells: pd.Series[str]) -> pd.Series[bool]:
    known = cells.map(plain).isin(us_states().keys() | provinces().keys())
    return known | _is_text(cells)


def _is_country(cells: pd.Series[str]) -> pd.Series[bool]:
    return cells.map(plain).isin(countries().keys())


def _is_pair(cells: pd.Series[str]) -> pd.Series[bool]:
    blank = pd.Series("", index=cells.index, dtype="str")
    points = parse_points(blank, cells)
    return pd.Series(~np.isnan(points.lon) | points.missing, index=cells.index)


TESTS: dict[str, Callable[[pd.Series[str]], pd.Series[bool]]] = {
    "lon": _is_degrees(180),
    "lat": _is_degrees(180),
    "coordinates": _is_pair,
    "country": _is_country,
    "state": _is_state,
    "postal_code": _is_postcode,
    "name": _is_text,
    "city": _is_text,
    "street": _is_text,
    "owner": lambda cells: cells.str.len() <= 80,
    "last_visit": _is_date,
    "revenue": _is_number,
    "potential": _is_number,
    "visits": _is_number,
    "visit_min": _is_number,
}
