"""Why somebody wasn't recognised for sure, in words: "somebody small and far away who could be Ana, at 0:04".

In: a presence with its `Why`. Out: parts of sentences for an unsure answer, a sentence for `ask -v` and the app.
"""

from __future__ import annotations

from pvchat.chat.english import clock, join
from pvchat.schemas import PersonPresence, Why

_LOOKS = {
    "small": "small and far away",
    "turned": "turned away",
    "masked": "behind a mask",
    "blurred": "blurred or in the dark",
}
_CLEAR = "the likeness is too weak to tell"
_UNSEEN = "the picture isn't clear enough to tell"


def doubt(person: PersonPresence, still: bool = False) -> str:
    """What was seen, and why that is not enough: the part of an unsure answer after its colon.

    Args:
        person: unsure.
        still: the clip is a photo, where no time is told.
    """
    why = person.why
    if why is None or why.at_s is None:
        return _CLEAR if person.track is not None else _UNSEEN
    seen = f"{_when(why, still)}there is {_somebody(why)} who could be {person.name}"
    return seen if why.hard else f"{seen}, but {_CLEAR}"


def because(person: PersonPresence, still: bool = False) -> str:
    """Why a person isn't found present, as a sentence; empty where she is, or where nothing is known of it."""
    why = person.why
    if why is None:
        return ""
    if why.reason == "outdated":
        return f"{person.name} was enrolled by an earlier version, which saw drawn figures otherwise: enroll again."
    if why.reason == "nobody":
        return "Nobody whose face or figure could be compared is seen."
    when = "" if still or why.at_s is None else f" at {clock(why.at_s)}"
    if why.reason == "told":
        return f"Most like {person.name} is somebody{when} of whom you said that it isn't {person.name}."
    if why.reason == "other":
        return f"Most like {person.name} is somebody{when} who is more like {why.like}."
    pixels = f", with a face {why.face_px} pixels high" if why.face_px and "small" in why.hard else ""
    who = f"{_somebody(why)}{pixels}" if why.hard else "somebody seen well"
    verdict = "it could be the same person" if person.decision == "unsure" else "too unlike to be the same person"
    return f"Most like {person.name} is {who}{when}: {verdict}."


def _somebody(why: Why) -> str:
    looks = [_LOOKS[one] for one in why.hard]
    return f"somebody {join(looks)}" if looks else "somebody"


def _when(why: Why, still: bool) -> str:
    return "" if still or why.at_s is None else f"at {clock(why.at_s)} "
