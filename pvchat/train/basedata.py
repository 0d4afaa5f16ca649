"""What one person is trained on, as a base sees it: frames of every sample, questions with their answers.

In: a `TrainingSet` with its media. Out: `BaseData`. The samples' frames are decoded once; half of the questions call
the person otherwise, and some ask about everything but her (`GENERIC`), where the answer before training is true.

Legend: T frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pvchat import video
from pvchat.augment.questions.views import view_samples
from pvchat.bases.marking import Frames, Visuals, crop_of
from pvchat.config import VideoConfig
from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.people.person import Person
from pvchat.perception.sightings import whole_boxes
from pvchat.schemas import ClipAnalysis
from pvchat.train.examples import TrainingData, TrainingSet, examples_about

GENERIC = (
    "Is this indoors?", "Is it bright?", "Is there any text in the picture?", "Is anybody sitting?",
    "Is the camera moving?", "Is there more than one person?",
)  # fmt: skip
CROPS = 4  # pictures that her tokens start from
_MOST = 512  # pixels of a frame's longer side: what bases are shown, and memory for a hundred samples


@dataclass(kw_only=True)
class BaseData(TrainingData):
    """Everything one person is trained on, on a base; what only a connector reads is empty where there is none."""

    visuals: list[Visuals]  # of every sample, by number
    crops: list[Frames] = field(default_factory=list)  # of her, from the training split
    untrained_odds: dict[tuple[int, str], float] = field(default_factory=dict)  # of generic questions, before training
    analyses: list[ClipAnalysis] = field(default_factory=list)  # what our experts saw of every sample, by number
    question_vectors: dict[str, Any] = field(default_factory=dict)  # sentence vector [1, S] of every question

    def arrays(self) -> Iterable[Any]:
        """See `TrainingData`."""
        return (one.frames for one in self.visuals)


def make_base_data(
    person: Person, data_set: TrainingSet, frames: int, config: VideoConfig, others: dict[str, PersonState]
) -> BaseData:
    """Prepare an augmentation for training on a base that takes so many frames; `others` are people rows may name.

    Raises:
        SettingsError: no question can be trained on, or no sample of the training split shows her clearly.
    """
    name = person.name
    if data_set.folder is None:
        raise SettingsError("the data set has no media", subject=name, hint="Train on the folder of an augmentation.")
    examples, left_out = examples_about(name, data_set, others)
    visuals = [load_visuals(data_set.folder / s.media, frames, config) for s in data_set.samples]
    return BaseData(name, examples, others, left_out, visuals=visuals, crops=crops_of(person, data_set, visuals))


def load_visuals(path: Path, frames: int, config: VideoConfig) -> Visuals:
    """A sample as a base sees it, without marks."""
    clip = video.load(path, replace(config, max_frames=frames, max_side=min(config.max_side, _MOST)))
    return Visuals(clip.images, clip.times)


def crops_of(person: Person, data_set: TrainingSet, visuals: Sequence[Visuals]) -> list[Frames]:
    """Pictures of her alone, out of samples of the training split that show her clearly, the original first.

    Raises:
        SettingsError: there is none.
    """
    order = {"source": 0, "subclip": 1, "photometric": 2}
    mine = [s for s in data_set.samples if s.people.get(person.name) and s.split == "train"]
    at = {s.id: i for i, s in enumerate(data_set.samples)}
    found: list[Frames] = []
    mine.sort(key=lambda s: order.get(s.recipe, 3))
    for view in view_samples(mine, data_set.analyses, [person]):
        if person.name in view.tracks and len(found) < CROPS:
            found.append(_best_crop(view.analysis, view.tracks[person.name], visuals[at[view.sample.id]]))
    if not found:
        hint = "Enroll from a clip that shows the person clearly."
        raise SettingsError("no sample shows this person clearly", subject=person.name, hint=hint)
    return found


def generic_rows(data: BaseData, split: str, count: int, seed: int) -> list[tuple[int, str]]:
    """Samples with generic questions, drawn from one split (all samples where the split has none)."""
    clips = sorted({e.clip for e in data.examples if e.split == split}) or list(range(len(data.visuals)))
    rng = np.random.default_rng([seed, len(split)])
    return [(clips[rng.integers(len(clips))], GENERIC[rng.integers(len(GENERIC))]) for _ in range(count)]


def _best_crop(analysis: ClipAnalysis, number: int, shown: Visuals) -> Frames:
    """Her best sighting in a sample, cut out of the nearest frame that is shown."""
    track = analysis.tracks[number]
    best = int(np.argmax(track.quality * (track.boxes[:, 3] - track.boxes[:, 1])))
    time = float(analysis.times[track.frames[best]])
    nearest = int(np.abs(np.asarray(shown.times) - time).argmin())
    return crop_of(shown.frames[nearest], whole_boxes(track)[best], margin=0.0)
