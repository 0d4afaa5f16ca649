"""The state of one run of personal training, on disk and back, and its result.

    state.safetensors    parameters at the start, now and at their best, AdamW's moments, β; the rest as JSON in its
                         metadata

In: a `PersonRun`. Out: the same run, to the last bit, in another process. The file is written whole or not at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from pvchat.errors import WeightsError
from pvchat.model.people import PersonState
from pvchat.storage import atomic
from pvchat.train.losses import SparsityController
from pvchat.train.person.trainee import Trainee

STATE = "state.safetensors"
_KEPT = ("best_score", "start_score", "stage", "step", "total", "waited", "history")


@dataclass
class Trained:
    """The result.

    Attributes:
        state: tokens and z of the best look.
        lora: the person's own LoRA as arrays by name; empty without one.
        start, best: scores on the held-back split (lower is better), of the start and of `state`.
        steps: taken; done: all stages came to their end (False: stopped, or out of time).
        history: one row a look, and the training losses by step.
    """

    state: PersonState
    lora: dict[str, Tensor]
    start: float
    best: float
    steps: int
    done: bool
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class PersonRun:
    """What changes while training.

    Attributes:
        trainee, optimizer, sparsity: the modules.
        best: parameters of the best look, by name; best_score, start_score: as in `Trained`.
        stage, step: number of the stage, steps taken in it; total: steps of all stages.
        waited: looks since the best one.
        history: losses and looks so far.
    """

    trainee: Any
    optimizer: torch.optim.Optimizer
    sparsity: SparsityController
    best: dict[str, Tensor]
    best_score: float = float("inf")
    start_score: float = float("inf")
    stage: int = 0
    step: int = 0  # of the stage
    total: int = 0
    waited: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)


def values_of(trainee: Trainee) -> dict[str, Tensor]:
    """A copy of all parameters by name."""
    return {k: v.detach().clone() for k, v in trainee.named_parameters()}


@torch.no_grad()
def put_back(trainee: Module, values: dict[str, Tensor]) -> None:
    """Set all parameters."""
    for name, parameter in trainee.named_parameters():
        parameter.copy_(values[name])


def save(run: PersonRun, folder: Path, shared: dict[str, Any], start: PersonState) -> None:
    """Write the run's state and where it started; `shared` is what a resumed run must have in common, JSON-ready."""
    from safetensors.torch import save as pack

    names: dict[Tensor, str] = {p: n for n, p in run.trainee.named_parameters()}
    tensors = {"start/tokens": start.tokens, "start/z": start.z}
    tensors |= {f"now/{n}": p for p, n in names.items()} | {f"best/{n}": v for n, v in run.best.items()}
    for parameter, moments in run.optimizer.state.items():
        tensors |= {f"optimizer/{names[parameter]}/{k}": torch.as_tensor(v) for k, v in moments.items()}
    tensors["beta"] = run.sparsity.beta
    meta = {"shared": shared, **{k: getattr(run, k) for k in _KEPT}}
    plain = {k: v.detach().cpu().clone().contiguous() for k, v in tensors.items()}
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write_file(folder / STATE, pack(plain, {"run": json.dumps(meta)}), folder / ".scratch", durable=False)


def started_from(folder: Path | None, start: PersonState) -> PersonState:
    """Where the run in a folder started: the best that it had reached when it was cut is what is stored of her since.

    Args:
        folder: of the run.
        start: where a new run would start; given back where the folder holds none (`load` says so then).
    """
    from safetensors import safe_open

    if folder is None or not (folder / STATE).is_file():
        return start
    with safe_open(folder / STATE, "pt") as file:
        if "start/tokens" not in file.keys():  # noqa: SIM118 (a file handle isn't a dict)
            return start
        tokens, z = (file.get_tensor(f"start/{n}").to(start.tokens.device) for n in ("tokens", "z"))
    return replace(start, tokens=tokens, z=z)


@torch.no_grad()
def load(run: PersonRun, folder: Path | None, shared: dict[str, Any]) -> None:
    """Fill a freshly made run with the state in a folder.

    Raises:
        WeightsError: none is there, or it belongs to other settings or data.
    """
    from safetensors import safe_open

    path = None if folder is None else folder / STATE
    if path is None or not path.is_file():
        raise WeightsError("no run to resume here", subject=str(folder), hint="Start without --resume.")
    with safe_open(path, "pt") as file:
        meta = json.loads(file.metadata()["run"])
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (a file handle isn't a dict)
    if off := sorted(k for k in shared if shared[k] != meta["shared"].get(k)):
        what = f"the run there was made with another {', '.join(off)}"
        raise WeightsError(what, subject=str(folder), hint="Resume with the same settings, or start anew.")
    for name, parameter in run.trainee.named_parameters():
        parameter.copy_(tensors[f"now/{name}"])
        run.best[name] = tensors[f"best/{name}"].to(parameter.device)
        moments = {k.rsplit("/", 1)[1]: v for k, v in tensors.items() if k.startswith(f"optimizer/{name}/")}
        if moments:
            on = parameter.device
            run.optimizer.state[parameter] = {k: v if k == "step" else v.to(on) for k, v in moments.items()}
    run.sparsity.beta.copy_(tensors["beta"])
    for key in _KEPT:
        setattr(run, key, meta[key])
