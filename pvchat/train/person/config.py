"""Settings of personal training, torch-free, and their command line: every field of `PersonConfig` is an option."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from pvchat.errors import SettingsError

if TYPE_CHECKING:
    from pvchat.augment.schemas import Stage

STAGES: tuple[Stage, ...] = ("image", "video")


@dataclass(frozen=True)
class PersonConfig:
    """How one person is trained.

    Attributes:
        image_steps, video_steps: optimiser steps of the two stages, at most.
        minutes: of both together; what is reached then is kept.
        batch: rows a step, over all processes.
        lr, z_lr, lora_lr: learning rates of tokens, z, LoRA.
        anchor: weight of the squared distance from the start: one clip is little to learn from.
        clip: largest gradient norm.
        sparsity: "both" (SPR and HAE), "spr" or "none"; target: T_s.
        use_tokens, use_z: train the personal tokens, the head offsets.
        lora: rank of a LoRA of the person's own, 0 for none.
        validate_every: steps between looks at the held-back split; patience: looks without a better one before a
            stage ends.
        validate_rows: rows of one look, at most.
        checkpointing: on a pretrained base, compute activations twice instead of keeping them all.
        seed: of the data order.
    """

    image_steps: int = 20
    video_steps: int = 60
    minutes: float = 8.0
    batch: int = 8
    lr: float = 2e-3
    z_lr: float = 5e-3
    lora_lr: float = 2e-4
    anchor: float = 0.1
    clip: float = 1.0
    sparsity: str = "both"
    target: float = 0.5
    use_tokens: bool = True
    use_z: bool = True
    lora: int = 0
    validate_every: int = 10
    patience: int = 3
    validate_rows: int = 16
    checkpointing: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("minutes", "batch", "lr", "z_lr", "lora_lr", "validate_every", "patience", "validate_rows"):
            if not 0 < getattr(self, name) < math.inf:
                raise SettingsError(f"--{name.replace('_', '-')} must be positive, not {getattr(self, name)}")
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


def add_options(parser: argparse.ArgumentParser) -> None:
    """Every field of `PersonConfig` as an option; what is on by default gets a `--no-…`."""
    for field in fields(PersonConfig):
        name = "--" + field.name.replace("_", "-")
        if field.default is False:
            parser.add_argument(name, action="store_true", help="keep no activations of a pretrained base: less memory")
        elif isinstance(field.default, bool):
            parser.add_argument(name.replace("--use-", "--no-"), dest=field.name, action="store_false",
                                help=f"leave {field.name.removeprefix('use_')} as they are")  # fmt: skip
        elif field.name != "seed":  # every command has its own
            kind = type(field.default)
            metavar = {int: "N", float: "X"}.get(kind, "WORD")
            other = getattr(ON_BASE, field.name)
            usual = f"default: {field.default}" + (f", on a pretrained base {other}" if other != field.default else "")
            parser.add_argument(name, type=kind, metavar=metavar, help=usual)


def from_words(args: Any, usual: PersonConfig = USUAL) -> PersonConfig:
    """The settings among a command's parsed words; what wasn't said is as usual."""
    said = {field.name: getattr(args, field.name) for field in fields(PersonConfig)}
    return replace(usual, **{name: value for name, value in said.items() if value is not None})
