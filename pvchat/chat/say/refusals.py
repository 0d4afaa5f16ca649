"""What can't be answered, in words: what nothing sees, wishes, small talk, names that nobody bears; and why an answer
is what it is.

In: findings, evidence. Out: sentences that say what to do instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.english import be, clock, join, shortened, upper
from pvchat.chat.evidence import Evidence, decided, is_still
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import Not, Query
from pvchat.chat.reader.foreign import reply_in
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import PRESENT, clause, complement, event_said, leaves, people_said, whom_said
from pvchat.chat.say.facts import condition_of, presence_of
from pvchat.chat.say.sounds import DEAF
from pvchat.schemas import PersonPresence

ASK = "ask me who is in this video, what they wear, what they do or where they are"
CANT_TELL = f"I can't tell that; {ASK}."
TRAITS_OFF = "Telling men from women, and smiles, is switched off here."
_SMALL_TALK = {
    "hello": f"Hello; {ASK}.",
    "thanks": f"You're welcome; {ASK}.",
    "bye": "Goodbye; come back with another question any time.",
    "who": f"I'm PVChat, and I answer questions about people in videos: {ASK}.",
    "sorry": f"I'm sorry that I was no help; {ASK}.",
    "sure": "How sure I am stands beside each answer as a probability; where much hangs on it, look at the clip at the "
    "times given.",
    "": f"I'm here for questions about people in videos: {ASK}.",
}
_WISHES = {
    "forget": "I only answer questions; to forget somebody use `pvchat people forget NAME`, or the People tab.",
    "rename": "I only answer questions; to rename somebody use `pvchat people rename OLD NEW`, or the People tab.",
    "enroll": "I only answer questions; to enroll somebody use `pvchat enroll CLIP --name NAME`, or the Enroll tab.",
    "jump": "I only answer questions; in the app a click on a time shows that moment. Ask me when somebody is seen.",
    "": f"I only answer questions about a video; {ASK}.",
}
_MOST_LISTED = 6  # names of those enrolled
_MOST_WHYS = 5  # people who are told of one by one
_GROUNDS = {
    "posture": "pose",
    "hair": "hair",
    "holding": "holding",
    "gender": "gender",
}  # attributes -> keys of grounds


def refused(finding: Finding, evidence: Evidence) -> str:
    """Why a question can't be answered, or what does what it wishes."""
    query = finding.query
    if query.refusal == "sound":
        return DEAF.get(query.value, f"Of a video's sound I hear only when somebody speaks, and what is said; {ASK}.")
    if query.refusal == "camera":
        return f"I can't tell what the camera does; {ASK}."
    if query.refusal == "small_talk":
        return _SMALL_TALK.get(query.value, _SMALL_TALK[""])
    if query.refusal == "wish":
        return _WISHES.get(query.value, _WISHES[""])
    if query.refusal == "foreign":
        return reply_in(query.value) or f"I read English questions only; {ASK}."
    if query.refusal == "unclear":
        return f"I don't understand that question; {ASK}."
    return _unseen(query, evidence)


def _unseen(query: Query, evidence: Evidence) -> str:
    """That nothing measured speaks to what is asked about somebody."""
    known = {person.name: person for person in evidence.people}
    asked = [known.get(name, PersonPresence(name, "present", 1.0)) for name in query.whom.names]
    there, cant = people_said(decided(asked, "present")), presence.untold(asked)
    if query.value == "mood" and there:
        return " ".join([*(_moods(decided(asked, "present"), evidence) if evidence.traits else [TRAITS_OFF]), *cant])
    told = [f"{join(there)} {be(there)} in this video." if cant else presence.rest(there)] if there else []
    return " ".join([*told, *cant]) or ("" if query.whom.unknown else CANT_TELL)


def _moods(names: Sequence[str], evidence: Evidence) -> list[str]:
    """What is said to who asks what somebody feels: whether she smiles, which is all that is measured."""
    smiling = {name: "smiling" in evidence.facts_of(name).gestures for name in names}
    there = {name: "smiles, as far as I can see" if smiling[name] else "is in this video" for name in names}
    return [f"{name} {there[name]}, but what {name} feels I can't tell." for name in names]


