"""Whether something holds of people, and of whom it does: answers to "exists" and "who".

In: findings, a `Timeline`. Out: sentences. A yes or no comes first; where silence is no denial it is told "as far as
I can see".
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import HEDGE, are, join, lasting, lower, number, so_many_people, upper, words
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import PRESENT, Condition, Has, Not, Query, atoms
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import (
    called,
    clause,
    condition_of,
    denied_said,
    holds_said,
    is_plain,
    lead,
    noun,
    nth_said,
    open_said,
    people_said,
    speaks_of,
    time_of,
)  # fmt: skip
from pvchat.chat.say.people import measured
from pvchat.chat.spans import seconds_in
from pvchat.chat.timeline import Entity, Timeline

_SELDOM = ("place", "hair", "holding", "near")  # attributes of which silence tells nothing either
NO_STRANGERS = "I see nobody in this video whom I don't know."


def exists(finding: Finding, timeline: Timeline) -> str:
    """Whether something holds of somebody: yes, no, or that it can't be told."""
    query, whom = finding.query, finding.query.whom
    everyone = [*finding.people, *finding.against, *finding.open]
    if query.options:
        return _choice(everyone, query.options)
    if _asks_presence(query) and whom.quantifier not in ("only", "none", "either"):
        return _there(finding, timeline)
    if finding.verdict == "no" and (gone := _gone(finding, timeline)) and not whom.names[1:]:
        return f"No, {gone[0]}."
    if query.where == Not(PRESENT) and len(whom.names) == 1:
        return _away(finding, everyone, timeline)
    if whom.such is not None and is_plain(query.where) and not query.during.event and not query.throughout:
        return _such(finding)
    single = len(whom.names) == 1 or whom.such is not None or whom.nth
    if len(everyone) == 1 and single and whom.quantifier in ("any", "all", "both"):
        return _of_one(everyone[0], finding, timeline)
    said = {"yes": _it_is_so, "no": _it_is_not_so}.get(finding.verdict or "", _it_is_open)(finding, timeline)
    return f"{lead(finding)}{said}" if said else ""


def who(finding: Finding, timeline: Timeline) -> str:
    """Of whom something holds; where of nobody, how far that is known."""
    query, whom, where = finding.query, finding.query.whom, finding.query.where
    if _asks_presence(query):
        return _there(finding, timeline)
    if where == Not(PRESENT) and not query.during.event and not whom.names and whom.such is None:
        return presence.who_is_absent(_asked_about(finding, timeline))
    if finding.people and is_plain(where) and (whom.nth or whom.such is not None) and not query.during.event:
        return f"{_as_meant(finding)}."
    if finding.people and (query.throughout or query.number):
        return _as_long(finding, timeline)
    said = holds_said(finding.people, where, finding, timeline)
    if isinstance(where, Not):
        said += holds_said(finding.against, where.part, finding, timeline)
        said += open_said(finding.open) if said else []
    besides = f"besides {join(whom.besides)}, " if whom.besides else ""
    return f"{lead(finding)}{besides}{'; '.join(said)}." if said else nobody(finding)


def _asks_presence(query: Query) -> bool:
    """Whether a question asks of nothing but who is there, in all of the part."""
    whom = query.whom
    more = query.throughout or query.number or query.rank or whom.such or whom.nth or query.during.event
    return is_plain(query.where) and not more


def _asked_about(finding: Finding, timeline: Timeline) -> list[Entity]:
    """Those asked about: named ones in the question's order, else everyone enrolled, a sighting to each."""
    names, besides = finding.query.whom.names, finding.query.whom.besides
    if not names:
        return [one for one in timeline.enrolled if one.name not in besides]
    return [one for name in names if (one := timeline.entity(name)) is not None]


