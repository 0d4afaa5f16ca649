"""What is at mouth and hands: where a crop lies, what counts as at them, what is kept of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from test_facts import track_at
from test_posture import FACE, footage, pose

from pvchat.perception import deeds
from pvchat.perception.experts.objects import LABELS
from pvchat.perception.handled import ANYWHERE, AT_MOUTH, AT_WRIST, look_at_hands

IMAGES = np.zeros((6, 240, 320, 3), np.uint8)
CUP, PHONE = (list(LABELS.values()).index(label) for label in ("cup", "cell phone"))


def looked_at(*things, track=None, wrist=(0.7, 0.5)):
    """A track after a look at it, where the detector finds (label, box in fractions of the crop) with score .8."""
    sizes = []

    def scores(picture):
        sizes.append(picture.shape[:2])
        found = np.zeros((len(things), len(LABELS)), np.float32)
        found[range(len(things)), [label for label, _ in things]] = 0.8
        return np.array([box for _, box in things], np.float32).reshape(-1, 4), found

    track = track or track_at(FACE)
    if wrist:
        track.pose = np.stack([pose(j15=wrist, j17=wrist, j19=wrist)] * len(track))
    look_at_hands(IMAGES, track, SimpleNamespace(scores=scores))
    return track.handled, sizes


def test_head_and_arms_are_looked_at_in_three_sightings():
    handled, sizes = looked_at()
    assert handled.shape == (3, 3, len(LABELS))
    assert handled.dtype == np.float16
    assert not handled.any()
    height = (FACE[3] - FACE[1]) * 240
    assert abs(sizes[0][0] - 4.9 * height) <= 2 or sizes[0][0] == 240 - round((FACE[1] - 0.7 * height / 240) * 240)


def test_a_cup_is_at_the_mouth_or_at_a_wrist():
    face_x, mouth_y = (FACE[0] + FACE[2]) / 2, FACE[1] + 0.75 * (FACE[3] - FACE[1])
    height = FACE[3] - FACE[1]
    left, top = max(face_x - 2.3 * height * 240 / 320, 0), max(FACE[1] - 0.7 * height, 0)
    right, bottom = min(face_x + 2.3 * height * 240 / 320, 1), min(FACE[3] + 3.2 * height, 1)

    def inside(x, y, half=0.01):
        across, down = (x - left) / (right - left), (y - top) / (bottom - top)
        return [across - half, down - half, across + half, down + half]

    handled, _ = looked_at((CUP, inside(face_x, mouth_y)), wrist=(0.9, 0.9))
    assert (handled[0, :, CUP] > 0.5).tolist() == [True, True, False]
    handled, _ = looked_at((CUP, inside(right - 0.02, bottom - 0.02)), wrist=(right - 0.02, bottom - 0.02))
    assert (handled[0, :, CUP] > 0.5).tolist() == [True, False, True]
    handled, _ = looked_at((CUP, [0, 0, 1, 1]))  # it is all around her
    assert (handled[0, [ANYWHERE, AT_MOUTH, AT_WRIST], CUP] > 0.5).tolist() == [True, False, False]


def test_without_a_pose_no_hand_is_known_and_tiny_people_are_passed_by():
    handled, _ = looked_at((PHONE, [0.4, 0.4, 0.5, 0.5]), wrist=None)
    assert handled[:, AT_WRIST].max() == 0
    far = track_at(np.float32([0.5, 0.5, 0.504, 0.506]))
    assert looked_at(track=far, wrist=None)[0].shape == (0, 3, len(LABELS))


def test_the_head_weighs_the_likeliest_of_a_kind_of_things():
    track = track_at(FACE)
    assert not deeds._thing_log_odds(track).any()
    track.handled = np.zeros((2, 3, len(LABELS)), np.float16)
    track.handled[:, AT_MOUTH, CUP] = 0.5
    told = deeds._thing_log_odds(track)
    assert told.shape == (deeds.HANDLED // 3, 3)
    assert (told > 1).sum() == 1
    assert told.max() == pytest.approx(np.log(49), abs=1e-3)
    assert len(deeds.deed_features(track, footage(track))) == len(deeds.deed_features(track_at(FACE), footage(track)))
