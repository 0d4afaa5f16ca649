"""Paraphrases (`templates.json`): how questions are asked and answers framed.

Placeholders: `{name}` is one name or a list of names; `[is/are]` agrees with it; `{or}` lists the names with "or";
`{all}` is "both" or "all three"; `{none}` "neither Ana nor Ben" or "none of Ana, Ben and Cy"; `{absent}` is who is
missing (its own `[is/are]` follows it; `{absent or}` lists them with "or"). `{description}` is what was measured,
`{what}` what a refusal can't say: "{name} [is/are] in this video." is "Ana and Ben are in this video.".

No sentence stands in two splits: neither test questions nor test answers can be learned by heart from training.
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


@dataclass(frozen=True)
class Template:
    """One way to ask; its number is never that of another split. "group" asks about several people only."""

    number: int
    text: str
    type: str
    split: Split
    form: Form


@lru_cache(maxsize=1)
def all_templates() -> tuple[Template, ...]:
    """All templates. A number tells form, type, split and place: it changes when templates are put between others."""
    found = []
    for form_number, form in enumerate(FORMS):
        for type_number, kind in enumerate(TYPES):
            pools = _texts()["questions"][form].get(kind, {})
            for split_number, split in enumerate(SPLITS):
                first = 1000 * (10 * (form_number + 1) + type_number) + 100 * split_number
                found += [Template(first + i, t, kind, split, form) for i, t in enumerate(pools.get(split, ()))]
    return tuple(found)


def templates(kind: str, split: Split, *forms: Form) -> list[Template]:
    """Those of a type and split, of the forms given (none: "plain")."""
    wanted = forms or ("plain",)
    return [t for t in all_templates() if t.type == kind and t.split == split and t.form in wanted]


def answers(frame: str, split: Split) -> list[str]:
    """Ways to frame an answer: "yes", "no", "some", "all", "none", "described" or "refusal"."""
    return list(_texts()["answers"][frame][split])


def refused_topic(kind: str, they: str, count: int) -> str:
    """What a refusal can't say: "what Ana is wearing"."""
    return agree(str(_texts()["refused"][kind]).replace("{they}", they), count)


def fill(text: str, names: Sequence[str], absent: Sequence[str] = (), **words: str) -> str:
    """A sentence with its placeholders filled and its verbs agreeing; `names` are one or several."""
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
    for name in sorted(names, key=len, reverse=True):  # where it stands as a whole word; longer names first
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<n>", text)
    return " ".join(text.casefold().split())


@lru_cache(maxsize=1)
def _texts() -> Any:
    return json.loads(files("pvchat.augment.questions").joinpath("templates.json").read_text(encoding="utf-8"))
