"""Whether one row of a timeline speaks for a condition, against it, or not at all.

In: a `Has`, a `Row`. Out: "yes", "no" or "unknown". Values match by their words: "table" is in "at a table".
"""

from __future__ import annotations

from functools import lru_cache

from pvchat.chat.colours import same_colour
from pvchat.chat.finding import Row, Verdict
from pvchat.chat.query import Has
from pvchat.chat.timeline import EXCLUSIVE
from pvchat.chat.vocabulary import word_set

_EMPTY = word_set("a an the of on in at to towards into with his her their something somebody")
_SAME = {
    "gray": "grey", "blond": "blonde", "speaking": "talking", "facing": "looking", "seated": "sitting",
    "lying": "lying down", "mustache": "moustache", "centre": "middle", "center": "middle",
}  # fmt: skip
_TOLD_AS = {  # what a garment may be told as, where its colour is asked for: a shirt is often told as a top
    **dict.fromkeys(("shirt", "t-shirt", "tee", "blouse", "sweater", "jumper", "pullover", "hoodie"), ("top",)),
    "jacket": ("suit",), "blazer": ("suit", "jacket"), "coat": ("jacket",), "top": ("shirt",), "trouser": ("suit",),
}  # fmt: skip
_MOVING = word_set("walking running moving dancing jumping jogging stepping")
_HOME = frozenset(
    ["home", "house", "flat", "bedroom", "kitchen", "bathroom", "living"]
)  # words of places that are at home
_DEPTHS = ("foreground", "background")
TELLING = {"deed": ("posture", "deed", "holding")}  # attributes of which several rows' attributes speak


@lru_cache(maxsize=4096)
def words(text: str) -> frozenset[str]:
    """The words of a value that tell something, in the singular, each in one of its spellings."""
    said = " ".join(_SAME.get(word, word) for word in text.lower().split()).split()
    return frozenset(word if len(word) < 4 else word.removesuffix("s") for word in said if word not in _EMPTY)


def says(has: Has, row: Row, measured: bool) -> Verdict:
    """What a row says to a condition.

    Args:
        has: the condition, without `of`.
        row: of the same attribute, or of one that `TELLING` lists.
        measured: as `Timeline.measured`.
    """
    if has.attribute == "worn":
        said = _worn(has, row, measured)
    elif has.attribute == "hair":
        said = _whether(words(f"{has.value} {has.colour}") <= words(f"{row.value} {row.colour}"))
    elif has.attribute == "deed":
        said = _deed(words(has.value), row)
    elif has.attribute == "place":
        said = _place(words(has.value), words(row.value))
    else:
        said = _whether(words(has.value) <= words(row.value))
    if not row.holds:
        return "no" if said == "yes" and has.value else "unknown"
    denied = said == "unknown" and has.attribute in EXCLUSIVE and _rivals(has, row)
    return "no" if denied else said


def _whether(fits: bool) -> Verdict:
    return "yes" if fits else "unknown"


def _rivals(has: Has, row: Row) -> bool:
    """Whether two values of one attribute exclude each other; left and right say nothing of near and far."""
    return has.attribute != "side" or (has.value in _DEPTHS) == (row.value in _DEPTHS)


def _worn(has: Has, row: Row, measured: bool) -> Verdict:
    """Garments: by kind; with a colour also what the kind may be told as, and another colour denies it."""
    asked, mine = words(has.value), words(row.value)
    told_as = {other for word in asked for other in _TOLD_AS.get(word, ())} if has.colour and len(asked) == 1 else set()
    if not (asked <= mine or told_as & mine):
        return "unknown"
    if not has.colour or not row.holds and not row.colour or words(has.colour) <= words(row.colour):
        return "yes"
    return "no" if row.colour and asked and row.holds and not _may_be(has.colour, row.colour, measured) else "unknown"


def _may_be(asked: str, told: str, measured: bool) -> bool:
    """Whether two colours may be of one thing: near shades, as far as colours are measured; "dark blue" and "blue"."""
    if measured:
        return same_colour(told, asked)
    one, other = words(asked), words(told)
    return bool((one & other) - {"dark", "light"}) and not {"dark", "light"} <= one ^ other


def _deed(asked: frozenset[str], row: Row) -> Verdict:
    told = words(f"holding {row.value}" if row.attribute == "holding" else row.value)
    return _whether(asked <= told or asked == {"moving"} and bool(told & _MOVING))


def _place(asked: frozenset[str], told: frozenset[str]) -> Verdict:
    return _whether(asked <= told or bool(asked) and asked <= {"home", "house", "flat"} and bool(told & _HOME))
