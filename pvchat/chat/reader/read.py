"""Reading a question: text and enrolled names in, a `Query` out.

read("what's the man in red doing while Ben is away?", names) is
Query("attribute", Whom(such=And((Has("gender", "man"), Has("worn", "", "red")))), attribute="deed",
during=During(relation="while", event=Event(Whom(("Ben",)), Not(Has("present")))))

The network sees "What's Ana wearin at 3:20?" as ["what", "'s", "alex", "wearing", "?"]: names masked, slips mended,
times by the clock cut out. Names that nobody bears are masked too, with no name to them: those that are nearly an
enrolled one ("Anna"), and words with a capital where none belongs ("is Barnaby there?").
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pvchat.chat.finding import Finding
from pvchat.chat.query import WHOLE, During, Has, Number, Query, Rank, Select, Whom, is_numbered
from pvchat.chat.reader.decode import query_of
from pvchat.chat.reader.foreign import ForeignQuestion, read_foreign
from pvchat.chat.reader.history import Turn, as_before, goes_on, leaning, picked, resolved
from pvchat.chat.reader.names import Mention, find_mentions
from pvchat.chat.reader.network import WORD, Labels, Network, is_word
from pvchat.chat.reader.slots import (
    NAME,
    RELATIONS_IN_TIME,
    Slot,
    Word,
    comes_back,
    coordinated,
    lexicon_words,
    returns,
    slots_of,
    taken_up,
    with_event,
)
from pvchat.chat.reader.sound import sound_query
from pvchat.chat.reader.timewords import named_part
from pvchat.chat.run import run
from pvchat.chat.timeline import Timeline
from pvchat.chat.vocabulary import FUNCTION_WORDS, word_set

_EMPTY = frozenset(("and", "or", "but", "then", "what", "how", "about", "also", "?", ",", ".", "!"))
LEAST = 0.5  # probability from which a question is refused [choice]
_TIMES = {"first": "first", "second": "second", "2nd": "second", "third": "third", "3rd": "third", "last": "last",
          "final": "last", "1st": "first"}  # fmt: skip
_SHARE = frozenset(("percentage", "percent", "percantage", "share", "%"))
_OPENERS = frozenset(("who", "whom", "whose", "what", "where", "when", "which", "how", "why", "is", "are", "was",
                      "were", "does", "do", "did", "has", "have", "can", "could", "will"))  # fmt: skip
_STATING = frozenset(("there", "he", "she", "they", "it", "i", "i'm", "we", "this", "that", "my", "our", "his", "her",
                      "their", "the", "a", "an", "after", "before", "while", "since", NAME))  # fmt: skip
_ENDS, _CALLED = (".", "?", "!"), frozenset(("called", "name", "named"))
_PEOPLE = frozenset(("people", "persons", "person", "men", "women", "man", "woman"))  # after their number
_NEARLY, _SLIP = 0.8, 0.8  # difflib's ratio from which a word is an enrolled name, or a word that is known, misspelt
_SHORTEST = 4  # letters of a word that is looked at for slips
_CAPITALS = frozenset(("i", "i'm", "i'd", "i'll", "i've", "tv", "ok", "cctv", "pvchat", "english"))
_ASKED = (
    "what", "wearing", "where", "doing", "which", "while", "before", "after", "together", "there", "video", "standing",
    "sitting", "talking", "people", "person", "beside", "next", "between", "without", "anyone", "someone", "everybody",
    "nobody", "always", "never", "when", "whose", "does", "isn't", "aren't", "furthest", "farthest", "leftmost",
    "rightmost", "further", "secs", "mins",
)  # fmt: skip
_KINDS = {  # of small talk, of wishes and of what nobody sees, each the first whose word stands in the question
    "unseen": {
        "mood": word_set(
            """feel feels feeling feelings mood moods emotion emotions emotional happy happiness unhappy sad sadness
            angry mad upset cheerful glad annoyed worried scared afraid nervous excited depressed joyful miserable bored
            surprised"""
        ),
    },
    "small_talk": {
        "thanks": word_set("thanks thank thx cheers great cool nice perfect awesome wow brilliant"),
        "bye": word_set("bye goodbye later night"),
        "sorry": word_set("stupid idiot dumb useless wrong bad terrible awful rubbish garbage shut hate suck"),
        "sure": word_set("sure certain really know"),
        "who": word_set("you help name"),
        "hello": word_set("hello hi hey morning evening afternoon"),
    },
    "wish": {
        "forget": word_set("forget delete remove erase drop"),
        "rename": word_set("rename call change"),
        "enroll": word_set("save enroll enrol add remember register learn store"),
        "jump": word_set("jump go take skip play show seek rewind forward"),
    },
}


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


@dataclass(frozen=True)
class _Wording:
    """A question's words, and the part of the video that it names by numbers."""

    words: tuple[Word, ...]
    part: During = WHOLE

    @property
    def seen(self) -> list[str]:
        """What the network reads."""
        return [word.seen for word in self.words]


