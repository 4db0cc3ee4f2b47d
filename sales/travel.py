"""Driving hours from calendars: what reps really drive in place of the estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.frames import Accounts, Stops
from routing.rhythm import WEEKS_A_YEAR
from sales.workload import FROM_FILE, leg_s

CALENDAR, CALIBRATED, ESTIMATE = "calendar", "calibrated", "estimate"


@dataclass(frozen=True, eq=False)
class Calendars:
    """The call rotations of a plan's reps.

    Parameters
    ----------
    stops
        All visits, see `geo.frames.STOPS`.
    weeks
        Index rep_id: how many weeks the calendar of each covers.
    rep
        Index account_id: the rep whose calendar an account was planned in, also where
        no visit fell into its weeks.
    """

    stops: Stops
    weeks: pd.Series
    rep: pd.Series


def with_calendars(accounts: Accounts, calendars: Calendars) -> Accounts:
    """Give the accounts with the driving hours of the calendars.

    The driving of a calendar, scaled to 52 weeks, is shared among the accounts it was
    made for in proportion to visits a year x driving a visit: that of the calendar
    (half of each leg to either end, ways from and to home to the first and last stop),
    and the estimate times the factor where no visit fell into its weeks. So it adds up
    to what the rep drives. Accounts of no calendar keep hours the file gave; estimated
    hours are multiplied by the factor of `calibration`.

    Giving the result again, with the same or other calendars, is as good as giving the
    accounts.

    Returns
    -------
    Accounts
        With travel_h, workload_h and travel_by: file, estimate, calibrated, calendar.
    """
    before = _numbers(accounts, "travel_h")
    told = accounts.get("travel_by", pd.Series(ESTIMATE, accounts.index))
    told = told.fillna(ESTIMATE).astype("str")
    if calendars.weeks.empty and not told.isin([CALENDAR, CALIBRATED]).any():
        return accounts
    estimate_h = estimated_h(accounts)
    factor = calibration(accounts, calendars)
    rep = calendars.rep.reindex(accounts.index)
    driven_h = _driven_h(accounts, calendars, estimate_h * factor, rep)
    about_h = (estimate_h * factor).where(told != FROM_FILE, before)
    after = driven_h.where(driven_h.notna(), about_h)
    usual = ESTIMATE if calendars.weeks.empty else CALIBRATED
    by = told.where(told == FROM_FILE, usual).mask(driven_h.notna(), CALENDAR)
    workload_h = _numbers(accounts, "workload_h") + (after - before)
    return accounts.assign(
        travel_h=after, workload_h=workload_h.clip(lower=0.0), travel_by=by
    )


def calibration(accounts: Accounts, calendars: Calendars) -> float:
    """Give what calendars drive over what the estimate says for the same accounts.

    1 without a calendar, or where none of its accounts is left.
    """
    rep = calendars.rep.reindex(accounts.index)
    known = rep.notna() & rep.isin(calendars.weeks.index)
    estimate_h = float(estimated_h(accounts)[known].sum())
    driven_h = yearly_h(calendars).reindex(rep[known].unique()).sum()
    return float(driven_h) / estimate_h if estimate_h > 0 and driven_h > 0 else 1.0


def yearly_h(calendars: Calendars) -> pd.Series:
    """Give the hours a year each rep drives by the calendar: index rep_id."""
    stops = calendars.stops
    driven_s = (stops["drive_s"] + stops["back_s"]).groupby(stops["rep_id"]).sum()
    hours: pd.Series = driven_s.reindex(calendars.weeks.index).fillna(0.0) / 3600
    yearly: pd.Series = hours * WEEKS_A_YEAR / calendars.weeks
    return yearly


def estimated_h(accounts: Accounts) -> pd.Series:
    """Give the hours a year without a calendar: visits x leg, see `workload.leg_s`."""
    return _numbers(accounts, "visits") * leg_s(accounts) / 3600


def _driven_h(
    accounts: Accounts, calendars: Calendars, about_h: pd.Series, rep: pd.Series
) -> pd.Series:
    """Share each rep's hours a year among the accounts; nan without a calendar."""
    yearly = yearly_h(calendars)
    visits = _numbers(accounts, "visits")
    a_visit_h = _a_visit_h(calendars.stops).reindex(accounts.index)
    weight = (visits * a_visit_h).fillna(about_h).where(visits > 0, 0.0)
    whole = pd.concat([weight, _gone(accounts, calendars)])
    owner = calendars.rep.reindex(whole.index)
    scale = yearly / whole.groupby(owner).sum().reindex(yearly.index)
    mine = rep.map(scale.replace([np.inf, -np.inf], np.nan))
    return (weight * mine).where(rep.isin(yearly.index))


def _gone(accounts: Accounts, calendars: Calendars) -> pd.Series:
    """Give the weight of accounts of a calendar that are no longer there."""
    stops = calendars.stops
    a_visit_h = _a_visit_h(stops)
    count = stops.groupby("account_id").size()
    weeks = calendars.weeks.reindex(calendars.rep.reindex(count.index)).to_numpy()
    weight = a_visit_h * count * WEEKS_A_YEAR / weeks
    gone: pd.Series = weight[~weight.index.isin(accounts.index)].dropna()
    return gone


def _a_visit_h(stops: Stops) -> pd.Series:
    """Give the hours of driving a visit of each account costs in its calendar."""
    rows = stops.sort_values(["rep_id", "date", "sequence"])
    first = rows["sequence"] == 1
    half_s = rows["drive_s"].where(first, rows["drive_s"] / 2)
    onward_s = rows["drive_s"].shift(-1, fill_value=0.0) / 2
    onward_s = onward_s.mask(first.shift(-1, fill_value=True), 0.0)
    cost_s = half_s + onward_s + rows["back_s"]
    return cost_s.groupby(rows["account_id"]).mean() / 3600


def _numbers(accounts: Accounts, field: str) -> pd.Series:
    given: pd.Series = pd.to_numeric(accounts[field]).astype("float64").fillna(0.0)
    return given
