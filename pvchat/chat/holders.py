"""Of whom of several something holds, and of how many: "Howard and Leonard are wearing a jacket."

In: what is asked, who is there, and what was measured. Out: sentences. What wasn't measured is unknown, so a count is
"at least", unless it is known of everybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pvchat.chat.aspect import Aspect
from pvchat.chat.english import HEDGE, be, join, number, so_many_people, upper
from pvchat.chat.evidence import Evidence, Neighbour, at_once
from pvchat.chat.headcounts import MANY
from pvchat.chat.lineup import SOMEBODY
from pvchat.chat.predicates import Predicate
from pvchat.chat.properties import clause, fact_of, holds, rest
from pvchat.chat.vocabulary import word_set

STRANGER = "Somebody I don't know"
ONE = ("nobody",)  # what is said of one
_OFTEN_SEEN = word_set(
    "sitting standing walking moving talking smiling waving nodding raising pointing gesturing looking facing"
)  # deeds that are measured of most whose hands and faces are seen; of no others does silence tell
_OF_ONE = ("worn", "looks", "pose", "deed", "gender", "shot")  # kinds that are measured of each for themselves


@dataclass(frozen=True)
class _Found:
    """Of whom a predicate holds, by name, and of how many strangers; `open`: who may be no man, or no woman."""

    sure: list[str]
    likely: list[str]
    strangers: int = 0
    open: tuple[str, ...] = ()
    open_strangers: int = 0

    @property
    def count(self) -> int:
        """How many they surely are."""
        return len(self.sure) + self.strangers


def of_whom(asked: Aspect, present: Sequence[str], evidence: Evidence, anybody: bool = False) -> str:
    """Of whom something holds: "Who is wearing yellow?"; or of how many.

    Args:
        asked: what is asked of them.
        present: the names of those known and present who count.
        evidence: what was measured.
        anybody: people without a name count, too.
    """
    predicate = asked.predicate
    if asked.denied:
        return _of_whom_not(asked, present, evidence)
    found = _found(asked, present, evidence, anybody)
    told = _told(asked, found, _all_known(asked, present, evidence, anybody))
    if not told and predicate.kind == "side":
        told = _outermost(predicate.words[0], evidence)
    if not told and predicate.kind == "worn" and predicate.colour and predicate.words and not asked.gender:
        told = _so_coloured(predicate, present, evidence)
    return " ".join(told) or _nobody(asked, present, evidence)


def _nobody(asked: Aspect, present: Sequence[str], evidence: Evidence) -> str:
    """That it holds of nobody as far as can be seen; silence denies nothing of what is seldom measured."""
    predicate, clause_ = asked.predicate, clause(asked.predicate, ONE)
    if predicate.kind in ("place", "looks") or predicate.kind == "deed" and predicate.words[0] not in _OFTEN_SEEN:
        who = f"which {asked.gender}" if asked.gender else "who"
        there = "" if asked.gender else f"{join(present)} {be(present)} in this video, but "
        return upper(f"{there}I can't tell {who} {clause_}.")
    if not asked.gender:
        return f"As far as I can see, nobody I know {clause_}."
    open_ = sum(not evidence.facts_of(name).gender for name in present)
    which = f"it is a {asked.gender}" if open_ == 1 else f"they are {MANY[asked.gender]}"
    untold = f" Of {so_many_people(open_)} I can't tell whether {which}." if open_ else ""
    return f"As far as I can see, no {asked.gender} I know {clause_}.{untold}"


def _found(asked: Aspect, present: Sequence[str], evidence: Evidence, anybody: bool) -> _Found:
    """Those of whom it holds, of the gender that is asked for, if any."""
    genders = {name: evidence.facts_of(name).gender for name in present}
    meant = [name for name in present if asked.gender in ("", genders[name])]
    verdicts = {name: holds(asked.predicate, name, evidence) for name in present}
    strangers = strangers_who(asked.predicate, evidence) if anybody else []
    own = [o for o in strangers if asked.gender in ("", o.facts.gender)]
    unsexed = [o for o in strangers if asked.gender and not o.facts.gender]
    return _Found(
        sure=[name for name in meant if verdicts[name] == "yes"],
        likely=[name for name in meant if verdicts[name] == "probably"],
        strangers=at_once([o.frames for o in own]),
        open=tuple(n for n in present if asked.gender and not genders[n] and verdicts[n] in ("yes", "probably")),
        open_strangers=at_once([o.frames for o in unsexed]),
    )


def _told(asked: Aspect, found: _Found, all_known: bool) -> list[str]:
    """Sentences of whom it surely holds, of whom it likely does, and of whom it isn't known what they are."""
    predicate, named = asked.predicate, found.sure
    who = [*named, *_so_many(found.strangers)]
    told = [f"{join(who)} {clause(predicate, ['one'] * found.count)}."] if who else []
    told += [f"{join(found.likely)} {clause(predicate, found.likely, HEDGE)}."] if found.likely else []
    if told and asked.manner == "count":
        least = number(found.count or len(found.likely))
        told[0] = f"{upper(least) if all_known and not found.likely else f'At least {least}'}: {told[0]}"
    told[:1] = [upper(sentence) for sentence in told[:1]]
    if open_ := [*found.open, *_so_many(found.open_strangers)]:
        several = len(found.open) + found.open_strangers > 1
        what = f"they are {MANY[asked.gender]}" if several else f"that is a {asked.gender}"
        verb = clause(predicate, ["one"] * (2 if several else 1))
        told.append(upper(f"{join(open_)} {verb}, but I can't tell whether {what}."))
    return told


