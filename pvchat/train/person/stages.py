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
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.train.losses import SparsityController, active_share
from pvchat.train.person.config import STAGES, PersonConfig
from pvchat.train.person.state import PersonRun, Trained, load, put_back, save, values_of
from pvchat.train.person.trainee import (
    Example,
    Outcome,
    PersonData,
    Trainee,
    draw,
    lm_mean,
    make_batch,
    presence_mean,
)

BETAS = (0.9, 0.98)
_VALIDATION = 8  # rows at a time
Progress = Callable[[str, float, float], None]
log = logging.getLogger(__name__)


def train_state(
    model: Any,
    data: PersonData,
    start: PersonState,
    config: PersonConfig,
    *,
    folder: Path | None = None,
    resume: bool = False,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
    accelerator: Any = None,
) -> Trained:
    """Train one person's tokens and z.

    Args:
        model: the base; it is put into evaluation mode and isn't changed.
        data: from `personal.make_data`.
        start: the aligner's state.
        config: how.
        folder: where the run's state is kept for resuming; None keeps none.
        resume: go on from the state in `folder`.
        stop: when set, the best so far is returned after the step under way.
        progress: called with what is being done, steps done, steps at most.
        accelerator: of accelerate; made when None.

    Raises:
        SettingsError: the batch can't be shared out among the processes.
        WeightsError: there is no state to resume, or it is another run's.
    """
    accelerator = accelerator or make_accelerator(str(model.device))
    if config.batch % accelerator.num_processes:
        hint = f"Use a multiple of {accelerator.num_processes}."
        raise SettingsError(f"a batch of {config.batch} can't be shared out among the processes", hint=hint)
    training = model.training
    frozen = [p for p in model.parameters() if p.requires_grad]
    model.eval().requires_grad_(False)
    try:
        run = _start(model, data, start, config)
        if resume:
            load(run, folder, _shared(config, data, start))
        return _fit(run, data, config, accelerator, folder, stop or threading.Event(), progress, start)
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)
        model.train(training)


def make_accelerator(device: str = "cpu") -> Any:
    """Accelerate's object: one process, or all that torchrun started."""
    from accelerate import Accelerator

    return Accelerator(cpu=device == "cpu")


def objective(outcome: Outcome, run_sparsity: SparsityController, trainee: Trainee, start: PersonState,
              config: PersonConfig) -> dict[str, Tensor]:  # fmt: skip
    """All losses by name; their sum is minimised (PVChat: L_LM + L_SPR + L_HAE; presence is our own head)."""
    losses = {"presence": presence_mean(outcome), "lm": lm_mean(outcome), **run_sparsity(outcome.routing)}
    tokens = trainee.person.tokens
    if config.anchor and tokens.requires_grad:
        losses["anchor"] = config.anchor * (tokens - start.tokens).square().mean()
    return losses


def gather(outcome: Outcome, accelerator: Any) -> Outcome:
    """The outcome of the whole batch from every process's share; gradients flow back to each share."""
    if accelerator.num_processes == 1:
        return outcome

    def join(x: Tensor) -> Tensor:
        return _Gather.apply(x)  # type: ignore[no-any-return]

    routing = [
        replace(
            s,
            logits=join(s.logits),
            gates=join(s.gates),
            alphas=join(s.alphas),
            mask=None if s.mask is None else join(s.mask.float()) > 0,
        )  # fmt: skip
        for s in outcome.routing
    ]
    rows = (join(outcome.presence), join(outcome.present), join(outcome.mask.float()) > 0)
    sums = (join(outcome.lm_sum[None]).sum(), join(outcome.lm_count[None]).sum())
    return Outcome(*rows, *sums, routing)


