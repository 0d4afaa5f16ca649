"""When music plays, according to a detector of speech, singing and music.

In: a clip's sound, block after block. Out: the same blocks, and spans. Singing counts as music.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from pvchat.perception.experts.music import FRAME_S, HOP, MusicExpert
from pvchat.schemas import SAMPLE_RATE, FloatArray, Spans

_WINDOW_S = 20.0  # heard at once
_SMOOTH = 100  # frames over which probabilities are averaged
_PLAYS = 0.5
_PAUSE_S, _SHORTEST_S = 1.0, 1.5  # a shorter pause parts nothing; what is shorter is none


class MusicListener:
    """Listens along while blocks of sound pass, which begins at `start_s` (seconds)."""

    def __init__(self, expert: MusicExpert, start_s: float = 0.0) -> None:
        self._expert, self._start_s = expert, start_s
        self._held: list[FloatArray] = []
        self._found: list[FloatArray] = []

    def along(self, blocks: Iterable[FloatArray]) -> Iterator[FloatArray]:
        """The same blocks [n]; `spans` is known after the last one."""
        length = 0
        for block in blocks:
            yield block
            self._held.append(block)
            length += len(block)
            if length >= _WINDOW_S * SAMPLE_RATE:
                length = self._hear()
        self._hear()

    def spans(self) -> Spans:
        """From when to when music plays, seconds."""
        if not self._found:
            return ()
        plays = np.concatenate(self._found)[:, 1:].max(1)
        smooth = np.convolve(np.pad(plays, _SMOOTH // 2, "edge"), np.ones(_SMOOTH) / _SMOOTH, "valid")[1:]
        return tuple((round(self._start_s + a, 2), round(self._start_s + b, 2)) for a, b in spans_of(smooth))

    def _hear(self) -> int:
        """Hear the samples that are held; keep those that don't fill a step, and return how many those are."""
        samples = np.concatenate([np.zeros(0, np.float32), *self._held])
        found = self._expert.probabilities(samples)
        self._found += [found] if len(found) else []
        self._held = [samples[len(found) * HOP :]]
        return len(self._held[0])


def spans_of(plays: FloatArray) -> Spans:
    """From when to when (seconds) something surely is, of probabilities [F] each 10 ms."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], plays >= _PLAYS, [False]]).astype(int))) * FRAME_S
    spans: list[tuple[float, float]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if spans and start - spans[-1][1] < _PAUSE_S:
            start = spans.pop()[0]
        spans.append((round(start, 2), round(end, 2)))
    return tuple(span for span in spans if span[1] - span[0] >= _SHORTEST_S)
