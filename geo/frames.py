"""The tables every package speaks: their columns, units and meaning, said once.

`docs/columns.md` mirrors this module; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Accounts: TypeAlias = gpd.GeoDataFrame
Units: TypeAlias = gpd.GeoDataFrame
Reps: TypeAlias = gpd.GeoDataFrame
Targets: TypeAlias = pd.DataFrame
Territories: TypeAlias = pd.DataFrame
Scorecard: TypeAlias = pd.DataFrame
Stops: TypeAlias = pd.DataFrame
Trips: TypeAlias = pd.DataFrame

WGS84 = "EPSG:4326"
"""Degrees: the geocoder, the road network and files; nowhere else."""

MATCH_LEVELS = (
    "rooftop",
    "street",
    "postcode",
    "zip3",
    "city",
    "county",
    "state",
    "country",
    "none",
)
"""How well an account was placed, best first."""


@dataclass(frozen=True)
class Column:
    """One column of a table: its name, kind of value, unit and meaning."""

    name: str
    kind: str  # text, number, date, bool, point, polygon
    unit: str
    meaning: str


ACCOUNTS: tuple[Column, ...] = (
    Column("account_id", "text", "", "index; the id of the source, as text"),
    Column("name", "text", "", "the account's name"),
    Column("street", "text", "", "street and number"),
    Column("city", "text", "", "city or town"),
    Column("state", "text", "", "state or province; a two-letter code in the US"),
    Column("postal_code", "text", "", "postcode; five digits in the US"),
    Column("country", "text", "", "ISO 3166 two-letter code"),
    Column("region", "text", "", "a sales region of the user's own"),
    Column("industry", "text", "", "industry segment"),
    Column("customer_type", "text", "", "kind or size of customer"),
    Column("product", "text", "", "product line"),
    Column("channel", "text", "", "sales channel"),
    Column("stage", "text", "", "customer or lead"),
    Column("revenue", "number", "currency/yr", "sales of the last year"),
    Column("potential", "number", "currency/yr", "sales within reach in a year"),
    Column("visits", "number", "visits/yr", "visits due in a year"),
    Column("visit_min", "number", "min", "minutes one visit takes"),
    Column("visit_h", "number", "h/yr", "visits x visit_min / 60"),
    Column("travel_h", "number", "h/yr", "driving to those visits, estimated"),
    Column("workload_h", "number", "h/yr", "visit_h + travel_h"),
    Column("owner", "text", "", "the rep who owns it today, as the source says"),
    Column("territory", "text", "", "today's territory, as the source says"),
    Column("last_visit", "date", "", "day of the last visit"),
    Column("match", "text", "", "how it was placed: " + ", ".join(MATCH_LEVELS)),
    Column("unit_id", "text", "", "the basic unit that holds it; empty if none does"),
    Column("geometry", "point", "degrees or m", "where it is; empty if not placed"),
)

UNITS: tuple[Column, ...] = (
    Column("unit_id", "text", "", "index; FIPS code, ZIP, H3 cell or own id, as text"),
    Column("name", "text", "", "what people call it"),
    Column("state", "text", "", "state or parent it lies in, if known"),
    Column("geometry", "polygon", "m", "its ground in the projected CRS"),
)

REPS: tuple[Column, ...] = (
    Column("rep_id", "text", "", "index"),
    Column("name", "text", "", "the rep's name"),
    Column("territory", "text", "", "territory the rep owns today; empty if none"),
    Column("capacity_h", "number", "h/yr", "field hours a year: visits and driving"),
    Column("fte", "number", "share", "share of a full-time rep"),
    Column("day_start", "text", "HH:MM", "start of the working day"),
    Column("day_end", "text", "HH:MM", "end of the working day"),
    Column("timezone", "text", "", "IANA time zone"),
    Column("active_from", "date", "", "first day"),
    Column("active_to", "date", "", "last day, empty if open"),
    Column("skills", "text", "", "skills, separated by semicolons"),
    Column("quota", "number", "currency/yr", "sales goal of the year"),
    Column("geometry", "point", "degrees or m", "home"),
)

TARGETS: tuple[Column, ...] = (
    Column("territory_id", "text", "", "index"),
    Column("lower_<measure>", "number", "measure", "least load allowed"),
    Column("target_<measure>", "number", "measure", "fair load"),
    Column("upper_<measure>", "number", "measure", "most load allowed"),
    Column("home_x", "number", "m", "x of the rep's home, empty if none"),
    Column("home_y", "number", "m", "y of the rep's home, empty if none"),
    Column("locked", "bool", "", "its units stay as they are"),
)

TERRITORIES: tuple[Column, ...] = (
    Column("territory_id", "text", "", "index"),
    Column("code", "number", "", "number of the territory in the assignment"),
    Column("name", "text", "", "what people call it"),
    Column("color", "text", "", "#rrggbb"),
    Column("rep_id", "text", "", "who owns it; empty if vacant"),
    Column("locked", "bool", "", "its units stay as they are"),
    Column("goal", "number", "currency/yr", "sales goal; empty if none"),
)

STOPS: tuple[Column, ...] = (
    Column("rep_id", "text", "", "who drives"),
    Column("date", "date", "", "day"),
    Column("sequence", "number", "", "1 is the first stop of the day"),
    Column("account_id", "text", "", "where"),
    Column("arrive", "date", "local time", "arrival"),
    Column("drive_s", "number", "s", "driving from the stop before"),
    Column("drive_m", "number", "m", "distance from the stop before"),
    Column("estimated", "bool", "", "true if no road network answered"),
    Column("leave", "date", "local time", "end of the visit"),
    Column("visit_s", "number", "s", "length of the visit"),
    Column("back_s", "number", "s", "driving home, or to the night; last stop only"),
    Column("back_m", "number", "m", "distance home, or to the night; last stop only"),
    Column("overnight", "text", "", "account near which one sleeps; empty at home"),
)

TRIPS: tuple[Column, ...] = (
    Column("rep_id", "text", "", "who drove"),
    Column("date", "date", "", "day"),
    Column("territory", "text", "", "whose miles they are; empty if not said"),
    Column("miles", "number", "mi", "driven for work that day"),
    Column("tolls", "number", "currency", "tolls and parking"),
    Column("nights", "number", "", "nights away from home"),
    Column("lodging", "number", "currency", "paid for them; empty if not said"),
    Column("estimated", "bool", "", "true if no road network and no odometer said it"),
)

SEGMENTS = ("region", "industry", "customer_type", "product", "channel", "stage")
"""Account columns a plan may be filtered by, one plan per segment."""

MEASURES = ("workload_h", "revenue", "potential", "visits", "visit_h", "travel_h")
"""Account columns that add up; `accounts` is one per account and always there."""


UNIT_WORDS = {
    "county": ("county", "counties"),
    "state": ("state", "states"),
    "country": ("country", "countries"),
    "zip": ("ZIP area", "ZIP areas"),
    "hex": ("hex cell", "hex cells"),
    "account": ("account cell", "account cells"),
}
"""What people call basic units, one and many, by the kind in a unit set's name."""


