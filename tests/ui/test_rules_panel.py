"""Driving rules in the app: fitted to trips, weighed, used and dropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.driving_rules import drop_rules, rules_in_use, rules_of, use_rules
from data.library import Entry
from data.profiles import trips_of
from data.roadbook import HELSINKI, engine_for, engine_of
from geo.errors import InputError
from routing.profile import OSRM, to_json
from tests.routing.rivers import river_study, two_territories
from tests.ui.test_by_road import session_of
from ui.routes import jobs
from ui.rules_panel import begin, fit_rows, take_file
from ui.session import Ground, Session


def open_river(home: Path) -> Session:
    study = river_study()
    plan = two_territories(study)
    entry = Entry("river", "River")
    return session_of(Ground(entry, study, plan, study.accounts[:0]), home)


def trips(factor: float) -> pd.DataFrame:
    """Trips on the shipped streets that take `factor` times what we say."""
    engine = engine_of(HELSINKI)
    a, b = np.random.default_rng(1).choice(engine.roads.lonlat, (2, 120)).round(6)
    minutes = np.diagonal(engine.matrix(a, b).drive_s) / 60 * factor
    table = pd.DataFrame({"from_lon": a[:, 0], "from_lat": a[:, 1]})
    return table.assign(to_lon=b[:, 0], to_lat=b[:, 1], minutes=minutes).astype("str")


def test_rules_fitted_in_the_worker_are_used_by_every_engine(tmp_path: Path) -> None:
    known = trips_of(trips(1.4), where="trips.csv")
    found = jobs.fit_rules(lambda _: False, HELSINKI, known, "ours")
    rows = fit_rows(found).set_index("Rules")
    assert rows.at["Before", "Median error"] == "28.6 %"
    assert float(rows["Median error"].iloc[2].split()[0]) < 2
    use_rules(tmp_path, rules_of(found, ""))
    points = known.origins[:3]
    driven = engine_for(tmp_path, points)
    assert driven.name == "roads, profile ours"
    usual = engine_of(HELSINKI).matrix(points, points).drive_s[0, 1]
    assert driven.matrix(points, points).drive_s[0, 1] == pytest.approx(
        1.4 * usual, rel=0.05
    )
    drop_rules(tmp_path)
    assert rules_in_use(tmp_path) is None


def test_a_file_of_rules_is_taken_and_another_refused(tmp_path: Path) -> None:
    session = open_river(tmp_path)
    take_file(session, "ours.json", to_json(OSRM).encode())
    assert rules_in_use(tmp_path) == OSRM
    with pytest.raises(InputError, match="no driving rules"):
        take_file(session, "x.json", b"[]")
    assert rules_in_use(tmp_path) == OSRM


def test_trips_off_every_network_are_refused(tmp_path: Path) -> None:
    session = open_river(tmp_path)
    away = trips(1.0).assign(from_lon="-100", to_lon="-100").to_csv(index=False)
    with pytest.raises(InputError, match="No road network covers the trips"):
        begin(session, "trips.csv", away.encode())
    with pytest.raises(InputError, match="Column 'minutes' is missing"):
        begin(session, "t.csv", b"from_lon,from_lat,to_lon,to_lat\n1,2,3,4\n")
