"""Whoever is looked at, nothing of another person's track may reach what is read: two people, one of them exchanged."""

from __future__ import annotations

import copy
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pvchat.model.lines import Line
from pvchat.model.views import ClipViews
from recipes.model.batches import collate_people, person_from_track


@pytest.fixture
def two(make_analysis):
    """A clip of Ana and Bo, and the same clip with somebody else in Bo's place: other face, body, pose, boxes."""
    clip = make_analysis(0)
    other = copy.deepcopy(clip)
    other.key, other.tracks[1] = "other", make_analysis(7).tracks[1]
    assert not np.allclose(clip.tracks[1].body, other.tracks[1].body)
    return clip, other


@pytest.fixture
def read(shared_model, batch_people):
    """A function (analysis, line, people) to the reading of one line."""
    trained = SimpleNamespace(lock=threading.RLock(), reader=shared_model, model=shared_model)

    def of(analysis, line, people=()):
        visual = ClipViews(trained).of_lines(analysis, [line])
        with torch.no_grad():
            return shared_model.read(visual, None, batch_people([list(people)]))

    return of


@pytest.mark.parametrize("experts", [(), ("frame", "body"), ("body",)])
def test_another_persons_track_does_not_reach_what_is_read(two, read, shared_model, experts):
    clip, other = two
    with torch.no_grad():
        ana, _ = shared_model.aligner.people(collate_people([person_from_track(t) for t in clip.tracks]), ["Ana", "Bo"])
    of_ana = Line("What is she wearing?", track=0, experts=experts)
    first, second = read(clip, of_ana, [ana]), read(other, of_ana, [ana])
    assert torch.allclose(first.queries, second.queries, atol=1e-6)
    assert torch.allclose(first.personal, second.personal, atol=1e-6)
    assert torch.allclose(first.expert_weights, second.expert_weights, atol=1e-6)


def test_who_is_looked_at_and_the_whole_clip_do_reach_it(two, read):
    clip, other = two
    for line in (Line("What is he wearing?", track=1), Line("What is this?")):
        assert not torch.allclose(read(clip, line).queries, read(other, line).queries, atol=1e-4)


def test_someone_without_tokens_leaves_the_scene(two, read, make_analysis):
    """Of nine tracks the shortest isn't kept: looking at it shows the frame, not the eight others."""
    crowd = make_analysis(0, kinds=("face",) * 9)
    short = crowd.tracks[8]
    for name in ("frames", "boxes", "points", "scores", "quality", "identity", "body_boxes", "body", "pose"):
        setattr(short, name, getattr(short, name)[:2])
    other = copy.deepcopy(crowd)
    other.key, other.tracks[:8] = "other", make_analysis(7, kinds=("face",) * 8).tracks
    line = Line("What is she wearing?", track=8)
    assert torch.allclose(read(crowd, line).queries, read(other, line).queries, atol=1e-6)