class _Gather(torch.autograd.Function):
    """All processes' rows; backward hands each its own, times their number, since gradients are averaged later."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        from torch import distributed

        ctx.at = (distributed.get_rank() * len(x), len(x), distributed.get_world_size())
        parts = [torch.empty_like(x) for _ in range(ctx.at[2])]
        distributed.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        first, count, processes = ctx.at
        return gradients[0][first : first + count] * processes


def _start(model: Any, data: PersonData, start: PersonState, config: PersonConfig) -> PersonRun:
    options = {"use_tokens": config.use_tokens, "use_z": config.use_z, "lora_rank": config.lora, "seed": config.seed}
    trainee = Trainee(model, start, **options)
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


def _fit(
    run: PersonRun, data: PersonData, config: PersonConfig, accelerator: Any, folder: Path | None,
    stop: threading.Event, progress: Progress | None, start: PersonState,
) -> Trained:  # fmt: skip
    """Both stages, from where the run stands."""
    wrapped, optimizer = accelerator.prepare(run.trainee, run.optimizer)
    deadline, most = time.monotonic() + 60 * config.minutes, sum(config.steps(s) for s in STAGES)
    shared = _shared(config, data, start)
    if not run.total:
        run.start_score = run.best_score = _look(run, data, config)["score"]

    def over() -> bool:
        mine = torch.tensor([float(stop.is_set() or time.monotonic() > deadline)], device=accelerator.device)
        return bool(accelerator.reduce(mine, "sum").item() > 0)  # all processes stop together

    stopped = over()
    while run.stage < len(STAGES) and not stopped:
        stage = STAGES[run.stage]
        rows = data.part(stage, "train")  # type: ignore[arg-type]
        while rows and run.step < config.steps(stage) and run.waited < config.patience and not stopped:
            _step(run, wrapped, optimizer, rows, data, config, accelerator, start)
            if run.step % config.validate_every == 0 or run.step == config.steps(stage):
                _keep_best(run, data, config)
                if folder is not None and accelerator.is_main_process:
                    save(run, folder, shared)
            if progress is not None:
                progress(f"training on {'stills' if stage == 'image' else 'clips'}", run.total, most)
            stopped = over()
        if not stopped:
            run.stage, run.step, run.waited = run.stage + 1, 0, 0
            put_back(run.trainee, run.best)  # the next stage starts from the best of this one
    if run.step % config.validate_every and stopped:
        if folder is not None and accelerator.is_main_process:
            save(run, folder, shared)  # to go on from this very step
        _keep_best(run, data, config, count=False)
    if progress is not None:
        progress("training on clips", most, most)
    return _result(run, start)


def _step(
    run: PersonRun, wrapped: nn.Module, optimizer: Any, rows: list[Example], data: PersonData, config: PersonConfig,
    accelerator: Any, start: PersonState,
) -> None:  # fmt: skip
    """One optimiser step; its losses go into the history."""
    rng = np.random.default_rng([config.seed, run.stage, run.step])
    batch = make_batch(data, draw(rows, config.batch, rng))
    run.sparsity.train()
    share = slice(accelerator.process_index, None, accelerator.num_processes)
    outcome = gather(wrapped(batch, data.others, share), accelerator)
    losses = objective(outcome, run.sparsity, run.trainee, start, config)
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
def _look(run: PersonRun, data: PersonData, config: PersonConfig) -> dict[str, float]:
    """Score on the held-back split: presence and answer loss; every process looks at all of it."""
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


def held_back(data: PersonData, most: int, seed: int) -> list[Example]:
    """Rows of the held-back split, yes and no in balance; without such a split, of every fifth clip trained on."""
    rows = [e for e in data.examples if e.split == "val"]
    if not rows:
        rows = [e for e in data.examples if e.split == "train" and e.clip % 5 == 0] or data.examples
    rng = np.random.default_rng([seed, 7])
    order = [rows[i] for i in rng.permutation(len(rows))]
    sides = [[e for e in order if any(e.present) == there] for there in (True, False)]
    half = max(1, min(most // 2, *(len(s) for s in sides if s)))
    return [e for side in sides for e in side[:half]]


def _keep_best(run: PersonRun, data: PersonData, config: PersonConfig, *, count: bool = True) -> None:
    """Look at the held-back split; keep the state when it is the best so far."""
    found = _look(run, data, config)
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


def _shared(config: PersonConfig, data: PersonData, start: PersonState) -> dict[str, Any]:
    """What a resumed run must have in common with the one before; how long it may take isn't."""
    chosen = {k: v for k, v in asdict(config).items() if k != "minutes"}
    return {**chosen, "data": data.fingerprint(), "start": round(float(start.tokens.float().square().sum()), 4)}
