"""When somebody who is there isn't seen: "Does Ana come back?", "How long is Ben away?", "Is the room ever empty?".

In: a question in lower case with masked names, and presences with their spans. Out: an `Absence`, or None; sentences.
Gone is who isn't seen: whether she left the room, or stands behind somebody, nobody can tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pvchat.chat.english import be, clock, join, lasting, number, span_told, spans_told, upper
from pvchat.chat.evidence import Evidence, is_still
from pvchat.chat.spans import Span, seconds_in, without
from pvchat.chat.vocabulary import IN_CLIP, MASK
from pvchat.schemas import PersonPresence

Asked = Literal[
    "back", "again", "ever", "left", "when", "long", "empty", "ever empty", "long empty", "anybody left",
]  # fmt: skip
_WHOM = rf"(?:{MASK.lower()}|he|she|they)(?:(?:, (?:and )?| and ){MASK.lower()})*\b(?!')"
_AWAY = (
    r"(?:away|gone|absent|missing|off(?: the)? (?:screen|camera)"
    r"|out of (?:sight|view|(?:the )?(?:picture|frame|shot|room))"
    r"|not (?:there|here|seen|visible|shown|present|on(?: the)? screen|in (?:the|this) \w+))"
)
_LEAVE = (
    r"(?:leave(?: the (?:room|picture|frame|scene|house|table))?|go (?:away|out)|disappear|walk (?:away|off|out)|exit"
    r"|vanish)"
)
_BACK = r"(?:(?:come|came|get|got|be|coming) back(?: in)?|return(?:ed)?|reappear)"
_IN = rf"(?:{IN_CLIP}| (?:in|from) (?:the|this) room)?(?: again)?"
_EVER = (
    r"(?: (?:ever|sometimes|once|in between|at (?:any|some) (?:time|point|moment)"
    r"|for (?:some|a|any) (?:time|while|bit)))*"
)
_OF_SOMEBODY: tuple[tuple[str, Asked], ...] = (
        (rf"(?:does|do|did|will|has|is) {_WHOM}{_EVER} {_BACK}", "back"),
        (rf"(?:when|at what (?:time|point)) (?:does|do|did|is) {_WHOM} {_BACK}", "again"),
        (rf"(?:does|do|did) {_WHOM}{_EVER} {_LEAVE}", "left"),
        (rf"(?:is|are|was|were) {_WHOM}(?: ever| sometimes) {_AWAY}", "ever"),
        (rf"(?:is|are|was|were) {_WHOM} {_AWAY} (?:for (?:some|a) (?:time|while)|at (?:any|some) point)", "ever"),
        (rf"(?:for )?how long (?:is|are|was|were) {_WHOM} {_AWAY}", "long"),
        (rf"(?:when|at (?:what|which) (?:times?|points?)) (?:is|are|was|were) {_WHOM}{_EVER} (?!gone){_AWAY}", "when"),
        (rf"(?:when|at (?:what|which) times?) (?:do|can) (?:we|you|i) not see {_WHOM}", "when"),
        (rf"(?:when|at (?:what|which) times?) (?:don't|can't) (?:we|you|i) see {_WHOM}", "when"),
)  # fmt: skip
_NOBODY = r"(?:nobody|no ?one|not anybody|not any ?one)"
_ROOM = r"(?:the (?:room|house|picture|frame|scene|screen|place|hall|ward|bed ?room|corridor)|it)"
_AROUND = r"(?: (?:there|here|around|seen|visible|shown|present|at home|to be seen|in the room|on(?: the)? screen))*"
_ANYBODY = r"(?:any|some) ?(?:one|body)(?: else)?"
_OF_NOBODY: tuple[tuple[str, Asked], ...] = (
        (rf"(?:when|at (?:what|which) (?:times?|points?)) (?:is|was|are) (?:there )?{_NOBODY}{_AROUND}", "empty"),
        (rf"(?:when|at (?:what|which) (?:times?|points?)) (?:is|was) {_ROOM} empty", "empty"),
        (rf"(?:for )?how long (?:is|was|are) (?:there )?(?:{_NOBODY}{_AROUND}|{_ROOM} empty)", "long empty"),
        (rf"(?:when|at (?:what|which) times?) (?:do|can) (?:we|you|i) see {_NOBODY}", "empty"),
        (rf"(?:is|was) {_ROOM}{_EVER} empty{_EVER}", "ever empty"),
        (rf"(?:is|was) (?:there )?(?:ever|sometimes|at any (?:time|point)) {_NOBODY}{_AROUND}", "ever empty"),
        (r"(?:are|is|were) there (?:ever )?(?:any |a |some )?(?:shots?|scenes?|parts?|moments?|times?)"
         r" (?:without|with no) (?:any )?(?:people|persons?|faces|one|any ?body|any ?one)(?: in (?:it|them))?",
         "ever empty"),
        (rf"(?:does|do|did|has|have) {_ANYBODY}{_EVER} (?:{_LEAVE}|left(?: the \w+)?|gone)", "anybody left"),
)  # fmt: skip
# What every form has a word of; where none is, none is made: that takes a process 7 ms.
_WORDS = re.compile(
    r"\b(?:back|return\w*|reappear|leave|left|go|gone|disappear|walk|exit|vanish|away|absent|missing|off|out|not|don't"
    r"|can't|nobody|no ?one|empty|without|no)\b"
)
_LEAST_S = 0.5  # seconds unseen that are told [choice]
_MOST = 4  # spans that one sentence tells


@dataclass(frozen=True)
class Absence:
    """What is asked of the time in which somebody isn't seen.

    Attributes:
        asked: whether she comes "back", when she is seen "again"; whether she is "ever" gone or has "left", "when", or
            how "long"; when nobody is seen ("empty"), and whether ever; whether "anybody left" before the end.
    """

    asked: Asked

    @property
    def of_nobody(self) -> bool:
        """Whether it is asked when nobody at all is seen."""
        return self.asked.endswith("empty") or self.asked == "anybody left"


def read_absence(lower: str, named: bool) -> Absence | None:
    """Read a question; None where it asks something else, as when somebody leaves.

    Args:
        lower: in lower case, names masked.
        named: whether it is about somebody; else it may ask when nobody at all is seen.
    """
    text = " ".join(lower.split())
    forms = _forms(named) if _WORDS.search(text) else []
    return next((Absence(asked) for form, asked in forms if form.fullmatch(text)), None)


@cache
def _forms(named: bool) -> list[tuple[re.Pattern[str], Asked]]:
    """The forms, made when one of them may fit for the first time."""
    rows = _OF_SOMEBODY if named else _OF_NOBODY
    return [(re.compile(rf"(?:and |so |but )?{form}{_IN}{_EVER}\W*"), asked) for form, asked in rows]


def told_emptiness(asked: Absence, everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """When no face is seen, of anybody; empty where nothing is known of when.

    Args:
        asked: as it was read.
        everyone: the presence of everyone enrolled.
        evidence: what was measured.
    """
    if asked.asked == "anybody left":
        return _anybody_left(everyone, evidence)
    untimed = (
        evidence.unknown and not evidence.strangers or any(p.decision == "unsure" and not p.spans for p in everyone)
    )
    if is_still(evidence) or evidence.part is None or untimed:
        return ""
    seen = [span for p in everyone if p.decision != "absent" for span in p.spans] + evidence.strangers
    gaps, yes_no = [gap for gap in without([evidence.part], seen) if _tells(gap)], asked.asked == "ever empty"
    if not gaps:
        return upper(f"{'No, ' if yes_no else ''}somebody is seen the whole time.")
    long = f"for about {lasting(seconds_in(gaps))}, " if asked.asked == "long empty" else ""
    return f"{'Yes, ' if yes_no else ''}I see nobody's face {long}{_told(gaps)}."


def _anybody_left(everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Who of those known isn't seen until the end; empty where nothing is known of when."""
    there = [p for p in everyone if p.decision == "present" and p.spans]
    if is_still(evidence) or evidence.part is None or not there:
        return ""
    end = evidence.part[1]
    gone = [p for p in there if _tells((p.spans[-1][1], end))]
    told = [f"{p.name} is last seen at {clock(p.spans[-1][1])}" for p in sorted(gone, key=lambda p: p.spans[-1][1])]
    if told:
        more = [f"{number(len(told) - _MOST)} more before the end"] if told[_MOST:] else []
        return f"Yes, {join([*told[:_MOST], *more])}."
    stay = [p.name for p in there]
    return f"No, {join(stay)} {be(stay)} seen until the end."


