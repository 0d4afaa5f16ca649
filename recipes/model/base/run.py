"""Our own model: `python -m recipes.model.base.run --data ../shared/traindata --out runs/base --phase 1 --minutes 20`.

In: a `BaseConfig`. Out: a run's folder with checkpoints and metrics; the phases go on from one another by
`--start`. main → setup → fit: `setup` makes model, data, optimiser and reads the checkpoint, `fit` takes the steps.

The schedule, the data and the augmentation are functions of the step; torch's generator (dropout) is in the checkpoint:
a run resumed on a CPU ends with the same bits as a straight one. SIGINT and SIGTERM finish the step and save.

The language model computes in bf16 where the processor does; everything trained (LoRA too) is kept in float32.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pvchat.bases.models import trained_folder
from pvchat.errors import SettingsError
from pvchat.model import checkpoint
from pvchat.model.config import read_config
from pvchat.model.heads import RoutingStats
from pvchat.model.pvchat import PVChatModel
from pvchat.model.sentences import Encode, SentenceEncoder
from pvchat.runtime import best_dtype, pick_device
from pvchat.train.losses import active_share
from pvchat.train.run import require_no_run
from pvchat.train.signals import stopping
from recipes.model.base import checkpoints
from recipes.model.base.checkpoints import TrainState
from recipes.model.base.config import BaseConfig, parse
from recipes.model.base.contrast import Contrastive
from recipes.model.base.eightbit import in_eight_bits
from recipes.model.base.generation import Generation
from recipes.model.base.identity import IdentityPhase
from recipes.model.base.optimizer import learning_rate, make_optimizer
from recipes.model.base.phases import Objective, Phase, head_table
from recipes.model.base.report import HEADS, RunReport
from recipes.model.made import create_model

SHARED = ("phase", "model", "llm", "seed", "batch", "steps", "lr", "lora_lr", "warmup", "clip", "dropout",
          "auto_share", "negatives", "precision", "rehearsal", "views",
          "sparsity", "target", "token_drop", "noise", "ask_share", "only", "start")  # fmt: skip
CONNECTORS = {"balance": 0.1, "z": 0.01}  # weights of their losses
PHASE_OF: dict[int, Any] = {1: Contrastive, 2: Generation, 3: IdentityPhase}
log = logging.getLogger(__name__)


@dataclass
class BaseRun:
    """Everything that `fit` needs.

    Attributes:
        config: of the run.
        state: model, optimiser and what else changes.
        phase: batches, loss, validation.
        report: where numbers go.
    """

    config: BaseConfig
    state: TrainState
    phase: Phase
    report: RunReport

    @property
    def checkpoints(self) -> Path:
        """Folder of all checkpoints."""
        return self.config.out / "checkpoints"


def main(words: Sequence[str] | None = None) -> None:
    """Train with command-line words."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    train_base(parse(words))


def train_base(
    config: BaseConfig | Sequence[str], encode: Encode | None = None, kind: type[Phase] | None = None
) -> dict[str, Any]:
    """Train one phase, or one sitting of it.

    Args:
        config: settings, or command-line words.
        encode: texts to sentence vectors; None loads MiniLM when the cache lacks a text.
        kind: a phase of a recipe's own; None takes the one that `config.phase` names.

    Returns:
        "step", "done" (all steps taken), "checkpoint", and the last validation's numbers.
    """
    config = config if isinstance(config, BaseConfig) else parse(config)
    config = replace(config, device=pick_device(config.device))
    devices = [torch.device(config.device)] if config.device.startswith("cuda") else []
    with torch.random.fork_rng(devices):
        run = setup(config, encode, kind)
        if not config.resume:
            torch.manual_seed(config.seed + 1)
        return fit(run)


def setup(config: BaseConfig, encode: Encode | None = None, kind: type[Phase] | None = None) -> BaseRun:
    """Model, data, optimiser; with `resume` filled from the last checkpoint. Arguments as in `train_base`."""
    if config.threads:
        torch.set_num_threads(config.threads)
    model = make_model(config)
    phase: Phase = (kind or PHASE_OF[config.phase])(config, model, encode or SentenceEncoder().encode)
    objective = Objective(config, phase.captioner, phase.naming).to(config.device)
    chosen = {key: value for key, value in config.to_dict().items() if key in SHARED}
    state = TrainState(
        model, make_optimizer(model, objective, config), objective, shared={**chosen, "data": phase.fingerprint()}
    )
    if config.resume:
        checkpoints.load(state, config.out / "checkpoints")
    else:
        require_no_run(config.out, "checkpoints/last")
    report = RunReport(config.out, state.step)
    (config.out / "checkpoints").mkdir(exist_ok=True)
    return BaseRun(config, state, phase, report)


def make_model(config: BaseConfig) -> PVChatModel:
    """The model to train: fresh, or from `config.start`; phase 1 needs no language model (`--llm none`)."""
    llm = config.llm or None
    extra: dict[str, Any] = {} if config.dropout < 0 else {"dropout": config.dropout}
    model = create_model(config.model, llm=llm, seed=config.seed, device=config.device, **extra)
    if config.start:
        folder = trained_folder(Path(config.start))
        # projectors and LoRA start anew where it had no or another language model
        checkpoint.load(model, folder, without_llm=read_config(folder).llm != model.config.llm)
    if config.precision in ("float32", "int8") and model.llm is not None:
        model.llm.float()  # it is loaded in bf16 where the processor has that, which isn't always faster
    if config.precision == "int8" and model.llm is not None:
        in_eight_bits(model.llm)
    chosen = tuple(config.sets("only"))
    for name, parameter in model.named_parameters():
        if chosen and not name.startswith(chosen):
            parameter.requires_grad_(False)
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    if config.phase == 2 and model.llm is None:
        raise SettingsError("phase 2 trains through a language model", hint="Leave out --llm none.")
    return model