def _there(finding: Finding, timeline: Timeline) -> str:
    """Who of those asked about is there."""
    query, asked = finding.query, _asked_about(finding, timeline)
    if query.whom.names or query.whom.quantifier == "all":
        return presence.existence(asked, timeline) if asked else ""
    if query.whom.known is not False:
        return presence.who_is_there(asked, timeline, query.whom.besides)
    many, doubt = max(timeline.strangers, len(finding.people)), presence.may_be(asked)
    if query.select == "who":
        return presence.unknown_people(many) or NO_STRANGERS
    if many:
        return " ".join([f"Yes, {lower(presence.unknown_people(many))}", *doubt])
    return f"I see nobody whom I surely don't know, but {doubt[0]}" if doubt else f"No, {NO_STRANGERS}"


def _away(finding: Finding, everyone: Sequence[Found], timeline: Timeline) -> str:
    """Whether somebody isn't there, or isn't at some time; a bare yes or no could be taken either way."""
    if everyone and (when := presence.in_passing(everyone[0].spans, timeline)):
        return f"{everyone[0].entity} is not seen {when}."
    asked = _asked_about(finding, timeline)
    said = presence.existence(asked, timeline) if asked else ""
    return said.removeprefix("Yes, ").removeprefix("No, ")


def _such(finding: Finding) -> str:
    """Whether there is anybody of whom something holds: "Is there a woman in red?"."""
    such, names, many = finding.query.whom.such, people_said(finding.people), len(finding.people)
    if names:
        kind = f"is a {noun(such)}" if many == 1 else f"are {number(many)} {noun(such, many)}"
        return f"{lead(finding)}there {kind}: {join(names)}."
    if finding.open:
        return f"as far as I can see, there is no {noun(such)}; {open_said(finding.open)[0]}."
    return f"{lead(finding)}I see no {noun(such)}." if not finding.missing else ""


def _of_one(found: Found, finding: Finding, timeline: Timeline) -> str:
    """What is told of the one person whom a question is about, with what was measured of her."""
    query, name = finding.query, called(found.entity)
    where = query.where or PRESENT
    inner = where.part if isinstance(where, Not) else where
    known = ""
    if isinstance(inner, Has) and not query.during.event:
        known = measured(found.entity, inner, timeline.seen(found.entity), timeline)
    fact = f"{name} {known}" * bool(known)
    if finding.verdict not in ("yes", "no"):
        return presence.here_but([name], f"tell whether {name} {clause(inner)}") + f" {upper(fact)}." * bool(fact)
    if query.throughout:
        return f"{lead(finding)}{_throughout(found, finding, timeline)}."
    if inner == Has("alone"):
        return _alone(found, finding, timeline)
    sure = "Probably yes: " if found.likely and found.verdict == "yes" else lead(finding)
    if isinstance(where, Not) and found.verdict == "no" and found.spans:
        return f"{holds_said([found], where, finding, timeline)[0]}, and {clause(inner)} at other times."
    if fact and _is_enough(fact, where, found, finding, timeline):
        return f"{sure}{fact}."
    return f"{sure}{_plainly(found, finding, timeline)}."


def _is_enough(fact: str, where: Condition, found: Found, finding: Finding, timeline: Timeline) -> bool:
    """Whether all that was measured of a kind answers a question: it speaks of what was found, and no time is told."""
    if not isinstance(where, Has) or not (where.attribute == "gender" or speaks_of(fact, found.rows)):
        return False
    return found.verdict == "no" or where.attribute not in ("side", "setting") and not time_of(found, finding, timeline)


def _plainly(found: Found, finding: Finding, timeline: Timeline) -> str:
    """That it holds of somebody, or doesn't: then what does instead, where one measurement excludes the other."""
    where, rivals = finding.query.where or PRESENT, [row for row in found.rows if row.holds and row.value]
    if found.verdict == "yes":
        return holds_said([found], where, finding, timeline)[0]
    if isinstance(where, Has) and len(rivals) == 1 and not finding.query.during.event and where.of is None:
        return f"{called(found.entity)} {clause(condition_of(rivals[0]))}"
    return denied_said([found], where)[0]


