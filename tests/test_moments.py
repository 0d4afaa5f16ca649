"""Pictures of a video at a few moments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pvchat import video
from pvchat.config import VideoConfig

GREYS = np.linspace(20, 235, 24).astype(np.uint8)  # four a second


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    video.save_clip(path, [np.full((64, 96, 3), grey, np.uint8) for grey in GREYS], 4)
    return path


def test_each_picture_is_the_one_on_the_screen_at_its_time(film: Path) -> None:
    config = VideoConfig(max_side=48)
    times = (5.9, 0.1, 2.6, 2.6)
    shown = list(video.pictures_at(film, video.probe(film, config), times, config))
    assert [time for time, _ in shown] == sorted(times)
    for time, image in shown:
        assert image.shape == (32, 48, 3)
        assert abs(float(image.mean()) - float(GREYS[int(time * 4)])) < 6


def test_no_moment_is_no_picture(film: Path) -> None:
    config = VideoConfig()
    assert list(video.pictures_at(film, video.probe(film, config), (), config)) == []
