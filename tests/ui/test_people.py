"""Reps edited in a table: homes are placed, territories handed over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from data.library import Entry
from data.sqlite import open_sqlite
from geo.baseline import todays
from geo.errors import InputError
from geo.study import make_study
from ui import people
from ui.session import Ground, Session, first_plan, opened, undo


@pytest.fixture
def session(
    tmp_path: Path, grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame
) -> Iterator[Session]:
    """Row 0 of the grid is South's, row 1 is Middle's, row 2 is North's."""
    rows = grid_accounts.index.str[1].astype(int)
    names = np.array(["South", "Middle", "North"])
    accounts = grid_accounts.assign(territory=names[rows])
    touch = grid.geometry.to_numpy()
    shared = np.array([[a.intersection(b).length for b in touch] for a in touch])
    np.fill_diagonal(shared, 0)
    crossings = pd.DataFrame({"unit_a": [], "unit_b": [], "distance_m": []})
    study = make_study(accounts, grid, csr_array(shared), crossings)
    reps = gpd.GeoDataFrame(
        {
            "name": ["Ana", "Bo"],
            "territory": ["South", "North"],
            "capacity_h": [40.0, 20.0],
        },
        index=pd.Index(["R1", "R2"], name="rep_id", dtype="str"),
        geometry=gpd.points_from_xy([-83.0, -74.0], [39.96, 40.71]),
        crs="EPSG:4326",
    )
    today = todays(study, plan_id="demo")
    table = today.territories.assign(rep_id=["", "R2", "R1"])
    today = type(today)(**{**vars_of(today), "territories": table})
    ground = Ground(Entry("demo", "Demo"), study, today, reps)
    store = open_sqlite(tmp_path / "plans.sqlite")
    yield opened(store, tmp_path, ground, first_plan(store, ground))
    store.close()


def vars_of(plan: object) -> dict[str, object]:
    fields = plan.__dataclass_fields__  # type: ignore[attr-defined]
    return {name: getattr(plan, name) for name in fields}


def test_the_table_shows_home_hours_territory_and_load(session: Session) -> None:
    rows = people.rep_rows(session)
    assert rows["Territory"].tolist() == ["South", "North"]
    assert rows["Home"].tolist() == ["Columbus, OH", "New York, NY"]
    np.testing.assert_allclose(rows["Load"], [36 / 40, 36 / 20])


def test_a_home_that_is_typed_is_placed_offline(session: Session) -> None:
    rows = people.rep_rows(session)
    rows.loc["R2", "Home"] = "60601"
    moved = people.change_reps(session, rows)
    home = moved.reps.geometry["R2"]
    assert (round(home.x), round(home.y)) == (-88, 42)
    assert people.homes(moved.reps)["R2"] == "60601"
    assert moved.reps.geometry["R1"] == session.reps.geometry["R1"]


def test_a_home_nobody_knows_is_refused_and_nothing_changes(session: Session) -> None:
    rows = people.rep_rows(session)
    rows.loc["R2", "Home"] = "Nowhere at all"
    with pytest.raises(InputError, match=r"'Nowhere at all' is not known \(rep R2\)"):
        people.change_reps(session, rows)


def test_hours_change_the_load(session: Session) -> None:
    rows = people.rep_rows(session)
    rows.loc["R2", "Hours a year"] = 72.0
    changed = people.change_reps(session, rows)
    assert changed.card.at["North", "load"] == pytest.approx(0.5)


def test_a_territory_is_handed_over_and_taken_back(session: Session) -> None:
    rows = people.rep_rows(session)
    rows.loc["R2", "Territory"] = "Middle"
    changed = people.change_reps(session, rows)
    owner = changed.plan.territories["rep_id"].to_dict()
    assert owner == {"Middle": "R2", "North": "", "South": "R1"}
    back = undo(undo(changed)).plan.territories["rep_id"].to_dict()
    assert back == {"Middle": "", "North": "R2", "South": "R1"}


def test_one_territory_cannot_go_to_two_reps(session: Session) -> None:
    rows = people.rep_rows(session).assign(Territory="South")
    with pytest.raises(InputError, match="South is given to two reps"):
        people.change_reps(session, rows)


def test_a_rep_typed_below_the_table_gets_an_id(session: Session) -> None:
    rows = people.rep_rows(session)
    new = ["Cy", "Denver, CO", 30.0, "Middle", np.nan]
    typed = pd.DataFrame([new], columns=rows.columns, index=[None])
    rows = pd.concat([rows, typed])
    changed = people.change_reps(session, rows)
    assert changed.reps.index.tolist() == ["R1", "R2", "R01"]
    assert changed.plan.territories.at["Middle", "rep_id"] == "R01"


def test_reps_come_from_a_file(session: Session) -> None:
    text = "Rep,ZIP,Hours,Territory\nDee,80202,1000,Middle\n"
    changed = people.read_reps(session, "reps.csv", text.encode())
    assert changed.reps["name"].tolist() == ["Dee"]
    assert changed.card.at["Middle", "load"] == pytest.approx(36 / 1000)
