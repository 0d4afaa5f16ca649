"""Companions: strangers of the negatives get names and are put beside the subject, to ask about pairs and triples.

In: kept samples. Out: the same, which now also say whether the companions are in them, and new ones (recipe "together")
that show two or three people at once: with the others they have every presence combination of the subject and two
companions. A name is one person, told apart by face distance; where that leaves doubt a sample says nothing of her.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat import video
from pvchat.augment.augmentation import Augmentation, write_media
from pvchat.augment.profile import ping_pong
from pvchat.augment.questions.views import match_tracks, mean_vector, reference_vectors
from pvchat.augment.schemas import TOGETHER, Role, Sample, Split, chance, digest
from pvchat.augment.settings import FPS
from pvchat.config import VideoConfig
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray

NAMES = ("Kim", "Lee", "Noa", "Sam", "Ida", "Tom", "Uma", "Max")
REPEATS: dict[Split, int] = {"train": 2, "val": 1, "test": 1}  # clips of each combination
HEIGHT, FRAMES = 240, 16  # of the clips put side by side
# Distances of mean face vectors. dlib calls two faces one person below 0.6; in between nothing is said.
_SAME, _OTHER, _APART = 0.5, 0.6, 0.65
_PLAIN = ("source", "subclip", "photometric")  # recipes of the subject that may stand beside others

Images = NDArray[np.uint8]


@dataclass
class Companion:
    """A stranger with a name: where her face lies, and the samples that show her alone."""

    name: str
    vector: FloatArray
    samples: list[Sample] = field(default_factory=list)


Group = tuple[list[tuple[str, Sample]], dict[str, bool]]  # who stands beside whom, and who of all is there


def add_companions(samples: Sequence[Sample], run: Augmentation) -> list[Sample]:
    """Name up to two companions a split, in the `people` of kept samples too, and put clips side by side.

    Drawn figures get none. Of the new samples, which are returned, those in which not everyone was found have `dropped`
    set to "faces" and no media.
    """
    person = run.profile.person
    if person.kind != "face" or all(s.role == "positive" for s in samples):
        return []
    seen = {s.id: run.analyses(s).without_features() for s in samples}
    known = find_companions(samples, seen, person, run.chat.people.names())
    planned: list[Group] = []
    for split in REPEATS:
        some = [s for s in samples if s.split == split]
        chosen = [c for c in known if any(s.split == split for s in c.samples)][:2]
        for sample, companion in product(some, chosen):
            present = shows(companion, seen[sample.id])
            if present is not None:
                sample.people.setdefault(companion.name, present)
        planned += _plan_groups(some, chosen, person.name, seen, run.seed)
    faces = reference_vectors(samples, list(seen.values()))
    faces[person.name] = [(person.kind, p) for p in np.asarray(person.arrays["prototypes"], np.float32)]
    faces |= {c.name: [("face", c.vector)] for c in known}
    made = []
    for members, people in run.watch.over("putting people together", planned):
        group = _make_group(members, people, run)
        analysis = run.analyses(group)
        everyone = set(match_tracks(group, analysis, faces)) == set(group.present)
        if not everyone or any(shows(c, analysis) for c in known if group.people.get(c.name) is False):
            group.dropped = "faces"
            (run.out / group.media).unlink(missing_ok=True)
        made.append(group)
    return made


def find_companions(
    samples: Sequence[Sample], seen: dict[str, ClipAnalysis], person: Person, taken: Sequence[str]
) -> list[Companion]:
    """Strangers clearly apart from the subject and from each other, those of the most samples first."""
    own = np.asarray(person.arrays["prototypes"], np.float32)
    found: list[Companion] = []
    for sample in sorted(samples, key=lambda s: s.id):
        tracks = seen[sample.id].tracks
        if sample.role != "negative" or sample.stage != "video" or len(tracks) != 1 or tracks[0].kind != "face":
            continue
        vector = mean_vector(tracks[0])
        near = [c for c in found if _distance(c.vector, vector) < _APART]
        if np.linalg.norm(own - vector, axis=1).min() < _APART:
            continue
        if not near:
            found.append(Companion("", vector, [sample]))
        elif len(near) == 1 and _distance(near[0].vector, vector) < _SAME:
            near[0].samples.append(sample)
    found.sort(key=lambda c: (-len(c.samples), c.samples[0].id))
    used = {word for n in (*taken, person.name) for word in n.casefold().split()}  # no Tom beside "Tom Ray"
    free = [n for n in NAMES if n.casefold() not in used]
    for companion, name in zip(found, free, strict=False):
        companion.name = name
    return found[: len(free)]


def shows(companion: Companion, analysis: ClipAnalysis) -> bool | None:
    """Whether a clip shows a companion; None where that isn't clear."""
    faces = [mean_vector(t) for t in analysis.tracks if t.kind == "face"]
    distance = min((_distance(companion.vector, face) for face in faces), default=np.inf)
    return True if distance < _SAME else False if distance > _OTHER else None


