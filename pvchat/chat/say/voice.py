"""Turns a `Finding` into text: `say(finding, timeline)` is the only way there.

One function for each `select`. Names that aren't enrolled are mentioned first, people who aren't there last; what can't
be answered is refused, with what to do instead. The text says "this video"; if only a part was asked about, the caller
makes "this part of the video" of it. `grounds_of` says what the measured facts rest on, `explanation.py` how a question
was read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from pvchat.chat.conditions import numbered_part, part_of
from pvchat.chat.english import ASK, be, clock, join, shortened, span_told, table, upper, wording
from pvchat.chat.query import (
    EVERYBODY,
    HEARD,
    WHETHER,
    And,
    Has,
    Not,
    atoms,
    events_in,
    is_of_sound,
    is_plain,
    numbers_of,
    parts_of,
)
from pvchat.chat.reader.words import reply_in
from pvchat.chat.say import answers, clauses
from pvchat.chat.say.answers import compare, count, did_instead, holders, length, of_events, order, ranked, shots, timed
from pvchat.chat.say.clauses import event_said, not_here, people_said, untold
from pvchat.chat.say.people import attribute, count_things, describe, instead, whether_scene, who_is_where
from pvchat.chat.say.sounds import of_sound
from pvchat.chat.sounds import MUSIC
from pvchat.chat.timeline import SMILES, Entity, Finding, Missing, Timeline
from pvchat.schemas import AnswerGround

CANT_TELL = f"I can't tell that; {ASK}."
TRAITS_OFF = "Telling men from women, and smiles, is switched off here."
_MOST_LISTED = 6  # names of those enrolled
_MOST_WHYS = 5  # people who are told of one by one
_MOST_GROUNDS = 12  # that an answer shows
_SELECTS: dict[str, Callable[[Finding, Timeline], str]] = {
    "exists": holders, "who": holders, "count": count, "when": timed, "how_long": timed, "how_often": timed,
    "attribute": attribute, "describe": describe, "compare": compare, "order": order, "shots": shots, "length": length,
}  # fmt: skip
_OF_SCENE = {"exists": whether_scene, "who": whether_scene, "count": count_things}


def say(finding: Finding, timeline: Timeline) -> str:
    """The answer to one question, or to several asked together, in one to a few sentences."""
    asked = [finding]
    while asked[-1].then is not None:
        asked.append(asked[-1].then)
    several = len({numbers_of(one.query.during) for one in asked}) > 1
    sentences = list(map(upper, _of_its_part(finding, timeline, several)))
    for before, then in pairwise(asked):
        unasked = before.query.if_so and before.verdict not in ("yes", None)
        again = bool(then.missing) and not (then.everyone or then.rows)  # that she isn't there
        if unasked or again and {*then.missing} <= {*before.missing}:
            continue
        told = _of_its_part(then, timeline, several)
        for one in before.people if is_plain(before.query.where) else ():  # not once more that somebody is there
            told = [text.replace(f"{one.entity} is in this video, but I can't", "I can't") for text in told]
        sentences += [text for text in map(upper, told) if not {text, f"Yes, {text}"} & {*sentences}]
    return " ".join(sentences)


def _of_its_part(finding: Finding, timeline: Timeline, two: bool) -> list[str]:
    """The sentences that answer one question of its part: who isn't seen there is missing; of `two` parts, which."""
    part = numbered_part(finding.query.during, timeline)
    if part is timeline or finding.query.select in ("refuse", "why", "length"):
        return _sentences(finding, timeline)
    known, named = {one.name for one in finding.missing}, finding.query.whom.names
    gone = [name for name in named if name not in known and (one := part.entity(name)) and one.decision == "absent"]
    missing = (*finding.missing, *(Missing(name, "absent") for name in gone))
    groups = {kind: getattr(finding, kind) for kind in ("people", "against", "open")}
    groups = {kind: tuple(one for one in some if one.entity not in gone) for kind, some in groups.items()}
    seen = replace(finding, missing=missing, **groups)
    told = [text.replace("this video", "this part of the video") for text in _sentences(seen, part)]
    strange = missing and not seen.everyone and all(one.why == "not enrolled" for one in missing)  # in every part
    return [f"{span_told(*part.whole)}: {told[0]}", *told[1:]] if two and not strange else told


