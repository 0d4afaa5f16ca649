"""What the people of the action sets show, and what they do: `Moments`, kept in a folder, a file a clip.

In: sets of clips (eight frames each) and of stills with a `metadata.jsonl`. Out: `Example`s. Whoever is most in front
is looked at: found in three frames, followed by overlap, and along straight lines between. Pictures of the training
part are looked at mirrored, too.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.boxes import overlap
from pvchat.perception.experts.body import BodyExpert
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.objects import Detection, ThingExpert
from pvchat.perception.experts.regions import Region
from pvchat.perception.moments import Moments, moments
from pvchat.schemas import FloatArray
from pvchat.train.pictures import read_image, read_metadata

DEEDS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("deeds.json").read_text(encoding="utf-8"))
MOST = {"stanford40": 60, "har_stills": 32, "poses_stock": 25, "cctv_fights": 30, "topview_care": 10}  # of each action
_PERSON, _SAME = 0.25, 0.1  # score of a person, overlap with where she was

Frames = list[NDArray[np.uint8]]


@dataclass(frozen=True)
class Example:
    """One clip or still.

    Attributes:
        deed: number in `DEEDS`.
        clip: its name, the same for its mirrored copy.
        source: the set.
        kept_back: not to be learned from.
        shown: what the person shows.
    """

    deed: int
    clip: str
    source: str
    kept_back: bool
    shown: Moments

    @property
    def still(self) -> bool:
        """Whether it is one picture."""
        return not self.shown.change.any()


@dataclass
class Looker:
    """The networks that look."""

    things: ThingExpert = field(default_factory=ThingExpert)
    bodies: BodyExpert = field(default_factory=BodyExpert)
    frames: FrameExpert = field(default_factory=FrameExpert)

    def look(self, images: Frames) -> Moments:
        """What the person most in front shows; the whole picture where nobody is found."""
        boxes = self._boxes(images)
        joints = np.stack([self._joints(image, box) for image, box in zip(images, boxes, strict=True)])
        return moments(images, boxes, joints, self.frames.pooled(images), self.frames)

    def _boxes(self, images: Frames) -> FloatArray:
        """[n, 4] of one person."""
        at = sorted({0, len(images) // 2, len(images) - 1})
        paths: list[dict[int, Detection]] = []
        for frame in at:
            for found in [d for d in self.things.find(images[frame]) if d.label == "person" and d.score >= _PERSON]:
                near = [p for p in paths if frame not in p and _overlap(p[max(p)], found) > _SAME]
                if near:
                    max(near, key=_prominence)[frame] = found
                else:
                    paths.append({frame: found})
        if not paths:
            return np.tile(np.array([0, 0, 1, 1], np.float32), (len(images), 1))
        path = max(paths, key=_prominence)
        sides = np.stack([one.box for one in path.values()], 1)
        return np.stack([np.interp(range(len(images)), list(path), side) for side in sides], 1).astype(np.float32)

    def _joints(self, image: NDArray[np.uint8], box: FloatArray) -> FloatArray:
        """[33, 4] of the person in a box."""
        x0, y0, x1, y1 = box * np.tile(image.shape[1::-1], 2)
        pose = self.bodies.pose_in(image, Region((x0 + x1) / 2, (y0 + y1) / 2, 1.1 * max(x1 - x0, y1 - y0)))
        return np.full((33, 4), np.nan, np.float32) if pose is None else pose.joints


def examples(root: Path, cache: Path) -> list[Example]:
    """All examples; those that aren't in the cache yet are looked at.

    Args:
        root: the folder of the sets.
        cache: a folder.
    """
    looker, found = None, []
    for source, clip, deed, rows in wanted(root):
        kept_back = rows[0]["split"] == "val"
        for mirrored in (False, True)[: 1 if kept_back else 2]:
            file = cache / source / f"{clip.replace('/', '_')}{'.mirrored' * mirrored}.npz"
            if not file.exists():
                looker = looker or Looker()
                images = [read_image(root / source / row["file"]) for row in rows]
                _write(file, looker.look([np.ascontiguousarray(i[:, ::-1]) for i in images] if mirrored else images))
            found.append(Example(deed, clip, source, kept_back, _read(file)))
    return found


def wanted(root: Path) -> Iterator[tuple[str, str, int, list[dict[str, Any]]]]:
    """Set, name, deed and rows (in order of time) of each clip or still that has a deed."""
    for source in sorted({name for deed in DEEDS for name in deed["from"]}):
        meant = {action: i for i, deed in enumerate(DEEDS) for action in deed["from"].get(source, ())}
        clips: dict[str, list[dict[str, Any]]] = {}
        for row in read_metadata(root / source):
            if row.get("action") in meant:
                clips.setdefault(row.get("clip") or row["file"], []).append(row)
        taken: Counter[str] = Counter()
        for clip, rows in sorted(clips.items()):
            taken[rows[0]["action"]] += 1
            if taken[rows[0]["action"]] <= MOST.get(source, len(clips)):
                yield source, clip, meant[rows[0]["action"]], sorted(rows, key=lambda row: row.get("frame", 0))


def _write(file: Path, shown: Moments) -> None:
    """Atomically, so that a run that was stopped goes on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.npz")
    np.savez(part, *(array.astype(np.float16) if array.dtype == np.float32 else array for array in shown.arrays()))
    os.replace(part, file)


def _read(file: Path) -> Moments:
    with np.load(file) as rows:
        arrays: Sequence[Any] = [rows[f"arr_{i}"] for i in range(len(rows.files))]
    return Moments(*(array.astype(np.float32) if array.dtype == np.float16 else array for array in arrays))


def _overlap(one: Detection, other: Detection) -> float:
    return float(overlap(one.box[None], other.box[None])[0, 0])


def _prominence(path: dict[int, Detection]) -> float:
    return sum(one.score * float(np.prod(one.box[2:] - one.box[:2])) ** 0.5 for one in path.values())
