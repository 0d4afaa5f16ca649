"""Settings of base training of our own model, and their command line: every field is an option.

In: words such as `--data ../shared/traindata --out runs/base --phase 1 --minutes 20`. Out: a `BaseConfig` that has
checked itself. `steps` is the length of the whole run (the learning rate follows it).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pvchat.errors import SettingsError
from pvchat.train.config import add_options, check_positive, from_words, setting
from recipes.bases.config import SharedTraining

PHASES = {1: "contrastive", 2: "generation", 3: "identity"}
CAPTIONED = ("flickr8k", "coco_mini")  # captions written by people
AUTO = ("ccp_clothes", "imfdb_attr", "exercises", "sports100", "houses")  # labels, and captions made of them


@dataclass(frozen=True)
class BaseConfig(SharedTraining):
    """One run of base training; what isn't told here is in `SharedTraining`."""

    phases: ClassVar[dict[int, str]] = PHASES

    features: Path = setting(Path(), "cache of frozen features; usually `features` beside --out")
    phase: int = setting(1, "1 contrastive, 2 generation, 3 identity episodes")
    start: str = setting("", "a run's folder or a saved model to start from; afresh without")
    only: str = setting("", "what is trained: comma-separated beginnings of parameters' names; all without")
    # the queries needn't become words of its then
    llm: str = setting("", "another language model than the preset's; `none` leaves it out, in phase 1 only")
    # their vectors are frozen, so they cost next to nothing and a batch can be small
    negatives: int = setting(1024, "captions of other pictures that each one is held against, in phase 1")
    precision: str = setting(
        "auto", "of the forward pass: float32, bfloat16, int8 (the frozen layers of the language model in 8 bits, the "
        "rest in float32), or auto: bfloat16 where the processor computes in it",
    )  # fmt: skip
    lora_lr: float = setting(2e-4, "peak learning rate of LoRA; cosine to a tenth at --steps")
    warmup: int = setting(100, "steps in which the learning rates rise")
    dropout: float = setting(-1.0, "of the Q-Former; negative keeps the preset's")
    captioned: str = setting(",".join(CAPTIONED), "image sets with captions by people, comma-separated")
    auto: str = setting(",".join(AUTO), "image sets with captions made of labels, comma-separated")
    views: int = setting(3, "random crops of each captioned picture to prepare, and to train on beside it")
    auto_share: float = setting(0.05, "share of a batch whose captions a template made")
    ask_share: float = setting(0.5, "share of phase 2's pictures with a question beside the captions")
    # so that the language model keeps what it learned there
    rehearsal: int = setting(0, "pictures of phase 2 in each step of phase 3")
    token_drop: float = setting(0.2, "share of grid cells hidden in training")
    noise: float = setting(0.1, "on features, in standard deviations")
    save_every: int = setting(200, "steps between checkpoints")
    keep: int = setting(3, "checkpoints that stay, beside the best one")
    log_every: int = setting(20, "steps between lines")
    threads: int = setting(0, "torch's; 0 leaves its choice")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.phase not in self.phases:
            known = ", ".join(f"{number} ({name})" for number, name in self.phases.items())
            raise SettingsError(f"unknown phase {self.phase}", hint=f"Use one of: {known}.")
        if self.precision not in ("auto", "float32", "bfloat16", "int8"):
            raise SettingsError(f"unknown precision '{self.precision}'", hint="Use auto, float32, bfloat16 or int8.")
        check_positive(self, ("save_every", "keep", "log_every"))
        if not 0 <= self.auto_share < 1 or not 0 <= self.token_drop < 1:
            raise SettingsError("--auto-share and --token-drop are shares: 0 up to, not including, 1")

    @property
    def cache(self) -> Path:
        """Where frozen features lie."""
        return self.features if self.features != Path() else self.out.parent / "features"


def parse(words: Sequence[str] | None = None, kind: type[BaseConfig] = BaseConfig) -> BaseConfig:
    """Settings from command-line words (None: the process's own); `kind` may have other phases."""
    parser = argparse.ArgumentParser(prog="pvchat train base", description="Train the model that all people share.")
    add_options(parser, kind())
    made: BaseConfig = from_words(parser.parse_args(words), kind())
    return made