def grounds_of(finding: Finding) -> list[AnswerGround]:
    """What the rows that answer rest on, in the order of the answer; none about whoever isn't surely there."""
    people = [row for one in finding.everyone for row in one.rows]
    grounds: dict[tuple[str, str], AnswerGround] = {}
    for row in (*people, *finding.rows):
        if row.ground is not None:
            about = "" if row.entity.startswith("#") else row.entity
            fact = clauses.row_said(row).removeprefix("wearing ")
            grounds.setdefault((row.entity, fact), AnswerGround(about, fact, row.ground))
    return list(grounds.values())[:_MOST_GROUNDS]


def _sentences(finding: Finding, timeline: Timeline) -> list[str]:
    """The sentences that answer one question."""
    query, enrolled = finding.query, [one.name for one in timeline.enrolled]
    strangers = not_enrolled([one for one in finding.missing if one.why == "not enrolled"], enrolled)
    if query.select == "refuse":
        return [text for text in (refused(finding, timeline), *strangers) if text] or [CANT_TELL]
    if query.select == "why":
        return [why(finding, timeline)]
    asked = list(parts_of(replace(query, then=None), Has))
    traits = query.attribute == "gender" or any(one.attribute == "gender" or one.value in SMILES for one in asked)
    if traits and not timeline.traits:
        gone = _missing(finding, answered=False)
        return gone if gone and len(finding.missing) == len(query.whom.names) else [TRAITS_OFF, *gone]
    if finding.nothing:
        unsure = [one for one in finding.missing if one.why == "unsure"]
        return [*strangers, *(untold(unsure) or [never(finding, timeline)])]
    if did := did_instead(finding, timeline):
        return [*strangers, did]
    answer = _answer(finding, timeline) if not strangers or finding.everyone or finding.rows else ""
    told = [
        *strangers,
        answer,
        _presumed(finding, timeline),
        *_missing(finding, bool(answer)),
        *instead(finding, timeline),
    ]
    if answer and not finding.missing:
        told += _others_missing(finding, answer, timeline)
    counts = query.select == "count" and is_plain(query.where)
    if counts or query.whom.names and query.select in WHETHER:  # not beside clothes and deeds; a list of names tells it
        known = finding.everyone if query.whom.names else finding.people
        told += clauses.doubles_said([one.entity for one in known], timeline)
    return list(filter(None, told)) or [CANT_TELL]


def _others_missing(finding: Finding, answer: str, timeline: Timeline) -> list[str]:
    """That those next to whom nobody is seen aren't there themselves, where the answer doesn't tell it."""
    others = {has.of: None for has in parts_of(finding.query.where, Has) if has.of is not None}
    named = [name for whom in others for name in whom.names]
    unknown = [Missing(name, "not enrolled") for whom in others for name in whom.unknown]
    gone = [one for name in named if (one := timeline.missing(name, named)) is not None]
    told = [f"{said}." for said in clauses.here_or_not(gone).values() if said not in answer]
    return not_enrolled(unknown, [one.name for one in timeline.enrolled]) + told


def _presumed(finding: Finding, timeline: Timeline) -> str:
    """That the only one who can be "the man with glasses" may be none, or wear none; "" where that is known, or
    told with what is asked.
    """
    told = finding.open and finding.query.select not in ("attribute", "describe")
    if finding.presumed is None or len(finding.everyone) != 1 or told:
        return ""
    name = finding.everyone[0].entity
    who = name if clauses.subject(name, timeline) == name else "that person"
    so = f"I can't tell whether {who} {clauses.clause(finding.presumed)}"
    return f"{so}, but I see nobody else who can be meant."


