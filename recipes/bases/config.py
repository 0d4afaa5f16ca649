"""Settings of base training on a pretrained base, torch-free; `recipes/model/base/config.py` adds those of our own
model, so that one command line takes both.

`minutes` is how long one sitting may take: a run cut short goes on with `--resume`, to the last bit as if it had never
stopped.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pvchat.train.config import check_positive, setting

IDENTITIES = ("lfw", "celeb_glint", "imfdb_id")


@dataclass(frozen=True)
class SharedTraining:
    """One run of base training: mixed heads (and a connector) of a pretrained base, from identity episodes."""

    data: Path = setting(Path("../shared/traindata"), "folder of image sets")
    out: Path = setting(Path("runs/base"), "the run's folder: checkpoints, metrics")
    model: str = setting("embedded", "the pretrained base, or a preset of our own model")
    identities: str = setting(",".join(IDENTITIES), "image sets with people's names, comma-separated")
    steps: int = setting(3000, "steps of the whole run")
    minutes: float = setting(60.0, "of this sitting")
    seed: int = setting(0, "of weights, data order and augmentation")
    batch: int = setting(64, "examples a step")
    lr: float = setting(5e-4, "learning rate at its peak")
    clip: float = setting(1.0, "largest gradient norm")
    sparsity: str = setting("both", "losses of the mixed heads: both (SPR and HAE), spr or none")
    target: float = setting(0.5, "share of the routed heads that shall be off, T_s of SPR and HAE")
    validate_every: int = setting(200, "steps between validations")
    validate_rows: int = setting(64, "examples of one validation")
    device: str = setting("cpu", "where to train: cpu or cuda")
    resume: bool = setting(False, "go on from the last state in --out")
    connector: bool = setting(False, "also train a connector for our experts' tokens")

    def __post_init__(self) -> None:
        check_positive(self, ("steps", "minutes", "batch", "lr", "validate_every"))

    def sets(self, field: str) -> list[str]:
        """The image sets in one comma-separated field."""
        return [name for name in str(getattr(self, field)).split(",") if name]

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON-ready values."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}
