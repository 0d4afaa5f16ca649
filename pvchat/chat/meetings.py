"""When people are seen together, when apart, when somebody is alone: "Are Ana and Ben ever apart?".

In: a question in lower case with masked names, and presences with their spans. Out: a `Meeting`, or None; a sentence.
Together is who is seen at the same time. Who stands beside the picture isn't seen, so alone is told "as far as I see".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pvchat.chat.english import are, join, lasting, number, shortened, spans_told, upper
from pvchat.chat.evidence import Evidence, in_company, is_still
from pvchat.chat.spans import WHOLE, Span, common, merged, seconds_in, without
from pvchat.chat.vocabulary import IN_CLIP, MASK
from pvchat.schemas import PersonPresence

Kind = Literal["together", "apart", "with", "without", "alone", "company"]
_NAME = MASK.lower()
_ONE = rf"(?:{_NAME}|he|she|him|her)\b(?!')"
_THEM = rf"(?:(?:both )?{_NAME}(?:(?:, (?:and )?| and | with ){_NAME})+\b(?!')|they|the two|the (?:two|three) of them)"
_HOW = (
    r"(?: (?:ever|sometimes|once|at (?:any|some|one) (?:time|point|moment)|anywhere"
    r"|(?P<always{0}>always|constantly|all the time|the (?:whole|entire|full) (?:time|video|clip|film)|throughout"
    r"|in every (?:shot|frame|scene|picture)|at all times)))"
)
_SOON, _LATE = rf"{_HOW.format(1)}?", rf"{_HOW.format(2)}?"
_ANYBODY = r"(?:there )?(?:any|some) ?(?:one|body)(?: else)?"
_JOIN = (
    r"(?:(?:come|came|coming|comes) (?:in )?to(?: see)?|visit(?:ing|s)?|join(?:ing|s)?"
    r"|(?:been|be|in the room|there) with)"
)
_IS_SEEN = (
    r"(?: (?:both|all|be|seen|shown|visible|appear|on screen|there|here|stay|remain"
    r"|in (?:the|this) (?:video|clip|film)))"
)
_SEEN = f"{_IS_SEEN}*"
_TOGETHER = r"(?:together|(?:at|in) the same (?:time|frame|picture|shot|moment|image)|at once|simultaneously)"
_APART = rf"(?:apart|separated?|without each other|not {_TOGETHER})"
_MEET = r"(?:meet|met)(?: up)?(?: each other| one another)?"
_IN = rf"(?:{IN_CLIP}| on screen| here| there)?"
_BE, _DO = r"(?:is|are|was|were)", r"(?:are|were|is|do|does|did|can)"
_WHEN = r"(?P<when>when|how (?:long|often)|(?:at )?(?:what|which) (?:time|point|moment)s?)"
_FORMS: tuple[tuple[str, Kind], ...] = (
    (rf"{_DO} {_THEM}{_SOON}{_SEEN} {_TOGETHER}{_IN}{_LATE}", "together"),
    (rf"{_BE} {_ONE}{_HOW.format(1)}{_SEEN}(?: together)? with {_ONE}", "with"),
    (rf"(?:is|was|does|did) {_ONE}{_SEEN}(?: together)? with {_ONE}{_HOW.format(1)}", "with"),
    (rf"{_WHEN} {_DO} (?:(?:we|you|i) see )?{_THEM}{_SEEN} {_TOGETHER}", "together"),
    (rf"{_WHEN} {_DO} (?:(?:we|you|i) see )?both {_NAME} and {_NAME}\b(?!'){_SEEN}", "together"),
    (rf"{_WHEN} {_DO} (?:(?:we|you|i) see )?{_NAME} and {_NAME}\b(?!'){_SEEN} both{_SEEN}", "together"),
    (rf"{_WHEN} {_BE} {_ONE}{_SEEN}(?: together)? with {_ONE}", "with"),
    (rf"(?:do|does|did|have|has) {_THEM}{_SOON} {_MEET}{_LATE}", "together"),
    (rf"(?:does|did|has) {_ONE}{_HOW.format(1)}? {_MEET} {_ONE}{_HOW.format(2)}?", "with"),
    (rf"{_WHEN} (?:do|does|did) {_THEM} (?:first )?{_MEET}", "together"),
    (rf"{_WHEN} (?:does|did) {_ONE} (?:first )?{_MEET} {_ONE}", "with"),
    (rf"(?P<whom>whom?) (?:does|did|has) {_ONE} (?:ever )?{_MEET}(?: with)?", "company"),
    (rf"{_DO} {_THEM}{_SOON}{_SEEN} {_APART}{_LATE}", "apart"),
    (rf"{_BE} {_ONE}{_HOW.format(1)}{_SEEN} without {_ONE}", "without"),
    (rf"{_WHEN} {_DO} {_THEM}{_SEEN} {_APART}", "apart"),
    (rf"{_WHEN} {_BE} {_ONE}{_SEEN} without {_ONE}", "without"),
    (rf"{_WHEN} (?:does|do|did|is|was) {_ANYBODY}{_SEEN} (?:{_JOIN}|with) {_ONE}", "company"),
    (rf"(?P<when>who)(?: else)?(?: is| was)? {_JOIN} {_ONE}", "company"),
    (rf"(?P<whom>who)(?: else)? (?:is|was|are|were)(?: ever)?{_IS_SEEN}+(?: together)? with {_ONE}", "company"),
    (rf"(?P<whom>who)(?: else)? (?:is|was|are|were|appears?) together with {_ONE}", "company"),
    (rf"(?P<whom>whom?)(?: is| was|'s) {_ONE} with", "company"),
    (rf"(?P<whom>with whom) (?:is|was) {_ONE}", "company"),
    (rf"(?P<whom>how many (?:other )?people) (?:are|were){_SEEN}(?: together)? with {_ONE}", "company"),
    (rf"(?P<whom>with whom|whom?) (?:is|was|does|do) {_ONE} (?:ever )?(?:seen|shown|visible|appear|together|there"
     r"|here)(?: together)?(?: with)?", "company"),
    (rf"(?:does|do|did|has|is|was) {_ANYBODY}{_SOON}{_SEEN} {_JOIN} {_ONE}", "company"),
    (rf"{_BE} {_ANYBODY}{_HOW.format(1)}{_SEEN} with {_ONE}", "company"),
    (rf"{_BE} {_ANYBODY} (?:here|there|on screen|in the (?:room|picture|video)) with {_ONE}", "company"),
    (rf"(?P<whole>{_BE}) {_ONE}{_SEEN} (?:all )?alone", "alone"),
    (rf"{_BE} {_ONE}{_HOW.format(1)}{_SEEN} (?:all )?alone", "alone"),
    (rf"{_BE} {_ONE}{_SEEN} (?:all )?alone{_IN}{_HOW.format(1)}", "alone"),
    (rf"{_WHEN} {_BE} {_ONE}{_SEEN} (?:all )?alone", "alone"),
    (rf"{_WHEN} {_BE} (?:there )?(?:nobody|no ?one)(?: else)?{_SEEN} with {_ONE}", "alone"),
)  # fmt: skip
# What every form has a word of; where none is, none is made: that takes a process 10 ms.
_WORDS = re.compile(
    r"\b(?:together|same|once|simultaneously|apart|separated?|with|without|whom?|alone|both|visit\w*|join\w*|come|came|coming"
    r"|comes|been|meet|met|nobody|no ?one)\b"
)
_LEAST_S = 0.3  # seconds that are told: less than half a sample of a long video
_MOST = 4  # spans that one sentence tells
_MOST_WITH = 6  # people with whom somebody is seen that one sentence tells
_SOME = ("only some of them are seen", "only one of them is seen")  # of several, of two


@dataclass(frozen=True)
class Meeting:
    """What is asked of the time that people share.

    Attributes:
        kind: that people are seen together or apart; that the first is "with" or "without" the others, alone,
            or in the "company" of anybody.
        how: whether that is so "ever" or "always", "when", or how "long"; of "alone" also of the "whole" clip,
            of "company" also "whom" it is.
    """

    kind: Kind
    how: Literal["ever", "always", "when", "long", "whole", "whom"] = "ever"

    @property
    def timed(self) -> bool:
        """Whether a time is asked for, and neither yes nor no answers it."""
        return self.how in ("when", "long", "whom")


def read_meeting(lower: str) -> Meeting | None:
    """Read a question; None where it asks something else, as for being alone or with somebody at all."""
    text = " ".join(lower.split())
    for form, kind in _forms() if _WORDS.search(text) else ():
        if found := form.fullmatch(text):
            said = found.groupdict()
            if said.get("whom"):
                return Meeting(kind, "whom")
            if said.get("whole"):
                return Meeting(kind, "whole")
            always = said.get("always1") or said.get("always2")
            if when := said.get("when"):
                return Meeting(kind, "long" if when == "how long" else "when")
            return Meeting(kind, "always" if always else "ever")
    return None


@cache
def _forms() -> list[tuple[re.Pattern[str], Kind]]:
    """The forms, made when one of them may fit for the first time."""
    return [(re.compile(rf"(?:and |so |but )?{form}{_IN}(?: for)?(?:,? or not)?\W*"), kind) for form, kind in _FORMS]


def told_meeting(asked: Meeting, named: Sequence[str], everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer; empty where somebody named isn't present, or nothing is known of when.

    Args:
        asked: as it was read.
        named: whom the question names.
        everyone: their presences.
        evidence: what was measured.
    """
    there = {p.name: p.spans for p in everyone if p.decision == "present" and p.spans}
    if asked.how == "whole" and not any(p.name in named and p.decision != "present" for p in everyone):
        return " ".join(_alone_at_all(name, everyone, evidence) for name in named)
    if not named or any(name not in there for name in named) or is_still(evidence):
        return ""
    if asked.kind in ("alone", "company"):
        tell = _alone if asked.kind == "alone" else _company
        return " ".join(tell(asked, name, everyone, evidence) for name in named)
    return _of_several(asked, named, [there[name] for name in named]) if len(named) > 1 else ""


