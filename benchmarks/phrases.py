"""What a reference answer names: the colour of the upper garment, the posture, the kind of place; and what agrees.

In: phrases written by people who looked at a clip ("dark suit, pink shirt", "stands and looks up", "on a stage chair"),
and words that were measured. Out: words that are right, None where a phrase names none; whether a measured word is
right. Written down before anything was tuned by it; `tests/test_described.py` holds it.

How a colour is judged: by its basic term; "navy" is blue. Black and dark grey are one, white and light grey are one:
footage doesn't tell them apart. Of several colours of one garment any is right. "Dark" and "light" agree with each
colour that can be so, the other way round too. A posture that changes may be told by any of its stations.
"""

from __future__ import annotations

import re

Words = frozenset[str]
_TERMS = {
    "black": "black", "white": "white", "gr[ae]y(?:ish)?": "grey", "silver": "grey", "red": "red", "maroon": "red",
    "pink(?:ish)?": "pink", "orange": "orange", "yellow": "yellow", "golden": "yellow", "green": "green",
    "blue": "blue", "navy": "dark blue", "teal": "teal", "turquoise": "teal", "purple": "purple", "brown": "brown",
    "beige": "beige", "cream": "beige", "colourful": "multicoloured", "multicoloured": "multicoloured",
}  # fmt: skip
_SHADES = {"dark": "dark", "light": "light", "pale": "light"}
_COLOUR = re.compile(rf"\b(?:{'|'.join([*_TERMS, *_SHADES])})\b")
_UPPER = re.compile(
    r"\b(t-shirt|shirt|blouse|top|tunic|sweater|hoodie|cardigan|jacket|blazer|suit|coat|dress|robe|gown|uniform|vest"
    r"|clothes|armour)\b"
)
_NO_GARMENT = re.compile(r"\b(hair|cap|hat|bag|blanket|cape|trousers|jeans|mask|gloves)\b")
_ALIKE = (
    {"black", "dark grey"},
    {"white", "light grey"},
    {"grey", "dark grey", "light grey"},
    {"teal", "blue", "green"},
)
_DARK, _LIGHT = {"black", "brown", "dark"}, {"white", "beige", "pink", "light"}  # beside "dark …" and "light …"

POSTURES = {
    "standing": r"\bstand(?:s|ing)?\b", "sitting": r"\bsit(?:s|ting)?\b", "lying down": r"\b(?:lie|lay)s?\b|\blying\b",
    "walking": r"\bwalks?\b", "running": r"\bruns?\b", "falling": r"\bfalls?\b|\brolls off\b",
    "bending": r"\bbends?\b|\bcrouch(?:es)?\b|\bkneels?\b",
}  # fmt: skip
# The kinds of place, by what names them in a phrase; the first that fits, so narrow ones stand first.
_PLACES: tuple[tuple[str, str], ...] = (
    ("vehicle", r"\btrain\b|\bcar\b|spaceship"), ("medical", r"consulting room|treatment room|hospital|doctor"),
    ("restaurant", r"\bcaf[eé]|restaurant|\bbar\b"), ("shop", r"\bshop\b|bookshop|bakery|barbershop"),
    ("office", r"\boffice|meeting room|\bdesk\b"), ("classroom", r"classroom|\bschool\b"), ("kitchen", r"kitchen"),
    ("bedroom", r"bedroom|room with a bed"), ("bathroom", r"bathroom|locker room"),
    ("living room", r"living room|\bsofa\b"), ("corridor", r"corridor|\bhallway\b"), ("library", r"library"),
    ("stage", r"\bstage\b"), ("event", r"\bevent\b"), ("studio", r"\bstudio\b"), ("airport", r"airport|hangar"),
    ("market", r"\bmarket\b"), ("street", r"\bstreet\b|\bcity\b"), ("forest", r"\bforest\b|\bwoods\b"),
    ("water", r"\bsea\b|\bwater\b|\blake\b|\bbeach\b|\briver\b"), ("mountains", r"\bmountains?\b|\brocks\b"),
    ("garden", r"\bgarden\b|\bpark\b"), ("field", r"\bfield\b|\bhills\b|battlefield|countryside"),
    ("snow", r"\bsnow\b"), ("home", r"\bhome\b"), ("church", r"church"),
    ("gym", r"\bgym\b|stadium|sports"),
    ("room", r"\broom\b|\bhall\b|\btent\b|indoors"), ("outdoors", r"outdoors"),
)  # fmt: skip
_NOT_A_PLACE = re.compile(r"\bby a wooden bookshelf|before bookshelves\b|by shop windows|seen through a doorway")
# What else is right where a kind is named: as wide a word, or one that people use for the same rooms.
_WIDER: dict[str, Words] = {
    "kitchen": frozenset({"home"}), "bedroom": frozenset({"home"}), "living room": frozenset({"home"}),
    "stage": frozenset({"event"}), "event": frozenset({"stage"}), "market": frozenset({"street", "shop"}),
    "garden": frozenset({"park"}), "mountains": frozenset({"field"}), "field": frozenset({"garden", "mountains"}),
    "home": frozenset({"kitchen", "bedroom", "living room", "bathroom"}),
}  # fmt: skip
_OPEN = frozenset(
    {"street", "market", "forest", "water", "mountains", "garden", "field", "snow", "outdoors", "airport"}
)