def side_by_side(clips: Sequence[Images], height: int = HEIGHT) -> Images:
    """Clips [T_i, H_i, W_i, 3] as one [T, height, W, 3], as long as the longest; shorter ones go to and fro."""
    length, parts = max(len(c) for c in clips), []
    for clip in clips:
        size = max(2, round(clip.shape[2] * height / clip.shape[1] / 2) * 2), height
        shown = (Image.fromarray(clip[i]) for i in ping_pong(0, len(clip), length))
        parts.append(np.stack([np.asarray(image.resize(size, Image.Resampling.LANCZOS)) for image in shown]))
    return np.concatenate(parts, 2)


def _plan_groups(
    some: Sequence[Sample], chosen: Sequence[Companion], name: str, seen: dict[str, ClipAnalysis], seed: int
) -> list[Group]:
    """Of a split's samples who stands beside whom: everyone of a combination with a sample, and who is there."""
    plain = [s for s in some if s.role == "positive" and s.recipe in _PLAIN and s.stage == "video"]
    pools = {name: [s for s in plain if len(seen[s.id].tracks) == 1]}
    pools |= {c.name: [s for s in c.samples if s in some] for c in chosen}
    names = list(pools)
    planned: list[Group] = []
    for bits in range(3, 2 ** len(names)):
        there = [n for i, n in enumerate(names) if bits >> i & 1]
        if len(there) < 2 or not all(pools[n] for n in there):
            continue
        split = pools[there[0]][0].split
        for turn in range(REPEATS[split]):
            rng = chance(seed, split, bits, turn)
            members = [(n, pools[n][int(rng.integers(len(pools[n])))]) for n in rng.permutation(there).tolist()]
            if all([s.id for _, s in members] != [s.id for _, s in other] for other, _ in planned):
                planned.append((members, {n: n in there for n in names}))
    return planned


def _make_group(members: Sequence[tuple[str, Sample]], people: dict[str, bool], run: Augmentation) -> Sample:
    parts = [s for _, s in members]
    name = digest(*(s.id for s in parts), run.seed)[:16]
    role: Role = "positive" if next(iter(people.values())) else "negative"  # the subject stands first
    sample = Sample(
        id=name, role=role, recipe=TOGETHER, stage="video",
        media=f"media/{name}.mp4", source="+".join(sorted({s.source for s in parts})), split=parts[0].split,
        people=dict(people), seed=run.seed,
    )  # fmt: skip
    if not (media := run.out / sample.media).exists():
        config = VideoConfig(sample_fps=FPS, max_frames=FRAMES, max_side=480)
        write_media(media, side_by_side([video.load(run.out / s.media, config).images for s in parts]))
    return sample


def _distance(a: FloatArray, b: FloatArray) -> float:
    return float(np.linalg.norm(a - b))
