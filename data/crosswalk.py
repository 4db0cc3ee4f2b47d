"""Crosswalks: a table of units and the territories that own them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from data.atomic import write_text
from data.export import Export
from data.formulas import neutral_frame, restored_frame
from data.tables import read_table
from geo.errors import InputError
from geo.plan import UNASSIGNED, Plan, territory_table

CROSSWALK = ("unit_type", "unit_id", "territory_id", "territory_name", "share")
"""Columns of a crosswalk; share is the part of the unit's ground, 1 unless cut."""

UNIT_NAMES = (
    *("unit_id", "unit", "zip", "zipcode", "zip_code", "postal_code", "postcode"),
    *("plz", "county", "county_fips", "fips", "geoid", "state", "h3", "hex", "cell"),
)
TERRITORY_NAMES = (
    *("territory_id", "territory", "terr", "territory_name", "sales_territory"),
    *("region", "area", "rep", "owner"),
)
"""Headings that name the unit and the territory, best first."""


def crosswalk(export: Export) -> pd.DataFrame:
    """Give one row a unit, columns `CROSSWALK`; a cut unit has one a territory."""
    units = export.units
    parent = export.plan.cuts["parent"].reindex(units.index)
    told = pd.DataFrame(
        {
            "unit_id": parent.where(parent.notna(), units.index.to_series()),
            "territory_id": units["territory_id"],
            "territory_name": units["territory_name"],
            "share": _shares(export),
        }
    ).reset_index(drop=True)
    keys = ["unit_id", "territory_id", "territory_name"]
    summed = told.groupby(keys, sort=False, as_index=False)["share"].sum()
    kind = export.plan.unit_set.partition("@")[0]
    summed.insert(0, "unit_type", kind)
    return pd.DataFrame(summed).round({"share": 6})


def write_crosswalk(export: Export, path: Path) -> None:
    """Write the crosswalk as UTF-8 CSV with a byte order mark, as Excel expects."""
    text = neutral_frame(crosswalk(export)).to_csv(index=False, lineterminator="\r\n")
    write_text(path, "\ufeff" + text)


def read_crosswalk(path: Path) -> Plan:
    """Read a crosswalk, ours or any table with a unit and a territory column.

    A unit in several rows goes to the territory with the largest share. A row without
    a territory leaves its unit unassigned.

    Raises
    ------
    InputError
        There is no such column or no row.
    """
    table = restored_frame(pd.DataFrame(read_table(path)))
    unit = _column(table, UNIT_NAMES, "units", path)
    territory = _column(table, TERRITORY_NAMES, "territories", path)
    told = pd.DataFrame({"unit": table[unit], "to": table[territory]}).fillna("")
    told["name"] = table["territory_name"] if "territory_name" in table else told["to"]
    told["share"] = pd.to_numeric(table.get("share", 1.0), errors="coerce")
    told = told[told["unit"] != ""]
    largest = told.sort_values("share", ascending=False, kind="stable")
    owner = told.drop_duplicates("unit")[["unit"]].merge(
        largest.drop_duplicates("unit"), on="unit"
    )
    return _plan(owner, _kind(table), path)


def _plan(owner: pd.DataFrame, kind: str, path: Path) -> Plan:
    named = owner[owner["to"] != ""].drop_duplicates("to").sort_values("to")
    territories = territory_table(named["to"].tolist())
    territories["name"] = named["name"].to_numpy()
    code_of = territories["code"].to_dict() | {"": UNASSIGNED}
    return Plan(
        plan_id=path.stem,
        name=path.stem,
        unit_set=kind,
        unit_id=owner["unit"].to_numpy(dtype=object),
        assignment=owner["to"].map(code_of).to_numpy(dtype=np.uint16),
        territories=territories,
    )


def _kind(table: pd.DataFrame) -> str:
    kinds = set(table["unit_type"]) if "unit_type" in table else set()
    return str(kinds.pop()) if len(kinds) == 1 else ""


def _column(table: pd.DataFrame, known: Sequence[str], what: str, path: Path) -> str:
    plain = {str(c).strip().lower().replace(" ", "_"): str(c) for c in table.columns}
    found = [plain[name] for name in known if name in plain]
    if not found or len(table) == 0:
        raise InputError(
            f"The crosswalk has no column of {what}" if not found else "It has no rows",
            where=str(path),
            fix=f"Call the column '{known[0]}'",
        )
    return found[0]


def _shares(export: Export) -> pd.Series:
    share = pd.Series(1.0, index=export.units.index)
    cuts = export.plan.cuts
    if len(cuts) == 0:
        return share
    whole = cuts.geometry.area.groupby(cuts["parent"]).transform("sum")
    share.update(cuts.geometry.area / whole)
    return share
