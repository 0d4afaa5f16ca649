"""What one person's training changes, and the state of its run on disk and back.

In: where she starts, what is to be trained. Out: a `Learner`, her parameters without the model in it, so that no
optimiser or checkpoint of it can reach the model; a `PersonRun`, the same to the last bit in another process
(`train/runfile.py`). `train/bases` asks a pretrained base with it, `recipes/model/person` our own model.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import Module

from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.model.personlora import PersonLora
from pvchat.train.losses import SparsityController
from pvchat.train.person.config import PersonConfig
from pvchat.train.runfile import RunFile

STATE = "state.safetensors"
BETAS = (0.9, 0.98)  # of AdamW, as CLIP's
_KEPT = ("best_score", "start_score", "stage", "step", "total", "waited", "history")


class Learner(nn.Module):
    """What one person's training changes.

    Args:
        start: where tokens and z begin.
        config: `use_tokens` and `use_z` say what is trained (the rest stays where it starts), `lora` the rank of a LoRA
            of the person's own, `seed` its start.
        layers: on which the LoRA works; None where there is no language model.
    """

    def __init__(self, start: PersonState, config: PersonConfig, layers: nn.Module | None) -> None:
        super().__init__()
        self.person = nn.ParameterDict({"tokens": start.tokens.detach().clone(), "z": start.z.detach().clone()})
        self.person["z"].requires_grad_(config.use_z and start.z.numel() > 0)
        self.person["tokens"].requires_grad_(config.use_tokens)
        self.lora = None
        if config.lora and layers is not None:
            self.lora = PersonLora(layers, config.lora, config.seed).to(start.tokens.device)

    def adapted(self, layers: nn.Module | None) -> AbstractContextManager[None]:
        """The language model with her LoRA, where she has one."""
        return nullcontext() if self.lora is None or layers is None else self.lora.applied(layers)


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


def start_run(trainee: Any, config: PersonConfig) -> PersonRun:
    """A run about to begin.

    Args:
        trainee: a module with `person` (tokens and z) and `lora` (or None); what needs no gradient isn't trained.
        config: rates of each.

    Raises:
        SettingsError: nothing is left to train.
    """
    person, groups = trainee.person, []
    for parameter, rate in ((person["tokens"], config.lr), (person["z"], config.z_lr)):
        if parameter.requires_grad:
            groups.append({"params": [parameter], "lr": rate})
    if trainee.lora is not None:
        groups.append({"params": list(trainee.lora.parameters()), "lr": config.lora_lr})
    if not groups:
        raise SettingsError("nothing is left to train", hint="Use tokens, z or --lora.")
    optimizer = torch.optim.AdamW(groups, betas=BETAS, weight_decay=0.0)
    sparsity = SparsityController(config.sparsity, target=config.target).to(person["tokens"].device)
    return PersonRun(trainee, optimizer, sparsity, values_of(trainee))


def values_of(trainee: Module) -> dict[str, Tensor]:
    """A copy of all parameters by name."""
    return {k: v.detach().clone() for k, v in trainee.named_parameters()}


@torch.no_grad()
def put_back(trainee: Module, values: dict[str, Tensor]) -> None:
    """Set all parameters."""
    for name, parameter in trainee.named_parameters():
        parameter.copy_(values[name])


def save(run: PersonRun, folder: Path, shared: dict[str, Any], start: PersonState) -> None:
    """Write the run's state and where it started; `shared` is what a resumed run must have in common, JSON-ready."""
    changing = {key: getattr(run, key) for key in _KEPT}
    _file(run, folder).write(shared, changing, {"start/tokens": start.tokens, "start/z": start.z})


def load(run: PersonRun, folder: Path | None, shared: dict[str, Any]) -> None:
    """Fill a freshly made run with the state in a folder.

    Raises:
        WeightsError: none is there, or it belongs to other settings or data.
    """
    for key, value in _file(run, folder or Path()).read(shared).items():
        setattr(run, key, value)


def _file(run: PersonRun, folder: Path) -> RunFile:
    return RunFile(folder / STATE, dict(run.trainee.named_parameters()), run.best, run.optimizer, run.sparsity)
