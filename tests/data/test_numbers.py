"""Numbers and dates as people type them."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.dates import parse_dates
from data.numbers import parse_numbers


def read(*cells: str, decimal: str = "") -> list[float]:
    values = parse_numbers(pd.Series(cells, dtype="str"), decimal=decimal).values
    return [None if math.isnan(v) else v for v in values]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("$1,200.50", 1200.5),
        ("USD 1,200", 1200.0),
        ("1,200 USD", 1200.0),
        ("1.2M", 1.2e6),
        ("$3.5k", 3500.0),
        ("2 bn", 2e9),
        ("(500)", -500.0),
        ("($5,377)", -5377.0),
        ("-$5", -5.0),
        ("5-", -5.0),
        ("5%", 0.05),
        ("1e5", 1e5),
        ("1 234.5", 1234.5),
        ("1\u202f234.5", 1234.5),
        ("1'234.5", 1234.5),
    ],
)
def test_money_is_read(cell: str, value: float) -> None:
    assert read(cell, "0.5") == [value, 0.5]


@pytest.mark.parametrize("cell", ["", "-", "\u2014", "n/a", "#N/A", "null"])
def test_stand_ins_for_nothing_are_empty_and_not_bad(cell: str) -> None:
    numbers = parse_numbers(pd.Series([cell, "1"], dtype="str"))
    assert math.isnan(numbers.values[0])
    assert not numbers.bad.any()


@pytest.mark.parametrize("cell", ["abc", "inf", "1e999", "12 Main St", "(5", "1,2,3"])
def test_other_text_is_bad(cell: str) -> None:
    numbers = parse_numbers(pd.Series([cell, "1.5"], dtype="str"))
    assert numbers.bad.to_list() == [True, False]


def test_the_column_decides_what_a_comma_means() -> None:
    assert read("1.234,56", "1.234", "12,5") == [1234.56, 1234.0, 12.5]
    assert read("1,234.56", "1,234", "12.5") == [1234.56, 1234.0, 12.5]


def test_a_cell_against_its_column_is_bad_not_guessed() -> None:
    numbers = parse_numbers(pd.Series(["$1,200.50", "3.75", "12,5"], dtype="str"))
    assert numbers.bad.to_list() == [False, False, True]


def test_thousands_or_decimals_is_said_when_nothing_decides() -> None:
    unclear = pd.Series(["1.234", "5.678"], dtype="str")
    assert parse_numbers(unclear).ambiguous
    assert read("1.234", decimal=",") == [1234.0]
    assert not parse_numbers(unclear, decimal=",").ambiguous


def test_currencies_are_counted() -> None:
    numbers = parse_numbers(pd.Series(["$1", "USD 2", "€3", "4"], dtype="str"))
    assert numbers.currencies == {"USD": 2, "EUR": 1}


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e12, 1e12).map(lambda v: round(v, 2)))
def test_what_python_writes_is_read_back(value: float) -> None:
    assert read(f"{value:,.2f}") == [value]


@pytest.mark.parametrize(
    "cell",
    [
        *("2024-05-06", "2024/05/06", "2024-05-06T10:00:00Z", "6-May-2024"),
        *("May 6, 2024", "45418", "06.05.2024", "6. May 24"),
    ],
)
def test_plain_dates_are_read(cell: str) -> None:
    dates = parse_dates(pd.Series([cell], dtype="str"))
    assert dates.values[0] == pd.Timestamp("2024-05-06")
    assert not dates.bad.any()


def test_the_column_decides_whether_the_day_is_first() -> None:
    day = parse_dates(pd.Series(["03/04/2024", "31/12/2024"], dtype="str"))
    assert day.values[0] == pd.Timestamp("2024-04-03")
    month = parse_dates(pd.Series(["03/04/24", "12/31/24"], dtype="str"))
    assert month.values[0] == pd.Timestamp("2024-03-04")


def test_an_unclear_column_of_dates_is_left_empty_until_told() -> None:
    cells = pd.Series(["03/04/2024", ""], dtype="str")
    dates = parse_dates(cells)
    assert dates.ambiguous
    assert dates.values.isna().all()
    assert not dates.bad.any()
    told = parse_dates(cells, day_first=True)
    assert told.values[0] == pd.Timestamp("2024-04-03")


def test_days_that_do_not_exist_are_bad() -> None:
    cells = pd.Series(["1900-01-00", "2024-02-30", "soon", "99999"], dtype="str")
    assert parse_dates(cells).bad.all()
