"""What is remembered is what would be answered."""

from __future__ import annotations

import numpy as np
import pytest

from data.demo_helsinki import STREETS
from routing.cache import load_roads
from routing.drive import RoadEngine
from routing.memo import MATRICES, Remembered

POINTS = np.array([[24.944, 60.172], [24.95, 60.17], [24.94, 60.168], [24.941, 60.171]])


@pytest.fixture(scope="module")
def engine() -> RoadEngine:
    return RoadEngine(load_roads(STREETS, profile="default"))


def test_parts_of_a_matrix_are_not_asked_again(
    engine: RoadEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    real = RoadEngine.matrix

    def counted(self: RoadEngine, a: np.ndarray, b: np.ndarray) -> object:
        calls.append(len(a))
        return real(self, a, b)

    memo = Remembered(engine)
    monkeypatch.setattr(RoadEngine, "matrix", counted)
    memo.matrix(POINTS, POINTS)
    part = memo.matrix(POINTS[[2, 0]], POINTS[1:3])
    assert calls == [4]
    asked = engine.matrix(POINTS[[2, 0]], POINTS[1:3])
    np.testing.assert_array_equal(part.drive_s, asked.drive_s)
    np.testing.assert_array_equal(part.drive_m, asked.drive_m)
    np.testing.assert_array_equal(part.reason, asked.reason)
    assert not part.estimated
    memo.matrix(POINTS + 1e-4, POINTS)
    assert len(calls) == 3


def test_a_way_is_the_same_the_second_time(engine: RoadEngine) -> None:
    memo = Remembered(engine)
    first = memo.path(POINTS[0], POINTS[1])
    assert memo.path(POINTS[0], POINTS[1]) is first
    assert first.drive_s == engine.path(POINTS[0], POINTS[1]).drive_s
    assert (memo.name, memo.expected_error) == (engine.name, engine.expected_error)


def test_the_memory_is_bounded_and_missing_points_pass_through(
    engine: RoadEngine,
) -> None:
    memo = Remembered(engine)
    for step in range(MATRICES + 3):
        memo.matrix(POINTS[:2] + step * 1e-4, POINTS[:2])
    assert len(memo._matrices) == MATRICES
    gone = memo.matrix(np.array([[np.nan, np.nan]]), POINTS[:1])
    assert np.isnan(gone.drive_s).all()