def read(text: str, known: Known) -> Query:
    """The query that a question asks."""
    wording = _worded(text, known.names, known.aliases)
    if not is_numbered(wording.part) and not any(word.seen[0].isalnum() for word in wording.words):
        return Query("refuse", refusal="unclear")
    typed = " ".join(word.seen if word.name else word.typed.lower() for word in wording.words)  # no slip is mended
    if (foreign := read_foreign(typed)) is not None:
        return _of_foreign(foreign, wording)
    return _read(wording.words, wording.part, known)


def _worded(text: str, names: Sequence[str], aliases: Mapping[str, str]) -> _Wording:
    """A question as the reader sees it."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").split())
    tidy, part = named_part(plain)
    words = _words(tidy, find_mentions(tidy, names, aliases))
    called = frozenset(form.casefold() for form in (*names, *aliases))
    shouting = tidy == tidy.upper()
    return _Wording(tuple(_mended(words, i, called, shouting) for i in range(len(words))), part or WHOLE)


def _words(text: str, mentions: Sequence[Mention]) -> list[Word]:
    words, at = [], 0
    for mention in mentions:
        words += _plain(text[at : mention.start])
        typed = text[mention.start : mention.end]
        words.append(Word(NAME, typed, mention.name))
        words += [Word("'s", "'s")] * bool(re.search(r"'s?$", typed))
        at = mention.end
    return words + _plain(text[at:])


def _plain(text: str) -> list[Word]:
    return [Word(found.lower(), found) for found in WORD.findall(text)]


def _mended(words: Sequence[Word], at: int, called: frozenset[str], shouting: bool) -> Word:
    """A word as it is meant: a name that nobody bears masked, a slip mended."""
    word = words[at]
    if word.name or not word.seen[0].isalpha() or word.seen in FUNCTION_WORDS or _is_known(word.seen):
        return word
    opens = not at or not words[at - 1].seen[0].isalnum()
    capital = word.typed[0].isupper() and not (opens or shouting or word.seen in _CAPITALS)
    if capital or not is_word(word.seen) and difflib.get_close_matches(word.seen, called, 1, _NEARLY):
        return Word(NAME, word.typed)
    if opens and word.typed[0].isupper() and difflib.get_close_matches(word.seen, called, 1, _NEARLY):
        return Word(NAME, word.typed)
    if len(word.seen) < _SHORTEST or is_word(word.seen):
        return word
    return Word(_meant(word.seen) or word.seen, word.typed)


def _is_known(word: str) -> bool:
    return word in lexicon_words() or word in _ASKED


@lru_cache(maxsize=1024)
def _meant(word: str) -> str:
    """The word that is known which a misspelt one stands for; "" where there is none."""
    known = [*_ASKED, *sorted(lexicon_words())]
    found = difflib.get_close_matches(word, [one for one in known if abs(len(one) - len(word)) < 3], 3, _SLIP)
    return next((one for one in found if one[0] == word[0]), found[0] if found else "")  # "sleaping" isn't leaping


def _of_foreign(foreign: ForeignQuestion, wording: _Wording) -> Query:
    """Who is there, or how many, asked in another language; whatever else it asks isn't read."""
    names = tuple(dict.fromkeys(word.name for word in wording.words if word.name))
    if foreign.reply:
        return Query("refuse", refusal="foreign", value=foreign.language)
    if foreign.counts:
        return Query("count")
    both = Whom(names, "both" if len(names) > 1 else "any")
    return Query("exists", both, form="polar") if names and not foreign.asks_who else Query("who")


def _read(words: Sequence[Word], part: During, known: Known) -> Query:
    if known.history and is_numbered(part) and {word.seen for word in words} <= _EMPTY:  # "and at 3:40?"
        return replace(known.history[-1][0], during=part)
    labels = _labels(tuple(word.seen for word in words))
    second = labels.second if 0 < labels.second < len(words) else _second(words, labels.tags)
    if second:
        return _two(words, second, part, known, labels.heads["if_so"] == "yes")
    said, seen = slots_of(words, with_event(words, coordinated(words, labels.tags))), [word.seen for word in words]
    said = _at_once(_at_that_time(said, words, labels), seen)
    said = taken_up(said, next((i for i, word in enumerate(seen) if word in _OPENERS), 0))
    slots = resolved(said, known.history, known.timeline)
    heads = _heads(labels, words, slots, known.history)
    query = query_of(heads, slots, part)
    query = sound_query(query, words, " ".join(word.typed for word in words))
    if query.select == "how_long" and _SHARE & set(seen):
        query = replace(query, value="share")
    if query.select in ("when", "how_long", "how_often") and _counts_people(words, said):
        query = _of_people(query, heads["bound"] != "none")
    if returns(seen) and not any(comes_back(slot, seen) for slot in said):
        query = _of_return(query, seen)
    if query.select == "refuse" and query.refusal in _KINDS:
        query = replace(query, value=_kind_of(query.refusal, seen))
    if not known.history:
        return query
    if heads["follow"] != "none":
        return goes_on(query, known.history[-1], heads, said)
    query = picked(query, known.history) if {"one", "ones"} & set(seen) else query
    return leaning(query, known.history[-1], heads, said)


