"""Vectors as whole numbers of eight bits, each with a scale of its own: half of what float16 needs.

In: rows of float numbers. Out: bytes, and the rows again (float32). No number is further off than half of 1/127 of its
vector's largest: vectors of faces that are compared lie some .6 apart, and move by .01.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import BODY, FACEPRINT, STRIPS, TINTS

WIDTH = 128  # of identity vectors
_LEAST = 1e-12  # of a scale: a row of zeros stays one


@dataclass(frozen=True)
class Layout:
    """How rows lie in bytes, one after the other.

    Attributes:
        width: numbers of a vector.
        vectors: of a row.
        exact: numbers at a row's end that stay float16.
    """

    width: int
    vectors: int = 1
    exact: int = 0

    @property
    def _kind(self) -> np.dtype[Any]:
        shape = (self.vectors, self.width)
        return np.dtype([("scales", "<f4", self.vectors), ("numbers", "i1", shape), ("exact", "<f2", (self.exact,))])

    def packed(self, rows: NDArray[Any]) -> bytes:
        """The bytes of rows [n, vectors * width + exact]; none of no rows."""
        made = np.zeros(len(rows), self._kind)
        if rows.size:
            split = self.vectors * self.width
            parts = rows[:, :split].astype(np.float32).reshape(-1, self.vectors, self.width)
            scales = np.maximum(np.abs(parts).max(2), _LEAST, dtype=np.float32) / np.float32(127)
            made["scales"] = scales.reshape(made["scales"].shape)
            made["numbers"], made["exact"] = np.rint(parts / scales[:, :, None]), rows[:, split:]
        return made.tobytes() if rows.size else b""

    def unpacked(self, data: bytes) -> NDArray[np.float32]:
        """The rows [n, vectors * width + exact] of their bytes."""
        found = np.frombuffer(data, self._kind)
        scales = found["scales"].reshape(len(found), self.vectors, 1)
        numbers = (found["numbers"] * scales).reshape(len(found), self.vectors * self.width)
        return np.hstack([numbers, found["exact"].astype(np.float32)]) if self.exact else numbers


IDENTITY, PRINTS, BODIES = Layout(WIDTH), Layout(FACEPRINT), Layout(BODY, STRIPS, TINTS)
