"""Numbers an edit changes: West has three squares of the grid, East six."""

from __future__ import annotations

import geopandas as gpd
import pytest

from geo.contiguity import borders, crossings
from geo.edits import apply, move
from geo.metrics import scorecard
from geo.plan import Plan
from geo.study import Study, make_study
from ui import theme
from ui.deltas import Step, deltas, table


@pytest.fixture
def study(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    shared = borders(grid)
    accounts = grid_accounts.assign(travel_h=1.0)
    return make_study(accounts, grid, shared, crossings(grid, shared))


def told(plan: Plan, study: Study, units: list[str], to: str) -> dict[str, list[str]]:
    """Give label -> texts of T01 and T02 after a move."""
    after, _ = apply(plan, move(units, to=to))
    step = Step(plan, after, scorecard(plan, study), scorecard(after, study))
    found = deltas(step, study)
    assert set(table(found).data.columns) <= {"T01", "T02"}
    return {label: list(rows["text"]) for label, rows in found.groupby("label")}


def test_each_number_is_told_with_its_change(plan: Plan, study: Study) -> None:
    said = told(plan, study, ["u01"], "T01")
    assert said["Accounts"] == ["4 (+1)", "5 (\u22121)"]
    assert said["Revenue"] == ["$4k (+$1k)", "$5k (\u2212$1k)"]
    assert said["Potential"] == ["$8k (+$2k)", "$10k (\u2212$2k)"]
    assert said["Hours a year"] == ["48 h (+12 h)", "60 h (\u221212 h)"]
    assert said["Fair share"] == ["89 % (+22 %)", "111 % (\u221222 %)"]
    assert said["Parts"] == ["1", "1"]
    assert "Load" not in said


def test_miles_follow_the_hours_of_driving(plan: Plan, study: Study) -> None:
    west, east = told(plan, study, ["u01"], "T01")["Miles a year, about"]
    n, change = west.split(" ")
    assert "\u2212" in east
    # A visit costs 5 minutes: some 2 miles at town speed, twelve times a year.
    assert 4 * 12 < float(n) < 4 * 12 * 3
    assert float(change.strip("(+)")) == pytest.approx(float(n) / 4, abs=1)


def test_parts_and_holes_are_counted(plan: Plan, study: Study) -> None:
    assert told(plan, study, ["u02"], "T01")["Parts"] == ["2 (+1)", "1"]
    all_east, _ = apply(plan, move(["u00", "u10", "u20"], to="T02"))
    said = told(all_east, study, ["u11"], "")
    assert said["Holes"] == ["1 (+1)"]


def test_better_is_green_and_worse_is_red(plan: Plan, study: Study) -> None:
    after, _ = apply(plan, move(["u01"], to="T01"))
    step = Step(plan, after, scorecard(plan, study), scorecard(after, study))
    found = deltas(step, study).set_index(["label", "territory_id"])["verdict"]
    assert found["Fair share", "T01"] == found["Fair share", "T02"] == 1
    assert found["Accounts", "T01"] == 1
    assert found["Accounts", "T02"] == -1
    assert found["Miles a year, about", "T01"] == -1
    assert found["Parts", "T01"] == 0
    shown = table(deltas(step, study)).to_html()
    assert theme.color_of(theme.WITHIN) in shown
    assert theme.color_of(theme.OUTSIDE_OVER) in shown


def test_an_edit_that_changes_no_number_is_not_told(plan: Plan, study: Study) -> None:
    card = scorecard(plan, study)
    assert deltas(Step(plan, plan, card, card), study).empty
