"""Sums by label, always as floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sums(
    labels: NDArray[np.integer], values: NDArray[np.generic], k: int
) -> NDArray[np.float64]:
    """Add values up by label: (n,) gives (k,), and (n, m) gives (k, m)."""
    if values.ndim == 1:
        return np.bincount(labels, values, k).astype(np.float64, copy=False)
    out = np.empty((k, values.shape[1]))
    for column in range(values.shape[1]):
        out[:, column] = np.bincount(labels, values[:, column], k)
    return out
