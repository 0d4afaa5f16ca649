"""A plain answer reworded by any language model (`--answers told`), where it then says just the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pvchat.chat.speakers.checking import same_words

if TYPE_CHECKING:
    from pvchat.model.language import LanguageModel

_EXAMPLES = (
    ("Kim is wearing a green coat and boots.", "Kim is wearing a green coat with boots."),
    ("Yes, Lee is in this video, on the right of the frame, from 0:01 to 0:04.",
     "Yes, Lee appears in this video from 0:01 to 0:04, on the right of the frame."),
    ("Kim stands, smiles and waves a hand.", "Kim stands and smiles while waving a hand."),
    ("Lee is in a kitchen, on the left, next to Kim.", "Lee is next to Kim on the left, in a kitchen."),
)  # fmt: skip
_SYSTEM = "Rewrite the sentence in natural English. Keep every name, colour, number and fact. Add nothing new."


def rephrase(plain: str, names: Sequence[str], language: LanguageModel) -> str:
    """The answer in the language model's words, or as it is where those say anything else."""
    budget = 16 + 2 * len(plain.split())
    raw = language.generate(prompt(plain), max_new_tokens=budget).strip().strip('"')
    return raw if same_words(raw, plain, names) else plain


def prompt(plain: str) -> list[dict[str, str]]:
    """The chat that asks for a rephrasing: the rule, a few worked examples, the sentence."""
    turns = [{"role": "system", "content": _SYSTEM}]
    for before, after in (*_EXAMPLES, (plain, "")):
        turns.append({"role": "user", "content": before})
        if after:
            turns.append({"role": "assistant", "content": after})
    return turns
