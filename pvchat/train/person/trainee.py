"""What is trained of one person: personal tokens, z and, when asked for, a small LoRA of the person's own.

In: the frozen model, the aligner's state, batches of `examples.py`. Out: `Trainee` and what the model said. Everything
else stays as it is: the base is not even among the trainee's modules, so that no optimiser, checkpoint or wrapper of it
can reach the base.

Legend: B rows of a batch, P people named in a row, I personal tokens, D width, M routed modules, R routed heads,
r rank, L layers of the language model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pvchat.model.people import People, PersonState
from pvchat.model.prompts import Prompt
from pvchat.model.routers import RoutingStats
from pvchat.model.visual import VisualTokens
from pvchat.train.person.config import USUAL, PersonConfig
from pvchat.train.person.examples import PersonData, PersonExample
from pvchat.train.person.learner import Learner


@dataclass
class Batch:
    """Rows to learn from."""

    visual: VisualTokens
    prompts: list[Prompt]
    question: Tensor
    examples: list[PersonExample]


@dataclass
class Outcome:
    """What the model said about a batch.

    Attributes:
        presence: [B, P] logits; present: [B, P] the truth; mask: [B, P] real people.
        lm_sum: summed loss of all answer tokens; lm_count: how many. Both 0 without a language model.
        routing: one `RoutingStats` a routed module.
    """

    presence: Tensor
    present: Tensor
    mask: Tensor
    lm_sum: Tensor
    lm_count: Tensor
    routing: list[RoutingStats]


class Trainee(Learner):
    """One person's parameters; called with a batch, it runs them through the frozen base.

    Args:
        model: the base, in evaluation mode; kept out of this module's own tree.
        start: where tokens and z begin.
        config: see `Learner`.
    """

    def __init__(self, model: Any, start: PersonState, config: PersonConfig = USUAL) -> None:
        super().__init__(start, config, model.llm)
        self._base = (model,)

    @property
    def model(self) -> Any:
        """The base."""
        return self._base[0]

    def forward(self, batch: Batch, others: dict[str, PersonState], share: slice = slice(None)) -> Outcome:
        """Run a batch, or this process's share of it."""
        rows = batch.examples[share]
        subject = self.person()
        states = [[others[n] if n in others else replace(subject, name=n) for n in e.names] for e in batch.examples]
        people = _share(People.batch(states, self.model.config), share)
        prompts = [replace(p, clip=i) for i, p in enumerate(batch.prompts[share])]
        visual = batch.visual.select(torch.arange(len(batch.examples), device=people.tokens.device)[share])
        asked = batch.question[share]
        present = torch.zeros(people.mask.shape, device=people.tokens.device)
        for i, e in enumerate(rows):
            present[i, : len(e.present)] = torch.tensor([float(p) for p in e.present])
        with self.adapted(self.model.llm):
            out = self.model(visual, prompts if self.model.llm is not None else None, question=asked, people=people)
        count = present.new_tensor(float(out.answer_tokens))
        total = present.new_zeros(()) if out.lm_loss is None else out.lm_loss * count
        return Outcome(out.reading.presence, present, people.mask, total, count, out.reading.routing)


def make_batch(data: PersonData, examples: Sequence[PersonExample]) -> Batch:
    """Examples as one batch."""
    rows = torch.tensor([e.clip for e in examples], device=data.visual.tokens.device)
    return Batch(
        data.visual.select(rows),
        [Prompt(e.question, e.answer, clip=i) for i, e in enumerate(examples)],
        torch.stack([data.vectors[e.question] for e in examples]),
        list(examples),
    )


def lm_mean(outcome: Outcome) -> Tensor:
    """Mean loss of an answer token; 0 without a language model."""
    return outcome.lm_sum / outcome.lm_count.clamp_min(1)


def presence_mean(outcome: Outcome) -> Tensor:
    """Mean binary cross-entropy over the people asked about."""
    return F.binary_cross_entropy_with_logits(outcome.presence[outcome.mask], outcome.present[outcome.mask])


def _share(people: People | None, share: slice) -> People:
    assert people is not None  # every example names someone
    cut = {f.name: getattr(people, f.name)[share] for f in fields(People)}
    return People(**cut)
