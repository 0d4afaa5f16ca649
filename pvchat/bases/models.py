"""Which model answers, and which pretrained bases there are: presets, local folders, hub ids.

Torch-free: sizes and parameter counts are read from the head of the safetensors files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pvchat.bases.sizes import fitting_size, size_of
from pvchat.bases.sources import HUB, BaseSource, list_bases, read_source
from pvchat.config import Settings
from pvchat.errors import SettingsError, WeightsError
from pvchat.model.config import ANSWERING, CONFIG, WEIGHTS, list_models, pretrained_folder, read_config
from pvchat.runtime import fastest_dtype_name


def find(name: str) -> Path | None:
    """The folder of a model's weights, by the name of a preset (None for one that ships none) or of a folder.

    Raises SettingsError where it is neither.
    """
    if name in list_models():
        return pretrained_folder(name)
    folder = trained_folder(Path(name).expanduser())
    if not (folder / CONFIG).is_file() or not (folder / WEIGHTS).is_file():
        known = ", ".join((*list_models(), *list_bases()))
        hint = f"Use a preset ({known}), a folder with {CONFIG} and {WEIGHTS}, or {HUB}ORG/NAME."
        raise SettingsError("there is no such model", subject=name, hint=hint)
    return folder


def trained_folder(path: Path) -> Path:
    """The model's folder in a run's (its best checkpoint, else its last) or a checkpoint's; else the path itself."""
    pointers = (path / "checkpoints" / name for name in ("best", "last"))
    if (file := next((one for one in pointers if one.is_file()), None)) is not None:
        path = file.parent / file.read_text(encoding="utf-8").strip()
    return path / "model" if (path / "model").is_dir() else path


def choose(settings: Settings) -> tuple[str, Path | None]:
    """What answers come from (one of `config.ANSWERS`) and the trained model's folder, where it has one. Raises
    SettingsError where the model can't be used here; WeightsError where answers by the model are wanted, and it has no
    weights.
    """
    if base_of(settings) is not None:
        return ("model" if settings.answers in ("auto", "spoken") else settings.answers), None  # a base always speaks
    folder = find(settings.model)
    if folder is not None:
        read_config(folder)  # one that can't be used is told now
    source = settings.answers
    if source == "auto":
        source = "facts" if folder is None else "model"
    if source in ("model", "spoken"):
        if folder is None:
            hint = "Train it with `pvchat train base`, or use --answers facts."
            raise WeightsError("this model ships no trained weights", subject=settings.model, hint=hint)
        if source == "spoken" and not (folder / ANSWERING).is_file():
            hint = "Train them from this model: recipes/answering in the source. Or use --answers model."
            raise WeightsError("this model has no weights to answer by itself", subject=settings.model, hint=hint)
    return source, folder


def base_of(settings: Settings) -> BaseSource | None:
    """The pretrained base that the settings name; None for a model of our own, for which --quantize is refused."""
    source = read_source(settings.model)
    if source is None and settings.quantize:
        hint = f"Name one, such as --model {list_bases()[0]}."
        raise SettingsError("only a pretrained base can be loaded with fewer bits.", subject="--quantize", hint=hint)
    return source


def base_rows(names: Sequence[str] = (), device: str = "cpu", dtype: str = "") -> list[dict[str, Any]]:
    """All presets of pretrained bases, and some folders and hub ids, as JSON rows (docs/json.md).

    As they would be loaded: in a dtype that is a key of `bases.sizes.BYTES`, or "" for what is fastest here and fits.
    Raises SettingsError where a name is none of a base.
    """
    sized, made = size_of if dtype else fitting_size, []
    for name in (*list_bases(), *names):
        if (source := read_source(name)) is None:
            hint = f"Use a folder of one, or {HUB}ORG/NAME."
            raise SettingsError("there is no pretrained base", subject=name, hint=hint)
        size = sized(source, dtype or fastest_dtype_name(device), device)
        licence = source.preset.licence if source.preset else "see its card"
        made.append({"name": source.name, "path": source.path, "licence": licence, **asdict(size), "fits": size.fits})
    return made
