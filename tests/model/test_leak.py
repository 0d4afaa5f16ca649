"""Whoever is looked at, nothing of another person's track may reach what is read: two people, one of them exchanged."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from pvchat.model.describer import Describer
from pvchat.model.trained import TrainedModel


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
    """A function (analysis, track) to what the queries see."""
    asked = np.full(shared_model.config.sentence_width, 0.05, np.float32)
    describer = Describer(TrainedModel(tmp_path, "cpu", shared_model), encode=lambda texts: [])
    return lambda analysis, track: describer.query_vectors(analysis, track, asked)


def test_another_persons_track_does_not_reach_what_is_read(two, read):
    clip, other = two
    np.testing.assert_allclose(read(clip, 0), read(other, 0), atol=1e-6)


def test_who_is_looked_at_and_the_whole_clip_do_reach_it(two, read):
    clip, other = two
    for track in (1, None):
        assert not np.allclose(read(clip, track), read(other, track), rtol=0, atol=1e-5)


def test_someone_without_tokens_leaves_the_scene(two, read, make_analysis):
    """Of nine tracks the shortest isn't kept: looking at it shows the frame, not the eight others."""
    crowd = make_analysis(0, kinds=("face",) * 9)
    short = crowd.tracks[8]
    for name in ("frames", "boxes", "points", "scores", "quality", "identity", "body_boxes", "body", "pose"):
        setattr(short, name, getattr(short, name)[:2])
    other = copy.deepcopy(crowd)
    other.key, other.tracks[:8] = "other", make_analysis(7, kinds=("face",) * 8).tracks
    np.testing.assert_allclose(read(crowd, 8), read(other, 8), atol=1e-6)
