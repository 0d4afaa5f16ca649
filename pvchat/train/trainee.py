"""One person on a base: what is trained of her, one optimiser step, one validation (PVChat, Sec. 4).

In: the frozen base, `BaseData`. Out: the `Score` of an example (its answer's loss, the odds of yes against no, what the
routers did); for `stages.run_stages` the functions `step` and `validate`. Losses: the answer's words, yes or no as a
term of its own (one token among ten gets lost), SPR and HAE, and in place of some examples a generic question whose
answer is to stay as it was.

Examples go one by one: prompts with pictures have no common length.

Legend: I personal tokens, W width of the base, M modules with mixed heads, R routed heads of one, n answer tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.bases.connector import looking_at
from pvchat.bases.loading import Base
from pvchat.bases.prompts import BRIEF, PRESENCE_BRIEF, PRESENCE_QUESTION, BasePrompt, inputs_of, yes_no_ids
from pvchat.bases.soft import spoken_with
from pvchat.bases.states import upper_layers
from pvchat.model.heads import RoutingStats
from pvchat.model.people import PersonState
from pvchat.model.retrofit import mixers, routing_stats
from pvchat.train.config import USUAL, PersonConfig
from pvchat.train.examples import GENERIC, BaseData, PersonExample, draw
from pvchat.train.losses import balanced_accuracy
from pvchat.train.stages import Learner, Training

GENERIC_SHARE = 0.2  # of the examples (10–20 % are usual where a frozen model learns one person)
_IGNORE = -100


@dataclass
class Score:
    """How the base scores the answer of one example."""

    lm_sum: Tensor  # loss of the answer's tokens
    lm_count: int  # of them
    odds: Tensor  # log-odds of "Yes" against "No" where the answer begins
    routing: list[RoutingStats]  # one `RoutingStats` a module, of the person's own tokens


class BaseTrainee(Learner):
    """One person's parameters on a base, which is frozen and has mixed heads; tokens are [I, W], z is [M, R]."""

    def __init__(self, base: Base, start: PersonState, config: PersonConfig = USUAL) -> None:
        super().__init__(base, start, config, upper_layers(base))

    def forward(self, data: BaseData, example: PersonExample) -> Score:
        """Score the answer of one example."""
        asked = BasePrompt(example.question, brief=PRESENCE_BRIEF if asks_presence(example) else BRIEF)
        return self.score(data, example.clip, asked, example.names[0], example.answer)

    def score(self, data: BaseData, clip: int, asked: BasePrompt, name: str, answer: str) -> Score:
        """Score an answer to what is asked about a clip, with the person in the prompt, under a name."""
        person = PersonState(name, self.person["tokens"], self.person["z"])  # gradients flow to them
        prompt = replace(asked, soft=((name, len(person.tokens)),))
        inputs = inputs_of(self.base, data.visuals[clip], prompt, answer)
        labels = inputs.pop("labels")[0]
        kept = int((labels != _IGNORE).sum())
        analysis = data.analyses[clip] if data.analyses else None
        seen = looking_at(self.base, analysis, data.question_vectors.get(asked.question))
        with spoken_with(self.base, [person]), self.adapted(), seen:
            out = self.base.model(**inputs, use_cache=False, logits_to_keep=kept + 1)
        logits = out.logits[0, -kept - 1 :].float()  # [n + 1, vocabulary]
        total = F.cross_entropy(logits[:-1], labels[-kept:], reduction="sum")
        yes, no = yes_no_ids(self.base)
        hers = inputs["input_ids"] == self.base.soft  # z acts there and nowhere else
        routing = [replace(stats, mask=hers) for stats in routing_stats(self.base.decoder)]
        return Score(total, kept, logits[0, yes] - logits[0, no], routing)

    def presence_odds(self, data: BaseData, clip: int, name: str) -> Tensor:
        """Log-odds that she is in a clip."""
        return self.odds(data, clip, PRESENCE_QUESTION.format(name), name)

    def odds(self, data: BaseData, clip: int, question: str, name: str) -> Tensor:
        """Log-odds of yes to any question with the person in the prompt, under a name."""
        return self.score(data, clip, BasePrompt(question, brief=PRESENCE_BRIEF), name, "Yes.").odds

    @torch.no_grad()
    def generic_odds(self, data: BaseData, rows: list[tuple[int, str]]) -> dict[tuple[int, str], float]:
        """Log-odds of yes to questions about everything but her, as she is now, by sample and question."""
        return {row: float(self.odds(data, *row, data.name)) for row in dict.fromkeys(rows)}


