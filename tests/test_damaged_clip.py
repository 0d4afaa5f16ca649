"""That parts of a damaged clip couldn't be read is told with every answer: "nobody is there" may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import make_clips
import numpy as np
import pytest
from make_analysis import make_analysis
from make_studio import ANA, Studio

from pvchat import PVChat
from pvchat.config import VideoConfig
from pvchat.perception.scan import ScanState
from pvchat.storage.clips import ClipCache
from pvchat.video import load, probe, read_parts

CONFIG = VideoConfig()


def without_packets(path: Path, first: int, last: int) -> Path:
    """A MOV of two seconds in which the pictures from `first` to before `last` are zeros."""
    make_clips.mov(path)
    data = path.read_bytes()
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for packet in packets[first:last]:
        assert data.count(packet) == 1
        data = data.replace(packet, bytes(len(packet)))
    path.write_bytes(data)
    return path


def cut_off(path: Path) -> Path:
    """An MP4 whose index is at its start and whose second half is missing."""
    make_clips.encode(path, make_clips.grey_frames(), container="mp4", options={"bf": "0", "g": "12"},
                      container_options={"movflags": "faststart"})  # fmt: skip
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def cut_off_gif(path: Path) -> Path:
    """A GIF that ends in the middle of a frame."""
    make_clips.gif(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda path: without_packets(path, 12, 36), lambda path: without_packets(path, 24, 48),
        lambda path: without_packets(path, 0, 12), lambda path: cut_off(path.with_suffix(".mp4")),
    ],
    ids=["in the middle", "at the end", "at the start", "cut off"],
)  # fmt: skip
def test_what_cannot_be_read_is_noticed(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "a.mov")
    assert load(path, CONFIG).damaged
    assert any(part.damaged for part in read_parts(path, probe(path, CONFIG), "a" * 64, CONFIG))


def test_an_animation_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    assert load(cut_off_gif(tmp_path / "a.gif"), CONFIG).damaged


def test_a_sound_clip_was_read_to_its_end(tmp_path: Path) -> None:
    assert not load(make_clips.mov(tmp_path / "a.mov"), CONFIG).damaged


def test_a_picture_or_two_are_no_reason_to_have_missed_somebody(tmp_path: Path) -> None:
    assert not load(without_packets(tmp_path / "a.mov", 20, 22), CONFIG).damaged


def test_a_long_video_is_damaged_where_a_part_is() -> None:
    seen = ScanState("a" * 64)
    for number in range(3):
        part = replace(make_analysis(), damaged=number == 1)
        part.frame_features = np.zeros((1, 49, 1280), np.float16)
        seen.add(part)
    assert seen.analysis().damaged


def test_it_is_kept_with_the_analysis(tmp_path: Path) -> None:
    analysis = replace(make_analysis(), damaged=True)
    ClipCache(tmp_path).save(analysis, "1")
    loaded = ClipCache(tmp_path).load(analysis.key, "1")
    assert loaded is not None
    assert loaded.damaged


def test_every_answer_says_so(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("party", ANA, damaged=True)
    for question in ("Is Ben there?", "Who is there?", "What is Ana wearing?"):
        answer = chat.ask(clip, question)
        assert answer.answer.endswith(". The file is damaged: parts of it couldn't be read.")
        assert answer.to_dict()["damaged"] is True
    whole = chat.ask(studio.clip("whole", ANA), "Is Ana there?")
    assert "damaged" not in whole.answer
    assert "damaged" not in whole.to_dict()
