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
    clauses = [c for c in _CLAUSES.split(_apart(text.replace("’", "'"), names)) if c.strip()]
    named = any(mentioned(clause, name) for clause in clauses for name in names)
    return {name: _of_name(clauses, name, named) for name in names}


def mentioned(text: str, name: str) -> bool:
    """Whether a text names somebody, as a whole word in any case."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


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
