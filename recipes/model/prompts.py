"""Prompts with the answers that are to be learned: padded batches of token ids with labels.

In: questions with names, facts, answers; the model's `PromptWriter`. Out: a `TokenBatch` with labels at answer
positions, or one to be continued.

Legend: B batch, L length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pvchat.model.prompts import PromptWriter

IGNORE = -100  # label that counts nowhere (torch's cross_entropy)
_ASKED = "\ue002"  # stands for a question: private use, no text has a right to it


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


def token_batch(
    writer: PromptWriter, prompts: Sequence[Prompt], names: Sequence[Sequence[str]], *, generate: bool = False
) -> TokenBatch:
    """Pad prompts to one batch: on the right with answers and labels, on the left for generating.

    Args:
        writer: the model's.
        prompts: B of them.
        names: for each the people whose tokens stand in it, in order.
        generate: leave answers out.
    """
    rows = [(_open if generate else _taught)(writer, p, n) for p, n in zip(prompts, names, strict=True)]
    length = max(len(ids) for ids, _, _ in rows)
    tokenizer = writer.tokenizer
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    batch = TokenBatch(
        torch.full((len(rows), length), pad),
        torch.zeros(len(rows), length, dtype=torch.bool),
        torch.full((len(rows), length), IGNORE),
        torch.zeros(len(rows), length, dtype=torch.long),
    )
    for i, (ids, labels, segment) in enumerate(rows):
        at = slice(length - len(ids), length) if generate else slice(0, len(ids))
        batch.ids[i, at], batch.mask[i, at], batch.labels[i, at] = torch.tensor(ids), True, torch.tensor(labels)
        batch.segment[i, at] = torch.tensor(segment)
    return batch


_Row = tuple[list[int], list[int], list[int]]  # ids, next-token labels, segments


def _open(writer: PromptWriter, prompt: Prompt, names: Sequence[str]) -> _Row:
    """A prompt to be continued."""
    ids = writer.ids(prompt.question, prompt.facts, names)
    return ids, [IGNORE] * len(ids), [0] * len(ids)


def _taught(writer: PromptWriter, prompt: Prompt, names: Sequence[str]) -> _Row:
    """A prompt with its answers; each question is one segment with its answer.

    Facts and further questions that find no room are left out.
    """
    room = writer.max_length - len(writer.tokens(writer.clean(prompt.answer))) - 1
    whole = writer.tokens(writer.text(writer.clean(prompt.question), prompt.facts, names))
    facts = prompt.facts if len(whole) <= room else ""
    lead, tail = writer.text(_ASKED, facts, names).split(_ASKED)
    out = writer.tokens(lead)
    labels, segment = [IGNORE] * len(out), [0] * len(out)
    for k, (question, answer) in enumerate([(prompt.question, prompt.answer), *prompt.turns], start=1):
        asked = writer.tokens(writer.clean(question) + tail)
        said = [*writer.tokens(writer.clean(answer)), writer.tokenizer.eos_token_id]
        if k > 1 and len(out) + len(asked) + len(said) > writer.max_length:
            break
        out += asked + said
        labels += [IGNORE] * (len(asked) - 1) + said + [IGNORE]
        segment += [k] * (len(asked) + len(said))
    return out, labels, segment
