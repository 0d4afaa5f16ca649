"""A training small enough for one file: parameters now and at their best, AdamW's moments, β of the sparsity losses.

In: what changes while training. Out: `RunFile`, a safetensors file with the rest as JSON in its metadata, and back from
it to the last bit, in another process. The file is written whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pvchat.errors import WeightsError
from pvchat.storage import atomic
from pvchat.train.losses import SparsityController

_KEY = "::"  # between a parameter's name and the moment's


@dataclass(frozen=True)
class RunFile:
    """What is kept of a training.

    Attributes:
        path: the file.
        parameters: all that is trained, by name.
        best: their values at the best look, by name.
        optimizer: AdamW.
        sparsity: of the routed heads.
    """

    path: Path
    parameters: Mapping[str, Tensor]
    best: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    sparsity: SparsityController

    def write(self, shared: dict[str, Any], changing: dict[str, Any], more: Mapping[str, Tensor] | None = None) -> None:
        """Write the file.

        Args:
            shared: what a resumed run must have in common with this one, JSON-ready.
            changing: what else changes, JSON-ready.
            more: tensors besides.
        """
        from safetensors.torch import save

        tensors = {f"now/{name}": value for name, value in self.parameters.items()}
        tensors |= {f"best/{name}": value for name, value in self.best.items()} | dict(more or {})
        tensors |= {f"optimizer/{key}": value for key, value in moments(self.optimizer, self.parameters).items()}
        tensors["beta"] = self.sparsity.beta
        plain = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = save(plain, {"run": json.dumps({"shared": shared, "changing": changing})})
        atomic.write_file(self.path, data, durable=False)

    @torch.no_grad()
    def read(self, shared: dict[str, Any]) -> dict[str, Any]:
        """Fill parameters, `best`, optimiser and β from the file, and give back what else was told.

        Raises:
            WeightsError: there is no such file, or it belongs to other settings or data.
        """
        from safetensors import safe_open

        folder = str(self.path.parent)
        if not self.path.is_file():
            raise WeightsError("no run to resume here", subject=folder, hint="Start without --resume.")
        with safe_open(self.path, "pt") as file:
            meta: dict[str, Any] = json.loads(file.metadata()["run"])
            tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (a file handle isn't a dict)
        if off := sorted(k for k in shared if shared[k] != meta["shared"].get(k)):
            what = f"the run there was made with another {', '.join(off)}"
            raise WeightsError(what, subject=folder, hint="Resume with the same settings, or start anew.")
        for name, parameter in self.parameters.items():
            parameter.copy_(tensors[f"now/{name}"])
            self.best[name] = tensors[f"best/{name}"].to(parameter.device)
        kept = {k.removeprefix("optimizer/"): v for k, v in tensors.items() if k.startswith("optimizer/")}
        put_moments(self.optimizer, self.parameters, kept)
        self.sparsity.beta.copy_(tensors["beta"])
        changing: dict[str, Any] = meta["changing"]
        return changing


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
