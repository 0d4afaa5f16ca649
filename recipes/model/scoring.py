"""What the model makes of prompts while it is trained and validated: losses of answers, yes or no, texts.

In: a `PVChatModel`, padded clips or their visual tokens, prompts. Out: `Scored`; log-odds; texts of many prompts.

A clip's visual tokens are made once and shared by all questions about it (`Prompt.clip`). Loss and logits are computed
at answer positions only: a vocabulary of 49k costs more than the Q-Former otherwise.

Legend: C clips, B questions, S sentence width, L tokens of a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pvchat.model.connectors import VisualTokens
from pvchat.model.people import People
from pvchat.model.pvchat import Reading
from pvchat.model.speculative import stop_ids
from recipes.model.batches import ClipFeatures, encode_clips, select
from recipes.model.prompts import IGNORE, Prompt, TokenBatch, token_batch


@dataclass(frozen=True)
class Asked:
    """What is asked of a model.

    Attributes:
        clips: C of them, or their visual tokens.
        prompts: B of them; `Prompt.clip` says which clip.
        question: [B, S] sentence vectors of the questions, None for none.
        people: who is named in each, None for nobody at all.
    """

    clips: ClipFeatures | VisualTokens
    prompts: Sequence[Prompt]
    question: Tensor | None = None
    people: People | None = None

    def read(self, model: Any) -> Reading:
        """What is read for each prompt, of its clip."""
        visual = self.clips if isinstance(self.clips, VisualTokens) else encode_clips(model, self.clips)
        rows = torch.tensor([p.clip for p in self.prompts], device=model.device)
        return model.read(select(visual, rows), self.question, self.people)

    def written(self, model: Any, *, generate: bool = False) -> TokenBatch:
        """Token ids on the model's device; with `generate` to be gone on from."""
        names = [[] for _ in self.prompts] if self.people is None else self.people.names
        return token_batch(model.writer, self.prompts, names, generate=generate).to(model.device)


@dataclass
class Scored:
    """A reading and the language model's loss.

    Attributes:
        reading: of the Q-Former.
        lm_loss: mean over all `answer_tokens`, of which there are so many.
        first_loss: mean over the first token of every answer, which is where yes and no are decided.
        exact: for each prompt, answer by answer, whether each of its tokens is the likeliest: greedy writing would give
            this answer. Empty while the model trains.
    """

    reading: Reading
    lm_loss: Tensor
    answer_tokens: int
    first_loss: Tensor
    exact: list[list[bool]] = field(default_factory=list)


def score(model: Any, asked: Asked) -> Scored:
    """Read clips and score the prompts' answers."""
    reading, batch = asked.read(model), asked.written(model)
    hidden = hidden_states(model, model.embed(batch.ids, reading, asked.people), batch)
    at = batch.labels != IGNORE
    logits = model.llm.get_output_embeddings()(hidden[at])  # [answer tokens, vocabulary]
    losses = F.cross_entropy(logits.float(), batch.labels[at], reduction="none")
    first = at & ~F.pad(at, (1, 0))[:, :-1]  # answers don't touch one another
    out = Scored(reading, losses.mean(), int(at.sum()), losses[first[at]].mean())
    if not model.training:
        right = logits.argmax(-1) == batch.labels[at]
        out.exact = whole_answers(right, at.nonzero()[:, 0], batch.segment[at], len(asked.prompts))
    return out


@torch.no_grad()
def write_all(model: Any, asked: Asked, *, most: int) -> list[str]:
    """Greedy answers of at most so many tokens; the prompts' own answers are ignored."""
    batch = asked.written(model, generate=True)
    embeds = model.embed(batch.ids, asked.read(model), asked.people)
    return greedy(model.llm, model.writer.tokenizer, embeds, batch.mask, most)


def greedy(llm: Any, tokenizer: Any, embeds: Tensor, mask: Tensor, most: int) -> list[str]:
    """Continue B prompts by transformers' own generation.

    Args:
        llm: a causal language model of transformers.
        tokenizer: its tokenizer.
        embeds: [B, L, width of the language model], padded on the left.
        mask: [B, L] bool.
        most: tokens of one text.
    """
    from transformers import GenerationConfig

    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    stop = sorted(stop_ids(llm, tokenizer))
    settings = GenerationConfig(max_new_tokens=most, do_sample=False, eos_token_id=stop, pad_token_id=pad)
    was_training = llm.training
    llm.eval()
    ids = llm.generate(inputs_embeds=embeds, attention_mask=mask.long(), generation_config=settings)
    llm.train(was_training)
    return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]


@torch.no_grad()
def yes_no(model: Any, asked: Asked) -> Tensor:
    """[B] log-odds that the language model's answer begins with "Yes" rather than "No"."""
    batch = asked.written(model, generate=True)
    hidden = hidden_states(model, model.embed(batch.ids, asked.read(model), asked.people), batch)[:, -1]
    first = [model.writer.tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("Yes", "No")]
    logits = model.llm.get_output_embeddings()(hidden).float()
    return logits[:, first[0]] - logits[:, first[1]]


def hidden_states(model: Any, embeds: Tensor, batch: TokenBatch) -> Tensor:
    """Last hidden states [B, L, width] of the language model."""
    mask, place = batch.mask.long(), batch.positions()
    if int(batch.segment.max()) > 1:  # additive mask [B, 1, L, L]; a padded row sees all alike, which is not NaN
        mask = torch.zeros_like(embeds[:, :1, :1]) + ~batch.visible()
        mask = (mask * torch.finfo(embeds.dtype).min)[:, None]
    out = model.llm.base_model(inputs_embeds=embeds, attention_mask=mask, position_ids=place, use_cache=False)
    return out.last_hidden_state


def whole_answers(right: Tensor, row: Tensor, answer: Tensor, rows: int) -> list[list[bool]]:
    """For each of so many rows, answer by answer, whether all its tokens are right.

    Args:
        right: [n] bool, of answer tokens.
        row: [n] the row of each.
        answer: [n] its answer, counted in its row.
        rows: how many.
    """
    found: list[dict[int, bool]] = [{} for _ in range(rows)]
    for hit, i, k in zip(right.tolist(), row.tolist(), answer.tolist(), strict=True):
        found[i][k] = found[i].get(k, True) and hit
    return [[one[k] for k in sorted(one)] for one in found]
