"""Who is due is counted from the last visit and the visits a year."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sales.due import due_days


def test_days_past_due_are_positive_and_days_to_go_negative() -> None:
    table = pd.DataFrame(
        {
            "visits": [26.0, 26.0, 52.0, 0.0, 13.0, None],
            "last_visit": pd.to_datetime(
                [f"2026-03-{day}" for day in ("02", "18", "13", "02")]
                + [None, "2026-03-02"]
            ),
        },
        index=list("abcdef"),
    )
    days = due_days(table, dt.date(2026, 3, 20))
    assert days[:3].tolist() == [4.0, -12.0, 0.0]
    assert days[3:].isna().all()
    assert days.index.tolist() == list("abcdef")


def test_without_the_columns_nothing_is_known() -> None:
    assert due_days(pd.DataFrame({"visits": [1.0]}), dt.date(2026, 1, 1)).isna().all()
    assert due_days(pd.DataFrame({"name": ["x"]}), dt.date(2026, 1, 1)).isna().all()


@given(visits=st.floats(1, 300), ago=st.integers(0, 900), later=st.integers(0, 99))
def test_each_day_makes_it_one_day_more(visits: float, ago: int, later: int) -> None:
    on = dt.date(2026, 6, 1)
    last = pd.Timestamp(on) - pd.Timedelta(days=ago)
    table = pd.DataFrame({"visits": [visits], "last_visit": [last]})
    (now,) = due_days(table, on)
    (then,) = due_days(table, on + dt.timedelta(days=later))
    assert math.isclose(then - now, later, abs_tol=1e-9)
    assert math.isclose(now, ago - 364 / visits, abs_tol=1e-9)
