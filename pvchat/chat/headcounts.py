"""How many people of a kind are seen, or at once: "How many women are there?", "How many people do you recognise?".

In: a question in lower case that names nobody, who is there, and what was measured. Out: a `Headcount`, or None; a
sentence. Whether somebody is a man or a woman is told as far as it can be seen; of whom it can't, that is said, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pvchat.chat.english import join, number, so_many_people
from pvchat.chat.evidence import Evidence, at_once, decided
from pvchat.chat.vocabulary import IN_CLIP
from pvchat.schemas import PersonPresence

Kind = Literal["women", "men", "both", "at once", "known"]
WOMEN, MEN = r"(?:wom[ae]n|ladies|females|female people)", r"(?:men|guys|males|gentlemen|male people)"
_HOW_MANY = r"(?:how many|(?:what(?:'s| is) the )?number of|count(?: all)?(?: the)?)"
_IN = (
    r"(?: (?:(?:are|is|were|can be) )?(?:there|here|visible|seen|present|shown|in (?:it|this|the room))"
    rf"|(?: are| is| were)?{IN_CLIP}| (?:attend|appear|show up|take part|come)(?:s|ed)?(?: the meeting)?| came"
    r"|(?: (?:do|can) you (?:see|count|find|spot)))*"
)
_PAIR = rf"(?:{WOMEN} {{0}} (?:how many )?{MEN}|{MEN} {{0}} (?:how many )?{WOMEN})"
_BOTH = re.compile(
    rf"{_HOW_MANY} {_PAIR.format('(?:and|or|vs[.]?|versus)')}{_IN}\W*"
    rf"|(?:are|is) there more {_PAIR.format('(?:than|or)')}{_IN}\W*"
    rf"|(?:are|is) there more (?:{WOMEN}|{MEN}){_IN}\W*"
    r"|(?:male|men|man)[ /-]+(?:to )?(?:female|women|woman)(?: \w+)?\W*"
    rf"|(?:more )?{_PAIR.format('(?:or|and|vs[.]?)')}{_IN}\W*"
    rf"|(?:(?:is|are) (?:there|they|it|these|all)(?: of them)? )?(?:only|just|all) (?:{WOMEN}|{MEN}){_IN}\W*"
    r"|(?:is|was) (?:it|this) an? all[- ](?:male|female|men|women)(?: \w+)?\W*"
    r"|(?:the )?(?:gender|sex) of (?:each|every ?one|every ?body|all|them|the people)(?: \w+)?\W*"
)
_ANY = r"(?:(?:is|are|was|were) there (?:an? |any |some )?|any |(?:do|can) you see (?:an? |any |some )?)"
_ONE = re.compile(
    rf"(?:{_HOW_MANY} |{_ANY})(?:other )?(?:(?P<women>{WOMEN}|wom[ae]n|lady|female)|(?P<men>{MEN}|man|male)){_IN}\W*"
)
_TOGETHER = (
    r"(?:(?:max |maximum )?at (?:once|the same time|a time|any one time|(?:the )?(?:most|maximum))|together"
    r"|simultaneously|in one (?:frame|picture|shot))"
)
_AT_ONCE = re.compile(
    r"(?:how many(?: people| persons| faces)?|(?:what(?:'s| is) )?(?:the )?(?:most|greatest|largest|highest|maximum)"
    rf" (?:number of )?(?:people|persons|faces)){_IN} {_TOGETHER}{_IN}\W*"
)
_KNOWN = re.compile(
    r"how many (?:of (?:them|these|the) ?)?(?:people|persons|faces|names)? ?"
    rf"(?:do|can|did) (?:you|i|we) (?:know|recogni[sz]e|identify|name)(?: by name)?{_IN}\W*"
    r"|how many (?:of them )?are (?:known|familiar)(?: to (?:you|me|us))?\W*"
)
MANY = {"woman": "women", "man": "men"}
_LEAD = re.compile(r"^(?:and|so|but) ")


@dataclass(frozen=True)
class Headcount:
    """Who is counted: men, women or both; those seen at once; those who are known."""

    kind: Kind

    @property
    def by_gender(self) -> bool:
        """Whether men and women are told apart, which must be measured."""
        return self.kind in ("women", "men", "both")


def read_headcount(lower: str) -> Headcount | None:
    """Read a question; None where it counts nobody of a kind."""
    text = _LEAD.sub("", " ".join(lower.split()))
    if _BOTH.fullmatch(text):
        return Headcount("both")
    if found := _ONE.fullmatch(text):
        return Headcount("women" if found["women"] else "men")
    if _AT_ONCE.fullmatch(text):
        return Headcount("at once")
    return Headcount("known") if _KNOWN.fullmatch(text) else None


def counted(asked: Headcount, people: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The sentence.

    Args:
        asked: as it was read.
        people: everyone's presence.
        evidence: what was measured.
    """
    present = decided(people, "present")
    if not present and not evidence.not_known:
        return "I see nobody in this video."
    if asked.kind == "known":
        known = f"I recognise {f'{so_many_people(len(present))}: {join(present)}' if present else 'nobody'}"
        more = so_many_people(evidence.not_known, others=bool(present)) if evidence.not_known else ""
        return f"{known}. I also see {more}." if more else f"{known}."
    if asked.kind == "at once":
        # Drawn figures without a name are counted but have no frames, and of who may be somebody none are known.
        most = max(at_once([o.frames for o in evidence.others]), evidence.unknown, 1)
        lead = "At least" if evidence.doubtful else "At most"
        return f"{lead} {so_many_people(most)} {'is' if most == 1 else 'are'} seen at the same time in this video."
    return _by_gender(asked.kind, present, evidence)


