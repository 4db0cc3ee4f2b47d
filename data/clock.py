"""The clock a search may be stopped by; `geo` itself reads none."""

from __future__ import annotations

import time

from geo.design import Progress


class MaxRuntime:
    """Stop a search after so many seconds.

    Parameters
    ----------
    seconds
        Time allowed. The clock starts when the object is made.
    """

    reason = "clock"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds

    def __call__(self, _: Progress) -> bool:
        """Tell whether the time is up."""
        return time.monotonic() >= self.until
