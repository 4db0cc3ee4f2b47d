"""Measures in classes, as the map shades them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.carve import carve
from geo.edits import apply
from geo.plan import Plan, territory_table
from geo.study import Study, effective
from ui import shading


def test_five_classes_hold_as_many_areas_each_and_say_their_limits() -> None:
    found = shading.shade(np.arange(0.0, 101.0), "revenue")
    assert list(np.bincount(found.of)) == [1, 21, 20, 19, 20, 20]
    assert found.limits == (21.0, 41.0, 60.0, 80.0)
    assert found.label == "Revenue"
    assert found.classes[:2] == ["up to $21", "$21 to $41"]
    assert found.classes[-1] == "past $80"


def test_equal_numbers_make_one_class_and_nothing_makes_none() -> None:
    same = shading.shade(np.full(4, 3.0), "population")
    assert list(same.of) == [1, 1, 1, 1]
    assert same.classes == ["any"]
    assert same.told == {"id": "population", "label": "Population", "classes": ["any"]}
    none = shading.shade(np.array([0.0, -1.0, np.nan]), "revenue")
    assert not none.of.any()


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1e9)))
def test_more_is_never_in_a_lower_class(values: np.ndarray) -> None:
    found = shading.shade(values, "x")
    order = np.argsort(values, kind="stable")
    assert (np.diff(found.of[order].astype(int)) >= 0).all()
    assert found.of.max(initial=0) <= shading.CLASSES
    assert len(found.classes) == len(found.limits) + 1


def test_each_value_lies_in_the_class_whose_limits_say_so() -> None:
    values = np.random.default_rng(1).lognormal(8, 2, 500)
    found = shading.shade(values, "revenue")
    ends = np.array([0.0, *found.limits, np.inf])
    assert ((values > ends[found.of - 1]) & (values <= ends[found.of])).all()


def test_pieces_of_a_cut_wear_the_class_of_their_unit(study: Study) -> None:
    plan = Plan(
        plan_id="p",
        name="Plan",
        unit_set=study.table.unit_set,
        unit_id=study.table.unit_id,
        assignment=np.zeros(9, dtype=np.uint16),
        territories=territory_table(["T01", "T02"]),
    )
    loads = study.table.loads.copy()
    loads[:, study.table.measures.index("revenue")] = np.arange(9) * 100.0
    study = replace(study, table=replace(study.table, loads=loads))
    after, _ = apply(plan, carve(study, shapely.box(0, 0, 500, 1000), to="T02"))
    whole = {s.measure: s for s in shading.unit_shades(study)}
    cut = effective(study, after)
    pieces = {s.measure: s for s in shading.unit_shades(cut)}
    names = np.array([u.split("~")[0] for u in cut.table.unit_id])
    of = dict(zip(study.table.unit_id, whole["workload_h"].of, strict=True))
    assert len(names) == 10
    assert list(pieces["workload_h"].of) == [of[name] for name in names]
    assert pieces["workload_h"].limits == whole["workload_h"].limits


def test_dots_show_measures_of_single_accounts(study: Study) -> None:
    loads = study.account_loads.copy()
    loads[:, study.table.measures.index("revenue")] = np.arange(9) * 10.0
    study = replace(study, account_loads=loads)
    rows = np.array([8, 0, 4])
    sizes = {s.measure: s for s in shading.account_sizes(study, rows)}
    assert list(sizes["revenue"].of > 0) == [True, False, True]
    assert sizes["revenue"].of[0] > sizes["revenue"].of[2]


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_shades_differ_by_lightness_alone() -> None:
    light = [luminance(c) for c in shading.LIGHT]
    dark = [luminance(c) for c in shading.DARK]
    assert light == sorted(light, reverse=True)
    assert dark == sorted(dark)
    for ramp in (light, dark[::-1]):
        for more, less in pairwise(ramp):
            assert (more + 0.05) / (less + 0.05) > 1.3
