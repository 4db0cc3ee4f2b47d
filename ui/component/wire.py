"""One bytes value: a JSON header and typed arrays, packed small.

Layout after the magic ``BWK1``: a zlib stream of the header's length (uint32, little
endian), the header (UTF-8 JSON) and the arrays one after the other. The header's
member ``arrays`` lists name, type and length of each. An integer array may be stored
as zigzag differences (``delta``), and the bytes of every array wider than one go
plane by plane, which is what makes zlib work on numbers. `wire.js` reads it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

MAGIC = b"BWK1"
TYPES = {"uint8": "u1", "uint16": "u2", "int32": "i4", "float32": "f4"}
"""Array types a message may hold, and how numpy writes them little endian."""


def pack(
    header: Mapping[str, object],
    arrays: Mapping[str, NDArray[np.generic]],
    *,
    delta: frozenset[str] = frozenset(),
    level: int = 6,
) -> bytes:
    """Write a message.

    Parameters
    ----------
    header
        Plain JSON values; ``arrays`` is added.
    arrays
        One-dimensional, of the types in `TYPES`.
    delta
        Names of int32 arrays to store as differences: values that change slowly.
    level
        How hard zlib works, 1 to 9.

    Returns
    -------
    bytes
        The message.
    """
    listed = [
        {
            "name": name,
            "type": str(array.dtype),
            "length": len(array),
            "delta": name in delta,
        }
        for name, array in arrays.items()
    ]
    text = json.dumps({**header, "arrays": listed}, separators=(",", ":"))
    head = text.encode("utf-8")
    body = [np.uint32(len(head)).tobytes(), head]
    body += [_planes(array, name in delta) for name, array in arrays.items()]
    return MAGIC + zlib.compress(b"".join(body), level)


def unpack(message: bytes) -> tuple[dict[str, object], dict[str, NDArray[np.generic]]]:
    """Read a message back: its header and its arrays by name."""
    raw = zlib.decompress(message[len(MAGIC) :])
    size = int(np.frombuffer(raw, "<u4", 1)[0])
    header = json.loads(raw[4 : 4 + size].decode("utf-8"))
    at, arrays = 4 + size, {}
    for entry in header.pop("arrays"):
        kind = np.dtype("<" + TYPES[entry["type"]])
        width = kind.itemsize * entry["length"]
        planes = np.frombuffer(raw, np.uint8, width, at).reshape(kind.itemsize, -1)
        array = np.ascontiguousarray(planes.T).view(kind).ravel()
        if entry["delta"]:
            step = (array.view("<u4") >> 1).astype(kind) ^ -(array & 1)
            array = np.cumsum(step, dtype=kind)
        arrays[entry["name"]] = array
        at += width
    return header, arrays


def _planes(array: NDArray[np.generic], delta: bool) -> bytes:
    plain = np.ascontiguousarray(array, dtype="<" + TYPES[str(array.dtype)])
    if delta:
        step = np.diff(plain, prepend=plain.dtype.type(0))
        plain = (step << 1) ^ (step >> 31)  # small and not negative: -1 is 1, 1 is 2
    split = plain.view(np.uint8).reshape(len(plain), plain.itemsize)
    return np.ascontiguousarray(split.T).tobytes()
