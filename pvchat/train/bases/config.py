"""Settings of base training, torch-free, and their command line: every field is an option.

In: words such as `--model smolvlm2-500m --data FOLDER --out runs/heads --minutes 20`. Out: a `SharedTraining` that has
checked itself. `minutes` is how long this sitting may take: a run cut short goes on with `--resume`, to the last bit as
if it had never stopped.
"""

from __future__ import annotations

import argparse
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pvchat.errors import SettingsError

IDENTITIES = ("lfw", "celeb_glint", "imfdb_id")
_PATHS = ("data", "out", "features")


@dataclass(frozen=True)
class SharedTraining:
    """One run of base training: mixed heads (and a connector) of a pretrained base, from identity episodes.

    Attributes:
        data: folder of image sets.
        out: the run's folder: checkpoints, metrics.
        model: the pretrained base (`pvchat models`); in a checkout of the source also a preset of our own model.
        identities: image sets, comma-separated.
        steps, minutes: of the run, of this sitting.
        seed: of weights, data order and augmentation.
        batch: examples a step.
        lr: peak learning rate; clip: largest gradient norm.
        sparsity, target: SparsityController's mode and T_s.
        validate_every, validate_rows: steps between validations, examples of one.
        device: torch device.
        resume: go on from the last state in `out`.
        connector: also train a connector for our experts' tokens.
    """

    data: Path = Path("../shared/traindata")
    out: Path = Path("runs/base")
    model: str = "embedded"
    identities: str = ",".join(IDENTITIES)
    steps: int = 3000
    minutes: float = 60.0
    seed: int = 0
    batch: int = 64
    lr: float = 5e-4
    clip: float = 1.0
    sparsity: str = "both"
    target: float = 0.5
    validate_every: int = 200
    validate_rows: int = 64
    device: str = "cpu"
    resume: bool = False
    connector: bool = False

    def __post_init__(self) -> None:
        for name in ("steps", "minutes", "batch", "lr", "validate_every"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"--{name.replace('_', '-')} must be positive, not {getattr(self, name)}")

    def sets(self, field: str) -> list[str]:
        """The image sets in one comma-separated field."""
        return [name for name in str(getattr(self, field)).split(",") if name]

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON-ready values."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}


def add_options(parser: argparse.ArgumentParser, kind: type[SharedTraining] = SharedTraining) -> None:
    """Every field of a kind of settings as an option."""
    for field in fields(kind):
        assert field.default is not MISSING
        name = "--" + field.name.replace("_", "-")
        if isinstance(field.default, bool):
            parser.add_argument(name, action="store_true")
        else:
            of, metavar = type(field.default), {int: "N", float: "X"}.get(type(field.default), "WORD")
            parser.add_argument(name, type=of if field.name not in _PATHS else Path, default=field.default,
                                metavar="PATH" if field.name in _PATHS else metavar,
                                help=f"default: {field.default}")  # fmt: skip
