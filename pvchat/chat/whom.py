"""Whom a question is about, and whether it asks who is there: a question in lower case with masked names in.

A pronoun, and what is short or goes on ("and what is she wearing?"), is about whom the question before was about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from pvchat.chat.guard import COLOURS
from pvchat.chat.headcounts import read_headcount
from pvchat.chat.names import Mention
from pvchat.chat.questiontypes import ELLIPSIS
from pvchat.chat.vocabulary import PRONOUNS
from pvchat.chat.whodoes import read_who_does

_WHO = re.compile(
    r"\b(who|whom|who's|whose (?:face|head)|no ?body|no one|any ?one|any ?body|some ?one|some ?body"
    r"|which (people|persons?|of (them|us|my|the))"
    r"|which ones?|what people|how many (people|persons|faces)|head ?count|a crowd or"
    r"|(other|more|familiar|known) (people|persons|faces?)"
    r"|(name|list|identify|recogni[sz]e) (me )?(the |all |every |all the )*"
    r"(people|persons?|faces|characters|actors|participants"
    r"|every ?one|every ?body)|names? of (every ?one|every ?body|all|those|the people))\b"
)
_BESIDES = re.compile(
    r"\b((?<!what )(?<!where )(?<!when )(?<!how )else|besides"
    r"|other than|apart from|aside from|except|other (people|persons?|faces?)"
    r"(?! (?:right |just )?(?:beside|next to|near|behind|with)\b))\b"
)
EVERYONE = re.compile(
    r"\b(every ?one|every ?body|all of (them|us|my|the|you)|they all|all (the )?(people|enrolled|persons)"
    r"|whole (group|team|family))\b"
)
STRANGERS = re.compile(r"(\bnot|n't|n’t) (\w+ )?(know|recogni[sz]e|identify)\b|\b(strangers?|unknown)\b", re.IGNORECASE)
_OF_THEM = re.compile(r"\b(?:any|some|which|who|one|none|how many|most) of (?:them|these|those)\b")  # of several
_IT = re.compile(  # what was just said to be worn
    r"(?:and |so )?(?:(?:what|which) (?:colou?rs?|kind|sort|pattern|brand) (?:is|are|was|were) (?:it|they|that|this)"
    rf"|(?:is|was) it (?:(?:dark|light|bright) )?(?:{'|'.join(sorted(COLOURS))}))\W*$"
)


_THEY = frozenset(("they", "them", "their"))
_HOW_LONG = re.compile(  # of whom the question before was about
    r"(?:and |so |but )?(?:when (?:is|was) the (?:first|last) time|when|at what time|(?:since|until|from) when"
    r"|(?:for )?how (?:long|often|much time|many (?:times|seconds|minutes|shots)))"
    r"(?: (?:in total|altogether|in all|overall|exactly|then|for))*\W*$"
)


class Before(Protocol):
    """The question before."""

    @property
    def people(self) -> tuple[str, ...]:
        """Whom it was about."""

    @property
    def focus(self) -> tuple[str, ...]:
        """Whom "she" means after it."""

    @property
    def listed(self) -> tuple[str, ...]:
        """Whom its answer lists; "" for who has no name."""


def whom_of(
    lower: str, mentions: Sequence[Mention], previous: Before | None
) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """Whom a question is about, whether it asks who is there, and whom that leaves out."""
    people = tuple(dict.fromkeys(m.name for m in mentions))
    pronouns = set(re.findall(r"[\w']+", lower)) & PRONOUNS
    leaves_out = bool(_BESIDES.search(lower))
    of_whom = bool(_WHO.search(lower) or _OF_THEM.search(lower)) or read_who_does(lower) is not None
    asks_who = of_whom and (not people or leaves_out)
    if previous is not None and not people and not leaves_out and _goes_on(lower, previous, bool(pronouns), asks_who):
        # "When?" after "who wears red?" is of whom the answer named, where that is one.
        lone = previous.focus if len(previous.focus) == 1 and _HOW_LONG.match(lower) else ()
        people = previous.focus if pronouns else previous.people or lone
        if pronouns & _THEY and not people and all(previous.listed):  # who was told one by one, all of them known
            people = previous.listed
        asks_who = asks_who and not people
    besides = (people or (previous.people if previous else ())) if asks_who and leaves_out else ()
    return people, asks_who, besides


def _goes_on(lower: str, previous: Before, pronouns: bool, asks_who: bool) -> bool:
    """Whether a question that names nobody is about those whom the question before was about."""
    if _OF_THEM.search(lower) and len(previous.focus) < 2 or read_headcount(lower) is not None:
        return False
    if pronouns or _IT.match(lower) or _HOW_LONG.match(lower):
        return True
    short = ELLIPSIS.search(lower) or len(set(re.findall(r"[\w']+", lower))) <= 3
    return bool(short) and not asks_who and not EVERYONE.search(lower)
