"""What the trained model is asked about a clip."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One question to the model.

    Attributes:
        question: as the model is asked.
        track: whom to look at: an index into `ClipAnalysis.tracks`; other people's tracks are hidden, whole frames
            aren't. None looks at everyone.
        experts: whose tokens to look at; empty for all.
    """

    question: str
    track: int | None = None
    experts: tuple[str, ...] = ()
