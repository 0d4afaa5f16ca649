"""Scores of an answer's text by rules: entity specificity and descriptive completeness, 0–5, and refusals.

Only the English text counts, whatever the decision was. The scales are those of the PVChat paper, which asked a judge
model; the rules are ours, so the numbers can't be compared with a judge's, and their names say "rules".

Entity specificity of an answer about the people asked:
    5  says rightly of each by name whether they are there, and puts nobody else there who isn't
    4  the same, but puts somebody there who isn't
    3  describes without naming, and they are there
    2  says it is unsure
    0  wrong about anyone asked, or empty
    "who" questions: 5 times the F1 of the names said to be there.

Descriptive completeness of an answer about somebody who is there:
    0  denies or doubts that they are there, or gives a garment or thing another colour than the reference does
    else 5 times the share of the reference's content words (stemmed, without names) that the answer has.
About somebody who isn't there: 5 when it says so, 2 when it is unsure, else 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rouge_score.tokenizers import DefaultTokenizer

from pvchat.chat.english import COLOURS
from pvchat.chat.reader.statements import mentioned
from pvchat.eval.manifest import Item
from pvchat.eval.metrics.wording import STOP, content_words

HEDGES = re.compile(
    r"\b(not sure|unsure|uncertain|unclear|can(?:'t|not) (?:tell|say whether|be sure)|may(?:be)?|might|possibly|perhaps"
    r"|hard to (?:say|tell))\b",
    re.IGNORECASE,
)
DENIALS = re.compile(
    r"^\W*no\b|\b(neither|none|nobody|no one|absent|missing|no sign of|without)\b"
    r"|(?:\bnot|n't|\bcannot|\bnever)\s+(?:\w+\s+){0,2}?(?:in|present|visible|there|here|shown|seen|see|appear\w*|found"
    r"|find|spot\w*|detect\w*|part|both|show)\b"
    r"|\b(?:is|are|am|was|does|do)(?:n't| not)\s*$",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[.;:!?]+\s*|,?\s+but\s+|,\s+so\s+|,\s+(?=whereas\b)", re.IGNORECASE)
_TOKENIZER = DefaultTokenizer(use_stemmer=True)
WANTED = {True: "present", False: "absent"}


def stances(text: str, names: Sequence[str]) -> dict[str, str | None]:
    """The stance towards each name: "present", "absent", "unsure", or None where the text is silent."""
    text, marks = text.replace("’", "'"), [f"Name{number}x" for number in range(len(names))]
    for name, mark in sorted(zip(names, marks, strict=True), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", mark, text, flags=re.IGNORECASE)  # it may hold a dot or "but"
    some = "|".join(marks) or r"(?!)"  # "Ana is here, Ben is not" are two sentences
    text = re.sub(rf",\s+(?:and\s+|while\s+)?(?=(?:{some})\s+(?:is|are|isn't|aren't|does|doesn't)\b)", ". ", text)
    clauses = [c for c in _CLAUSES.split(text) if c.strip()]
    named = any(mentioned(clause, mark) for clause in clauses for mark in marks)
    return {name: _stance_to(clauses, mark, named) for name, mark in zip(names, marks, strict=True)}


def entity_specificity(item: Item, answer: str, enrolled: Sequence[str]) -> float:
    """0–5 by the rules above."""
    if not answer.strip():
        return 0.0
    if item.kind == "who":
        named = {n for n in enrolled if mentioned(answer, n) and stances(answer, [n])[n] == "present"}
        true = {n for n, there in item.present.items() if there}
        return 5.0 * 2 * len(named & true) / (len(named) + len(true)) if named or true else 5.0
    found = stances(answer, item.people)
    silent = [name for name in item.people if found[name] is None]
    if any(found[n] not in (None, "unsure", WANTED[item.present[n]]) for n in item.people):
        return 0.0
    if any(not item.present[n] for n in silent):
        return 0.0
    if "unsure" in found.values():
        return 2.0
    if silent or not all(mentioned(answer, n) for n in item.people):
        return 3.0
    others = [n for n in enrolled if n not in item.people and mentioned(answer, n)]
    wrongly = [
        n for n, stance in stances(answer, others).items() if stance == "present" and item.present.get(n) is False
    ]
    return 4.0 if wrongly else 5.0


def descriptive_completeness(item: Item, answer: str) -> float:
    """0–5 by the rules above."""
    if not answer.strip():
        return 0.0
    found = list(stances(answer, item.people).values())
    if not all(item.present[n] for n in item.people):
        return 5.0 if "absent" in found else 2.0 if "unsure" in found else 0.0
    if "absent" in found or "unsure" in found or contradicts(answer, item.answer):
        return 0.0
    names = {word for name in item.people for word in content_words(name)}
    meant = {_stem(word) for word in content_words(item.answer) if word not in names}
    if not meant:
        return 5.0
    return 5.0 * len(meant & set(map(_stem, content_words(answer)))) / len(meant)


def contradicts(answer: str, reference: str) -> bool:
    """Whether the answer puts other colours before a word than the reference does ("red dress", "blue dress")."""
    answered, meant = _colours_by_word(answer), _colours_by_word(reference)
    return any(not (answered[noun] & meant[noun]) for noun in answered.keys() & meant.keys())


def refused(item: Item, answer: str) -> bool:
    """Whether an answer says of the people asked that they aren't there, or that it can't tell."""
    found = stances(answer, item.people).values()
    return bool(answer.strip()) and any(stance in ("absent", "unsure") for stance in found)


def _stance_to(clauses: Sequence[str], name: str, named: bool) -> str | None:
    about = next((clause for clause in clauses if mentioned(clause, name)), None)
    if about is not None:
        if HEDGES.search(about):
            return "unsure"
        return "absent" if DENIALS.search(about) else "present"
    if not clauses or named:  # a bare "yes" is about everybody only where nobody is picked out
        return None
    opening = clauses[0].strip().lower()
    if re.match(r"(yes|both)\b", opening):
        return "present"
    if re.match(r"(no|neither|nobody|none)\b", opening):
        return "absent"
    return "unsure" if HEDGES.search(opening) else None


def _colours_by_word(text: str) -> dict[str, set[str]]:
    """The colours right before each word, by the word's stem."""
    words = [w for w in content_words(text) if w not in STOP]
    out: dict[str, set[str]] = {}
    for at, word in enumerate(words):
        before = at - 1
        while before >= 0 and words[before] in COLOURS and word not in COLOURS:
            out.setdefault(_stem(word), set()).add(words[before])
            before -= 1
    return out


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return str(_TOKENIZER.tokenize(word)[0]) if word else word
