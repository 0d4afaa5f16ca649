"""What an augmentation is asked for, and what passes between its steps: samples (clips and stills) and question-answer
rows. Torch-free: the command line reads the settings' fields.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pvchat.errors import SettingsError

Role = Literal["positive", "negative"]
Stage = Literal["image", "video"]
Split = Literal["train", "val", "test"]
PLAIN = "before a plain background"  # the note of a background that was made up: no place is behind it
GENERATORS = ("offline", "consisid")
FPS = 8.0  # frames a second of every made clip
STEPS = ("profile", "positives", "negatives", "filter", "dataset")


@dataclass(frozen=True)
class AugmentConfig:
    """How much is made, out of what."""

    clips: int = 56  # positive ones (stage "video"); the gates drop some of them
    stills: int = 20  # positive pictures (stage "image")
    negatives: int = 34  # clips without the subject that are looked for; a third of them also give a still
    seconds: float = 2.0  # length of a made clip
    frames: int = 6  # most of a sample that the experts see
    track: int | None = None  # whom the clip is about when it shows several (as `enroll --track`)
    others: tuple[Path, ...] = ()  # folders of other people, for negatives
    backgrounds: tuple[Path, ...] = ()  # folders of pictures to put behind the subject; none: plain ones
    generators: tuple[str, ...] = ("offline",)  # any of `GENERATORS`
    model: str = ""  # hub name or folder of ConsisID, empty for the usual one

    def __post_init__(self) -> None:
        for name in ("clips", "stills", "negatives"):
            if getattr(self, name) < 0:
                raise SettingsError(f"augment.{name} can't be negative, as {getattr(self, name)} is.")
        for name in ("seconds", "frames"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"augment.{name} must be positive, not {getattr(self, name)}.")
        for generator in self.generators:
            if generator not in GENERATORS:
                raise SettingsError(f"there is no generator '{generator}'.", hint=f"Use {', '.join(GENERATORS)}.")


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
