"""The file to fetch is the one of the accounts' own state or country."""

from __future__ import annotations

import numpy as np

from data.extracts import advice

COLUMBUS, PITTSBURGH, HELSINKI = (-82.99, 39.96), (-79.99, 40.44), (24.94, 60.17)


def test_a_state_is_named_with_its_page_and_how_to_cut_it() -> None:
    told = advice(np.array([COLUMBUS, COLUMBUS, PITTSBURGH, (np.nan, np.nan)]))
    assert told is not None
    assert told.sentence == (
        "Get the extracts of Ohio and Pennsylvania (.osm.pbf) and load it here"
    )
    assert told.page == "https://download.geofabrik.de/north-america/us/ohio.html"
    assert told.cut == (
        "osmium extract -b -83.04,39.91,-79.94,40.49 ohio-latest.osm.pbf "
        "-o mine.osm.pbf"
    )
    capital = advice(np.array([(-77.03, 38.9)]))
    assert capital is not None
    assert capital.page.endswith("/us/district-of-columbia.html")


def test_elsewhere_the_country_is_named() -> None:
    told = advice(np.array([HELSINKI]))
    assert told is not None
    assert told.sentence == "Get the extract of Finland (.osm.pbf) and load it here"
    assert told.page == "https://download.geofabrik.de/europe/finland.html"


def test_many_states_are_counted_and_the_sea_has_no_file() -> None:
    coast = [(-100.0 + i, 40.0) for i in range(25)]
    told = advice(np.array(coast))
    assert told is not None
    assert " more (.osm.pbf)" in told.sentence
    assert advice(np.array([(-40.0, 30.0)])) is None
    assert advice(np.zeros((0, 2))) is None
