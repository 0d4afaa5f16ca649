"""Questions of the four types out of captions and labels: what a caption states is asked for.

In: photos with captions or labels. Out: for each, questions and answers of the types existence, appearance, action,
location. An answer repeats words of a caption of the same picture or a label of it; absent things are asked for too,
when no caption mentions them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recipes.model.base.data import Photo

WHO = "man|woman|boy|girl|child|person|player|baby|lady|guy|dog"
THINGS = (
    "dog", "ball", "bike", "car", "horse", "boat", "beach", "tree", "snow", "water", "grass", "street", "hat",
    "man", "woman", "boy", "girl", "baby", "rock", "field", "bench", "table", "cat", "train", "bus", "pizza",
)  # fmt: skip
MASS = frozenset({"snow", "water", "grass"})
SAME_THING = {  # words that make the denial of a thing unsafe
    "man": "man men guy person people player", "woman": "woman women lady girl person people player",
    "boy": "boy child kid toddler person people player", "girl": "girl child kid toddler woman person people player",
    "baby": "baby infant toddler child", "dog": "dog puppy animal", "bike": "bike bicycle cyclist biker motorcycle",
    "car": "car vehicle truck race", "ball": "ball football soccer basketball tennis baseball volleyball rugby",
    "street": "street road sidewalk city car bike", "tree": "tree forest woods branch log leaves",
    "field": "field grass",
    "snow": "snow snowy snowboard ski sled ice",
    "water": "water pool ocean sea lake river wave beach fountain surf swim",
    "grass": "grass grassy field lawn park", "beach": "beach sand ocean shore surf sea",
    "rock": "rock cliff mountain stone",
    "boat": "boat canoe kayak ship raft", "hat": "hat cap helmet", "bench": "bench seat sit", "table": "table desk eat",
}  # fmt: skip
COLOURS = "red|blue|green|yellow|orange|pink|purple|brown|black|white|grey|gray|tan|striped|colorful|plaid"
GARMENTS = (
    "shirt|t-shirt|jacket|coat|dress|shorts|pants|jeans|hat|cap|helmet|uniform|outfit|sweater|swimsuit|bikini|costume|"
    "skirt|suit|vest|hoodie|jersey|wetsuit|glasses|sunglasses|overalls|collar|clothes|clothing|trunks|top"
)
EXPRESSIONS = {  # labels of faces, as deeds
    "happy": "smiling", "sad": "looking sad", "angry": "looking angry", "surprised": "looking surprised",
    "neutral": "looking calm", "afraid": "looking scared",
}  # fmt: skip
PLACES = {"street": "On a street", "in front of a house": "In front of a house"}
_WORN = re.compile(
    rf"\b({WHO}) (?:is )?(?:in|wearing|with) ((?:an? )?(?:(?:{COLOURS})(?:,? (?:and )?(?:{COLOURS}))* )?"
    rf"(?:\w+ )?(?:{GARMENTS})(?: and (?:an? )?(?:\w+ )?(?:{GARMENTS}))?)\b",
    re.IGNORECASE,
)
_DOES = re.compile(
    rf"\b(?:an?|the|one|this) (?:\w+ )?({WHO})\b[^.,]*?\b(?:is )?(\w{{2,}}ing\b(?! (?:an?|the) ({GARMENTS}))[^.]*)",
    re.I,
)
_PLACE = re.compile(
    r"\b((?:in|on|at|near|by|through|along|down|over|across|outside|inside|beside) (?:an?|the) (?:\w+ ){0,2}?"
    r"(?:pool|beach|street|park|field|grass|snow|water|ocean|sea|lake|river|mountain|hill|road|sidewalk|yard|kitchen|"
    r"room|store|restaurant|city|forest|woods|court|track|stage|bench|couch|bed|sand|sky|rock|cliff|boat|lawn|gym|"
    r"playground|tree|wall|building|bridge|stadium|rink|office|classroom|hospital|path|trail|dirt))\b",
    re.IGNORECASE,
)
_NO_DEED = re.compile(
    r"^(wearing|king|string|ring|wing|spring|clothing|building|thing|evening|morning)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class CaptionQuestion:
    """A question, its type and the answer."""

    kind: str
    question: str
    answer: str


def read_questions(photos: Sequence[Photo]) -> list[list[CaptionQuestion]]:
    """Questions about each photo; photos whose captions state nothing of a kind have none of it."""
    rng = np.random.default_rng(0)
    return [questions(photo, rng) for photo in photos]


def questions(photo: Photo, rng: np.random.Generator) -> list[CaptionQuestion]:
    """All questions that one photo's captions and labels answer."""
    found: list[CaptionQuestion] = []
    for caption in photo.captions:
        found += [*_appearance(caption), *_action(caption), *_location(caption)]
    if photo.auto:
        return list(dict.fromkeys([*_labelled(photo.row), *found]))
    return list(dict.fromkeys([*found, *_existence(photo.captions, rng)]))


