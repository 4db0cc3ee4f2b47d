from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from data import library
from geo.errors import InputError


@pytest.fixture
def reps() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["Ana"], "territory": ["T01"], "capacity_h": [1200.0]},
        index=pd.Index(["r1"], name="rep_id"),
        geometry=gpd.points_from_xy([0.0], [0.0]),
        crs="EPSG:4326",
    )


def test_a_study_reads_back_as_it_was_saved(
    tmp_path: Path, grid_accounts: gpd.GeoDataFrame, reps: gpd.GeoDataFrame
) -> None:
    entry = library.Entry("", "dealers.csv", "zip", {"industry": ("Dental",)})
    saved = library.save(tmp_path, entry, grid_accounts, reps)
    assert library.entry_of(tmp_path, saved.study_id) == saved
    assert saved.where == {"industry": ("Dental",)}
    accounts, again = library.read(tmp_path, saved.study_id)
    pd.testing.assert_frame_equal(
        pd.DataFrame(accounts), pd.DataFrame(grid_accounts), check_dtype=False
    )
    assert again.loc["r1", "name"] == "Ana"


def test_changed_reps_replace_the_old_ones(
    tmp_path: Path, reps: gpd.GeoDataFrame
) -> None:
    assert library.changed_reps(tmp_path, library.DEMO) is None
    library.save_reps(tmp_path, library.DEMO, reps.assign(name="Bo"))
    changed = library.changed_reps(tmp_path, library.DEMO)
    assert changed is not None
    assert changed["name"].tolist() == ["Bo"]


def test_the_demo_needs_no_folder(tmp_path: Path) -> None:
    assert library.entry_of(tmp_path, library.DEMO).name == "Demo data"


def test_a_study_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no longer there .*Load them again\."):
        library.entry_of(tmp_path, "gone")


def test_a_newer_study_is_refused(
    tmp_path: Path, grid_accounts: gpd.GeoDataFrame, reps: gpd.GeoDataFrame
) -> None:
    saved = library.save(tmp_path, library.Entry("", "x"), grid_accounts, reps)
    path = tmp_path / "studies" / saved.study_id / "study.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(InputError, match="Update the program"):
        library.entry_of(tmp_path, saved.study_id)


def test_nothing_is_left_when_saving_fails(
    tmp_path: Path, grid_accounts: gpd.GeoDataFrame, reps: gpd.GeoDataFrame
) -> None:
    (tmp_path / "studies").write_text("a file where the folder should be")
    with pytest.raises(InputError, match="The accounts cannot be kept"):
        library.save(tmp_path, library.Entry("", "x"), grid_accounts, reps)
    assert [path.name for path in tmp_path.iterdir()] == ["studies"]


def test_the_last_plan_is_remembered(tmp_path: Path) -> None:
    assert library.last_plan(tmp_path) == ""
    library.remember_plan(tmp_path, "demo")
    assert library.last_plan(tmp_path) == "demo"
