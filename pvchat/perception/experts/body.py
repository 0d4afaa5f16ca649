"""Body pose and person masks: MediaPipe BlazePose (full) and selfie segmentation, frozen.

A pose that does not carry its nose or eyes inside the given face box belongs to somebody else and is refused. Whoever
the detector doesn't see in the whole frame is looked for where she was a moment before, as MediaPipe follows people.
Source: BlazePose (Bazarevsky et al. 2020, arXiv:2006.10204); constants from MediaPipe's pose_landmark graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np
from numpy.typing import NDArray

from pvchat.assets.weights import member_path
from pvchat.perception.experts.headfiles import sigmoid
from pvchat.perception.experts.networks import LiteNetwork, load_file
from pvchat.perception.experts.regions import Region, axis_region, crop_region, mask_over_frame, sample, whole_image
from pvchat.perception.experts.ssd import PERSONS, Detections, Detector
from pvchat.schemas import Flags, FloatArray, Pixels

JOINTS = 33
NOSE, LEFT_EYE, RIGHT_EYE = 0, 2, 5
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST = 11, 12, 13, 14, 15, 16
LEFT_HIP, RIGHT_HIP, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE = 23, 24, 25, 26, 27, 28
ARMS = (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST), (RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST)
LEGS = (LEFT_HIP, LEFT_KNEE, LEFT_ANKLE), (RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE)
SHOULDERS, ELBOWS, WRISTS = zip(*ARMS, strict=True)  # left and right, as the next
HIPS, KNEES, ANKLES = zip(*LEGS, strict=True)
THIGHS, SHINS = tuple(leg[:2] for leg in LEGS), tuple(leg[1:] for leg in LEGS)
EARS, MOUTH = (7, 8), (9, 10)
HANDS = (LEFT_WRIST, 17, 19), (RIGHT_WRIST, 18, 20)  # wrist, knuckles of the little finger and of the forefinger
_SIDE = 256  # pixels of a region
_VALUES = 5  # x, y, z, visibility, presence of a landmark
_BODY_CENTRE, _BODY_REACH = 33, 34  # auxiliary landmarks: mid hips, and a point on the circle around the whole body
_MARGIN = 1.25  # the region a landmark network is trained on, over that circle
_PRESENT = 0.5
_HEATMAP_RADIUS, _HEATMAP_TRUST = 3, 0.5
# Where a standing adult's body lies below a face box of height 1, about: the circle's centre and radius.
_FACE_TO_CENTRE, _FACE_TO_RADIUS = 3.2, 4.2
_SEARCH = 9.0  # side of the square searched for a person, in face heights
_SMALL_FACE = 0.06  # of the frame's long side: below it the detector is not asked about the whole frame
_FACE_SLACK = 0.25  # the face box is widened by this share on each side before the nose and eyes must lie in it


def hand_centres(joints: FloatArray, least: float) -> list[FloatArray]:
    """The centre [2] of each hand of a pose [33, 4] (NaN: none) whose wrist has at least this visibility."""
    hands = (list(hand) for hand in HANDS if joints[hand[0], 3] >= least)
    return [joints[hand, :2].mean(0) for hand in hands]


@dataclass
class Pose:
    """One person."""

    joints: FloatArray  # [33, 4] x, y (fractions, may lie outside), z (of the width, small is near), visibility
    around: Region  # the square around the body that this pose shows, pixels
    mask: FloatArray | None = None  # [h, w] 0..1 over the whole frame (long side 256), where that is asked for
    detected: bool = False  # the detector saw the person in the whole frame


@dataclass(frozen=True)
class PreviousPose:
    """A person's pose a moment before, and her face box [4] then (fractions)."""

    pose: Pose
    face: FloatArray

    def moved(self, face: FloatArray, size: FloatArray) -> Region:
        """The body's region when the face is in another box [4] (pixels of a frame of `size`, width and height): as far
        from the face as it was, in face heights.
        """
        region, was = self.pose.around, self.face * np.tile(size, 2)
        grown = float((face[3] - face[1]) / max(was[3] - was[1], 1e-6))
        offset = np.array([region.x, region.y], np.float32) - (was[:2] + was[2:]) / 2
        x, y = (face[:2] + face[2:]) / 2 + grown * offset
        return Region(float(x), float(y), region.side * grown, region.angle)


