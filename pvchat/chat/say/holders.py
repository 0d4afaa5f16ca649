"""Of whom something holds, whether it does, and of how many: answers to "exists", "who" and "count".

In: findings, a `Timeline`. Out: sentences. Each is made of the same clauses: of whom it holds, of whom it doesn't, who
isn't there, of whom it can't be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pvchat.chat.conditions import RELATIONS, is_towards, truth_of
from pvchat.chat.english import HEDGE, be, join, lower, number, shortened, so_many_people, upper
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import PRESENT, And, Condition, Has, Not, Number, Query, Whom, asks_absence, atoms, is_choice
from pvchat.chat.say.clauses import (
    called,
    clause,
    condition_of,
    decided,
    existence,
    here_but,
    in_passing,
    is_plain,
    lead,
    may_be,
    nobody_known,
    not_here,
    noun,
    people_said,
    time_of,
    unknown_people,
    who_is_absent,
    who_is_there,
    whom_said,
)
from pvchat.chat.say.people import company, measured
from pvchat.chat.spans import common, merged
from pvchat.chat.timeline import Entity, Row, Timeline, words

_MOST_OPEN = 4  # people of whom it can't be told, by name
_MOST_DENIED = 3  # people of a kind of whom it is denied by name
NO_STRANGERS = "I see nobody in this video whom I don't know."


def exists(finding: Finding, timeline: Timeline) -> str:
    """Whether something holds of somebody: yes, no, or that it can't be told."""
    query, whom = finding.query, finding.query.whom
    everyone = finding.everyone
    if is_choice(query):
        return " ".join(_choice(one, query.where or PRESENT) for one in everyone)
    if asks_absence(query):
        return who_is_absent(_asked_about(finding, timeline))
    if _asks_presence(query) and whom.quantifier not in ("only", "none", "either") and not whom.names[1:]:
        return _there(finding, timeline)
    if finding.verdict == "no" and (gone := _gone(finding, timeline)) and not whom.names[1:]:
        return f"No, {gone[0]}."
    if whom.such is not None and is_plain(query.where) and not query.during.event and not query.throughout:
        return "" if finding.missing and not everyone else f"{lead(finding)}{_seen(finding, timeline)}."
    single = len(whom.names) == 1 or whom.such is not None or whom.nth
    if len(everyone) == 1 and single and whom.quantifier in ("any", "all", "both"):
        return _of_one(everyone[0], finding, timeline)
    return _of_several(finding, timeline)


def who(finding: Finding, timeline: Timeline) -> str:
    """Of whom something holds; where of nobody, how far that is known."""
    query, whom, where = finding.query, finding.query.whom, finding.query.where
    if _asks_presence(query):
        return _there(finding, timeline) if not whom.names[1:] else _of_several(finding, timeline)
    if asks_absence(query):
        return who_is_absent(_asked_about(finding, timeline))
    if finding.people and is_plain(where) and (whom.nth or whom.such is not None) and not query.during.event:
        names = people_said(finding.people)
        meant = whom.nth or len(finding.people) == 1
        return f"{join(names)} {be(names)} {whom_said(whom)}." if meant else f"{_seen(finding, timeline)}."
    said = holds_said(finding.people, where, finding, timeline)
    if isinstance(where, Not):
        held = [(one, truth_of(where.part, one.entity, timeline).yes) for one in finding.against]
        against = [replace(one, spans=tuple(common(spans, finding.during or [timeline.whole]))) for one, spans in held]
        said += holds_said(against, where.part, finding, timeline)
        said += open_said(finding.open) if said else []
    besides = f"besides {join(whom.besides)}, " if whom.besides else ""
    return f"{lead(finding)}{besides}{'; '.join(said)}." if said else nobody(finding)


def count(finding: Finding, timeline: Timeline) -> str:
    """How many they are, by name; "at least" where more may be."""
    query, many = finding.query, int(finding.number or 0)
    least = "at least " if finding.at_least and finding.number else ""
    if query.where == Has("with"):
        text = f"at most {so_many_people(many)} {'is' if many == 1 else 'are'} seen at the same time in this video."
    elif not is_plain(query.where):
        held = "; ".join(holds_said(finding.people, query.where, finding, timeline))
        text = f"{least}{number(many)}: {held}." if held else lower(nobody(finding))
    else:
        text = f"{_seen(finding, timeline)}."
    doubt = "I can't tell for sure: " if finding.verdict in ("unknown", "unsure") else ""
    return f"{doubt}{lead(finding)}{text}"


