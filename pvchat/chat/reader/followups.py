"""What a question leaves open, by the questions before it and what was found for them: whom "she" means, and what
"and Ben?" asks.

"she" after "Is Ana there?" is Ana; "they" after that and "And Ben?" are both; "the other one" is who of a list wasn't
named last (`resolved`). "And Ben?" asks of Ben what was asked before, "what is Ben doing then?" at that time
(`continued`). Read from (Query, Finding) pairs, never from sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import chain, islice
from typing import cast

from pvchat.chat import query as queries
from pvchat.chat.conditions import RELATIONS, chosen
from pvchat.chat.english import word_set
from pvchat.chat.query import EVERYBODY, PRESENT, WHOLE, And, Condition, During, Event, Has, Not, Query, Rank, Whom
from pvchat.chat.reader.network import Heads
from pvchat.chat.reader.slots import CARRIES, REST, Slot, Tagged, joined, kind_of, words_of
from pvchat.chat.reader.words import DETERMINER, canonical, is_known
from pvchat.chat.timeline import TELLING, Finding, Timeline, is_of_scene

Turn = tuple[Query, Finding]  # a question, and what was found for it
_SEVERAL = word_set("they them their theirs both either neither these those all two three four")
_HE, _SHE = frozenset(("he", "him", "his", "himself")), frozenset(("she", "her", "hers", "herself"))
_GROUPS = {  # kinds of conditions that take each other's place: "is she sitting?", "and talking?"
    "state": ("worn", "hair", "gender", "deed", "posture", "holding"),
    "company": ("with", "beside", "alone", "left_of", "right_of"),
    "spot": (*queries.PLACES, "near", "side"),
    "light": ("light",),
}
_OF_HER = ("hair", "looks", "gender", "deed", "posture")  # what is asked of somebody, whatever else she does
_OPPOSITE = {"left": "right", "right": "left", "left_of": "right_of", "right_of": "left_of"}
AFTER_THAT = During("after")  # after what the question before was about
_ON_OTHER_SIDE = re.compile(r"\b(?:other|opposite) side(?: of (?:him|her|them))?(?: then)?(?: [?.]|$)")
WHO_IS_IT = re.compile(  # "the guy in red, who is it?", "what's her name?"; whether nothing stands before that
    r"(?:(?P<alone>^(?:(?:and|so|but) )?)|\b)(?:who (?:is|are|was|'s) (?:it|that|this|s?he|they)(?: then)?"
    r"|(?:it|that|this|s?he) (?:is|was) who|(?:(?:what|how) (?:is|was|'s) )?(?:s?he called|(?:(?:his|her|the) )?name"
    r"(?: of (?:him|her|them))?))(?: \?)?$"
)
_ABOUT = re.compile(rf"(?i)(?:and |or |but )about {DETERMINER}(?P<topic>[^?]+?) ?\W*$")
_SAID_IT = re.compile(r"(?:and |so )?who (?:says?|said|asks?|asked|mention\w*) (?:it|that|this|so)\b")
_AT_ONCE = re.compile(  # "who laughs?", "at the same time?"
    r"(?:and |but |all |both )*(?:(?:at )?the same time|same time|at once|simultaneously|together)(?: too)?(?: [?.]|$)"
)
_ON_IT = re.compile(r"\b(on|in|at) (?:it|them)(?: \?)?$")
_FAR_BACK = 4  # turns that "they" may reach back to


def resolved(slots: Sequence[Slot], history: Sequence[Turn], timeline: Timeline | None) -> list[Slot]:
    """The slots with names in the place of pronouns: "does she hug him?" is of Ana and Ben; one that can mean nobody is
    left out. The turns before are looked at only where a pronoun needs them: those of a library are answered then.
    """
    found: list[Slot] = []
    for slot in slots:
        if slot.kind != "pronoun":
            found.append(slot)
        elif slot.role == "P" and slot.words & CARRIES and (held := _last_thing(history)):  # "who holds it?"
            found.append(replace(slot, kind="holding", value=held))
        elif (of_thing := _of_thing(slot)) and (thing := _last_thing(history)):
            found.append(replace(slot, role=of_thing, kind="thing", value=thing))
        elif slot.role == "S" and slot.words & (_HE | _SHE) and any("other" in one.words for one in found):
            continue  # "and the other one, what's her hair like?"
        elif slot.role not in ("P", "F"):  # those are what was said before: `_said_again`
            names = _left_out(slots, history) if slot.value == "else" else _own(slot, slots, timeline)
            behind = (one for one in slots if slot.role == "S" and one.at > slot.at and one.role in "OV")
            beside = {one.name for one in behind}  # "is he nearer than Ben?"
            names = names or _denied(slots, history)
            names = names or _meant_by(slot.words, history, timeline, slot.role == "E", beside)
            names = names or _own(slot, slots, timeline, later=True)
            if not names and slot.role == "S" and _means_rest(slot.words):  # there are none
                slot, names = replace(slot, role="X"), _subjects(history[-1]) if history else ()
            others = [one for one in slots if one is not slot and one.role == slot.role]
            alone = slot.role in "EVO" and not any(one.kind in ("name", "pronoun") for one in others)
            if not names and alone and (gender := _gender_of(slot.words)):
                found.append(replace(slot, kind="gender", value=gender))  # nobody's name, but not just anybody
            found += [replace(slot, kind="name", name=name, value=name) for name in names]
    return found


def _left_out(slots: Sequence[Slot], history: Sequence[Turn]) -> Sequence[str]:
    """Whom "who else?" leaves out: those in the question itself, else those of whom it held before, or was asked."""
    named = [slot.name for slot in slots if slot.name]
    return named or (history[-1][1].names or _subjects(history[-1]) if history else ())


def _last_thing(history: Sequence[Turn]) -> str:
    """The thing that was asked about last: "is the dog there?", "where is it?"."""
    asked = (has for query, _ in reversed(history) for has in queries.parts_of(query, Has) if has.attribute == "thing")
    return next((has.value for has in asked), "")


def _of_thing(slot: Slot) -> str:
    """As what an "it" stands for a thing: "where is it?" asks about it, "who came with it?" doesn't: ""."""
    return {"S": "P", "E": "F"}.get(slot.role, "") if slot.typed.lower() == "it" else ""


