"""Things seen in a clip, and what a fact rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass
class Thing:
    """One thing followed through a clip, n sightings.

    Attributes:
        label: COCO's word ("dining table").
        confidence: 0..1 probability that there is such a thing, calibrated (`recipes/looks/things.py`).
        frames: [n] indices into `ClipAnalysis.times`.
        boxes: [n][4] x0, y0, x1, y1 as fractions of the frame.
        scores: [n] of the detector.
    """

    label: str
    confidence: float
    frames: list[int] = field(default_factory=list)
    boxes: list[list[float]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, for the cache."""
        return asdict(self)

    def within(self, first: int, last: int) -> Thing | None:
        """As seen in the sampled frames `first` to `last`, renumbered from 0; None where it isn't."""
        rows = [i for i, frame in enumerate(self.frames) if first <= frame <= last]
        return self.rows(rows, -first) if rows else None

    def rows(self, rows: Sequence[int], offset: int = 0) -> Thing:
        """The same thing with these sightings only, their frames moved by `offset`."""
        return replace(
            self,
            frames=[self.frames[i] + offset for i in rows],
            boxes=[self.boxes[i] for i in rows],
            scores=[self.scores[i] for i in rows],
        )


@dataclass
class Ground:
    """What a fact rests on: a moment (seconds), a place in the frame (fractions), a confidence (0..1) or None."""

    time_s: float
    box: tuple[float, float, float, float]
    score: float | None
