"""How long people are seen: who longest, whether one longer than another, which share of the clip.

In: a question in lower case with masked names, and presences. Out: a `ScreenTime`, or None; a sentence. What counts is
the seconds of all spans of somebody together; of strangers nobody knows which of them are one person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pvchat.chat.english import NTH_SAID, be, join, lasting, so_many_people, upper
from pvchat.chat.evidence import Evidence, is_still
from pvchat.chat.spans import WHOLE
from pvchat.chat.vocabulary import IN_CLIP, MASK, NTH
from pvchat.schemas import PersonPresence

_NAME = MASK.lower()
_WHOM = rf"(?:{_NAME}|he|she|they|him|her|them)\b(?!')"
_WHO = (
    r"(?:(?:whom?(?: of (?:us|them|these|the \w+))?|which (?:person|people|ones?|of (?:them|us|these|the \w+)))"
    r"(?:'s| is| are| was| were)?"
    r"(?: the (?:one|person))?)"
)
_SEEN = (
    r"(?:(?:can be |to be )?(?:seen|visible|shown|there|here|present|in view|on(?: the)? (?:screen|camera|air)|on)"
    r"|in (?:the|this) (?:video|clip|film|movie|picture|frame|shot|scene)|appears?|stays?|stayed|remains?|features?)"
)
_MORE = r"(?:stay(?:s|ed)?|remain|appear|seen|visible|shown|there|here|present|on(?: the)? (?:screen|camera)|around)"
_IN = rf"(?: here| there)?{IN_CLIP}?"
_RANK = (
    rf"(?:for )?(?:the )?(?:very )?(?:(?:{'|'.join(NTH)})[ -])?"
    r"(?:longest|shortest|briefest|most|least)(?: often| time| of all| of (?:the|this) (?:time|video|clip))?"
)
_NTH = re.compile(rf"\b(?:{'|'.join(NTH)})\b")
_LEAST = re.compile(r"\b(?:shortest|briefest|least)\b")
_PEOPLE = rf"(?:[,:]? ?{_WHOM}(?:,? (?:or|and) {_WHOM}|, {_WHOM})*)?"
_AMONG = re.compile(
    rf"(?:and |so )?(?:{_WHO}(?: {_SEEN})+{_IN} {_RANK}|{_WHO} (?:do|did|can) (?:we|you|i) see(?: here)? {_RANK}"
    rf"|{_WHO} {_RANK} (?:seen|visible|shown|present|on screen)"
    rf"|{_WHO} (?:has|gets|had|got) (?:the )?(?:(?:{'|'.join(NTH)})[ -])?(?:most|longest|least|shortest)"
    r" (?:screen ?-?time|air ?-?time|time on screen|time|appearance))"
    rf"{_IN}\W*{_PEOPLE}\W*"
)
_OFTEN = re.compile(
    rf"(?:and |so )?{_WHO}(?: {_SEEN})*{_IN} (?:(?:only |just )?once|(?P<more>more than once|twice or more"
    rf"|several times|repeatedly)){_IN}\W*"
)
_LENGTH = r"the (?:whole|entire|full|complete) (?:time|video|clip|film|movie|footage|recording|length|duration)"
_WHOLE = re.compile(
    rf"(?:and |so )?(?:{_WHO}|(?:(?:is|was|does|did) (?:there )?)?any ?(?:one|body)(?: who(?:'s| is| was)?)?)"
    rf"(?:(?: {_SEEN}| stay| remain)+{_IN} (?:(?:for |throughout )?{_LENGTH}|all the time|throughout|all along|always"
    rf"|from (?:the )?(?:start|beginning) to (?:the )?(?:end|finish)){_IN}"
    r"| (?:never|(?:does|do|did)(?:n't| not)(?: ever)?) (?:leaves?|left|go(?:es)? (?:away|out of)|disappears?)"
    r"(?: (?:the|this) (?:picture|frame|screen|shot|scene|video)| here)?(?: at all)?)"
    r"(?:,? (?:and )?if so,? who(?: (?:is|was) (?:it|that))?)?\W*"
)
_LONGER = re.compile(
    rf"(?:and |so )?(?:{_WHO}|is|does|do|are|was|did)(?: {_WHOM})?(?: {_MORE})*{_IN}"
    r" (?:for )?(?:(?P<more>longer|more often|more)|(?P<less>shorter|less long|less often|less))(?: time)?"
    rf"(?: {_MORE})*{_IN}(?: than)?\W*{_PEOPLE}(?: (?:is|does|was|did))?\W*"
)
_AGAINST = re.compile(
    rf"(?:and |so )?how long (?:is|does|was) {_WHOM}(?: {_SEEN})*{_IN}"
    rf" (?:compared (?:with|to)|versus|vs\.?|against) {_WHOM}\W*"
)
_SHARE = re.compile(
    r"(?:and |so )?(?:(?:for )?(?:what|which) (?:percentage|percent|share|part(?= of (?:the|this) time)|fraction"
    r"|proportion)|how much)"
    r" of (?:the|this) (?:(?:whole )?(?:time|video|clip|film|movie|footage|recording|length|running time))"
    rf" (?:is|does|do|are|was|shows?|can) (?:you see |we see )?{_WHOM}(?:,? (?:and|or) {_WHOM})*"
    rf"(?: {_SEEN}| in| be)*{_IN}\W*"
)
_ALIKE = (0.5, 0.05)  # seconds, and share of the longer time, up to which two people are seen equally long [choice]
_FINE = 10  # percent below which each one is told
_MOST = 4  # people that one sentence tells


@dataclass(frozen=True)
class ScreenTime:
    """What is asked of how long people are seen.

    Attributes:
        asked: who is seen "most", "least" or the "whole" time, "once" or "again"; whether one, or which of two, is seen
            "more" or "less" long than another; which "share" of the clip.
        whether: whether it is a yes-or-no question.
        nth: how many are seen longer, or less long, than whom it asks for.
    """

    asked: Literal["most", "least", "whole", "once", "again", "more", "less", "share"]
    whether: bool = False
    nth: int = 0


def read_screen_time(lower: str) -> ScreenTime | None:
    """Read a question; None where it asks something else."""
    text = " ".join(lower.split())
    if _AMONG.fullmatch(text):
        nth = _NTH.search(text)
        return ScreenTime("least" if _LEAST.search(text) else "most", nth=NTH[nth[0]] if nth else 0)
    if often := _OFTEN.fullmatch(text):
        return ScreenTime("again" if often["more"] else "once")
    if _WHOLE.fullmatch(text):
        return ScreenTime("whole")
    named = len(re.findall(rf"\b{_WHOM}", text))
    if named >= 2 and (found := _LONGER.fullmatch(text)):
        which = re.match(r"(?:and |so )?wh", text) is not None
        return ScreenTime("more" if found["more"] else "less", not which)
    if _AGAINST.fullmatch(text):
        return ScreenTime("more")
    return ScreenTime("share") if named and _SHARE.fullmatch(text) else None


def how_long(asked: ScreenTime, named: Sequence[str], everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer; empty where somebody named isn't present, or nobody is.

    Args:
        asked: as it was read.
        named: whom the question names, in its order.
        everyone: their presences.
        evidence: what was measured.
    """
    there = {p.name: p for p in everyone if p.decision == "present"}
    if not there or any(name not in there for name in named):
        return ""
    people = [there[name] for name in named] if named else list(there.values())
    if is_still(evidence) or any(not p.spans for p in people):
        names = [p.name for p in people]
        return f"{join(names)} {be(names)} in this video, but I can't say for how long."
    if asked.asked == "share":
        return " ".join(_share(p, evidence) for p in people)
    if asked.whether and len(people) > 1:
        return _whether(asked, people)
    if len(named) == 1:  # "and Ben?" after "who is seen longest?"
        return f"{people[0].name} is seen for about {lasting(people[0].visible_s)}."
    if asked.asked in ("once", "again"):
        told = _so_often(asked.asked == "once", people)
    elif asked.asked == "whole":
        told = _whole(people, evidence)
    else:
        told = _ranked(asked.asked in ("least", "less"), people, asked.nth)
    return upper(told) if named or not evidence.not_known else f"Of those I know, {told}"


