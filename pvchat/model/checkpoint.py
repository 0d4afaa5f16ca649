"""A model on disk: `config.json` and `model.safetensors` (our trained part and LoRA; the LLM is only named)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pvchat.errors import WeightsError
from pvchat.model.config import CONFIG, WEIGHTS

ANSWERING = "answering.safetensors"  # adapters and projectors for answering, beside a model that they fit
SCALE = ":scale"  # behind the name of a matrix in 8 bits: its scales, one a row
LLM_PARTS = ("llm.", "project_")  # what has to start anew with another language model
PRINTS = "prints."  # how presence is told (`presence.py`): a file of another version leaves it as it is
SUPERSEDED = ("presence.", "match.", "match_weight")  # in files of before: who is there is `identity/presence.py`'s


def trained_state(model: nn.Module) -> dict[str, Tensor]:
    """Everything that is ours: all but the language model's frozen weights."""
    return {k: v for k, v in model.state_dict().items() if not k.startswith("llm.") or ".lora_" in k}


def save(model: Any, folder: Path, dtype: torch.dtype) -> None:
    """Write both files; matrices and vectors in `dtype`, single numbers as they are.

    Args:
        model: a `PVChatModel`.
        folder: made when absent.
        dtype: torch.float32 to train on from here to the last bit, torch.bfloat16 to ship.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {k: (v.to(dtype) if v.dim() else v).contiguous().cpu() for k, v in trained_state(model).items()}
    save_file(state, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(model.config.to_dict(), indent=2) + "\n", encoding="utf-8")


def load(model: Any, folder: Path, *, without_llm: bool = False) -> None:
    """Fill a model with the weights in a folder, in the model's own dtype.

    Args:
        model: a `PVChatModel` of the folder's configuration.
        folder: holds the weights.
        without_llm: leave projectors and LoRA as they are.

    Raises:
        WeightsError: a tensor is missing, unknown or of another shape.
    """
    from safetensors.torch import load_file

    if not (folder / WEIGHTS).is_file():
        raise WeightsError("no weights here", subject=str(folder), hint=f"Expected {WEIGHTS}.")
    own = trained_state(model)
    saved = _of_this_version(own, load_file(folder / WEIGHTS))
    if without_llm:
        own, saved = ({k: v for k, v in s.items() if not k.startswith(LLM_PARTS)} for s in (own, saved))
    off = sorted(_unlike(own, saved))
    off += sorted(k for k in own.keys() & saved.keys() if own[k].shape != saved[k].shape)
    if off:
        raise WeightsError(
            f"{len(off)} tensors don't fit the configuration, the first is {off[0]}",
            subject=str(folder / WEIGHTS),
            hint="Load it with the version that wrote it, or train again.",
        )
    with torch.no_grad():
        for key in own.keys() & saved.keys():
            own[key].copy_(saved[key])


def words_of(model: nn.Module) -> dict[str, Tensor]:
    """Adapters, projectors and what matches people, by name: what answers rest on, beside what captions do."""
    return {k: v for k, v in trained_state(model).items() if k.startswith((*LLM_PARTS, PRINTS))}


def read_words(model: nn.Module, file: Path) -> dict[str, Tensor]:
    """Other adapters and projectors for a model, as the model keeps its own.

    Raises:
        WeightsError: they don't fit it.
    """
    from safetensors.torch import load_file

    own, rows = words_of(model), load_file(file)
    saved = {k: v.float() * rows[k + SCALE] if k + SCALE in rows else v for k, v in rows.items()}
    saved = _of_this_version(own, {k: v for k, v in saved.items() if not k.endswith(SCALE)})
    off = _unlike(own, saved) or {k for k in own.keys() & saved.keys() if own[k].shape != saved[k].shape}
    if off:
        hint = "Train them from this model: recipes/answering in the source."
        raise WeightsError(f"{len(off)} tensors don't fit this model", subject=str(file), hint=hint)
    return {k: v.to(own[k].device, own[k].dtype) for k, v in saved.items()}


def _unlike(own: dict[str, Tensor], saved: dict[str, Tensor]) -> set[str]:
    """Names that only a model or only its file has, what matches people aside."""
    return {k for k in own.keys() ^ saved.keys() if not k.startswith(PRINTS)}


def _of_this_version(own: dict[str, Tensor], saved: dict[str, Tensor]) -> dict[str, Tensor]:
    """What was saved, without what tells people otherwise than this version does."""
    kept = {k: v for k, v in saved.items() if not k.startswith(SUPERSEDED)}
    return {k: v for k, v in kept.items() if not k.startswith(PRINTS) or (k in own and own[k].shape == v.shape)}


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