def colours_of(phrase: str) -> Words | None:
    """The colours of the first upper garment of "dark suit, pink shirt" that has one; None where none has."""
    for part in re.split(r",| with | over | and ", phrase.lower()):
        part = part.replace("-", " ").replace("t shirt", "t-shirt")
        if not (garment := _UPPER.search(part)) or _NO_GARMENT.search(part[: garment.start()]):
            continue
        if found := _terms(part[: garment.start()]):
            return found
    return None


def _terms(words: str) -> Words:
    """Basic terms in some words, "dark" or "light" kept before the one that follows it: "dark blue"."""
    found, shade = list[str](), ""
    for word in _COLOUR.findall(words):
        if word in _SHADES:
            found += [shade] if shade else []
            shade = _SHADES[word]
            continue
        term = next(term for pattern, term in _TERMS.items() if re.fullmatch(pattern, word))
        found.append(f"{shade} {term}".strip())
        shade = ""
    return frozenset([*found, shade] if shade else found)


def colour_agrees(said: str, named: Words) -> bool:
    """Whether a measured colour ("black and red", "dark blue") is one of those named; the first of two counts."""
    first = _terms(said.split(" and ")[0])
    if "multicoloured" in first:
        return "multicoloured" in named or len(named) > 1
    return any(_same(one, other) or _same(other, one) for one in first for other in named)


def _same(one: str, other: str) -> bool:
    if one in ("dark", "light"):
        return other in (_DARK if one == "dark" else _LIGHT) or other.startswith(one)
    if any({one, other} <= alike for alike in _ALIKE) or one == other:
        return True
    terms = [text.split()[-1] for text in (one, other)]
    return "grey" not in terms and (terms[0] == terms[1] or any(set(terms) <= alike for alike in _ALIKE))


def postures_of(phrase: str) -> Words | None:
    """The postures that a phrase names; None where it names none."""
    return frozenset(name for name, pattern in POSTURES.items() if re.search(pattern, phrase.lower())) or None


def place_of(phrase: str) -> str | None:
    """The kind of place that a phrase names; None where it names none."""
    text = _NOT_A_PLACE.sub("", phrase.lower())
    return next((kind for kind, pattern in _PLACES if re.search(pattern, text)), None)


def place_agrees(said: str, named: str) -> bool:
    """Whether a kind of place that was measured is the one named, or a word for it; "outdoors" holds of open ones."""
    if named == "outdoors":
        return said in _OPEN
    if named == "room":
        return said not in _OPEN
    return said == named or said in _WIDER.get(named, ())
