"""A long video is read once, in parts: every sample, every cut, a few dozen pictures at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from make_clips import corrupted, encode, two_hour_gap
from make_film import CONFIG, CUTS, FPS, film
from numpy.typing import NDArray

from pvchat import video
from pvchat.config import VideoConfig
from pvchat.video.parts import FRAMES, Clip, read_parts, sample_times


def clock(image: NDArray[np.uint8]) -> float:
    """What the bar says, seconds."""
    return float((image[:, :16].mean((1, 2)) > 128).sum()) / 2


def read(path: Path, config: VideoConfig = CONFIG, start_s: float = 0.0) -> list[Clip]:
    return list(read_parts(path, video.probe(path, config), "k", config, start_s))


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("long") / "film.mp4", film(), fps=FPS, options={"g": "25", "bf": "2"})


def test_every_sample_comes_once_in_order(long_clip: Path) -> None:
    found = read(long_clip)
    times = np.concatenate([p.times for p in found])
    np.testing.assert_allclose(times, sample_times(video.probe(long_clip, CONFIG), CONFIG), atol=1e-5)
    assert len(times) == 80
    for part in found:
        assert len(part.images) <= FRAMES
        for time, image in zip(part.times, part.images, strict=True):
            assert clock(image) == pytest.approx(time, abs=0.51)


def test_parts_follow_each_other_without_gaps(long_clip: Path) -> None:
    found = read(long_clip)
    assert found[0].start_s == 0.0
    assert found[-1].duration_s == pytest.approx(40.0)
    for one, two in zip(found, found[1:], strict=False):
        assert one.duration_s == two.start_s
        assert one.times[-1] < one.duration_s < two.times[0]


@pytest.mark.parametrize("apart", [11, 25, 61, 121])
def test_whoever_begins_with_a_later_part_reads_it_as_it_was(tmp_path: Path, apart: int) -> None:
    """A key frame just after the border was taken for a cut: a scan that goes on saw other shots than one in a go."""
    path = encode(tmp_path / "film.mp4", film(), fps=FPS, options={"g": str(apart), "sc_threshold": "0"})
    for part in read(path)[1:]:
        again = read(path, start_s=part.start_s)[0]
        assert (again.start_s, again.duration_s, again.cuts) == (part.start_s, part.duration_s, part.cuts)
        np.testing.assert_array_equal(again.times, part.times)
        np.testing.assert_array_equal(again.images, part.images)


def test_every_cut_is_in_the_part_that_it_is_in(long_clip: Path) -> None:
    found = read(long_clip)
    assert [c for p in found for c in p.cuts] == pytest.approx(list(CUTS), abs=1e-3)
    for part in found:
        assert all(part.start_s < cut < part.duration_s for cut in part.cuts)


def test_reading_goes_on_where_it_stopped(long_clip: Path) -> None:
    """The second half after a restart is what it is without one: samples, pictures, borders and cuts."""
    whole = read(long_clip)
    rest = read(long_clip, start_s=whole[1].duration_s)
    assert len(rest) == len(whole) - 2
    for one, two in zip(whole[2:], rest, strict=True):
        assert (one.start_s, one.duration_s) == (two.start_s, two.duration_s)
        assert one.cuts == pytest.approx(two.cuts)
        np.testing.assert_array_equal(one.times, two.times)
        np.testing.assert_array_equal(one.images, two.images)


def test_a_slow_video_is_not_sampled_more_often_than_it_changes(tmp_path: Path) -> None:
    path = encode(tmp_path / "slow.mp4", film(20.0), fps=1)  # 200 frames at one a second
    assert len(sample_times(video.probe(path, CONFIG), CONFIG)) == 200


def test_a_gap_of_two_hours_costs_no_more_than_its_pictures(tmp_path: Path) -> None:
    """A hostile file of two seconds with a hole in its clock is not looked at for two hours."""
    path = two_hour_gap(tmp_path / "gap.mkv")
    found = video.probe(path, VideoConfig())
    assert found.duration_s > 7000
    assert len(sample_times(found, CONFIG)) <= found.frames < 100


def test_damage_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    path = corrupted(tmp_path / "bad.mp4")
    assert any(part.damaged for part in read(path, replace(CONFIG, scan_fps=8.0)))


def test_only_the_pictures_of_one_part_are_held(long_clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts what the reader holds each time that a part is made."""
    from pvchat.video import parts as module

    held: list[int] = []
    made = module._Reader._part

    def watched(self, count: int, end_s: float, **how: bool) -> Clip:
        held.append(len(self.held))
        return made(self, count, end_s, **how)

    monkeypatch.setattr(module._Reader, "_part", watched)
    read(long_clip)
    assert max(held) <= FRAMES + 2