def _own(pronoun: Slot, slots: Sequence[Slot], timeline: Timeline | None, later: bool = False) -> Sequence[str]:
    """Whom a pronoun means within its question: "does Hugo sit before he leaves?"; `later`: who is named behind it."""
    asked = pronoun.role in "SO"  # "when Ana comes back, does she …?", "who is beside her?"
    named = [slot for slot in slots if slot.name and (slot.at < pronoun.at or later and pronoun.role != "S")]
    of_role = ([slot.name for slot in named if slot.role == role] for role in ("E" if asked else "SO"))
    own = next(filter(None, of_role), list[str]())
    fits = _no_such(pronoun.words, timeline).isdisjoint(own)
    fits = fits and (len(own) < 2 or bool(pronoun.words & _SEVERAL))  # "she" is none of two
    happens = pronoun.role in "EO" or asked and later or pronoun.role == "V" and any(slot.role == "F" for slot in slots)
    return own if happens and fits else ()


def _meant_by(
    words: frozenset[str],
    history: Sequence[Turn],
    timeline: Timeline | None,
    event: bool = False,
    beside: AbstractSet[str] = frozenset(),
) -> tuple[str, ...]:
    """The names that a pronoun, with its noun ("the other one"), stands for, by the turns before, oldest first, else by
    who is seen; empty where nobody can be meant, several where whoever was described last may be any of them.

    `event`: it stands in an event: "before Cleo came?", "and after she left?" goes on with Cleo. `beside`: whom the
    same question names beside it, and doesn't mean by it.
    """
    if _means_rest(words):
        return _rest(history, timeline)
    if words & _SEVERAL:
        return _several(history, timeline)
    seen = () if timeline is None or timeline.drawn else chosen(EVERYBODY, [timeline.whole], timeline).sure
    if "other" in words and history:  # who was on the last list, or spoken of before, and not in the last turn
        found, last = history[-1][1].names, _subjects(history[-1])
        about = {*last, *queries.others_in(history[-1][0].whom.such)}  # "the man to her left"
        others = (name for turn in reversed(history[:-1]) for name in _subjects(turn) if name not in about)
        not_found = (name for name in last if found and name not in found)  # "Ana or Ben?"
        rest = [name for name in seen if name not in about]
        return tuple(islice(chain(others, not_found, last[1:], rest if len(rest) == 1 else ()), 1))
    other = Has("gender", {"man": "woman", "woman": "man"}.get(_gender_of(words), ""))  # who was "the guy" is no "she"
    called = {one.entity for _, f in history if other in queries.together(f.presumed) for one in f.everyone} | beside
    no_such, known = _no_such(words, timeline) | called, () if timeline is None else timeline.entities
    here = seen if history else [one.name for one in known if one.known and one.decision == "present"]
    fits = [name for name in here if name not in no_such]
    return (
        _last_meant(history, timeline, no_such | _absent(history), event)
        or _only_one(fits, words, timeline)  # "is Ana there?" (no), "what is she holding?"
        or _last_meant(history, timeline, no_such if fits else set(), event)  # set(): wrongly measured
    )


def _last_meant(history: Sequence[Turn], timeline: Timeline | None, no_such: set[str], event: bool) -> tuple[str, ...]:
    """Who was last spoken of and can be meant."""
    for turn in reversed(history):
        beside = () if turn[0].during.event is None else turn[0].during.event.whom.names
        asked = _spoken_of(turn, timeline)
        of_others = len(turn[1].people) > 1 or no_such.issuperset(asked)
        if turn[0].select == "who" and of_others:  # "who is with her?", "and what does she wear?"
            named = (*_named(turn[0]), *turn[0].whom.besides)
            asked = (*(name for name in named if name not in turn[0].whom.names), *asked)
        there = (*beside, *asked) if event else (*asked, *beside)
        fits = list(dict.fromkeys(name for name in there if name not in no_such))
        if len(fits) == 1 or event and fits and fits[0] in beside:
            return (fits[0],)
        if len(fits) > 1 and turn[0].whom.such is not None and not turn[1].people:  # "the man to her left": either
            return tuple(fits) if len(fits) == 2 else ()
        if len(fits) > 1:
            by_name = [name for name in _named(turn[0]) or beside if name in fits]
            return (by_name[0],) if len(by_name) == 1 else (fits[0],)
    return ()


def _only_one(fits: Sequence[str], words: frozenset[str], timeline: Timeline | None) -> tuple[str, ...]:
    """The only one of those who can be "he" or "she", else the only one who surely is; nobody where several may be."""
    rows = () if timeline is None else timeline.rows
    surely = {row.entity for row in rows if row.attribute == "gender" and row.value == _gender_of(words)}
    return next((tuple(some) for some in (fits, [one for one in fits if one in surely]) if len(some) == 1), ())


def _no_such(words: frozenset[str], timeline: Timeline | None) -> set[str]:
    """Who can't be meant by "he" or "she", as far as that was measured."""
    rows = () if timeline is None else timeline.rows
    genders = {row.entity: row.value for row in rows if row.attribute == "gender"}
    said = _gender_of(words)
    return {name for name, gender in genders.items() if said and gender and gender != said}


