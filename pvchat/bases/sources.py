"""What `--model` names, where that is a video language model of somebody else's: a name in, a `BaseSource` out.

Torch-free, and nothing is fetched: a hub id is only read here, `loading.py` asks the hub for it. A name that is no base
(`embedded`, the folder of a model of our own) gives None.

Every base goes through `AutoModelForImageTextToText` and its own processor. Families differ in what they want of their
pictures; one that isn't known gets its frames as pictures, each with its time as text before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pvchat.errors import SettingsError, WeightsError

HUB = "hub:"
PRESETS = Path(__file__).parent / "presets"
CONFIG = "config.json"  # of a folder in the hub's layout
TRAINED = "base.json"  # of a folder that `recipes/bases/` wrote
HUB_ID = re.compile(r"[\w.\-]+/[\w.\-]+\Z")


@dataclass(frozen=True)
class Preset:
    """A known base of the hub: its id, and what its card says."""

    hub: str
    licence: str
    frames: int
    parameters: int


@dataclass(frozen=True)
class BaseSource:
    """Where a base comes from, as `--model` named it."""

    name: str
    path: str  # a folder in the hub's layout, or a hub id
    local: bool  # whether it is a folder
    preset: Preset | None = None
    trained: Path | None = None  # the folder of what base training added to it


@dataclass(frozen=True)
class Family:
    """One kind of model. Options of its processor keep pictures whole: tiles are more tokens and tell no more."""

    video: bool = True  # takes `{"type": "video"}`
    times: bool = False  # writes the frames' times into the prompt itself
    beside: bool = True  # takes pictures beside a video; SmolVLM's processor puts both under one key: one would be lost
    pair: int = 1  # frames that become one: outlines on them should match
    still: Mapping[str, Any] = field(default_factory=dict)  # options for prompts with pictures
    moving: Mapping[str, Any] = field(default_factory=dict)  # for those with a video


FAMILIES: Mapping[str, Family] = {  # by `model_type` of transformers
    "smolvlm": Family(times=True, beside=False, still={"do_image_splitting": False}),
    "qwen3_vl": Family(times=True, pair=2, moving={"cap_pixels_per_frame": True}),
    "internvl": Family(still={"crop_to_patches": False}, moving={"crop_to_patches": False}),
    "llava_onevision": Family(),
}
OTHER = Family(video=False)  # one that isn't known is shown pictures


def list_bases() -> list[str]:
    """Names of all presets, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.json"))


def read_source(name: str) -> BaseSource | None:
    """The base that is named: a preset, `hub:ORG/NAME`, `hub:FOLDER`, a folder in the hub's layout, or a run of base
    training; None for anything else. Raises SettingsError where `hub:` is followed by neither a folder nor an id, or a
    run's base is gone.
    """
    if name in list_bases():
        preset = Preset(**read_json(PRESETS / f"{name}.json"))
        return BaseSource(name, preset.hub, False, preset)
    plain = name.removeprefix(HUB)
    folder = Path(plain).expanduser()
    if (folder / TRAINED).is_file():
        base = str(read_json(folder / TRAINED).get("model"))
        if (under := read_source(base)) is None:
            hint = f"Put it there, or write where it is into {TRAINED}."
            raise SettingsError(f"the base that it was trained on, {base}, isn't there.", subject=name, hint=hint)
        return replace(under, name=name, trained=folder)
    if (folder / CONFIG).is_file():
        return BaseSource(name, str(folder), True) if "model_type" in read_json(folder / CONFIG) else None
    if not name.startswith(HUB):
        return None
    if folder.is_dir() or not HUB_ID.match(plain):
        hint = f"Use {HUB}ORG/NAME, or a folder that holds {CONFIG}, weights and processor files."
        raise SettingsError("this is neither a model's folder nor a hub id.", subject=name, hint=hint)
    return BaseSource(name, plain, False)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; raises WeightsError where it is unreadable."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise WeightsError("not readable as JSON.", subject=str(path)) from error
    return row if isinstance(row, dict) else {}