def _of_several(asked: Meeting, named: Sequence[str], spans: Sequence[Sequence[Span]]) -> str:
    """Whether and when people are seen together, or one with the others; and when not."""
    one_sided, negative = asked.kind in ("with", "without"), asked.kind in ("apart", "without")
    seen, shared = merged(spans[0] if one_sided else [span for one in spans for span in one]), list(spans[0])
    for other in spans[1:]:
        shared = common(shared, other)
    together, apart = _told(shared), _told(without(seen, shared))
    who = f"{named[0]} is {{}}seen with {join(named[1:])}" if one_sided else f"{join(named)} are {{}}seen together"
    if not together:
        return f"{'' if asked.timed else 'Yes, ' if negative else 'No, '}{who.format('never ')}."
    always = seconds_in(shared) >= WHOLE * seconds_in(seen) or not apart
    told = f"{who.format('always ' if always else '')}{',' * always} {together}"
    alone = f"{named[0]} is seen without {join(named[1:])}" if one_sided else _SOME[len(named) == 2]
    rest = "" if always else f"{alone} {apart}"
    if asked.how == "long" and (rest or not negative):
        time, tells = (without(seen, shared), upper(rest)) if negative else (shared, told)
        return f"{tells}: for about {lasting(seconds_in(time))}."
    if asked.timed:
        return f"{upper(rest)}." if rest and negative else f"{told}."
    right = not always if negative and asked.how == "ever" else not negative and (asked.how == "ever" or always)
    parts = [rest, told] if negative and right else [told, rest]
    return f"{'Yes' if right else 'No'}, {'; '.join(filter(None, parts))}."


