"""What personal training needs to know of an augmentation, as structural types: `pvchat.augment.schemas` has them all.

Training and augmentation don't import each other; `pvchat/train/person/deep.py` brings them together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from pvchat.schemas import ClipAnalysis

Stage = Literal["image", "video"]
Split = Literal["train", "val", "test"]


class Sample(Protocol):
    """One clip or still; see `augment.schemas.Sample`."""

    id: str
    role: Any  # "positive" | "negative"
    recipe: str
    stage: Stage
    split: Split
    people: dict[str, bool]


class Row(Protocol):
    """One question about a sample; see `augment.schemas.Row`."""

    sample: str
    type: str
    people: list[str]
    question: str
    answer: str
    present: dict[str, bool]
    split: Split


Analyses = Callable[[Any], ClipAnalysis]  # what the experts saw in a sample