def asks_traits(query: Query) -> bool:
    """Whether a question asks for men or women, or for a smile, which a switch may have turned off."""
    theirs = None if query.versus is None else query.versus.such
    asked = [has for one in (query.where, query.whom.such, theirs, *query.options) for has in leaves(one)]
    return query.attribute == "gender" or any(one.attribute == "gender" or one.value == "smiling" for one in asked)


def not_enrolled(finding: Finding, evidence: Evidence) -> list[str]:
    """That nobody enrolled bears a name, and who was probably meant, or who is enrolled."""
    unknown = [one for one in finding.missing if one.why == "not enrolled"]
    meant = [one for one in unknown if one.suggests]
    told = [f"{upper(one.name)} is not enrolled; did you mean {one.suggests}?" for one in meant]
    rest = [one.name for one in unknown if not one.suggests]
    if not rest:
        return told
    names = sorted((person.name for person in evidence.people), key=str.casefold)
    listed = join(shortened(names, len(names), _MOST_LISTED))
    enrolled = f"; I know {listed}" if names else ""
    return [*told, upper(f"{join(rest)} {'is' if len(rest) == 1 else 'are'} not enrolled{enrolled}.")]


def never(finding: Finding, evidence: Evidence) -> str:
    """That the part of the video that is asked about doesn't exist, or that its event never happens."""
    during, event = finding.query.during, finding.query.during.event
    if event is None:
        return "There is no such part in this video."
    gone = [one.name for one in finding.missing if one.why == "absent"]
    if gone and gone == list(event.whom.names):
        return f"{join(gone)} {'is' if len(gone) == 1 else 'are'} not in this video."
    if during.nth not in (0, 1, -1):
        return f"There is no {event_said(replace(during, relation='while')).removeprefix('the ')}."
    who, count = whom_said(event.whom), max(1, len(event.whom.names))
    if event.where == PRESENT:
        return f"I never see {who} in this video."
    away = f"{'is' if count == 1 else 'are'} never away"
    told = away if event.where == Not(PRESENT) else f"{clause(event.where, count, 'never')}, as far as I can see"
    return upper(f"{who} {told}.")


def why(finding: Finding, evidence: Evidence) -> str:
    """What the answer before rests on: how sure it is that people are there, and where what was told is seen best."""
    names = [one.entity for one in (*finding.people, *finding.against, *finding.open)]
    names += [one.name for one in finding.missing]
    known = [person for name in dict.fromkeys(names) if (person := presence_of(name, evidence)) is not None]
    told = [_recognised(one, evidence) for one in sorted(known, key=lambda p: -p.probability)[:_MOST_WHYS]]
    seen = [text for one in finding.people for text in _seen_best(one, evidence)]
    if seen:
        told.append(f"Seen best: {join(list(dict.fromkeys(seen)))}.")
    return " ".join(told) or "I recognise nobody here; what else I tell is what the whole picture looks like."


def _recognised(person: PersonPresence, evidence: Evidence) -> str:
    """How sure it is that somebody is there, and when she is seen, or why she isn't recognised."""
    p = person.probability
    sure = f"probability {'above 0.99' if p > 0.99 else 'below 0.01' if p < 0.01 else f'{p:.2f}'}"
    if person.decision == "present":
        during = presence.when(person, evidence)
        return f"{person.name} is recognised by what was enrolled ({sure}){', ' + during if during else ''}."
    doubt = "not recognised for sure" if person.decision == "unsure" else "not recognised"
    reason = person.why.text if person.why is not None else ""
    return " ".join(filter(None, [f"{person.name} is {doubt} ({sure}).", reason]))


def _seen_best(found: Found, evidence: Evidence) -> list[str]:
    """Where what was told of somebody is seen best."""
    grounds, told = evidence.facts_of(found.entity).grounds, []
    for row in found.rows:
        ground = grounds.get(row.value) or grounds.get(_GROUNDS.get(row.attribute, ""))
        if ground is not None:
            fact = complement(condition_of(row))[1].removeprefix("wearing ")
            told.append(fact if is_still(evidence) else f"{fact} at {clock(ground.time_s)}")
    return told
