"""Which accounts are due for a visit, and by how much."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from geo.frames import Accounts
from routing.rhythm import interval_days, since_start


def due_days(accounts: Accounts, on: dt.date) -> pd.Series:
    """Give the days each account is past due.

    An account is due 364 / visits days after its last visit, so 52 visits a year are
    one a week.

    Parameters
    ----------
    accounts
        With `visits` (a year) and `last_visit`.
    on
        The day that is asked about.

    Returns
    -------
    pandas.Series
        Days: positive is overdue, negative is not yet due; nan when it cannot be
        known, because no visits are due at all or the last one is not recorded.

    Examples
    --------
    Visited on 2 March, 26 visits a year: due on the 16th, 4 days overdue on the 20th.
    """
    if "visits" not in accounts:
        return pd.Series(float("nan"), accounts.index)
    return -(since_start(accounts, on) + interval_days(accounts["visits"]))
