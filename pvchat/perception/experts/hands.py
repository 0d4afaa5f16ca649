"""Hands: 21 points each, MediaPipe Hands, frozen.

In: a frame and the pose whose wrists say where to look (or no pose: the palm detector looks everywhere). Out: hands
with their side. Source: MediaPipe Hands (Zhang et al. 2020, arXiv:2006.10214); constants from MediaPipe's
holistic_landmark and palm_detection graphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.body import Pose
from pvchat.perception.experts.litert import Network, model_path
from pvchat.perception.experts.regions import Region, along, crop, whole
from pvchat.perception.experts.ssd import PALMS, Detector
from pvchat.schemas import FloatArray

POINTS = 21
WRIST, MIDDLE_TIP, PALM = 0, 12, (0, 5, 9, 13, 17)  # the palm: the wrist, and where the fingers begin
KNUCKLES, FINGERTIPS = (6, 10, 14, 18), (8, 12, 16, 20)  # of the fingers without the thumb
_PRESENT = 0.5
_WRIST_SEEN = 0.3  # visibility from which a pose wrist is worth a look
_FROM_POSE = 2.7  # region over the distance pose wrist - knuckles that the re-crop network is trained on
_RECROP_SHIFT = -0.1
_FROM_PALM, _PALM_SHIFT = 2.6, -0.5
_STRAY = 0.6  # a hand whose wrist lies further than this share of the region from the pose's wrist is another one


@dataclass
class Hand:
    """One hand.

    Attributes:
        points: [21, 3] x, y as fractions of the frame, z (fraction of its width, small is near).
        side: the person's own "left" or "right".
        handedness: 0..1, how sure the hand network is of `side`.
        presence: 0..1, that a hand is there.
    """

    points: FloatArray
    side: Literal["left", "right"]
    handedness: float
    presence: float


class HandExpert:
    """Finds the hands of one person, or of everybody."""

    def __init__(self) -> None:
        self._recrop = Network(model_path("hand_recrop.tflite"))
        self._network = Network(model_path("hand_landmark_full.tflite"))
        self._palms: Detector | None = None

    def hands(self, image: NDArray[np.uint8], pose: Pose | None = None) -> list[Hand]:
        """Hands of `pose` (its left, then its right), or all that the palm detector finds.

        Args:
            image: [H, W, 3] uint8 RGB.
            pose: the person.
        """
        if pose is None:
            return self._everywhere(image)
        found = []
        for side, wrist in (("left", 15), ("right", 16)):
            if (hand := self._at_wrist(image, pose, wrist)) is not None:
                hand.handedness = hand.handedness if hand.side == side else 1 - hand.handedness
                hand.side = side  # type: ignore[assignment]  # the body knows its side better than the hand does
                found.append(hand)
        return found

    def _at_wrist(self, image: NDArray[np.uint8], pose: Pose, wrist: int) -> Hand | None:
        height, width = image.shape[:2]
        x, y, _, visibility = pose.joints[wrist]
        if visibility < _WRIST_SEEN or not (0 <= x <= 1 and 0 <= y <= 1):
            return None
        start, pinky, index = pose.joints[[wrist, wrist + 2, wrist + 4], :2] * np.array([width, height], np.float32)
        knuckles = (2 * index + pinky) / 3
        guess = along(knuckles, 2 * knuckles - start, pi / 2).scaled(_FROM_POSE)
        if guess.side < 8:
            return None
        size = self._recrop.input_size[0]
        ends = self._recrop(crop(image, guess, size))[0].reshape(2, 2) / size
        points = guess.to_frame(np.asarray(ends, np.float32))
        region = along(points[0], points[1], -pi / 2)
        hand = self._read(image, region.scaled(1.0, _RECROP_SHIFT))
        stray = None if hand is None else np.hypot(*(hand.points[WRIST, :2] * [width, height] - start))
        return hand if stray is not None and stray < _STRAY * max(guess.side, region.side) else None

    def _everywhere(self, image: NDArray[np.uint8]) -> list[Hand]:
        if self._palms is None:
            self._palms = Detector(PALMS)
        found = self._palms(image, whole(image))
        hands = []
        for box, points in zip(found.boxes, found.keypoints, strict=True):
            angle = along(points[0], points[2], pi / 2).angle
            centre, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
            region = Region(float(centre[0]), float(centre[1]), side, angle).scaled(_FROM_PALM, _PALM_SHIFT)
            if (hand := self._read(image, region)) is not None:
                hands.append(hand)
        return hands

    def _read(self, image: NDArray[np.uint8], region: Region) -> Hand | None:
        size = self._network.input_size[0]
        raw, presence, handedness, _ = self._network(crop(image, region, size))
        if float(presence[0]) < _PRESENT:
            return None
        height, width = image.shape[:2]
        points = region.to_frame(np.asarray(raw.reshape(POINTS, 3) / size, np.float32))
        points /= np.array([width, height, width], np.float32)
        # MediaPipe labels a high score "Left" because it expects mirrored (selfie) images; ours aren't mirrored.
        right = float(handedness[0])
        return Hand(points, "right" if right >= 0.5 else "left", max(right, 1 - right), float(presence[0]))
