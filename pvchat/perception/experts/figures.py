"""Drawn characters, whose faces are none to MTCNN: where they are, what they look like, how like an enrolled one.


Everything stands on the frozen EfficientNet-Lite0 (docs/adr/0024-drawn-faces.md). Four small convolutions on maps of a
frame's middle layers locate faces: every cell says whether it lies on a drawn face, hair included, and how far the
face's edges are (as in FCOS, Tian et al. 2019); overlapping ones are averaged. Where no cell scores, the middle of the
frame is the figure, with its low score: enrolling always finds something. What is cut out is told apart by two readings
of its maps (docs/adr/0026-drawn-likeness.md):
- **parts**: means over the whole, hair, eyes and skin, and spreads; whitened by what varies within a character, main
  directions: exact where the picture is good;
- **learned**: a small network whose attention picks what is looked at; trained so that a face dimmed, tinted, small,
  tilted and before another background stays itself. A small part of the likeness: alone it forgets too much.

The constants come from `recipes/figures/figures.py` (card: figures.json).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pvchat.perception.boxes import area, crop_square, nesting, overlap
from pvchat.perception.experts.efficientnet import STRIDE, FrameExpert
from pvchat.perception.experts.facemaps import Arrays, convolve, face_maps, outputs
from pvchat.perception.experts.headfiles import arrays_of, sigmoid, unit
from pvchat.perception.tracks import Sighting, chain_sightings, cheapest_pairs, new_track, rows_of
from pvchat.schemas import FloatArray, IntArray, Pixels, Track

LOCATOR_SIDE = 320  # pixels, both sides
CELLS = LOCATOR_SIDE // STRIDE
MIN_SCORE = 0.5
MAX_FIGURES = 8
_SAME_BOX, _SAME_FIGURE = 0.35, 0.45  # overlap (union; smaller box) from which cells' boxes are averaged; dropped
_MIDDLE = np.array([[0.2, 0.05, 0.8, 0.95]], np.float32)  # the whole-frame figure
TOP = 4  # sightings that a score is averaged over: one alone is noise, all would punish turned and covered ones
_FILE = Path(__file__).with_name("figures.safetensors")
_LONGEST = (-6.0, 0.7)  # log of a face's edge's distance from a cell, fractions of the frame
# Cosines between sightings: overlap needs little likeness, a jump needs much.
_LINK_OVERLAPPING, _LINK_JUMPING = 0.35, 0.65
_MIN_OVERLAP = 0.2
_LEARNED = 0.15  # share of the second reading
# Rows and columns of the maps: the whole, its upper and lower half, the middle (skin, eyes), the top (hair), the eyes.
_PARTS = np.s_[:, :], np.s_[:4, :], np.s_[4:, :], np.s_[2:7, 2:6], np.s_[:3, 1:7], np.s_[4:6, 1:7]


@dataclass
class Figures:
    """Drawn faces of one frame: boxes [n, 4] fractions, scores [n] 0..1, identity [n, 128] L2-normalised."""

    boxes: FloatArray
    scores: FloatArray
    identity: FloatArray

    def __len__(self) -> int:
        return len(self.scores)


class FigureExpert:
    """Finds and compares drawn characters; without the frozen backbone (`frames`) it can only compare.

    `arrays`: others than the file's, as they are just fitted, which aren't calibrated.
    """

    def __init__(self, frames: FrameExpert | None = None, arrays: dict[str, FloatArray] | None = None) -> None:
        self.frames, self._w = frames, arrays or arrays_of(_FILE)
        self.card = json.loads(_FILE.with_suffix(".json").read_text())
        # [1280] mean of drawn pictures' whole-frame features: what scenes are compared without
        self.frame_mean = self._w["frame.mean"]

    @property
    def digest(self) -> str:
        """A digest of the arrays and the card."""
        made = hashlib.sha256(json.dumps(self.card, sort_keys=True).encode())
        for name in sorted(self._w):
            made.update(np.ascontiguousarray(self._w[name]).tobytes())
        return made.hexdigest()

    def find(self, images: Pixels | Sequence[Pixels]) -> list[Figures]:
        """The figures of each frame [T, H, W, 3] RGB, best first; else its middle, scored as its best cell."""
        if self.frames is None:
            raise ValueError("a FigureExpert without a backbone can't look at images")
        found = []
        for image in images:
            boxes, scores = self.locate(self.frames.maps([image], LOCATOR_SIDE)[0])
            faces = [crop_square(image, box) for box in boxes]
            found.append(Figures(boxes, scores, self.identity(face_maps(self.frames, faces))))
        return found

    def locate(self, maps: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Maps [472, 20, 20] of one frame at `LOCATOR_SIDE` to boxes [n, 4] and scores [n], n >= 1."""
        out = self.cells(maps).reshape(5, -1).T
        scores, edges, centres = sigmoid(out[:, 0]), np.exp(np.clip(out[:, 1:], *_LONGEST)), cell_centres()
        boxes = np.clip(np.concatenate([centres - edges[:, :2], centres + edges[:, 2:]], 1), 0, 1)
        fused, kept = fuse_boxes(boxes, scores)
        return (fused, kept) if len(kept) else (_MIDDLE.copy(), scores.max(keepdims=True))

    def cells(self, maps: FloatArray) -> FloatArray:
        """What every cell of maps [472, 20, 20] says [5, 20, 20]: logit of a face, log distances to its edges."""
        x = maps
        for layer in range(3):
            x = np.maximum(convolve(x, self._w[f"locator.{layer}.weight"], self._w[f"locator.{layer}.bias"]), 0)
        return convolve(x, self._w["locator.3.weight"], self._w["locator.3.bias"])

    def identity(self, maps: FloatArray) -> FloatArray:
        """Maps of cut-out faces [n, 152, 8, 8] (`facemaps.face_maps`) to identity [n, 128] of length 1."""
        return identity(self._w, maps)

    def is_drawn(self, pooled: FloatArray) -> float:
        """Probability that a clip is drawn, from its frames' pooled features [T, 1280] (side 224)."""
        return float(sigmoid((pooled @ self._w["drawn.weight"] + self._w["drawn.bias"]).mean()))

    def probability(self, prototypes: FloatArray, identity: FloatArray) -> float:
        """Probability that the enrolled figure is among some sightings; arguments as of `cohort_score`."""
        calibration = self.card["calibration"]
        # the cohort [C, 128] is what drawn characters have in common: means over at least three of them
        score = cohort_score(prototypes, identity, self._w["cohort"])
        return float(sigmoid(np.array(calibration["slope"] * score + calibration["bias"], np.float32)))


