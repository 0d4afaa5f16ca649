"""Reading a question: text and enrolled names in, a `Query` out.

read("what's the man in red doing while Ben is away?", names) is
Query("attribute", Whom(such=And((Has("gender", "man"), Has("worn", "", "red")))), attribute="deed",
during=During(relation="while", event=Event(Whom(("Ben",)), Not(Has("present")))))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pvchat.chat.finding import Finding
from pvchat.chat.query import During, Query, Whom
from pvchat.chat.reader.decode import query_of
from pvchat.chat.reader.foreign import ForeignQuestion, read_foreign
from pvchat.chat.reader.history import Turn, goes_on, resolved
from pvchat.chat.reader.network import Labels, Network
from pvchat.chat.reader.slots import Slot, slots_of
from pvchat.chat.reader.words import Word, Wording, worded
from pvchat.chat.run import run
from pvchat.chat.timeline import Timeline
from pvchat.chat.window import is_numbered

_EMPTY = frozenset(("and", "or", "but", "then", "what", "how", "about", "also", "?", ",", ".", "!"))
LEAST = 0.5  # probability of what is asked below which a question isn't read [choice, see the card]


@dataclass(frozen=True)
class Known:
    """What a question may speak of.

    Attributes:
        names: of everyone enrolled, as they are spelled.
        aliases: other names of theirs -> the enrolled name.
        history: earlier questions and what was found, oldest first.
        timeline: of the clip, where it is known: who is there, and who is a man or a woman, for "he" and "she".
    """

    names: Sequence[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    history: Sequence[Turn] = ()
    timeline: Timeline | None = None


def read(text: str, known: Known) -> Query:
    """The query that a question asks."""
    wording = worded(text, known.names, known.aliases)
    if not is_numbered(wording.part) and not any(word.seen[0].isalnum() for word in wording.words):
        return Query("refuse", refusal="unclear")
    if known.history and is_numbered(wording.part) and set(wording.seen) <= _EMPTY:  # "and at 3:40?"
        return replace(known.history[-1][0], during=wording.part)
    if (foreign := read_foreign(" ".join(wording.seen))) is not None:
        return _of_foreign(foreign, wording)
    return _read(wording.words, wording.part, known)


def _of_foreign(foreign: ForeignQuestion, wording: Wording) -> Query:
    """Who is there, or how many, asked in another language; whatever else it asks isn't read."""
    names = tuple(dict.fromkeys(word.name for word in wording.words if word.name))
    if foreign.reply:
        return Query("refuse", refusal="foreign", value=foreign.language)
    if foreign.counts:
        return Query("count")
    both = Whom(names, "both" if len(names) > 1 else "any")
    return Query("exists", both, form="polar") if names and not foreign.asks_who else Query("who")


def _read(words: Sequence[Word], part: During, known: Known) -> Query:
    labels = _network().read([word.seen for word in words])
    if 0 < labels.second < len(words):
        return _two(words, labels.second, part, known)
    if labels.sure["select"] < LEAST and labels.heads["follow"] == "none":
        return Query("refuse", refusal="unclear")
    slots = resolved(slots_of(words, labels.tags), known.history, known.timeline)
    query = query_of(labels.heads | {"join": _joined_by(words, slots) or labels.heads["join"]}, slots, part)
    return _in_history(query, labels, slots, known)


def _joined_by(words: Sequence[Word], slots: Sequence[Slot]) -> str:
    """The word between what is asked: "or", "and"; "" for none."""
    asked = [slot.at for slot in slots if slot.role == "P"]
    between = [word.seen for word in words[min(asked, default=0) : max(asked, default=0)]]
    return next((word for word in between if word in ("or", "and")), "")


def _in_history(query: Query, labels: Labels, slots: Sequence[Slot], known: Known) -> Query:
    follow = labels.heads["follow"]
    if follow == "none" or not known.history:
        return query
    return goes_on(query, known.history[-1][0], follow, slots)


def _two(words: Sequence[Word], second: int, part: During, known: Known) -> Query:
    """Two questions in one: the second may lean on the first."""
    first = _read(words[:second], part, known)
    found = Finding(first) if known.timeline is None else run(first, known.timeline)
    turns = (*known.history, (first, found))
    labels = _network().read([word.seen for word in words[second:]])
    then = _read(words[second:], part, replace(known, history=turns))
    return replace(first, then=replace(then, then=None), if_so=labels.heads["if_so"] == "yes")


@lru_cache(maxsize=1)
def _network() -> Network:
    return Network()
