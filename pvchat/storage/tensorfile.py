"""Named numpy arrays <-> the bytes of a safetensors file. Nothing is pickled, nothing in such a file can run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def pack(arrays: dict[str, NDArray[Any]]) -> bytes:
    """The safetensors bytes of these arrays.

    Raises:
        TypeError: a dtype that safetensors doesn't know (objects, strings, dates).
    """
    import safetensors.numpy

    # safetensors copies the raw buffer: a transposed or big-endian view would come back scrambled
    plain = {name: np.array(a, dtype=a.dtype.newbyteorder("="), order="C") for name, a in arrays.items()}
    try:
        return safetensors.numpy.save(plain)
    except KeyError as error:
        raise TypeError(f"arrays of type {error} can't be saved") from error


def unpack(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file.

    Raises:
        ValueError: not a whole safetensors file, or a dtype that numpy lacks.
    """
    import safetensors.numpy
    from safetensors import SafetensorError

    try:
        return safetensors.numpy.load(data)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    except KeyError as error:
        raise ValueError(f"unknown array type {error}") from error
