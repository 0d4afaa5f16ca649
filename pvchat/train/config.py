"""Settings of a person's training, torch-free, and how settings become a command line: every field is an option.

In: words such as `--minutes 20 --no-z`. Out: a `PersonConfig`, which has checked itself. `minutes` is how long one
sitting may take: a run cut short goes on with `--resume`, to the last bit as if it had never stopped. Base training in
`recipes/` has settings of its own, made in the same way.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.errors import SettingsError

if TYPE_CHECKING:
    from pvchat.augment.schemas import Stage

STAGES: tuple[Stage, ...] = ("image", "video")


def setting(default: Any, meaning: str) -> Any:
    """A field with the line in `--help` of its option; the option of one that is on or off turns it over."""
    return field(default=default, metadata={"help": meaning})


def check_positive(settings: Any, positive: tuple[str, ...]) -> None:
    """Raise SettingsError where one of these isn't above 0."""
    for name in positive:
        if not 0 < getattr(settings, name) < math.inf:
            raise SettingsError(f"--{name.replace('_', '-')} must be positive, not {getattr(settings, name)}")


@dataclass(frozen=True)
class PersonConfig:
    """How one person is trained."""

    image_steps: int = setting(20, "optimiser steps on stills, at most")
    video_steps: int = setting(60, "optimiser steps on clips, at most")
    minutes: float = setting(8.0, "of both together; the best until then is kept")
    batch: int = setting(8, "questions a step")
    lr: float = setting(2e-3, "learning rate of the personal tokens")
    z_lr: float = setting(5e-3, "learning rate of the head offsets z")
    lora_lr: float = setting(2e-4, "learning rate of --lora")
    # one clip is little to learn from
    anchor: float = setting(0.1, "weight of the squared distance from the start")
    clip: float = setting(1.0, "largest gradient norm")
    sparsity: str = setting("both", "losses of the mixed heads: both (SPR and HAE), spr or none")
    target: float = setting(0.5, "share of the routed heads that shall be off, T_s of SPR and HAE")
    use_tokens: bool = setting(True, "leave the personal tokens as they are")
    use_z: bool = setting(True, "leave the head offsets z as they are")
    lora: int = setting(0, "rank of a LoRA of the person's own, 0 for none")
    validate_every: int = setting(10, "steps between validations on the held-back split")
    patience: int = setting(3, "validations without a better one before a stage ends")
    validate_rows: int = setting(16, "questions of one validation, at most")
    checkpointing: bool = setting(False, "compute a pretrained base's activations twice: less memory")
    seed: int = 0  # of the data order

    def __post_init__(self) -> None:
        rates = ("lr", "z_lr", "lora_lr")
        check_positive(self, ("minutes", "batch", *rates, "validate_every", "patience", "validate_rows"))
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


def add_options(
    parser: argparse.ArgumentParser, usual: Any, on_base: Any = None, without: tuple[str, ...] = ()
) -> None:
    """Every field of some settings as an option; one that isn't given is None. What is on by default gets a `--no-…`.

    `on_base` are the usual settings on a pretrained base, `without` are fields that the command has otherwise.
    """
    for one in fields(usual):
        name, value = "--" + one.name.replace("_", "-"), getattr(usual, one.name)
        if one.name in without:
            continue
        if isinstance(value, bool):
            name, action = (name.replace("--use-", "--no-"), "store_false") if value else (name, "store_true")
            parser.add_argument(name, dest=one.name, action=action, default=None, help=one.metadata["help"])
            continue
        path, base_value = isinstance(value, Path), getattr(on_base, one.name, value)
        metavar = "PATH" if path else {int: "N", float: "X"}.get(type(value), "WORD")
        usually = f"default {value}" + (f", on a pretrained base {base_value}" if base_value != value else "")
        text = f"{one.metadata['help']} ({usually})" if value not in ("", Path()) else one.metadata["help"]
        parser.add_argument(name, type=Path if path else type(value), metavar=metavar, help=text)


def from_words(args: Any, usual: Any) -> Any:
    """The settings in a command's parsed arguments; those that weren't given are as usual."""
    said = {one.name: getattr(args, one.name) for one in fields(usual)}
    return replace(usual, **{name: value for name, value in said.items() if value is not None})
