"""How often an account is due, and how many of its visits fall into some weeks."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

WEEKS_A_YEAR = 52
"""So that 52 visits a year are one a week."""

SELDOM = 0.5
"""Below so many visits in the weeks planned, the due day decides, not rounding."""


def interval_days(visits: pd.Series) -> pd.Series:
    """Give the days between two visits: 364 / visits a year; nan without visits."""
    yearly = pd.to_numeric(visits).astype("float64")
    return 7 * WEEKS_A_YEAR / yearly.where(yearly > 0)


def demand(accounts: pd.DataFrame, *, start: dt.date, weeks: int) -> pd.DataFrame:
    """Say how many visits of each account fall into the weeks, and when the first.

    The number is visits x weeks / 52 to the nearest whole. Of the accounts that come up
    less than half a time, as many get one visit as keeps the number of visits a year:
    those due before the end, the longest overdue first, and every so-manieth of those
    whose last visit is not known. Others that are due wait: they are visited if there
    is room, and nothing is missed if not.

    Parameters
    ----------
    accounts
        With `visits`, and `last_visit` where known.
    start
        First day of the weeks.

    Returns
    -------
    DataFrame
        Index of the accounts: wanted (visits in the weeks), waiting (due, but not yet
        its turn), interval (days, nan without visits), due (days from start to the due
        day, negative if overdue, nan if the last visit is not known).
    """
    interval = interval_days(accounts["visits"])
    due = since_start(accounts, start) + interval
    often = (7 * weeks / interval).fillna(0.0)
    wanted = np.floor(often + 0.5)
    seldom = (often > 0) & (often < SELDOM)
    known = seldom & due.notna()
    wanted = wanted.mask(known, 0.0)
    late = (due / interval)[known & (due < 7 * weeks)].sort_index()
    queue = late.sort_values(kind="stable").index
    turn = int(np.ceil(often[known].sum() - 1e-9))
    wanted.loc[queue[:turn]] = 1.0
    waiting = pd.Series(accounts.index.isin(queue[turn:]), accounts.index)
    in_turn = often[seldom & due.isna()].sort_index()
    turns = np.floor(in_turn.cumsum() + 0.5).diff().fillna(np.floor(in_turn + 0.5))
    wanted.loc[turns.index] = turns
    wanted = wanted.astype("int64")
    columns = {"wanted": wanted, "waiting": waiting, "interval": interval, "due": due}
    return pd.DataFrame(columns)


def since_start(accounts: pd.DataFrame, start: dt.date) -> pd.Series:
    """Give the day of the last visit as days after start: negative; nan if unknown."""
    if "last_visit" not in accounts:
        return pd.Series(np.nan, accounts.index)
    last = pd.to_datetime(accounts["last_visit"])
    return (last.dt.normalize() - pd.Timestamp(start)).dt.days.astype("float64")
