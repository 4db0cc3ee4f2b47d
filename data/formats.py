"""Plans in and out of files; the suffix of the path picks the format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from data import (
    crosswalk,
    plan_geojson,
    plan_gis,
    plan_kmz,
    plan_workbook,
    report,
)
from data.document import NoPlanError, plan_of, with_owners
from data.export import Export, gather
from data.foreign import plan_of_polygons
from data.polygons import read_polygons
from geo.errors import InputError
from geo.frames import Scorecard
from geo.plan import UNASSIGNED, Plan
from geo.study import Study

Writer = Callable[[Export, Path], None]


def _write_pdf(export: Export, path: Path) -> None:
    from data.report_pdf import write_pdf

    write_pdf(export, path)


WRITERS: Mapping[str, Writer] = {
    ".geojson": plan_geojson.write_geojson,
    ".json": plan_geojson.write_geojson,
    ".gpkg": plan_gis.write_geopackage,
    ".parquet": plan_gis.write_parquet,
    ".zip": plan_gis.write_shapefile,
    ".fgb": plan_gis.write_flatgeobuf,
    ".kmz": plan_kmz.write_kmz,
    ".csv": crosswalk.write_crosswalk,
    ".xlsx": plan_workbook.write_workbook,
    ".html": report.write_html,
    ".pdf": _write_pdf,
}
"""What writes each suffix."""

PICTURES = (".fgb", ".pdf")
"""Formats that show a plan and do not read back."""


def write_plan(
    plan: Plan,
    study: Study,
    path: Path,
    *,
    territories: Sequence[str] | None = None,
    accounts: bool = False,
    columns: Sequence[str] | None = None,
    card: Scorecard | None = None,
    today: Plan | None = None,
) -> Path:
    """Write a plan, whole or not at all; the same plan gives the same GeoJSON bytes.

    Parameters
    ----------
    territories
        Ids of the territories to write; all of them if None. Units of the others
        are unassigned in the file.
    accounts
        Whether the rows of the accounts go with it.
    columns
        Account columns to write; all of them if None.
    card
        The scorecard, if it is at hand already.
    today
        The alignment the plan is compared with, for the sheet of changes.

    Raises
    ------
    InputError
        The suffix is none of ours, or the file cannot be written.
    PlanError
        A territory is not in the plan.
    """
    path = Path(path)
    write = writer_of(path)
    export = gather(
        plan,
        study,
        territories=territories,
        accounts=accounts,
        columns=columns,
        card=card,
        today=today,
    )
    write(export, path)
    return path


def writer_of(path: Path) -> Writer:
    """Give what writes this suffix.

    Raises
    ------
    InputError
        Nothing does.
    """
    if path.suffix.lower() not in WRITERS:
        raise InputError(
            f"No plan can be written as '{path.suffix or path.name}'",
            where=str(path),
            fix=f"Choose one of {', '.join(WRITERS)}",
        )
    return WRITERS[path.suffix.lower()]


def read_plan(path: Path, study: Study | None = None) -> Plan:
    """Read a plan: one of ours gives the identical plan, or a foreign crosswalk.

    Parameters
    ----------
    study
        What the plan is to be drawn over. A crosswalk needs it to know the order of
        the units and those it does not list, a file of territory polygons to divide
        them among the polygons; a plan of ours is checked against it.

    Raises
    ------
    InputError
        The file is missing, holds no plan, or was written by a newer version.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("There is no such file", where=str(path), fix="Check the name")
    if study is None:
        return _read(path)
    try:
        plan = _read(path)
    except NoPlanError:
        plan, _ = plan_of_polygons(read_polygons(path), study, name=path.stem)
    return over(plan, study, where=str(path))


def over(plan: Plan, study: Study, *, where: str = "") -> Plan:
    """Give the plan over the units of the study; units it does not list are nobody's.

    Raises
    ------
    InputError
        None of the plan's units is a unit of the study.
    """
    if plan.unit_set == study.table.unit_set:
        return plan
    ids = [str(i) for i in study.table.unit_id]
    owned = dict(zip(map(str, plan.unit_id), plan.assignment, strict=True))
    found = padded(owned, ids)
    if not set(found) & set(ids):
        raise InputError(
            f"None of the plan's units is a unit of '{study.table.unit_set}'",
            where=where,
            fix="Choose the units the plan was drawn over",
        )
    codes = [found.get(i, UNASSIGNED) for i in ids]
    return replace(
        plan,
        unit_set=study.table.unit_set,
        unit_id=np.array(ids, dtype=object),
        assignment=np.array(codes, dtype=np.uint16),
    )


def padded(owned: Mapping[str, int], ids: Sequence[str]) -> dict[str, int]:
    """Give back zeros a spreadsheet dropped, where all ids are digits of one width."""
    widths = {len(i) for i in ids}
    if len(widths) != 1 or not all(i.isdigit() for i in ids):
        return dict(owned)
    width = widths.pop()
    return {i.zfill(width) if i.isdigit() else i: code for i, code in owned.items()}


def _read(path: Path) -> Plan:
    where, suffix = str(path), path.suffix.lower()
    if suffix in (".geojson", ".json"):
        return plan_of(plan_geojson.read_geojson(path), where=where)
    if suffix == ".parquet":
        return plan_of(plan_gis.read_parquet(path), where=where)
    if suffix in (".zip", ".kmz"):
        return plan_of(plan_gis.read_zip(path), where=where)
    if suffix == ".html":
        return plan_of(report.read_html(path), where=where)
    if suffix == ".gpkg":
        found, owner_of = plan_gis.read_geopackage(path)
        return with_owners(plan_of(found, where=where), owner_of, where=where)
    if suffix == ".xlsx":
        found, owner_of = plan_workbook.read_workbook(path)
        return with_owners(plan_of(found, where=where), owner_of, where=where)
    if suffix in (".csv", ".tsv", ".txt"):
        return crosswalk.read_crosswalk(path)
    raise NoPlanError(
        f"No plan can be read from '{suffix or path.name}'",
        where=where,
        fix="Choose a .geojson, .gpkg, .parquet, .zip, .kmz, .xlsx or .csv file",
    )
