"""A course of personal training whatever model it is on: image then video stage, early stop, resuming, processes.

In: a fresh `PersonRun`, data, and the `Course` of a model: one optimiser step, one look at the held-back split. Out:
`Trained`, the best state on that split; the start itself is scored first, so the result is never worse there than the
instant enrollment.

Batches are a function of stage, step and seed, and nothing draws random numbers: a resumed run ends with the bits of a
straight one. `train/bases` has the course on a pretrained base, `recipes/model/person` the one on our own model.
"""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import torch

from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.train.person.config import STAGES, PersonConfig
from pvchat.train.person.examples import PersonExample
from pvchat.train.person.session import TrainingSession
from pvchat.train.person.state import PersonRun, Trained, load, put_back, save, values_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Training:
    """What every step of one training needs.

    Attributes:
        run: what changes.
        data: examples by `part(stage, split)`, all of them as `examples`, a `fingerprint()`.
        start: where tokens and z begin.
        config: how.
        accelerator: of accelerate.
        session: around it.
        course: of the model.
    """

    run: PersonRun
    data: Any
    start: PersonState
    config: PersonConfig
    accelerator: Any
    session: TrainingSession
    course: Course

    @property
    def shared(self) -> dict[str, Any]:
        """What a resumed run must have in common with the one before; how long it may take isn't."""
        chosen = {k: v for k, v in asdict(self.config).items() if k != "minutes"}
        at = round(float(self.start.tokens.float().square().sum()), 4)
        return {**chosen, "data": self.data.fingerprint(), "start": at}

    def save(self, shared: dict[str, Any]) -> None:
        """Keep the run's state where one is wanted; the first of several processes does."""
        if self.session.folder is not None and self.accelerator.is_main_process:
            save(self.run, self.session.folder, shared, self.start)


class Course(Protocol):
    """What differs between models."""

    def step(self, training: Training, rows: list[PersonExample]) -> dict[str, float]:
        """One optimiser step on some of these rows; what is worth keeping of it, by name."""
        ...

    def look(self, training: Training) -> dict[str, float]:
        """The held-back split: "score" (lower is better) and what else is worth keeping; no gradients."""
        ...


def follow(training: Training) -> Trained:
    """Both stages, from the start or from the state in the session's folder.

    Raises:
        WeightsError: there is no state to resume, or it is another run's.
    """
    run, config, accelerator = training.run, training.config, training.accelerator
    deadline, most = time.monotonic() + 60 * config.minutes, sum(config.steps(s) for s in STAGES)
    shared = training.shared
    if training.session.resume:
        load(run, training.session.folder, shared)
    if not run.total:
        run.start_score = run.best_score = training.course.look(training)["score"]

    def over() -> bool:
        ends = training.session.stopped or time.monotonic() > deadline
        mine = torch.tensor([float(ends)], device=accelerator.device)
        return bool(accelerator.reduce(mine, "sum").item() > 0)  # all processes stop together

    stopped = over()
    while run.stage < len(STAGES) and not stopped:
        stage = STAGES[run.stage]
        rows = training.data.part(stage, "train")
        while rows and run.step < config.steps(stage) and run.waited < config.patience and not stopped:
            numbers = training.course.step(training, rows)
            run.step, run.total = run.step + 1, run.total + 1
            run.history.append({"stage": stage, "step": run.total, "part": "train", **numbers})
            if run.step % config.validate_every == 0 or run.step == config.steps(stage):
                _keep_best(training)
                training.save(shared)
            training.session.tell(f"training on {'stills' if stage == 'image' else 'clips'}", run.total, most)
            stopped = over()
        if not stopped:
            run.stage, run.step, run.waited = run.stage + 1, 0, 0
            put_back(run.trainee, run.best)  # the next stage starts from the best of this one
    if run.step % config.validate_every and stopped:
        training.save(shared)  # to go on from this very step
        _keep_best(training, count=False)
    training.session.tell("training on clips", most, most)
    return _result(run, training.start)


def make_accelerator(device: str = "cpu", batch: int = 0) -> Any:
    """Accelerate's object: one process, or all that torchrun started.

    Raises:
        SettingsError: a batch of this size can't be shared out among them.
    """
    from accelerate import Accelerator

    made = Accelerator(cpu=device == "cpu")
    if batch % made.num_processes:
        hint = f"Use a multiple of {made.num_processes}."
        raise SettingsError(f"a batch of {batch} can't be shared out among the processes", hint=hint)
    return made


def held_back(data: Any, most: int, seed: int) -> list[PersonExample]:
    """Rows of the held-back split, yes and no in balance; without such a split, of every fifth clip trained on."""
    rows = [e for e in data.examples if e.split == "val"]
    if not rows:
        rows = [e for e in data.examples if e.split == "train" and e.clip % 5 == 0] or data.examples
    rng = np.random.default_rng([seed, 7])
    order = [rows[i] for i in rng.permutation(len(rows))]
    sides = [[e for e in order if any(e.present) == there] for there in (True, False)]
    half = max(1, min(most // 2, *(len(s) for s in sides if s)))
    return [e for side in sides for e in side[:half]]


def _keep_best(training: Training, *, count: bool = True) -> None:
    """Look at the held-back split; keep the state when it is the best so far."""
    run, found = training.run, training.course.look(training)
    run.history.append({"stage": STAGES[min(run.stage, 1)], "step": run.total, "part": "validation", **found})
    log.info("step %d: %s", run.total, " ".join(f"{k} {v:.4f}" for k, v in found.items()))
    if found["score"] < run.best_score:
        run.best, run.best_score, run.waited = values_of(run.trainee), found["score"], 0
    elif count:
        run.waited += 1


def _result(run: PersonRun, start: PersonState) -> Trained:
    best = run.best
    state = PersonState(start.name, best["person.tokens"], best["person.z"])
    lora = {k.removeprefix("lora."): v for k, v in best.items() if k.startswith("lora.")}
    done = run.stage >= len(STAGES)
    return Trained(state, lora, run.start_score, run.best_score, run.total, done, run.history)
