"""Prompts: text with places for visual and personal tokens.

In: a question with names and facts. Out: token ids where VISUAL and PERSONAL mark the places that embeddings fill.
Layout of the user's turn:

    [32 visual tokens]
    Ana is [16 tokens]. Bo is [16 tokens].
    <facts>
    <question>

Special tokens and place marks in names, facts and questions are removed: text from users can't forge a turn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pvchat.model.config import ModelConfig

Messages = Sequence[dict[str, str]]  # {"role": "system" | "user" | "assistant", "content": text}
VISUAL, PERSONAL = -2, -3  # in ids: this position's embedding comes from the model
_MARK_VISUAL, _MARK_PERSONAL = "\ue000", "\ue001"  # private use: no text has a right to them
_MARKS = re.compile("([\ue000-\ue002])")


def strip_tokens(text: str, tokens: Sequence[str]) -> str:
    """A text without these special tokens, so that a user's question can't forge pictures, people or turns."""
    while any(token in text for token in tokens):  # taking one out can make another
        for token in tokens:
            text = text.replace(token, "")
    return text


def render_chat(tokenizer: Any, turns: Messages) -> str:
    """A chat by the tokenizer's template; without one, plain lines. A template without system turns gets none."""
    if not getattr(tokenizer, "chat_template", None):
        return "".join(f"{t['role'].capitalize()}: {t['content']}\n" for t in turns) + "Assistant:"
    import jinja2

    try:
        return str(tokenizer.apply_chat_template(list(turns), tokenize=False, add_generation_prompt=True))
    except jinja2.TemplateError:
        rest = [t for t in turns if t["role"] != "system"]
        return str(tokenizer.apply_chat_template(rest, tokenize=False, add_generation_prompt=True))


class PromptWriter:
    """Writes prompts for one tokenizer of transformers, by its chat template where it has one.

    Facts that find no room in `max_length` tokens, the answer's among them, are left out.
    """

    def __init__(self, tokenizer: Any, config: ModelConfig) -> None:
        self.tokenizer, self.visual, self.personal = tokenizer, config.queries, config.personal_tokens
        self.system, self.max_length = config.system, config.max_length

    def ids(self, question: str, facts: str, names: Sequence[str]) -> list[int]:
        """Token ids of a prompt to be continued, with the tokens of these people in it, in order."""
        whole = self.tokens(self.text(self.clean(question), facts, names))
        return whole if len(whole) <= self.max_length else self.tokens(self.text(self.clean(question), "", names))

    def clean(self, text: str) -> str:
        """Text without place marks and the tokenizer's special tokens."""
        return strip_tokens(_MARKS.sub("", text), self.tokenizer.all_special_tokens)

    def text(self, question: str, facts: str, names: Sequence[str]) -> str:
        """The rendered chat with place marks; the question is clean already."""
        people = " ".join(f"{self.clean(name)} is {_MARK_PERSONAL}." for name in names)
        content = "\n".join(part for part in (_MARK_VISUAL, people, self.clean(facts)) if part) + f"\n{question}"
        system = [{"role": "system", "content": self.system}] if self.system else []
        return render_chat(self.tokenizer, [*system, {"role": "user", "content": content}])

    def tokens(self, text: str) -> list[int]:
        """Token ids, marks replaced by runs of VISUAL and PERSONAL."""
        ids: list[int] = []
        for piece in _MARKS.split(text):
            if piece == _MARK_VISUAL:
                ids += [VISUAL] * self.visual
            elif piece == _MARK_PERSONAL:
                ids += [PERSONAL] * self.personal
            elif piece:
                ids += self.tokenizer(piece, add_special_tokens=False)["input_ids"]
        return ids
