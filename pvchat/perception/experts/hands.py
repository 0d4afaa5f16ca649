"""Hands: 21 points each, MediaPipe Hands, frozen.

The wrists of a pose say where to look. Source: MediaPipe Hands (Zhang et al. 2020, arXiv:2006.10214); constants from
MediaPipe's holistic_landmark graph.
"""

from __future__ import annotations

from math import pi

import numpy as np

from pvchat.assets.weights import member_path
from pvchat.perception.experts import body
from pvchat.perception.experts.networks import LiteNetwork, load_file
from pvchat.perception.experts.regions import Region, axis_region, crop_region
from pvchat.schemas import FloatArray, Pixels

POINTS = 21
_SIDE = 224  # pixels of a hand's picture
WRIST, MIDDLE_TIP, PALM = 0, 12, (0, 5, 9, 13, 17)  # the palm: the wrist, and where the fingers begin
FINGERTIPS = (8, 12, 16, 20)  # of the fingers without the thumb
_PRESENT = 0.5
_WRIST_SEEN = 0.3  # visibility from which a pose wrist is worth a look
_FROM_POSE = 2.7  # region over the distance pose wrist - knuckles that the re-crop network is trained on
_RECROP_SHIFT = -0.1
_STRAY = 0.6  # a hand whose wrist lies further than this share of the region from the pose's wrist is another one


class HandExpert:
    """Finds the hands of one person."""

    def __init__(self) -> None:
        self._recrop = LiteNetwork("hand_recrop.tflite")
        self._network = load_file("hands", member_path("mediapipe", "hand_landmark_full.tflite"))

    def hands(self, image: Pixels, joints: FloatArray) -> FloatArray:
        """The left and right hand [2, 21, 3] of the person with a pose [33, 4] in an image [H, W, 3]: x, y as fractions
        of the frame, z (fraction of its width, small is near); NaN where one isn't seen.
        """
        seen = [self._at_wrist(image, joints, hand) for hand in body.HANDS]
        unseen = np.full((POINTS, 3), np.nan, np.float32)
        return np.stack([unseen if hand is None else hand for hand in seen])

    def _at_wrist(self, image: Pixels, joints: FloatArray, hand: tuple[int, int, int]) -> FloatArray | None:
        """The points [21, 3] of the hand whose joints these are; None where it isn't seen, or is another one."""
        height, width = image.shape[:2]
        x, y, _, visibility = joints[hand[0]]
        if visibility < _WRIST_SEEN or not (0 <= x <= 1 and 0 <= y <= 1):
            return None
        start, pinky, index = joints[list(hand), :2] * np.array([width, height], np.float32)
        knuckles = (2 * index + pinky) / 3
        guess = axis_region(knuckles, 2 * knuckles - start, pi / 2).scaled(_FROM_POSE)
        if guess.side < 8:
            return None
        size = self._recrop.input_size[0]
        ends = self._recrop(crop_region(image, guess, size))[0].reshape(2, 2) / size
        points = guess.to_frame(np.asarray(ends, np.float32))
        region = axis_region(points[0], points[1], -pi / 2)
        found = self._points(image, region.scaled(1.0, _RECROP_SHIFT))
        stray = None if found is None else np.hypot(*(found[WRIST, :2] * [width, height] - start))
        return found if stray is not None and stray < _STRAY * max(guess.side, region.side) else None

    def _points(self, image: Pixels, region: Region) -> FloatArray | None:
        """The points [21, 3] of the hand in a region; None where none is there."""
        raw, presence, *_ = (one[0] for one in self._network(crop_region(image, region, _SIDE)[None]))
        if float(presence[0]) < _PRESENT:
            return None
        height, width = image.shape[:2]
        points = region.to_frame(np.asarray(raw.reshape(POINTS, 3) / _SIDE, np.float32))
        points /= np.array([width, height, width], np.float32)
        return points
