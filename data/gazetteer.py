"""What is known of places without asking anyone: ZIPs, towns, counties, states."""

from __future__ import annotations

import re
from functools import cache, cached_property

import numpy as np
import pandas as pd

from data.boundaries import FOLDER, gazetteer, places
from data.coordinates import distance_km
from data.regions import plain

ZIP_KM = 9.0
CITY_KM = 11.0
"""Distance 9 of 10 true addresses keep from the ZIP's or the town's point."""
FAR_KM = 600.0
"""A country wider than this places nobody."""

WORDS = {
    **{"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount", "mtn": "mountain"},
    **{"hts": "heights", "spg": "springs", "spgs": "springs", "sprgs": "springs"},
    **{"bch": "beach", "pt": "point", "ctr": "center", "centre": "center"},
    **{"jct": "junction", "pk": "park", "vlg": "village", "lk": "lake", "is": "island"},
    **{"vly": "valley", "cty": "city", "hbr": "harbor", "harbour": "harbor"},
}
COMPASS = {
    **{"n": "north", "s": "south", "e": "east", "w": "west"},
    **{"no": "north", "so": "south"},
}
COMMON = re.compile(r"^(city|town|township|village|borough) of | (township|twp|boro)$")
CANADA = {
    **{"01": "AB", "02": "BC", "03": "MB", "04": "NB", "05": "NL", "07": "NS"},
    **{"08": "ON", "09": "PE", "10": "QC", "11": "SK", "12": "YT", "13": "NT"},
    "14": "NU",
}
"""GeoNames' number of each province."""


class Gazetteer:
    """Lookup tables from key to point, each built once, when it is first asked for.

    Every table is indexed by a text key and has lon, lat (degrees), radius_km (within
    which 9 of 10 true places lie) and label (what was matched, for people).

    Parameters
    ----------
    zips
        zip, lon, lat, city, state.
    places
        city, alt_names, state, country, lon, lat, population.
    counties
        name, state, lon, lat.
    """

    def __init__(
        self, zips: pd.DataFrame, places: pd.DataFrame, counties: pd.DataFrame
    ) -> None:
        self.zips, self.places, self.counties = zips, places, counties
        self._by_country: dict[str, pd.DataFrame] = {}
        self._towns: dict[str, list[str]] = {}

    @cached_property
    def by_zip(self) -> pd.DataFrame:
        """Index: five digits. Also has the column state."""
        table = self.zips.set_index("zip")[["lon", "lat", "state"]].copy()
        table = table.assign(radius_km=ZIP_KM, label="ZIP " + table.index)
        return _hashed(table)

    def state_of(self, zips: pd.Series[str]) -> pd.Series[str]:
        """Give the state each ZIP lies in, NaN for a ZIP that does not exist."""
        codes, names = pd.factorize(zips.to_numpy(object))
        state = self.by_zip["state"].reindex(pd.Index(names, dtype=object))
        return pd.Series(state.to_numpy(object)[codes], index=zips.index, dtype="str")

    @cached_property
    def prefixes(self) -> list[str]:
        """First three digits and state of every ZIP: "021MA"."""
        return list((self.zips["zip"].str[:3] + self.zips["state"]).unique())

    @cached_property
    def by_zip3(self) -> pd.DataFrame:
        """Index: first three digits, the middle of their ZIPs."""
        return _middles(self.zips.assign(key=self.zips["zip"].str[:3]), "ZIP area ")

    @cached_property
    def by_state(self) -> pd.DataFrame:
        """Index: US state code, the middle of its ZIPs."""
        return _middles(self.zips.assign(key=self.zips["state"]), "")

    def by_city(self, countries: frozenset[str]) -> pd.DataFrame:
        """Index: ``town|US-MA``, ``town|CA-ON`` or ``town|DE``; largest town first.

        A town's own name goes before a post town of its ZIPs, and that before a
        town's other names; column `alias` tells the last.
        """
        key = " ".join(sorted(countries))
        if key not in self._by_country:
            tables = [self._cities(country) for country in sorted(countries)]
            self._by_country[key] = (
                _hashed(pd.concat(tables)) if tables else (self._cities(""))
            )
        return self._by_country[key]

    def _cities(self, country: str) -> pd.DataFrame:
        if country in self._by_country:
            return self._by_country[country]
        own = self.places[self.places["country"] == country]
        own = own.sort_values("population", ascending=False, kind="stable")
        own = own.assign(region=_regions(own), name=own["city"], alias=False)
        other = own.assign(name=own["alt_names"].str.split(";"), alias=True)
        other = other.explode("name").dropna(subset="name")
        parts = [own, other]
        if country == "US":
            parts = [own, _post_towns(self.zips), other]
        elif country == "CA":
            parts = [own, other, own.assign(region="CA"), other.assign(region="CA")]
        columns = ["name", "region", "lon", "lat", "alias"]
        table = pd.concat([part[columns] for part in parts]).astype({"name": "str"})
        key = table["name"].map(_keys(table["name"])) + "|" + table["region"]
        label = table["name"] + ", " + table["region"].str.removeprefix("US-")
        table = table.assign(radius_km=CITY_KM, label=label).set_index(key.to_numpy())
        self._by_country[country] = _hashed(table[~table.index.duplicated()])
        return self._by_country[country]

    def towns(self, region: str) -> list[str]:
        """Give the keys of the towns of a region, to compare misspelled names with."""
        if region not in self._towns:
            table = self._cities(region[:2])
            keys = table.index[table["region"] == region]
            self._towns[region] = [key.rsplit("|", 1)[0] for key in keys]
        return self._towns[region]

    @cached_property
    def by_county(self) -> pd.DataFrame:
        """Index: ``county|MA``, the county's middle."""
        name = self.counties["name"].map(county_key)
        table = self.counties[["lon", "lat"]].assign(
            radius_km=25.0,
            label=self.counties["name"] + ", " + self.counties["state"],
        )
        table.index = pd.Index(name + "|" + self.counties["state"])
        return _hashed(table[~table.index.duplicated()])

    @cached_property
    def by_country(self) -> pd.DataFrame:
        """Index: ISO code, the largest town near the middle of the country's people."""
        middles = _middles(self.places.assign(key=self.places["country"]), "")
        return middles[middles["radius_km"] <= FAR_KM]


