"""What one person is trained on, as a base sees it: frames of every sample, questions with their answers.

In: a `TrainingSet` with its media, the people enrolled beside her. Out: `BaseData`. The samples' frames are decoded
once; half of the questions call the person otherwise, and some ask about everything but her (`GENERIC`), where the
answer before training is true. Others' thumbnails, all that is kept of their clips, are negatives beside those of the
augmentation, which has none where no footage of other people is at hand (`with_strangers`).

Legend: T frames.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.augment.questions.cast import views
from pvchat.augment.schemas import Split, Stage
from pvchat.bases.clipframes import whole_boxes
from pvchat.bases.marking import Frames, Visuals, crop_of
from pvchat.bases.soft import Personal
from pvchat.config import VideoConfig
from pvchat.errors import SettingsError
from pvchat.people.corrections import SAME_FACE
from pvchat.people.parts import alike
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis
from pvchat.train.person.examples import PersonExample, TrainingSet, examples_about, fingerprint, part_of, renamed

GENERIC = (
    "Is this indoors?", "Is it bright?", "Is there any text in the picture?", "Is anybody sitting?",
    "Is the camera moving?", "Is there more than one person?",
)  # fmt: skip
CROPS = 4  # pictures that her tokens start from
_MOST = 512  # pixels of a frame's longer side: what bases are shown, and memory for a hundred samples
SPLITS: tuple[Split, ...] = ("train", "test", "train", "val")  # of the first, second … person: nobody is in two
_FRAMES, _ROOM = 4, 0.15  # of a moving view; share of a side that it moves over
_ASKED, _SAID = "Is {} in this video?", "No, {} is not in this video."


@dataclass
class BaseData:
    """Everything one person is trained on.

    Attributes:
        name: of the person.
        shown: of every sample, by number.
        examples: of all splits and stages.
        crops: of her, from the training split.
        others: states of the other people named, by name; they don't change.
        before: log-odds of yes on generic questions, by (sample, question), with her as she is before training.
        seen: what our experts saw of every sample, by number; empty where no connector asks for it.
        vectors: sentence vector [1, S] of every question, likewise.
        left_out: questions that name somebody without a state.
    """

    name: str
    shown: list[Visuals]
    examples: list[PersonExample]
    crops: list[Frames] = field(default_factory=list)
    others: dict[str, Personal] = field(default_factory=dict)
    before: dict[tuple[int, str], float] = field(default_factory=dict)
    seen: list[ClipAnalysis] = field(default_factory=list)
    vectors: dict[str, Any] = field(default_factory=dict)
    left_out: int = 0

    def part(self, stage: Stage, split: Split) -> list[PersonExample]:
        """The examples of one stage and split."""
        return part_of(self.examples, stage, split)

    def fingerprint(self) -> str:
        """Hash of all words, splits, pixels and other people."""
        return fingerprint(self.examples, (one.frames for one in self.shown), self.others)


def make_base_data(
    person: Person, data_set: TrainingSet, frames: int, config: VideoConfig, others: dict[str, Personal]
) -> BaseData:
    """Prepare an augmentation for training on a base.

    Args:
        person: whom it is about.
        data_set: the data set with its media.
        frames: of a clip, at most.
        config: how clips are read.
        others: states of other people whom rows may name.

    Raises:
        SettingsError: no question can be trained on, or no sample of the training split shows her clearly.
    """
    name = person.name
    if data_set.folder is None:
        raise SettingsError("the data set has no media", subject=name, hint="Train on the folder of an augmentation.")
    examples, left_out = examples_about(name, data_set, others)
    shown = [shown_of(data_set.folder / s.media, frames, config) for s in data_set.samples]
    crops = crops_of(person, data_set, shown)
    return BaseData(name, shown, examples, crops, others, left_out=left_out)


def shown_of(path: Path, frames: int, config: VideoConfig) -> Visuals:
    """A sample as a base sees it, without marks."""
    from pvchat import video

    clip = video.load(path, replace(config, max_frames=frames, max_side=min(config.max_side, _MOST)))
    return Visuals(clip.images, clip.times)


def crops_of(person: Person, data_set: TrainingSet, shown: Sequence[Visuals]) -> list[Frames]:
    """Pictures of her alone, out of samples of the training split that show her clearly, the original first.

    Raises:
        SettingsError: there is none.
    """
    order = {"source": 0, "subclip": 1, "photometric": 2}
    mine = [s for s in data_set.samples if s.people.get(person.name) and s.split == "train"]
    at = {s.id: i for i, s in enumerate(data_set.samples)}
    found: list[Frames] = []
    for view in views(sorted(mine, key=lambda s: order.get(s.recipe, 3)), data_set.analyses, [person]):
        if person.name in view.tracks and len(found) < CROPS:
            found.append(_crop(view.analysis, view.tracks[person.name], shown[at[view.sample.id]]))
    if not found:
        hint = "Enroll from a clip that shows the person clearly."
        raise SettingsError("no sample shows this person clearly", subject=person.name, hint=hint)
    return found


def generic_rows(data: BaseData, split: str, count: int, seed: int) -> list[tuple[int, str]]:
    """Samples with generic questions, drawn from one split (all samples where the split has none)."""
    clips = sorted({e.clip for e in data.examples if e.split == split}) or list(range(len(data.shown)))
    rng = np.random.default_rng([seed, len(split)])
    return [(clips[rng.integers(len(clips))], GENERIC[rng.integers(len(GENERIC))]) for _ in range(count)]


def with_strangers(data: BaseData, person: Person, others: Sequence[Person]) -> BaseData:
    """The same with pictures of these people, where they have any and aren't perhaps the person under another name.

    Args:
        data: of the person.
        person: whom it is about.
        others: enrolled people, in any order.
    """
    shown, examples = list(data.shown), list(data.examples)
    seen = [one for one in sorted(others, key=lambda one: one.id) if one.thumbnail and not _same(person, one)]
    for place, other in enumerate(seen):
        picture, split = _picture(other), SPLITS[place % len(SPLITS)]
        views: tuple[tuple[Stage, Visuals], ...] = (("image", _still(picture)), ("video", _moving(picture)))
        for stage, view in views:
            question, answer = (words.format(data.name) for words in (_ASKED, _SAID))
            row = PersonExample(len(shown), (data.name,), (False,), question, answer, "existence", stage, split)
            examples.append(renamed(row, data.name, data.others))
            shown.append(view)
    return replace(data, shown=shown, examples=examples)


def _crop(analysis: ClipAnalysis, number: int, shown: Visuals) -> Frames:
    """Her best sighting in a sample, cut out of the nearest frame that is shown."""
    track = analysis.tracks[number]
    best = int(np.argmax(track.quality * (track.boxes[:, 3] - track.boxes[:, 1])))
    time = float(analysis.times[track.frames[best]])
    nearest = int(np.abs(np.asarray(shown.times) - time).argmin())
    return crop_of(shown.frames[nearest], whole_boxes(track)[best], margin=0.0)


def _same(person: Person, other: Person) -> bool:
    distance = alike(person, other)
    return distance is not None and distance < SAME_FACE


def _picture(person: Person) -> Frames:
    from PIL import Image

    with Image.open(io.BytesIO(person.thumbnail)) as image:
        return np.array(image.convert("RGB"))


def _still(picture: Frames) -> Visuals:
    return Visuals(picture[None], np.zeros(1, np.float32))


def _moving(picture: Frames) -> Visuals:
    """A window that moves over the picture, from one corner to the other."""
    height, width = (round(side * (1 - _ROOM)) for side in picture.shape[:2])
    steps = np.linspace(0, 1, _FRAMES)
    corners = [(round(t * (picture.shape[0] - height)), round(t * (picture.shape[1] - width))) for t in steps]
    frames = np.stack([picture[y : y + height, x : x + width] for y, x in corners])
    return Visuals(frames, steps.astype(np.float32) * 2)
