"""The two stages of personal training, image then video: steps, early stop, resuming, several processes.

In: `PersonData`, the frozen model, the aligner's state. Out: `Trained`, the best state on the held-back split; the
start itself is scored first, so the result is never worse there than the instant enrollment.

Batches are a function of stage, step and seed, and nothing draws random numbers (the base is in evaluation mode): a
resumed run ends with the bits of a straight one. In several processes (torchrun) each takes its share of the same
batch; what they say is gathered, gradients included, before the losses are computed: the loss is that of one process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.train.config import PersonConfig
from pvchat.train.examples import PersonExample, draw
from pvchat.train.losses import SparsityController, active_share
from pvchat.train.signals import ALONE, TrainingSession
from pvchat.train.stages import Trained, Training, make_accelerator, run_stages, start_run
from recipes.model.person.data import PersonData
from recipes.model.person.trainee import Outcome, Trainee, gather, make_batch

_VALIDATION = 8  # rows at a time


def train_state(
    model: Any,
    data: PersonData,
    start: PersonState,
    config: PersonConfig,
    session: TrainingSession = ALONE,
) -> Trained:
    """Train one person's tokens and z, from where she starts; the model itself isn't changed.

    Raises SettingsError where the batch can't be shared out among the processes, or the model has no language model;
    WeightsError where there is no state to resume, or it is another run's.
    """
    accelerator = make_accelerator(str(model.device), config.batch)
    if model.llm is None:
        raise SettingsError("a person is trained through a language model", hint="Use a model that has one.")
    was_training = model.training
    frozen = [p for p in model.parameters() if p.requires_grad]
    model.eval().requires_grad_(False)
    try:
        trainee = Trainee(model, start, config)
        run = start_run(trainee, config)
        functions = OnOurs(*accelerator.prepare(trainee, run.optimizer))
        training = Training(run, trainee, data, start, config, accelerator, session)
        return run_stages(training, functions.step, functions.validate)
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)
        model.train(was_training)


def objective(outcome: Outcome, run_sparsity: SparsityController, trainee: Trainee, start: PersonState,
              config: PersonConfig) -> dict[str, Tensor]:  # fmt: skip
    """All losses by name; their sum is minimised (PVChat: L_LM + L_SPR + L_HAE; yes or no is one token of ten)."""
    losses = {"lm": outcome.lm, "first": outcome.first, **run_sparsity(outcome.routing)}
    tokens = trainee.person["tokens"]
    if config.anchor and tokens.requires_grad:
        losses["anchor"] = config.anchor * (tokens - start.tokens).square().mean()
    return losses


@dataclass(frozen=True)
class OnOurs:
    """Step and validation on our own model: a batch gathered from all processes."""

    wrapped: nn.Module  # the trainee and its optimizer, as accelerate prepared them
    optimizer: Any

    def step(self, training: Training, rows: list[PersonExample]) -> dict[str, float]:
        """One optimiser step, see `stages.Step`."""
        run, data, config, accelerator = training.run, training.data, training.config, training.accelerator
        rng = np.random.default_rng([config.seed, run.stage, run.step])
        batch = make_batch(data, draw(rows, config.batch, rng))
        run.sparsity.train()
        share = slice(accelerator.process_index, None, accelerator.num_processes)
        outcome = gather(self.wrapped(batch, share), accelerator)
        losses = objective(outcome, run.sparsity, training.trainee, training.start, config)
        total = torch.stack([value.float() for value in losses.values()]).sum()
        self.optimizer.zero_grad()
        accelerator.backward(total)
        nn.utils.clip_grad_norm_([p for p in training.trainee.parameters() if p.requires_grad], config.clip)
        self.optimizer.step()
        run.sparsity.step()
        numbers = {name: float(value.detach()) for name, value in losses.items()}
        return numbers | {"loss": float(total.detach()), "active_share": float(active_share(outcome.routing))}

    @torch.no_grad()
    def validate(self, training: Training) -> dict[str, float]:
        """Scores on the held-back split, see `stages.Validate`; every process computes all of it."""
        data, config = training.data, training.config
        return losses_of(training.trainee, data, data.held_back(config.validate_rows, config.seed))


@torch.no_grad()
def losses_of(trainee: Trainee, data: PersonData, rows: Sequence[PersonExample]) -> dict[str, float]:
    """Mean loss of an answer's tokens ("lm"), of its first one, where yes and no are decided ("first"), and the sum."""
    parts = [trainee(make_batch(data, rows[i : i + _VALIDATION])) for i in range(0, len(rows), _VALIDATION)]
    lm = sum(float(p.lm_sum) for p in parts) / sum(float(p.lm_count) for p in parts)
    first = sum(float(p.first_sum) for p in parts) / len(rows)
    return {"score": lm + first, "lm": lm, "first": first}