def is_spoken_of(gender: str, history: Sequence[Turn], timeline: Timeline | None) -> bool:
    """Whether a turn before was about somebody who is measured to be a man, or a woman."""
    rows = () if timeline is None else timeline.rows
    such = {row.entity for row in rows if (row.attribute, row.value) == ("gender", gender)}
    return any(not such.isdisjoint(_subjects(turn)) for turn in history)


def _gender_of(words: frozenset[str]) -> str:
    """Whether "he" or "she" is said: "man", "woman", or ""."""
    he, she = bool(words & _HE), bool(words & _SHE)  # both: "he or she"
    return "" if he == she else "man" if he else "woman"


def _absent(history: Sequence[Turn]) -> set[str]:
    """Who was asked about by name and isn't there: "she" is rather somebody who is."""
    return {one.name for _, found in history for one in found.missing if one.why == "absent"}


def _denied(slots: Sequence[Slot], history: Sequence[Turn]) -> tuple[str, ...]:
    """Who was just said not to be there, where that is asked about, or who she is: "is Ana there?" (no), "why isn't she
    there?", "could she be the woman in red?".
    """
    about = any(
        (s.role, s.kind) == ("S", "gender") or (s.role, s.kind, s.denied) == ("P", "present", True) for s in slots
    )
    if not history or not about:
        return ()
    last = _subjects(history[-1])
    return last if {*last} == _absent(history[-1:]) else ()


def _several(history: Sequence[Turn], timeline: Timeline | None) -> tuple[str, ...]:
    """Who "they" are: those of the last turns, back to where there are two: "is Ana there?", "and Ben?"."""
    gone, found, back = _absent(history), tuple[str, ...](), history[: -_FAR_BACK - 1 : -1]
    there = ([name for name in _spoken_of(turn, timeline) if name not in gone] for turn in back)
    if len(last := next(filter(None, there), [])) > 1:  # "are Ana and Ben there?", "and Cleo?" (no), "do they sit?"
        return tuple(last)
    for turn in back:
        found = (*(name for name in _spoken_of(turn, timeline) if name not in found), *found)
        if len(found) > 1:
            break
    return found if len(found) > 1 or not history else _others_told(history[-1]) or found


def _others_told(turn: Turn) -> tuple[str, ...]:
    """The people whom an answer lists in the place of whoever isn't there: "I see two people: Ana, …; Ben, …"."""
    return tuple(one.entity for one in turn[1].instead) if len(turn[1].instead) > 1 else ()


def _means_rest(words: frozenset[str]) -> bool:
    """Whether a pronoun means all others: "the rest", "the other two"."""
    return bool(words & REST or "other" in words and words & _SEVERAL)


def _rest(history: Sequence[Turn], timeline: Timeline | None) -> tuple[str, ...]:
    """Who "the rest" are: all but those of the last turn, of the list these are from, else of all who are seen."""
    last = _subjects(history[-1]) if history else ()
    lists = (finding.names for _, finding in reversed(history[:-1]) if last and {*last} < {*finding.names})
    seen = () if timeline is None else chosen(EVERYBODY, [timeline.whole], timeline).sure
    return tuple(name for name in next(lists, seen) if name not in last)


def _subjects(turn: Turn) -> tuple[str, ...]:
    """Whom one turn was about, in order: those it named, else who was found: "she" after "who wears a hat?"."""
    query, finding = turn
    named = _named(query)
    company = len(named) == 1 and (query.where == Has("with") or query.attribute == "with")
    if company and query.select != "who":  # "is Ana with anybody?", "what does he wear?"
        return tuple(dict.fromkeys((*named, *finding.names)))
    if named and query.select != "who":
        return named
    by_looks = (query.whom.such is not None or query.whom.nth != 0) and query.select not in ("who", "count")
    others = finding.against or finding.open if by_looks or query.select == "refuse" else ()
    return finding.names or named or tuple(one.entity for one in others)


def _spoken_of(turn: Turn, timeline: Timeline | None) -> tuple[str, ...]:
    """`_subjects`, and with whom they are asked about by looks: "is the man beside the woman in red?" is about both."""
    others = (has.of for has in queries.atoms(turn[0].where) if has.of is not None)
    of = [whom for whom in others if whom.such is not None or whom.nth]
    theirs = [] if timeline is None else [name for one in of for name in chosen(one, [timeline.whole], timeline).sure]
    return tuple(dict.fromkeys((*_subjects(turn), *theirs)))


def _named(query: Query) -> tuple[str, ...]:
    """The names in a query: "is Ana with Ben?" and "does Ana come before Ben?" name two."""
    with_ = query.where.of.names if isinstance(query.where, Has) and query.where.of is not None else ()
    versus = () if query.versus is None else query.versus.names
    each = (name for event in queries.events_in(query.where) for name in event.whom.names)
    return tuple(dict.fromkeys((*query.whom.names, *with_, *versus, *each)))


def leaned_on(history: Sequence[Turn], heads: Heads, said: Sequence[Slot], part: During) -> Sequence[Turn]:
    """The turns up to the one that a question leans on: the last, but what was only doubted ("are you sure?") is passed
    over, and what was refused by a question that changes more than whom it is about ("and while Ben is there?").
    """
    anew = heads["follow"] == "none" or heads["select"] not in ("same", "why", "refuse") or heads["relation"] != "none"
    changes = anew or any(slot.role in "PFO" for slot in said)
    changes = changes and (bool(said) or heads["follow"] != "ellipsis" or heads["select"] not in queries.TIMES)
    passed = ("why", "refuse") if changes or part != WHOLE else ("why",)  # "since when?" changes nothing
    last = next((i for i in range(len(history), 0, -1) if history[i - 1][0].select not in passed), len(history))
    return history[:last]


