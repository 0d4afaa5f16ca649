"""Questions about the clip as a whole: which room it is, whether it is indoors, drawn, how long, where it is cut.

In: a question in lower case, and what was measured. Out: a sentence; those about cuts are `cuts.py`'s.
"""

from __future__ import annotations

import re

from pvchat.chat.cuts import asks_of_cuts, of_cuts
from pvchat.chat.english import HEDGE, indefinite, lasting
from pvchat.chat.evidence import Evidence, is_still
from pvchat.chat.say.phrases import place_phrase

_THIS = r"(?:this|it|that|the (?:video|clip|film|scene|picture|photo))"
_WHICH_PLACE = re.compile(rf"\b(?:what|which) (?:kind of )?(?:room|place|location)\b|^where (?:is|was) {_THIS}\b")
_SETTING = re.compile(
    rf"^(?:and |so )?(?:is|was) {_THIS} (?:set |filmed |shot |taken )?((?:in|out)(?:doors|side))"
    r"(?: or (?:in|out)(?:doors|side))?\W*$"
)
_DRAWN = re.compile(rf"^(?:and |so )?(?:is|was) {_THIS} (?:an? )?(?:cartoon|anime|animation|animated|drawn|drawing)\b")
_ROOM = (
    r"(?:(?:[a-z]+ )?(?:hospital|clinic|surgery|ward|office|classroom|school|kitchen|bedroom|bathroom|living room|room"
    r"|house|home|flat|corridor|hallway|shop|store|restaurant|caf[eé]|bar|gym|church|street|park|garden|beach|forest|car"
    r"|vehicle|studio|stage|laboratory|lab|meeting room))"
)
_PLACE = re.compile(rf"^(?:and |so )?(?:is|was) {_THIS} (?:an?|the|in an?|in the) (?P<what>{_ROOM})\W*$")
_EITHER_PLACE = re.compile(
    rf"^(?:and |so )?(?:(?:is|was) {_THIS} )?(?:in )?(?:an? |the )?{_ROOM} or (?:in )?(?:an? |the )?{_ROOM}\W*$"
)
_CLIP = r"(?:video|clip|film|movie|footage|recording)"
_LENGTH = re.compile(
    rf"^(?:and |so )?(?:how long (?:is|was) (?:(?:this|the|that|my) {_CLIP}|it)"
    r"|how (?:many (?:seconds|minutes)|long) does"
    rf" (?:this|the|it)(?: {_CLIP})? (?:last|take|run|have)"
    rf"|how many (?:seconds|minutes) (?:is|was) (?:it|(?:this|the) {_CLIP})"
    r"|what(?:'s| is) the (?:length|duration|running time)"
    rf"(?: of (?:this|the|that|my) {_CLIP})?)\W*$"
)
_PHOTO = re.compile(
    rf"^(?:and |so )?is (?:this|it|that) (?:an? )?(?:photo\w*|picture|still|image|{_CLIP})(?: or (?:an? )?\w+)?\W*$"
)
_OF_SOMEBODY = re.compile(
    r"\b(?:he|she|they|him|her|them|his|their|who\w*|(?:any|some|every) ?(?:one|body)|people|person)\b"
)


def asks_of_scene(lower: str) -> bool:
    """Whether a question in lower case that names nobody is about the scene, whoever was spoken of before."""
    place = _WHICH_PLACE.search(lower) and not _OF_SOMEBODY.search(lower) or _EITHER_PLACE.match(lower)
    whole = (_DRAWN, _PLACE, _LENGTH, _PHOTO)
    found = bool(place) or any(asked.match(lower) for asked in whole)
    return found or _asks_setting(lower) or asks_of_cuts(lower)


def of_scene(asked: str, evidence: Evidence) -> str:
    """The answer to a question that `asks_of_scene`, in lower case."""
    if asks_of_cuts(asked):
        return of_cuts(asked, evidence)
    if _WHICH_PLACE.search(asked) or _EITHER_PLACE.match(asked):
        place = place_phrase(evidence)
        return f"This is {place}." if place else "I can't make out where this is."
    if _DRAWN.match(asked):
        return "Yes, this is a drawn scene." if evidence.scene.drawn else "No, this is no drawn scene, as far as I see."
    if _LENGTH.match(asked) or _PHOTO.match(asked):
        return _length(evidence)
    if found := _PLACE.match(asked):
        return _whether(found["what"], evidence)
    setting = evidence.scene.setting
    if setting is None:
        return "I can't make out whether this is indoors or outdoors."
    if " or " in asked:
        return f"This is {setting}."
    meant = re.search(r"\b(?:indoors|inside)\b", asked) is not None
    return f"{'Yes' if meant == (setting == 'indoors') else 'No'}, this is {setting}."


def _length(evidence: Evidence) -> str:
    """How long the clip is, or the part that is asked about."""
    if evidence.duration_s is None:
        return "I can't tell how long this is."
    if is_still(evidence):
        return "This is a photo, or a video of about a second."
    return f"This is a video of about {lasting(evidence.duration_s)}."


def _whether(what: str, evidence: Evidence) -> str:
    """Whether the clip plays in such a place: what wasn't measured is unknown, never no."""
    place = place_phrase(evidence)
    if place is None:
        return f"I can't tell whether this is {indefinite(what)}."
    if set(what.split()) <= set(re.findall(r"\w+", place)):
        return f"{'Probably yes' if HEDGE in place else 'Yes'}, this is {place}."
    return f"I can't tell whether this is {indefinite(what)}. This is {place}."


def _asks_setting(lower: str) -> bool:
    found = _SETTING.match(lower)
    return found is not None and any(found.groups())
