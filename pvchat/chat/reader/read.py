"""Reading a question: text and enrolled names in, a `Query` out.

read("what's the man in red doing while Ben is away?", names) is
Query("attribute", Whom(such=And((Has("gender", "man"), Has("worn", "", "red")))), attribute="deed",
during=During(relation="while", event=Event(Whom(("Ben",)), Not(Has("present")))))
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pvchat.chat.english import word_set
from pvchat.chat.query import WHOLE, During, Query, atoms, is_numbered, is_of_sound
from pvchat.chat.reader import decode, followups, rules
from pvchat.chat.reader.followups import Turn
from pvchat.chat.reader.network import OF_LIBRARY, Labels, Network
from pvchat.chat.reader.rewordings import REWORDINGS, in_plain_words
from pvchat.chat.reader.slots import Tagged, slots_of
from pvchat.chat.reader.timewords import SHARES, named_part
from pvchat.chat.reader.words import NAME, Word, known_phrases, language_of, participle, worded
from pvchat.chat.run import run
from pvchat.chat.timeline import Finding, Timeline

# One of the two would be passed over: "at the end but not at the beginning", "after Ana but before Ben", "between Ana
# sitting and Ben leaving".
_TWO_PARTS = re.compile(
    r"(?i) but not (?:before|after|(?:in|at) (?:the )?(?:first|second|third|fourth|last|beginning|start|end|shot|\d))"
    r"|\b(?:after|before) [^\d?]+ but (?:after|before)\b"
    r"|\bbetween (?:when )?.*\w+ing\b.* and .*(?:\w+ing\b|the end)"
)
# Words that ask nothing by themselves: "and at 3:40?"
_EMPTY = word_set("and or but then what how about also just only say sorry i mean meant no said ? , . !")


@dataclass(frozen=True)
class Known:
    """What a question may speak of."""

    names: Sequence[str]  # of everyone enrolled, as they are spelled
    aliases: Mapping[str, str] = field(default_factory=dict)  # other names of theirs -> the enrolled name
    history: Sequence[Turn] = ()  # earlier questions and what was found, oldest first
    timeline: Timeline | None = None  # of the clip: who is there; and who is a man or a woman, for "he" and "she"
    of_library: bool = False  # many videos are asked about, not one


def read(text: str, known: Known) -> Query:
    """The query that a question asks."""
    if _TWO_PARTS.search(text):
        return Query("refuse", refusal="unclear")
    words, part = worded(in_plain_words(text, REWORDINGS), known.names, known.aliases)
    if not is_numbered(part) and not any(word.seen[0].isalnum() for word in words):
        return Query("refuse", refusal="unclear")
    typed = " ".join(word.seen if word.name else word.typed.lower() for word in words)  # no slip is mended
    if (language := language_of(typed)) is not None:
        return Query("refuse", refusal="foreign", value=language)
    return _query_of(words, part, known)


def _query_of(words: Sequence[Word], part: During, known: Known) -> Query:
    """What some words ask; the second of two questions in one is the `then` of the first."""
    seen = [word.seen for word in words]
    if known.history and (other := _other_part(known.history[-1][0], part, {*seen})) is not None:
        return replace(known.history[-1][0], during=other)
    typed = " ".join(word.typed for word in words)
    if known.history and (said := followups.about_other_words(known.history[-1][0], typed)) is not None:
        return said
    if not words:  # nothing but a time
        return Query("refuse", refusal="unclear")
    labels = _labels(tuple(seen), known.of_library)
    if (clearer := _without_thing_as_name(words, known) or _with_verb(words, labels)) is not None:
        return _query_of(clearer, part, known)
    if second := rules.second_at(words, labels):
        return _two(words, second, part, known, labels.heads["if_so"] == "yes")
    if not labels.whole:  # its end may say what it asks
        return Query("refuse", refusal="unclear")
    return _called(_query_of_one(words, labels, part, known), words, known)


def _called(query: Query, words: Sequence[Word], known: Known) -> Query:
    """A query with whether those it is about were called by their names, or only "he" was."""
    said = {word.name for word in words}.union(*(before.whom.called for before, _ in known.history))
    return query if said.issuperset(query.whom.names) else replace(query, whom=replace(query.whom, by_name=False))


def _without_thing_as_name(words: Sequence[Word], known: Known) -> Sequence[Word] | None:
    """The words with a thing as itself that was taken for a person's name: "where is toothbrush?"; None of others."""
    seen = [word.seen for word in words]
    for i in (i for i, word in enumerate(words) if word.seen == NAME and word.typed.islower() and not word.name):
        as_typed = _labels((*seen[:i], words[i].typed, *seen[i + 1 :]), known.of_library)
        if as_typed.tags[i][1:] in ("-thing", "-worn", "-holding", "-near"):
            return [*words[:i], Word(words[i].typed, words[i].typed), *words[i + 1 :]]
    return None


def _with_verb(words: Sequence[Word], labels: Labels) -> Sequence[Word] | None:
    """The words as a question, of a name and a verb or one more word: "is Ana ok?" for "Ana ok?", "what is Ana playing"
    for "Ana play what?"; None of others.
    """
    name, *more = [word.seen for word in words]
    if name == NAME and more[1:2] == ["what"] and more[2:] in ([], ["?"]) and labels.heads["select"] == "refuse":
        said = ("what", "is", participle(more[0]))
        asks, is_, does = (Word(one, one) for one in said)
        return [asks, is_, words[0], does, *words[3:]]
    alone = name == NAME and labels.tags[1:2] == ("O",) and more[1:] in ([], ["?"])
    return [Word("is", "is"), *words] if alone and more[0].isalpha() and more[0] not in rules.ASKING else None


