"""What a text says about who is there: present, absent, unsure, or nothing at all, for each name.

In: an answer's text and names. Out: name -> stance. It reads texts of any system, so that baselines without a
structured decision can be scored, and texts can be checked against decisions. Rules, English only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def stances(text: str, names: Sequence[str]) -> dict[str, str | None]:
    """The stance towards each name: "present", "absent", "unsure", or None where the text is silent."""
    marked, marks = _marked(text.replace("’", "'"), names)
    clauses = [c for c in _CLAUSES.split(_apart(marked, marks)) if c.strip()]
    named = any(mentioned(clause, mark) for clause in clauses for mark in marks)
    return {name: _of_name(clauses, mark, named) for name, mark in zip(names, marks, strict=True)}


def mentioned(text: str, name: str) -> bool:
    """Whether a text names somebody, as a whole word in any case."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _marked(text: str, names: Sequence[str]) -> tuple[str, list[str]]:
    """The text with a word for each name, since a name may hold a dot or "but", and these words."""
    marks = [f"Name{number}x" for number in range(len(names))]
    for name, mark in sorted(zip(names, marks, strict=True), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", mark, text, flags=re.IGNORECASE)
    return text, marks


def _apart(text: str, names: Sequence[str]) -> str:
    """Make two clauses of "Ana is here, Ben is not"."""
    some = "|".join(re.escape(n) for n in names) or r"(?!)"
    return re.sub(rf",\s+(?:and\s+|while\s+)?(?=(?:{some})\s+(?:is|are|isn't|aren't|does|doesn't)\b)", ". ", text)


def _of_name(clauses: Sequence[str], name: str, named: bool) -> str | None:
    for clause in clauses:
        if mentioned(clause, name):
            return _stance(clause)
    if not clauses or named:  # a bare "yes" is about everybody only where nobody is picked out
        return None
    opening = clauses[0].strip().lower()
    if re.match(r"(yes|both)\b", opening):
        return "present"
    if re.match(r"(no|neither|nobody|none)\b", opening):
        return "absent"
    return "unsure" if HEDGES.search(opening) else None


def _stance(clause: str) -> str:
    if HEDGES.search(clause):
        return "unsure"
    return "absent" if DENIALS.search(clause) else "present"