def told_absence(asked: Absence, people: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer about those of them who are present; empty where nothing is known of when.

    Args:
        asked: as it was read.
        people: those asked about.
        evidence: what was measured.
    """
    present = [p for p in people if p.decision == "present" and p.spans]
    if is_still(evidence) or evidence.part is None:
        return ""
    tell = _back if asked.asked in ("back", "again") else _gone
    return " ".join(tell(asked, person, evidence.part) for person in present)


def _back(asked: Absence, person: PersonPresence, part: Span) -> str:
    """Whether somebody is seen again after she was not seen for a while."""
    gaps = _unseen(person, part)
    again = [end for _, end in gaps if person.spans[0][1] <= end < person.spans[-1][1]]
    yes_no, seen = asked.asked == "back", f"{person.name} is seen"
    if not again:
        once = "the whole time" if not gaps else f"once, {span_told(*_whole(person))}"
        return f"{'No, ' if yes_no else ''}{seen} {once}."
    more = f", {number(len(again))} times in all" if len(again) > _MOST else ""
    return f"{'Yes, ' if yes_no else ''}{seen} again at {join([clock(end) for end in again[:_MOST]])}{more}."


def _gone(asked: Absence, person: PersonPresence, part: Span) -> str:
    """Whether, when and for how long somebody isn't seen."""
    gaps, yes_no = _unseen(person, part), asked.asked == "ever"
    if asked.asked in ("ever", "left"):  # before she came she wasn't gone
        gaps = [gap for gap in gaps if gap[0] >= person.spans[0][0]]
    if not gaps:
        whole = "the whole time" if not _unseen(person, part) else "until the end"
        return f"{'No, ' if yes_no else ''}{person.name} is seen {whole}."
    long = f" for about {lasting(seconds_in(gaps))}," if asked.asked == "long" else ""
    return f"{'Yes, ' if yes_no else ''}{person.name} is not seen{long} {_told(gaps)}."


def _told(gaps: Sequence[Span]) -> str:
    return spans_told(gaps[:_MOST], len(gaps) - _MOST)


def _tells(gap: Span) -> bool:
    return gap[1] - gap[0] >= _LEAST_S


def _whole(person: PersonPresence) -> Span:
    return person.spans[0][0], person.spans[-1][1]


def _unseen(person: PersonPresence, part: Span) -> list[Span]:
    return [gap for gap in without([part], person.spans) if _tells(gap)]
