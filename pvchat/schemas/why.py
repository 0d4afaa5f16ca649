"""Why somebody was not recognised for sure: what was seen of whoever in the clip is most like her."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

# nobody: no face (or, for a drawn character, no drawn figure) is seen at all; corrected: the user said that it isn't
# her; other: somebody else who is enrolled is more like whoever is seen; the next four: what makes a face hard to
# know; likeness: it is seen well, and not like her (enough)
Reason = Literal["nobody", "corrected", "other", "masked", "small", "turned", "blurred", "likeness"]


@dataclass(frozen=True)
class Why:
    """One reason, and what it rests on.

    Attributes:
        reason: the one that weighs most.
        hard: all that makes the sighting hard, worst first: of "masked", "small", "turned", "blurred".
        at_s: when whoever is most like her is seen best, seconds; None where nobody is seen.
        face_px: height of that face in pixels of the frame as it was looked at; None for figures, or for nobody.
        like: the other enrolled person who is more like whoever is seen; "" for none.
        text: all that as a sentence.
    """

    reason: Reason
    hard: tuple[Reason, ...] = ()
    at_s: float | None = None
    face_px: int | None = None
    like: str = ""
    text: str = ""

    def to_dict(self) -> dict[str, Any]:
        """`why` in the JSON contract."""
        return {**asdict(self), "hard": list(self.hard)}
