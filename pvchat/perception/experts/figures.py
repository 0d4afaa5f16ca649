"""Drawn characters: where they are, what they look like, how like an enrolled one they are. A drawn face is no face
to MTCNN.

In: uint8 RGB frames. Out, a frame: `Figures` (face boxes, scores, identity vectors); over a clip: tracks, a similarity
score and a probability. Everything stands on the frozen EfficientNet-Lite0 (`efficientnet.py`):

- locator: a small head on the 10 by 10 map of the frame at side 320; every cell says whether it lies on a drawn face
and
  how far the face's edges are (as in FCOS, Tian et al. 2019), overlapping answers are averaged;
- identity: the located region, cut out, as pooled features and Lab colour histograms; two linear projections of 64, one
  that keeps the features' main directions, one trained to tell characters apart (supervised contrastive loss);
- presence: the clip's best sightings against the enrolled ones, less what either has in common with a cohort of other
  characters, plus the similarity of whole frames. The constants come from `train/fits/figures.py` (card: figures.json).

Where no cell scores, the middle of the frame is the figure, with its low score: enrolling always finds something.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.boxes import nesting, overlap
from pvchat.perception.colours import to_lab
from pvchat.perception.experts.attributes import sigmoid
from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    from pvchat.perception.experts.efficientnet import FrameExpert

LOCATOR_SIDE = 320  # 448 takes about twice the time
CELLS = LOCATOR_SIDE // 32
IDENTITY_SIDE = 128
MIN_SCORE = 0.5
MAX_FIGURES = 8
_SAME_BOX, _SAME_FIGURE = 0.35, 0.45  # overlap (union; smaller box) from which cells' boxes are averaged; dropped
_MARGIN = 1.1  # the cut-out is a little larger than the box
_MIDDLE = np.array([[0.2, 0.05, 0.8, 0.95]], np.float32)  # the whole-frame figure
_TOP = 4  # sightings that a score is averaged over: one alone is noise, all would punish turned and covered ones
_FILE = Path(__file__).with_name("figures.safetensors")
_HISTOGRAM_SIDE, _COLOUR_BINS = 24, 6


@dataclass
class Figures:
    """Drawn faces of one frame: boxes [n, 4] fractions, scores [n] 0..1, identity [n, 128] L2-normalised."""

    boxes: FloatArray
    scores: FloatArray
    identity: FloatArray

    def __len__(self) -> int:
        return len(self.scores)


class FigureExpert:
    """Finds and compares drawn characters.

    Args:
        frames: the frozen backbone; without it figures can be compared but not found.
        weights: the safetensors file; its card lies beside it as .json.
    """

    def __init__(self, frames: FrameExpert | None = None, weights: Path | None = None) -> None:
        from safetensors.numpy import load_file

        weights = weights or _FILE
        self.frames = frames
        self.card = json.loads(weights.with_suffix(".json").read_text())
        self._w = {name: array.astype(np.float32) for name, array in load_file(weights).items()}

    def find(self, images: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> list[Figures]:
        """The figures of each frame: images [T, H, W, 3] RGB -> T `Figures`, best first, never empty.

        A frame without any figure gives its middle, scored as its best cell (below `MIN_SCORE`).
        """
        if self.frames is None:
            raise ValueError("a FigureExpert without a backbone can't look at images")
        found = []
        for image in images:
            boxes, scores = self.locate(self.frames.grid([image], LOCATOR_SIDE)[0])
            found.append(Figures(boxes, scores, self.identity(appearance(self.frames, cut(image, boxes)))))
        return found

    def locate(self, cells: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Grid tokens [100, 1280] of one frame at `LOCATOR_SIDE` to boxes [n, 4] and scores [n], n >= 1."""
        hidden = np.maximum(cells @ self._w["locator.hidden.weight"].T + self._w["locator.hidden.bias"], 0)
        out = hidden @ self._w["locator.out.weight"].T + self._w["locator.out.bias"]
        scores = sigmoid(out[:, 0])
        boxes, kept = fuse_boxes(boxes_of(np.exp(np.clip(out[:, 1:], -6, 0.5))), scores)
        if len(kept) == 0:
            return _MIDDLE.copy(), scores.max(keepdims=True)
        return boxes, kept

    def identity(self, looks: FloatArray) -> FloatArray:
        """Appearance vectors [n, L] (`appearance`) to identity [n, 128]: two unit halves, together of length 1."""
        spread = spread_looks(looks, self._w["looks.mean"], self.card["feature_weight"])
        halves = [unit(spread @ self._w[f"identity.{half}"].T) for half in ("features", "contrast")]
        return np.concatenate(halves, 1) / np.float32(np.sqrt(2))

    def is_drawn(self, pooled: FloatArray) -> float:
        """Probability that a clip is drawn, from its frames' pooled features [T, 1280] (side 224)."""
        return float(sigmoid((pooled @ self._w["drawn.weight"] + self._w["drawn.bias"]).mean()))

    @property
    def frame_mean(self) -> FloatArray:
        """[1280] mean of drawn pictures' whole-frame features: what `signature` takes away."""
        return self._w["frame.mean"]

    def signature(self, pooled: FloatArray) -> FloatArray:
        """What a clip's whole frames have in common: pooled [T, 1280] to [1280], centred on drawn pictures,
        unit length.
        """
        return unit((pooled - self._w["frame.mean"]).mean(0))

    def figure_score(self, prototypes: FloatArray, identity: FloatArray) -> float:
        """Cohort-normalised similarity of an enrolled figure and a clip's (or one track's) sightings.

        Args:
            prototypes: [m, 128] identity vectors of the enrolled figure; several frames average pose and light out.
            identity: [n, 128] of the sightings, all figures of a clip or one track.

        Returns:
            Mean cosine of the best `_TOP` sightings less the mean similarity of both sides to the cohort (symmetric
            score normalisation without its division: too few cohort centres to tell a spread). -1 without sightings.
        """
        if len(identity) == 0 or len(prototypes) == 0:
            return -1.0
        return cohort_score(prototypes, identity, self._w["cohort"])

    def probability(self, prototypes: FloatArray, identity: FloatArray, similarity: float | None = None) -> float:
        """Probability that the enrolled figure is among these sightings.

        Args:
            prototypes: [m, 128] as in `figure_score`.
            identity: [n, 128] as in `figure_score`.
            similarity: cosine of the two clips' `signature`; None where unknown (its weight then goes to the figure).
        """
        score, calibration = self.figure_score(prototypes, identity), self.card["calibration"]
        weight = self.card["frame_weight"]
        fused = score if similarity is None else (1 - weight) * score + weight * similarity
        return float(sigmoid(np.array(calibration["slope"] * fused + calibration["bias"], np.float32)))