def _with_whom(
    name: str, everyone: Sequence[PersonPresence], evidence: Evidence
) -> tuple[list[Span], list[Span], bool]:
    """When somebody is seen, when anybody else is, and whether that is known: of bodies it isn't."""
    mine = next(p for p in everyone if p.name == name)
    own = {mine.track, *mine.tracks} - {None}  # who may be on her own track is nobody beside her
    beside = [p for p in everyone if p.name != name and p.decision != "absent" and p.track not in own]
    others = [span for p in beside for span in p.spans]
    timed = not evidence.unknown or bool(evidence.strangers)
    return list(mine.spans), [*others, *evidence.strangers], timed and all(p.spans for p in beside)


def _alone(asked: Meeting, name: str, everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Whether and when nobody else is seen; other people are counted whoever they may be."""
    mine, others, known = _with_whom(name, everyone, evidence)
    if not known:
        return f"{name} is in this video, but I can't tell when {name} is alone."
    free = without(mine, others)
    if not (alone := _told(free)):
        return f"{'' if asked.timed else 'No, '}{name} is never alone, as far as I see."
    always = seconds_in(free) >= WHOLE * seconds_in(mine)
    told = f"{name} is {'always ' if always else ''}alone{',' * always} {alone}, as far as I see."
    if asked.how == "long":
        return f"{name} is alone for about {lasting(seconds_in(free))}, {alone}, as far as I see."
    return told if asked.timed else f"{'Yes' if always or asked.how == 'ever' else 'No'}, {told}"


def _alone_at_all(name: str, everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Whether somebody is alone in the clip, always or for some time, and who else is in it."""
    company = in_company(name, evidence)
    if not company:
        return f"Yes, I see nobody but {name}."
    who = shortened(company, len(company) + max(evidence.not_known - 1, 0))
    others = f"{join(who)} {are(who)} in this video too"
    mine, beside, known = _with_whom(name, everyone, evidence)
    free = without(mine, beside) if known and not is_still(evidence) else []
    if not _told(free):
        return f"No, {others}."
    if seconds_in(free) >= WHOLE * seconds_in(mine):
        return f"Yes, {name} is always alone, as far as I see; {others}, at other times."
    return f"Not the whole time: {others}."


def _company(asked: Meeting, name: str, everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Whether and when somebody else is seen, whoever that is."""
    mine, others, known = _with_whom(name, everyone, evidence)
    if not known:
        return f"{name} is in this video, but I can't tell when somebody else is."
    if not (shared := _told(common(mine, others))):
        return f"{'' if asked.timed else 'No, '}I see nobody with {name}."
    if asked.how == "whom":
        return _whom(name, everyone, evidence)
    told = f"somebody else is seen with {name} {shared}."
    always = seconds_in(common(mine, others)) >= WHOLE * seconds_in(mine)
    return upper(told) if asked.timed else f"{'Yes' if always or asked.how == 'ever' else 'No'}, {told}"


def _whom(name: str, everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """With whom somebody is seen at the same time, and for how long; who may be there isn't told by name."""
    mine = next(p for p in everyone if p.name == name)
    own = {mine.track, *mine.tracks} - {None}
    known = [p for p in everyone if p.name != name and p.decision == "present" and p.track not in own]
    shared = {p.name: seconds_in(common(mine.spans, p.spans)) for p in known}
    shared["somebody I don't know"] = seconds_in(common(mine.spans, evidence.strangers))
    longest = sorted((who for who in shared if shared[who] >= _LEAST_S), key=lambda who: -shared[who])
    if not longest:
        return f"I see nobody I know for sure with {name}."
    told = [f"{who} for about {lasting(shared[who])}" for who in longest[:_MOST_WITH]]
    more = len(longest) - len(told)
    return f"{name} is seen with {join([*told, *([f'{number(more)} others'] if more else [])])}."


def _told(spans: Sequence[Span]) -> str:
    """Such as "from 0:02 to 0:05 and at 0:09"; empty for none that lasts, the longest of many."""
    lasting = [span for span in spans if span[1] - span[0] >= _LEAST_S]
    longest = sorted(sorted(lasting, key=lambda span: span[0] - span[1])[:_MOST])
    return spans_told(longest, len(lasting) - len(longest))
