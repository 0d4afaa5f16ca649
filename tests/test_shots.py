"""Hard cuts: found in the pictures, kept with the analysis, never crossed by a span."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_clips import encode
from numpy.typing import NDArray

from pvchat.config import VideoConfig
from pvchat.video import load
from pvchat.video.shots import CutFinder, shots

WIDTH, HEIGHT, FPS = 160, 96, 24
CONFIG = VideoConfig()
Image = NDArray[np.uint8]


def scene(seed: int, count: int, pan: int = 1, light: float = 1.0) -> Iterator[Image]:
    """A picture of large coloured patches that the camera pans over, `pan` pixels a frame."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 256, (9, 40, 3))
    wall = np.kron(patches, np.ones((12, 16, 1)))[:HEIGHT] * light
    for frame in range(count):
        left = frame * pan % (wall.shape[1] - WIDTH)
        yield np.clip(wall[:, left : left + WIDTH], 0, 255).astype(np.uint8)


def joined(*scenes: Iterator[Image]) -> Iterator[Image]:
    for one in scenes:
        yield from one


def cuts_of(images: Iterator[Image], fps: float = FPS) -> list[float]:
    finder = CutFinder()
    for index, image in enumerate(images):
        finder.add(index / fps, image)
    finder.finish()
    return finder.cuts


@pytest.mark.parametrize("pan", [0, 1, 2])
def test_each_cut_is_found_at_its_picture(pan: int) -> None:
    found = cuts_of(joined(scene(1, 30, pan), scene(2, 7, pan), scene(3, 40, pan)))
    assert found == pytest.approx([30 / FPS, 37 / FPS])


def test_a_cut_between_dark_scenes_is_found() -> None:
    assert cuts_of(joined(scene(1, 20, light=0.3), scene(2, 20, light=0.3))) == pytest.approx([20 / FPS])


@pytest.mark.parametrize("pan", [0, 3, 12, 24])
def test_a_moving_camera_is_no_cut(pan: int) -> None:
    """At 24 of 160 pixels a picture every pair differs much: but as much as its neighbours do."""
    assert cuts_of(scene(4, 18, pan)) == []


def test_light_that_comes_up_slowly_is_no_cut() -> None:
    one = next(scene(5, 1))
    assert cuts_of((one * t).astype(np.uint8) for t in np.linspace(0.1, 1.0, 48)) == []


@pytest.mark.parametrize("images", [0, 1, 2, 5])
def test_short_clips(images: int) -> None:
    assert cuts_of(scene(1, images)) == []


def test_a_cut_near_the_end_is_found() -> None:
    assert cuts_of(joined(scene(1, 20), scene(2, 2))) == pytest.approx([20 / FPS])


def test_what_follows_skipped_pictures_is_another_shot() -> None:
    finder = CutFinder()
    for index, image in enumerate(scene(1, 10)):
        finder.add(index / FPS, image)
    finder.skip()
    for index, image in enumerate(scene(1, 10)):
        finder.add(3 + index / FPS, image)
    finder.finish()
    assert finder.cuts == [3]


def test_shots_lie_between_the_cuts() -> None:
    np.testing.assert_allclose(shots([2.5, 1.0], 4.0), [[0, 1], [1, 2.5], [2.5, 4]])
    np.testing.assert_allclose(shots([], 4.0), [[0, 4]])
    np.testing.assert_allclose(shots([0.0, 4.0, 9.0], 4.0), [[0, 4]])


def test_a_clip_says_where_it_was_cut(tmp_path: Path) -> None:
    """The samples lie a quarter of a second apart, the cut is known to the picture."""
    path = encode(tmp_path / "film.mp4", joined(scene(1, 31), scene(2, 50)))
    clip = load(path, CONFIG)
    assert clip.cuts == pytest.approx([31 / FPS], abs=1e-3)
    assert len(clip.times) == 13


def test_a_clip_without_cuts_has_none(tmp_path: Path) -> None:
    assert load(encode(tmp_path / "one.mp4", scene(1, 60)), CONFIG).cuts == ()


def test_an_animation_is_cut_too(tmp_path: Path) -> None:
    from PIL import Image as Pictures

    frames = [Pictures.fromarray(i) for i in joined(scene(1, 12), scene(2, 12))]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:], duration=100)
    assert load(tmp_path / "film.gif", CONFIG).cuts == pytest.approx([1.2])


CUT = np.float32([[0, 1.1], [1.1, 2.0]])


def test_a_span_ends_at_the_cut() -> None:
    """Samples at .125, .375, … The last one before the cut stands for the time up to it, not beyond."""
    analysis = make_analysis(make_track(1, range(4)), make_track(2, range(4, 8)))
    analysis.shots = CUT
    assert analysis.spans(np.arange(4)) == [(0.0, 1.1)]
    assert analysis.spans(np.arange(4, 8)) == [(1.1, 2.0)]


def test_a_span_goes_on_over_a_cut_only_where_both_sides_are_seen() -> None:
    analysis = make_analysis()
    analysis.shots = CUT
    assert analysis.spans(np.arange(8)) == [(0.0, 2.0)]
    assert analysis.spans(np.int64([0, 1, 2, 5, 6, 7])) == [(0.0, 0.75), (1.25, 2.0)]
    analysis = make_analysis()
    analysis.shots = np.float32([[0, 2]])
    assert analysis.spans(np.int64([0, 1, 3])) == [(0.0, 1.0)]  # without a cut a missed sample is bridged


def test_a_shot_without_a_sample_parts_nobody() -> None:
    """A flash of a tenth of a second between two samples: she is seen before and after."""
    analysis = make_analysis()
    analysis.shots = np.float32([[0, 0.9], [0.9, 1.05], [1.05, 2]])
    assert analysis.spans(np.arange(8)) == [(0.0, 2.0)]
    assert analysis.spans(np.int64([2, 3, 5, 6])) == [(0.5, 0.9), (1.25, 1.75)]


def test_sparse_samples_do_not_reach_into_other_shots() -> None:
    """A sample every 3 s, a shot of 2 s: the sighting stands for that shot only."""
    analysis = make_analysis(frames=10, step=3.0)
    analysis.shots = np.float32([[0, 12.5], [12.5, 14.5], [14.5, 30]])
    assert analysis.spans(np.int64([4])) == [(12.5, 14.5)]
    assert analysis.spans(np.int64([3, 5])) == [(9.0, 12.5), (14.5, 18.0)]
