"""What is packed for the browser reads back as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ui.component import wire

KINDS = [np.uint8, np.uint16, np.int32, np.float32]


@given(st.sampled_from(KINDS).flatmap(lambda k: hnp.arrays(k, st.integers(0, 40))))
def test_any_array_reads_back_bit_for_bit(array: np.ndarray) -> None:
    _, arrays = wire.unpack(wire.pack({}, {"a": array}))
    assert arrays["a"].dtype == array.dtype
    assert arrays["a"].tobytes() == array.tobytes()


@given(hnp.arrays(np.int32, st.integers(0, 40)))
def test_differences_read_back_even_when_they_overflow(array: np.ndarray) -> None:
    message = wire.pack({}, {"a": array}, delta=frozenset({"a"}))
    np.testing.assert_array_equal(wire.unpack(message)[1]["a"], array)


def test_a_header_keeps_every_character() -> None:
    header = {"name": "Zoë </script> {{ 6*7 }} \u2028", "n": 3, "none": None}
    read, arrays = wire.unpack(wire.pack(header, {"a": np.arange(3, dtype=np.int32)}))
    assert read == header
    assert list(arrays["a"]) == [0, 1, 2]


def test_slow_numbers_pack_into_less_than_a_third() -> None:
    walk = np.cumsum(np.random.default_rng(1).integers(-90, 90, 20_000)).astype("i4")
    assert len(wire.pack({}, {"a": walk}, delta=frozenset({"a"}))) < walk.nbytes / 3


def test_a_type_the_browser_does_not_know_is_refused() -> None:
    with pytest.raises(KeyError, match="int64"):
        wire.pack({}, {"a": np.arange(3)})
