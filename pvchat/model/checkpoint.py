"""A model on disk: `config.json` and `model.safetensors` (our trained part and LoRA; the LLM is only named)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from pvchat.errors import WeightsError
from pvchat.model.config import WEIGHTS

SCALE = ":scale"  # behind the name of a matrix in 8 bits: its scales, one a row
LLM_PARTS = ("llm.", "project_")  # what has to start anew with another language model
PRINTS = "prints."  # how presence is squashed (`people.py`): a file of another version leaves it as it is
SUPERSEDED = ("presence.", "match.", "match_weight")  # in files of before: who is there is `identity/presence.py`'s
POINTED = ".match_bias"  # ends of names in files of before: how much a person's tokens looked at her track


def trained_state(model: nn.Module) -> dict[str, Tensor]:
    """Everything that is ours: all but the language model's frozen weights."""
    return {k: v for k, v in model.state_dict().items() if not k.startswith("llm.") or ".lora_" in k}


def load(model: Any, folder: Path, *, without_llm: bool = False) -> None:
    """Fill a `PVChatModel` with the weights in a folder, in its own dtype; `without_llm` leaves projectors and LoRA.
    Raises WeightsError where a tensor is missing, unknown or of another shape.
    """
    file, own = folder / WEIGHTS, trained_state(model)
    if not file.is_file():
        raise WeightsError("no weights here", subject=str(folder), hint=f"Expected {WEIGHTS}.")
    saved = load_file(file)
    if without_llm:
        own, saved = ({k: v for k, v in s.items() if not k.startswith(LLM_PARTS)} for s in (own, saved))
    with torch.no_grad():
        for key, value in _fitting(own, saved, file, "Load it with the version that wrote it, or train again.").items():
            own[key].copy_(value)


def adapters_of(model: nn.Module) -> dict[str, Tensor]:
    """Adapters, projectors and how presence is squashed, by name: what is trained apart for answers."""
    return {k: v for k, v in trained_state(model).items() if k.startswith((*LLM_PARTS, PRINTS))}


def read_adapters(model: nn.Module, file: Path) -> dict[str, Tensor]:
    """Other adapters and projectors for a model, as it keeps its own; raises WeightsError where they don't fit."""
    own, rows = adapters_of(model), load_file(file)
    saved = {k: v.float() * rows[k + SCALE] if k + SCALE in rows else v for k, v in rows.items()}
    saved = {k: v for k, v in saved.items() if not k.endswith(SCALE)}
    kept = _fitting(own, saved, file, "Train them from this model: recipes/answering in the source.")
    return {k: v.to(own[k].device, own[k].dtype) for k, v in kept.items()}


def _fitting(own: dict[str, Tensor], saved: dict[str, Tensor], file: Path, hint: str) -> dict[str, Tensor]:
    """What was saved and is still read; WeightsError where a tensor is missing, unknown or of another shape."""
    alike = {k for k in own.keys() & saved.keys() if own[k].shape == saved[k].shape}
    known = {k for k in saved if not k.startswith((*SUPERSEDED, PRINTS)) and not k.endswith(POINTED)}
    if off := sorted((known | {k for k in own if not k.startswith(PRINTS)}) - alike):
        what = f"{len(off)} tensors don't fit this model, the first is {off[0]}"
        raise WeightsError(what, subject=str(file), hint=hint)
    return {k: saved[k] for k in alike}


@contextmanager
def speaking_with(model: nn.Module, words: dict[str, Tensor]) -> Iterator[None]:
    """The model with other adapters and projectors, inside the block only; nothing is copied."""
    places = {k: p for k, p in model.named_parameters() if k in words}
    own = {k: p.data for k, p in places.items()}
    for name, place in places.items():
        place.data = words[name]
    try:
        yield
    finally:
        for name, place in places.items():
            place.data = own[name]
