"""Whether something holds of people, and of whom it does: answers to "exists" and "who".

In: findings. Out: sentences. A yes or no comes first; where silence is no denial it is told "as far as I can see".
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import HEDGE, be, join, upper
from pvchat.chat.evidence import Evidence, in_company, one_name_each
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import Condition, Has, Not, Query
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import clause, noun, people_said
from pvchat.chat.say.facts import (
    PRESENT,
    condition_of,
    fact,
    is_plain,
    leaves,
    not_so,
    open_,
    says,
    so,
    time_of,
)  # fmt: skip
from pvchat.schemas import PersonPresence

_OFTEN_SEEN = frozenset(
    ["sitting", "standing", "walking", "moving", "talking", "smiling", "waving", "nodding", "raising", "pointing",
     "gesturing", "looking", "facing"]
)  # deeds that are measured of most whose hands and faces are seen; of no others does silence tell  # fmt: skip
_SELDOM = ("place", "hair", "holding", "near")  # attributes of which silence tells nothing either
_PLAIN_KINDS = ("side", "setting")  # told by what was asked where it holds, not by all that is known
LEADS = {"yes": "Yes, ", "no": "No, "}
NO_STRANGERS = "I see nobody in this video whom I don't know."


def exists(finding: Finding, evidence: Evidence) -> str:
    """Whether something holds of somebody: yes, no, or that it can't be told."""
    query = finding.query
    if query.options:
        return choice(finding, evidence)
    if asks_presence(query) and query.whom.quantifier not in ("only", "none", "either"):
        return _there(finding, evidence)
    if query.where == Not(PRESENT) and len(query.whom.names) == 1:
        return _away(finding, evidence)
    everyone = [*finding.people, *finding.against, *finding.open]
    single = len(query.whom.names) == 1 or query.whom.such is not None or query.whom.nth
    if len(everyone) == 1 and single and query.whom.quantifier in ("any", "all", "both"):
        return of_one(everyone[0], finding, evidence)
    told = {"yes": _it_is_so, "no": _it_is_not_so}.get(finding.verdict or "", _it_is_open)(finding, evidence)
    return upper(f"{LEADS.get(finding.verdict or '', '')}{told}") if told else ""


def asks_presence(query: Query) -> bool:
    """Whether a question asks of nothing but who is there, in all of the part."""
    whom = query.whom
    more = query.throughout or query.number or query.rank or whom.such or whom.nth or query.during.event
    return is_plain(query.where) and not more


def asked_people(finding: Finding, evidence: Evidence) -> list[PersonPresence]:
    """The presences of those asked about: named ones in the question's order, else everyone, a sighting to each."""
    names, besides = finding.query.whom.names, finding.query.whom.besides
    known = evidence.people or _presences(finding)
    if not names:
        return [person for person in one_name_each(known) if person.name not in besides]
    return [person for name in names for person in known if person.name == name]


def _presences(finding: Finding) -> list[PersonPresence]:
    """Presences as far as a finding tells them."""
    there = [PersonPresence(one.entity, "present", 1.0, list(one.spans)) for one in finding.people]
    away = [PersonPresence(one.name, one.why, 0.0) for one in finding.missing if one.why != "not enrolled"]
    away += [PersonPresence(one.entity, "absent", 0.0) for one in finding.against]
    return [person for person in (*there, *away) if not person.name.startswith("#")]


def _there(finding: Finding, evidence: Evidence) -> str:
    query, asked = finding.query, asked_people(finding, evidence)
    if query.whom.known is False:
        return _strangers_there(finding, asked, evidence)
    if query.whom.names or query.whom.quantifier == "all":
        return presence.existence(asked, evidence) if asked else ""
    return presence.who_is_there(asked, evidence, query.whom.besides)


