"""Questions about the scene as a whole: which room it is, whether it is indoors or drawn. Text in, text out."""

from __future__ import annotations

import re

from pvchat.chat.evidence import Evidence
from pvchat.chat.phrases import place_phrase

_THIS = r"(?:this|it|that|the (?:video|clip|film|scene|picture|photo))"
_WHICH_PLACE = re.compile(rf"\b(?:what|which) (?:kind of )?(?:room|place|location)\b|^where (?:is|was) {_THIS}\b")
_SETTING = re.compile(
    rf"^(?:and |so )?(?:is|was) {_THIS} (?:set |filmed |shot |taken )?((?:in|out)(?:doors|side))"
    r"(?: or (?:in|out)(?:doors|side))?\W*$"
)
_DRAWN = re.compile(rf"^(?:and |so )?(?:is|was) {_THIS} (?:an? )?(?:cartoon|anime|animation|animated|drawn|drawing)\b")
_OF_SOMEBODY = re.compile(
    r"\b(?:he|she|they|him|her|them|his|their|who\w*|(?:any|some|every) ?(?:one|body)|people|person)\b"
)


def asks_of_scene(lower: str) -> bool:
    """Whether a question in lower case that names nobody is about the scene, whoever was spoken of before."""
    place = _WHICH_PLACE.search(lower) and not _OF_SOMEBODY.search(lower)
    return bool(place or _DRAWN.match(lower)) or _asks_setting(lower)


def of_scene(asked: str, evidence: Evidence) -> str:
    """The answer to a question that `asks_of_scene`, in lower case."""
    if _WHICH_PLACE.search(asked):
        place = place_phrase(evidence)
        return f"This is {place}." if place else "I can't make out where this is."
    if _DRAWN.match(asked):
        return "Yes, this is a drawn scene." if evidence.scene.drawn else "No, this is no drawn scene, as far as I see."
    setting = evidence.scene.setting
    if setting is None:
        return "I can't make out whether this is indoors or outdoors."
    if " or " in asked:
        return f"This is {setting}."
    meant = re.search(r"\b(?:indoors|inside)\b", asked) is not None
    return f"{'Yes' if meant == (setting == 'indoors') else 'No'}, this is {setting}."


def _asks_setting(lower: str) -> bool:
    found = _SETTING.match(lower)
    return found is not None and any(found.groups())
