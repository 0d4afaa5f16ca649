"""Names in a question that nobody enrolled bears: they stand where a person stands, and no mention covers them.

In: a question, its mentions of enrolled names. Out: the other names, and relatives ("Ana's mother").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pvchat.chat.guard import COLOURS
from pvchat.chat.names import Mention
from pvchat.chat.questiontypes import question_type
from pvchat.chat.vocabulary import FUNCTION_WORDS, KIN, OPENERS, PREDICATES, PRONOUNS, word_set
from pvchat.errors import UnknownPersonError
from pvchat.people.naming import ask_back

_MOST_LISTED = 30  # names of those enrolled
_GENERIC = word_set(
    """someone somebody whoever anyone anybody everyone everybody nobody none each something anything everything nothing
    person people man woman men women child kid boy girl music snow rain smoke food water video clip light today now"""
)
_QUALITIES = word_set(
    """happy sad angry tired alone dead alive asleep awake old young tall short big small good bad nice funny drunk ill
    sick busy left right late early yesterday tomorrow later before after else other others again once twice maybe
    sure ok okay yeah sorry thanks first second third fourth fifth last next then longest most least"""
)  # what may follow "and" without being a name
_KIN = re.compile(
    rf"'s? ((?:(?:little|big|older|younger|elder|best|new|ex|twin|own) )*(?:{KIN}|parents?|brothers|sisters|siblings?"
    r"|twin|sons|daughters|children|kids|friends|colleagues|coworkers?|neighbou?rs|doctor|assistant|uncle|aunt|cousins"
    r"|grandmother|grandma|grandfather|grandpa|family|dog|cat|pet|horse|lawyer|manager|roommate))\b",
    re.IGNORECASE,
)
_OWNS = re.compile(r"'s?$")
_KNOWN = FUNCTION_WORDS | PRONOUNS | _GENERIC | _QUALITIES
_OPENED = word_set("is does did was where's see spot about describe")  # what opens the place of a lower-case name


def relatives(text: str, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Somebody who is named by an enrolled person only: "Ana's mother" is not Ana."""
    found = []
    for mention in mentions:
        start = mention.start + len(_OWNS.sub("", text[mention.start : mention.end]))
        kin = _KIN.match(text, start)
        if kin and not any(kin.start(1) <= m.start < kin.end(1) for m in mentions):  # unless "Mom" is enrolled
            found.append(f"{mention.name}'s {kin[1]}")
    return tuple(dict.fromkeys(found))


def unknown_names(text: str, mentions: Sequence[Mention], answered: bool) -> tuple[str, ...]:
    """Names in the place of a person that no enrolled name covers.

    A capitalised word counts after a word that opens a person's place ("is Bob", "and Bob", "Bob's"); in a question
    that names nobody known, a lower-case word right between such an opener and a predicate counts too ("is bob here?").

    Args:
        text: the question, without the words for a part of the clip.
        mentions: of enrolled names in it.
        answered: whether it is clear already whom it is about; then lower-case words are none.
    """
    words, shouting = _words(text), text == text.upper()
    found: list[str] = []
    i = 0
    while i < len(words):
        one, run = words[i], 1
        if one.may_name and not any(m.start <= one.at < m.end for m in mentions):
            if one.bare[0].isupper() and not shouting:
                run = _run(text, words[i:], mentions)
                if _stands_for_somebody(text, one, i == 0, mentions):
                    found.append(_OWNS.sub("", text[one.at : _end(text, words[i + run - 1], mentions)]))
            elif not answered and _is_between(one, len(words)):
                found.append(one.bare)
        i += run
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class _Word:
    """A word of a question: where it begins, and the words beside it in lower case ("" for none)."""

    text: str
    at: int
    before: str
    after: str

    @property
    def bare(self) -> str:
        """Without a possessive ending."""
        return _OWNS.sub("", self.text)

    @property
    def may_name(self) -> bool:
        """Whether it has no other sense that the rules know."""
        return self.bare.lower() not in _KNOWN and not re.search(r"\W", self.bare)


def _words(text: str) -> list[_Word]:
    found = list(re.finditer(r"[^\W\d_][\w'-]*", text))
    lower = ["", *(m.group().lower() for m in found), ""]
    return [_Word(m.group(), m.start(), lower[i], lower[i + 2]) for i, m in enumerate(found)]


def _run(text: str, words: Sequence[_Word], mentions: Sequence[Mention]) -> int:
    """How many capitalised words in a row, parted by single blanks, are one name that isn't known."""
    run = 1
    while run < len(words) and words[run].text[0].isupper() and text[words[0].at : words[run].at].count(" ") == run:
        if any(m.start <= words[run].at < m.end for m in mentions):
            break
        run += 1
    return run


def _end(text: str, last: _Word, mentions: Sequence[Mention]) -> int:
    """Where a name ends whose last word this is: a known name right after it belongs to it."""
    end = last.at + len(last.text)
    return next((m.end for m in mentions if m.start == end + 1 and text[end] == " "), end)


def _stands_for_somebody(text: str, one: _Word, first: bool, mentions: Sequence[Mention]) -> bool:
    """Whether a capitalised word stands where somebody is named: not merely at the beginning ("Describe")."""
    if first and question_type(one.bare) != "other":
        return False
    listed = any(text[m.end :].startswith(f", {one.text}") for m in mentions)
    called = text[one.at + len(one.text) :].startswith(",") and bool(mentions)  # "Grandma, is Ana there?"
    opens = first and not called and (one.after in ("is", "was", "has") or _lists_people(text, one, mentions))
    return listed or opens or one.before in OPENERS or one.text != one.bare


def _lists_people(text: str, one: _Word, mentions: Sequence[Mention]) -> bool:
    """Whether what a sentence's first word is joined to is somebody, too: not so in "Interior or exterior?"."""
    joined = re.compile(r" (?:and|or) (?P<other>(?:his|her|their|my|our)\b|\w+)").match(text, one.at + len(one.text))
    if joined is None:
        return False
    own = joined["other"].lower() in PRONOUNS | {"my", "our"}
    return own or joined["other"][0].isupper() or any(m.start <= joined.start("other") < m.end for m in mentions)


def _is_between(one: _Word, count: int) -> bool:
    """Whether a word stands between what opens somebody's place and what is said of somebody, in so many words."""
    opened = one.before in _OPENED or one.text != one.bare or count == 2 and one.before in ("and", "or", "but", "also")
    if not one.after and (one.bare.lower().endswith("est") or one.bare.lower() in COLOURS):
        return False  # "whose hair is longest?"
    said = one.after in PREDICATES or one.after.endswith("ing") or not one.after
    return opened and said and question_type(one.bare) == "other" and not one.bare.lower().endswith("ing")


def check_known(unknown: Sequence[str], names: Iterable[str]) -> None:
    """Raise `UnknownPersonError`, listing the enrolled, where a question asks about somebody who isn't enrolled."""
    if not unknown:
        return
    enrolled = sorted(names, key=str.casefold)
    who = " and ".join(unknown)
    meant = "".join(ask_back(name, enrolled) for name in unknown[:1])
    hint = (
        f"{meant}Enrolled: {_listed(enrolled)}."
        if enrolled
        else "Nobody is enrolled yet: pvchat enroll CLIP --name NAME."
    )
    raise UnknownPersonError("nobody of this name is enrolled.", subject=who, hint=hint)


def _listed(names: Sequence[str]) -> str:
    """The first names of a long list, and how many more there are."""
    more = len(names) - _MOST_LISTED
    return ", ".join(names) if more < 2 else f"{', '.join(names[:_MOST_LISTED])} and {more} more"
