"""How many faces are found, by their height: `python benchmarks/faces.py ../shared/devset [--half tune]`.

In: a folder of labelled clips, two frames of each of real footage. Out: a row a way of searching: of the faces that are
there, how many it finds by their height in pixels of the frame, and how many boxes nothing confirms. "There" is a face
that the cascade, with its paper's thresholds, scores .8 or more when the frame is enlarged twice; "found"
overlaps it by .4; any box in the enlarged frame confirms one. Ways: each frame searched, and followed between those
before and after it (a quarter of a second away) where `search.py` does that.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import labelled
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from planted import DRAWN

from pvchat.config import VideoConfig
from pvchat.eval.manifest import HALVES
from pvchat.perception.boxes import overlap
from pvchat.perception.experts.faces import FaceExpert
from pvchat.perception.experts.mtcnn import MTCNN
from pvchat.perception.search import locate
from pvchat.schemas import FloatArray
from pvchat.video import load

HEIGHTS = (8, 16, 24, 32, 48, 96, np.inf)
SURE, SAME, PLACES = 0.8, 0.4, (1 / 3, 2 / 3)
REFERENCE = (0.6, 0.7, 0.7)  # thresholds of what is there
WAYS = ("searched", "followed")


@dataclass
class Row:
    """Faces there and found by height, and boxes that nothing confirms."""

    there: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(HEIGHTS) - 1, np.int64))
    found: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(HEIGHTS) - 1, np.int64))
    alone: int = 0

    def add(self, truth: FloatArray, sure: NDArray[np.bool_], boxes: FloatArray) -> None:
        """Counts one frame: boxes of the enlarged frame [n, 4], which of them are sure [n], boxes found [m, 4]."""
        near = overlap(truth, boxes)
        at = np.digitize(truth[:, 3] - truth[:, 1], HEIGHTS) - 1
        for height, hit in zip(at[sure], near[sure].max(1, initial=0.0) >= SAME, strict=True):
            if 0 <= height < len(self.there):
                self.there[height] += 1
                self.found[height] += hit
        self.alone += int((near.max(0, initial=0.0) < SAME).sum())


def measure(clips: Sequence[Path]) -> dict[str, Row]:
    """Counts two frames of each clip, each searched and followed."""
    expert, judge, rows = FaceExpert(), MTCNN(thresholds=REFERENCE), {way: Row() for way in WAYS}
    for path in clips:
        clip = load(path, VideoConfig())
        images, shots = clip.images, np.searchsorted(clip.cuts, clip.times, side="right")
        for place in PLACES:
            middle = min(max(1, round(place * (len(images) - 1))), max(1, len(images) - 2))
            three = images[middle - 1 : middle + 2]
            if len(three) < 3:
                continue
            large, _, scores = judge.detect_many([_twice(three[1])])[0]
            truth = large / np.float32(2)
            followed = locate(three, shots[middle - 1 : middle + 2], expert, lambda done: None)[1]
            for way, found in zip(WAYS, (expert.locate_many(three[1:2])[0], followed), strict=True):
                rows[way].add(truth, scores >= SURE, found.boxes)
    return rows


def _twice(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    picture = Image.fromarray(image)
    return np.asarray(picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.BICUBIC))


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="labelled clips")
    parser.add_argument("--half", choices=HALVES, default="tune")
    asked = parser.parse_args()
    rows = labelled.questions(asked.folder, asked.half)
    chosen = sorted({row["video"] for row in rows if row["set"] not in DRAWN})
    rows = measure([asked.folder / clip for clip in chosen])
    heads = [f"{a:g}–{'' if np.isinf(b) else f'{b:g}'}" for a, b in zip(HEIGHTS, HEIGHTS[1:], strict=False)]
    sys.stdout.write(f"{len(chosen)} clips | {' | '.join(heads)} | nothing confirms\n")
    for way, row in rows.items():
        cells = [f"{found}/{there}" for found, there in zip(row.found, row.there, strict=True)]
        sys.stdout.write(f"{way} | {' | '.join(cells)} | {row.alone}\n")


if __name__ == "__main__":
    main()