def continued(query: Query, question: Tagged, history: Sequence[Turn]) -> Query:
    """A question, as it was read by itself, with what it takes from the turns up to the one that it leans on."""
    last = history[-1]
    if (named := _of_whom_is(query, question, history)) is not query:
        return named
    if queries.is_of_sound(last[0]) and _SAID_IT.match(" ".join(question.seen)):
        return _who_said_it(query, last[0])
    held = tuple(slot.name for slot in question.slots if slot.role == "P" and slot.name)
    if query.select == "why" and held:  # "are you sure it's not Ben?": both
        return replace(query, whom=Whom(tuple(dict.fromkeys((*_subjects(last), *held)))))
    if _AT_ONCE.match(" ".join(question.seen)) and (at_once := _at_once(history)) is not None:
        return at_once
    turns = query.select in ("who", last[0].select) and _ON_OTHER_SIDE.search(" ".join(question.seen))
    if turns and (turned := _turned(query, last)) is not query:
        return turned
    if question.heads["follow"] != "none":
        return _goes_on(query, last, question)
    query = _picked(query, history) if {"one", "ones"} & {*question.seen} else _of_same_person(query, question, last)
    return _leaning(_at_thing(query, question, history), last, question)


def about_other_words(before: Query, text: str) -> Query | None:
    """The question before about other words: "what does Ben say about the doctor?", "and about the pills?"."""
    found, asked = _ABOUT.match(text), {before.attribute, *(has.attribute for has in queries.atoms(before.where))}
    if found is None or "says" not in asked:
        return None
    select: queries.Select = "when" if before.select == "attribute" else before.select
    said = Has("says", found["topic"].strip())
    return replace(before, select=select, attribute=None, where=said, then=None, if_so=False)


def _who_said_it(query: Query, before: Query) -> Query:
    """Who speaks the words that were asked for before: "what is said last?", "who said it?"."""
    said = _condition(before) or Has("speaks")
    during = before.during if query.during == WHOLE else query.during
    return Query("who", where=said, rank=query.rank or before.rank, during=during)


def _at_once(history: Sequence[Turn]) -> Query | None:
    """Whether what was asked before is so at the same time: of several people, or of what was asked one by one."""
    two = [one for one, _ in history[-2:] if len(one.whom.names) == 1 and one.select in queries.WHETHER]
    events = [Event(one.whom, one.where or PRESENT) for one in two]
    if len(events) == 2 and events[0].where != events[1].where:  # "does Ana sit?", "does Ben stand?"
        return Query("when", where=And(tuple(events)), form="polar")
    if len(people := _several(history, None)) < 2:
        return None
    return Query("when", Whom(people, "both"), history[-1][0].where or Has("with"), form="polar")


def _at_thing(query: Query, question: Tagged, history: Sequence[Turn]) -> Query:
    """With the thing that somebody is at, or in: "is there a bed?", "does she lie on it?"; things on it aren't told."""
    on, thing = _ON_IT.search(" ".join(question.seen)), _last_thing(history)
    if not (on and thing) or query.select == "refuse" or query.attribute is not None:
        return query
    if {"anything", "something"} & {*question.seen}:
        return Query("refuse", attribute="thing", refusal="unseen")
    kind: queries.Attribute = "place" if on[1] == "in" and is_known("place", thing) else "near"  # "is she in it?"
    at, parts = canonical(kind, thing), queries.together(query.where)
    unknown = kind == "near" and at == thing
    return query if unknown else replace(query, where=queries.conjunction([*parts, Has(kind, at)]))


def _of_whom_is(query: Query, question: Tagged, history: Sequence[Turn]) -> Query:
    """A query whether somebody spoken of bears a name: "what does the man in red do?", "is he Ben?", "is it Ben?"."""
    said, heads = question.slots, question.labels.heads
    named = [slot for slot in said if slot.name]
    alone = len(named) == 1 and all(slot in named or (slot.role, slot.kind) == ("S", "pronoun") for slot in said)
    leans = alone and (len(said) > 1 or named[0].role == "P" or heads["follow"] == "ellipsis")
    if not leans or heads["select"] != "exists" or history[-1][0].whom == EVERYBODY:
        return query
    last = {*_subjects(history[-1])}
    of_one = [turn[0] for turn in history if _subjects(turn) and last.issuperset(_subjects(turn))]
    told = (one.where if one.select == "who" else one.whom.such for one in reversed(of_one) if not one.whom.names)
    such = next((one for one in told if one is not None and not queries.is_of(one, "gender")), None)
    return Query("exists", Whom((named[0].name,)), such, form="polar")


def _of_same_person(query: Query, question: Tagged, last: Turn) -> Query:
    """A question without a subject, of the one person of the turn before: "is Ana there?", "fell at all?"; "who wears
    a hat?", "is it a man?".
    """
    opens = question.labels.tags[0] in ("P-deed", "P-posture") and query.whom == EVERYBODY
    gender = query.where or query.whom.such
    is_it = question.seen[:2] in (["is", "it"], ["is", "that"]) and queries.is_of(gender, "gender")
    is_it = is_it and replace(query, whom=EVERYBODY, where=None) == Query("exists", form="polar")
    if query.select not in queries.WHETHER or not (opens or is_it) or len(names := _subjects(last)) != 1:
        return query
    return replace(query, whom=Whom(names), where=gender if is_it else query.where)


