"""Excerpts of candidates: cut, judged by what they show, described, and never made twice."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from make_analysis import identity_of, make_analysis, make_track
from make_crowd import Crowd, run_in, staged, track_of

from pvchat import video
from pvchat.augment.negatives import search as negatives
from pvchat.augment.negatives.search import split_sources, write_excerpts
from pvchat.augment.negatives.strangers import Negative
from pvchat.augment.schemas import AugmentConfig
from pvchat.augment.watch import StoppedError, Watch
from pvchat.config import VideoConfig

LEFT, RIGHT = (0.1, 0.2, 0.3, 0.5), (0.6, 0.2, 0.8, 0.5)


@pytest.fixture
def crowd(tmp_path, monkeypatch) -> Crowd:
    return staged(tmp_path / "clips", monkeypatch)


@pytest.fixture
def filmed(crowd):
    """A subject, and eight real files of strangers."""
    subject = crowd.subject()
    for i in range(8):
        crowd.clip(f"stranger-{i}", track_of(identity_of(100 + i), 100 + i), real=True)
    return subject, replace(CONFIG, others=(crowd.folder,))


CONFIG = AugmentConfig(negatives=8, seconds=1.0)


def test_samples_are_cut_and_described(crowd, filmed, tmp_path):
    subject, config = filmed
    crowd.chat.otherwise = lambda path: make_analysis(make_track(50), key=video.content_key(path))
    found, _ = negatives.find_negatives(subject, crowd.chat, config)
    samples = write_excerpts(found, subject, run_in(crowd, tmp_path / "out", CONFIG))
    assert Counter(s.stage for s in samples) == {"video": 8, "image": 2}
    assert {s.role for s in samples} == {"negative"}
    assert all(s.people == {"Ana": False} and s.dropped is None for s in samples)
    assert len({s.id for s in samples}) == 10
    assert all(len(s.id) == 16 and set(s.gates) == {"distance"} for s in samples)
    by_source = {s.source: {t.split for t in samples if t.source == s.source} for s in samples}
    assert all(len(splits) == 1 for splits in by_source.values())
    for sample in samples:
        made = video.load(tmp_path / "out" / sample.media, VideoConfig())
        assert made.images.shape[1:] == (96, 128, 3)
        if sample.stage == "video":
            assert made.duration_s == pytest.approx(1.0, abs=0.2)
    again = {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "media").iterdir()}
    assert write_excerpts(found, subject, run_in(crowd, tmp_path / "out", CONFIG)) == samples
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "media").iterdir()} == again


def test_a_full_disk_is_no_unreadable_clip(crowd, filmed, tmp_path, monkeypatch):
    def full(path, images, fps):
        raise OSError(28, "No space left on device", str(path))

    subject, config = filmed
    found, _ = negatives.find_negatives(subject, crowd.chat, config)
    monkeypatch.setattr(video, "save_clip", full)
    with pytest.raises(OSError, match="No space left"):
        write_excerpts(found, subject, run_in(crowd, tmp_path / "out", CONFIG))


def test_an_unreadable_file_drops_its_samples_only(crowd, filmed, tmp_path):
    subject, config = filmed
    crowd.chat.otherwise = lambda path: make_analysis(make_track(50), key=video.content_key(path))
    found, _ = negatives.find_negatives(subject, crowd.chat, config)
    found[0].clip.write_bytes(b"no video")
    samples = write_excerpts(found, subject, run_in(crowd, tmp_path / "out", CONFIG))
    bad = {s.source for s in samples if s.dropped == "unreadable"}
    assert bad == {found[0].key}
    assert all(s.dropped is None for s in samples if s.source not in bad)


def test_stopping_keeps_what_was_cut(crowd, filmed, tmp_path):
    subject, config = filmed
    crowd.chat.otherwise = lambda path: make_analysis(make_track(50), key=video.content_key(path))
    (found, _), stop, told = negatives.find_negatives(subject, crowd.chat, config), threading.Event(), []

    def progress(what, done, total):
        told.append((done, total))
        if done == 2:
            stop.set()

    with pytest.raises(StoppedError):
        write_excerpts(found, subject, run_in(crowd, tmp_path / "out", CONFIG, Watch(progress, stop)))
    assert len(list((tmp_path / "out" / "media").glob("*.mp4"))) == 3
    assert told[:3] == [(0, 8), (1, 8), (2, 8)]


def test_every_recipe_gets_into_every_split():
    def candidate(recipe, key):
        return Negative(recipe, key, None, 0, 0.0, 1.0, None, 0.7)

    many = [candidate("lookalike", f"a{i}") for i in range(10)] + [candidate("random", f"b{i}") for i in range(10)]
    splits = split_sources([*many, candidate("random", "a3")], 0)
    for first in "ab":
        assert Counter(s for k, s in splits.items() if k[0] == first) == {"train": 6, "val": 2, "test": 2}
    assert split_sources(many[:1], 0) == {"a0": "train"}
    assert sorted(split_sources(many[:4], 0).values()) == ["test", "train", "train", "val"]
    few = [*many[:2], *(c for c in many if c.recipe == "random")][:4]  # too few to share out each recipe
    assert Counter(c.recipe for c in few) == {"lookalike": 2, "random": 2}
    assert Counter(split_sources(few, 0).values()) == {"train": 2, "val": 1, "test": 1}


def test_people_of_the_same_clip_go_with_the_segment_they_are_cut_from(crowd):
    other = track_of(identity_of(9), 9, box=RIGHT)
    subject = replace(
        crowd.subject(other, box=LEFT, real=True), segments=((0.0, 1.0, "train", "k@0-1"), (1.0, 2.0, "test", "k@1-2"))
    )
    crowd.chat.otherwise = lambda path: make_analysis(other, key=video.content_key(path))
    config = AugmentConfig(negatives=8, seconds=0.5)
    found, _ = negatives.find_negatives(subject, crowd.chat, config)
    samples = write_excerpts(found, subject, run_in(crowd, crowd.folder / "out", config))
    assert Counter(s.stage for s in samples) == {"video": 4, "image": 2}
    assert {(s.split, s.source) for s in samples} == {("train", "k@0-1"), ("test", "k@1-2")}
    for candidate in found:
        assert candidate.end_s <= 1.0 or candidate.start_s >= 1.0  # none across the two


def test_a_part_of_a_clip_is_decoded(tmp_path):
    shades = np.linspace(20, 220, 40).astype(np.uint8)
    video.save_clip(tmp_path / "a.mp4", np.broadcast_to(shades[:, None, None, None], (40, 64, 64, 3)), 8.0)
    part = video.load(tmp_path / "a.mp4", VideoConfig(sample_fps=8.0), span=(2.0, 3.0))
    assert part.times == pytest.approx(2.0 + (np.arange(8) + 0.5) / 8)
    assert part.images.mean((1, 2, 3)) == pytest.approx(shades[16:24], abs=4)
    assert part.duration_s == pytest.approx(5.0)
    late = video.load(tmp_path / "a.mp4", VideoConfig(), span=(99.0, 100.0))
    assert len(late.images) == 1
