"""How fast a base will speak here, before it is loaded: its work by its shape, this machine's rates by a short measure.

The first word waits for all frames and the whole prompt: products of matrices. Every further word reads the decoder's
weights once: memory. Both are an estimate, within a factor of two or so (docs/performance.md); nothing of torch is
loaded for a processor.

Legend: n patches of a frame, T frames, L tokens of a prompt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pvchat.bases.shapes import Shape
from pvchat.runtime import available_devices, matrix_units

ASKED_TOKENS = 170  # of a prompt beside its frames: names, times, what was measured, the question
BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "8bit": 1.1, "4bit": 0.65}  # a weight; scales count
REACHED, READS = 0.6, 0.7  # of a plain product's and a plain read's rate by a whole model (docs/performance.md)
LAYER_S = 0.5e-3  # of a layer and a word, whatever its size: calls
HALF = {True: (2.0, 1.0), False: (0.4, 0.65)}  # bfloat16 by float32, products and reading: with matrix units, without
Clock = Callable[[], float]
_PRODUCT, _READ, _ROUNDS = 1024, 4096, 4  # sides of the matrices that are multiplied, read; how often


@dataclass(frozen=True)
class Rates:
    """What a machine does in a second: operations of a product of matrices, bytes read from memory."""

    operations: float
    read: float


@dataclass(frozen=True)
class Speed:
    """Seconds until a base's first word, and words (tokens) a second after it."""

    first_s: float
    tokens_s: float


def pace(tokens_s: float) -> str:
    """Tokens a second, as exactly as an estimate is."""
    return f"{tokens_s:.2g}" if tokens_s < 100 else f"{tokens_s:.0f}"


def speed_of(shape: Shape, frames: int, dtype: str, rates: Rates) -> Speed:
    """The speed to expect.

    Args:
        shape: of the base.
        frames: T that it is shown.
        dtype: a key of `BYTES`.
        rates: of the machine, for that dtype.
    """
    patches, tokens = frames * shape.patches, frames * shape.tokens + ASKED_TOKENS
    sees = 2 * shape.vision * patches + 4 * shape.vision_layers * shape.vision_width * patches * shape.patches
    reads = 2 * shape.decoder * tokens + 2 * shape.layers * shape.width * tokens**2
    calls = LAYER_S * shape.layers
    cache = 2 * tokens * shape.layers * shape.groups * shape.head * max(2.0, BYTES[dtype])
    word = ((shape.decoder + shape.words) * BYTES[dtype] + cache) / (READS * rates.read) + calls
    return Speed((sees + reads) / (REACHED * rates.operations) + calls, 1 / word)


def measurable(device: str) -> bool:
    """Whether a device is here, so that its rates can be told; a base may be sized for another machine's."""
    return device == "cpu" or device.partition(":")[0] in available_devices()


def rates_of(device: str, dtype: str, clock: Clock = time.perf_counter) -> Rates:
    """This machine's rates, measured once a process in about a tenth of a second; what else runs counts.

    Args:
        device: "cpu", or one of torch's, which is loaded for it.
        dtype: a key of `BYTES`; fewer than 16 bits compute as bfloat16 does.
        clock: that seconds are told by.
    """
    wide = dtype == "float32"
    if device != "cpu":
        return _by_torch(device, "float32" if wide else "bfloat16")
    plain, (products, reading) = _by_numpy(clock), (1.0, 1.0) if wide else HALF[matrix_units()]
    return Rates(plain.operations * products, plain.read * reading)


@lru_cache(maxsize=2)
def _by_numpy(clock: Clock) -> Rates:
    """In float32, on as many threads as numpy's products take."""
    import numpy as np

    one, large = np.ones((_PRODUCT, _PRODUCT), np.float32), np.ones((_READ, _READ), np.float32)
    row = np.ones(_READ, np.float32)
    return _measured(lambda: one @ one, lambda: large @ row, large.nbytes, clock)


@lru_cache(maxsize=4)
def _by_torch(device: str, dtype: str) -> Rates:
    """On any device of torch."""
    import torch

    options: dict[str, Any] = {"device": device, "dtype": getattr(torch, dtype)}
    one, large, row = (torch.ones(*shape, **options) for shape in ((_PRODUCT, _PRODUCT), (_READ, _READ), (_READ,)))

    def done(value: Any) -> Any:
        return value.flatten()[0].item()  # a card is asked for its result: what is only queued isn't done

    size = large.numel() * large.element_size()
    return _measured(lambda: done(one @ one), lambda: done(large @ row), size, time.perf_counter)


def _measured(product: Callable[[], Any], read: Callable[[], Any], size: int, clock: Clock) -> Rates:
    """The best of some rounds: whatever else runs makes both slower."""
    seconds = []
    for work in (product, read):
        work()
        rounds = []
        for _ in range(_ROUNDS):
            started = clock()
            work()
            rounds.append(clock() - started)
        seconds.append(max(1e-9, min(rounds)))
    return Rates(2 * _PRODUCT**3 / seconds[0], size / seconds[1])
