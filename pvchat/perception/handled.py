"""Looks for things at somebody's mouth and hands, by the detector of things on a few enlarged crops of head and arms.

A phone or a fork is a few pixels of a frame that the detector shrinks to 300 by 300; in a crop it is found. How likely
somebody uses it is decided by `deeds.py`. Legend: L of COCO's labels, in the order of `objects.LABELS`; n boxes;
lengths are in face heights.
"""

from __future__ import annotations

import numpy as np

from pvchat.perception.bodyfeatures import posed_sightings
from pvchat.perception.boxes import crop
from pvchat.perception.experts import body
from pvchat.perception.experts.objects import LABELS, ThingExpert
from pvchat.perception.sightings import spread
from pvchat.schemas import Flags, FloatArray, Pixels, Track

ANYWHERE, AT_MOUTH, AT_WRIST = range(3)  # where in a crop a label's score is the best one
_CROPS = 3  # of a track; each is a look of the detector's
_BESIDE, _ABOVE, _BELOW = 2.3, 0.7, 3.2  # of a face, as far as a crop reaches
_MOUTH, _WRIST = 0.6, 0.4  # as far as a thing is away from them at most
_HANDY = 3.0  # width or height from which a thing is around somebody, not at a hand
_SEEN = 0.4  # visibility from which a wrist counts
_LEAST_CROP = 8  # pixels


def look_at_hands(images: Pixels, track: Track, expert: ThingExpert) -> None:
    """Fill in a track's `handled`, of frames [T, H, W, 3]."""
    seen = posed_sightings(track)
    found = [
        _around(images[track.frames[i]], track.boxes[i], track.pose[i], expert) for i in seen[spread(len(seen), _CROPS)]
    ]
    shown = [one for one in found if one is not None]
    track.handled = np.stack(shown).astype(np.float16) if shown else np.zeros((0, 3, len(LABELS)), np.float16)


def _around(image: Pixels, face: FloatArray, joints: FloatArray, expert: ThingExpert) -> FloatArray | None:
    """[3, L] best scores about a face box [4], with the pose [33, 4] (NaN: none); None where the crop is tiny."""
    scale = np.array([image.shape[1] / image.shape[0], 1.0]) / (face[3] - face[1])
    middle = (face[0] + face[2]) / 2
    reach = np.array([[-_BESIDE, -_ABOVE], [_BESIDE, _BELOW]]) / scale
    region = np.clip([middle, face[1], middle, face[3]] + reach.ravel(), 0, 1)
    part = crop(image, region.astype(np.float32))
    if min(part.shape[:2]) < _LEAST_CROP:
        return None
    boxes, scores = expert.scores(part)
    corners = region[:2] + boxes.reshape(-1, 2, 2) * (region[2:] - region[:2])  # [n, 2, 2] of the frame

    def near(point: FloatArray, least: float) -> Flags:
        away = np.maximum(np.maximum(corners[:, 0] - point, point - corners[:, 1]), 0) * scale
        return np.asarray(np.linalg.norm(away, axis=1) < least)

    handy = ((corners[:, 1] - corners[:, 0]) * scale).max(1) < _HANDY
    mouth = np.array([middle, face[1] + 0.75 * (face[3] - face[1])])
    at_wrist = np.zeros(len(boxes), bool)
    for hand in body.hand_centres(joints, _SEEN):
        at_wrist |= near(hand, _WRIST)
    places = (np.ones(len(boxes), bool), near(mouth, _MOUTH) & handy, at_wrist & handy)
    return np.stack([scores[place].max(0, initial=0.0) for place in places])