def _turned(query: Query, last: Turn) -> Query:
    """The question before of the opposite side: right for left; who else is next to her, for who was found there."""
    before, has = replace(last[0], then=None, if_so=False), last[0].where
    if queries.is_of(has, "beside"):
        return replace(before, whom=replace(before.whom, besides=last[1].names))
    if not queries.is_of(has, "left_of", "right_of", "side"):
        return query
    kind = cast(queries.Attribute, _OPPOSITE.get(has.attribute, has.attribute))
    return replace(before, where=replace(has, attribute=kind, value=_OPPOSITE.get(has.value, has.value)))


def _picked(query: Query, history: Sequence[Turn]) -> Query:
    """Who was the second of the last list of people, where "the second one" is asked about."""
    lists = (turn[1].names if len(turn[1].people) > 1 else _others_told(turn) for turn in reversed(history))
    people, nth = next(filter(None, lists), ()), query.whom.nth
    if not nth or query.whom.such is not None or query.whom.names or not -len(people) <= nth <= len(people):
        return query
    return replace(query, whom=Whom((people[nth - 1 if nth > 0 else nth],)))


def asks_name_alone(seen: Sequence[str]) -> bool:
    """Whether words ask who somebody is and nothing else: "who is it?", "and her name?"."""
    return (who := WHO_IS_IT.search(" ".join(seen))) is not None and who["alone"] is not None


def _goes_on(asked: Query, last: Turn, question: Tagged) -> Query:
    """The query before with what an ellipsis changes of it: "and Ben?", "and on the left?", "no, I meant Cleo".

    Args:
        asked: as it was read by itself; its select is that of the query before where it asks the same.
        last: the turn before.
        question: its words and slots.
    """
    before, heads, said = replace(last[0], then=None, if_so=False), question.heads, question.slots
    last, asked = (before, last[1]), _as_meant(asked, before, question)
    if heads["follow"] == "why":  # "are you sure?"
        named = Whom(_named(before)) if before.select != "who" else EVERYBODY  # who was found to be with her
        return Query("why", before.whom if before.whom != EVERYBODY else named, form="wh")
    if asked.attribute == "place" and queries.is_of(before.where, "thing"):  # "is there a car?", "where?"
        return replace(before, select="exists", form="wh")
    alone = asks_name_alone(question.seen)
    if alone and before.attribute in RELATIONS:  # "who does she talk to?", "who is it?"
        return before
    if alone and asked.whom.names:  # "does she wear gloves?", "what's her name?"
        return Query("who", asked.whom)
    if alone and last[1].people and before.where != Has("with") and (before.whom.names or before.attribute):
        return Query("who", before.whom, during=before.during)  # "what does the man wear?", "who is it?"
    if heads["quantifier"] == "only" and asked.where is None and (people := asked.whom.names or _subjects(last)):
        where = before.where if last[1].verdict == "yes" else None  # of all who are there where nobody does it
        return Query("exists", Whom(people, "only"), where, form="polar", during=before.during)
    others = queries.others_in(asked.where)
    of_found = before.rank is not None or {*others} <= {*last[1].names}
    if others and before.select == asked.select == "who" and of_found:
        return replace(asked, during=before.during)  # "who is on the right?", "and next to him?"
    of_cuts = before.select == "shots" and before.whom == EVERYBODY
    if asked.select in queries.TIMES and (of_cuts or before.select == "refuse"):  # "which hand is it?", "since when?"
        return before
    just_names = bool(said) and all(slot.role == "S" and slot.name for slot in said) and before.rank is None
    if just_names and asked.select == before.select in ("who", "count", "length", "shots"):  # "who sits?", "Ben too?"
        where = None if before.select == "shots" or queries.counts_at_once(before) else before.where
        return Query("exists", asked.whom, where, form="polar", during=before.during)
    nth = asked.whom.nth if asked.whom == Whom(nth=asked.whom.nth, nth_by=asked.whom.nth_by) else 0
    if nth and before.rank is not None and asked.select == before.select == "who":  # "who came first?", "the last one?"
        return replace(before, rank=replace(before.rank, k=nth))
    if (end := _at_an_end(asked, before, heads)) is not None:
        return end
    query = before if asked.select == before.select else _of_the_same(asked, last)
    if asked.value or asked.attribute not in (None, query.attribute):  # the same of another attribute
        query = replace(query, attribute=asked.attribute, value=asked.value)
    query = _ranked_anew(_said_again(_of_whom(query, asked), asked, said), asked, heads)
    return _at_its_time(query, asked, last, question)


def _as_meant(asked: Query, before: Query, question: Tagged) -> Query:
    """What an ellipsis asks, in the terms of the query before."""
    affirmed = [part for part in queries.together(asked.where) if not isinstance(part, Not)]
    if question.heads["follow"] == "correction" and affirmed:  # "not red, blue"
        asked = replace(asked, where=queries.conjunction(affirmed))
    if asked.attribute == "worn" and queries.is_of(before.where, "hair"):
        asked = replace(asked, attribute="hair")  # "what colour?"
    again = question.labels.heads["select"] == "same" and before.select == "attribute"
    if again and asked.value not in ("", before.value):  # "glasses too?"
        asked = replace(asked, where=Has(asked.attribute or "worn", asked.value))
    return asked


def _at_an_end(asked: Query, before: Query, heads: Heads) -> Query | None:
    """The first or the last of what was told of somebody, where "before" names no time ("what does she wear?", "and
    before?"); after one of an order the next, or the one before it.
    """
    told = before.select == "attribute" and before.where is None and before.during == WHOLE
    plain = asked.where is None and asked.during == WHOLE and asked.whom in (EVERYBODY, before.whom)
    step = 1 if heads["relation"] == "after" or heads["end"] == "next" else -1 if heads["relation"] == "before" else 0
    if not (told and plain and step and asked.attribute in (None, before.attribute)):
        return None
    if before.rank is None:
        return replace(before, rank=Rank("time", -step))
    k = before.rank.k
    return replace(before, rank=replace(before.rank, k=k + step if (k + step) * k > 0 else k))


