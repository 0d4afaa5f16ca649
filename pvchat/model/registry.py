"""Models by name: every JSON file in `configs/` is a preset, the file's name is the preset's name."""

from __future__ import annotations

import json
from pathlib import Path

from pvchat.errors import SettingsError
from pvchat.model.config import WEIGHTS, ModelConfig

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