def _heads(labels: Labels, words: Sequence[Word], slots: Sequence[Slot], history: Sequence[Turn]) -> dict[str, str]:
    """The heads; a refusal must be likely, and "same" is what was asked before."""
    heads, seen = dict(labels.heads), [word.seen for word in words]
    barred = {"refuse"} if labels.selects["refuse"] < LEAST else set()
    barred |= set() if history else {"same"}
    if heads["select"] in barred:
        heads["select"] = max((s for s in labels.selects if s not in barred), key=labels.selects.__getitem__)
    if heads["select"] == "same":
        heads |= as_before(history[-1][0])
    if heads["refusal"] == "unseen" and heads["select"] == "refuse" and _CALLED & {*seen} and _is_by_looks(slots):
        heads["select"] = "who"  # "what's the man in red called?"
    heads["join"] = _joined_by(words, slots) or heads["join"]
    heads["event_nth"] = _nth_time(seen) or heads["event_nth"]
    if heads["relation"] == "none" and heads["select"] != "order":
        heads["relation"] = _relation(seen, slots) or "none"
    if heads["select"] == "compare" and any(slot.role == "S" and slot.name and slot.after_or for slot in slots):
        heads["form"] = "wh"  # "did Ana or Ben come first?"
    if heads["select"] == "order" and "before or after" in " ".join(seen):
        heads["form"] = "choice"
    if heads["event_nth"] == "any" and any(comes_back(slot, seen) for slot in slots):
        heads["event_nth"] = "second"
    return heads


def _nth_time(seen: Sequence[str]) -> str:
    """The label of "the second time"; "" where no such words stand there."""
    before = [seen[i - 1] for i, word in enumerate(seen) if word == "time" and i]
    return next((_TIMES[word] for word in before if word in _TIMES), "")


def _at_that_time(slots: list[Slot], words: Sequence[Word], labels: Labels) -> list[Slot]:
    """With a "then" at the end of a whole question as the time before, where the network passed it over."""
    last = next((i for i in range(len(words) - 1, -1, -1) if words[i].seen[0].isalnum()), 0)
    whole = words[0].seen in _OPENERS and labels.heads["follow"] == "none" and labels.heads["select"] != "same"
    if last < 3 or not whole or words[last].seen != "then" or labels.tags[last] != "O":
        return slots
    return [*slots, Slot("F", "pronoun", False, "then", "then", last)]


def _at_once(slots: list[Slot], seen: Sequence[str]) -> list[Slot]:
    """With "at the same time" behind a condition as a slot, where the network passed it over."""
    text, condition = " ".join(seen), any(slot.role == "P" and slot.kind in ("deed", "posture") for slot in slots)
    related = any(slot.kind == "with" or slot.role in ("E", "F") for slot in slots)  # "at the same time as Ana"
    if not condition or "at the same time" not in text or related:
        return slots
    return [*slots, Slot("P", "with", False, "at the same time", "at the same time", len(seen))]


def _relation(seen: Sequence[str], slots: Sequence[Slot]) -> str:
    """How an event lies in time, by the last such word before it; "" where none stands there, or no event is named."""
    happens = min((slot.at for slot in slots if slot.role in ("E", "F")), default=0)
    return next((RELATIONS_IN_TIME[word] for word in reversed(seen[:happens]) if word in RELATIONS_IN_TIME), "")


def _is_by_looks(slots: Sequence[Slot]) -> bool:
    return not any(slot.name for slot in slots) and any(slot.kind in ("gender", "worn", "colour") for slot in slots)


def _counts_people(words: Sequence[Word], slots: Sequence[Slot]) -> bool:
    """Whether a number is one of people: "for how long are three people dancing?"."""
    ends = [slot.at + len(slot.typed.split()) for slot in slots if slot.kind == "number" and slot.role == "P"]
    return any(word.seen in _PEOPLE for end in ends for word in words[end : end + 1])