def fit(run: BaseRun) -> dict[str, Any]:
    """Take steps until all are done, time is up or a signal asks to stop; save at the end whatever ends it."""
    config, state = run.config, run.state
    deadline = time.monotonic() + 60 * config.minutes
    spent: list[tuple[float, float]] = []
    checked: dict[str, Any] = {}
    with stopping() as stop:
        while state.step < config.steps and not stop.is_set() and time.monotonic() < deadline:
            numbers, seconds = take_step(run)
            spent.append(seconds)
            state.step += 1
            if state.step % config.log_every == 0 or state.step == config.steps:
                _tell(run, numbers, spent)
                spent.clear()
            better = False
            if state.step % config.validate_every == 0 or state.step == config.steps:
                checked, better = validate(run)
            if better or (state.step % config.save_every == 0 and state.step < config.steps):
                checkpoints.save(state, run.checkpoints, keep=config.keep, best=better)
    place = checkpoints.save(state, run.checkpoints, keep=config.keep, best=_is_best(run))
    log.info("%s: step %d of %d, %s", config.phases[config.phase], state.step, config.steps, place)
    return {"step": state.step, "done": state.step >= config.steps, "checkpoint": place, **checked}


def take_step(run: BaseRun) -> tuple[dict[str, Any], tuple[float, float]]:
    """One optimiser step.

    Args:
        run: the run; its model, optimiser and objective change.

    Returns:
        Numbers to report; seconds that the data and the update took.
    """
    config, state = run.config, run.state
    began = time.perf_counter()
    batch = run.phase.batch(state.step)
    loaded = time.perf_counter()
    state.model.train()
    state.objective.train()
    with precision(config):
        found = run.phase.loss(state.model, state.objective, batch)
    routing: list[RoutingStats] = found.reading.routing
    extra = dict(state.objective.sparsity(routing))
    extra |= {name: weight * found.reading.aux[name] for name, weight in CONNECTORS.items()}
    total = found.loss + sum(extra.values())
    state.optimizer.zero_grad(set_to_none=True)
    total.backward()
    norm = nn.utils.clip_grad_norm_([p for g in state.optimizer.param_groups for p in g["params"]], config.clip)
    share = learning_rate(state.step, config)
    for group in state.optimizer.param_groups:
        group["lr"] = group["peak"] * share
    state.optimizer.step()
    beta = float(state.objective.sparsity.beta)
    state.objective.sparsity.step()
    seconds = loaded - began, time.perf_counter() - loaded
    numbers: dict[str, Any] = {
        "loss": float(found.loss.detach()),
        "gradient_norm": float(norm),
        "lr": config.lr * share,
        **found.parts,
    }
    numbers |= {f"{name}_loss": float(value.detach()) for name, value in extra.items()}
    numbers |= {"active_share": float(active_share(routing)), "beta": beta, HEADS: head_table(found.reading)}
    return numbers, seconds


def precision(config: BaseConfig) -> torch.autocast:
    """Autocast to bfloat16 where that was asked for, or is computed in; a context that does nothing otherwise."""
    fast = best_dtype(config.device) if config.precision == "auto" else getattr(torch, config.precision)
    return torch.autocast(config.device.split(":")[0], torch.bfloat16, enabled=fast is torch.bfloat16)


def validate(run: BaseRun) -> tuple[dict[str, Any], bool]:
    """Validation numbers, and whether they are the run's best; training's generator isn't touched."""
    state, phase = run.state, run.phase
    state.model.eval()
    state.objective.eval()
    devices = [torch.device(run.config.device)] if run.config.device.startswith("cuda") else []
    with torch.random.fork_rng(devices), torch.no_grad():
        numbers = phase.validate(state.model, state.objective)
    run.report.log(state.step, numbers, "validation")
    better = state.best is None or numbers[phase.score] > state.best
    state.best = numbers[phase.score] if better else state.best
    shown = {k: v for k, v in numbers.items() if isinstance(v, (int, float))}
    log.info("validation at %d: %s", state.step, " ".join(f"{k} {v:.4g}" for k, v in shown.items()))
    return shown, better


def _tell(run: BaseRun, numbers: dict[str, Any], spent: list[tuple[float, float]]) -> None:
    """One line in the log and in the report; seconds are the means of the steps since the last line."""
    step, (data, update) = run.state.step, (sum(part) / len(spent) for part in zip(*spent, strict=True))
    timed = {"data_s": data, "update_s": update}
    run.report.log(step, {**numbers, **timed})
    log.info("step %d loss %.4f active %.2f data %.3f s update %.3f s", step, numbers["loss"],
             numbers["active_share"], timed["data_s"], timed["update_s"])  # fmt: skip


def _is_best(run: BaseRun) -> bool:
    """Does `best` point at the present step (so that writing it anew keeps the pointer)?"""
    pointer = run.checkpoints / "best"
    return pointer.is_file() and int(pointer.read_text(encoding="utf-8")) == run.state.step


if __name__ == "__main__":
    main()
