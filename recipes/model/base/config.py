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
from pvchat.train.config import add_options, check_positive, from_words
from recipes.bases.config import SharedTraining

PHASES = {1: "contrastive", 2: "generation", 3: "identity"}
CAPTIONED = ("flickr8k", "coco_mini")  # captions written by people
AUTO = ("ccp_clothes", "imfdb_attr", "exercises", "sports100", "houses")  # labels, and captions made of them


@dataclass(frozen=True)
class BaseConfig(SharedTraining):
    """One run of base training; what isn't told here is in `SharedTraining`.

    Attributes:
        features: cache of frozen features; empty: `features` beside `out`.
        phase: 1 contrastive, 2 generation, 3 identity episodes.
        only: what is trained, comma-separated beginnings of parameter names; empty trains all that can be.
        start: a run's folder or a saved model to start from; empty starts afresh.
        llm: another language model than the preset's; "none" leaves it out (phase 1 only: the queries needn't become
            words of its then).
        negatives: captions of other pictures that each picture is held against beside its batch's (phase 1); their
            vectors are frozen, so they cost next to nothing and a batch can be small.
        precision: of the forward pass; "auto" takes bfloat16 where the processor computes in it, "int8" has the frozen
            layers of the language model multiply in 8 bits (`eightbit.py`), the rest in float32.
        lora_lr: peak learning rate of LoRA; linear warm-up over `warmup` steps, cosine to a tenth at `steps`.
        dropout: of the Q-Former; negative keeps the preset's.
        captioned, auto: image sets, comma-separated.
        views: random crops of every captioned picture to prepare and to train on beside it.
        auto_share: share of a batch whose captions a template made.
        ask_share: pictures of phase 2 that come with a question beside their captions.
        rehearsal: pictures of phase 2 in each step of phase 3, so that the language model keeps what it learned there.
        token_drop: share of grid cells hidden in training; noise: of features, in standard deviations.
        save_every, keep: steps between checkpoints, how many stay (the best one stays too).
        log_every: steps between lines.
        threads: torch's; 0 leaves its choice.
    """

    phases: ClassVar[dict[int, str]] = PHASES

    features: Path = Path()
    phase: int = 1
    start: str = ""
    only: str = ""
    llm: str = ""
    negatives: int = 1024
    precision: str = "auto"
    lora_lr: float = 2e-4
    warmup: int = 100
    dropout: float = -1.0
    captioned: str = ",".join(CAPTIONED)
    auto: str = ",".join(AUTO)
    views: int = 3
    auto_share: float = 0.05
    ask_share: float = 0.5
    rehearsal: int = 0
    token_drop: float = 0.2
    noise: float = 0.1
    save_every: int = 200
    keep: int = 3
    log_every: int = 20
    threads: int = 0

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