def _of_the_same(asked: Query, last: Turn) -> Query:
    """Another question about the same people and the same condition: "how many?", "when?", "which colour?"."""
    before, where = last[0], _condition(last[0])
    if asked.select in queries.TIMES and before.attribute in RELATIONS and len(before.whom.names) == 1:
        found = {row.of: None for one in last[1].people for row in one.rows if row.attribute == before.attribute}
        with_her = Has(before.attribute, of=before.whom)  # "who is next to her?" "when?"
        return replace(asked, whom=Whom(tuple(found)), where=with_her) if found else before
    told = before.select == "attribute" and before.where is None and not before.value
    told = told and before.attribute not in queries.HEARD
    if asked.select == "when" and told and before.whom != EVERYBODY:  # "does she change?", "when?": the rows have times
        return before
    if asked.attribute == "worn":
        worn = next((has.value for has in (before.where,) if queries.is_of(has, "worn", "holding")), None)
        value = asked.value or (before.value if worn is None else worn)
        return replace(asked, whom=_about(asked, last), value=value, where=None)
    if asked.form == "choice" and asked.select != "order":  # "is she smiling?", "inside or outside?"
        where = None
    if asked.select == "when" and where == Not(PRESENT):  # "who leaves first?", "and when?"
        where = Has("leaves")
    if asked.attribute in RELATIONS:  # "is she alone there?", "with whom?"
        kept = [part for part in queries.together(where) if _group(part) != "company"]
        where = joined(kept, "and")
    whom = _about(asked, last)
    if asked.attribute in _OF_HER and whom.names:  # "does she wear gloves?", "her hair?"
        where = _place_of(where) if last[1].people else None
    throughout = asked.throughout or before.throughout and asked.select in ("who", "count")
    return replace(asked, whom=whom, where=where, throughout=throughout)


def _about(asked: Query, last: Turn) -> Whom:
    """Whom another question is about: after "who sits?" is "when?" of those who were found, "how many?" of all."""
    before, with_whom = last[0].whom, queries.others_in(last[0].where)
    people = tuple(name for name in _subjects(last) if name not in with_whom)
    if asked.select in ("who", "count", "order"):
        named = len(before.names) > 1 or asked.select == "order"
        return replace(before, names=before.names if named else (), quantifier="any")
    return before if before.names or not people else replace(before, names=people, such=None)


def _of_whom(query: Query, asked: Query) -> Query:
    """Of those whom an ellipsis names ("and Ben?"); without those whom it leaves out ("and who else?")."""
    each = asked.whom in (Whom(quantifier="all"), Whom(quantifier="both")) and len(query.whom.names) > 1
    if each or asked.whom in (EVERYBODY, query.whom):
        return query
    if not asked.whom.besides or asked.whom.names:
        meant, said = ({has.attribute for has in queries.atoms(one)} for one in (asked.whom.such, query.where))
        other = "gender" in meant & said  # "a woman in red?", "is she Ana?", "and the man?"
        spot = meant & {"side", "shot_size"} and query.where is not None and _group(query.where) == "company"
        where = None if other or spot else query.where  # "who is next to her?", "and the one in the middle?"
        return replace(query, whom=asked.whom, where=where)
    if asked.whom.such is not None:  # "not her, the one with the hat"
        return replace(query, whom=replace(asked.whom, besides=()))
    left = tuple(name for name in query.whom.names if name not in asked.whom.besides)
    names = () if asked.select in ("exists", "who", "count") else left
    told = query.whom.quantifier if asked.whom.quantifier == "any" else asked.whom.quantifier
    such = query.whom.such if told != "all" else None  # "does the man in red sit?", "and everybody else?"
    return replace(query, whom=replace(query.whom, names=names, such=such, besides=asked.whom.besides, quantifier=told))


def _said_again(query: Query, asked: Query, said: Sequence[Slot]) -> Query:
    """With the condition of an ellipsis, or that of before where "it" or "so" stands for it: "who isn't?"."""
    pronouns = (one for one in said if (one.role, one.kind) == ("P", "pronoun"))
    said_it = (one for one in pronouns if asked.where is None or not one.words & CARRIES)  # not "who holds it?"
    again = next(said_it, None)
    if again is not None and query.where is not None:
        before = Not(query.where) if again.denied else query.where
        query = replace(query, where=before)
        worn = before.part if isinstance(before, Not) and again.denied else None
        off = query.select == "exists" and query.whom.names and asked.where is None
        if off and queries.is_of(worn, "worn"):  # "does she take it off?"
            return replace(query, where=And((before,)), during=During("after", Event(query.whom, worn)))
        both = None if asked.where is None else _coloured(asked.where, query.where)
        blue = queries.is_of(both, "worn") and not both.value and queries.is_of(before, "worn")  # "or is it blue?"
        both = And((before, both)) if both is not None and both == asked.where and not blue else both
        return query if both is None else replace(query, where=both)
    return query if asked.where is None else _with_condition(query, asked.where)


def _coloured(asked: Condition, before: Condition | None) -> Condition:
    """A colour as that of the garment before: "does she wear a jacket?", "a blue one?"."""
    worn = next((one for one in queries.atoms(before) if one.attribute == "worn"), None)
    if worn is not None and queries.is_of(asked, "worn") and asked.colour and not asked.value:
        return replace(worn, colour=asked.colour)
    return asked


