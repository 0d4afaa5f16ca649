"""Training states on disk: numbered folders, `last` and `best`, written whole or not at all.

    checkpoints/000400/model/               as `recipes.model.made.save_model` writes it, float32
                       optimizer.safetensors  AdamW's moments and step counts by parameter name
                       objective.safetensors  temperature, β of the sparsity controller
                       random.safetensors     torch's generators
                       state.json             step, best score, settings and data that a resumed run must share
    checkpoints/last, best                    text: a number

In: a `TrainState`. Out: the same state, to the last bit, in another process. A folder is prepared beside its place and
moved there in one rename; `last` is moved after it: a kill between the two costs one checkpoint, never a broken one.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pvchat.errors import WeightsError
from pvchat.model import checkpoint
from pvchat.storage import tensorfile
from pvchat.train.run import moments, put_moments
from recipes.model.made import save_model


@dataclass
class TrainState:
    """Everything that changes while training.

    Attributes:
        model, optimizer, objective: the modules; the objective holds what is trained beside the model.
        step: optimiser steps done.
        best: best validation score so far, None before the first.
        shared: settings and data fingerprint that a resumed run must share, JSON-ready.
    """

    model: Any
    optimizer: torch.optim.Optimizer
    objective: Any
    step: int = 0
    best: float | None = None
    shared: dict[str, Any] = field(default_factory=dict)


def save(state: TrainState, folder: Path, *, keep: int, best: bool = False) -> Path:
    """Write a checkpoint named by its step.

    Args:
        state: what to write.
        folder: of all checkpoints of the run.
        keep: how many of the newest stay; the best one stays too.
        best: this is the best so far.

    Returns:
        The checkpoint's folder.
    """
    name = f"{state.step:06d}"
    draft, place = folder / f".{name}.{os.getpid()}", folder / name
    aside = folder / f"{draft.name}.old"
    for left in (draft, aside):
        shutil.rmtree(left, ignore_errors=True)
    with tensorfile.system_errors():
        _write(state, draft)
    if place.exists():
        place.rename(aside)  # deleting it first would leave none for as long as that takes
    draft.rename(place)
    shutil.rmtree(aside, ignore_errors=True)
    for pointer in ("last", *(("best",) if best else ())):
        _point(folder / pointer, name)
    _prune(folder, keep)
    return place


def load(state: TrainState, folder: Path, which: str = "last") -> None:
    """Fill a freshly made state with a checkpoint.

    Args:
        state: of the same configuration; changed in place.
        folder: of all checkpoints.
        which: "last", "best" or a number.

    Raises:
        WeightsError: none is there, or it belongs to other settings or other data.
    """
    place = find(folder, which)
    saved = json.loads((place / "state.json").read_text(encoding="utf-8"))
    if off := sorted(k for k in state.shared if state.shared[k] != saved["shared"].get(k)):
        raise WeightsError(
            f"the checkpoint was made with another {', '.join(off)}",
            subject=str(place),
            hint="Resume with the same settings and data, or start a new run in another folder.",
        )
    checkpoint.load(state.model, place / "model")
    put_moments(state.optimizer, _names(state), _tensors(place / "optimizer.safetensors"))
    state.objective.load_state_dict(_tensors(place / "objective.safetensors"))
    state.step, state.best = saved["step"], saved["best"]
    _set_random(_tensors(place / "random.safetensors"))


def find(folder: Path, which: str = "last") -> Path:
    """The folder of a checkpoint.

    Args:
        folder: of all checkpoints.
        which: "last", "best" or a number.

    Raises:
        WeightsError: there is none.
    """
    pointer = folder / which
    place = folder / pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else pointer
    if not (place / "state.json").is_file():
        raise WeightsError(f"no checkpoint '{which}' here", subject=str(folder), hint="Start without --resume.")
    return place


def _write(state: TrainState, folder: Path) -> None:
    """All files of a checkpoint."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    save_model(state.model, folder / "model", torch.float32)
    save_file(moments(state.optimizer, _names(state)), folder / "optimizer.safetensors")
    objective = {k: v.detach().cpu().contiguous() for k, v in state.objective.state_dict().items()}
    save_file(objective, folder / "objective.safetensors")
    save_file(_random(), folder / "random.safetensors")
    row = {"step": state.step, "best": state.best, "shared": state.shared}
    (folder / "state.json").write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


def _names(state: TrainState) -> dict[str, nn.Parameter]:
    """Everything trained, by names that are unique over model and objective."""
    return dict([*state.model.named_parameters(prefix="model"), *state.objective.named_parameters(prefix="objective")])


def _random() -> dict[str, Tensor]:
    """State of torch's generators."""
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states |= {f"cuda{i}": s for i, s in enumerate(torch.cuda.get_rng_state_all())}
    return states


def _set_random(states: dict[str, Tensor]) -> None:
    """Put torch's generators back; those of devices that this machine lacks are left out."""
    torch.set_rng_state(states["cpu"])
    for name, value in states.items():
        if name != "cpu" and torch.cuda.is_available() and int(name[4:]) < torch.cuda.device_count():
            torch.cuda.set_rng_state(value, int(name[4:]))


def _tensors(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(path)


def _point(path: Path, name: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(name + "\n", encoding="utf-8")
    draft.replace(path)


def _prune(folder: Path, keep: int) -> None:
    """Delete all but the newest `keep` checkpoints and those pointed to, and what a killed process left."""
    pointed = {(folder / p).read_text(encoding="utf-8").strip() for p in ("last", "best") if (folder / p).is_file()}
    numbered = sorted((p for p in folder.iterdir() if p.is_dir() and p.name.isdigit()), key=lambda p: int(p.name))
    for path in numbered[:-keep]:
        if path.name not in pointed:
            shutil.rmtree(path)
    for path in folder.glob(".*"):
        shutil.rmtree(path, ignore_errors=True)