def _share(person: PersonPresence, evidence: Evidence) -> str:
    seen = f"{person.name} is seen for about {lasting(person.visible_s)}"
    if not evidence.duration_s:
        return f"{seen}."
    percent = 100 * min(1.0, person.visible_s / evidence.duration_s)
    percent = round(percent) if percent < _FINE else 5 * round(percent / 5)  # spans are as fine as the samples
    return f"{seen} of {lasting(evidence.duration_s)}, {percent}% of this video."


def _whole(people: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Who is seen the whole time, and who is there but isn't."""
    least = WHOLE * (evidence.duration_s or 0.0)
    whole = [p.name for p in people if p.visible_s >= least]
    rest = sorted((p for p in people if p.visible_s < least), key=lambda p: -p.visible_s)
    others = [f"{p.name} for about {lasting(p.visible_s)}" for p in rest[:_MOST]]
    told = f"{join(whole) or 'nobody'} {be(whole or ['nobody'])} seen the whole time"
    return f"{told}; {join(others)}." if others else f"{told}."


def _so_often(once: bool, people: Sequence[PersonPresence]) -> str:
    """Who is seen in one span only, or in several."""
    names = [p.name for p in people if (len(p.spans) == 1) == once]
    how = "once" if once else "more than once"
    return f"{join(names)} {be(names)} seen {how}." if names else f"nobody is seen {'only ' * once}{how}."


def _whether(asked: ScreenTime, people: Sequence[PersonPresence]) -> str:
    one, other = people[:2]
    if _alike(one, other):
        return f"No, {one.name} and {other.name} are seen about equally long, for about {lasting(one.visible_s)}."
    right = (one.visible_s > other.visible_s) == (asked.asked == "more")
    told = f"{one.name} is seen for about {lasting(one.visible_s)}, {other.name} for about {lasting(other.visible_s)}"
    return f"{'Yes' if right else 'No'}, {told}."


def _ranked(least: bool, people: Sequence[PersonPresence], nth: int) -> str:
    """Who is seen longest, or least, several together where that is alike, and who comes next.

    With `nth` people before whom it asks for, who comes then.
    """
    ranked = sorted(people, key=lambda p: p.visible_s, reverse=not least)
    if nth >= len(ranked):
        return f"I see {so_many_people(len(ranked))} whom I know: {join([p.name for p in ranked])}."
    top = [p for p in ranked if _alike(p, ranked[nth])]
    names, seconds = sorted(p.name for p in top), lasting(ranked[nth].visible_s)
    if len(top) > 1 and (nth or len(top) == len(people)):
        return f"{join(names)} are seen about equally long, for about {seconds}."
    how = " ".join(filter(None, (NTH_SAID[nth], "least" if least else "longest")))
    told = f"{join(names)} {be(names)} seen {how}, for about {seconds}"
    rest = [] if nth else [f"{p.name} for about {lasting(p.visible_s)}" for p in ranked[len(top) :][: _MOST - 1]]
    return f"{told}; {join(rest)}." if rest else f"{told}."


def _alike(one: PersonPresence, other: PersonPresence) -> bool:
    """Whether two are seen about equally long, or as long as far as it is told."""
    longer = max(one.visible_s, other.visible_s)
    near = abs(one.visible_s - other.visible_s) <= max(_ALIKE[0], _ALIKE[1] * longer)
    return near or lasting(one.visible_s) == lasting(other.visible_s)