def nobody(finding: Finding) -> str:
    """That it holds of nobody, and of whom I can't tell that: silence denies nothing."""
    query, whom = finding.query, finding.query.whom
    if finding.against and not finding.open:
        return upper(f"{_none(query)} {clause(query.where)}{_as_much(query)}.")
    if whom.such is None and not finding.open and is_plain(query.where):
        return NO_STRANGERS if whom.known is False else nobody_known(whom.besides)
    kind = "nobody" if whom.such is None else f"no {noun(whom.such)}"
    who = f" who {clause(query.where)}" if not is_plain(query.where) and (finding.open or whom.such is None) else ""
    return f"{'; '.join([f'I see {kind}{who}', *open_said(finding.open)])}."


def _as_much(query: Query) -> str:
    """All the time, or again, where that is asked: " the whole time", " more than once"."""
    again = query.rank is not None and query.number == Number("more_than", 1)
    return " the whole time" if query.throughout else " more than once" if again else ""


def holds_said(people: Iterable[Found], condition: Condition | None, finding: Finding, timeline: Timeline) -> list[str]:
    """Clauses of those of whom it holds: "Ana and Ben are sitting", "Cleo is probably sitting from 0:05 to 0:10"."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in people:
        groups.setdefault((HEDGE * one.likely, time_of(one, finding, timeline)), []).append(one.entity)
    return [
        f"{join(people_said(names))} {clause(condition, len(names), hedge)}{time}"
        for (hedge, time), names in groups.items()
    ]


def denied_said(people: Sequence[Found], condition: Condition | None) -> list[str]:
    """That it doesn't hold of some people, as clauses: of those of whom that is sure, and of those of whom it isn't."""
    groups = [[one for one in people if one.likely == likely] for likely in (False, True)]
    denied = Not(condition or PRESENT)
    return [
        f"{join(people_said(group))} {clause(denied, len(group), HEDGE * group[0].likely)}" for group in groups if group
    ]


def open_said(people: Sequence[Found]) -> list[str]:
    """That it isn't known of some people, as a clause."""
    names = people_said(people)
    return [f"I can't tell of {join(shortened(names, len(names), _MOST_OPEN), 'or')}"] if names else []


def _asks_presence(query: Query) -> bool:
    """Whether a question asks of nothing but who is there, in all of the part."""
    whom = query.whom
    more = query.throughout or query.number or query.rank or whom.such or whom.nth or query.during.event
    return is_plain(query.where) and not more


def _asked_about(finding: Finding, timeline: Timeline) -> list[Entity]:
    """Those asked about: named ones, else everyone enrolled, a sighting to each."""
    names, besides = finding.query.whom.names, finding.query.whom.besides
    if not names:
        return [one for one in timeline.enrolled if one.name not in besides]
    return [one for name in names if (one := timeline.entity(name)) is not None]


def _there(finding: Finding, timeline: Timeline) -> str:
    """Whether the one asked about is there; who of everybody is; whether anybody is whom nobody knows."""
    whom, asked = finding.query.whom, _asked_about(finding, timeline)
    if whom.names:
        return existence(asked[0], timeline, finding.query.select == "exists") if asked else ""
    if whom.quantifier == "all" and (absent := decided(asked, "absent")):
        return f"{who_is_there(asked, timeline)} {not_here(absent)}."
    if whom.known is not False:
        return who_is_there(asked, timeline, whom.besides)
    many = max(timeline.strangers, len(finding.people))
    found = f"{lead(finding)}{lower(unknown_people(many)) or NO_STRANGERS}"
    return " ".join([found, *may_be(asked)] if finding.query.select == "exists" else [found])


