"""A model before and after its training: fresh by the name of a preset, and on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from pvchat.errors import SettingsError
from pvchat.model.checkpoint import trained_state
from pvchat.model.config import CONFIG, WEIGHTS, load_config
from pvchat.model.llm import language_of
from pvchat.model.pvchat import PVChatModel


def create_model(
    name: str,
    *,
    llm: str | None = None,
    seed: int = 0,
    device: str = "cpu",
    **overrides: Any,
) -> PVChatModel:
    """A fresh, untrained model.

    Args:
        name: of a preset.
        llm: another language model than the preset's (a spec of `llm.load_llm`); "none" leaves it out.
        seed: of the initial weights; torch's global generator is left as it was.
        device: where the model goes.
        **overrides: fields of `ModelConfig`, for ablations.
    """
    try:
        chosen: dict[str, Any] = overrides if llm is None else {**overrides, "llm": llm}
        config = replace(load_config(name), **chosen)
    except TypeError as error:
        raise SettingsError(f"model configuration: {error}", subject=name) from error
    language = language_of(config, device)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return PVChatModel(config, *language).to(device)


def save_model(model: PVChatModel, folder: Path, dtype: torch.dtype = torch.bfloat16) -> None:
    """Write both files; matrices and vectors in `dtype`, single numbers as they are.

    Args:
        model: its trained part and LoRA are written; the language model is only named.
        folder: made when absent.
        dtype: torch.float32 to train on from here to the last bit, torch.bfloat16 to ship.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {k: (v.to(dtype) if v.dim() else v).contiguous().cpu() for k, v in trained_state(model).items()}
    save_file(state, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(model.config.to_dict(), indent=2) + "\n", encoding="utf-8")