def cohort_score(prototypes: FloatArray, identity: FloatArray, cohort: FloatArray) -> float:
    """How like an enrolled figure (`prototypes` [m, 128]) the best `TOP` sightings (`identity` [n, 128]) are, by mean
    cosine, less what both share with a cohort [C, 128], too small to tell a spread; -1 where there are none.
    """
    if not len(identity):
        return -1.0
    enrolled = unit(prototypes.mean(0))
    shared = ((cohort @ enrolled).mean() + (identity @ cohort.T).mean(1)) / 2
    return float(np.sort(identity @ enrolled - shared)[-TOP:].mean())


def cell_centres() -> FloatArray:
    """[C, 2] x, y of the locator's cells, row-major, fractions."""
    y, x = np.divmod(np.arange(CELLS**2), CELLS)
    return ((np.stack([x, y], 1) + 0.5) / CELLS).astype(np.float32)


def fuse_boxes(boxes: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Many cells' boxes [C, 4] to one a figure: score-weighted mean of those that overlap the best, no others."""
    left = [int(i) for i in np.argsort(-scores) if scores[i] >= MIN_SCORE]
    found: list[FloatArray] = []
    kept: list[np.float32] = []
    while left and len(found) < MAX_FIGURES:
        best, others = left[0], np.array(left)
        union = overlap(boxes[[best]], boxes[others])[0]
        smaller = nesting(boxes[[best]], boxes[others])[0]
        group = others[(union > _SAME_BOX) | (others == best)]
        found.append(np.average(boxes[group], 0, np.square(scores[group])))
        kept.append(scores[best])
        left = [i for i, share in zip(left, smaller, strict=True) if share < _SAME_FIGURE and i != best]
    return np.array(found, np.float32).reshape(-1, 4), np.array(kept, np.float32)


def appearance(maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to [n, 1064]: each channel's mean in every part, and its spread."""
    means = [maps[:, :, rows, columns].mean((2, 3)) for rows, columns in _PARTS]
    return np.concatenate([*means, maps.std((2, 3), ddof=1)], 1)


def by_parts(arrays: Arrays, looks: FloatArray) -> FloatArray:
    """Appearance vectors [n, 1064] to main directions [n, 128] of length 1."""
    scaled = unit(np.asarray((looks - arrays["looks.mean"]) / arrays["looks.spread"], np.float32))
    return unit(np.asarray((scaled - arrays["parts.mean"]) @ arrays["parts.weight"].T, np.float32))


def by_learning(arrays: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to what the small network says of them: [n, 64] of length 1."""
    return unit(outputs(arrays, maps))


def identity(arrays: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to identity vectors [n, 128] of length 1."""
    both = join_readings(by_parts(arrays, appearance(maps)), by_learning(arrays, maps))
    return unit(np.asarray(both @ arrays["identity.weight"].T, np.float32))


def join_readings(parts: FloatArray, learned: FloatArray) -> FloatArray:
    """Both readings [n, 192], of length 1: a cosine is the mean of theirs, weighed."""
    both = np.concatenate([np.sqrt(1 - _LEARNED) * parts, np.sqrt(_LEARNED) * learned], 1)
    return np.asarray(both, np.float32)


def link_figures(figures: Sequence[Figures], shots: IntArray) -> list[Track]:
    """Link the figures of each of the T frames, in which `shots` [T] are, into tracks, those in front first.

    `points` and `pose` are NaN and `body` is zero: the caller fills `body` from `body_boxes`.
    """

    def match(chains: list[list[Sighting]], frame: int) -> list[tuple[int, int]]:
        """Pairs (chain, new figure) that belong together, each used once."""
        found = figures[frame]
        if not chains or not len(found):
            return []
        last = [chain[-1] for chain in chains]
        same_shot = np.array([shots[f] == shots[frame] for f, _ in last])
        near = overlap(rows_of(figures, "boxes", last), found.boxes) * same_shot[:, None]
        means = np.stack([rows_of(figures, "identity", chain[-5:]).mean(0) for chain in chains])  # of the latest five
        alike = unit(means) @ found.identity.T
        allowed = ((near > _MIN_OVERLAP) & (alike > _LINK_OVERLAPPING)) | (alike > _LINK_JUMPING)
        return cheapest_pairs(2 - alike - near, allowed)

    tracks = [_track(sightings, figures) for sightings in chain_sightings(range(len(figures)), figures, match)]
    return sorted(tracks, key=lambda track: -float((track.scores * np.sqrt(area(track.boxes))).sum()))


def _track(sightings: list[Sighting], figures: Sequence[Figures]) -> Track:
    boxes, scores, identity = (
        rows_of(figures, name, sightings).astype(np.float32) for name in ("boxes", "scores", "identity")
    )
    quality = (scores * np.minimum(np.sqrt(area(boxes)) / 0.25, 1)).astype(np.float32)
    track = new_track("figure", [f for f, _ in sightings], boxes, scores, quality, identity)
    size = boxes[:, 2:] - boxes[:, :2]  # drawn heads are large: two widths across and two and a half heights down
    body = np.concatenate([boxes[:, :2] - size * [0.5, 0.1], boxes[:, 2:] + size * [0.5, 1.5]], 1)
    track.body_boxes = np.clip(body, 0, 1).astype(np.float32)
    return track
