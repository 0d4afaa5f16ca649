"""The stages of personal training, whatever the model: image then video, early stopping, resuming.

In: a `Learner`, data, and two functions of the model's own: one optimiser step, one validation on the held-back split.
Out: `Trained`, the best state on that split; the start itself is scored first, so the result is never worse there than
the instant enrollment.

Batches are a function of stage, step and seed, and nothing draws random numbers: a resumed run ends with the bits of a
straight one. `trainee.py` has both functions for a pretrained base, `recipes/model/person` those for our own model.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pvchat.augment.lines import write_lines
from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.model.personlora import PersonLora
from pvchat.train.config import STAGES, PersonConfig
from pvchat.train.examples import PersonExample
from pvchat.train.losses import SparsityController
from pvchat.train.run import BETAS, Run
from pvchat.train.signals import TrainingSession

STATE, METRICS = "state.safetensors", "metrics.jsonl"
log = logging.getLogger(__name__)


class Learner(nn.Module):
    """What one person's training changes; the model is no part of it: no optimiser or checkpoint can reach that.

    A LoRA of the person's own works on some layers, None where there is no language model.
    """

    def __init__(self, base: Any, start: PersonState, config: PersonConfig, layers: nn.Module | None) -> None:
        super().__init__()
        self._frozen = (base, layers)  # a tuple, which no module looks into
        self.person = nn.ParameterDict({"tokens": start.tokens.detach().clone(), "z": start.z.detach().clone()})
        self.person["z"].requires_grad_(config.use_z and start.z.numel() > 0)
        self.person["tokens"].requires_grad_(config.use_tokens)
        self.lora = None
        if config.lora and layers is not None:
            self.lora = PersonLora(layers, config.lora, config.seed).to(start.tokens.device)

    @property
    def base(self) -> Any:
        """The frozen model."""
        return self._frozen[0]

    def adapted(self) -> AbstractContextManager[None]:
        """The language model with her LoRA, where she has one."""
        _, layers = self._frozen
        return nullcontext() if self.lora is None or layers is None else self.lora.applied(layers)


@dataclass
class Trained:
    """The result of a training; scores are those on the held-back split, lower is better."""

    state: PersonState  # tokens and z of the best validation
    lora: dict[str, Tensor]  # the person's own, by name; empty without one
    start: float
    best: float
    steps: int
    done: bool  # all stages came to their end (False: stopped, or out of time)
    history: list[dict[str, Any]] = field(default_factory=list)  # a row a validation, and the training losses by step


@dataclass(frozen=True)
class Training:
    """What every step of one training needs."""

    run: Run  # what changes
    trainee: Any  # whose parameters these are
    data: Any  # `TrainingData` of the model's own kind
    start: PersonState  # where tokens and z begin
    config: PersonConfig
    session: TrainingSession

    @cached_property
    def shared(self) -> dict[str, Any]:
        """What a resumed run must have in common with the one before; how long it may take is no part of it."""
        chosen = {k: v for k, v in asdict(self.config).items() if k != "minutes"}
        at = round(float(self.start.tokens.float().square().sum()), 4)
        return {**chosen, "data": self.data.fingerprint(), "start": at}

    def over(self, deadline: float) -> bool:
        """Whether training was stopped, or the clock (`time.monotonic`) is past its deadline."""
        return self.session.stopped or time.monotonic() > deadline

    def save(self) -> None:
        """Keep the run's state, and its losses and validations, where they are wanted."""
        if self.session.folder is not None:
            more = {"start/tokens": self.start.tokens, "start/z": self.start.z}
            self.run.save(self.session.folder / STATE, self.shared, more)
            write_lines(self.session.folder / METRICS, self.run.history)


Step = Callable[[Training, list[PersonExample]], dict[str, float]]  # on some of these rows; what is worth keeping of it
Validate = Callable[[Training], dict[str, float]]  # on the held-back split: "score" and more; no gradients


def start_run(trainee: Any, config: PersonConfig) -> Run:
    """A run of a `Learner` about to begin; raises SettingsError where nothing of it is left to train."""
    person, rates = trainee.person, {"tokens": config.lr, "z": config.z_lr}
    groups = [{"params": [person[name]], "lr": rate} for name, rate in rates.items() if person[name].requires_grad]
    if trainee.lora is not None:
        groups.append({"params": list(trainee.lora.parameters()), "lr": config.lora_lr})
    if not groups:
        raise SettingsError("nothing is left to train", hint="Use tokens, z or --lora.")
    optimizer = torch.optim.AdamW(groups, betas=BETAS, weight_decay=0.0)
    sparsity = SparsityController(config.sparsity, target=config.target).to(person["tokens"].device)
    return Run(dict(trainee.named_parameters()), optimizer, sparsity)


def run_stages(training: Training, step: Step, validate: Validate) -> Trained:
    """Train through both stages, from the start or from the state in the session's folder. Raises WeightsError where
    there is no state to resume, or it is another run's.
    """
    run, config, session = training.run, training.config, training.session
    deadline = time.monotonic() + 60 * config.minutes
    if session.resume:
        run.load((session.folder or Path()) / STATE, training.shared)
    if not run.total:
        run.start_score = run.best_score = validate(training)["score"]
    stopped = training.over(deadline)
    while run.stage < len(STAGES) and not stopped:
        stopped = _run_stage(training, step, validate, deadline)
        if not stopped:
            run.stage, run.step, run.waited = run.stage + 1, 0, 0
            run.put_best_back()  # the next stage starts from the best of this one
    if run.step % config.validate_every and stopped:
        training.save()  # to go on from this very step
        _is_best(training, validate)
    most = sum(config.steps(s) for s in STAGES)
    session.tell("training on clips", most, most)
    state = PersonState(training.start.name, run.best["person.tokens"], run.best["person.z"])
    lora = {k.removeprefix("lora."): v for k, v in run.best.items() if k.startswith("lora.")}
    return Trained(state, lora, run.start_score, run.best_score, run.total, run.stage >= len(STAGES), run.history)


def _run_stage(training: Training, step: Step, validate: Validate, deadline: float) -> bool:
    """Steps of the stage at hand, until it has all, stops improving, or training is over; whether it is over."""
    run, config, stage = training.run, training.config, STAGES[training.run.stage]
    rows, stopped = training.data.part(stage, "train"), False
    while rows and run.step < config.steps(stage) and run.waited < config.patience and not stopped:
        numbers = step(training, rows)
        run.step, run.total = run.step + 1, run.total + 1
        run.history.append({"stage": stage, "step": run.total, "part": "train", **numbers})
        if run.step % config.validate_every == 0 or run.step == config.steps(stage):
            if not _is_best(training, validate):
                run.waited += 1
            training.save()
        most = sum(config.steps(s) for s in STAGES)
        training.session.tell(f"training on {'stills' if stage == 'image' else 'clips'}", run.total, most)
        stopped = training.over(deadline)
    return stopped


def _is_best(training: Training, validate: Validate) -> bool:
    """Validate, and keep the state when it is the best so far; whether it is."""
    run, found = training.run, validate(training)
    run.history.append({"stage": STAGES[min(run.stage, 1)], "step": run.total, "part": "validation", **found})
    log.info("step %d: %s", run.total, " ".join(f"{k} {v:.4f}" for k, v in found.items()))
    return run.keep_best(found["score"])
