"""A data set about one person, and the questions of it that she is trained on.

In: samples and rows of an augmentation, the analyses kept beside them. Out: a `TrainingSet`; `PersonExample`s, half of
which call the person otherwise, and draws of them. Each model adds to `TrainingData` what it sees of the samples: a
base frames, decoded once, and questions about everything but her (`GENERIC`), whose answer before training is true.
Torch-free.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pvchat import video
from pvchat.augment.questions.views import Analyse, Subject, view_samples
from pvchat.augment.schemas import QuestionRow, Sample, Split, Stage
from pvchat.bases.marking import Visuals, crop_of
from pvchat.config import VideoConfig
from pvchat.errors import SettingsError
from pvchat.people.person import Person
from pvchat.perception.sightings import whole_boxes
from pvchat.schemas import ClipAnalysis, Pixels

ALIASES = ("Ana", "Bo", "Carla", "Dev", "Emma", "Farid", "Grace", "Hugo")
IMAGE_TYPES = ("existence", "appearance")  # PVChat, arXiv 2503.17069: a still says nothing of actions
GENERIC = (
    "Is this indoors?", "Is it bright?", "Is there any text in the picture?", "Is anybody sitting?",
    "Is the camera moving?", "Is there more than one person?",
)  # fmt: skip
CROPS = 4  # pictures that her tokens start from
_MOST = 512  # pixels of a frame's longer side: what bases are shown, and memory for a hundred samples


@dataclass(frozen=True)
class TrainingSet:
    """A data set about somebody."""

    samples: Sequence[Sample]  # that were kept
    rows: Sequence[QuestionRow]  # about them
    analyses: Analyse  # what the experts saw in a sample
    folder: Path | None = None  # of the media; None where only analyses are needed


@dataclass(frozen=True)
class PersonExample:
    """One question about one clip."""

    clip: int  # its row in the visual tokens
    names: tuple[str, ...]  # who is asked about: the person, by her name or another
    present: tuple[bool, ...]  # and whether she is there
    question: str
    answer: str
    type: str
    stage: Stage
    split: Split


@dataclass
class TrainingData:
    """Everything one person is trained on, whatever the model."""

    name: str
    examples: list[PersonExample]  # of all splits and stages

    def arrays(self) -> Iterable[Any]:
        """What is seen of the samples, as arrays of numpy."""
        return ()

    def part(self, stage: Stage, split: Split) -> list[PersonExample]:
        """Those of one stage and split; the image stage asks about who is there and what they wear only."""
        kept = [e for e in self.examples if (e.stage, e.split) == (stage, split)]
        return kept if stage == "video" else [e for e in kept if e.type in IMAGE_TYPES]

    def held_back(self, most: int, seed: int, splits: Sequence[Split] = ("val",)) -> list[PersonExample]:
        """Rows of the first of these splits with any, yes and no in balance; else of every fifth clip trained on."""
        rows = next(filter(None, ([e for e in self.examples if e.split == split] for split in splits)), [])
        if not rows:
            rows = [e for e in self.examples if e.split == "train" and e.clip % 5 == 0] or self.examples
        rng = np.random.default_rng([seed, 7])
        order = [rows[i] for i in rng.permutation(len(rows))]
        sides = [[e for e in order if any(e.present) == there] for there in (True, False)]
        half = max(1, min(most // 2, *(len(s) for s in sides if s)))
        return [e for side in sides for e in side[:half]]

    def fingerprint(self) -> str:
        """Hash of all words, splits, and of what is seen."""
        found = hashlib.sha256(repr(self.examples).encode())
        for array in self.arrays():
            found.update(array.tobytes())
        return found.hexdigest()[:16]


@dataclass(kw_only=True)
class BaseData(TrainingData):
    """Everything one person is trained on, on a base; what only a connector reads is empty where there is none."""

    visuals: list[Visuals]  # of every sample, by number
    taken: Collection[str] = ()  # names of others, by which she isn't called
    crops: list[Pixels] = field(default_factory=list)  # of her, from the training split
    untrained_odds: dict[tuple[int, str], float] = field(default_factory=dict)  # of generic questions, before training
    analyses: list[ClipAnalysis] = field(default_factory=list)  # what our experts saw of every sample, by number
    question_vectors: dict[str, Any] = field(default_factory=dict)  # sentence vector [1, S] of every question

    def arrays(self) -> Iterable[Any]:
        """See `TrainingData`."""
        return (one.frames for one in self.visuals)


def examples_about(name: str, data: TrainingSet, taken: Collection[str] = ()) -> list[PersonExample]:
    """A data set's questions about one person, half of which call her otherwise, by none of the names that are taken.

    Rows about somebody else aren't used. Raises SettingsError where no question can be trained on.
    """
    index = {s.id: i for i, s in enumerate(data.samples)}
    about = [r for r in data.rows if r.sample in index and r.people == [name]]
    if not about:
        raise SettingsError("the data set asks nothing about this person", subject=name, hint="Augment first.")
    found = []
    for r in about:
        number, there = index[r.sample], (bool(r.present[name]),)
        stage = data.samples[number].stage
        example = PersonExample(number, (name,), there, r.question, r.answer, r.type, stage, r.split)
        found.append(under_alias(example, name, taken))
    return found


def draw(examples: Sequence[PersonExample], count: int, rng: np.random.Generator) -> list[PersonExample]:
    """Examples for one step: half of them about clips that show her, each type as often."""
    groups: dict[tuple[bool, str], list[PersonExample]] = {}
    for e in examples:
        groups.setdefault((any(e.present), e.type), []).append(e)
    sides = [[k for k in sorted(groups) if k[0] == there] for there in (True, False)]
    sides = [s for s in sides if s]
    found = []
    for i in range(count):
        kinds = sides[i % len(sides)]
        pool = groups[kinds[rng.integers(len(kinds))]]
        found.append(pool[rng.integers(len(pool))])
    return found


def replace_name(text: str, name: str, alias: str) -> str:
    """A text with somebody's name replaced.

    Only whole words count ("Al" isn't in "Also"), written as the name is or, where a sentence begins, with a capital.
    """
    capital = re.escape(name[:1].upper() + name[1:])
    pattern = rf"(?<!\w){re.escape(name)}(?!\w)|(?:^|(?<=[.!?] )){capital}(?!\w)"
    return re.sub(pattern, lambda _: alias, text)


def under_alias(example: PersonExample, name: str, taken: Collection[str] = ()) -> PersonExample:
    """Every second example with the person under another name: tokens are to mean her, whatever she is called.

    The new name is none of those that are taken, and no word of the example.
    """
    number = int.from_bytes(hashlib.sha256(repr(example).encode()).digest()[:4], "little")
    words = re.findall(r"\w+", f"{example.question} {example.answer}".casefold())
    used = {*words, *(n.casefold() for n in (*taken, name))}
    free = [a for a in ALIASES if a.casefold() not in used]
    if number % 2 or not free:
        return example
    alias = free[number // 2 % len(free)]
    question, answer = (replace_name(text, name, alias) for text in (example.question, example.answer))
    return replace(example, names=(alias,), question=question, answer=answer)


def make_base_data(
    person: Person, data_set: TrainingSet, frames: int, config: VideoConfig, taken: Collection[str]
) -> BaseData:
    """Prepare an augmentation for training on a base that takes so many frames; she isn't called by names that are
    taken. Raises SettingsError where no question can be trained on, or no sample of the training split shows her
    clearly.
    """
    name = person.name
    assert data_set.folder is not None
    examples = examples_about(name, data_set, taken)
    visuals = [load_visuals(data_set.folder / s.media, frames, config) for s in data_set.samples]
    return BaseData(name, examples, visuals=visuals, taken=taken, crops=crops_of(person, data_set, visuals))


def load_visuals(path: Path, frames: int, config: VideoConfig) -> Visuals:
    """A sample as a base sees it, without marks."""
    clip = video.load(path, replace(config, max_frames=frames, max_side=min(config.max_side, _MOST)))
    return Visuals(clip.images, clip.times)


def crops_of(person: Person, data_set: TrainingSet, visuals: Sequence[Visuals]) -> list[Pixels]:
    """Her best sightings, cut out, of samples of the training split that show her clearly, the original first. Raises
    SettingsError where there is none.
    """
    order = {"subclip": 0, "photometric": 1}
    mine = [s for s in data_set.samples if s.people.get(person.name) and s.split == "train"]
    at = {s.id: i for i, s in enumerate(data_set.samples)}
    found: list[Pixels] = []
    mine.sort(key=lambda s: order.get(s.recipe, 2))
    for view in view_samples(mine, Subject(person.name, person), data_set.analyses):
        if view.track is None or len(found) == CROPS:
            continue
        track, shown = view.analysis.tracks[view.track], visuals[at[view.sample.id]]
        best = int(np.argmax(track.quality * (track.boxes[:, 3] - track.boxes[:, 1])))
        time = float(view.analysis.times[track.frames[best]])
        nearest = int(np.abs(np.asarray(shown.times) - time).argmin())
        found.append(crop_of(shown.frames[nearest], whole_boxes(track)[best], margin=0.0))
    if not found:
        hint = "Enroll from a clip that shows the person clearly."
        raise SettingsError("no sample shows this person clearly", subject=person.name, hint=hint)
    return found


def generic_rows(data: BaseData, split: str, count: int, seed: int) -> list[tuple[int, str]]:
    """Samples with generic questions, drawn from one split (all samples where the split has none)."""
    clips = sorted({e.clip for e in data.examples if e.split == split}) or list(range(len(data.visuals)))
    rng = np.random.default_rng([seed, len(split)])
    return [(clips[rng.integers(len(clips))], GENERIC[rng.integers(len(GENERIC))]) for _ in range(count)]