def _so_many(strangers: int) -> list[str]:
    return [f"{so_many_people(strangers)} I don't know"] if strangers else []


def _all_known(asked: Aspect, present: Sequence[str], evidence: Evidence, anybody: bool) -> bool:
    """Whether it is known of everybody who counts whether it holds, so that the count is whole."""
    if anybody and evidence.not_known or asked.predicate.kind not in _OF_ONE:
        return False
    meant = [name for name in present if asked.gender in ("", evidence.facts_of(name).gender)]
    told = all(holds(asked.predicate, name, evidence) in ("yes", "no") for name in meant)
    return told and (not asked.gender or all(evidence.facts_of(name).gender for name in present))


def _of_whom_not(asked: Aspect, present: Sequence[str], evidence: Evidence) -> str:
    """Of whom something doesn't hold, of whom it does, and of whom that isn't known."""
    meant = [n for n in present if not asked.gender or evidence.facts_of(n).gender == asked.gender]
    groups = _by_verdict(asked.predicate, meant, evidence)
    told = [*_not_so(asked.predicate, groups), *_so(asked.predicate, groups)]
    if not told:
        return f"I can't tell who {_denied(clause(asked.predicate, ONE))}."
    lead = f"At least {number(len(groups['no']))}: " if asked.manner == "count" and groups["no"] else ""
    return f"{lead}{'; '.join([*told, *_untold(groups)])}."


def _by_verdict(predicate: Predicate, names: Sequence[str], evidence: Evidence) -> dict[str, list[str]]:
    """The names by whether it holds of them: "yes", "probably", "no" or "unknown"."""
    verdicts = {name: holds(predicate, name, evidence) for name in names}
    return {v: [name for name in names if verdicts[name] == v] for v in ("yes", "probably", "no", "unknown")}


def _so(predicate: Predicate, groups: dict[str, list[str]]) -> list[str]:
    hedges = {"yes": "", "probably": HEDGE}
    return [f"{join(names)} {clause(predicate, names, hedges[v])}" for v in hedges if (names := groups[v])]


def _not_so(predicate: Predicate, groups: dict[str, list[str]]) -> list[str]:
    names = groups["no"]
    return [_denied(f"{join(names)} {clause(predicate, names)}")] if names else []


def _untold(groups: dict[str, list[str]]) -> list[str]:
    return [f"I can't tell of {join(groups['unknown'], 'or')}"] if groups["unknown"] else []


def strangers_who(predicate: Predicate, evidence: Evidence) -> list[Neighbour]:
    """Of whom of those without a name something holds for sure, by what was measured of them."""
    if predicate.kind not in _OF_ONE or not evidence.unknown:
        return []
    nameless = [o for o in evidence.others if not o.name]
    seen = [replace(evidence, facts={SOMEBODY: o.facts}) for o in nameless]
    return [o for o, one in zip(nameless, seen, strict=True) if holds(predicate, SOMEBODY, one) == "yes"]


def _so_coloured(predicate: Predicate, present: Sequence[str], evidence: Evidence) -> list[str]:
    """Who wears something else of the colour that is asked for: the shirt that is meant may be told as a jacket."""
    alike = replace(predicate, words=())
    told = [fact_of(alike, name, evidence) for name in present if holds(alike, name, evidence) == "yes"]
    return [f"I can't tell who {clause(predicate, ONE)}, but {join(told)}."] if told else []


def of_everyone(predicate: Predicate, present: Sequence[str], evidence: Evidence) -> str:
    """Whether something holds of all who are there, several: of whom it does, of whom it doesn't, what isn't known."""
    if predicate.kind in ("alone", "beside"):
        return rest(present)
    groups = _by_verdict(predicate, present, evidence)
    if len(groups["yes"]) == len(present):
        return re.sub(r" (are|have) ", r" \1 all ", f"Yes, {join(present)} {clause(predicate, present)}.", count=1)
    told = [*_so(predicate, groups), *_not_so(predicate, groups)]
    told += _untold(groups) if told else []
    if not told:
        return rest(present)
    return f"{'No, ' if groups['no'] else ''}{'; '.join(told)}."


def _denied(clause: str) -> str:
    """Such as "Ana is not wearing a hat"."""
    return re.sub(r"\b(is|are|has|have)\b", r"\1 not", clause, count=1)


def _outermost(side: str, evidence: Evidence) -> list[str]:
    """Who is furthest to a side, where nobody stands clearly on it and there are several people."""
    if side not in ("left", "right") or len(evidence.others) < 2:
        return []
    at = sorted(evidence.others, key=lambda o: (o.box[0] + o.box[2]) * (1 if side == "left" else -1))[0]
    return [f"{at.name or STRANGER} is furthest to the {side}."]
