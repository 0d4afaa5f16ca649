"""The course of one person on a base: image stage, then video stage (PVChat, arXiv 2503.17069, Sec. 4).

In: `BaseData`, a `BaseTrainee`. Out: one optimiser step, one look at the held-back split (`train/person/course.py`).
Losses: the answer's words, yes or no as a term of its own (one token among ten gets lost), SPR and HAE, and in place of
some examples a generic question whose answer is to stay as it was.

In several processes each takes every n-th example of the same batch; gradients are summed: the step is that of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.train.bases.data import GENERIC
from pvchat.train.bases.trainee import BaseTrainee
from pvchat.train.person.course import Training, held_back
from pvchat.train.person.examples import PersonExample, draw

GENERIC_SHARE = 0.2  # of the examples (10–20 % are usual where a frozen model learns one person)


@dataclass(frozen=True)
class OnBase:
    """The course on a pretrained base."""

    def step(self, training: Training, rows: list[PersonExample]) -> dict[str, float]:
        """See `Course`."""
        run, config, accelerator = training.run, training.config, training.accelerator
        rng = np.random.default_rng([config.seed, run.stage, run.step])
        chosen = draw(rows, config.batch, rng)
        generic = rng.random(len(chosen)) < GENERIC_SHARE
        asked = [GENERIC[rng.integers(len(GENERIC))] for _ in chosen]
        run.sparsity.train()
        run.optimizer.zero_grad()
        sums = torch.zeros(3)  # summed losses of words, of yes or no, of heads
        for i in range(accelerator.process_index, len(chosen), accelerator.num_processes):
            question = asked[i] if generic[i] and (chosen[i].clip, asked[i]) in training.data.before else ""
            losses = _losses(training, chosen[i], question)
            (torch.stack(losses).sum() / len(chosen)).backward()
            sums += torch.stack([loss.detach().float().cpu() for loss in losses])
        anchor = _pull(training)
        _together(run.trainee, accelerator)
        nn.utils.clip_grad_norm_([p for p in run.trainee.parameters() if p.requires_grad], config.clip)
        run.optimizer.step()
        run.sparsity.step(lambda share: accelerator.reduce(share, "mean"))
        words, yes, heads = (accelerator.reduce(sums.to(accelerator.device), "sum") / len(chosen)).tolist()
        return {"loss": words + yes + heads + anchor, "lm": words, "yes_no": yes, "heads": heads}

    @torch.no_grad()
    def look(self, training: Training) -> dict[str, float]:
        """See `Course`; every process looks at all of it."""
        trainee: Any = training.run.trainee
        rows = held_back(training.data, training.config.validate_rows, training.config.seed)
        lm, odds, truth = [], [], []
        for example in rows:
            said = trainee(training.data, example)
            lm.append(float(said.lm_sum) / said.lm_count)
            if decides(example):
                odds.append(float(said.odds))
                truth.append(any(example.present))
        bce = float(F.softplus(torch.tensor([-o if t else o for o, t in zip(odds, truth, strict=True)])).mean())
        sides = [[(o > 0) == t for o, t in zip(odds, truth, strict=True) if t == side] for side in (True, False)]
        right = [float(np.mean(side)) for side in sides if side]
        found = {"lm": float(np.mean(lm)), "yes_no": bce if odds else 0.0}
        return {"score": found["lm"] + found["yes_no"], **found, "balanced_accuracy": float(np.mean(right or [0.5]))}


def decides(example: PersonExample) -> bool:
    """Whether an example's answer begins with yes or no about one person."""
    return example.type == "existence" and len(example.names) == 1


def _losses(training: Training, example: PersonExample, generic: str) -> list[Tensor]:
    """Of words, of yes or no, of heads: of one example, or of a generic question about its clip."""
    trainee: BaseTrainee = training.run.trainee
    if generic:
        said = trainee.odds(training.data, example.clip, generic, training.data.name)
        want = torch.sigmoid(said.new_tensor(training.data.before[example.clip, generic]))
        return [said.new_zeros(()), F.binary_cross_entropy_with_logits(said, want), said.new_zeros(())]
    out = trainee(training.data, example)
    yes = F.softplus(-out.odds if any(example.present) else out.odds)
    heads = training.run.sparsity(out.routing)
    total = torch.stack([*(loss.float() for loss in heads.values()), out.odds.new_zeros(())]).sum()
    return [out.lm_sum / out.lm_count, yes if decides(example) else yes * 0.0, total]


def _pull(training: Training) -> float:
    """Add the gradient of the pull towards the start; the loss."""
    tokens, config = training.run.trainee.person["tokens"], training.config
    if not config.anchor or not tokens.requires_grad:
        return 0.0
    loss = config.anchor * (tokens - training.start.tokens).square().mean()
    (loss / training.accelerator.num_processes).backward()
    return float(loss.detach())


def _together(trainee: nn.Module, accelerator: Any) -> None:
    """Sum every gradient over the processes."""
    if accelerator.num_processes == 1:
        return
    for parameter in trainee.parameters():
        if parameter.requires_grad:
            own = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            parameter.grad = accelerator.reduce(own, "sum")
