"""What a question leans on: the questions before it and what was found for them.

"she" after "Is Ana there?" is Ana; "they" after that and "And Ben?" are both; "And Ben?" asks of Ben what was asked
before; "the other one" is who of a list wasn't named last. Read from (Query, Finding) pairs, never from sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.finding import Finding
from pvchat.chat.query import EVERYBODY, WHOLE, During, Has, Query, Select, Whom
from pvchat.chat.reader.slots import Slot
from pvchat.chat.timeline import Timeline
from pvchat.chat.vocabulary import word_set

Turn = tuple[Query, Finding]
_SEVERAL = frozenset(("they", "them", "their", "theirs", "both", "these", "those", "all", "two", "three", "four"))
_HE, _SHE = frozenset(("he", "him", "his", "himself")), frozenset(("she", "her", "hers", "herself"))
_TIMES = ("when", "how_long", "how_often")
_ASKED: dict[str, Select] = {"many": "count", "long": "how_long", "often": "how_often", "when": "when", "who": "who",
                             "seconds": "how_long"}  # fmt: skip
_RANKS = word_set("first last longest shortest most least furthest farthest leftmost rightmost nearest closest")
_FAR_BACK = 4  # turns that "they" may reach back to


def subjects(turn: Turn) -> tuple[str, ...]:
    """Whom one turn was about, in order: those it named, else those that were found."""
    query, finding = turn
    named = _named(query)
    if named and query.select != "who":
        return named
    return finding.names or named


def _named(query: Query) -> tuple[str, ...]:
    """The names in a query, of whom it asks and with whom or against whom."""
    with_ = query.where.of.names if isinstance(query.where, Has) and query.where.of is not None else ()
    versus = () if query.versus is None else query.versus.names
    return tuple(dict.fromkeys((*query.whom.names, *with_, *versus)))


def meant_by(pronoun: str, history: Sequence[Turn], timeline: Timeline | None) -> tuple[str, ...]:
    """The names that a pronoun stands for; empty where nobody can be meant.

    Args:
        pronoun: in lower case, with its noun: "she", "their", "the other one".
        history: the turns before, oldest first.
        timeline: of the clip: who is a man or a woman there; who is there alone is meant where nobody was named.
    """
    words = set(pronoun.split())
    genders = {} if timeline is None else {row.entity: row.value for row in timeline.rows if row.attribute == "gender"}
    if words & _SEVERAL:
        return _several(history)
    if "other" in words:
        return _other(history)
    for turn in reversed(history):
        fits = [name for name in subjects(turn) if _fits(words, genders.get(name, ""))]
        if len(fits) == 1:
            return (fits[0],)
        if len(fits) > 1:
            last = [name for name in _named(turn[0]) if name in fits]
            return (last[0],) if len(last) == 1 else (fits[0],)
    there = [] if timeline is None else [e.name for e in timeline.entities if e.known and e.decision == "present"]
    fits = [name for name in there if _fits(words, genders.get(name, ""))]
    return (fits[0],) if len(fits) == 1 else ()


def _fits(words: set[str], gender: str) -> bool:
    """Whether somebody of this gender ("": not known) can be meant."""
    return not gender or not (words & _HE and gender == "woman" or words & _SHE and gender == "man")


def _several(history: Sequence[Turn]) -> tuple[str, ...]:
    """Those of the last turns, back to where there are two of them."""
    found: tuple[str, ...] = ()
    for turn in reversed(history[-_FAR_BACK:]):
        found = (*(name for name in subjects(turn) if name not in found), *found)
        if len(found) > 1:
            break
    return found


def _other(history: Sequence[Turn]) -> tuple[str, ...]:
    """Who was on the last list, or spoken of before, and not in the last turn."""
    if not history:
        return ()
    last = subjects(history[-1])
    for turn in reversed(history[:-1]):
        rest = tuple(name for name in subjects(turn) if name not in last)
        if rest:
            return rest[:1]
    return tuple(one for one in last[1:2])


def listed(history: Sequence[Turn]) -> tuple[str, ...]:
    """The people of the last answer that named several, for "the second one"."""
    for _, finding in reversed(history):
        if len(finding.people) > 1:
            return finding.names
    return ()


def picked(query: Query, history: Sequence[Turn]) -> Query:
    """Who was the second of the last list of people, where "the second one" is asked about."""
    people, nth = listed(history), query.whom.nth
    if not nth or query.whom.such is not None or query.whom.names or not -len(people) <= nth <= len(people):
        return query
    return replace(query, whom=Whom((people[nth - 1 if nth > 0 else nth],)))


def resolved(slots: Sequence[Slot], history: Sequence[Turn], timeline: Timeline | None) -> list[Slot]:
    """The slots with names in the place of pronouns; one that nobody can be meant by is left out."""
    found: list[Slot] = []
    for slot in slots:
        if slot.role == "P" and slot.kind == "pronoun":
            continue  # "is he wearing it?": `goes_on`
        if slot.kind != "pronoun":
            found.append(slot)
            continue
        names = meant_by(slot.typed.lower(), history, timeline)
        found += [replace(slot, kind="name", name=name, value=name, at=slot.at) for name in names]
    return found


def goes_on(asked: Query, last: Turn, follow: str, said: Sequence[Slot], words: Sequence[str]) -> Query:
    """The query before with what an ellipsis changes of it: "and Ben?", "and on the left?", "no, I meant Cleo".

    Args:
        asked: the ellipsis as it was read by itself.
        last: the turn before.
        follow: "ellipsis", "correction" or "why".
        said: its slots.
        words: its words.
    """
    previous = last[0]
    if follow == "why":
        return Query("why", previous.whom, form="wh")
    roles, changed = {slot.role for slot in said}, replace(previous, then=None, if_so=False)
    ranked = asked.rank is not None and bool(_RANKS & set(words))
    if not roles and not ranked or _turned(previous, words):
        return _of_the_same(asked, changed, last, words)
    if "S" in roles and asked.whom != EVERYBODY:
        changed = _unranked(replace(changed, whom=_kept(asked.whom, previous.whom)))
    elif asked.where is not None and "P" in roles:
        changed = _with_condition(changed, asked)
    return _with_rest(replace(changed, rank=asked.rank) if ranked else changed, asked)


def _turned(before: Query, words: Sequence[str]) -> bool:
    """Whether an order is asked for from its other end: "and last?" after "who is first?"."""
    sides = before.rank is not None and before.rank.by in ("left", "right") and {"left", "right"} & set(words)
    return before.rank is not None and bool({"first", "last"} & set(words) or sides)


def _with_rest(changed: Query, asked: Query) -> Query:
    """With the part and whom they are held against, where an ellipsis names them."""
    if asked.during != WHOLE:
        changed = replace(changed, during=asked.during)
    return changed if asked.versus is None else replace(changed, versus=asked.versus)


def _of_the_same(asked: Query, before: Query, last: Turn, words: Sequence[str]) -> Query:
    """Another question about the same ("how many?", "when?"), or the next one of an order ("and then?")."""
    if before.rank is not None and {"then", "next"} & set(words):
        return replace(before, rank=replace(before.rank, k=before.rank.k + (1 if before.rank.k > 0 else -1)))
    if before.rank is not None and (side := next((one for one in ("left", "right") if one in words), None)):
        return replace(before, rank=replace(before.rank, by="left" if side == "left" else "right"))
    if before.rank is not None and {"first", "last"} & set(words):
        return replace(before, rank=replace(before.rank, k=1 if "first" in words else -1))
    select = next((_ASKED[word] for word in words if word in _ASKED), None)
    if {"colour", "color"} & set(words):
        return replace(before, select="attribute", attribute="worn", value=_worn(before), where=None, form="wh")
    if select is None or select == before.select:
        return _with_rest(before, asked)
    whom = before.whom if before.whom.names or not subjects(last) or select in ("count", "who") else None
    whom = whom or replace(before.whom, names=subjects(last), such=None)
    return replace(before, select=select, whom=whom, form="wh", number=None, during=_during(asked, before))


def _worn(query: Query) -> str:
    """The garment that a query is about; "" for none."""
    return query.where.value if isinstance(query.where, Has) and query.where.attribute == "worn" else query.value


def _during(asked: Query, before: Query) -> During:
    return before.during if asked.during == WHOLE else asked.during


def _unranked(query: Query) -> Query:
    """How long, how often or when somebody is seen who is named after "who longest?"."""
    asked: dict[str, Select] = {"long": "how_long", "often": "how_often", "time": "when"}
    if query.rank is None or query.select != "who" or query.rank.by not in asked or not query.whom.names:
        return query
    whom = replace(query.whom, quantifier="any") if len(query.whom.names) == 1 else query.whom
    return replace(query, select=asked[query.rank.by], rank=None, whom=whom)


def leaning(query: Query, last: Turn, words: Sequence[str]) -> Query:
    """A question that leaves out what the one before said.

    "When?" asks of whom and what was asked before; "is he wearing it?" of the jacket; "at that moment" of that part;
    "who else?" leaves those out who were spoken of.
    """
    before, _ = last
    if query.select in _TIMES and query.whom == EVERYBODY and query.where is None:
        people = subjects(last)
        whom = replace(before.whom, such=None, names=people) if people else before.whom
        query = replace(query, whom=whom, where=before.where)
    if "that" in words and {"moment", "time", "point", "scene"} & set(words) and query.during == WHOLE:
        query = replace(query, during=before.during)
    if query.select in ("who", "count") and "else" in words and not query.whom.besides and not _named(query):
        query = replace(query, whom=replace(query.whom, besides=subjects(last)))
    return query


def _kept(whom: Whom, before: Whom) -> Whom:
    """Whom an ellipsis names, with nothing of whom it was before but that they are known or not."""
    return whom if whom.names or whom.known is not None else replace(whom, known=before.known)


def _with_condition(query: Query, asked: Query) -> Query:
    """A condition put in the place of the one before: of those asked about where there was none."""
    if query.where is None and query.select in ("attribute", "describe"):
        return replace(query, whom=replace(query.whom, names=(), such=asked.where))
    return replace(query, where=asked.where)