def _answer(finding: Finding, timeline: Timeline) -> str:
    query = finding.query
    if query.whom == EVERYBODY and query.select in WHETHER and events_in(query.where):
        return of_events(finding, timeline)
    denied = isinstance(query.where, Not) and query.where.part != MUSIC
    nobody = query.select in WHETHER and query.whom.quantifier == "none" and query.where != MUSIC
    silent = nobody or denied  # that is said as what is seen is
    also_seen = isinstance(query.where, And) and any(has.attribute not in HEARD for has in atoms(query.where))
    by_ear = is_of_sound(query) and query.select not in ("compare", "order") and not also_seen
    if by_ear and (query.select == "exists" or not silent):
        return of_sound(finding, timeline)
    of_scene = query.select == "exists" or query.select in _OF_SCENE and not finding.everyone
    if of_scene and clauses.asks_scene(finding.query):
        return _OF_SCENE[query.select](finding, timeline)
    if query.rank is not None and query.number is None and query.select in ("who", "exists"):
        return ranked(finding, timeline)
    if query.select in ("attribute", "describe") and query.where and query.whom.names:
        told, unmet = _SELECTS[query.select](finding, timeline), _unmet(finding, timeline)
        return " ".join(filter(None, (told, unmet) if finding.people else (unmet, told * (told not in unmet))))
    told, whom = _SELECTS[query.select](finding, timeline), query.whom
    if told or query.select not in ("attribute", "describe") or whom.names:
        return told
    narrowed = not is_plain(query.where) and not clauses.things_said(query.where)
    meant = narrowed or whom.such is not None or whom.nth or whom.known is False or whom.unknown
    return answers.nobody(finding, timeline) if meant else who_is_where(timeline, whom.besides)


def _unmet(finding: Finding, timeline: Timeline) -> str:
    """That somebody isn't where, or doesn't do, what narrows a question, or that it isn't known; "" of nobody named."""
    whom = finding.query.whom
    against = tuple(replace(one, rows=()) for one in finding.against if one.entity in whom.names)
    open_ = tuple(replace(one, rows=()) for one in finding.open if one.entity in whom.names)
    meant = replace(whom, names=tuple(one.entity for one in (*against, *open_)))
    query = replace(finding.query, whom=meant, select="exists", form="polar", attribute=None, value="")
    asked = replace(finding, query=query, verdict="unknown" if open_ else None, people=(), against=against, open=open_)
    return upper(holders(asked, timeline)) if meant.names else ""


def _missing(finding: Finding, answered: bool) -> list[str]:
    """That nothing can be told of those who aren't there, or may not be; of whom an answer to whether somebody is
    there, or does something, tells that anyway, nothing more.
    """
    query, plain, told = finding.query, is_plain(finding.query.where), list[str]()
    silent = finding.verdict == "yes" and not plain and query.whom.quantifier != "none"  # "neither Ana nor Ben …" does
    tells = query.select == "exists" or query.select == "who" and answers.asks_who_is_there(query)
    if answered and tells and not silent:
        told = ["absent", "unsure"] if plain else ["absent"]
    gone = [one for one in finding.missing if one.why not in told]
    absent = [one.name for one in gone if one.why == "absent"]
    if finding.verdict == "no" and not answered and absent:
        return [f"No, {not_here(absent, all(one.surely for one in gone))}."]
    return untold(gone, query, any(one.entity == other.like for one in finding.instead for other in finding.missing))


def refused(finding: Finding, timeline: Timeline) -> str:
    """Why a question can't be answered, or what does what it wishes; of a mood whether she smiles, which is."""
    query, kind = finding.query, finding.query.refusal
    if kind in ("small_talk", "wish", "sound"):
        return wording(kind, query.value)
    if kind not in (None, "unseen"):
        return (reply_in(query.value) if kind == "foreign" else "") or wording("refused", kind)
    asked = [timeline.entity(name) or Entity(name) for name in query.whom.names]
    there, told = clauses.decided(asked, "present"), list[str]()
    about = query.value if query.value in table()["unread"] else query.attribute
    named = wording("thing", query.value) or query.value
    what = "" if named in ("", "mood") else wording("unread", about, value=named)
    if query.value != "mood" or not there:
        names = [clauses.subject(name, timeline, query.whom.called) for name in people_said(there)]
        told = [clauses.here_but(names, f"tell {what or 'that'}")] if there else []
    elif not timeline.traits:
        told = [TRAITS_OFF]
    else:
        for name in there:
            smiles = any(row.value == "smiling" for row in timeline.of(name, "deed"))
            seen = "smiles, as far as I can see" if smiles else "is in this video"
            who = clauses.subject(name, timeline, query.whom.called)
            told.append(upper(f"{who} {seen}, but what {who if who == name else 'that person'} feels I can't tell."))
    gone = [Missing(one.name, one.decision) for one in asked if one.decision != "present"]
    refusal = f"I can't tell {what}; {ASK}." if what else CANT_TELL
    return " ".join([*told, *untold(gone, query)]) or ("" if query.whom.unknown else refusal)


