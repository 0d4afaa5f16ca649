"""Prompts: text with places for visual and personal tokens.

In: questions with names, facts, answers. Out: padded token ids where VISUAL and PERSONAL mark the places that
embeddings fill, with labels at answer positions. Layout of the user's turn:

    [32 visual tokens]
    Ana is [16 tokens]. Bo is [16 tokens].
    <facts>
    <question>

Special tokens and place marks in names, facts, questions and answers are removed: text from users can't forge a turn.

Legend: B batch, L length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

VISUAL, PERSONAL = -2, -3  # in ids: this position's embedding comes from the model
IGNORE = -100  # label that counts nowhere (torch's cross_entropy)
MARK_VISUAL, MARK_PERSONAL, _MARK_ASKED = "\ue000", "\ue001", "\ue002"  # private use: no text has a right to them
_MARKS = re.compile(f"([{MARK_VISUAL}{MARK_PERSONAL}{_MARK_ASKED}])")


@dataclass
class Prompt:
    """One question about one clip.

    Attributes:
        question: as asked.
        answer: what to learn; empty when generating.
        facts: measured facts as text, may be empty.
        clip: row of the clip in `ClipFeatures`; several prompts may share one.
        turns: further (question, answer) pairs to learn about the same clip, people and facts, or further answers to
            the same question. They share the computation of what stands before the question: each sees that and itself
            only.
    """

    question: str
    answer: str = ""
    facts: str = ""
    clip: int = 0
    turns: tuple[tuple[str, str], ...] = ()


@dataclass
class TokenBatch:
    """Token ids of a batch.

    Attributes:
        ids: [B, L] with VISUAL and PERSONAL marks.
        mask: [B, L] bool.
        labels: [B, L] the next token's id where it belongs to an answer, IGNORE elsewhere (already shifted).
        segment: [B, L] 0 for what stands before the questions, k for the k-th question with its answer.
    """

    ids: Tensor
    mask: Tensor
    labels: Tensor
    segment: Tensor

    def to(self, device: torch.device) -> TokenBatch:
        """The same on another device."""
        return TokenBatch(*(t.to(device) for t in (self.ids, self.mask, self.labels, self.segment)))

    def positions(self) -> Tensor:
        """[B, L] place of each token in its own text: every question goes on from what stands before all."""
        place = (self.mask.long().cumsum(1) - 1).clamp_min(0)
        lead = ((self.segment == 0) & self.mask).sum(1, keepdim=True)
        first = torch.zeros_like(place)
        for k in range(2, int(self.segment.max()) + 1):
            before = ((self.segment > 0) & (self.segment < k)).sum(1, keepdim=True)
            first = torch.where(self.segment == k, before, first)
        return torch.where(self.segment > 0, place - first, place.minimum(lead.clamp_min(1) - 1))

    def visible(self) -> Tensor:
        """[B, L, L] which token (second) each token (first) may see: earlier ones of its own text."""
        places = torch.arange(self.ids.shape[1], device=self.ids.device)
        own = (self.segment[:, None, :] == 0) | (self.segment[:, :, None] == self.segment[:, None, :])
        return own & (places[None, :] <= places[:, None]) & self.mask[:, None, :]


class PromptWriter:
    """Writes prompts for one tokenizer.

    Args:
        tokenizer: of transformers; its chat template is used where it has one.
        visual: visual tokens a clip.
        personal: tokens a person.
        system: system message, empty for none.
        max_length: tokens of one prompt with its answer; facts that find no room are left out.
    """

    def __init__(self, tokenizer: Any, visual: int, personal: int, *, system: str = "", max_length: int = 512) -> None:
        self.tokenizer, self.visual, self.personal = tokenizer, visual, personal
        self.system, self.max_length = system, max_length
        self.end = tokenizer.eos_token_id
        self.pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id

    def batch(self, prompts: Sequence[Prompt], names: Sequence[Sequence[str]], *, generate: bool = False) -> TokenBatch:
        """Pad prompts to one batch: on the right with answers and labels, on the left for generating.

        Args:
            prompts: B of them.
            names: for each the people whose tokens stand in it, in order.
            generate: leave answers out.
        """
        rows = [self._row(p, n, generate) for p, n in zip(prompts, names, strict=True)]
        length = max(len(ids) for ids, _, _ in rows)
        batch = TokenBatch(
            torch.full((len(rows), length), self.pad),
            torch.zeros(len(rows), length, dtype=torch.bool),
            torch.full((len(rows), length), IGNORE),
            torch.zeros(len(rows), length, dtype=torch.long),
        )
        for i, (ids, labels, segment) in enumerate(rows):
            at = slice(length - len(ids), length) if generate else slice(0, len(ids))
            batch.ids[i, at], batch.mask[i, at], batch.labels[i, at] = torch.tensor(ids), True, torch.tensor(labels)
            batch.segment[i, at] = torch.tensor(segment)
        return batch

    def clean(self, text: str) -> str:
        """Text without place marks and the tokenizer's special tokens."""
        text = _MARKS.sub("", text)
        while any(token in text for token in self.tokenizer.all_special_tokens):  # removing one can make another
            for token in self.tokenizer.all_special_tokens:
                text = text.replace(token, "")
        return text

    def _row(self, prompt: Prompt, names: Sequence[str], generate: bool) -> tuple[list[int], list[int], list[int]]:
        """Ids of one prompt, next-token labels, segments; each question that is to be learned is one, with its answer.

        Further questions that find no room are left out.
        """
        facts = self._fitting(prompt, names, generate)
        if generate:
            ids = self._ids(self._text(self.clean(prompt.question), names, facts))
            return ids, [IGNORE] * len(ids), [0] * len(ids)
        lead, tail = self._text(_MARK_ASKED, names, facts).split(_MARK_ASKED)
        out = self._ids(lead)
        labels, segment = [IGNORE] * len(out), [0] * len(out)
        for k, (question, answer) in enumerate([(prompt.question, prompt.answer), *prompt.turns], start=1):
            asked = self._ids(self.clean(question) + tail)
            said = self._ids(self.clean(answer)) + [self.end]
            if k > 1 and len(out) + len(asked) + len(said) > self.max_length:
                break
            out += asked + said
            labels += [IGNORE] * (len(asked) - 1) + said + [IGNORE]
            segment += [k] * (len(asked) + len(said))
        return out, labels, segment

    def _fitting(self, prompt: Prompt, names: Sequence[str], generate: bool) -> str:
        """The facts, if they leave room for the question and its answer."""
        room = self.max_length - (0 if generate else len(self._ids(self.clean(prompt.answer))) + 1)
        whole = self._ids(self._text(self.clean(prompt.question), names, prompt.facts))
        return prompt.facts if len(whole) <= room else ""

    def _text(self, question: str, names: Sequence[str], facts: str) -> str:
        """The rendered chat with place marks; the question is clean, or a mark in its place."""
        people = " ".join(f"{self.clean(name)} is {MARK_PERSONAL}." for name in names)
        content = "\n".join(part for part in (MARK_VISUAL, people, self.clean(facts)) if part) + f"\n{question}"
        system = [{"role": "system", "content": self.system}] if self.system else []
        return self._render([*system, {"role": "user", "content": content}])

    def _render(self, turns: list[dict[str, str]]) -> str:
        """The tokenizer's chat template; without one, plain lines. A template without system turns gets none."""
        if not getattr(self.tokenizer, "chat_template", None):
            return "".join(f"{t['role'].capitalize()}: {t['content']}\n" for t in turns) + "Assistant:"
        import jinja2

        try:
            return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
        except jinja2.TemplateError:
            rest = [t for t in turns if t["role"] != "system"]
            return str(self.tokenizer.apply_chat_template(rest, tokenize=False, add_generation_prompt=True))

    def _ids(self, text: str) -> list[int]:
        """Token ids, marks replaced by runs of VISUAL and PERSONAL."""
        ids: list[int] = []
        for piece in _MARKS.split(text):
            if piece == MARK_VISUAL:
                ids += [VISUAL] * self.visual
            elif piece == MARK_PERSONAL:
                ids += [PERSONAL] * self.personal
            elif piece:
                ids += self.tokenizer(piece, add_special_tokens=False)["input_ids"]
        return ids
