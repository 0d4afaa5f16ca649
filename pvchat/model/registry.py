"""Models by name: every JSON file in `configs/` is a preset, the file's name is the preset's name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.errors import SettingsError
from pvchat.model.config import WEIGHTS, ModelConfig

if TYPE_CHECKING:
    from pvchat.model.pvchat import PVChatModel

CONFIGS = Path(__file__).parent / "configs"
PRETRAINED = Path(__file__).parent / "pretrained"


def list_models() -> list[str]:
    """Names of all presets, sorted."""
    return sorted(path.stem for path in CONFIGS.glob("*.json"))


def load_config(name: str) -> ModelConfig:
    """A preset's configuration.

    Raises:
        SettingsError: there is no such preset.
    """
    path = CONFIGS / f"{name}.json"
    if name not in list_models():
        raise SettingsError(f"unknown model '{name}'", hint=f"Use one of {', '.join(list_models())}.")
    return ModelConfig.from_dict({**json.loads(path.read_text(encoding="utf-8")), "name": name})


def pretrained_folder(name: str) -> Path | None:
    """Where a preset's shipped weights lie, None when it has none."""
    folder = PRETRAINED / name
    return folder if (folder / WEIGHTS).is_file() else None


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
    import torch

    from pvchat.model.llm import language_of
    from pvchat.model.pvchat import PVChatModel

    try:
        chosen: dict[str, Any] = overrides if llm is None else {**overrides, "llm": llm}
        config = replace(load_config(name), **chosen)
    except TypeError as error:
        raise SettingsError(f"model configuration: {error}", subject=name) from error
    language = language_of(config, device)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return PVChatModel(config, *language).to(device)
