"""Files of the face student: the network that is shipped, and the state of a run.

In and out: safetensors; nothing is pickled.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn

from pvchat.storage import tensorfile
from recipes.faces.facestudent import Student


def save_student(trunk: nn.Module, file: Path, card: dict[str, object]) -> None:
    """The network in half precision."""
    from safetensors.numpy import save_file

    arrays = {name: value.detach().half().contiguous().numpy() for name, value in trunk.named_parameters()}
    save_file(arrays, file, {"card": json.dumps(card)})


def save_state(run: Path, step: int, student: Student, average: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """The run's checkpoint: student, averaged trunk, optimiser; nothing is pickled."""
    arrays = {f"student.{k}": v for k, v in student.state_dict().items()}
    arrays |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for i, state in optimiser.state_dict()["state"].items():
        arrays |= {f"optimiser.{i}.{k}": v for k, v in state.items()}
    arrays["step"] = torch.tensor(step)
    fresh = run / "checkpoint.tmp"
    fresh.write_bytes(tensorfile.pack({k: v.contiguous().numpy() for k, v in arrays.items()}))
    fresh.replace(run / "checkpoint.safetensors")


def resume(run: Path, student: Student, average: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Put a run's checkpoint back, if there is one; the step comes back."""
    file = run / "checkpoint.safetensors"
    if not file.exists():
        return 0
    arrays = {k: torch.from_numpy(v) for k, v in tensorfile.unpack(file.read_bytes()).items()}
    student.load_state_dict({k[8:]: v for k, v in arrays.items() if k.startswith("student.")})
    average.load_state_dict({k[8:]: v for k, v in arrays.items() if k.startswith("average.")})
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in arrays.items():
        if key.startswith("optimiser."):
            states.setdefault(int(key.split(".")[1]), {})[key.split(".")[2]] = value
    optimiser.load_state_dict({"state": states, "param_groups": optimiser.state_dict()["param_groups"]})
    return int(arrays["step"])