def untrained_state(base: Base, name: str, tokens: Tensor) -> PersonState:
    """Tokens [I, W] with z of zeros [M, R]: as all heads are."""
    routed = [mixer.routed for _, mixer in mixers(base.decoder)]
    z = torch.zeros(len(routed), max(routed, default=0))
    return PersonState(name, tokens.float(), z.to(tokens.device))


def asks_presence(example: PersonExample) -> bool:
    """Whether an example's answer begins with yes or no."""
    return example.type == "existence"


def step(training: Training, rows: list[PersonExample]) -> dict[str, float]:
    """One optimiser step, see `stages.Step`."""
    run, config = training.run, training.config
    rng = np.random.default_rng([config.seed, run.stage, run.step])
    chosen = draw(rows, config.batch, rng)
    generic = rng.random(len(chosen)) < GENERIC_SHARE
    asked = [GENERIC[rng.integers(len(GENERIC))] for _ in chosen]
    run.sparsity.train()
    run.optimizer.zero_grad()
    sums = torch.zeros(3)  # summed losses of words, of yes or no, of heads
    for example, question, instead in zip(chosen, asked, generic, strict=True):
        losses = _losses(training, example, question if instead else "")
        (torch.stack(losses).sum() / len(chosen)).backward()
        sums += torch.stack([loss.detach().float().cpu() for loss in losses])
    anchor = _anchor_loss(training)
    nn.utils.clip_grad_norm_([p for p in run.parameters.values() if p.requires_grad], config.clip)
    run.optimizer.step()
    run.sparsity.step()
    words, yes, heads = (sums / len(chosen)).tolist()
    return {"loss": words + yes + heads + anchor, "lm": words, "yes_no": yes, "heads": heads}


@torch.no_grad()
def validate(training: Training) -> dict[str, float]:
    """Scores on the held-back split, see `stages.Validate`."""
    lm, odds, truth = list[float](), list[float](), list[bool]()
    for example in training.data.held_back(training.config.validate_rows, training.config.seed):
        scored = training.trainee(training.data, example)
        lm.append(float(scored.lm_sum) / scored.lm_count)
        if asks_presence(example):
            odds.append(float(scored.odds))
            truth.append(any(example.present))
    accuracy, bce = balanced_accuracy(odds, truth)
    found = {"lm": float(np.mean(lm)), "yes_no": bce}
    return {"score": found["lm"] + bce, **found, "balanced_accuracy": accuracy}


def _losses(training: Training, example: PersonExample, generic: str) -> list[Tensor]:
    """Of words, of yes or no, of heads: of one example, or of a generic question about its clip."""
    trainee: BaseTrainee = training.trainee
    if (before := training.data.untrained_odds.get((example.clip, generic))) is not None:
        said = trainee.odds(training.data, example.clip, generic, training.data.name)
        want = torch.sigmoid(said.new_tensor(before))
        return [said.new_zeros(()), F.binary_cross_entropy_with_logits(said, want), said.new_zeros(())]
    out = trainee(training.data, example)
    yes = F.softplus(-out.odds if any(example.present) else out.odds)
    heads = training.run.sparsity(out.routing)
    total = torch.stack([*(loss.float() for loss in heads.values()), out.odds.new_zeros(())]).sum()
    return [out.lm_sum / out.lm_count, yes if asks_presence(example) else yes * 0.0, total]


def _anchor_loss(training: Training) -> float:
    """The squared distance from the start as a loss, whose gradient is added."""
    tokens, config = training.trainee.person["tokens"], training.config
    if not config.anchor or not tokens.requires_grad:
        return 0.0
    loss = config.anchor * (tokens - training.start.tokens).square().mean()
    loss.backward()
    return float(loss.detach())
