"""Somebody of several who were just listed: "and the second one?", "what is the other one wearing?", "and the others?".

In: a question as typed, and the question before with whom its answer listed. Out: the question with the names in the
place of those words, or that it isn't known yet who was listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pvchat.chat.english import join
from pvchat.chat.lineup import NOBODY_KNOWN
from pvchat.chat.names import find_mentions
from pvchat.chat.question import Question
from pvchat.chat.vocabulary import MASK

_ORDER = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}
_NOUN = r"(?:one|person|man|woman|guy|lady|girl|boy)"
_SAID = (
    r"(?='s\b|\W*$|,? (?:is|was|does|has|do|wears?|wearing|doing|sits?|sitting|stands?|standing|looks?|looking|talks?"
    r"|talking)\b)"
)
_ONE = rf"(?:(?P<nth>{'|'.join(_ORDER)})(?: {_NOUN}|(?=\W*$))|other {_NOUN}|other(?=\W*$))"
_NTH = re.compile(rf"\b(?<!in )the {_ONE}{_SAID}", re.IGNORECASE)
_OTHERS = re.compile(rf"\bthe (?:others|other (?:people|ones|two|three)|rest(?! of\b)){_SAID}", re.IGNORECASE)
_ASKS_WHO = re.compile(r"^(?:and |so )?(?:who|whom|which)\b", re.IGNORECASE)  # "who is the first one?": an order
_PRONOUN = re.compile(r"\b(?:he|she|him|they|them|(?:his|their|her) (?P<owned>\w+)|her)\b", re.IGNORECASE)
_UNNAMED = re.compile(r"\bsomebody I don't know\b", re.IGNORECASE)
UNSURE = "I'm not sure about"  # begins a sentence about those who may be there
STRANGER = ""  # stands for somebody of a list whom nobody knows
NOT_ABOUT = ("I'm not sure", "Nobody", "I can't", "As far as I can see, nobody")  # begin answers that speak of nobody
WHOM = "I can't tell whom you mean; ask me about somebody by name."


@dataclass(frozen=True)
class Meant:
    """A question with names in the place of "the second one".

    Attributes:
        text: the question.
        listed: the list that it means somebody of.
        open: it isn't known whom it means.
    """

    text: str
    listed: tuple[str, ...] = ()
    open: bool = False


def listed_by(answer: str, names: Sequence[str]) -> tuple[str, ...]:
    """Whom an answer lists, each once, in its order; `STRANGER` for each whom it can't name."""
    answer = answer.split(UNSURE)[0]
    told = [(m.start, m.name) for m in find_mentions(answer, names, {})]
    told += [(found.start(), STRANGER) for found in _UNNAMED.finditer(answer)]
    listed: list[str] = []
    for _, name in sorted(told):
        if name == STRANGER or name not in listed:
            listed.append(name)
    return tuple(listed)


def with_listed(question: Question, answer: str, names: Sequence[str], there: Sequence[str]) -> Question:
    """A question with whom its answer lists; where it meant one by the place, "she" is whom the answer speaks of."""
    told = listed_by(answer, names)
    in_turn = question.lists_all or len(question.people) == 1  # else they are told in another order
    aspect, first = question.aspect, answer.split(". ")[0]
    by_place = (aspect.lineup or aspect.headcount or question.asks_who) and not question.people
    listed = question.listed or (told if len(told) > 1 else tuple(there) if in_turn else ())
    known = len(told) == 1 and STRANGER not in told
    # Who is "next to Ana" isn't Ana; of whom nothing can be told isn't whom it is about.
    about = by_place and known and not answer.startswith((NOBODY_KNOWN, *NOT_ABOUT)) and "can't" not in first
    spoken_of = about and (first == answer or listed_by(first, names) == told)
    if known and aspect.manner == "which" and told[0] in question.people[:2]:  # one of two: "the other one"
        return replace(question, listed=question.people, focus=told)
    return replace(question, listed=listed, focus=told if spoken_of else question.focus)


def with_place(text: str, phrase: str, people: Sequence[str]) -> str:
    """A question with the words that named somebody by the place in the place of its first "she" or "her".

    Args:
        text: as typed; it names nobody.
        phrase: those words, in small letters, names masked.
        people: the names.
    """
    for name in people:
        phrase = phrase.replace(MASK.lower(), name, 1)
    return _PRONOUN.sub(lambda m: f"the {m['owned']} of {phrase}" if m["owned"] else phrase, text, 1)


def with_names(text: str, listed: Sequence[str], people: Sequence[str]) -> Meant:
    """The question with the names of those whom it means of a list.

    Args:
        text: as typed.
        listed: whom the answer before listed, in its order; none where that isn't known.
        people: whom the question before was about.
    """
    one, others = _NTH.search(text), _OTHERS.search(text)
    found = one or others
    if found is None or _ASKS_WHO.match(text):
        return Meant(text)
    several = tuple(listed if len(listed) > 1 else people if len(people) > 1 else ())
    rest = [name for name in several if name not in people] if len(people) == 1 else []
    if one is not None and one["nth"]:
        names = list(several[_ORDER[one["nth"].lower()] :][:1])
    else:
        names = rest if others is not None or len(rest) == 1 else []
    if not names or STRANGER in names:
        return Meant(text, several, open=True)
    return Meant(f"{text[: found.start()]}{join(names)}{text[found.end() :]}", several)