def _with_condition(query: Query, asked: Condition) -> Query:
    """A condition in the place of one of its kind, beside others: "does she sit in the kitchen?", "in the garden?".

    Where there was none it says where or with whom ("what is Ana doing?", "with Ben?"), or whether somebody has what
    was asked for ("what is she wearing?", "a hat?").
    """
    asked = _coloured(asked, query.where)
    holds = "holding" in (query.attribute, *(part.attribute for part in queries.atoms(query.where)))
    if queries.is_of(asked, "thing") and holds:  # "and a phone?"
        asked = replace(asked, attribute="holding")
    if queries.is_of(asked, "thing") and query.where != asked:  # "what about a dog?"
        return replace(query, select="exists", form="polar", whom=EVERYBODY, where=asked, attribute=None, value="")
    has, group = queries.affirmed(asked), _group(asked)
    of_value = queries.is_of(has, query.attribute) and query.whom != EVERYBODY
    if query.where is None and query.select in ("attribute", "describe") and of_value:
        return replace(query, select="exists", form="polar", where=asked, attribute=None, value="", rank=None)
    with_whom = isinstance(has, Has) and has.of is not None
    if query.where == Has("with") and with_whom and query.select in ("exists", "when"):
        return replace(query, select="when", where=asked)  # "are they together?", "without Ben?"
    if query.select == "when" and group == "company" and query.where is not None:  # "when did he eat?", "alone?"
        query = replace(query, select="exists", form="polar", rank=None)
    kept = [part for part in queries.together(query.where) if group and not _takes_place_of(asked, part)]
    return replace(query, where=queries.conjunction([*kept, asked]))


def _takes_place_of(asked: Condition, before: Condition) -> bool:
    """Whether a condition stands for one before, not beside it: "a coat?", "but no hat?" has both."""
    has, group = queries.affirmed(asked), _group(asked)
    if isinstance(asked, Not) and queries.is_of(has, "worn", "holding") and queries.is_of(before, has.attribute):
        return has.value in ("", before.value)
    return _group(before) in (group, "" if group == "state" else group)


def _ranked_anew(query: Query, asked: Query, heads: Heads) -> Query:
    """The next one of an order ("and then?"), or another end of it ("and last?", "and on the right?")."""
    rank = query.rank
    if rank is not None and heads["end"] == "next":
        return replace(query, rank=replace(rank, k=rank.k + (1 if rank.k > 0 else -1)))
    side = asked.where.value if queries.is_of(asked.where, "side") else ""
    if rank is not None and rank.by in ("left", "right") and side in ("left", "right"):
        return replace(query, where=None, rank=replace(rank, by=cast(queries.RankBy, side)))
    return query if asked.rank is None else replace(query, rank=asked.rank)


def _at_its_time(query: Query, asked: Query, last: Turn, question: Tagged) -> Query:
    """The query that goes on, with the part of the video and the numbers that are asked about."""
    before, during = last[0], _that_time(asked, last, question)
    event, people = during.event, before.whom.names or _subjects(last)
    if event is not None and event.whom == EVERYBODY and not is_of_scene(event.where) and people:  # "while eating?"
        during = replace(during, event=replace(event, whom=Whom(people, "both" if len(people) > 1 else "any")))
    if question.heads["end"] == "next" and before.rank is None and during == WHOLE:  # "and after that?"
        happened = None if before.where is None else Event(_about(before, last), before.where)
        event = before.during.event or happened
        during = _by_numbers(before.during, "after") if event is None else During("after", event)
    query = _what_then(query, asked, during)
    held = before.during if during == WHOLE and not _elsewhere(asked, before) else during
    return replace(
        query, during=held, number=asked.number or query.number, throughout=asked.throughout or query.throughout,
        versus=asked.versus or query.versus,
    )  # fmt: skip


def _that_time(asked: Query, last: Turn, question: Tagged) -> During:
    """The part that a question names; with "then" or "meanwhile" that of before, with "after that" the one after it."""
    before, heads = last[0], question.heads
    pronoun = next((slot for slot in question.slots if slot.role == "F" and slot.kind == "pronoun"), None)
    that = question.seen[0] in ("before", "after") and question.seen[1:2] in (["this"], ["that"])  # "before this, …?"
    apart = (that or heads["follow"] != "none") and heads["relation"] in ("before", "after")
    apart = apart and asked.select != "order"
    ends_in_then = _means_that_time(question, before)
    leans = pronoun is not None or apart or ends_in_then
    if asked.during not in (WHOLE, AFTER_THAT) or not leans and asked.during == WHOLE:
        return asked.during
    then = ends_in_then or pronoun is not None and "then" in pronoun.words  # "what does she do then?"
    relation = asked.during.relation or ("while" if then or heads["relation"] == "none" else heads["relation"])
    part = before.during
    if part.event is not None:
        return part if relation == "while" else replace(part, relation=relation)
    if part != WHOLE:
        return _by_numbers(part, relation)
    found = last[1]
    denied = bool(found.against or found.nothing or found.open or found.missing) and not found.people
    if relation == "while" and denied and before.select in ("who", *queries.WHETHER):  # "does she leave?", "meanwhile?"
        return asked.during
    whom = before.whom if before.whom != EVERYBODY else Whom(_subjects(last))
    nth = before.rank.k if before.select in ("when", "attribute") and before.rank is not None else 0  # "and then?"
    happens = Has("speaks") if before.attribute in queries.HEARD else PRESENT
    did = [row for one in found.people for row in one.rows if row.attribute in TELLING.get(before.attribute or "", ())]
    if nth and before.select == "attribute" and did:  # "what does she do last?", "who is there then?"
        did = [row for row in did if row.attribute != "posture"] or did
        happens, nth = Has(cast(queries.Attribute, did[0].attribute), did[0].value), 0
    return During(relation, Event(whom, before.where or happens), nth)


