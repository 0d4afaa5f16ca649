"""What passes between the steps of augmentation: samples (clips and stills) and question-answer rows. Torch-free."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Role = Literal["positive", "negative"]
Stage = Literal["image", "video"]
Split = Literal["train", "val", "test"]
PLAIN = "before a plain background"  # the note of a background that was made up: no place is behind it
STEPS = ("profile", "positives", "negatives", "filter", "dataset")


@dataclass
class Sample:
    """One clip or still."""

    id: str  # 16 hexadecimal digits, a hash of source, recipe and seed: the same call makes the same ids
    role: Role  # shows the subject or doesn't
    recipe: str  # how it was made: "subclip", "reenact:turn", "lookalike", "same-clip", …
    stage: Stage  # a still or a clip: which training stage it belongs to
    media: str  # path inside the folder, with forward slashes
    source: str  # content key of the clip that it was made from; splits never share a source segment
    split: Split
    people: dict[str, bool]  # the subject's name and whether she is in it
    gates: dict[str, float] = field(default_factory=dict)  # measured, by name
    dropped: str | None = None  # the gate that refused it
    seed: int = 0  # of its randomness
    notes: dict[str, str] = field(default_factory=dict)  # of the recipe, by question type ("action": "nodding")


@dataclass
class QuestionRow:
    """One question about one sample."""

    id: str  # unique within the data set
    sample: str  # `Sample.id`
    type: str  # "existence", "appearance", "action" or "location"
    kind: str  # "single" or "refusal" (asks what the absent subject wears, does, …)
    people: list[str]  # who is asked about: the subject
    question: str
    answer: str
    present: dict[str, bool]  # her name to the truth
    template: int  # number of the paraphrase; those of train and test never meet
    split: Split  # the sample's


def digest(*parts: object) -> str:
    """A hash of what a thing is made from, to name it by: 64 hexadecimal digits."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def chance(*parts: object) -> np.random.Generator:
    """A generator seeded by what it is for: one more sample changes nothing about what is drawn for the rest."""
    return np.random.default_rng(int.from_bytes(bytes.fromhex(digest(*parts)[:16]), "little"))
