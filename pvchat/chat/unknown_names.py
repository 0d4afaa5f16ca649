"""Names in a question that nobody enrolled bears: they stand where a person stands, and no mention covers them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pvchat.chat.names import Mention
from pvchat.chat.questiontypes import question_type
from pvchat.chat.vocabulary import FUNCTION_WORDS, OPENERS, PREDICATES, PRONOUNS, word_set

_GENERIC = word_set(
    """someone somebody anyone anybody everyone everybody nobody none something anything everything nothing person
    people man woman men women child kid boy girl music snow rain smoke food water video clip light today now"""
)
_QUALITIES = word_set(
    """happy sad angry tired alone dead alive asleep awake old young tall short big small good bad nice funny drunk ill
    sick busy left right late early yesterday tomorrow later before after else other others again once twice maybe
    sure ok okay yeah sorry thanks"""
)  # what may follow "and" without being a name
_KIN = re.compile(
    r"'s? ((?:(?:little|big|older|younger|elder|best|new|ex|twin|own) )*(?:mother|mum|mom|father|dad|parents?|brothers?"
    r"|sisters?|siblings?|twin|sons?|daughters?|child|children|kids?|baby|wife|husband|partner|boyfriend|girlfriend"
    r"|friends?|boss|colleagues?|coworkers?|neighbou?rs?|teacher|doctor|assistant|uncle|aunt|cousins?|nephew|niece"
    r"|grandmother|grandma|grandfather|grandpa|family|dog|cat|pet|horse|lawyer|manager|roommate))\b",
    re.IGNORECASE,
)


def relatives(text: str, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Somebody who is named by an enrolled person only: "Ana's mother" is not Ana."""
    found = []
    for mention in mentions:
        start = mention.start + len(re.sub(r"'s?$", "", text[mention.start : mention.end]))
        kin = _KIN.match(text, start)
        if kin and not any(kin.start(1) <= m.start < kin.end(1) for m in mentions):  # unless "Mom" is enrolled
            found.append(f"{mention.name}'s {kin[1]}")
    return tuple(dict.fromkeys(found))


def _end(text: str, tokens: Sequence[tuple[str, int]], run: int, mentions: Sequence[Mention]) -> int:
    """Where a name ends whose words end before the token `run`: a known name right after it belongs to it."""
    end = tokens[run - 1][1] + len(tokens[run - 1][0])
    return next((m.end for m in mentions if m.start == end + 1 and text[end] == " "), end)


def unknown_names(text: str, mentions: Sequence[Mention], answered: bool) -> tuple[str, ...]:
    """Names in the place of a person that no enrolled name covers.

    A capitalised word counts after a word that opens a person's place ("is Bob", "and Bob", "Bob's"); in a question
    that names nobody known, a lower-case word right between such an opener and a predicate counts too ("is bob here?").
    """
    tokens = [(m.group(), m.start()) for m in re.finditer(r"[^\W\d_][\w'-]*", text)]
    shouting = text == text.upper()
    found: list[str] = []
    i = 0
    while i < len(tokens):
        word, at = tokens[i]
        bare = re.sub(r"'s?$", "", word)
        lower = bare.lower()
        covered = any(m.start <= at < m.end for m in mentions)
        plain = covered or lower in FUNCTION_WORDS | PRONOUNS | _GENERIC | _QUALITIES or re.search(r"\W", bare)
        before = tokens[i - 1][0].lower() if i else ""
        after = tokens[i + 1][0].lower() if i + 1 < len(tokens) else ""
        if not plain and bare[0].isupper() and not shouting:
            run = i + 1
            while run < len(tokens) and tokens[run][0][0].isupper() and text[at : tokens[run][1]].count(" ") == run - i:
                if any(m.start <= tokens[run][1] < m.end for m in mentions):
                    break
                run += 1
            last = _end(text, tokens, run, mentions)
            listed = any(text[m.end :].startswith(f", {word}") for m in mentions)
            placed = listed or before in OPENERS or word != bare
            placed = placed or (not i and after in ("is", "was", "and", "or", "has"))
            if placed and not (i == 0 and question_type(bare) != "other"):
                found.append(re.sub(r"'s?$", "", text[at:last]))
            i = run
            continue
        slot = before in ("is", "does", "did", "was", "where's", "see", "spot", "about", "describe") or word != bare
        slot = slot or (i == 1 and len(tokens) == 2 and before in ("and", "or", "but", "also"))
        fits = after in PREDICATES or after.endswith("ing") or not after
        if (
            not answered
            and not plain
            and slot
            and fits
            and question_type(bare) == "other"
            and not lower.endswith("ing")
        ):
            found.append(bare)
        i += 1
    return tuple(dict.fromkeys(found))
