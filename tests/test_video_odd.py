"""Video: files that phones, recorders and damage make odd: read as far as they go, or refused; never a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import make_clips
import make_odd_clips
import numpy as np
import pytest
from test_video import CONFIG, frame_numbers

from pvchat.errors import VideoReadError
from pvchat.video import load, probe
from pvchat.video.containers import demux_packets


@pytest.mark.parametrize(
    ("make", "name", "reason"),
    [
        (make_odd_clips.unknown_codec, "a.mkv", "codec is not supported"),
        (make_odd_clips.beyond_any_end, "a.mp4", "cut off or damaged"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, make: Callable[[Path], Path], name: str, reason: str) -> None:
    with pytest.raises(VideoReadError, match=reason):
        load(make(tmp_path / name), CONFIG)


def test_what_was_trimmed_away_is_not_missing(tmp_path: Path) -> None:
    clip = load(make_odd_clips.trimmed(tmp_path / "a.mp4"), CONFIG)
    assert clip.note == ""
    assert clip.duration_s == pytest.approx(1.0, abs=0.01)
    assert frame_numbers(clip)[0] == pytest.approx(make_clips.FPS + 3, abs=2)  # of the second second


def test_frames_that_an_avi_leaves_out_are_not_missing(tmp_path: Path) -> None:
    path = make_odd_clips.left_out(tmp_path / "a.avi")
    clip = load(path, CONFIG)
    assert clip.note == ""
    assert clip.duration_s == pytest.approx(2.0, abs=0.05)
    np.testing.assert_allclose(frame_numbers(clip), clip.times * make_clips.FPS, atol=1.5)


def test_an_avi_that_is_cut_off_says_so(tmp_path: Path) -> None:
    for make in (make_clips.avi, make_odd_clips.left_out):
        path = make(tmp_path / "a.avi")
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
        clip = load(path, CONFIG)
        assert "cut off" in clip.note
        assert clip.duration_s < 1.5


def test_packets_of_streams_that_begin_later_are_passed_over() -> None:
    """PyAV looks such a stream up among those that were there when the file was opened, in vain."""
    left = iter([1, 2, IndexError, 3, IndexError, 4])

    class Container:
        def demux(self, stream: object) -> Iterator[int]:
            for one in left:
                if one is IndexError:
                    raise IndexError("list index out of range")
                yield one

    assert list(demux_packets(Container(), None)) == [1, 2, 3, 4]


def test_no_sample_lies_behind_the_end(tmp_path: Path) -> None:
    clip = load(make_odd_clips.first_picture_only(tmp_path / "a.mov"), CONFIG)
    assert "damaged" in clip.note
    assert len(clip.times) == 1
    assert clip.times[-1] <= clip.duration_s


def test_stamps_that_lie_about_the_rate_ask_no_encoder_for_it(tmp_path: Path) -> None:
    path = make_clips.one_frame(tmp_path / "a.mp4")
    found = replace(probe(path, CONFIG), fps=1e12, duration_s=1e-11)
    assert len(load(path, CONFIG, found=found).times) == 1
