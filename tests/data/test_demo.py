"""Made-up accounts and reps: their laws, and today's uneven alignment."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from data.accounts import clean_accounts
from data.boundaries import gazetteer, read_units
from data.columns import suggest_columns
from data.demo import (
    HEADINGS,
    SAMPLE_SEED,
    SAMPLE_SIZE,
    demo,
    demo_accounts,
    sample,
    write_demo,
)
from data.demo_mess import KINDS, soil
from data.demo_reps import align, demo_reps, reps_needed
from data.tables import read_table
from geo.errors import InputError
from geo.frames import ACCOUNTS, REPS, Accounts, Reps, names
from geo.units import locate
from sales.reps import clean_reps
from sales.workload import workload


def loads(accounts: Accounts, reps: Reps) -> pd.Series:
    hours = accounts.groupby("owner")["workload_h"].sum().reindex(reps.index)
    return hours.fillna(0) / reps["capacity_h"]


def apart_deg(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> float:
    return float(shapely.distance(a.geometry.array, b.geometry.array).max())


def test_accounts_have_every_column_of_the_frame_in_its_order() -> None:
    accounts = demo_accounts(300, seed=3)
    assert [accounts.index.name, *accounts.columns] == names(ACCOUNTS)
    assert accounts.index.is_unique
    assert accounts.crs == "EPSG:4326"
    assert accounts["last_visit"].dtype.kind == "M"


def test_the_same_seed_gives_the_same_accounts_and_reps() -> None:
    for first, second in zip(demo(400, seed=5), demo(400, seed=5), strict=True):
        assert_frame_equal(pd.DataFrame(first), pd.DataFrame(second))


def test_another_seed_gives_others() -> None:
    first, second = demo_accounts(400, seed=1), demo_accounts(400, seed=2)
    assert (first["postal_code"].to_numpy() != second["postal_code"]).mean() > 0.9
    assert (first["revenue"].to_numpy() != second["revenue"]).mean() > 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_best_fifth_of_accounts_has_most_of_the_revenue(seed: int) -> None:
    revenue = demo_accounts(5000, seed=seed)["revenue"].sort_values(ascending=False)
    assert 0.6 < revenue.head(1000).sum() / revenue.sum() < 0.9
    logs = np.log(revenue[revenue > 0])
    assert abs(logs.skew()) < 0.7


def test_leads_have_potential_and_no_revenue() -> None:
    accounts = demo_accounts(2000, seed=1)
    lead = accounts["stage"] == "lead"
    assert 0.15 < lead.mean() < 0.3
    assert (accounts.loc[lead, "revenue"] == 0).all()
    assert (accounts.loc[~lead, "revenue"] > 0).all()
    assert (accounts["potential"] > 0).all()
    assert (accounts["visits"] > 0).all()


def test_accounts_gather_where_people_work_as_real_ones_do() -> None:
    accounts = demo_accounts(10_000, seed=1)
    county = accounts["postal_code"].map(gazetteer().set_index("zip")["county_fips"])
    share = county.value_counts(normalize=True)
    # Of real businesses the 50 largest counties hold 30 to 35 %.
    assert 0.25 < share.head(50).sum() < 0.37
    assert 800 < len(share) < 2000


def test_accounts_stand_on_land_in_the_state_their_address_names() -> None:
    accounts = demo_accounts(3000, seed=1)
    states = read_units("state", near=accounts)
    located = locate(accounts, states)
    assert (located["unit_id"] != "").all()
    assert (located["unit_id"] == located["state"]).mean() > 0.97
    assert accounts.geometry.duplicated().mean() < 0.002


@pytest.fixture(scope="module")
def shipped() -> tuple[Accounts, Reps]:
    return sample()


def test_the_sample_is_what_the_generator_gives_today(
    shipped: tuple[Accounts, Reps],
) -> None:
    made = demo(SAMPLE_SIZE, seed=SAMPLE_SEED)
    for stored, fresh in zip(shipped, made, strict=True):
        assert_frame_equal(
            pd.DataFrame(stored.drop(columns="geometry")),
            pd.DataFrame(fresh.drop(columns="geometry")),
        )
        assert apart_deg(stored, fresh) < 1e-9


def test_the_sample_is_clearly_uneven_today(shipped: tuple[Accounts, Reps]) -> None:
    accounts, reps = shipped
    assert len(accounts) == 5000
    assert 20 <= len(reps) <= 25
    load = loads(accounts, reps)
    assert load.max() > 1.25
    assert load.min() < 0.65
    total = accounts["workload_h"].sum() / reps["capacity_h"].sum()
    assert 0.85 <= total <= 0.90


def test_territories_of_the_sample_are_ground_and_some_are_vacant(
    shipped: tuple[Accounts, Reps],
) -> None:
    accounts, reps = shipped
    owned = accounts[accounts["owner"] != ""]
    vacant = accounts[accounts["owner"] == ""]
    assert set(owned["owner"]) == set(reps.index)
    assert (owned["territory"] == owned["owner"].map(reps["territory"])).all()
    assert len(vacant) > 0
    assert not set(vacant["territory"]) & set(reps["territory"])
    assert "Chicago" in set(reps["territory"])
    assert reps["territory"].is_unique
    assert (accounts["territory"] != "").all()


def test_reps_have_every_column_and_homes_on_land() -> None:
    reps = sample()[1]
    assert [reps.index.name, *reps.columns] == names(REPS)
    assert set(reps["capacity_h"]) == {750.0, 1500.0}
    assert reps["timezone"].notna().all()
    states = read_units("state", near=reps)
    assert (locate(reps.assign(unit_id=""), states)["unit_id"] != "").all()


@pytest.mark.parametrize("k", [1, 2, 41, 150])
def test_any_number_of_reps_gets_homes_and_accounts(k: int) -> None:
    accounts = demo_accounts(3000, seed=4)
    reps = demo_reps(accounts, k=k, seed=4)
    aligned = align(accounts, reps, seed=4)
    assert len(reps) == k
    assert reps["territory"].is_unique
    assert aligned["owner"].isin(["", *reps.index]).all()
    assert (aligned["owner"] != "").mean() > 0.8
    assert (accounts["owner"] == "").all()


def test_one_account_makes_a_demo() -> None:
    accounts, reps = demo(1, seed=1)
    assert list(accounts["owner"]) == list(reps.index)
    assert reps_needed(accounts) == 1


@pytest.mark.parametrize(("n", "k"), [(0, 1), (5, 0)])
def test_none_is_refused(n: int, k: int) -> None:
    with pytest.raises(InputError, match="A demo needs at least one"):
        demo_reps(demo_accounts(n, seed=1), k=k, seed=1)


def test_written_accounts_come_back_as_they_were(tmp_path: Path) -> None:
    told = write_demo(tmp_path / "new", accounts=300, seed=2)
    assert told["accounts"] == 300
    raw = read_table(tmp_path / "new" / "accounts.csv")
    columns = suggest_columns(raw)
    assert {columns[c] for c in ("account_id", "postal_code", "owner")} == {
        "Account ID",
        "ZIP",
        "Account Owner",
    }
    accounts, issues = clean_accounts(raw, columns)
    made = demo(300, seed=2)[0]
    assert issues == []
    assert list(accounts.index) == list(made.index)
    for column in ("name", "postal_code", "state", "territory", "owner", "stage"):
        assert list(accounts[column]) == list(made[column]), column
    for column in ("revenue", "potential", "visits", "visit_min"):
        assert np.allclose(accounts[column], made[column]), column
    assert apart_deg(accounts, made) < 1e-9
    hours = workload(accounts)["workload_h"].to_numpy()
    assert np.allclose(hours, made["workload_h"])


def test_written_reps_come_back_as_they_were(tmp_path: Path) -> None:
    write_demo(tmp_path, accounts=2000, seed=2)
    reps, issues = clean_reps(read_table(tmp_path / "reps.csv"))
    made = demo(2000, seed=2)[1]
    assert issues == []
    for column in ("name", "territory", "capacity_h", "fte", "quota", "timezone"):
        assert list(reps[column]) == list(made[column]), column
    assert apart_deg(reps, made) < 1e-3


def test_the_messy_file_keeps_most_rows_clean_and_soils_all_sorts(
    tmp_path: Path,
) -> None:
    write_demo(tmp_path, accounts=1000, seed=2)
    clean = pd.read_csv(tmp_path / "accounts.csv", dtype=str, keep_default_na=False)
    messy = pd.read_csv(
        tmp_path / "accounts_messy.csv", dtype=str, keep_default_na=False
    )
    assert list(messy.columns) == list(HEADINGS.values())
    untouched = messy.merge(clean, how="inner").drop_duplicates()
    assert 0.97 < len(untouched) / len(clean) < 0.99
    assert (messy["Account ID"] == "Account ID").sum() == 1
    assert messy["Account Name"].str.startswith("=").sum() >= 1


def test_the_messy_file_is_read_with_an_issue_for_what_is_wrong(tmp_path: Path) -> None:
    write_demo(tmp_path, accounts=1000, seed=2)
    raw = read_table(tmp_path / "accounts_messy.csv")
    accounts, issues = clean_accounts(raw, suggest_columns(raw))
    # One id stands for two different accounts: neither is used.
    assert len(accounts) == 999
    assert len(issues) >= len(KINDS) / 2
    assert accounts.index.is_unique


def test_soiling_changes_a_copy() -> None:
    table = pd.DataFrame({h: ["1", "2"] * 20 for h in HEADINGS.values()})
    before = table.copy()
    soil(table, seed=1)
    assert_frame_equal(table, before)


def test_an_unknown_demo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no demo 'mars'\. Use us"):
        write_demo(tmp_path, name="mars")


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="The folder cannot be made"):
        write_demo(tmp_path / "f", accounts=5)


def test_stored_points_are_in_degrees() -> None:
    accounts, reps = sample()
    for frame in (accounts, reps):
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.crs == "EPSG:4326"