def _throughout(found: Found, finding: Finding, timeline: Timeline) -> str:
    """Whether something holds all the time, or when else."""
    where, when = finding.query.where, presence.in_passing(found.spans, timeline)
    if found.verdict != "yes" and not when:
        return denied_said([found], where)[0]
    return f"{called(found.entity)} {clause(where)} {'the whole time' if found.verdict == 'yes' else when}"


def _alone(found: Found, finding: Finding, timeline: Timeline) -> str:
    name, when = called(found.entity), time_of(found, finding, timeline)
    company = [] if found.entity.startswith("#") else _company(found.entity, timeline)
    others = f"{join(company)} {are(company)} in this video too" if company else ""
    if found.verdict == "no":
        return f"No, {others or f'{name} is never alone, as far as I see'}."
    if not when and not others:
        return f"Yes, I see nobody but {name}."
    return f"Yes, {name} is alone{when}, as far as I see{'; ' * bool(others)}{others}."


def _company(name: str, timeline: Timeline) -> list[str]:
    """Who else is in the clip: as many as a list of who is there says."""
    named = [one for one in presence.decided(timeline.enrolled, "present") if one != name]
    return [*named, *([so_many_people(timeline.unnamed, others=bool(named))] if timeline.unnamed else [])]


def _it_is_so(finding: Finding, timeline: Timeline) -> str:
    query, many = finding.query, len(finding.people)
    if query.whom.quantifier == "none":
        return f"{_none(query)} {clause(query.where)}."
    said = holds_said(finding.people, query.where, finding, timeline)
    if query.whom.quantifier == "only" and many:
        return f"only {said[0]}."
    if query.whom.quantifier in ("all", "both") and len(said) == 1 and many > 1:
        every = "both" if many == 2 else "all"
        return f"{join(people_said(finding.people))} {clause(query.where, many, every)}."
    return f"{'; '.join(said)}." if said else ""


def _none(query: Query) -> str:
    """Nobody, as a question means it: "neither Ana nor Ben", "no woman"."""
    if len(query.whom.names) > 1:
        return presence.neither(query.whom.names)
    return f"no {noun(query.whom.such)}" if query.whom.such is not None else "nobody"


def _it_is_not_so(finding: Finding, timeline: Timeline) -> str:
    query, whom = finding.query, finding.query.whom
    said = holds_said(finding.people, query.where, finding, timeline)
    if whom.quantifier == "only" and said and not (finding.against or finding.missing):
        return f"not only {said[0]}."
    if whom.quantifier == "none":
        return f"{'; '.join(said)}."
    neither = not said and len(whom.names) > 1 and len(finding.against) == len(whom.names)
    several = whom.names or whom.quantifier == "all" or whom.such is not None and len(finding.against) < 4
    if neither or not several:
        return f"{_none(query)} {clause(query.where)}."
    said += [*denied_said(finding.against, query.where), *_gone(finding, timeline), *open_said(finding.open)]
    return f"{'; '.join(said)}." if said else f"I see no {noun(whom.such)}." if whom.such is not None else ""


def _gone(finding: Finding, timeline: Timeline) -> list[str]:
    """That some of those whom a question names aren't there, as a clause; nothing for nobody."""
    others = [name for has in atoms(finding.query.where) if has.of is not None for name in has.of.names]
    names = [one.name for one in finding.missing if one.why == "absent"]
    names += presence.decided([one for one in timeline.enrolled if one.name in others], "absent")
    return [presence.not_here(list(dict.fromkeys(names)))] if names else []


