"""What the trained model is asked about a clip, and what it says."""

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


@dataclass(frozen=True)
class Utterance:
    """What the model said.

    Attributes:
        text: its words.
        gain: how much likelier the clip makes it: the mean log-probability of a token, less the same text's when the
            model sees an empty clip. A fluent guess has none, whatever its probability.
    """

    text: str
    gain: float
