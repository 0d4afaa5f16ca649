"""The two stages of personal training, image then video: steps, early stop, resuming, several processes.

In: `PersonData`, the frozen model, the aligner's state. Out: `Trained`, the best state on the held-back split; the
start itself is scored first, so the result is never worse there than the instant enrollment.

Batches are a function of stage, step and seed, and nothing draws random numbers (the base is in evaluation mode): a
resumed run ends with the bits of a straight one. In several processes (torchrun) each takes its share of the same
batch; what they say is gathered, gradients included, before the losses are computed: the loss is that of one process.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.schemas import Progress
from pvchat.train.losses import SparsityController, active_share
from pvchat.train.person.config import STAGES, PersonConfig
from pvchat.train.person.examples import PersonData, PersonExample, draw
from pvchat.train.person.processes import gather, make_accelerator
from pvchat.train.person.state import PersonRun, Trained, load, put_back, save, values_of
from pvchat.train.person.trainee import Outcome, Trainee, lm_mean, make_batch, presence_mean

BETAS = (0.9, 0.98)
_VALIDATION = 8  # rows at a time
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Session:
    """Around one training: where it is kept, who watches it.

    Attributes:
        folder: where the run's state is kept for resuming; None keeps none.
        resume: go on from the state in `folder`.
        stop: when set, the best so far is returned after the step under way.
        progress: called with what is being done, steps done, steps at most.
    """

    folder: Path | None = None
    resume: bool = False
    stop: threading.Event | None = None
    progress: Progress | None = None

    @property
    def stopped(self) -> bool:
        """Whether it is to end."""
        return self.stop is not None and self.stop.is_set()

    def tell(self, what: str, done: int, total: int) -> None:
        """Say what is being done, steps done, steps at most."""
        if self.progress is not None:
            self.progress(what, done, total)


@dataclass(frozen=True)
class _Training:
    """What every step of one training needs."""

    run: PersonRun
    data: PersonData
    start: PersonState
    config: PersonConfig
    accelerator: Any
    session: Session

    @property
    def shared(self) -> dict[str, Any]:
        """What a resumed run must have in common with the one before; how long it may take isn't."""
        chosen = {k: v for k, v in asdict(self.config).items() if k != "minutes"}
        at = round(float(self.start.tokens.float().square().sum()), 4)
        return {**chosen, "data": self.data.fingerprint(), "start": at}

    def save(self, shared: dict[str, Any]) -> None:
        """Keep the run's state where one is wanted; the first of several processes does."""
        if self.session.folder is not None and self.accelerator.is_main_process:
            save(self.run, self.session.folder, shared)


ALONE = Session()


def train_state(
    model: Any,
    data: PersonData,
    start: PersonState,
    config: PersonConfig,
    session: Session = ALONE,
    accelerator: Any = None,
) -> Trained:
    """Train one person's tokens and z.

    Args:
        model: the base; it is put into evaluation mode and isn't changed.
        data: from `examples.make_data`.
        start: the aligner's state.
        config: how.
        session: where the run is kept, who watches it.
        accelerator: of accelerate; made when None.

    Raises:
        SettingsError: the batch can't be shared out among the processes.
        WeightsError: there is no state to resume, or it is another run's.
    """
    accelerator = accelerator or make_accelerator(str(model.device))
    if config.batch % accelerator.num_processes:
        hint = f"Use a multiple of {accelerator.num_processes}."
        raise SettingsError(f"a batch of {config.batch} can't be shared out among the processes", hint=hint)
    was_training = model.training
    frozen = [p for p in model.parameters() if p.requires_grad]
    model.eval().requires_grad_(False)
    try:
        training = _Training(_start(model, start, config), data, start, config, accelerator, session)
        if session.resume:
            load(training.run, session.folder, training.shared)
        return _fit(training)
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)
        model.train(was_training)


def objective(outcome: Outcome, run_sparsity: SparsityController, trainee: Trainee, start: PersonState,
              config: PersonConfig) -> dict[str, Tensor]:  # fmt: skip
    """All losses by name; their sum is minimised (PVChat: L_LM + L_SPR + L_HAE; presence is our own head)."""
    losses = {"presence": presence_mean(outcome), "lm": lm_mean(outcome), **run_sparsity(outcome.routing)}
    tokens = trainee.person.tokens
    if config.anchor and tokens.requires_grad:
        losses["anchor"] = config.anchor * (tokens - start.tokens).square().mean()
    return losses


def _start(model: Any, start: PersonState, config: PersonConfig) -> PersonRun:
    trainee = Trainee(
        model, start, use_tokens=config.use_tokens, use_z=config.use_z, lora_rank=config.lora, seed=config.seed
    )  # fmt: skip
    person, groups = trainee.person, []
    for parameter, rate in ((person.tokens, config.lr), (person.z, config.z_lr)):
        if parameter.requires_grad:
            groups.append({"params": [parameter], "lr": rate})
    if trainee.lora is not None:
        groups.append({"params": list(trainee.lora.parameters()), "lr": config.lora_lr})
    if not groups:
        raise SettingsError("nothing is left to train", hint="Use tokens, z or --lora.")
    optimizer = torch.optim.AdamW(groups, betas=BETAS, weight_decay=0.0)
    sparsity = SparsityController(config.sparsity, target=config.target).to(start.tokens.device)
    return PersonRun(trainee, optimizer, sparsity, values_of(trainee))