def _strangers_there(finding: Finding, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Whether people are seen whom nobody knows; who may be somebody enrolled is no stranger for sure."""
    count, doubt = max(evidence.unknown, len(finding.people)), presence.may_be(asked)
    if count:
        return " ".join([f"Yes, t{presence.unknown_people(count)[1:]}", *doubt])
    return f"I see nobody whom I surely don't know, but {doubt[0]}" if doubt else f"No, {NO_STRANGERS}"


def _away(finding: Finding, evidence: Evidence) -> str:
    """Whether somebody isn't there, or isn't at some time; a bare yes or no could be taken either way."""
    name = finding.query.whom.names[0]
    found = next((one for one in (*finding.people, *finding.against) if one.entity == name), None)
    if found is None or not found.spans:
        asked = asked_people(finding, evidence)
        told = presence.existence(asked, evidence) if asked else ""
        return upper(told.removeprefix("Yes, ").removeprefix("No, "))
    when = presence.in_passing(found.spans, evidence)
    return f"{LEADS.get(finding.verdict or '', '')}{name} is not seen{' ' * bool(when)}{when}."


def of_one(found: Found, finding: Finding, evidence: Evidence) -> str:
    """What is told of the one person whom a question is about, with what was measured of her."""
    query, name = finding.query, found.entity
    who, where = join(people_said([name])), query.where or PRESENT
    inner = where.part if isinstance(where, Not) else where
    told = fact(name, inner, evidence) if isinstance(inner, Has) and not query.during.event else ""
    lead = LEADS.get(finding.verdict or "", "")
    if finding.verdict in ("unknown", "unsure", None):
        unsure = f"{who} is in this video, but I can't tell whether {who} {clause(inner)}."
        return upper(f"{unsure} {told}." if told else unsure)
    if query.throughout:
        return upper(f"{lead}{_throughout(found, finding, evidence)}.")
    if inner == Has("alone"):
        return _alone(found, finding, evidence)
    holds = found.verdict == "yes"
    if told and isinstance(where, Has) and _enough(told, where, found, finding, evidence):
        return f"{'Probably yes: ' if found.likely and holds else lead}{told}."
    if holds:
        return upper(f"{'Probably yes: ' if found.likely else lead}{_so_of_one(found, finding, evidence)}.")
    return upper(f"{lead}{_not_so_of_one(found, finding)}.")


def _so_of_one(found: Found, finding: Finding, evidence: Evidence) -> str:
    return so([found], finding.query.where, finding, evidence)[0]


def _not_so_of_one(found: Found, finding: Finding) -> str:
    """That it doesn't hold of somebody, or what does instead, where one measurement excludes the other."""
    where, who = finding.query.where or PRESENT, join(people_said([found.entity]))
    rival = [row for row in found.rows if row.holds and row.value]
    if isinstance(where, Has) and len(rival) == 1 and not finding.query.during.event and not where.of:
        return f"{who} {clause(condition_of(rival[0]))}"
    return not_so([found], where)[0]


def _enough(told: str, where: Has, found: Found, finding: Finding, evidence: Evidence) -> bool:
    """Whether all that was measured of a kind answers a question: it speaks of what was found, and no time is told."""
    if found.verdict == "yes":
        spoken = where.attribute == "gender" or says(told, found.rows)
        return spoken and where.attribute not in _PLAIN_KINDS and not time_of(found, finding, evidence)
    return any(row.holds for row in found.rows) and (where.attribute == "gender" or says(told, found.rows))


def _throughout(found: Found, finding: Finding, evidence: Evidence) -> str:
    """Whether something holds all the time, or when else."""
    who, where = join(people_said([found.entity])), finding.query.where
    when = presence.in_passing(found.spans, evidence)
    if found.verdict == "yes":
        return f"{who} {clause(where)} the whole time"
    return f"{who} {clause(where)} {when}" if found.spans and when else not_so([found], where)[0]


def _alone(found: Found, finding: Finding, evidence: Evidence) -> str:
    name, when = found.entity, time_of(found, finding, evidence)
    company = [] if name.startswith("#") else in_company(name, evidence)
    others = f"{join(company)} {be(company)} in this video too" if company else ""
    if found.verdict == "yes" and not when and not others:
        return f"Yes, I see nobody but {join(people_said([name]))}."
    if found.verdict == "yes":
        return f"Yes, {name} is alone{when}, as far as I see{'; ' * bool(others)}{others}."
    return f"No, {others or f'{name} is never alone, as far as I see'}."


def _it_is_so(finding: Finding, evidence: Evidence) -> str:
    query, names = finding.query, [one.entity for one in finding.people]
    if query.whom.quantifier == "none":
        return f"{_none(query)} {clause(query.where)}."
    if query.whom.quantifier == "only":
        return f"only {join(people_said(names))} {clause(query.where, len(names))}."
    told = so(finding.people, query.where, finding, evidence)
    if query.whom.quantifier in ("all", "both") and len(told) == 1 and len(names) > 1:
        every = "both" if len(names) == 2 else "all"
        return f"{join(people_said(names))} {clause(query.where, len(names), every)}."
    return f"{'; '.join(told)}." if told else ""


def _none(query: Query) -> str:
    """Nobody, as a question means it: "neither Ana nor Ben", "no woman"."""
    names = query.whom.names
    if len(names) > 1:
        return f"{'neither' if len(names) == 2 else 'none of'} {join(names, 'nor' if len(names) == 2 else 'and')}"
    return f"no {noun(query.whom.such)}" if query.whom.such is not None else "nobody"


def _it_is_not_so(finding: Finding, evidence: Evidence) -> str:
    query, whom = finding.query, finding.query.whom
    gone = _gone(finding)
    if whom.quantifier == "only" and (more := [one for one in finding.people if one.entity not in whom.names]):
        return f"{so(more, query.where, finding, evidence)[0]} too."
    if whom.quantifier == "none":
        return f"{'; '.join(so(finding.people, query.where, finding, evidence))}."
    if not finding.people and len(whom.names) > 1 and len(finding.against) == len(whom.names):
        return f"{_none(query)} {clause(query.where)}."
    if whom.names or whom.such is not None and len(finding.against) < 4 or whom.quantifier == "all":
        told = so(finding.people, query.where, finding, evidence) + not_so(finding.against, query.where)
        told += gone + open_(finding.open)
        return f"{'; '.join(told)}." if told else f"I see no {noun(whom.such)}." if whom.such is not None else ""
    return f"{_none(query)} {clause(query.where)}."


def _gone(finding: Finding) -> list[str]:
    """That some of those asked about aren't there, as a clause."""
    names = [one.name for one in finding.missing if one.why == "absent"]
    return [f"{join(names)} {be(names)} not in this video"] if names else []


def _it_is_open(finding: Finding, evidence: Evidence) -> str:
    """What is known where it isn't known whether it holds."""
    query, told = finding.query, []
    if query.whom.names or query.whom.quantifier in ("all", "both", "only"):
        told = so(finding.people, query.where, finding, evidence) + not_so(finding.against, query.where)
    if told:
        return f"{'; '.join([*told, *open_(finding.open)])}."
    if query.whom.names and finding.open:
        names = [one.entity for one in finding.open]
        asked = f"{join(names, 'or')} {clause(query.where)}"
        return f"{join(names)} {be(names)} in this video, but I can't tell whether {asked}."
    return "" if finding.missing else nobody(finding)


def who(finding: Finding, evidence: Evidence) -> str:
    """Of whom something holds; where of nobody, how far that is known."""
    query, whom = finding.query, finding.query.whom
    if asks_presence(query) and not whom.names:
        return _who_is_there(finding, evidence)
    if query.where == Not(PRESENT) and not query.during.event and not whom.names and whom.such is None:
        return presence.who_is_absent(asked_people(finding, evidence))
    if asks_presence(query):
        return _there(finding, evidence)
    told = so(finding.people, query.where, finding, evidence)
    if isinstance(query.where, Not) and (finding.against or finding.open):
        told += so(finding.against, query.where.part, finding, evidence) + open_(finding.open)
    if not told or not (finding.people or finding.against):
        return nobody(finding)
    besides = f"besides {join(whom.besides)}, " if whom.besides else ""
    return upper(f"{LEADS.get(finding.verdict or '', '')}{besides}{'; '.join(told)}.")


def _who_is_there(finding: Finding, evidence: Evidence) -> str:
    asked, whom = asked_people(finding, evidence), finding.query.whom
    if whom.known is False:
        return presence.unknown_people(max(evidence.unknown, len(finding.people))) or NO_STRANGERS
    return presence.who_is_there(asked, evidence, whom.besides)


def nobody(finding: Finding) -> str:
    """That it holds of nobody, as far as that is known: silence denies nothing of what is seldom measured."""
    query = finding.query
    which, denies = f"no {noun(query.whom.such)}", isinstance(query.where, Not)
    if not (finding.against or finding.open) and query.whom.such is not None:
        return f"I see {which}."
    if not (finding.against or finding.open) and is_plain(query.where):
        return presence.nobody(query.whom.besides)
    who_, known = ("nobody" if query.whom.such is None else which), " I know" * (query.whom.known is not False)
    if not finding.open:
        return upper(f"{who_} {clause(query.where)}.")
    if denies or _seldom(query.where):
        names = people_said([one.entity for one in finding.open])
        there = "" if denies or query.whom.such is not None else f"{join(names)} {be(names)} in this video, but "
        asked = "who" if query.whom.such is None else f"which {noun(query.whom.such)}"
        return upper(f"{there}I can't tell {asked} {clause(query.where)}.")
    return f"As far as I can see, {who_}{known} {clause(query.where)}."


def _seldom(condition: Condition | None) -> bool:
    """Whether something is asked that is measured of few, so that silence tells nothing."""
    asked = leaves(condition)
    seldom = [has.attribute == "deed" and has.value.split(" ")[0] not in _OFTEN_SEEN for has in asked]
    return any(seldom) or any(has.attribute in _SELDOM for has in asked)


def choice(finding: Finding, evidence: Evidence) -> str:
    """Which of some conditions holds of each: "Ana is on the left."."""
    told = []
    for one in (*finding.people, *finding.against, *finding.open):
        who_ = join(people_said([one.entity]))
        rows = [option for option in finding.query.options if _fulfils(one, option)]
        if one.verdict == "yes" and rows:
            hedge = HEDGE if one.likely else ""
            told.append(f"{who_} {join([clause(option, 1, hedge) for option in rows])}.")
        elif one.verdict == "no":
            neither = " or ".join(clause(option).removeprefix("is ") for option in finding.query.options)
            told.append(f"{who_} is neither: not {neither}.")
        else:
            asked = " or ".join(clause(option) for option in finding.query.options)
            told.append(f"{who_} is in this video, but I can't tell whether {who_} {asked}.")
    return upper(" ".join(told))


def _fulfils(found: Found, option: Condition) -> bool:
    """Whether one of the rows that were found says an option."""
    asked = leaves(option)
    return any(
        row.holds and row.attribute == has.attribute and set(has.value.split()) <= set(row.value.split())
        and (not has.of or row.of in has.of.names) and (not has.colour or has.colour in row.colour)
        for row in found.rows
        for has in asked
    )  # fmt: skip
