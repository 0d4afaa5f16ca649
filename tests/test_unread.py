"""What of a damaged clip couldn't be read is told with every answer about it: "nobody is there" may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import make_clips
import numpy as np
import pytest
from make_analysis import make_analysis
from make_clips import FPS
from make_studio import ANA, Studio

from pvchat import PVChat
from pvchat.config import VideoConfig
from pvchat.perception.scan import ScanState
from pvchat.service.answering import unread_sentence
from pvchat.storage.clips import ClipCache
from pvchat.video import load, probe, read_parts

CONFIG = VideoConfig()
SECONDS = make_clips.COUNT / FPS


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
    ("make", "start_s", "end_s"),
    [
        (lambda path: without_packets(path, 12, 36), 0.5, 1.5),
        (lambda path: without_packets(path, 24, 48), 1.0, 2.0),
        (lambda path: without_packets(path, 0, 12), 0.0, 0.5),
    ],
    ids=["in the middle", "at the end", "at the start"],
)
def test_what_does_not_decode_is_told_in_seconds(
    make: Callable[[Path], Path], start_s: float, end_s: float, tmp_path: Path
) -> None:
    path = make(tmp_path / "a.mov")
    ((start, end),) = load(path, CONFIG).unread
    assert (start, end) == pytest.approx((start_s, end_s), abs=2.5 / FPS)
    parts = [part.unread for part in read_parts(path, probe(path, CONFIG), "a" * 64, CONFIG)]
    assert sum(parts, ()) == ((start, end),)


def test_a_sound_clip_was_read_to_its_end(tmp_path: Path) -> None:
    assert load(make_clips.mov(tmp_path / "a.mov"), CONFIG).unread == ()


def test_what_is_cut_off_is_told_as_far_as_the_header_tells_it(tmp_path: Path) -> None:
    path = cut_off(tmp_path / "a.mp4")
    ((start, end),) = load(path, CONFIG).unread
    assert 0.2 < start < 1.5
    assert end == pytest.approx(SECONDS, abs=2.5 / FPS)
    (part,) = read_parts(path, probe(path, CONFIG), "a" * 64, CONFIG)
    assert part.unread[-1] == (start, end)
    ((start, end),) = load(cut_off_gif(tmp_path / "a.gif"), CONFIG).unread
    assert 0 < start <= end


def test_parts_of_a_long_video_tell_it_together() -> None:
    seen = ScanState("a" * 64)
    for number in range(3):
        part = replace(make_analysis(), unread=((float(number), number + 0.5),) if number else ())
        part.frame_features = np.zeros((1, 49, 1280), np.float16)
        seen.add(part)
    assert seen.analysis().unread == ((1.0, 1.5), (2.0, 2.5))


def test_it_is_kept_with_the_analysis(tmp_path: Path) -> None:
    analysis = replace(make_analysis(), unread=((1.0, 2.5), (4.0, 4.0)))
    ClipCache(tmp_path).save(analysis, "1")
    loaded = ClipCache(tmp_path).load(analysis.key, "1")
    assert loaded is not None
    assert loaded.unread == analysis.unread


def test_every_answer_says_so(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("party", ANA, unread=((0.0, 0.1), (1.0, 2.5), (4.0, 4.0)))
    said = "The file is damaged: I could read nothing from 0:01 to 0:02 and from 0:04 on."
    for question in ("Is Ben there?", "Who is there?", "What is Ana wearing?"):
        answer = chat.ask(clip, question)
        assert answer.answer.endswith(f". {said}")
        assert answer.to_dict()["unread"] == [[0.0, 0.1], [1.0, 2.5], [4.0, 4.0]]
    early = chat.ask(clip, "Is Ana there?", between=(0.2, 0.9))
    assert "damaged" not in early.answer
    assert "unread" not in early.to_dict()


def test_many_holes_are_told_briefly() -> None:
    holes = tuple((float(at), at + 0.9) for at in range(0, 50, 5))
    told = unread_sentence(replace(make_analysis(), unread=holes))
    assert told.endswith("I could read nothing from 0:00 to 0:01, from 0:05 to 0:06, from 0:10 to 0:11 "
                         "and at seven other times.")  # fmt: skip
