"""The two stages of personal training, image then video: steps, early stop, resuming.

In: `PersonData`, the frozen model, the aligner's state. Out: `Trained`, the best state on the held-back split; the
start itself is scored first, so the result is never worse there than the instant enrollment.

Batches are a function of stage, step and seed, and nothing draws random numbers (the base is in evaluation mode): a
resumed run ends with the bits of a straight one.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from pvchat.train.stages import Trained, Training, run_stages, start_run
from recipes.model.person.data import PersonData
from recipes.model.person.trainee import Outcome, Trainee, make_batch

_VALIDATION = 8  # rows at a time


def train_state(
    model: Any,
    data: PersonData,
    start: PersonState,
    config: PersonConfig,
    session: TrainingSession = ALONE,
) -> Trained:
    """Train one person's tokens and z, from where she starts; the model itself isn't changed.

    Raises SettingsError where the model has no language model; WeightsError where there is no state to resume, or it is
    another run's.
    """
    if model.llm is None:
        raise SettingsError("a person is trained through a language model", hint="Use a model that has one.")
    was_training = model.training
    frozen = [p for p in model.parameters() if p.requires_grad]
    model.eval().requires_grad_(False)
    try:
        trainee = Trainee(model, start, config)
        run = start_run(trainee, config)
        return run_stages(Training(run, trainee, data, start, config, session), step, validate)
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


def step(training: Training, rows: list[PersonExample]) -> dict[str, float]:
    """One optimiser step, see `stages.Step`."""
    run, config, trainee = training.run, training.config, training.trainee
    rng = np.random.default_rng([config.seed, run.stage, run.step])
    batch = make_batch(training.data, draw(rows, config.batch, rng))
    run.sparsity.train()
    outcome = trainee(batch)
    losses = objective(outcome, run.sparsity, trainee, training.start, config)
    total = torch.stack([value.float() for value in losses.values()]).sum()
    run.optimizer.zero_grad()
    total.backward()
    nn.utils.clip_grad_norm_([p for p in trainee.parameters() if p.requires_grad], config.clip)
    run.optimizer.step()
    run.sparsity.step()
    numbers = {name: float(value.detach()) for name, value in losses.items()}
    return numbers | {"loss": float(total.detach()), "active_share": float(active_share(outcome.routing))}


def validate(training: Training) -> dict[str, float]:
    """Scores on the held-back split, see `stages.Validate`."""
    data, config = training.data, training.config
    return losses_of(training.trainee, data, data.held_back(config.validate_rows, config.seed))


@torch.no_grad()
def losses_of(trainee: Trainee, data: PersonData, rows: Sequence[PersonExample]) -> dict[str, float]:
    """Mean loss of an answer's tokens ("lm"), of its first one, where yes and no are decided ("first"), and the sum."""
    parts = [trainee(make_batch(data, rows[i : i + _VALIDATION])) for i in range(0, len(rows), _VALIDATION)]
    lm = sum(float(p.lm_sum) for p in parts) / sum(float(p.lm_count) for p in parts)
    first = sum(float(p.first_sum) for p in parts) / len(rows)
    return {"score": lm + first, "lm": lm, "first": first}
