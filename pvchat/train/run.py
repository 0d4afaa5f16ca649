"""A training's state: what is trained, its best so far, AdamW's moments, β of the sparsity losses; on disk and back.

A run is small enough for one safetensors file, with the rest as JSON in its metadata, written whole or not at all.
Another process goes on from it to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from pvchat.errors import SettingsError, WeightsError
from pvchat.storage import atomic
from pvchat.train.losses import SparsityController

BETAS = (0.9, 0.98)  # of AdamW, as CLIP's
_COUNTS = ("best_score", "start_score", "stage", "step", "total", "waited", "history")
_KEY = "::"  # between a parameter's name and the moment's


def require_no_run(folder: Path, kept: str) -> None:
    """Raise SettingsError where a folder holds what a run keeps under this name, which a new one would overwrite."""
    if (folder / kept).exists():
        raise SettingsError("this folder holds a run.", subject=str(folder), hint="Use --resume, or another --out.")


@dataclass
class Run:
    """What changes while training; of two scores the lower is better."""

    parameters: dict[str, Tensor]  # all that is trained, by name
    optimizer: torch.optim.Optimizer  # AdamW
    sparsity: SparsityController  # of the routed heads
    best: dict[str, Tensor] = field(init=False)  # values at the best validation
    best_score: float = float("inf")
    start_score: float = float("inf")
    stage: int = 0
    step: int = 0  # of the stage
    total: int = 0  # steps of all stages
    waited: int = 0  # validations since the best one
    history: list[dict[str, Any]] = field(default_factory=list)  # losses and validations so far

    def __post_init__(self) -> None:
        self.best = self.values()

    def values(self) -> dict[str, Tensor]:
        """A copy of all parameters."""
        return {name: value.detach().clone() for name, value in self.parameters.items()}

    def keep_best(self, score: float) -> bool:
        """Keep the parameters where their score is the best so far; whether it is."""
        better = score < self.best_score
        if better:
            self.best, self.best_score, self.waited = self.values(), score, 0
        return better

    @torch.no_grad()
    def put_best_back(self) -> None:
        """Set the parameters to those of the best validation."""
        for name, parameter in self.parameters.items():
            parameter.copy_(self.best[name])

    def save(self, path: Path, shared: dict[str, Any], more: Mapping[str, Tensor] | None = None) -> None:
        """Write the run, with what a resumed one must have in `shared` with it (JSON-ready), and more tensors."""
        tensors = {f"now/{name}": value for name, value in self.parameters.items()}
        tensors |= {f"best/{name}": value for name, value in self.best.items()} | dict(more or {})
        tensors |= {f"optimizer/{key}": value for key, value in moments(self.optimizer, self.parameters).items()}
        tensors["beta"] = self.sparsity.beta
        plain = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
        header = {"shared": shared, "changing": {key: getattr(self, key) for key in _COUNTS}}
        atomic.make_private_folder(path.parent)
        atomic.write_file(path, save(plain, {"run": json.dumps(header)}), durable=False)

    @torch.no_grad()
    def load(self, path: Path, shared: dict[str, Any]) -> None:
        """Fill a freshly made run with a written one. Raises WeightsError where there is no such file, or it belongs to
        other settings or data.
        """
        folder = str(path.parent)
        if not path.is_file():
            raise WeightsError("no run to resume here", subject=folder, hint="Start without --resume.")
        with safe_open(path, "pt") as file:
            header: dict[str, Any] = json.loads(file.metadata()["run"])
            tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (a file handle isn't a dict)
        if off := sorted(k for k in shared if shared[k] != header["shared"].get(k)):
            what = f"the run there was made with another {', '.join(off)}"
            raise WeightsError(what, subject=folder, hint="Resume with the same settings, or start anew.")
        for name, parameter in self.parameters.items():
            parameter.copy_(tensors[f"now/{name}"])
            self.best[name] = tensors[f"best/{name}"].to(parameter.device)
        kept = {k.removeprefix("optimizer/"): v for k, v in tensors.items() if k.startswith("optimizer/")}
        put_moments(self.optimizer, self.parameters, kept)
        self.sparsity.beta.copy_(tensors["beta"])
        for key, value in header["changing"].items():
            setattr(self, key, value)


def moments(optimizer: torch.optim.Optimizer, parameters: Mapping[str, Any]) -> dict[str, Tensor]:
    """AdamW's moments and step counts by parameter and moment; those without a gradient so far have none."""
    names = {parameter: name for name, parameter in parameters.items()}
    return {
        f"{names[parameter]}{_KEY}{key}": torch.as_tensor(value).detach().cpu().clone().contiguous()
        for parameter, kept in optimizer.state.items()
        for key, value in kept.items()
    }


def put_moments(optimizer: torch.optim.Optimizer, parameters: Mapping[str, Any], kept: Mapping[str, Tensor]) -> None:
    """Put back what `moments` gave; counts of steps stay on the CPU."""
    optimizer.state.clear()
    for key, value in kept.items():
        name, moment = key.rsplit(_KEY, 1)
        parameter = parameters[name]
        optimizer.state[parameter][moment] = value if moment == "step" else value.to(parameter.device)