def _it_is_open(finding: Finding, timeline: Timeline) -> str:
    """What is known where it isn't known whether it holds."""
    query, whom, names = finding.query, finding.query.whom, [one.entity for one in finding.open]
    if (whom.names or whom.quantifier in ("all", "both", "only")) and (finding.people or finding.against):
        said = holds_said(finding.people, query.where, finding, timeline) + denied_said(finding.against, query.where)
        said += open_said(finding.open) or ["I can't tell of others"] * (whom.quantifier == "only")
        return f"{'; '.join(said)}."
    if whom.names and names:
        return presence.here_but(names, f"tell whether {join(names, 'or')} {clause(query.where)}")
    return "" if finding.missing else nobody(finding)


def _as_meant(finding: Finding) -> str:
    """Who those are whom a question means: "Ben is the man with glasses", "Ana is second from the left"."""
    whom, names, many = finding.query.whom, people_said(finding.people), len(finding.people)
    if whom.nth:
        return f"{join(names)} {are(names)} {'the ' * (whom.such is not None)}{nth_said(whom)}"
    return f"{join(names)} {'is the' if many == 1 else 'are'} {noun(whom.such, many)}"


def _as_long(finding: Finding, timeline: Timeline) -> str:
    """Of whom something holds all the time, or as long as is asked."""
    where, throughout, people = finding.query.where, finding.query.throughout, finding.people
    if throughout:
        said = [f"{join(people_said(people))} {clause(where, len(people))} the whole time"]
        others = [one for one in finding.against if one.spans][:3]
        said += [f"{called(one.entity)} {presence.in_passing(one.spans, timeline)}" for one in others]
    else:
        lengths = [(one, lasting(seconds_in(one.spans))) for one in people]
        said = [f"{called(one.entity)} {clause(where)} for about {length}" for one, length in lengths]
    return f"{lead(finding)}{'; '.join(said)}."


def nobody(finding: Finding) -> str:
    """That it holds of nobody, as far as that is known: silence denies nothing of what is seldom measured."""
    query, such, names = finding.query, finding.query.whom.such, people_said(finding.open)
    known = " I know" * (query.whom.known is not False and not query.whom.names)
    if not (finding.against or finding.open):
        return f"I see no {noun(such)}." if such is not None else presence.nobody(query.whom.besides)
    if not names:
        return upper(f"{_none(query)} {clause(query.where)}.")
    if isinstance(query.where, Not) or _is_seldom(query.where):
        untold = f"tell {'who' if such is None else f'which {noun(such)}'} {clause(query.where)}"
        silent = isinstance(query.where, Not) or such is not None
        return f"I can't {untold}." if silent else presence.here_but(names, untold)
    return f"As far as I can see, {_none(query)}{known} {clause(query.where)}."


def _is_seldom(condition: Condition | None) -> bool:
    """Whether something is asked that is measured of few, so that silence tells nothing."""
    return any(
        has.attribute in _SELDOM or has.attribute == "deed" and has.value.split(" ")[0] not in words("measured_of_most")
        for has in atoms(condition)
    )


def _choice(everyone: Sequence[Found], options: Sequence[Condition]) -> str:
    """Which of some conditions holds of each: "Ana is on the left."."""
    said = []
    for one in everyone:
        name, fits = called(one.entity), [option for option in options if _fulfils(one, option)]
        if one.verdict == "yes" and fits:
            said.append(f"{name} {join([clause(option, 1, HEDGE * one.likely) for option in fits])}.")
        elif one.verdict == "no":
            said.append(f"{name} {join([clause(Not(option)) for option in options])}.")
        else:
            said.append(presence.here_but([name], f"tell whether {name} {join([*map(clause, options)], 'or')}"))
    return " ".join(said)


def _fulfils(found: Found, option: Condition) -> bool:
    """Whether one of the rows that were found says an option."""
    return any(
        row.holds and row.attribute == has.attribute and set(has.value.split()) <= set(row.value.split())
        and (not has.of or row.of in has.of.names) and (not has.colour or has.colour in row.colour)
        for row in found.rows
        for has in atoms(option)
    )  # fmt: skip