def _other_part(query: Query, part: During, seen: set[str]) -> During | None:
    """The part of the video of a question that names nothing else: "and at 3:40?", "in the first half?", "and in the
    second?", "who is there at the end?", "and in the middle?".
    """
    before = query.during
    if is_numbered(part) and seen <= _EMPTY:
        return part
    which = seen - _EMPTY - {"in", "the", "one"}
    if which == {"middle"} and is_numbered(before) and not any(has.attribute == "side" for has in atoms(query.where)):
        return named_part("in the middle of the video")[1]
    second = next(iter(which - {"at", "second"}), "")
    if before.unit == "seconds" and is_numbered(before) and second.isdigit() and which == {"at", second}:
        return During(start_s=float(second), end_s=float(second))  # "at second 30?", "and at 100?"
    if before.unit != "share" or before.end_s is None or len(which) != 1:
        return None
    parts = round(1 / (before.end_s - before.start_s))
    share = next((word for word, count in SHARES.items() if count == parts), "")  # "": of "in the middle"
    return named_part(f"in the {which.pop()} {share}")[1] if share else None


def _query_of_one(words: Sequence[Word], labels: Labels, part: During, known: Known) -> Query:
    """What one question asks, by what the network says of its words."""
    seen = [word.seen for word in words]
    labels = rules.passed_over(rules.behind_whom(labels, seen), seen)
    slots = rules.of_them(rules.into_or_out_of(slots_of(words, labels.tags), seen), seen, labels)
    said = [rules.as_done(rules.as_gaze(slot, seen), seen) for slot in slots]
    slots = followups.resolved(said, known.history, known.timeline)
    history = followups.leaned_on(known.history, labels.heads, said, part)
    heads = rules.heads_by_rule(Tagged(seen, labels, slots), history)
    heads, slots = rules.one_with_another(heads, slots, seen)
    question = Tagged(seen, labels, said, heads)
    query = rules.query_by_rule(decode.query_of(heads, rules.event_roles(heads, slots), part), question)
    query = query if known.of_library else rules.of_unread_words(query, question)
    by_last = query.unit == "video" and query.during.nth != 0  # "who is in the last video?"
    if known.of_library and not (query.unit and query.per) and not by_last:
        query = replace(query, unit="", per="")
    if (refused := rules.of_colour(query, seen, history[-1][0] if history else None)) is not query:
        return refused
    if history:
        return followups.continued(query, question, history)
    nothing_before = query.during == followups.AFTER_THAT and is_of_sound(query)  # "who answers?", where nobody spoke
    if nothing_before and query.whom.names:  # "what does Ben answer?" is what he says
        return replace(query, during=During(), rank=None)
    return Query("refuse", refusal="unclear") if nothing_before else query


def _two(words: Sequence[Word], second: int, part: During, known: Known, if_so: bool) -> Query:
    """Two questions in one: the second may lean on the first, or on what is only stated before it."""
    stated = rules.is_statement(words[:second])
    first = _half(words[:second], part, known)
    timeline = None if known.of_library else known.timeline
    found = Finding(first) if timeline is None else run(first, timeline)
    after = replace(known, history=(*known.history, (first, replace(found, missing=()))))  # nobody was told of it yet
    then = _half(words[second:], part, known if stated and first.select == "refuse" else after)
    if then.select == "refuse" and rules.is_statement([*words[second:], Word(".", ".")]):  # "…? I need it for a poster"
        return first
    reason = rules.is_statement(words[second:]) and words[second - 1].seen == "?" and then.select == "exists"
    if stated and then.select == "why" or reason:  # "Ana sits. Is that right?", "Is Ana there? My son says she is."
        return first
    if_so = if_so and "if not" not in " ".join(word.seen for word in words[second:])
    return then if stated else _followed(first, then, if_so)


def _followed(first: Query, then: Query, if_so: bool) -> Query:
    """A question, which may be several, with one more after it."""
    if first.then is None:
        return replace(first, then=then, if_so=if_so)
    return replace(first, then=_followed(first.then, then, if_so))


def _half(words: Sequence[Word], part: During, known: Known) -> Query:
    """One of two questions, with the part of the video that it names by itself: "… and who is there at the end?"."""
    if part != WHOLE:
        return _query_of(words, part, known)
    typed = " ".join(w.typed for i, w in enumerate(words) if not (i and w.typed == "'s" and words[i - 1].name))
    alone, named = worded(re.sub(r"(?<=\d) ([:.]) (?=\d)", r"\1", typed).replace(" '", "'"), known.names, known.aliases)
    return _query_of(words if named == WHOLE else alone, named, known)


@lru_cache(maxsize=512)
def _labels(seen: tuple[str, ...], of_library: bool) -> Labels:
    """What the network says of some words. The same question is read before a clip is looked through, after that with
    its timeline, and again as history; and it is the same for every name, for names are masked.
    """
    before = OF_LIBRARY if of_library else ()
    at = len(before)
    phrases = [(start + at, end + at, kind) for start, end, kind in known_phrases(seen)]
    told = _network().read((*before, *seen), phrases)
    return replace(told, tags=told.tags[at:], second=max(told.second - at, -1))


@lru_cache(maxsize=1)
def _network() -> Network:
    return Network()
