"""Paraphrases: how questions are asked and answers framed; and back: what an answer says of who is there.

In: `templates.json`. Out: filled sentences. Placeholders: `{name}` is one name or a list of names; `[is/are]` agrees
with it; `{or}` lists the names with "or"; `{all}` is "both" or "all three"; `{none}` "neither Ana nor Ben" or "none of
Ana, Ben and Cy"; `{absent}` is who is missing (its own `[is/are]` follows it; `{absent or}` lists them with "or").
`{description}` is what a teacher says, `{what}` what a refusal can't say: "{name} [is/are] in this video." is "Ana and
Ben are in this video.".

No sentence stands in two splits: neither test questions nor test answers can be learned by heart from training.

The other way: an answer's text and names. Out: name -> True, False or None (`stated_presence`). Rules for the wording
of question-answer data sets (ours and the official one's), made to be right rather than complete: a check must not
accuse a good row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pvchat.augment.schemas import Split
from pvchat.chat.english import join, upper

Form = Literal["plain", "group"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
TYPES = ("existence", "appearance", "action", "location")
FORMS: tuple[Form, ...] = ("plain", "group")
_AGREES = re.compile(r"\[([^/\]]+)/([^\]]+)\]")
_COUNTS = {2: "both", 3: "all three", 4: "all four"}
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


@dataclass(frozen=True)
class Template:
    """One way to ask.

    Attributes:
        number: unique; never that of another split.
        text: with placeholders.
        type: existence, appearance, action or location.
        split: where it may be used.
        form: "plain" asks about one or several people, "group" only about several.
    """

    number: int
    text: str
    type: str
    split: Split
    form: Form


@lru_cache(maxsize=1)
def catalogue() -> tuple[Template, ...]:
    """All templates. A number tells form, type, split and place: it changes when templates are put between others."""
    found = []
    for form_number, form in enumerate(FORMS):
        for type_number, kind in enumerate(TYPES):
            pools = _book()["questions"][form].get(kind, {})
            for split_number, split in enumerate(SPLITS):
                first = 1000 * (10 * (form_number + 1) + type_number) + 100 * split_number
                found += [Template(first + i, t, kind, split, form) for i, t in enumerate(pools.get(split, ()))]
    return tuple(found)


def templates(kind: str, split: Split, *forms: Form) -> list[Template]:
    """Those of a type and split, of the forms given (none: "plain")."""
    wanted = forms or ("plain",)
    return [t for t in catalogue() if t.type == kind and t.split == split and t.form in wanted]


def answers(frame: str, split: Split) -> list[str]:
    """Ways to frame an answer.

    Args:
        frame: "yes", "no", "some", "all", "none", "described" or "refusal".
        split: where it is used.
    """
    return list(_book()["answers"][frame][split])


def what(kind: str, they: str, count: int) -> str:
    """What a refusal can't say: "what Ana is wearing"."""
    return agree(str(_book()["refused"][kind]).replace("{they}", they), count)


def fill(text: str, names: Sequence[str], absent: Sequence[str] = (), **words: str) -> str:
    """A sentence with its placeholders filled and its verbs agreeing.

    Args:
        text: of a template or frame.
        names: who `{name}` is; one or several.
        absent: who `{absent}` is.
        words: the other placeholders.
    """
    head, mark, tail = text.partition("{absent}")
    text = agree(head, len(names)) + mark + agree(tail, len(absent) if mark else len(names))
    none = f"neither {join(names, 'nor')}" if len(names) == 2 else f"none of {join(names)}"
    words = {"or": join(names, "or"), "all": _COUNTS.get(len(names), "all"), "none": none, **words}
    words |= {"name": join(names), "absent": join(absent), "absent or": join(absent, "or")}
    words["None"] = upper(words["none"])
    filled = re.sub(r"\{([\w ]+)\}", lambda hit: words.get(hit[1], hit[0]), text)
    return upper(filled)


def agree(text: str, count: int) -> str:
    """Make "[is/are]" "is" for one, "are" for more."""
    return _AGREES.sub(lambda hit: hit[1] if count == 1 else hit[2], text)


def masked(text: str, names: Sequence[str]) -> str:
    """A sentence with every name as "<n>", letters folded: two paraphrases are one where this is equal."""
    return " ".join(_replaced(text, dict.fromkeys(names, "<n>")).casefold().split())


def stated_presence(answer: str, names: Sequence[str]) -> dict[str, bool | None]:
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


@lru_cache(maxsize=1)
def _book() -> dict[str, Any]:
    text = files("pvchat.augment.questions").joinpath("templates.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _prepared(answer: str, names: Sequence[str]) -> str:
    """Lower case, every name as "@number@", phrases that negate nothing taken out."""
    text = _replaced(
        answer.replace("’", "'"), {name: f"@{number}@" for number, name in enumerate(names)}, re.IGNORECASE
    )
    text = _NO_DOUBT.sub("", " ".join(text.lower().split()))
    return _BUT_THEM.sub("not ", text)


def _replaced(text: str, words: dict[str, str], flags: int = 0) -> str:
    """A text with names, where they stand as whole words, as other words; longer names first."""
    for name in sorted(words, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", words[name], text, flags=flags)
    return text


def _denies(clause: str) -> bool:
    return bool(_NEGATION.search(clause))


def _after_negation(clause: str) -> str:
    """The clause from its first negation on, the word itself included."""
    hit = _NEGATION.search(clause)
    return clause[hit.start() :] if hit else ""
