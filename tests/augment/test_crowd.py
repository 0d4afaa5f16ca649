"""The subject among the people of other clips."""

from __future__ import annotations

import numpy as np
import pytest
from make_profile import HEIGHT, SHIRT, WIDTH, make_profile
from PIL import Image

from pvchat import video
from pvchat.augment.augmentation import MEDIA_SUFFIXES
from pvchat.augment.positives.backgrounds import files_in, in_crowd
from pvchat.augment.positives.plan import generators, plan_positives
from pvchat.augment.settings import AugmentConfig


@pytest.fixture
def folder(tmp_path):
    frames = np.zeros((16, 120, 160, 3), np.uint8)
    frames[:, :, :80], frames[:, :, 80:] = (200, 30, 30), (200, 200, 30)  # a red and a yellow person
    video.save_clip(tmp_path / "party.mp4", frames, 8)
    return tmp_path


def shirt(image):
    """Mean column of the subject's shirt."""
    return np.argwhere(np.abs(image.astype(int) - SHIRT).max(2) < 25)[:, 1].mean()


def test_the_subject_stands_beside_the_others(folder):
    sides = set()
    for seed in range(6):
        made = in_crowd(make_profile(), 3, np.random.default_rng(seed), files_in([folder], MEDIA_SUFFIXES))
        assert made.images.shape == (3, HEIGHT, WIDTH, 3)
        side = np.sign(shirt(made.images[0]) - WIDTH / 2)
        sides.add(side)
        others = made.images[0][:20].reshape(-1, 3).astype(int)
        assert (np.abs(others - (200, 30, 30)).max(1) < 40).mean() > 0.3  # both stay in view
        assert (np.abs(others - (200, 200, 30)).max(1) < 40).mean() > 0.3
    assert sides == {-1.0, 1.0}


def test_pictures_will_do(tmp_path):
    Image.new("RGB", (300, 200), (0, 90, 0)).save(tmp_path / "people.png")
    made = in_crowd(make_profile(), 1, np.random.default_rng(0), files_in([tmp_path], MEDIA_SUFFIXES))
    assert np.abs(made.images[0, 5, 5].astype(int) - (0, 90, 0)).max() < 12


def test_unreadable_clips_are_told(tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="no clip of other people"):
        in_crowd(make_profile(), 2, np.random.default_rng(0), files_in([tmp_path], MEDIA_SUFFIXES))


def test_crowds_need_others(folder):
    profile = make_profile()
    for config, there in ((AugmentConfig(), False), (AugmentConfig(others=(folder,)), True)):
        planned = plan_positives(profile, generators(config), config, 0)
        assert ("crowd" in {p.recipe for p in planned}) == there


def test_whoever_is_cut_off_stays_at_that_border(folder):
    profile = make_profile()
    profile.masks[:, -60:, -1] = 255
    for seed in range(4):
        made = in_crowd(profile, 2, np.random.default_rng(seed), files_in([folder], MEDIA_SUFFIXES))
        assert shirt(made.images[0]) > WIDTH / 2
