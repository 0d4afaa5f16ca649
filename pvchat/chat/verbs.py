"""Actions in the simple present, as in captions: "sitting and talking" in, "sits and talks" out.

`verbs.json` spells every verb that the project can say of somebody, and the commoner ones of the captions that the
trained model learned from. A verb that isn't in it stays as it is: "is whittling".
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from pvchat.chat.english import HEDGE


def present_tense(phrase: str) -> str:
    """Tell "sitting and talking" as "sits and talks"; a phrase with a verb that isn't known gets "is" before it."""
    if phrase.startswith(f"{HEDGE} "):
        return f"{HEDGE} {present_tense(phrase.removeprefix(f'{HEDGE} '))}"
    words, known = phrase.split(" "), third_persons()
    heads = [i for i, word in enumerate(words) if not i or words[i - 1] in ("and", "or") and word.endswith("ing")]
    if any(words[i] not in known for i in heads):
        return f"is {phrase}"
    return " ".join(known[word] if i in heads else word for i, word in enumerate(words))


@lru_cache(maxsize=1)
def third_persons() -> dict[str, str]:
    """How each known verb is spelled: "sitting" -> "sits"."""
    table: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return table