@cache
def shipped() -> Gazetteer:
    """Give the gazetteer made of the shipped files; shared by the process."""
    return Gazetteer(gazetteer(), places(), _county_points())


def _county_points() -> pd.DataFrame:
    """Give name, state, lon, lat of each county: the mean of its ZIPs."""
    ground = pd.read_parquet(FOLDER / "counties.parquet", columns=["name"])
    zips = gazetteer()
    table = zips[zips["county_fips"] != ""].groupby("county_fips")
    points = table.agg(
        lon=("lon", "mean"), lat=("lat", "mean"), state=("state", "first")
    )
    joined = points.join(ground["name"], how="inner")
    return joined[["name", "state", "lon", "lat"]]


def city_key(text: str) -> str:
    """Give one spelling of a town: "St. Paul", "City of Saint Paul" -> "saint paul"."""
    words = COMMON.sub("", plain(text)).split()
    if len(words) > 1 and words[0] in COMPASS:
        words[0] = COMPASS[words[0]]
    return " ".join(WORDS.get(word, word) for word in words)


def county_key(text: str) -> str:
    """Give one spelling of a county: "Clark County", "CLARK" -> "clark"."""
    return re.sub(r" (county|parish|borough|census area)$", "", city_key(text))


def _keys(names: pd.Series[str]) -> dict[str, str]:
    return {name: city_key(name) for name in names.unique()}


def _regions(table: pd.DataFrame) -> pd.Series[str]:
    country, state = table["country"], table["state"]
    region = country.where(country != "US", "US-" + state)
    return region.where(country != "CA", "CA-" + state.map(CANADA).fillna(""))


def _post_towns(zips: pd.DataFrame) -> pd.DataFrame:
    """Give the towns ZIPs are named after, at the middle of their ZIPs."""
    keyed = zips.assign(key=zips["city"] + "|US-" + zips["state"])
    towns = _middles(keyed, "").reset_index()
    parts = towns["key"].str.rsplit("|", n=1, expand=True)
    return towns.assign(name=parts[0], region=parts[1], alias=False)


def _middles(table: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Give the mean point of each key and the distance 9 of 10 rows keep from it."""
    grouped = table.groupby("key", sort=True)
    middle = grouped[["lon", "lat"]].mean()
    at = middle.loc[table["key"]]
    lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
    km = distance_km(lon, lat, at["lon"].to_numpy(), at["lat"].to_numpy())
    spread = pd.Series(km).groupby(table["key"].to_numpy()).quantile(0.9)
    radius = np.maximum(spread.reindex(middle.index).to_numpy(), ZIP_KM)
    return _hashed(middle.assign(radius_km=radius, label=prefix + middle.index))


def _hashed(table: pd.DataFrame) -> pd.DataFrame:
    """Give the table with an index that finds a key without going through all."""
    return table.set_axis(table.index.astype(object))