@dataclass(frozen=True, eq=False)
class UnitTable:
    """What the optimiser sees of the units: ids, places and loads; no geometry.

    Parameters
    ----------
    unit_set
        Names the units the rows stand for: ``kind@version#hash``.
    unit_id
        Shape (n,), object array of str, unique.
    xy
        Shape (n, 2), metres: the anchor of each unit (load-weighted mean of its
        accounts, else a point inside it).
    measures
        Names of the m measures, the columns of `loads`.
    loads
        Shape (n, m), non-negative and finite.
    weight
        Shape (n,), what a metre costs at this unit: the objective is
        sum of weight x distance (or its square).
    """

    unit_set: str
    unit_id: NDArray[np.object_]
    xy: NDArray[np.float64]
    measures: tuple[str, ...]
    loads: NDArray[np.float64]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.unit_id)

    def take(self, rows: NDArray[np.intp]) -> UnitTable:
        """Give the same table with only these rows, in this order."""
        return replace(
            self,
            unit_id=self.unit_id[rows],
            xy=self.xy[rows],
            loads=self.loads[rows],
            weight=self.weight[rows],
        )


def names(columns: tuple[Column, ...]) -> list[str]:
    """Give the column names, index first."""
    return [column.name for column in columns]


def equal_targets(
    k: int, totals: dict[str, float], tolerance: dict[str, float]
) -> Targets:
    """Give k territories the same share of every measure.

    Parameters
    ----------
    k
        Number of territories, at least 1. They are called T01, T02, ...
    totals
        Sum of each measure over all units.
    tolerance
        Share of the target a load may miss it by, per measure: 0.1 is 10 %.

    Returns
    -------
    Targets
        One row a territory, columns as in `TARGETS`.
    """
    width = max(2, len(str(k)))
    ids = pd.Index([f"T{i + 1:0{width}d}" for i in range(k)], name="territory_id")
    columns: dict[str, object] = {}
    for measure, total in totals.items():
        share = total / k
        slack = tolerance[measure] * share
        columns[f"lower_{measure}"] = share - slack
        columns[f"target_{measure}"] = share
        columns[f"upper_{measure}"] = share + slack
    columns |= {"home_x": np.nan, "home_y": np.nan, "locked": False}
    return pd.DataFrame(columns, index=ids)
