"""Named numpy arrays <-> the bytes of a safetensors file. Nothing is pickled, nothing in such a file can run.

Also arrays that are kept on disk because they take long to make, and numpy's numbers for the JSON beside them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.storage import atomic

log = logging.getLogger(__name__)


def pack(arrays: dict[str, NDArray[Any]]) -> bytes:
    """The safetensors bytes of these arrays; raises TypeError: a dtype that it lacks (objects, strings, dates)."""
    import safetensors.numpy

    # safetensors copies the raw buffer: a transposed or big-endian view would come back scrambled
    plain = {name: np.array(a, dtype=a.dtype.newbyteorder("="), order="C") for name, a in arrays.items()}
    try:
        return safetensors.numpy.save(plain)
    except KeyError as error:
        raise TypeError(f"arrays of type {error} can't be saved") from error


def unpack(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file; raises ValueError where it isn't whole, or has a dtype that numpy lacks."""
    import safetensors.numpy
    from safetensors import SafetensorError

    try:
        return safetensors.numpy.load(data)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    except KeyError as error:
        raise ValueError(f"unknown array type {error}") from error


def load_or_make(
    path: Path, names: tuple[str, ...], make: Callable[[], dict[str, NDArray[Any]]]
) -> dict[str, NDArray[Any]]:
    """The arrays of these names in a file, made and put there where it hasn't them: any process may make them again."""
    try:
        found = unpack(path.read_bytes())
        return {name: found[name] for name in names}
    except (OSError, ValueError, KeyError):
        arrays = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_file(path, pack(arrays), durable=False)
    except OSError as error:  # a full or read-only disk: the next process makes them again
        log.warning("%s can't be kept: %s", path.name, error)
    return arrays


@contextmanager
def system_errors() -> Iterator[None]:
    """What the system refuses safetensors (a full disk, no permission) is an `OSError`, which it isn't by itself."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        code = re.search(r"os error (\d+)", str(error))
        raise OSError(int(code[1]) if code else None, str(error)) from error


def plain_number(value: Any) -> Any:
    """A numpy number as Python's own, for `json.dumps(default=…)`."""
    if callable(item := getattr(value, "item", None)):
        return item()
    raise TypeError(f"{type(value).__name__} is not JSON")
