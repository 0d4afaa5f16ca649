"""Who stands where among those seen together: "Who is to the left of Ana?", "Who is between Ana and Ben?".

In: a question in lower case with masked names, and what was measured. Out: a `LineUp`, or None; whom it means, as a
sentence or to be described ("What is the man next to Ana wearing?" isn't about Ana). Sides are those of the picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pvchat.chat.english import are, be, join, so_many_people, upper
from pvchat.chat.evidence import Evidence, Neighbour, at_once, seen_together
from pvchat.chat.phrases import side_by_side
from pvchat.chat.vocabulary import MASK

Relation = Literal[
    "left", "right", "between", "beside", "first left", "first right", "nearest", "closest", "row left", "row right"
]
EVERYBODY = ("first", "row", "nearest")  # how relations begin that need nobody named
APART, NEARER = 0.02, 1.25  # frame widths, and face heights' ratio, from which two people differ [choice]
_NAME = MASK.lower()
_WHOM = rf"(?:{_NAME}|him|her|them)\b(?!')"
_SOMEBODY = (
    r"(?:who(?:'s| is| are| was| were|(?= stands| sits))?"
    r"|which (?:person|people|ones?|of (?:them|us)) (?:is|are|was|were)"
    r"|(?:is|are) (?:there )?(?:any ?one|any ?body|some ?one|some ?body))"
    r"(?: (?:the (?:person|one|people|man|woman)|there))?"
    r"(?: (?:who|that) (?:is|are))?"
)
_HOW = r"(?: (?:standing|sitting|stands|sits|seen|right|directly|immediately|just|further|farther|more))*"
_SIDE_OF = r"(?:(?:on|to|at|from) )?(?:the )?(?P<side>left|right)(?:-hand)?(?: side)?(?: of| from| than)"
_BESIDE = r"(?:right |directly |just )?(?:next to|beside|alongside|close to|near)"
_PAIR = rf"(?:in )?between (?:{_WHOM}(?: and |, ){_WHOM}|them|the two)"
_IN_CLIP = r"(?: (?:in|of|on) (?:the|this) (?:video|clip|picture|photo|frame|image|scene|row|screen))?\W*"
_NAMED = tuple(
    (re.compile(rf"^(?:and |so )?{_SOMEBODY}{_HOW} {form}{_IN_CLIP}$"), relation)
    for form, relation in (
        (rf"{_SIDE_OF} {_WHOM}", ""),
        (_PAIR, "between"),
        (rf"(?:the )?(?:closest|nearest) to {_WHOM}", "closest"),
    )
)
_OTHER = (
    r"\b(?:the |a |an )?(?:other )?(?:(?P<man>man|guy|boy)|(?P<woman>woman|lady|girl)"
    r"|person|one|child|somebody|someone|whoever|(?P<several>men|women|people|ones))"
    rf"(?: (?:who|that))?(?: is| are| stands?| sits?)?{_HOW}"
)
_DESCRIBED = tuple(
    (re.compile(rf"{_OTHER} {form}"), relation)
    for form, relation in (
        (rf"{_BESIDE} {_WHOM}", "beside"), (rf"{_SIDE_OF} {_WHOM}", ""), (_PAIR, "between"),
    )
)  # fmt: skip
_ENDS = re.compile(
    rf"^(?:and |so )?{_SOMEBODY}{_HOW} (?:the )?"
    r"(?:(?:very )?(?:furthest|farthest|most)(?: (?:to|on|from|at))?(?: the)? (?P<side>left|right)"
    r"|(?P<most>left|right)most|(?:very )?first(?: one| person)? (?:from|on) the (?P<first>left|right)"
    rf"|(?P<near>(?:nearest|closest|nearer|closer)(?: to (?:the camera|us|me))?|in front of (?:the others|everyone)))"
    rf"(?: side)?{_IN_CLIP}$"
)
_ROW = re.compile(r"\bfrom (?P<side>left|right) to (?:left|right)\b")
NOBODY = "I see nobody in this video."
_TELLS = re.compile(r"\b(?:describe|wear\w*|doing|does|do|look\w*)\b")


@dataclass(frozen=True)
class LineUp:
    """Whom a question means by where they are.

    Attributes:
        relation: to those whom it names, or among all: who is "first" from a side, the whole "row" from a side.
        told: whether it asks something else of whom it means: what she wears, what she does.
        gender: "man" or "woman" where it says so: who was measured to be another isn't meant.
        single: whether it means one person: of several to a side the nearest.
    """

    relation: Relation
    told: bool = False
    gender: str = ""
    single: bool = False


def read_lineup(lower: str) -> LineUp | None:
    """Read a question; None where it means nobody by where they are."""
    text = " ".join(lower.split())
    if row := _ROW.search(text):
        told = bool(_TELLS.search(text))
        return None if _NAME in text else LineUp("row left" if row["side"] == "left" else "row right", told)
    if ends := _ENDS.match(text):
        side = ends["side"] or ends["most"] or ends["first"]
        return LineUp("nearest" if ends["near"] else "first left" if side == "left" else "first right")
    for forms, described in ((_NAMED, False), (_DESCRIBED, True)):
        for pattern, relation in forms:
            found = pattern.search(text)
            if found and text.count(_NAME) == found[0].count(_NAME):  # "is the man next to Ana Ben?" asks who he is
                return _of_match(relation, found, described and not text.startswith("who"))
    return None


def _of_match(relation: str, found: re.Match[str], told: bool) -> LineUp:
    said = {"side": None, "man": None, "woman": None, "several": "people"} | found.groupdict()
    gender = "man" if said["man"] else "woman" if said["woman"] else ""
    return LineUp(relation or said["side"], told, gender, not said["several"])  # type: ignore[arg-type]


def meant(lineup: LineUp, names: Sequence[str], evidence: Evidence) -> list[Neighbour]:
    """Whom a question means, in the order in which they are told.

    Args:
        lineup: as it was read.
        names: those whom it names, all of them present.
        evidence: what was measured.
    """
    if lineup.relation.startswith(EVERYBODY):
        row = _row(evidence)[:: -1 if lineup.relation.endswith("right") else 1]
        if lineup.relation == "nearest":
            return _nearest(row)
        return row[:1] if lineup.relation.startswith("first") else row
    with_all = [o for o in evidence.others if o.name not in names and all(_together(n, o, evidence) for n in names)]
    at = [_middle(evidence.boxes[name]) for name in names if name in evidence.boxes]
    if not at or len(at) < len(names):
        return []
    with_all = [o for o in with_all if not lineup.gender or _gender(o, evidence) in ("", lineup.gender)]
    if lineup.relation == "closest":
        return sorted(with_all, key=lambda o: abs(_middle(o.box) - at[0]))[:1]
    if lineup.relation == "beside":
        return [o for o in with_all if side_by_side(evidence.boxes[names[0]], o.box)]
    low, high = {"left": (-1.0, min(at)), "right": (max(at), 2.0)}.get(lineup.relation, (min(at), max(at)))
    found = [o for o in with_all if low + APART < _middle(o.box) < high - APART]
    found = sorted(found, key=lambda o: abs(_middle(o.box) - at[0]))
    return found[:1] if lineup.single and lineup.relation != "between" else found


def placed(lineup: LineUp, names: Sequence[str], evidence: Evidence) -> str:
    """Who stands where a question asks, as a sentence."""
    found = meant(lineup, names, evidence)
    if lineup.relation.startswith("row"):
        side = lineup.relation.removeprefix("row ")
        return f"From {side} to {'right' if side == 'left' else 'left'}: {join(_each(found))}." if found else NOBODY
    if lineup.relation == "nearest":
        near = "nearest to the camera" if len(found) == 1 else "about as near to the camera"
        return f"{upper(join(_each(found)))} {be(_each(found))} {near}." if found else NOBODY
    if lineup.relation.startswith("first"):
        side = lineup.relation.removeprefix("first ")
        return f"{upper(_each(found)[0])} is furthest to the {side}." if found else NOBODY
    who, where = _people(found), _where(lineup, names)
    return f"{upper(join(who))} {are(who)} {where}." if who else f"I see nobody {where}."


def described(lineup: LineUp, names: Sequence[str], evidence: Evidence) -> tuple[list[str], str]:
    """The names of those whom a question means and asks about; and what is said where none of them is known."""
    found = meant(lineup, names, evidence)
    known = [o.name for o in found if o.name and o.sure]
    if known:
        return known, ""
    where = _where(lineup, names) if names else "there"
    none = f"no {lineup.gender}" if lineup.gender else "nobody"
    return [], f"I don't know who is {where}." if found else f"I see {none} {where}."


def _where(lineup: LineUp, names: Sequence[str]) -> str:
    how = {"left": "to the left of", "right": "to the right of", "between": "between", "closest": "closest to"}.get(
        lineup.relation, "next to"
    )
    return f"{how} {join(names)}"


def _row(evidence: Evidence) -> list[Neighbour]:
    """Everybody in the frame that shows most people, from left to right."""
    frames = [frame for o in evidence.others for frame in set(o.frames)]
    best = max(sorted(set(frames)), key=frames.count, default=None)
    return sorted((o for o in evidence.others if not o.frames or best in o.frames), key=lambda o: _middle(o.box))


def _nearest(row: Sequence[Neighbour]) -> list[Neighbour]:
    """Whose face is largest, with those whose is about as large."""
    heights = [o.box[3] - o.box[1] for o in row]
    return [o for o, height in zip(row, heights, strict=True) if height * NEARER > max(heights)]


def _together(name: str, other: Neighbour, evidence: Evidence) -> bool:
    return other.box != evidence.boxes.get(name) and seen_together(evidence.frames_of(name), other.frames)


def _gender(other: Neighbour, evidence: Evidence) -> str:
    """What somebody was measured to be; empty where that isn't known."""
    return evidence.facts_of(other.name or "").gender or ""


def _people(found: Sequence[Neighbour]) -> list[str]:
    """Those who are known by name, then how many others."""
    named = [o.name for o in found if o.name and o.sure]
    more = at_once([o.frames for o in found if not (o.name and o.sure)])
    return [*named, *([f"{so_many_people(more)} I don't know"] if more else [])]


def _each(found: Sequence[Neighbour]) -> list[str]:
    return [o.name if o.name and o.sure else "somebody I don't know" for o in found]


def _middle(box: tuple[float, float, float, float]) -> float:
    return float(np.mean([box[0], box[2]]))
