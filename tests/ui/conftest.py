"""Pages run inside the tests' own process and leave it as they found it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def main_is_kept() -> Iterator[None]:
    """Keep `__main__`: a page run by itself takes its place, and workers read it."""
    kept = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = kept