def _appearance(caption: str) -> list[CaptionQuestion]:
    return [
        CaptionQuestion(
            "appearance", f"What is the {who.lower()} wearing?", f"The {who.lower()} is wearing {worn.lower()}."
        )
        for who, worn in _WORN.findall(caption)
    ]


def _action(caption: str) -> list[CaptionQuestion]:
    return [
        CaptionQuestion("action", f"What is the {who.lower()} doing?", f"The {who.lower()} is {deed.strip()}.")
        for who, deed, _ in _DOES.findall(caption)
        if not _NO_DEED.match(deed)
    ]


def _location(caption: str) -> list[CaptionQuestion]:
    return [
        CaptionQuestion("location", "Where was the video taken?", f"{place[:1].upper()}{place[1:].lower()}.")
        for place in _PLACE.findall(caption)[:1]
    ]


def _labelled(row: dict[str, Any]) -> list[CaptionQuestion]:
    """What the labels of a picture without a human caption say: garments, sport or exercise, expression, place."""
    attributes = row.get("attributes") or {}
    who = {"male": "man", "female": "woman"}.get(str(attributes.get("gender")), "person")
    found = []
    if garments := [_garment(g) for g in attributes.get("garments", []) if isinstance(g, dict)]:
        worn = _listed(garments[:4])
        found.append(CaptionQuestion("appearance", f"What is the {who} wearing?", f"The {who} is wearing {worn}."))
    if action := row.get("action"):
        deed = action if action.split()[0].endswith("ing") else f"doing {action.lower()}"
        found.append(CaptionQuestion("action", f"What is the {who} doing?", f"The {who} is {deed}."))
    if attributes.get("expression") in EXPRESSIONS:
        look = [EXPRESSIONS[attributes["expression"]]]
        look += ["facing the camera"] if attributes.get("pose") == "facing the camera" else ["looking aside"]
        found.append(CaptionQuestion("action", f"What is the {who} doing?", f"The {who} is {' and '.join(look)}."))
    if place := row.get("place"):
        found.append(
            CaptionQuestion("location", "Where was the video taken?", f"{PLACES.get(place, f'In a {place}')}.")
        )
    return found


def _garment(garment: dict[str, Any]) -> str:
    """Like: a red shirt, red trousers; plurals without an article."""
    words = " ".join(w for w in (garment.get("colour"), garment["item"]) if w)
    return words if garment["item"].endswith("s") and not garment["item"].endswith("dress") else _article(words)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _existence(captions: Sequence[str], rng: np.random.Generator) -> list[CaptionQuestion]:
    """Things mentioned, and as many that no caption mentions."""
    text = " ".join(captions).lower()
    words = set(re.findall(r"[a-z]+", text))
    there = [thing for thing in THINGS if thing in words]
    gone = [t for t in THINGS if not any(word in text for word in SAME_THING.get(t, t).split())]
    picked = [gone[i] for i in rng.permutation(len(gone))[: max(1, len(there))]]
    yes = [
        CaptionQuestion("existence", f"Is there {_a(t)} in the video?", f"Yes, there is {_a(t)} in the video.")
        for t in there
    ]
    return yes + [
        CaptionQuestion("existence", f"Is there {_a(t)} in the video?", f"No, there is no {t} in the video.")
        for t in picked
    ]


def _a(thing: str) -> str:
    return thing if thing in MASS else f"a {thing}"
