"""Two people held against each other: do they wear the same colour, who is further left, who is nearer the camera.

In: a question in lower case with masked names, and what was measured. Out: a `Comparison`, or None; a sentence. What
isn't known of both isn't compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pvchat.chat.english import be, join
from pvchat.chat.evidence import Evidence
from pvchat.chat.guard import same_colour
from pvchat.chat.say.phrases import garment_phrase
from pvchat.chat.standing import APART, NEARER
from pvchat.chat.vocabulary import MASK
from pvchat.schemas import Garment, PersonPresence

By = Literal["colour", "left", "right", "nearer"]
_NAME = MASK.lower()
_PAIR = rf"(?:{_NAME},? (?:and|or) {_NAME}|they|both)"
_COLOUR = re.compile(
    rf"^(?:do|are|does|is|did|were) (?:both )?{_PAIR} .*\b(?:same|similar|matching) colou?rs?\b"
    rf"|^(?:is|are|does|do) {_NAME} .*\b(?:same|similar) colou?rs? (?:as|to) {_NAME}\b"
)
_SIDE = (
    r"(?:(?:further |farther |more |standing |sitting )*(?:to |on |at )?(?:the )?(?P<side>left|right)(?: side)?"
    r"(?: of| than)?)"
)
_NEAR = r"(?P<near>(?:nearer|closer)(?: to (?:the camera|us|me))?(?: than)?|in front of)"
_WHETHER = re.compile(rf"^(?:is|does|do) {_NAME} (?:stand |sit )?(?:{_SIDE}|{_NEAR}) {_NAME}\W*$")
_WHO = re.compile(rf"^(?:who|which (?:one|of them|person)) (?:is|stands|sits) (?:{_SIDE}|{_NEAR})[,:]? {_PAIR}\W*$")


@dataclass(frozen=True)
class Comparison:
    """What two people are compared by, and whether it is asked which of them rather than whether."""

    by: By
    which: bool = False


def read_comparison(lower: str) -> Comparison | None:
    """Read a question; None where it compares nobody."""
    text = " ".join(lower.split())
    if _COLOUR.search(text):
        return Comparison("colour")
    found = _WHETHER.match(text) or _WHO.match(text)
    if found is None:
        return None
    by: By = "nearer" if found["near"] else "left" if found["side"] == "left" else "right"
    return Comparison(by, found.re is _WHO)


def compare(comparison: Comparison, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer about the first two people asked about; empty unless both are there.

    Args:
        comparison: what is asked.
        asked: their presences, in the question's order.
        evidence: what was measured.
    """
    names = [p.name for p in asked if p.decision == "present"][:2]
    if len(names) < 2 or len(names) < len(asked[:2]):
        return ""
    if comparison.by == "colour":
        return _colours(names, evidence)
    gap = _gap(comparison.by, names, evidence)
    if gap is None:
        return f"{join(names)} {be(names)} in this video, but I can't compare where they are."
    return _placed(comparison, names, gap)


def _colours(names: Sequence[str], evidence: Evidence) -> str:
    """Whether two people's outer garments share a colour."""
    worn = [next((g for g in evidence.facts_of(n).clothes if g.colour), None) for n in names]
    told = [f"{n} is wearing {garment_phrase(g)}" for n, g in zip(names, worn, strict=True) if g is not None]
    if worn[0] is None or worn[1] is None:
        rest = f" {told[0]}." if told else ""
        return f"I can't tell whether {join(names)} wear the same colour.{rest}"
    return f"{'Yes' if _alike(worn[0], worn[1]) else 'No'}, {' and '.join(told)}."


def _alike(one: Garment, other: Garment) -> bool:
    """Whether two garments have one colour: the same word, shades of it included ("red", "dark red")."""
    plain = [re.sub(r"^(dark|light|bright|pale) ", "", g.colour or "") for g in (one, other)]
    return plain[0] == plain[1] or same_colour(*plain) and bool(set(plain[0].split()) & set(plain[1].split()))


def _gap(by: By, names: Sequence[str], evidence: Evidence) -> int | None:
    """1 where it holds of the first more than of the second, -1 the other way round, 0 for neither; None: unknown."""
    boxes = [evidence.boxes.get(name) for name in names]
    if boxes[0] is None or boxes[1] is None or not evidence.together(*names):
        return None
    if by == "nearer":
        ratio = (boxes[0][3] - boxes[0][1]) / max(boxes[1][3] - boxes[1][1], 1e-6)
        return 1 if ratio > NEARER else -1 if ratio < 1 / NEARER else 0
    apart = (boxes[1][0] + boxes[1][2] - boxes[0][0] - boxes[0][2]) / 2
    apart = apart if by == "left" else -apart
    return 1 if apart > APART else -1 if apart < -APART else 0


def _placed(comparison: Comparison, names: Sequence[str], gap: int) -> str:
    more = "nearer to the camera" if comparison.by == "nearer" else f"further to the {comparison.by}"
    if gap == 0:
        both = f"{join(names)} are {'about as near' if comparison.by == 'nearer' else 'about as far to the side'}"
        return f"{both}." if comparison.which else f"No, {both}."
    first, second = names if gap > 0 else names[::-1]
    lead = "" if comparison.which else "Yes, " if gap > 0 else "No, "
    return f"{lead}{first} is {more} than {second}."
