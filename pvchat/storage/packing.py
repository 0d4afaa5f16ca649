"""How what a library keeps lies in the bytes of a column: vectors (`Layout`), and what was measured, as JSON.

In: arrays, dictionaries. Out: bytes, and the same again.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.storage.tensorfile import plain_number

# Rows as `packed` writes them, made up. What was written by it is read by it: who changes it has all rows rewritten.
_TYPICAL = Path(__file__).with_name("packing.json").read_bytes()
_DECIMALS = 4  # of boxes and scores in JSON
_LEAST = 1e-12  # of a scale: a row of zeros stays one


class DamagedRowError(Exception):
    """The bytes of a column aren't what was written there."""


@dataclass(frozen=True)
class Layout:
    """How rows lie in bytes, one after the other: whole numbers of eight bits with a scale for each vector.

    No number is further off than half of 1/127 of its vector's largest.
    """

    width: int  # numbers of a vector
    vectors: int = 1  # of a row
    exact: int = 0  # numbers at a row's end that stay float16
    deflated: bool = False  # of features most numbers are zeros: they take half then

    @property
    def _kind(self) -> np.dtype[Any]:
        shape = (self.vectors, self.width)
        return np.dtype([("scales", "<f4", self.vectors), ("numbers", "i1", shape), ("exact", "<f2", (self.exact,))])

    def packed(self, rows: NDArray[Any]) -> bytes:
        """The bytes of rows [n, vectors * width + exact]; none of no rows."""
        if not rows.size:
            return b""
        made, split = np.zeros(len(rows), self._kind), self.vectors * self.width
        parts = rows[:, :split].astype(np.float32).reshape(-1, self.vectors, self.width)
        scales = np.maximum(np.abs(parts).max(2), _LEAST, dtype=np.float32) / np.float32(127)
        made["scales"] = scales.reshape(made["scales"].shape)
        made["numbers"], made["exact"] = np.rint(parts / scales[:, :, None]), rows[:, split:]
        return deflated(made.tobytes()) if self.deflated else made.tobytes()

    def unpacked(self, data: bytes) -> NDArray[np.float32]:
        """The rows [n, vectors * width + exact] of their bytes."""
        found = np.frombuffer(inflated(data) if self.deflated and data else data, self._kind)
        scales = found["scales"].reshape(len(found), self.vectors, 1)
        numbers = (found["numbers"] * scales).reshape(len(found), self.vectors * self.width)
        return np.hstack([numbers, found["exact"].astype(np.float32)]) if self.exact else numbers


def packed(told: dict[str, Any]) -> bytes:
    """JSON, deflated; fractions of a frame as exact as they are of use."""
    return deflated(json.dumps(_rounded(told), default=plain_number, separators=(",", ":")).encode())


def unpacked(data: bytes) -> dict[str, Any]:
    """What `packed` wrote."""
    return json.loads(inflated(data))


def deflated(data: bytes) -> bytes:
    """Bytes, compressed without loss; what they share with typical rows takes no room."""
    packer = zlib.compressobj(9, zdict=_TYPICAL)
    return packer.compress(data) + packer.flush()


def inflated(data: bytes) -> bytes:
    """What `deflated` compressed; raises DamagedRowError: it was something else."""
    reader = zlib.decompressobj(zdict=_TYPICAL)
    try:
        found = reader.decompress(data)
    except zlib.error as error:
        raise DamagedRowError(f"a row of its tables is damaged: {error}") from error
    if not reader.eof:
        raise DamagedRowError("a row of its tables is damaged: it is cut off")
    return found


def _rounded(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _rounded(value) for key, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [_rounded(value) for value in told]
    return round(float(told), _DECIMALS) if isinstance(told, (float, np.floating)) else told