def _by_gender(kind: Kind, present: Sequence[str], evidence: Evidence) -> str:
    """How many are women, men, or both, by name; of how many it can't be told."""
    groups = {noun: _of_gender(noun, present, evidence) for noun in MANY}
    wanted = [noun for noun in MANY if kind in ("both", MANY[noun])]
    told = [_group(noun, *groups[noun]) for noun in wanted]
    seen = f"As far as I can see, there {_verb(told)} {', and '.join(told)}."
    return " ".join(filter(None, (seen, _untold(len(present), groups, evidence))))


def genders_untold(people: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Of how many people it can't be told whether they are men or women, as a sentence; empty for none."""
    present = decided(people, "present")
    untold = _untold(len(present), {noun: _of_gender(noun, present, evidence) for noun in MANY}, evidence)
    which = "it is a man or a woman" if untold.startswith("Of one ") else "they are men or women"
    return f"{untold.removesuffix('.')} whether {which}." if untold else ""


def _untold(known: int, groups: Mapping[str, tuple[list[str], int]], evidence: Evidence) -> str:
    open_ = known + evidence.not_known - sum(len(names) + more for names, more in groups.values())
    return f"Of {so_many_people(open_)} I can't tell." if open_ > 0 else ""


def _of_gender(noun: str, present: Sequence[str], evidence: Evidence) -> tuple[list[str], int]:
    """The names of those who look so, and how many strangers do."""
    names = [name for name in present if evidence.facts_of(name).gender == noun]
    frames = [o.frames for o in evidence.others if not o.name and o.facts.gender == noun]
    return names, min(at_once(frames), evidence.unknown)


def _group(noun: str, names: Sequence[str], strangers: int) -> str:
    """Such as "two women: Ana and one person I don't know"."""
    who = [*names, *([f"{so_many_people(strangers)} I don't know"] if strangers else [])]
    count = len(names) + strangers
    if not count:
        return f"no {noun}"
    return f"{number(count)} {noun if count == 1 else MANY[noun]}: {join(who)}"


def _verb(told: Sequence[str]) -> str:
    return "is" if re.match(r"(?:no|one) ", told[0]) else "are"
