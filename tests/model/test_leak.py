"""Whoever is looked at, nothing of another person's track may reach what is read: two people, one of them exchanged."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from pvchat.model.lines import Line
from pvchat.model.trained import TrainedModel
from pvchat.model.views import ClipViews


@pytest.fixture
def two(make_analysis):
    """A clip of Ana and Bo, and the same clip with somebody else in Bo's place: other face, body, pose, boxes."""
    clip = make_analysis(0)
    other = copy.deepcopy(clip)
    other.key, other.tracks[1] = "other", make_analysis(7).tracks[1]
    assert not np.allclose(clip.tracks[1].body, other.tracks[1].body)
    return clip, other


@pytest.fixture
def read(shared_model, tmp_path):
    """A function (analysis, line) to what the queries see."""
    asked = np.full(shared_model.config.sentence_width, 0.05, np.float32)
    views = ClipViews(TrainedModel(tmp_path, "cpu", shared_model))
    return lambda analysis, line: views.seen_by(analysis, line, asked)


@pytest.mark.parametrize("experts", [(), ("frame", "body"), ("body",)])
def test_another_persons_track_does_not_reach_what_is_read(two, read, experts):
    clip, other = two
    of_ana = Line("What is she wearing?", track=0, experts=experts)
    np.testing.assert_allclose(read(clip, of_ana), read(other, of_ana), atol=1e-6)


def test_who_is_looked_at_and_the_whole_clip_do_reach_it(two, read):
    clip, other = two
    for line in (Line("What is he wearing?", track=1), Line("What is this?")):
        assert not np.allclose(read(clip, line), read(other, line), rtol=0, atol=1e-5)


def test_someone_without_tokens_leaves_the_scene(two, read, make_analysis):
    """Of nine tracks the shortest isn't kept: looking at it shows the frame, not the eight others."""
    crowd = make_analysis(0, kinds=("face",) * 9)
    short = crowd.tracks[8]
    for name in ("frames", "boxes", "points", "scores", "quality", "identity", "body_boxes", "body", "pose"):
        setattr(short, name, getattr(short, name)[:2])
    other = copy.deepcopy(crowd)
    other.key, other.tracks[:8] = "other", make_analysis(7, kinds=("face",) * 8).tracks
    line = Line("What is she wearing?", track=8)
    np.testing.assert_allclose(read(crowd, line), read(other, line), atol=1e-6)
