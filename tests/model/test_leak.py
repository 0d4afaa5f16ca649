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
    return Describer(TrainedModel(tmp_path, "cpu", shared_model), encode=lambda texts: []).mean_query


def test_another_persons_track_does_not_reach_what_is_read(two, read):
    clip, other = two
    np.testing.assert_allclose(read(clip, 0), read(other, 0), atol=1e-6)


def test_who_is_looked_at_does_reach_it(two, read):
    clip, other = two
    assert not np.allclose(read(clip, 1), read(other, 1), rtol=0, atol=1e-5)
