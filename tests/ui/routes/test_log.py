"""Log and My territory: miles typed, brought, edited and paid; changes and reasons."""

from __future__ import annotations

import datetime as dt
import io

import numpy as np
import pandas as pd
import pytest

from data import logs
from geo.edits import assign_rep, move, override
from geo.errors import InputError
from geo.plan import owner_of, owners
from ui.routes import miles, mine
from ui.routes.who import who_of
from ui.session import Session, commit, undo

MONDAY = dt.date(2026, 11, 30)


def typed(session: Session, **said: object) -> str:
    usual: dict[str, object] = {
        "territory": "West",
        "miles": None,
        "odometer": (None, None),
        "tolls": 0.0,
        "nights": 0.0,
        "lodging": None,
    }
    return miles.add_trip(session, miles.trip_of("R02", MONDAY, **(usual | said)))


def test_a_typed_day_is_paid_by_the_rate_of_its_day(session: Session) -> None:
    said = typed(session, odometer=(1000.0, 1040.0), tolls=3.0, nights=1.0)
    assert said == "Mon 30 Nov: 40.0 miles are logged."
    table = miles.compared(session, "R02", "2026-11", logs.read_prices(session.home))
    assert table["actual_miles"].sum() == pytest.approx(40.0)
    assert table["actual_expense"].sum() == pytest.approx(40 * 0.725 + 3 + 110)
    assert miles.sentence(table, "2026-11", about=False) == (
        "November 2026: 40 miles logged, $142.00"
    )
    assert miles.months(session, "R02", dt.date(2026, 12, 1)) == ["2026-12", "2026-11"]


def test_a_day_nobody_can_drive_is_refused(session: Session) -> None:
    for said, what in (
        ({}, "Nothing says how far"),
        ({"odometer": (9.0, 1.0)}, "The odometer runs backwards"),
        ({"miles": 4000.0}, "4,000 miles are farther than a day goes"),
    ):
        with pytest.raises(InputError, match=what):
            typed(session, **said)
    assert miles.logged(session).empty


def test_a_file_of_odometers_is_logged_and_strange_reps_are_refused(
    session: Session,
) -> None:
    name = str(session.reps["name"].at["R02"])
    text = "rep,date,odometer start,odometer end\n"
    rows = f"{name},2026-11-30,10,60\n{name},2026-12-01,60,70\n{name},2026-12-02,9,1\n"
    said = miles.take_file(session, "R02", "log.csv", (text + rows).encode())
    assert said.startswith("2 days are logged. Row ")
    assert "runs backwards" in said
    assert miles.logged(session, "R02")["miles"].tolist() == [50.0, 10.0]
    with pytest.raises(InputError, match="'Zed' is no rep of this plan"):
        miles.take_file(session, "R02", "l.csv", b"rep,date,miles\nZed,2026-11-30,1\n")


def test_a_month_edited_in_the_table_leaves_the_others(session: Session) -> None:
    typed(session, miles=5.0)
    trip = miles.trip_of(
        "R02",
        dt.date(2026, 12, 1),
        **{"territory": "", "miles": 7.0, "odometer": (None, None)},
        **{"tolls": 0.0, "nights": 0.0, "lodging": None},
    )
    miles.add_trip(session, trip)
    rows = miles.trip_rows(miles.in_month(miles.logged(session, "R02"), "2026-12"))
    miles.change_trips(session, "R02", "2026-12", rows.assign(Miles=8.0))
    assert miles.logged(session, "R02")["miles"].tolist() == [5.0, 8.0]
    miles.change_trips(session, "R02", "2026-12", rows.iloc[:0])
    assert miles.logged(session, "R02")["miles"].tolist() == [5.0]
    with pytest.raises(InputError, match="A number is below 0"):
        miles.change_trips(session, "R02", "2026-12", rows.assign(Miles=-1.0))
    with pytest.raises(InputError, match="lacks its date or its miles"):
        miles.change_trips(session, "R02", "2026-12", rows.assign(Miles=np.nan))


def test_payroll_has_the_reps_name_and_rates_can_be_changed(session: Session) -> None:
    typed(session, miles=10.0)
    prices = logs.read_prices(session.home)
    rows = miles.rates_of(prices)
    assert rows["A mile"].iloc[-1] == 0.725
    miles.change_rates(session, rows.assign(**{"A mile": 1.0}), 90.0)
    assert logs.read_prices(session.home).night == 90.0
    table = pd.read_csv(
        io.BytesIO(miles.payroll(session, "R02", "2026-11", ".csv")()),
        encoding="utf-8-sig",
    )
    assert table["expense"].tolist() == [10.0]
    assert table["rep"].tolist() == [session.reps["name"].at["R02"]]
    book = pd.read_excel(
        io.BytesIO(miles.payroll(session, "", "2026-11", ".xlsx")()), sheet_name=None
    )
    assert list(book) == ["Expenses", "Plan against actual"]
    with pytest.raises(InputError, match="A rate lacks its day"):
        miles.change_rates(session, rows.assign(**{"A mile": np.nan}), 90.0)


def test_the_planner_reads_what_a_rep_found_wrong(session: Session) -> None:
    account = str(session.study.accounts.index[0])
    study = session.ground.entry.study_id
    logs.tell(
        session.home, study, rep_id="R02", account_id=account, kind="hours", text="9-5"
    )
    ((_, line),) = miles.told_rows(session, logs.reports(session.home, study))
    assert "opening hours are wrong. 9-5 (" in line


def test_accounts_that_came_and_went_are_listed_with_the_reason(
    session: Session,
) -> None:
    who = who_of(session, "R02")
    same = mine.changes_of(session, who)
    assert same.came.empty
    assert same.went.empty
    assert mine.change_line(same) == "The same accounts as today."
    (home,) = who.territories
    (other,) = set(session.plan.territories.index) - {home}
    account = str(who.accounts.index[0])
    changed = commit(session, override([account], to=other))
    went = mine.changes_of(changed, who_of(changed, "R02")).went
    assert went.index.tolist() == [account]
    assert went["Why"].tolist() == [f"named for {changed.names[other]}"]
    assert went["Other"].tolist() == [session.reps["name"].at["R01"]]
    came = mine.changes_of(changed, who_of(changed, "R01")).came
    assert came.index.tolist() == [account]

    # Taken back, it is nobody's reason any more.
    back = undo(changed)
    assert mine.changes_of(back, who_of(back, "R02")).went.empty
    unit = next(
        u
        for u in session.plan.unit_id
        if owner_of(session.plan, pd.Index([u], dtype=object))[0] == other
        and (session.study.account_unit == session.plan.rows.get_loc(u)).any()
    )
    taken = commit(back, move([unit], to=home))
    came = mine.changes_of(taken, who_of(taken, "R02")).came
    assert len(came) == (owners(taken.plan, taken.study.accounts) == home).sum() - len(
        who.accounts
    )
    assert came["Why"].iloc[0].endswith(f"given to {taken.names[home]}")
    assert came["When"].iloc[0]


def test_a_territory_handed_over_is_the_reason(session: Session) -> None:
    who = who_of(session, "R02")
    (home,) = who.territories
    changed = commit(session, assign_rep(home, to="R01"))
    moved = mine.changes_of(changed, who_of(changed, "R01")).came
    assert len(moved) == len(who.accounts)
    assert set(moved["Why"]) == {f"{session.names[home]} has another rep"}
    line = mine.sentence(session, who)
    assert line.startswith(f"{session.names[home]}: ")
    assert "% of your hours" in line
    assert "driving (" in mine.hours_line(session, who)