class BodyExpert:
    """Finds the pose of one person."""

    def __init__(self) -> None:
        self._detector = Detector(*PERSONS)

    # joints of one region; loaded when it is first needed, for whoever only looks for persons does without
    landmarks = cached_property(lambda self: load_file("pose", member_path("mediapipe", "pose_landmark_full.tflite")))

    def persons(self, image: Pixels) -> Detections:
        """Detect the persons of a whole frame [H, W, 3], best first."""
        return self._detector(image, whole_image(image))

    def pose(
        self,
        image: Pixels,
        near: FloatArray,
        *,
        mask: bool = False,
        persons: Callable[[], Detections] | None = None,
        before: PreviousPose | None = None,
    ) -> Pose | None:
        """The pose of the person whose face box [4] (fractions) is `near`; None where none is found.

        `persons` returns this frame's persons, where they are kept. `before`: this person a moment before.
        """
        persons = persons or (lambda: self.persons(image))
        height, width = image.shape[:2]
        face = np.asarray(near, np.float32) * [width, height, width, height]
        for region, detected in self._candidates(image, face, persons, before):
            pose = self._pose_in(image, region, mask)
            # two of nose and eyes must lie in the face
            if pose and _in_face(pose.joints[[NOSE, LEFT_EYE, RIGHT_EYE], :2], np.asarray(near)).sum() >= 2:
                pose.detected = detected
                return pose
        return None

    def _candidates(
        self, image: Pixels, face: FloatArray, persons: Callable[[], Detections], before: PreviousPose | None
    ) -> Iterator[tuple[Region, bool]]:
        """Regions worth trying for the person with this face (pixels), best first, and whether they were detected."""
        height, width = image.shape[:2]
        x, y, size = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2, face[3] - face[1]
        moved = None if before is None else before.moved(face, np.array([width, height], np.float32))
        if before is not None and moved is not None and not before.pose.detected:  # nor will the detector see her now
            yield moved, False
            moved = None
        if size > _SMALL_FACE * max(height, width):
            yield from ((region, True) for region in _body_regions(persons(), face)[:1])
        if moved is not None:
            yield moved, False
        # a face too small for the whole frame; at last the body is guessed from the face alone
        search = Region(float(x), float(y + size * _SEARCH / 4), float(size * _SEARCH))
        yield from ((region, False) for region in _body_regions(self._detector(image, search), face)[:1])
        centre = np.array([x, y + size * _FACE_TO_CENTRE], np.float32)
        yield axis_region(centre, centre - [0, size * _FACE_TO_RADIUS], pi / 2).scaled(_MARGIN), False

    def _pose_in(self, image: Pixels, region: Region, mask: bool) -> Pose | None:
        """The pose of the person in a region; None where none is there."""
        found = self.landmarks(crop_region(image, region, _SIDE)[None])
        raw, flag, segmentation, heatmap, _ = (one[0] for one in found)
        if float(flag[0]) < _PRESENT:
            return None
        landmarks = raw.reshape(-1, _VALUES)
        landmarks[:, :3] /= _SIDE
        refine(landmarks, heatmap)
        height, width = image.shape[:2]
        points = region.to_frame(landmarks[:, :4])
        around = axis_region(points[_BODY_CENTRE], points[_BODY_REACH], pi / 2).scaled(_MARGIN)
        joints = points[:JOINTS]
        joints[:, :3] /= [width, height, width]
        joints[:, 3] = sigmoid(joints[:, 3])
        person = mask_over_frame(sigmoid(segmentation[..., 0]), region, width, height) if mask else None
        return Pose(joints, around, person)


class PersonMask:
    """Separates people from the background (MediaPipe selfie segmentation, landscape)."""

    def __init__(self) -> None:
        self._network = LiteNetwork("selfie_segmentation_landscape.tflite")

    def mask(self, image: Pixels) -> FloatArray:
        """Probability of a person at each place: [144, 256] float32 over the whole frame (squashed to that grid)."""
        rows, columns = self._network.input_size
        return self._network(resize(image, rows, columns) / np.float32(255))[0][..., 0]


def resize(image: NDArray[np.generic], rows: int, columns: int) -> FloatArray:
    """Bilinear resize of [H, W] or [H, W, C] to [rows, columns(, C)] float32, e.g. of a mask to the frame's size."""
    height, width = image.shape[:2]
    xs = (np.arange(columns, dtype=np.float32) + 0.5) * (width / columns) - 0.5
    ys = (np.arange(rows, dtype=np.float32) + 0.5) * (height / rows) - 0.5
    return sample(image, xs[None], ys[:, None])


def refine(landmarks: FloatArray, heatmap: FloatArray) -> None:
    """Pull landmarks [L, 2+] (fractions of the region) to the centre of mass of their heatmap [h, w, L] (logits), in
    place (MediaPipe RefineLandmarksFromHeatmap).
    """
    height, width = heatmap.shape[:2]
    columns, rows = (landmarks[:, :2] * (width, height)).astype(np.int64).T
    around = np.arange(-_HEATMAP_RADIUS, _HEATMAP_RADIUS + 1)
    xs, ys = columns[:, None] + around, rows[:, None] + around  # of the patch about each
    there = ((ys >= 0) & (ys < height))[:, :, None] & ((xs >= 0) & (xs < width))[:, None]
    which = np.arange(len(landmarks))[:, None, None]
    logits = heatmap[ys.clip(0, height - 1)[:, :, None], xs.clip(0, width - 1)[:, None], which]
    weights = np.where(there, sigmoid(logits), 0.0)
    sure = there[:, _HEATMAP_RADIUS, _HEATMAP_RADIUS] & (weights.max((1, 2)) >= _HEATMAP_TRUST)
    sums = np.maximum(weights.sum((1, 2)), 1e-9)
    landmarks[sure, 0] = ((weights.sum(1) * xs).sum(1) / sums / width)[sure]
    landmarks[sure, 1] = ((weights.sum(2) * ys).sum(1) / sums / height)[sure]


def _body_regions(found: Detections, face: FloatArray) -> list[Region]:
    """Body regions of those detected persons whose head is at a face (pixels)."""
    heads = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    kept = found.points[_in_face(heads, face)]
    return [axis_region(points[0], points[1], pi / 2).scaled(_MARGIN) for points in kept]


def _in_face(points: NDArray[np.floating], face: NDArray[np.floating]) -> Flags:
    """[n] which points [n, 2] lie in a face box [4], or a little beside it."""
    slack = (face[2:] - face[:2]) * _FACE_SLACK
    return np.asarray(((points >= face[:2] - slack) & (points <= face[2:] + slack)).all(1))
