"""What is trained of one person: personal tokens, z and, when asked for, a small LoRA of the person's own.

In: the frozen model, the aligner's state, batches of `data.py`. Out: `Trainee` and what the model said. Everything else
stays as it is: the base is not even among the trainee's modules, so that no optimiser, checkpoint or wrapper of it
can reach the base.

Legend: B rows of a batch, P people named in a row (one: her), I personal tokens, D width, M routed
modules, R routed heads, r rank, L layers of the language model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pvchat.model.connectors import VisualTokens
from pvchat.model.heads import RoutingStats
from pvchat.model.people import People, PersonState
from pvchat.train.config import USUAL, PersonConfig
from pvchat.train.examples import PersonExample
from pvchat.train.stages import Learner
from recipes.model.batches import select
from recipes.model.person.data import PersonData
from recipes.model.prompts import Prompt
from recipes.model.scoring import Asked, score


@dataclass
class Batch:
    """Rows to learn from."""

    visual: VisualTokens
    prompts: list[Prompt]
    question: Tensor
    examples: list[PersonExample]


@dataclass
class Outcome:
    """What the model said about a batch."""

    lm_sum: Tensor  # loss of all answer tokens
    lm_count: Tensor  # of them
    first_sum: Tensor  # loss of the first token of every answer, where yes and no are decided
    rows: Tensor  # of them
    routing: list[RoutingStats]  # one a routed module

    @property
    def lm(self) -> Tensor:
        """Mean loss of an answer token."""
        return self.lm_sum / self.lm_count

    @property
    def first(self) -> Tensor:
        """Mean loss of an answer's first token."""
        return self.first_sum / self.rows


class Trainee(Learner):
    """One person's parameters; called with a batch, it runs them through the frozen base, in evaluation mode."""

    def __init__(self, model: Any, start: PersonState, config: PersonConfig = USUAL) -> None:
        super().__init__(model, start, config, model.llm)

    def forward(self, batch: Batch) -> Outcome:
        """Run a batch."""
        tokens, z = self.person["tokens"], self.person["z"]  # not recognised, which would leave them nothing to learn
        states = [[PersonState(e.names[0], tokens, z)] for e in batch.examples]
        people = People.batch(states, self.base.config)
        with self.adapted():
            out = score(self.base, Asked(batch.visual, batch.prompts, batch.question, people))
        count, rows = (tokens.new_tensor(float(n)) for n in (out.answer_tokens, len(batch.prompts)))
        return Outcome(out.lm_loss * count, count, out.first_loss * rows, rows, out.reading.routing)


def make_batch(data: PersonData, examples: Sequence[PersonExample]) -> Batch:
    """Examples as one batch."""
    rows = torch.tensor([e.clip for e in examples], device=data.visual.tokens.device)
    return Batch(
        select(data.visual, rows),
        [Prompt(e.question, e.answer, clip=i) for i, e in enumerate(examples)],
        torch.stack([data.vectors[e.question] for e in examples]),
        list(examples),
    )
