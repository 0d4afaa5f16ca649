"""Settings of what users train, torch-free, and their command line: every field is an option.

In: words such as `--data FOLDER --out runs/heads --minutes 20`. Out: `PersonConfig` or `SharedTraining`, which have
checked themselves. `minutes` is how long one sitting may take: a run cut short goes on with `--resume`, to the last bit
as if it had never stopped.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.errors import SettingsError

if TYPE_CHECKING:
    from pvchat.augment.schemas import Stage

STAGES: tuple[Stage, ...] = ("image", "video")
IDENTITIES = ("lfw", "celeb_glint", "imfdb_id")
_PATHS = ("data", "out", "features")
_SWITCHES = {
    "resume": "go on from the last state in --out", "connector": "also train a connector for our experts' tokens",
    "checkpointing": "keep no activations of a pretrained base: less memory", "use_tokens": "leave tokens as they are",
    "use_z": "leave z as they are",
}  # fmt: skip


def _positive(settings: Any, positive: tuple[str, ...]) -> None:
    """Raise SettingsError where one of these isn't above 0."""
    for name in positive:
        if not 0 < getattr(settings, name) < math.inf:
            raise SettingsError(f"--{name.replace('_', '-')} must be positive, not {getattr(settings, name)}")


@dataclass(frozen=True)
class PersonConfig:
    """How one person is trained."""

    image_steps: int = 20  # optimiser steps of the two stages, at most
    video_steps: int = 60
    minutes: float = 8.0  # of both together; what is reached then is kept
    batch: int = 8  # rows a step, over all processes
    lr: float = 2e-3  # of tokens
    z_lr: float = 5e-3
    lora_lr: float = 2e-4
    anchor: float = 0.1  # weight of the squared distance from the start: one clip is little to learn from
    clip: float = 1.0  # largest gradient norm
    sparsity: str = "both"  # SPR and HAE; "spr" or "none"
    target: float = 0.5  # T_s
    use_tokens: bool = True  # train the personal tokens
    use_z: bool = True  # train the head offsets
    lora: int = 0  # rank of a LoRA of the person's own, 0 for none
    validate_every: int = 10  # steps between validations on the held-back split
    patience: int = 3  # validations without a better one before a stage ends
    validate_rows: int = 16  # rows of one validation, at most
    checkpointing: bool = False  # on a pretrained base, compute activations twice instead of keeping them all
    seed: int = 0  # of the data order

    def __post_init__(self) -> None:
        _positive(self, ("minutes", "batch", "lr", "z_lr", "lora_lr", "validate_every", "patience", "validate_rows"))
        for name in ("image_steps", "video_steps", "lora", "anchor"):
            if not 0 <= getattr(self, name) < math.inf:
                raise SettingsError(f"--{name.replace('_', '-')} can't be negative, as {getattr(self, name)} is")

    def steps(self, stage: str) -> int:
        """Steps of one stage."""
        return self.image_steps if stage == "image" else self.video_steps


USUAL = PersonConfig()
ON_BASE = PersonConfig(image_steps=100, video_steps=300, minutes=60.0, batch=4, lr=1e-3, lora_lr=1e-4, anchor=0.0,
                       validate_every=25)  # fmt: skip
"""On a pretrained base, at the rates of Yo'LLaVA (arXiv 2406.09400) and MC-LLaVA (arXiv 2411.11706)."""


@dataclass(frozen=True)
class SharedTraining:
    """One run of base training: mixed heads (and a connector) of a pretrained base, from identity episodes."""

    data: Path = Path("../shared/traindata")  # folder of image sets
    out: Path = Path("runs/base")  # the run's folder: checkpoints, metrics
    model: str = "embedded"  # the pretrained base; in a checkout of the source also a preset of our own model
    identities: str = ",".join(IDENTITIES)  # image sets, comma-separated
    steps: int = 3000  # of the run
    minutes: float = 60.0  # of this sitting
    seed: int = 0  # of weights, data order and augmentation
    batch: int = 64  # examples a step
    lr: float = 5e-4  # at its peak
    clip: float = 1.0  # largest gradient norm
    sparsity: str = "both"  # SparsityController's mode
    target: float = 0.5  # T_s
    validate_every: int = 200  # steps between validations
    validate_rows: int = 64  # examples of one
    device: str = "cpu"
    resume: bool = False  # go on from the last state in `out`
    connector: bool = False  # also train a connector for our experts' tokens

    def __post_init__(self) -> None:
        _positive(self, ("steps", "minutes", "batch", "lr", "validate_every"))

    def sets(self, field: str) -> list[str]:
        """The image sets in one comma-separated field."""
        return [name for name in str(getattr(self, field)).split(",") if name]

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON-ready values."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}


def add_options(
    parser: argparse.ArgumentParser, usual: Any, on_base: Any = None, without: tuple[str, ...] = ()
) -> None:
    """Every field of some settings as an option; one that isn't given is None. What is on by default gets a `--no-…`.

    `on_base` are the usual settings on a pretrained base, `without` are fields that the command has otherwise.
    """
    for field in fields(usual):
        name, value = "--" + field.name.replace("_", "-"), getattr(usual, field.name)
        if field.name in without:
            continue
        if isinstance(value, bool):
            name, action = (name.replace("--use-", "--no-"), "store_false") if value else (name, "store_true")
            parser.add_argument(name, dest=field.name, action=action, default=None, help=_SWITCHES[field.name])
            continue
        path, base_value = field.name in _PATHS, getattr(on_base, field.name, value)
        metavar = "PATH" if path else {int: "N", float: "X"}.get(type(value), "WORD")
        text = f"default: {value}" + (f", on a pretrained base {base_value}" if base_value != value else "")
        parser.add_argument(name, type=Path if path else type(value), metavar=metavar, help=text)


def from_words(args: Any, usual: Any) -> Any:
    """The settings in a command's parsed arguments; those that weren't given are as usual."""
    said = {field.name: getattr(args, field.name) for field in fields(usual)}
    return replace(usual, **{name: value for name, value in said.items() if value is not None})