def cohort_score(prototypes: FloatArray, identity: FloatArray, cohort: FloatArray) -> float:
    """See `FigureExpert.figure_score`; cohort [C, 128]."""
    enrolled = unit(prototypes.mean(0))
    shared = ((cohort @ enrolled).mean() + (identity @ cohort.T).mean(1)) / 2
    return float(np.sort(identity @ enrolled - shared)[-_TOP:].mean())


def cell_centres() -> FloatArray:
    """[C, 2] x, y of the locator's cells, row-major, fractions."""
    line = (np.arange(CELLS, dtype=np.float32) + 0.5) / CELLS
    x, y = np.meshgrid(line, line)
    return np.stack([x.ravel(), y.ravel()], 1)


def boxes_of(edges: FloatArray) -> FloatArray:
    """Distances [C, 4] from the cells' centres to left, top, right, bottom edges, to boxes [C, 4] inside the frame."""
    centres = cell_centres()
    return np.clip(np.concatenate([centres - edges[:, :2], centres + edges[:, 2:]], 1), 0, 1)


def fuse_boxes(boxes: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Many cells' boxes [C, 4] to one a figure: score-weighted mean of those that overlap the best, the
    rest dropped.
    """
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


def cut(image: NDArray[np.uint8], boxes: FloatArray) -> list[NDArray[np.uint8]]:
    """Squares (in pixels) around boxes [n, 4] (fractions) out of image [H, W, 3], clipped at the frame."""
    height, width = image.shape[:2]
    found = []
    for x0, y0, x1, y1 in boxes * np.array([width, height] * 2, np.float32):
        x, y, half = (x0 + x1) / 2, (y0 + y1) / 2, _MARGIN * max(x1 - x0, y1 - y0, 8.0) / 2
        left, top = int(np.clip(x - half, 0, max(width - 8, 0))), int(np.clip(y - half, 0, max(height - 8, 0)))
        found.append(image[top : max(int(y + half), top + 8), left : max(int(x + half), left + 8)])
    return found


def appearance(expert: FrameExpert, pictures: list[NDArray[np.uint8]]) -> FloatArray:
    """N pictures of any size to [n, 1280 + 84]: pooled features, and colour histograms of the upper and lower half."""
    features = expert.pooled(pictures, IDENTITY_SIDE)
    colours = [colour_histogram(picture) for picture in pictures]
    return np.concatenate([features, np.array(colours, np.float32).reshape(len(pictures), -1)], 1)


def colour_histogram(picture: NDArray[np.uint8]) -> FloatArray:
    """[84]: for the upper (hair) and lower half, 6 by 6 bins of Lab a, b and 6 of L, softly binned, square roots."""
    from PIL import Image

    small = Image.fromarray(picture).resize((_HISTOGRAM_SIDE, _HISTOGRAM_SIDE), Image.Resampling.BOX)
    lab = to_lab(np.asarray(small))
    halves = []
    for half in (lab[: _HISTOGRAM_SIDE // 2].reshape(-1, 3), lab[_HISTOGRAM_SIDE // 2 :].reshape(-1, 3)):
        a, b = _soft_bins(half[:, 1], -50, 50), _soft_bins(half[:, 2], -50, 50)
        halves += [(a[:, :, None] * b[:, None]).mean(0).ravel(), _soft_bins(half[:, 0], 5, 95).mean(0)]
    return np.sqrt(np.concatenate(halves)).astype(np.float32)


def spread_looks(looks: FloatArray, mean: FloatArray, feature_weight: float) -> FloatArray:
    """Appearance [n, L] centred, each part at unit length, the features `feature_weight` times as long as
    the colours.
    """
    centred, width = looks - mean, 1280
    return np.concatenate([feature_weight * unit(centred[:, :width]), unit(centred[:, width:])], 1)


def unit(x: FloatArray) -> FloatArray:
    """Rows at length 1."""
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


def _soft_bins(values: FloatArray, low: float, high: float) -> FloatArray:
    at = np.clip((values - low) / (high - low), 0, 1) * (_COLOUR_BINS - 1)
    return np.clip(1 - np.abs(at[:, None] - np.arange(_COLOUR_BINS)), 0, 1)