def _fit(training: _Training) -> Trained:
    """Both stages, from where the run stands."""
    run, config, accelerator = training.run, training.config, training.accelerator
    wrapped, optimizer = accelerator.prepare(run.trainee, run.optimizer)
    deadline, most = time.monotonic() + 60 * config.minutes, sum(config.steps(s) for s in STAGES)
    shared = training.shared
    if not run.total:
        run.start_score = run.best_score = _look(training)["score"]

    def over() -> bool:
        ends = training.session.stopped or time.monotonic() > deadline
        mine = torch.tensor([float(ends)], device=accelerator.device)
        return bool(accelerator.reduce(mine, "sum").item() > 0)  # all processes stop together

    stopped = over()
    while run.stage < len(STAGES) and not stopped:
        stage = STAGES[run.stage]
        rows = training.data.part(stage, "train")
        while rows and run.step < config.steps(stage) and run.waited < config.patience and not stopped:
            _step(training, wrapped, optimizer, rows)
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


def _step(training: _Training, wrapped: nn.Module, optimizer: Any, rows: list[PersonExample]) -> None:
    """One optimiser step; its losses go into the history."""
    run, data, config, accelerator = training.run, training.data, training.config, training.accelerator
    rng = np.random.default_rng([config.seed, run.stage, run.step])
    batch = make_batch(data, draw(rows, config.batch, rng))
    run.sparsity.train()
    share = slice(accelerator.process_index, None, accelerator.num_processes)
    outcome = gather(wrapped(batch, data.others, share), accelerator)
    losses = objective(outcome, run.sparsity, run.trainee, training.start, config)
    total = torch.stack([value.float() for value in losses.values()]).sum()
    optimizer.zero_grad()
    accelerator.backward(total)
    nn.utils.clip_grad_norm_([p for p in run.trainee.parameters() if p.requires_grad], config.clip)
    optimizer.step()
    run.sparsity.step()
    run.step, run.total = run.step + 1, run.total + 1
    numbers = {name: float(value.detach()) for name, value in losses.items()}
    numbers |= {"loss": float(total.detach()), "active_share": float(active_share(outcome.routing))}
    run.history.append({"stage": STAGES[run.stage], "step": run.total, "part": "train", **numbers})


@torch.no_grad()
def _look(training: _Training) -> dict[str, float]:
    """Score on the held-back split: presence and answer loss; every process looks at all of it."""
    run, data, config = training.run, training.data, training.config
    rows = held_back(data, config.validate_rows, config.seed)
    presence, truth, total, count = [], [], 0.0, 0.0
    for i in range(0, len(rows), _VALIDATION):
        out = run.trainee(make_batch(data, rows[i : i + _VALIDATION]), data.others)
        presence.append(out.presence[out.mask].float())
        truth.append(out.present[out.mask])
        total, count = total + float(out.lm_sum), count + float(out.lm_count)
    said, there = torch.cat(presence), torch.cat(truth)
    bce = float(torch.nn.functional.binary_cross_entropy_with_logits(said, there))
    right = [float(((said > 0) == there.bool())[there.bool() == side].float().mean()) for side in (True, False)
             if bool((there.bool() == side).any())]  # fmt: skip
    lm = total / max(count, 1.0)
    return {"score": bce + lm, "presence": bce, "lm": lm, "balanced_accuracy": float(np.mean(right))}


def held_back(data: PersonData, most: int, seed: int) -> list[PersonExample]:
    """Rows of the held-back split, yes and no in balance; without such a split, of every fifth clip trained on."""
    rows = [e for e in data.examples if e.split == "val"]
    if not rows:
        rows = [e for e in data.examples if e.split == "train" and e.clip % 5 == 0] or data.examples
    rng = np.random.default_rng([seed, 7])
    order = [rows[i] for i in rng.permutation(len(rows))]
    sides = [[e for e in order if any(e.present) == there] for there in (True, False)]
    half = max(1, min(most // 2, *(len(s) for s in sides if s)))
    return [e for side in sides for e in side[:half]]


def _keep_best(training: _Training, *, count: bool = True) -> None:
    """Look at the held-back split; keep the state when it is the best so far."""
    run, found = training.run, _look(training)
    run.history.append({"stage": STAGES[min(run.stage, 1)], "step": run.total, "part": "validation", **found})
    log.info("step %d: %s", run.total, " ".join(f"{k} {v:.4f}" for k, v in found.items()))
    if found["score"] < run.best_score:
        run.best, run.best_score, run.waited = values_of(run.trainee), found["score"], 0
    elif count:
        run.waited += 1


def _result(run: PersonRun, start: PersonState) -> Trained:
    best = run.best
    state = PersonState(start.name, best["person.tokens"], best["person.z"], start.prototypes)
    lora = {k.removeprefix("lora."): v for k, v in best.items() if k.startswith("lora.")}
    done = run.stage >= len(STAGES)
    return Trained(state, lora, run.start_score, run.best_score, run.total, done, run.history)
