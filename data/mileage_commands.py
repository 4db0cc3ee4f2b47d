"""What the command `mileage` does: miles and money from a log or a calendar."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from data.account_files import write_rows
from data.atomic import check_folder
from data.commands import Answer, Report
from data.mileage_files import Log, is_calendar, read_calendar, read_log
from data.tables import read_table
from data.xlsx import write_workbook
from routing.mileage import IRS, Rate, against_plan, expenses, fixed, planned_trips


def mileage(asked: Namespace, report: Report) -> Answer:
    """Write miles and expenses per rep, month, territory and rate."""
    out = Path(asked.out)
    check_folder(out)
    rates: Sequence[Rate] = IRS if asked.rate is None else fixed(asked.rate)
    report("reading", 0.1)
    log = read_trips(Path(asked.log), rep_id=asked.rep)
    paid = expenses(log.trips, rates=rates, night=asked.night)
    compared = None
    if asked.plan:
        plan = read_trips(Path(asked.plan), rep_id=asked.rep)
        planned = expenses(plan.trips, rates=rates, night=asked.night)
        compared = against_plan(planned, paid)
    report("writing", 0.9)
    write_expenses(paid, out, compared=compared)
    values = {
        "miles": round(float(paid["miles"].sum()), 3),
        "expense": round(float(paid["expense"].sum()), 2),
        "planned": log.is_calendar,
        "estimated": bool(paid["estimated"].any()),
        "reps": int(paid["rep_id"].nunique()),
        "days": int(log.trips.groupby(["rep_id", "date"]).ngroups),
        "months": sorted(paid["month"].unique().tolist()),
        "left_out": [issue.message for issue in log.issues],
        "files": [str(out)],
    }
    if compared is not None:
        values["planned_miles"] = round(float(compared["planned_miles"].sum()), 3)
        values["planned_expense"] = round(float(compared["planned_expense"].sum()), 2)
    about = "about " if values["estimated"] else ""
    text = (
        f"{about}{values['miles']:,.1f} miles on {values['days']:,} days, "
        f"{about}${values['expense']:,.2f}\n{out}"
    )
    return Answer(values, text, notes=tuple(issue.message for issue in log.issues))


def read_trips(path: Path, *, rep_id: str = "") -> Log:
    """Read a log or a calendar, whichever the file is.

    Raises
    ------
    InputError
        The file cannot be read or lacks a column.
    """
    raw = read_table(path)
    if is_calendar(raw):
        return Log(planned_trips(read_calendar(raw)), (), is_calendar=True)
    return read_log(raw, rep_id=rep_id)


def write_expenses(
    paid: pd.DataFrame, out: Path, *, compared: pd.DataFrame | None = None
) -> Path:
    """Write expenses for payroll; a workbook has the comparison on its second sheet.

    Raises
    ------
    InputError
        The suffix is neither .csv nor .xlsx, or the file cannot be written.
    """
    rows = paid.round({"miles": 3})
    if compared is None:
        return write_rows(rows, out)
    compared = compared.round(3)
    if out.suffix.lower() == ".xlsx":
        return write_workbook(out, {"Expenses": rows, "Plan against actual": compared})
    return write_rows(compared, out)
