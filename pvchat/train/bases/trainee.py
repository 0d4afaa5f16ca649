"""What is trained of one person on a base: tokens, head offsets, a LoRA of her own where asked for.

In: the frozen base, one example. Out: `Said`: the answer's loss, the odds of yes against no, what the routers did. The
base isn't among the trainee's modules, so that no optimiser and no checkpoint can reach it. Examples go one by one:
prompts with pictures have no common length, and one graph at a time is all the memory there is need for.

Legend: I personal tokens, W width of the base, M modules with mixed heads, R routed heads of one, n answer tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pvchat.bases.connector import looking_at
from pvchat.bases.loading import Base
from pvchat.bases.prompts import PRESENCE_BRIEF, PRESENCE_QUESTION, BasePrompt, inputs_of
from pvchat.bases.replying import yes_no_ids
from pvchat.bases.soft import Personal, spoken_with
from pvchat.bases.states import upper
from pvchat.model.people import PersonState
from pvchat.model.retrofit import mixers, routing_stats
from pvchat.model.routers import RoutingStats
from pvchat.train.bases.data import BaseData
from pvchat.train.person.config import USUAL, PersonConfig
from pvchat.train.person.examples import PersonExample
from pvchat.train.person.state import Learner

IGNORE = -100


@dataclass
class Said:
    """What the base said about one example.

    Attributes:
        lm_sum, lm_count: summed loss of the answer's tokens, and how many.
        odds: log-odds of "Yes" against "No" where the answer begins.
        routing: one `RoutingStats` a module, of the people's own tokens.
    """

    lm_sum: Tensor
    lm_count: int
    odds: Tensor
    routing: list[RoutingStats]


class BaseTrainee(Learner):
    """One person's parameters on a base.

    Args:
        base: frozen, with mixed heads.
        start: tokens [I, W] and z [M, R] to begin with.
        config: see `Learner`.
    """

    def __init__(self, base: Base, start: PersonState, config: PersonConfig = USUAL) -> None:
        super().__init__(start, config, upper(base))
        self._base = (base,)

    @property
    def base(self) -> Base:
        """The base."""
        return self._base[0]

    def personal(self, name: str) -> Personal:
        """The person as she is now, called so; gradients flow to the parameters."""
        tokens, z = self.person["tokens"], self.person["z"]
        return Personal(name, tokens, z if z.numel() else None)

    def forward(self, data: BaseData, example: PersonExample) -> Said:
        """Let the base answer one example."""
        people = [data.others.get(name) or self.personal(name) for name in example.names]
        asked = BasePrompt(example.question, soft=tuple((p.name, len(p.tokens)) for p in people))
        if example.type == "existence" and len(people) == 1:
            asked = BasePrompt(example.question, soft=asked.soft, brief=PRESENCE_BRIEF)
        return self.say(data, example.clip, asked, people, example.answer)

    def say(self, data: BaseData, clip: int, asked: BasePrompt, people: list[Personal], answer: str) -> Said:
        """Score an answer to what is asked about a clip."""
        inputs = inputs_of(self.base, data.shown[clip], asked, answer)
        labels = inputs.pop("labels")[0]
        kept = int((labels != IGNORE).sum())
        seen = looking_at(self.base, data.seen[clip] if data.seen else None, data.vectors.get(asked.question))
        alone = upper(self.base) if len(people) == 1 else None
        with spoken_with(self.base, people), self.adapted(alone), seen:
            out = self.base.model(**inputs, use_cache=False, logits_to_keep=kept + 1)
        logits = out.logits[0, -kept - 1 :].float()  # [n + 1, vocabulary]
        total = F.cross_entropy(logits[:-1], labels[-kept:], reduction="sum")
        yes, no = yes_no_ids(self.base)
        hers = inputs["input_ids"] == self.base.soft  # z acts there and nowhere else
        routing = [replace(stats, mask=hers) for stats in routing_stats(self.base.decoder)]
        return Said(total, kept, logits[0, yes] - logits[0, no], routing)

    def presence_odds(self, data: BaseData, clip: int, name: str) -> Tensor:
        """Log-odds that she is in a clip."""
        return self.odds(data, clip, PRESENCE_QUESTION.format(name), name)

    def odds(self, data: BaseData, clip: int, question: str, name: str) -> Tensor:
        """Log-odds of yes to any question, while she stands in the prompt, called so."""
        asked = BasePrompt(question, soft=((name, len(self.person["tokens"])),), brief=PRESENCE_BRIEF)
        return self.say(data, clip, asked, [self.personal(name)], "Yes.").odds

    @torch.no_grad()
    def generic_odds(self, data: BaseData, rows: list[tuple[int, str]]) -> dict[tuple[int, str], float]:
        """Log-odds of yes to questions about everything but her, as she is now, by sample and question."""
        return {row: float(self.odds(data, *row, data.name)) for row in dict.fromkeys(rows)}


def fresh_state(base: Base, name: str, tokens: Tensor) -> PersonState:
    """Tokens [I, W] with z of zeros [M, R]: as all heads are."""
    found: list[Any] = [mixer for _, mixer in mixers(base.decoder)]
    z = torch.zeros(len(found), found[0].routed if found else 0)
    return PersonState(name, tokens.float(), z.to(tokens.device))