def _seen(finding: Finding, timeline: Timeline) -> str:
    """How many of those who are meant are seen, by name, as a clause: "I see two men in this video: Ben and Dov"."""
    whom, people, many = finding.query.whom, finding.people, len(finding.people)
    kind = noun(whom.such, many or 1)
    kind = f"{'at least ' * finding.at_least}{number(many)} {kind}" if many else f"no {kind}"
    kind = "nobody" if kind == "no person" else kind
    known = {True: " I know", False: " I don't know", None: ""}[whom.known]
    when = time_of(people[0], finding, timeline) if finding.query.during.event and people else ""
    named = whom.such is not None or any(not one.entity.startswith("#") for one in people)
    names = f": {join(people_said(people))}" if people and named else ""
    doubt = open_said(finding.open) if whom.such is not None else []
    return "; ".join([f"I see {kind}{known} in this video{when}{names}", *doubt])


def _of_one(found: Found, finding: Finding, timeline: Timeline) -> str:
    """What is told of the one person whom a question is about; where it isn't known, with all that was measured."""
    query, name = finding.query, called(found.entity)
    where = query.where or PRESENT
    inner = where.part if isinstance(where, Not) else where
    if finding.verdict not in ("yes", "no"):
        if isinstance(inner, Has) and is_towards(inner) and (done := [row for row in found.rows if _is_so(inner, row)]):
            so = replace(found, spans=tuple(merged([row.span for row in done])))
            deed = holds_said([so], replace(inner, of=None), finding, timeline)
            return f"{deed[0]}, but I can't tell towards whom."
        told, seen = f"tell whether {name} {clause(inner)}", timeline.seen(found.entity)
        known = measured(found.entity, inner, seen, timeline) if isinstance(inner, Has) else ""
        return " ".join([here_but([name], told), *([upper(f"{name} {known}.")] if known else [])])
    if isinstance(where, Not) and found.verdict == "no" and found.spans:  # a no is no answer to that
        return f"{holds_said([found], where, finding, timeline)[0]}, and {clause(inner)} at other times."
    sure = lead(finding)
    if found.likely:
        sure, found = f"Probably {'yes' if found.verdict == 'yes' else 'not'}: ", replace(found, likely=False)
    seen_so = ", as far as I can see" * (isinstance(inner, Has) and inner.attribute == "gender")
    return f"{sure}{_plainly(found, finding, timeline)}{seen_so}."


def _is_so(deed: Has, row: Row) -> bool:
    """Whether a row says that somebody does a deed, towards whomever."""
    return row.holds and row.attribute == "deed" and words(deed.value) <= words(row.value)


def _fulfilled(where: Condition, found: Found) -> Condition:
    """The condition with those alone to whom it holds: "next to Ana or Ben" is next to Ana."""
    if not isinstance(where, Has) or where.of is None or where.of.quantifier != "either":
        return where
    names = tuple(name for name in where.of.names if any(row.of == name for row in found.rows))
    return replace(where, of=Whom(names, "both" if len(names) > 1 else "any")) if names else where


def _plainly(found: Found, finding: Finding, timeline: Timeline) -> str:
    """That it holds of somebody, or doesn't: then when else, or what instead, where one value excludes the other."""
    where = finding.query.where or PRESENT
    rivals = list(dict.fromkeys(condition_of(row) for row in found.rows if row.holds and row.value))
    if found.verdict == "yes":
        return holds_said([found], _fulfilled(where, found), finding, timeline)[0]
    if finding.query.throughout and found.spans:
        return f"{called(found.entity)} {clause(where)} {in_passing(found.spans, timeline)}"
    if where == Has("alone") and found.rows:
        return company(found, "with")
    if isinstance(where, Has) and len(rivals) == 1 and not finding.query.during.event and where.of is None:
        return f"{called(found.entity)} {clause(rivals[0])}"
    return denied_said([found], where)[0]


