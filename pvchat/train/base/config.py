"""Settings of base training, torch-free, and their command line: every field is an option.

In: words such as `--data ../shared/traindata --out runs/base --phase 1 --minutes 20`. Out: a `BaseConfig` that has
checked itself. `steps` is the length of the whole run (the learning rate follows it), `minutes` how long this sitting
may take: a run cut short goes on with `--resume`, to the last bit as if it had never stopped.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from pvchat.errors import SettingsError

PHASES = {1: "contrastive", 2: "generation", 3: "identity"}
CAPTIONED = ("flickr8k", "coco_mini")  # captions written by people
AUTO = ("ccp_clothes", "imfdb_attr", "exercises", "sports100", "houses")  # labels, and captions made of them
IDENTITIES = ("lfw", "celeb_glint", "imfdb_id")


@dataclass(frozen=True)
class BaseConfig:
    """One run of base training.

    Attributes:
        data: folder of image sets; only read when features or composites are still to be made.
        out: the run's folder: checkpoints, metrics, plots.
        features: cache of frozen features; empty: `features` beside `out`.
        phase: 1 contrastive, 2 generation, 3 identity episodes.
        only: what is trained, comma-separated beginnings of parameter names; empty trains all that can be.
        start: a run's folder or a saved model to start from; empty starts afresh.
        resume: go on from the last checkpoint in `out`.
        model: preset; or a pretrained base (`pvchat models`): then identity episodes train what all people share on it,
            whatever the phase.
        llm: another language model than the preset's; "none" leaves it out (phase 1: the queries needn't become words
            of its; phase 3: presence only).
        steps, minutes: of the run, of this sitting.
        seed: of weights, data order and augmentation.
        batch: examples a step.
        negatives: captions of other pictures that each picture is held against beside its batch's (phase 1); their
            vectors are frozen, so they cost next to nothing and a batch can be small.
        precision: of the forward pass; "auto" takes bfloat16 where the processor computes in it, "int8" has the frozen
            layers of the language model multiply in 8 bits (`eightbit.py`), the rest in float32.
        lr, lora_lr: peak learning rates; linear warm-up over `warmup` steps, cosine to a tenth at `steps`.
        decay, clip: AdamW's weight decay (matrices only), largest gradient norm.
        dropout: of the Q-Former; negative keeps the preset's.
        captioned, auto, identities: image sets, comma-separated.
        views: random crops of every captioned picture to prepare and to train on beside it.
        auto_share: share of a batch whose captions a template made.
        sparsity, target: SparsityController's mode and T_s; balance and z: weights of the connectors' losses.
        ask_share: pictures of phase 2 that come with a question beside their captions.
        rehearsal: pictures of phase 2 in each step of phase 3, so that the language model keeps what it learned there.
        token_drop: share of grid cells hidden in training; noise: of features, in standard deviations.
        validate_every, validate_rows: steps between validations, examples of one (phases 2 and 3).
        beams: of the captions that validation writes; 1 is greedy.
        save_every, keep: steps between checkpoints, how many stay (the best one stays too).
        log_every: steps between lines.
        threads: torch's; 0 leaves its choice.
        device: torch device.
        connector: on a pretrained base, also train a connector for our experts' tokens.
    """

    phases: ClassVar[dict[int, str]] = PHASES

    data: Path = Path("../shared/traindata")
    out: Path = Path("runs/base")
    features: Path = Path()
    phase: int = 1
    start: str = ""
    only: str = ""
    resume: bool = False
    model: str = "embedded"
    llm: str = ""
    steps: int = 3000
    minutes: float = 60.0
    seed: int = 0
    batch: int = 64
    negatives: int = 1024
    precision: str = "auto"
    lr: float = 5e-4
    lora_lr: float = 2e-4
    warmup: int = 100
    decay: float = 0.05
    clip: float = 1.0
    dropout: float = -1.0
    captioned: str = ",".join(CAPTIONED)
    auto: str = ",".join(AUTO)
    identities: str = ",".join(IDENTITIES)
    views: int = 3
    auto_share: float = 0.05
    ask_share: float = 0.5
    rehearsal: int = 0
    sparsity: str = "both"
    target: float = 0.5
    balance: float = 0.1
    z: float = 0.01
    token_drop: float = 0.2
    noise: float = 0.1
    validate_every: int = 200
    validate_rows: int = 64
    beams: int = 1
    save_every: int = 200
    keep: int = 3
    log_every: int = 20
    threads: int = 0
    device: str = "cpu"
    connector: bool = False

    def __post_init__(self) -> None:
        if self.phase not in self.phases:
            known = ", ".join(f"{number} ({name})" for number, name in self.phases.items())
            raise SettingsError(f"unknown phase {self.phase}", hint=f"Use one of: {known}.")
        if self.precision not in ("auto", "float32", "bfloat16", "int8"):
            raise SettingsError(f"unknown precision '{self.precision}'", hint="Use auto, float32, bfloat16 or int8.")
        for name in ("steps", "minutes", "batch", "lr", "validate_every", "save_every", "keep", "log_every"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"--{name.replace('_', '-')} must be positive, not {getattr(self, name)}")
        if not 0 <= self.auto_share < 1 or not 0 <= self.token_drop < 1:
            raise SettingsError("--auto-share and --token-drop are shares: 0 up to, not including, 1")

    @property
    def cache(self) -> Path:
        """Where frozen features lie."""
        return self.features if self.features != Path() else self.out.parent / "features"

    def sets(self, field: str) -> list[str]:
        """The image sets in one comma-separated field."""
        return [name for name in str(getattr(self, field)).split(",") if name]

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON-ready values."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}


def parse(words: Sequence[str] | None = None, kind: type[BaseConfig] = BaseConfig) -> BaseConfig:
    """Settings from command-line words (None: the process's own); `kind` may have other phases."""
    parser = argparse.ArgumentParser(prog="pvchat train base", description="Train the model that all people share.")
    add_options(parser)
    parser.set_defaults(phase=kind.phase)
    return kind(**vars(parser.parse_args(words)))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Every field of `BaseConfig` as an option."""
    for field in fields(BaseConfig):
        assert field.default is not MISSING
        name = "--" + field.name.replace("_", "-")
        if isinstance(field.default, bool):
            parser.add_argument(name, action="store_true")
        else:
            kind, metavar = type(field.default), {int: "N", float: "X"}.get(type(field.default), "WORD")
            parser.add_argument(name, type=kind if field.name not in _PATHS else Path, default=field.default,
                                metavar="PATH" if field.name in _PATHS else metavar,
                                help=f"default: {field.default}")  # fmt: skip


_PATHS = ("data", "out", "features")
