"""No cell is a formula, and every cell comes back as it was."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.formulas import STARTS, neutral, neutral_frame, restored, restored_frame


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@x", "\tx", "\r=1", "＝1"])  # noqa: RUF001
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "00501", "O'Neil", "'quoted'", "a=b"])
def test_other_text_stays(text: str) -> None:
    assert neutral(text) == text
    assert restored(text) == text


@given(st.text(alphabet="'" + STARTS.replace("\\", "") + "ab", max_size=5))
def test_every_text_comes_back_and_none_is_a_formula(text: str) -> None:
    assert restored(neutral(text)) == text
    assert neutral(text)[:1] not in set(STARTS.replace("\\", ""))


def test_a_frame_keeps_its_numbers_and_its_types() -> None:
    frame = pd.DataFrame({"=n": ["=1", None], "x": [-1.0, 2.0]})
    safe = neutral_frame(frame)
    assert list(safe) == ["'=n", "x"]
    assert safe["'=n"].iloc[0] == "'=1"
    assert safe["x"].tolist() == [-1.0, 2.0]
    pd.testing.assert_frame_equal(restored_frame(safe), frame)
