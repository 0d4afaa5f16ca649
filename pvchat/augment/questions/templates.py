"""Paraphrases (`templates.json`): how questions are asked and answers framed.

Placeholders: `{name}` is whom it is about, `{description}` what was measured of her, `{what}` what a refusal can't say:
"I can't say {what}: {name} is not in this clip." is "I can't say where Ana is: Ana is not in this clip.".

No sentence stands in two splits: neither test questions nor test answers can be learned by heart from training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pvchat.augment.schemas import Split
from pvchat.chat.english import upper

SPLITS: tuple[Split, ...] = ("train", "val", "test")
TYPES = ("existence", "appearance", "action", "location")


@dataclass(frozen=True)
class Template:
    """One way to ask; its number is never that of another split."""

    number: int
    text: str


def templates(kind: str, split: Split) -> list[Template]:
    """Those of a type and split. A number tells both and the place: it changes when others are put between."""
    first = 10000 + 1000 * TYPES.index(kind) + 100 * SPLITS.index(split)
    return [Template(number, text) for number, text in enumerate(_texts()["questions"][kind][split], first)]


def answers(frame: str, split: Split) -> list[str]:
    """Ways to frame an answer: "yes", "no", "described" or "refusal"."""
    return list(_texts()["answers"][frame][split])


def refused_topic(kind: str, name: str) -> str:
    """What a refusal can't say: "what Ana is wearing"."""
    return str(_texts()["refused"][kind]).replace("{name}", name)


def fill(text: str, name: str, **words: str) -> str:
    """A sentence with its placeholders filled; those that a name or word looks like stay."""
    known = {"name": name, **words}
    return upper(re.sub(r"\{(\w+)\}", lambda hit: known.get(hit[1], hit[0]), text))


def mask_names(text: str, names: Sequence[str]) -> str:
    """A sentence with every name as "<n>", letters folded: two paraphrases are one where this is equal."""
    for name in sorted(names, key=len, reverse=True):  # where it stands as a whole word; longer names first
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<n>", text)
    return " ".join(text.casefold().split())


@lru_cache(maxsize=1)
def _texts() -> Any:
    return json.loads(files("pvchat.augment.questions").joinpath("templates.json").read_text(encoding="utf-8"))