def _of_people(query: Query, is_bounded: bool) -> Query:
    """A query whose number is of people; "while three people dance" more may dance, too."""
    number = query.number if query.number is None or is_bounded else Number("at_least", query.number.value)
    where = None if query.where == Has("with") else query.where  # so many at once are together
    return replace(query, value="people", number=number, where=where)


def _of_return(query: Query, seen: Sequence[str]) -> Query:
    """A query of coming back: who does is there more than once, and does it when that is the second time."""
    if query.during.event is not None:
        if query.select != "how_often" or query.form != "polar" or query.during.relation not in ("after", "since"):
            return query
        since = replace(query.during, relation="since")
        return replace(query, select="exists", where=Has("enters"), number=None, during=since)
    if query.select == "when" and query.where in (None, Has("present"), Has("enters")) and query.rank is None:
        return replace(query, rank=Rank("time", 2))
    asks_who = seen[0] in ("who", "which") or query.select == "how_often" and query.form == "polar"
    if query.whom.names or query.where not in (None, Has("present")) or not (asks_who or query.select == "count"):
        return query
    select: Select = "exists" if query.form == "polar" else "who"
    return replace(query, select=select, where=None, rank=Rank("often"), number=Number("more_than", 1))


def _second(words: Sequence[Word], tags: Sequence[str]) -> int:
    """Where a second question begins after "and" or a full stop, or the first after a statement; 0 for nowhere."""
    seen = [word.seen for word in words]
    asks = seen[0] in _OPENERS
    for i in range(3, len(seen) - 1):
        ended = seen[i - 1] in _ENDS
        states = _is_statement(words[:i]) and any(tag[:2] in ("P-", "F-") for tag in tags[:i])
        if ended and seen[i] in _OPENERS and (asks or states):
            return i
        if asks and seen[i] == "and" and (ended or seen[i + 1] in _OPENERS):
            return i
    return 0


def _is_statement(words: Sequence[Word]) -> bool:
    """Whether words only say something: "There are two men in black."."""
    return words[0].seen in _STATING and words[-1].seen in (".", "!") and all(word.seen != "?" for word in words)


def _joined_by(words: Sequence[Word], slots: Sequence[Slot]) -> str:
    """The word between what is asked: "or", "and"; "" for none."""
    asked = [slot.at for slot in slots if slot.role == "P"]
    between = [word.seen for word in words[min(asked, default=0) : max(asked, default=0)]]
    return next((word for word in between if word in ("or", "and")), "")


def _two(words: Sequence[Word], second: int, part: During, known: Known, if_so: bool) -> Query:
    """Two questions in one: the second may lean on the first, or on what is only stated before it."""
    stated = _is_statement(words[:second])
    first, found = _found(words[:second], part, known)
    if stated and not found.people:  # "I saw a man in red. Is he there at the end?"
        first, found = _found(words[:second], WHOLE, known)
    after = replace(known, history=(*known.history, (first, found)))
    then = _half(words[second:], part, known if stated and first.select == "refuse" else after)
    if stated and then.select == "why":  # "Ana sits. Is that right?"
        return first
    if_so = if_so and "if not" not in " ".join(word.seen for word in words[second:])
    return then if stated else replace(first, then=replace(then, then=None), if_so=if_so)


def _found(words: Sequence[Word], part: During, known: Known) -> tuple[Query, Finding]:
    """The first of two questions, and what is found for it."""
    first = _half(words, part, known)
    return first, Finding(first) if known.timeline is None else run(first, known.timeline)


def _half(words: Sequence[Word], part: During, known: Known) -> Query:
    """One of two questions, with the part of the video that it names by itself: "… and who is there at the end?"."""
    if part != WHOLE:
        return _read(words, part, known)
    typed = " ".join(w.typed for i, w in enumerate(words) if not (i and w.typed == "'s" and words[i - 1].name))
    alone = _worded(re.sub(r"(?<=\d) ([:.]) (?=\d)", r"\1", typed).replace(" '", "'"), known.names, known.aliases)
    return _read(words if alone.part == WHOLE else alone.words, alone.part, known)


def _kind_of(refusal: str, words: Sequence[str]) -> str:
    """The kind, the first whose word stands in the question; "" for none."""
    return next((kind for kind, known in _KINDS[refusal].items() if known & set(words)), "")


@lru_cache(maxsize=512)
def _labels(seen: tuple[str, ...]) -> Labels:
    """What the network says of some words. The same question is read before a clip is looked through, after that with
    its timeline, and again as history; and it is the same for every name, for names are masked.
    """
    return _network().read(seen)


@lru_cache(maxsize=1)
def _network() -> Network:
    return Network()
