"""Which sightings of a track to measure, and where the torso, the skin and the whole person are in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pvchat.perception import colours
from pvchat.perception.boxes import below, crop, part
from pvchat.perception.experts import body
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray, Pixels, Track

if TYPE_CHECKING:
    from pvchat.video import Clip

MASK = "a face mask"  # the feature of `PersonFacts` that says that a mask hides the face
_SIGHTINGS = 5  # the best ones, which must agree
# L of a face in dim light, of one in good light; the most that light is raised
_DIM, _LIT, _MOST_GAIN = 42.0, 55.0, 6.0


@dataclass(frozen=True)
class Picture:
    """One sighting of a track, and the picture that it is in."""

    track: Track
    row: int  # of the track
    image: Pixels  # [H, W, 3] uint8 RGB

    @property
    def box(self) -> FloatArray:
        """The box [4] of the face, or of a figure."""
        return self.track.boxes[self.row]

    @property
    def joints(self) -> FloatArray:
        """The joints [33, 4] of the pose; NaN where none was found."""
        return self.track.pose[self.row]

    @property
    def torso(self) -> FloatArray:
        """The box [4] that surely is clothing."""
        return torso_box(self.track, self.row)

    @cached_property
    def skin(self) -> FloatArray:
        """Median CIELAB [3] of the skin of somebody whose face is seen."""
        return skin_colour(self.image, self.box, is_masked(self.track))


@dataclass(frozen=True)
class Pictured:
    """Some of a track's sightings with their pictures."""

    track: Track
    rows: IntArray  # [k] indices of those that are looked at
    images: list[Pixels]  # [H, W, 3] uint8 RGB, one for each of these

    def __iter__(self) -> Iterator[Picture]:
        return (Picture(self.track, i, image) for i, image in zip(self.rows.tolist(), self.images, strict=True))

    @cached_property
    def grey(self) -> bool:
        """Whether the pictures have no colour at all."""
        return colours.is_grey_scale(np.stack(self.images))


def best_sightings(track: Track, count: int = _SIGHTINGS) -> IntArray:
    """Indices of the sightings most worth measuring: the best of each stretch of the track, so that they differ."""
    return best_of_stretches(track.quality + 0.5 * track.scores, count)


def best_of_stretches(worth: FloatArray, most: int) -> IntArray:
    """The index of the best of each of at most `most` stretches of a series [n]."""
    parts = np.array_split(np.arange(len(worth)), min(most, len(worth)))
    return np.array([part[worth[part].argmax()] for part in parts], np.int64)


def pictured(clip: Clip, track: Track, count: int = _SIGHTINGS) -> Pictured:
    """The best `count` sightings with their pictures."""
    best = best_sightings(track, count)
    return Pictured(track, best, [clip.images[track.frames[i]] for i in best])


def spread(count: int, most: int) -> IntArray:
    """At most `most` indices spread evenly over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def shot_size(track: Track) -> str:
    """How much of the person the frame shows, by the height of the face (a standing person is about 7.5 faces tall)."""
    height = float(np.median(track.boxes[:, 3] - track.boxes[:, 1])) * (1.0 if track.kind == "face" else 0.5)
    sizes = ((0.33, "close-up"), (0.14, "medium shot"), (0.06, "full figure"))
    return next((name for limit, name in sizes if height > limit), "far away")


def side(x: float) -> str:
    """The phrase for a place between the left edge of the frame (0) and the right one (1)."""
    return "on the left" if x < 0.38 else "on the right" if x > 0.62 else "in the middle"


def position(track: Track, analysis: ClipAnalysis) -> str:
    """The phrase for the median position, and in front of or behind others when clearly larger or smaller than they."""
    box = np.median(track.boxes, 0)
    at = f"{side(float(box[0] + box[2]) / 2)} of the frame"
    height = float(box[3] - box[1])
    seen = (t.boxes for t in analysis.tracks if t is not track and len(t) >= 2)
    tallest = max((float(np.median(boxes[:, 3] - boxes[:, 1])) for boxes in seen), default=height)
    if tallest / 2 <= height <= 2 * tallest:
        return at
    return f"{at}, in the {'background' if height < tallest else 'foreground'}"


def whole_boxes(track: Track) -> FloatArray:
    """Boxes [n, 4] that hold face and body of every sighting."""
    low = np.minimum(track.boxes[:, :2], track.body_boxes[:, :2])
    high = np.maximum(track.boxes[:, 2:], track.body_boxes[:, 2:])
    return np.clip(np.concatenate([low, high], 1), 0, 1).astype(np.float32)


def torso_box(track: Track, i: int) -> FloatArray:
    """The part of sighting i that surely is clothing: between shoulders and hips when the pose shows them, else below
    the chin, as wide as the shoulders' inner part. [4] fractions.
    """
    joints = track.pose[i][[*body.SHOULDERS, *body.HIPS]]
    face = track.boxes[i]
    if track.kind == "figure":  # drawn bodies are narrower and shorter below a bigger head
        return below(face, 0.5, 0.15, 1.0)
    if not np.isnan(joints).any() and (joints[:2, 3] > 0.6).all():
        low, high = joints[:2, :2].min(0), joints[:2, :2].max(0)
        bottom = float(joints[2:, 1].mean()) if (joints[2:, 3] > 0.6).all() else high[1] + 1.6 * (face[3] - face[1])
        return np.array([low[0], low[1], high[0], max(bottom, high[1] + 0.02)], np.float32)
    return below(face, 1.1, 0.45, 2.4)


def is_masked(track: Track) -> bool:
    """Whether a track's face is behind a mask."""
    return MASK in track.facts.features


def skin_colour(image: Pixels, face: FloatArray, masked: bool = False) -> FloatArray:
    """Median CIELAB [3] of the middle of a face box [4] (fractions): cheeks and nose; above a mask the brow."""
    inner = part(face, 0.25, 0.12, 0.75, 0.36) if masked else part(face, 0.25, 0.4, 0.75, 0.7)
    return np.asarray(np.median(colours.to_lab(crop(image, inner)).reshape(-1, 3), 0), np.float32)


def relit(image: Pixels, face: FloatArray) -> Pixels | None:
    """The picture in the light that makes the face in a box [4] as light as in daylight; None if it is light enough.

    Black stays black under it; what is only dark gets its colour.
    """
    lightness = float(skin_colour(image, face)[0])
    if lightness >= _DIM:
        return None
    gain = min(_MOST_GAIN, ((_LIT + 16) / (lightness + 16)) ** 3)
    light = np.minimum(colours.to_linear(np.arange(256)) * gain, 1.0)  # of each byte
    return np.asarray((colours.from_linear(light) * 255).round(), np.uint8)[image]


def within_bars(image: Pixels, box: FloatArray) -> FloatArray:
    """The box [4] without the black bars above and below a picture that was made for another screen."""
    shown = np.flatnonzero(image.max((1, 2)) > colours.BAR)
    if not len(shown):
        return box
    top, bottom = float(shown[0]) / len(image), float(shown[-1] + 1) / len(image)
    return np.array([box[0], np.clip(box[1], top, bottom), box[2], np.clip(box[3], top, bottom)], np.float32)
