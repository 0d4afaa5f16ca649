"""Hard cuts, found in every decoded picture while a clip is read.

A cut is a pair of pictures that differ much in colour and place, far more than the pairs around it do; a picture that
moves fast makes many such pairs in a row. Measured on films cut out of the development clips, beside TransNet V2
(Souček and Lokoč, 2020): docs/adr/0015-shots-and-long-video.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray
from pvchat.video.containers import scaler

if TYPE_CHECKING:
    import av
    from PIL import Image

WIDTH, HEIGHT = 48, 27  # pixels of a thumbnail
_LEAST = 8.0  # grey levels that the pictures on both sides differ by, in the mean …
_COLOURS = 0.08  # … share of each quarter's pixels that changed their colour of 64 …
_TIMES = 4.0  # … and how many times the median difference around it
_AROUND = 5  # pairs before and after that a pair is held against
_NEAR = 3  # pairs within which only the strongest is a cut


class CutFinder:
    """Finds cuts in a stream of thumbnails; holds a dozen numbers, no pictures but the last."""

    def __init__(self) -> None:
        # Seconds at which another shot begins, as far as they are known: `_AROUND` pictures late until `finish`
        self.cuts: list[float] = []
        self._last: NDArray[np.uint8] | None = None
        self._pairs: deque[tuple[float, float, float]] = deque(maxlen=2 * _AROUND + 1)  # time, difference, colours
        self._unjudged = 0  # pairs at the end of `_pairs` that were not judged
        self._skipped, self._time = False, 0.0

    def add(self, time: float, picture: av.VideoFrame | Image.Image | NDArray[np.uint8] | None) -> None:
        """Look at the next picture: its time in seconds, and itself as it was decoded; None: `skip`."""
        if picture is None:
            self.skip()
            return
        thumbnail = self._shrink(picture)
        if self._skipped:
            self.cuts.append(time)
        elif self._last is not None:
            apart, changed = float(np.abs(self._last.astype(np.int16) - thumbnail).mean()), 0.0  # of grey levels
            if apart >= _LEAST:  # seldom: how much of the colours of a quarter changed, in the mean
                changed = float(np.abs(_colours(self._last) - _colours(thumbnail)).sum(1).mean() / 2)
            self._pairs.append((time, apart, changed))
            self._unjudged += 1
            if self._unjudged > _AROUND:
                self._judge()
        self._last, self._skipped, self._time = thumbnail, False, time

    @property
    def settled_s(self) -> float:
        """Up to which time (seconds) all cuts are known."""
        return self._pairs[-self._unjudged][0] if self._unjudged else self._time

    def skip(self) -> None:
        """The pictures that come now were not decoded: what follows them counts as another shot."""
        self.finish()
        self._pairs.clear()
        self._skipped = True

    def finish(self) -> None:
        """There are no more pictures: judge the last ones."""
        while self._unjudged:
            self._judge()

    def _judge(self) -> None:
        """Decide about the oldest pair that is waiting."""
        at = len(self._pairs) - self._unjudged
        self._unjudged -= 1
        time, difference, colours = self._pairs[at]
        if difference < _LEAST or colours < _COLOURS:
            return
        pairs = list(self._pairs)
        around = [pair[1] for pair in (*pairs[max(0, at - _AROUND) : at], *pairs[at + 1 : at + 1 + _AROUND])]
        near = [pair[1] for pair in pairs[max(0, at - _NEAR) : at + 1 + _NEAR]]
        if difference >= max(near) and difference >= _TIMES * float(np.median(around or [0.0])):
            self.cuts.append(time)

    _scaled = cached_property(lambda self: scaler(WIDTH, HEIGHT, "AREA"))

    def _shrink(self, picture: Any) -> NDArray[np.uint8]:
        """A picture as [HEIGHT, WIDTH, 3] uint8 RGB, not turned."""
        if hasattr(picture, "planes"):
            return self._scaled(picture)
        from PIL import Image

        image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
        return np.asarray(image.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def shots(cuts: Iterable[float], end_s: float, start_s: float = 0.0) -> FloatArray:
    """The shots [S, 2] (start and end in seconds) between cuts, from `start_s` to `end_s`."""
    inside = sorted({round(float(c), 4) for c in cuts if start_s < c < end_s})
    edges = np.array([start_s, *inside, end_s], np.float32)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _colours(image: NDArray[np.uint8]) -> FloatArray:
    """Colour histograms [4, 64] of the quarters of a thumbnail, each of sum 1."""
    codes = (image >> 6).astype(np.int64) @ np.array([16, 4, 1])
    middle, half = HEIGHT // 2, WIDTH // 2
    quarters = (codes[:middle, :half], codes[:middle, half:], codes[middle:, :half], codes[middle:, half:])
    return np.stack([np.bincount(q.ravel(), minlength=64) / q.size for q in quarters]).astype(np.float32)