def not_enrolled(unknown: Sequence[Missing], enrolled: Sequence[str]) -> list[str]:
    """That nobody enrolled bears a name, and who was probably meant, or who is enrolled."""
    named = [replace(one, name=clauses.yours(one.name)) for one in unknown]
    sentences = [f"{upper(one.name)} is not enrolled; did you mean {one.suggests}?" for one in named if one.suggests]
    if rest := [one.name for one in named if not one.suggests]:
        names = sorted(enrolled, key=str.casefold)
        known = f"; I know {shortened(names, _MOST_LISTED)}" if names else ""
        sentences.append(upper(f"{join(rest)} {be(rest)} not enrolled{known}."))
    return sentences


def never(finding: Finding, timeline: Timeline) -> str:
    """That the part that is asked about doesn't exist, or when its event happens: never, or that isn't known."""
    during, event = finding.query.during, finding.query.during.event
    if event is None:
        return "There is no such part in this video."
    gone = [one.name for one in finding.missing if one.why == "absent"]
    if gone and {*event.whom.names} <= {*gone}:
        return f"{not_here(gone)}."
    if during.nth not in (0, 1, -1):
        return f"There is no {event_said(replace(during, relation='while')).removeprefix('the ')}."
    if (happens := part_of(during, timeline).happens) == "unknown":
        return f"I can't tell when {clauses.happens_said(event)}."
    if happens == "yes" and during.relation in ("before", "until"):
        return upper(f"{clauses.happens_said(event)} from the beginning, so I see nothing before that.")
    return upper(f"{clauses.happens_said(event, 'never')}, as far as I can see.")


def why(finding: Finding, timeline: Timeline) -> str:
    """What the answer before rests on: how sure it is that people are there, and where what was told is seen best."""
    names = [one.entity for one in finding.everyone] + [one.name for one in finding.missing]
    names += finding.query.whom.names
    names = names or [one.name for one in timeline.entities if one.decision != "absent"]  # behind a refusal
    known = [one for name in dict.fromkeys(names) if (one := timeline.entity(name)) is not None and one.known]
    others = finding.query.whom.besides or finding.query.whom.quantifier == "none"  # "sure that nobody else is there?"
    sentences = [clauses.who_is_there(timeline), "Whoever is half hidden or far away I may miss."] if others else []
    for one in sorted(known, key=lambda one: -one.probability)[:_MOST_WHYS]:
        sure = "above 0.99" if one.probability > 0.99 else f"{one.probability:.2f}"
        sure = f"(probability {'below 0.01' if one.probability < 0.01 else sure})"
        if one.decision == "present":
            seen = clauses.in_passing(timeline.seen(one.name), timeline)
            sentences.append(f"{one.name} is recognised by what was enrolled {sure}{', ' * bool(seen)}{seen}.")
        else:
            doubt = "not recognised for sure" if one.decision == "unsure" else "not recognised"
            sentences += [f"{one.name} is {doubt} {sure}.", *([] if one.why is None else [one.why.text])]
    did = (*finding.people, *(one for one in finding.instead if one.verdict == "yes"))
    best = grounds_of(replace(finding, people=did, against=(), open=(), rows=()))
    facts = [one.fact if timeline.still else f"{one.fact} at {clock(one.ground.time_s)}" for one in best]
    sentences += [f"Seen best: {join(list(dict.fromkeys(facts)))}."] if facts else []
    if strange := [name for name in dict.fromkeys(names) if name.startswith("#")]:
        sentences.append(f"{upper(join(people_said(strange)))} {be(strange)} nobody enrolled whom I recognise.")
    nobody = "I recognise nobody here; what else I tell is what the whole picture looks like."
    return " ".join(filter(None, sentences)) or nobody
