"""Questions about who stands where: "Who is to the left of Ana?", "What is the man on the right wearing?".

In: a question in lower case with masked names. Out: a `LineUp`, or None. Sides are those of the picture. Whom it means
is `standing.py`'s, what it asks of them `byplace.py`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pvchat.chat.vocabulary import IN_CLIP, MASK, NTH

Relation = Literal[
    "left", "right", "between", "beside", "first left", "first right", "middle", "nearest", "farthest", "closest",
    "row left", "row right",
]  # fmt: skip
EVERYBODY = ("first", "row", "nearest", "farthest", "middle")  # how relations begin that need nobody named
NOBODY_KNOWN = "I don't know who is"  # begins an answer about one without a name
SOMEBODY = "Unnamedone"  # stands for whom a question means by their place, in what it asks of them
_NAME = MASK.lower()
_WHOM = rf"(?:{_NAME}|him|her|them)\b(?!')"
_SOMEBODY = (
    r"(?:who(?:'s| is| are| was| were|(?= stands| sits))?"
    r"|which (?:person|people|ones?|of (?:them|us)) (?:is|are|was|were)"
    r"|how many (?:people|persons)(?: are| stand| sit)?"
    r"|(?:is|are) (?:there )?(?:any ?one|any ?body|some ?one|some ?body))"
    r"(?: (?:the (?:person|one|people|man|woman)|there))?"
    r"(?: (?:who|that) (?:is|are))?"
)
_HOW = r"(?: (?:standing|sitting|stands|sits|seen|right|directly|immediately|just|further|farther|more))*"
_SIDE_OF = r"(?:(?:on|to|at|from) )?(?:the )?(?P<side>left|right)(?:-hand)?(?: side)?(?: of| from| than)"
_BESIDE = r"(?:right |directly |just )?(?:next to|beside|alongside|close to|near)"
_PAIR = rf"(?:in )?between (?:{_WHOM}(?: and |, ){_WHOM}|them|the two)"
_IN_CLIP = rf"(?:{IN_CLIP}| (?:in|of) (?:the|this) row)?\W*"
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
_THE_ONE = (
    r"\b(?:whoever|(?:the|that|this) (?:other )?"
    r"(?:(?P<man>man|guy|gentleman|bloke|fellow|chap)|(?P<woman>woman|lady)"
    r"|person|individual|one|child|boy|girl|figure))"
    rf"(?: (?:who|that))?(?: is| stands?| sits?)?{_HOW}"
)
_SIDED = (
    r"(?:on|at|to|from|in) (?:the )?(?:far |very |outer )?{}(?:[- ]?hand)?(?: side| edge)?"
    r"(?: of the (?:picture|frame|screen|image|video|clip|photo|scene))?\b(?! of\b| half\b)"
)
_MIDDLE = r"(?:middle|cent(?:re|er))\b(?! of the (?:room|table|street)\b)"
_PLACE_IN_ROW = {"first": 0, **NTH}
_NTH_FROM = (
    r"(?:(?:(?P<a_man>man|guy)|(?P<a_woman>woman|lady)|person|one) (?:who is |standing |sitting )?(?:the )?)?"
    rf"(?P<nth>{'|'.join(_PLACE_IN_ROW)})(?: (?:one|person|(?P<man>man|guy)|(?P<woman>woman|lady)))?"
    r" (?:from|on) (?:the )?(?P<from>left|right)(?: side)?"
)
_PLACED = tuple(
    (re.compile(form), relation)
    for form, relation in (
        (rf"{_THE_ONE} {_SIDED.format('left')}", "first left"),
        (rf"{_THE_ONE} {_SIDED.format('right')}", "first right"),
        (rf"{_THE_ONE} (?:in|on|at) the (?:very )?{_MIDDLE}", "middle"),
        (rf"{_THE_ONE} (?:nearest|closest) to (?:the )?(?:camera|lens|us|me)\b", "nearest"),
        (rf"{_THE_ONE} (?:farthest|furthest)(?: away)? from (?:the )?(?:camera|lens|us|me)\b", "farthest"),
        (rf"\b(?:the )?{_NTH_FROM}", "nth"),
    )
)  # fmt: skip
_BETWEEN = re.compile(rf"^(?:and |so )?(?:is|was|does|did) {_NAME}{_HOW}(?: stand| sit)? {_PAIR}{_IN_CLIP}$")
_US = r"(?:the )?(?:camera|lens|us|me)"
_ENDS = re.compile(
    rf"^(?:and |so )?{_SOMEBODY}{_HOW} (?:the )?"
    r"(?:(?:very )?(?:furthest|farthest|most)(?: (?:to|on|from|at))?(?: the)? (?P<side>left|right)"
    r"|(?P<most>left|right)most|(?:very )?first(?: one| person)? (?:from|on) the (?P<first>left|right)"
    rf"|(?P<near>(?:nearest|closest|nearer|closer)(?: to {_US})?|in front of (?:the others|everyone)"
    r"|at the (?:very )?front|foremost|biggest|largest|most prominent)"
    rf"|(?P<far>(?:farthest|furthest)(?: away)?(?: (?:from|to) {_US})?|(?:the )?smallest|most distant))"
    rf"(?: side)?{_IN_CLIP}$"
    rf"|^(?:and |so )?whose (?:face|head) is (?:the )?(?:(?P<big>biggest|largest)|(?P<small>smallest)){_IN_CLIP}$"
)
_ROW = re.compile(r"\b(?:from )?(?:the )?(?P<side>left|right) to (?:the )?(?:left|right)\b")
_MOVES = re.compile(r"\b(?:mov\w+|walk\w*|pan\w*|turn\w*|go|goes|going|position|camera)\b")  # left to right, too
_SO_MANIETH = re.compile(rf"^(?:and |so )?{_SOMEBODY} (?:the )?{_NTH_FROM}{_IN_CLIP}$")
_ASKS_WHO = re.compile(
    r"^(?:and |so )?(?:whom?|which (?:\w+ )?(?:person|one|man|woman)|identify)\b|\bnames?\b|\bdo you call\b"
    r"|\bcalled\W*$|\bwho (?:is|was) (?:he|she|that|this|it)\W*$"
)
_ASKS_MORE = re.compile(
    r"^(?:and |so |but |then )?(?:please )?(?:is|are|was|were|does|do|did|has|have|had|can|what|where|when|how|which"
    r"|why|describe|tell|say|show)\b|\b(?:describe|description|wear\w*|worn|doing|cloth\w+|outfit|look\w*|hold\w*|hair|colou?r"
    r"|more)\b"
)
_TELLS = re.compile(r"\b(?:describe|wear\w*|doing|does|do|look\w*)\b")


@dataclass(frozen=True)
class LineUp:
    """Whom a question means by where they are.

    Attributes:
        relation: to those whom it names, or among all: who is "first" from a side, the whole "row" from a side.
        told: whether it asks something else of whom it means: what she wears, what she does.
        asked: that question, with `SOMEBODY` in her place.
        phrase: words for whom it means, for "she" in the question after it.
        whether: whether it asks if the first whom it names is where the relation says.
        gender: "man" or "woman" where it says so: who was measured to be another isn't meant.
        nth: how many come before whom it means, from the side that is "first".
        single: whether it means one person: of several to a side the nearest.
        counts: whether it asks how many they are.
        counted: whether it counts from the side that is "first", of men or women only those who surely are.
    """

    relation: Relation
    told: bool = False
    asked: str = ""
    whether: bool = False
    gender: str = ""
    single: bool = False
    nth: int = 0
    phrase: str = ""
    counted: bool = False
    counts: bool = False


def read_lineup(lower: str) -> LineUp | None:
    """Read a question; None where it means nobody by where they are."""
    text = " ".join(lower.split())
    if (row := _ROW.search(text)) and not _MOVES.search(text):
        told = bool(_TELLS.search(text))
        return None if _NAME in text else LineUp("row left" if row["side"] == "left" else "row right", told)
    if nth := _SO_MANIETH.match(text):
        return _of_match("nth", nth, "")
    if ends := _ENDS.match(text):
        end = ends["side"] or ends["most"] or ends["first"]
        if ends["far"] or ends["small"]:
            return LineUp("farthest", phrase="the person farthest from the camera")
        if ends["near"] or ends["big"]:
            return LineUp("nearest", phrase="the person nearest to the camera")
        return LineUp("first left" if end == "left" else "first right", phrase=f"the person on the {end}")
    if _BETWEEN.match(text) and text.count(_NAME) == len(("one", "between", "two")):
        return LineUp("between", whether=True)
    for pattern, relation in (*_NAMED, *_DESCRIBED, *_PLACED):
        found = pattern.search(text)
        if found and text.count(_NAME) == found[0].count(_NAME):  # "is the man next to Ana Ben?" asks who he is
            asked = f"{text[: found.start()]}{SOMEBODY}{text[found.end() :]}"
            who = _ASKS_WHO.search(text) is not None or not _ASKS_MORE.search(asked)
            if who and relation.startswith((*EVERYBODY, "nth")):
                return None  # "who is on the left?" asks for all of them
            return _of_match(relation, found, "" if who else asked)
    return None


def _of_match(relation: str, found: re.Match[str], asked: str) -> LineUp:
    said: dict[str, str] = {key: value for key, value in found.groupdict().items() if value}
    gender = "man" if said.keys() & {"man", "a_man"} else "woman" if said.keys() & {"woman", "a_woman"} else ""
    if relation == "nth":
        side: Relation = "first left" if said["from"] == "left" else "first right"
        nth = _PLACE_IN_ROW[said["nth"]]
        who = f"the {said['nth']} {gender or 'person'} from the {said['from']}"
        return LineUp(side, bool(asked), asked, False, gender, nth=nth, phrase=who, counted=bool(nth or gender))
    counts = re.match(r"(?:and |so )?how many\b", found[0]) is not None
    single = "several" in found.re.groupindex and "several" not in said
    phrase = found[0] if asked else ""
    return LineUp(relation or said["side"], bool(asked), asked, False, gender, single, 0, phrase, counts=counts)  # type: ignore[arg-type]
