"""What an answer says of who is there: present, absent, or nothing, for each name.

In: an answer's text and names. Out: name -> True, False or None. Rules for the wording of question-answer data sets
(ours and the official one's), made to be right rather than complete: a check must not accuse a good row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NEGATION = re.compile(
    r"\b(no|not|cannot|never|neither|nor|none|nothing|nobody|nowhere|zero|absent|absence|missing|unseen|lacks?|devoid"
    r"|exclu\w+|without|fails? to|free of|rule out|everything but|no longer)\b|n't\b|impossible"
)
_NO_DOUBT = re.compile(r"\bwithout (a |any )?doubts?\b|\bno doubts?\b|\bnot only\b|\bdoubtless\b")
_NAME = r"@\d+@"
_LIST = rf"(?:both |neither )?{_NAME}(?:'s)?(?:,? (?:and|or|nor) {_NAME}|, {_NAME})*"
_VERB = r"(?:is|are|isn't|aren't|was|were|does|do|doesn't|don't|did|can|can't|cannot|remains?)\b"
_SPLITS = re.compile(
    r"[.;!?]+\s*|,?\s+(?:but|though|although|while|whereas|however)\s+|,\s+(?=with no\b)|,\s+so\b|\s+because\s+"
    rf"|\s*[—–-]\s*(?={_LIST} {_VERB})|(?<!@),\s+(?=(?:and\s+)?{_LIST} {_VERB})"
    r"|(?<=only @\d@),\s+"
)
_BUT_THEM = re.compile(rf"\b(everything|everyone|all|anything) but (?={_NAME})")
_HERE = re.compile(
    r"\b(in (this|the|any|it)|present|appear\w*|visible|here|there|seen|see|find|found|shown?|shows?|includ\w+"
    r"|contain\w*|featur\w+|sign|trace|evidence|instances?|absent|missing|among)\b"
)


def said(answer: str, names: Sequence[str]) -> dict[str, bool | None]:
    """Whether an answer to "who is there" says that each is there; None where it doesn't speak of somebody."""
    text = _prepared(answer, names)
    clauses = [c for c in _SPLITS.split(text) if c and c.strip()]
    about: dict[str, bool | None] = dict.fromkeys(names)
    for number, name in enumerate(names):
        own = [c for c in clauses if f"@{number}@" in c]
        if own:
            about[name] = not any(_denies(c) for c in own)
    if not any(f"@{i}@" in text for i in range(len(names))) and clauses:
        opening = re.match(r"(yes|no|both|neither|none|nobody)\b", clauses[0].strip())
        if opening:
            about = dict.fromkeys(names, opening[1] in ("yes", "both"))
    return about


def denied(answer: str, name: str, others: Sequence[str] = ()) -> bool:
    """Whether a description says outright that somebody is not there ("wears no hat" doesn't).

    Args:
        answer: the description.
        name: of whom.
        others: who it is about, too; about nobody else, "they", "he" and "she" mean her.
    """
    alone = not others
    for clause in _SPLITS.split(_prepared(answer, [name, *others])):
        meant = clause and ("@0@" in clause or (alone and re.search(r"\b(they|he|she)\b", clause)))
        if meant and _denies(clause) and _HERE.search(_after_negation(clause)):
            return True
    return False


def _prepared(answer: str, names: Sequence[str]) -> str:
    """Lower case, every name as "@number@", phrases that negate nothing taken out."""
    text = answer.replace("’", "'")
    for number, name in sorted(enumerate(names), key=lambda pair: -len(pair[1])):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", f"@{number}@", text, flags=re.IGNORECASE)
    text = _NO_DOUBT.sub("", " ".join(text.lower().split()))
    return _BUT_THEM.sub("not ", text)


def _denies(clause: str) -> bool:
    return bool(_NEGATION.search(clause))


def _after_negation(clause: str) -> str:
    """The clause from its first negation on, the word itself included."""
    hit = _NEGATION.search(clause)
    return clause[hit.start() :] if hit else ""
