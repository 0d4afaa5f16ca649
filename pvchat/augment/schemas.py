"""What passes between the steps of augmentation: samples (clips and stills) and question-answer rows. Torch-free.

profile → positives → negatives → filter → data set. A folder of augmentation holds `media/`, one manifest a step
(`<step>.json`) and JSON lines: `samples.jsonl` (one `Sample` a line) and `dataset.jsonl` (one `QuestionRow` a line).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Role = Literal["positive", "negative"]
Stage = Literal["image", "video"]
Split = Literal["train", "val", "test"]
TOGETHER = "together"  # the recipe that puts clips of several places side by side
PLAIN = "before a plain background"  # the note of a background that was made up: no place is behind it
STEPS = ("profile", "positives", "negatives", "filter", "dataset")


@dataclass
class Sample:
    """One clip or still.

    Attributes:
        id: 16 hexadecimal digits, a hash of source, recipe and seed: the same call makes the same ids.
        role: shows the subject ("positive") or doesn't ("negative").
        recipe: how it was made: "source", "subclip", "photometric", "reenact:turn", "background", "recolour",
            "wear:mask", "wear:glasses", "wear:cap", "lookalike", "random", "same-clip", …
        stage: a still ("image") or a clip ("video"): which training stage it belongs to.
        media: path inside the folder, with forward slashes ("media/0123456789abcdef.mp4").
        source: content key of the clip that it was made from; splits never share a source segment.
        split: train, val or test.
        people: names and whether each is in it; always has the subject.
        gates: measured gate values by name (identity distance, sharpness, size, frontality, …).
        dropped: the gate that refused it, None when kept.
        seed: of its randomness.
        notes: what else is known about it, in words keyed by question type ("appearance": "wears a surgical mask").
    """

    id: str
    role: Role
    recipe: str
    stage: Stage
    media: str
    source: str
    split: Split
    people: dict[str, bool]
    gates: dict[str, float] = field(default_factory=dict)
    dropped: str | None = None
    seed: int = 0
    notes: dict[str, str] = field(default_factory=dict)


@dataclass
class QuestionRow:
    """One question about one sample.

    Attributes:
        id: unique within the data set.
        sample: `Sample.id`.
        type: "existence", "appearance", "action" or "location".
        kind: "single", "refusal" (asks what an absent person wears, does, …), "pair" or "triple".
        people: names asked about, in the question's order.
        question: as asked.
        answer: what to say.
        present: name to truth.
        template: number of the paraphrase; those of train and test never meet.
        split: the sample's.
    """

    id: str
    sample: str
    type: str
    kind: str
    people: list[str]
    question: str
    answer: str
    present: dict[str, bool]
    template: int
    split: Split


def chance(seed: int, *words: str) -> np.random.Generator:
    """Chance of one thing, independent of all others: one more sample changes nothing about the rest."""
    digest = hashlib.sha256("|".join((str(seed), *words)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