def _means_that_time(question: Tagged, before: Query) -> bool:
    """Whether a question ends in a "then" that is a time: "is Ben with her then?" after "when does Ana sit?", but not
    "so he is alone then?", nor "and then?".
    """
    located = before.select == "when" or before.during != WHOLE
    whole = len(question.seen) > 3 and question.seen[0] not in ("so", "ok", "well")
    return located and whole and _last_word(question) == "then"


def _last_word(question: Tagged) -> str:
    return next((word for word in reversed(question.seen) if word.isalpha()), "")


def _by_numbers(part: During, relation: str) -> During:
    """What lies before or after a part that is named by numbers; else the part itself."""
    if part.unit in ("seconds", "share") and relation == "before" and part.start_s:
        return replace(part, start_s=0.0, end_s=part.start_s)
    if part.unit in ("seconds", "share") and relation == "after" and part.end_s is not None:
        return replace(part, start_s=part.end_s, end_s=None)
    opens = part.unit == "edge" and relation == "after" and part.start_s == 0
    return replace(part, start_s=1.0) if opens else part


def _what_then(query: Query, asked: Query, during: During) -> Query:
    """What somebody does, or wears, before or after what was asked of her: "when does she sit?", "and before that?"."""
    event, kind = during.event, next((has.attribute for has in queries.atoms(query.where)), None)
    same = event is not None and event.whom == query.whom and event.where == query.where
    if not same or during.relation not in ("before", "after") or asked.where is not None or kind is None:
        return query
    told: queries.Attribute = kind if kind in ("worn", "hair", "holding", *queries.PLACES) else "deed"
    return Query("attribute", query.whom, attribute=told)


def _elsewhere(asked: Query, before: Query) -> bool:
    """Whether another place is asked about than that of the time before: after "what does Ana do when she is in the
    kitchen?" the question "and in the garden?" isn't about when she is in the kitchen.
    """
    held = before.during.event
    placed = held is not None and held.whom in (EVERYBODY, before.whom) and _place_of(held.where) is not None
    return placed and asked.where is not None and _place_of(asked.where) == asked.where


def _leaning(query: Query, last: Turn, question: Tagged) -> Query:
    """A whole question that leans on the one before: "what is Ben doing then?", "does he wear it, too?"."""
    said = question.slots
    there = any(slot.role == "F" and "there" in slot.words for slot in said)
    there = there or query.where is not None and _last_word(question) == "there"  # "who is beside her there?"
    if there and (place := _place_of(last[0].where)) is not None:  # "is she in the kitchen?", "what does she do there?"
        return replace(query, where=place if query.where is None else queries.conjunction([query.where, place]))
    if last[0].select == "shots" and last[0].where is not None and query.during == WHOLE:  # "who is in them?"
        query = replace(query, during=During("while", Event(last[0].whom, last[0].where)))
    said_so = words_of(slot for slot in said if slot.kind == "pronoun")
    of_them = said_so & {"them", "those", "these"} and query.select in ("who", "count")
    if (of_them or said_so & {"they"} and _found_by(last)) and query.during == WHOLE:  # "how many at 1:40?"
        query = replace(query, during=last[0].during)
    asked = {has.attribute for has in queries.atoms(query.where)} - {"gender", "hair"}
    place = _place_of(last[0].where) if of_them and _found_by(last) and asked.isdisjoint(queries.PLACES) else None
    if asked and place is not None:  # "who is in the garden?", "which of them sits?"
        query = replace(query, where=queries.conjunction([*queries.together(query.where), place]))
    if said_so & {"they"} and _found_by(last) and query.select == "attribute" and query.where is None:
        query = replace(query, where=_place_of(last[0].where))  # "who is in the garden?", "what do they do?"
    again = any(slot.role == "P" and slot.kind == "pronoun" for slot in said)
    query = _said_again(replace(query, where=_condition(last[0])), query, said) if again else query
    if query.select in ("compare", *queries.TIMES) and query.whom == EVERYBODY and query.where is None:
        looks = all(has.attribute in ("gender", "hair", "worn") for has in queries.atoms(last[0].where))
        query = replace(query, whom=_about(query, last), where=None if looks else last[0].where)
    return replace(query, during=_that_time(query, last, question))


def _found_by(last: Turn) -> bool:
    """Whether the people of the turn before were found, not named: "who is sitting?"."""
    query = last[0]
    return query.select in ("who", "exists", "count") and not query.whom.names and query.rank is None


def _condition(query: Query) -> Condition | None:
    """What a query asks of people, or that they have what it asks an attribute of: "what colour is the apron?"."""
    if query.attribute in queries.HEARD and query.where is None:
        return Has("speaks")
    held = query.attribute in ("holding", "worn")  # "what is Ana holding?", "does she put it down?"
    named = query.attribute is not None and query.select == "attribute" and (query.value or held)
    return Has(query.attribute, query.value) if query.where is None and named and query.attribute else query.where


def _place_of(where: Condition | None) -> Condition | None:
    """The places among conditions: "in the garden"; None for none."""
    places = [part for part in queries.together(where) if queries.is_of(part, *queries.PLACES)]
    return joined(places, "and")


def _group(condition: Condition) -> str:
    """Which conditions take each other's place in a question that goes on; "" for those that take any."""
    return next((name for name, kinds in _GROUPS.items() if kind_of(condition) in kinds), "")