def _of_several(finding: Finding, timeline: Timeline) -> str:
    """Whether it holds of several people, or of anybody: of whom it does, of whom it doesn't, of whom I can't tell."""
    query, whom, where, many = finding.query, finding.query.whom, finding.query.where, len(finding.people)
    if finding.verdict in ("yes", "no") and _of_none(finding):
        return f"{lead(finding)}{_none(query)} {clause(where)}{_as_much(query)}."
    if finding.verdict == "no" and _is_mutual(query):
        gone = _gone(finding, timeline)
        return f"No, {gone[0] if gone else f'{join(whom.names)} {clause(Not(where or PRESENT), 2)}'}."
    told = holds_said(finding.people, where, finding, timeline)
    others = [*denied_said(finding.against, where), *_gone(finding, timeline), *_unsure(finding)]
    if finding.verdict == "yes" and whom.quantifier in ("all", "both") and len(told) == 1 and many > 1:
        every = "" if _is_mutual(query) else "both" if many == 2 else "all"
        told = [f"{join(people_said(finding.people))} {clause(where, many, every)}"]
    only = whom.quantifier == "only" and not (whom.names and {one.entity for one in finding.people} - {*whom.names})
    if only and told and finding.verdict == "unknown":
        told += [*others, *(open_said(finding.open) or ["I can't tell of others"])]
    elif only and told and (finding.verdict == "yes" or not (others or finding.open)):
        told = [f"{'not ' * (finding.verdict != 'yes')}only {told[0]}"]
    elif finding.verdict == "yes":
        told += others if is_plain(where) and query.number is None else []
    elif told or others:
        told += [*others, *open_said(finding.open)] if whom.quantifier != "none" else []
    elif finding.verdict == "no":
        return f"No, I see no {noun(whom.such)}." if whom.such is not None else ""
    elif whom.names and finding.open:
        names = [one.entity for one in finding.open]
        return here_but(names, f"tell whether {join(names, 'or')} {clause(where)}")
    elif not finding.missing:
        return nobody(finding)
    return f"{lead(finding)}{'; '.join(told)}." if told else ""


def _is_mutual(query: Query) -> bool:
    """Whether several people are asked about with each other: "are Ana and Ben together?"."""
    where = query.where
    relation = isinstance(where, Has) and where.attribute in RELATIONS and where.of is None
    return relation and len(query.whom.names) > 1 and query.whom.quantifier in ("both", "all")


def _unsure(finding: Finding) -> list[str]:
    """That it isn't sure whether some who are asked about are there, where that is asked, as a clause."""
    unsure = [one.name for one in finding.missing if one.why == "unsure"]
    asked = unsure and is_plain(finding.query.where)
    return [f"I'm not sure whether {join(unsure, 'or')} is in this video"] if asked else []


def _of_none(finding: Finding) -> bool:
    """Whether an answer says of nobody that it holds, in place of naming them one by one."""
    whom = finding.query.whom
    if whom.quantifier == "none" or finding.people:
        return whom.quantifier == "none" and finding.verdict == "yes"
    few = whom.names or whom.quantifier == "all" or whom.such is not None and len(finding.against) <= _MOST_DENIED
    return finding.verdict == "no" and not few


def _none(query: Query) -> str:
    """Nobody, as a question means it: "none of Ana and Ben", "no woman", "nobody"."""
    if len(query.whom.names) > 1:
        return f"none of {join(query.whom.names)}"
    return f"no {noun(query.whom.such)}" if query.whom.such is not None else "nobody"


def _gone(finding: Finding, timeline: Timeline) -> list[str]:
    """That some of those whom a question names aren't there, as a clause; nothing for nobody."""
    others = [name for has in atoms(finding.query.where) if has.of is not None for name in has.of.names]
    names = [one.name for one in finding.missing if one.why == "absent"]
    names += decided([one for one in timeline.enrolled if one.name in others], "absent")
    return [not_here(list(dict.fromkeys(names)))] if names else []


def _choice(one: Found, where: Condition) -> str:
    """Which of some conditions holds of somebody: "Ana is on the left."."""
    name = called(one.entity)
    if one.verdict == "yes":
        held = tuple(dict.fromkeys(map(condition_of, one.rows)))
        return f"{name} {clause(And(held) if held else where, 1, HEDGE * one.likely)}."
    if one.verdict == "no":
        return f"{name} {clause(Not(where))}."
    return here_but([name], f"tell whether {name} {clause(where)}")
