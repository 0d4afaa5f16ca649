"""What enrolling noticed about its clip: what makes it poor, whom it looks like, and what would help.

In: measures of `identity/reasons.py`. Out: sentences for the command line and the app. Notes come with the `Person`
that `PVChat.enroll` returns; they are never stored, since they may name somebody else.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Weakness = Literal["small", "masked", "blurred", "dark", "few", "one angle", "several people"]

_SENTENCES: dict[Weakness, str] = {
    "small": "The face is small{pixels}. Come closer: 80 pixels or more are recognised best.",
    "masked": "The face is behind a mask. A clip without it would help.",
    "blurred": "The face is blurred. A steadier or brighter clip would help.",
    "dark": "The clip is dark. One with more light would help.",
    "few": "The face is seen for a moment only. A clip of two seconds or more would help.",
    "one angle": "The face is seen from one side only. A clip in which the head turns would help.",
    "several people": "The clip shows other people, too. One that shows only {name} is safer.",
}

_VOICE = (
    "{name}'s voice is learned, too, from when {name}'s mouth moves ({size} bytes). "
    "Do that with {name}'s consent only; --no-voice leaves it out."
)


@dataclass(frozen=True)
class Notes:
    """What was noticed."""

    poor: tuple[Weakness, ...] = ()  # what makes the clip a poor one, what weighs most first
    face_px: int | None = None  # usual height of the face in pixels of the frame as it was looked at; not of figures
    looks_like: str = ""  # another enrolled person who is found present where the subject is
    unlike: bool = False  # the clip was added to somebody, and its subject isn't like her
    voice_bytes: int = 0  # size of the voice that was learned with the face

    def to_dict(self) -> dict[str, Any]:
        """`notes` of `enroll --json`."""
        return {**asdict(self), "poor": list(self.poor)}

    def sentences(self, name: str) -> list[str]:
        """What to tell the user about the enrollment of `name`: what is most urgent first."""
        told = []
        if self.looks_like:
            told.append(f"This looks like {self.looks_like}, who is enrolled already: the same person, or another?")
        if self.unlike:
            told.append(f"This doesn't look like {name} as enrolled before: is it the same person?")
        if self.voice_bytes:
            told.append(_VOICE.format(name=name, size=self.voice_bytes))
        pixels = f" ({self.face_px} pixels high)" if self.face_px else ""
        return told + [_SENTENCES[one].format(pixels=pixels, name=name) for one in self.poor]
