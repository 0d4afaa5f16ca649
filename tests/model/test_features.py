"""Expert tokens out of an analysis, padded into batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pvchat.model.cliptokens import SCENE, kept_tracks
from pvchat.model.config import POSE_WIDTH
from recipes.model.batches import collate, collate_people, from_analysis, person_from_track
from recipes.model.made import preset

CONFIG = preset("tiny")


def test_frames_become_segments_of_cells(make_analysis):
    analysis = make_analysis(0, frames=8)
    frame = from_analysis(analysis, CONFIG).experts["frame"]
    assert frame.tokens.shape == (1, 4 * 49, 1280)
    expected = analysis.frame_features[:2].astype(np.float32).mean(0)
    assert np.allclose(frame.tokens[0, :49].numpy(), expected, atol=1e-6)
    assert torch.allclose(frame.where[0, 8, 1:], torch.tensor([1, 1, 2, 2]) / 7)  # second row, second column
    assert float(frame.where[0, 0, 0]) == pytest.approx(analysis.times[:2].mean() / 3.0)
    assert bool((frame.track == SCENE).all())


def test_a_photo_has_one_segment(make_analysis):
    assert from_analysis(make_analysis(0, frames=1), CONFIG).experts["frame"].tokens.shape == (1, 49, 1280)


def test_track_tokens_carry_track_and_box(make_analysis):
    analysis = make_analysis(0)
    features = from_analysis(analysis, CONFIG).experts
    assert features["face"].track.tolist() == [[0, 0, 1, 1]]
    assert features["pose"].tokens.shape == (1, 4, POSE_WIDTH)
    assert torch.allclose(features["face"].tokens.norm(dim=-1), torch.ones(1, 4), atol=1e-5)
    assert np.allclose(features["face"].where[0, 0, 1:].numpy(), analysis.tracks[0].boxes[:3].mean(0), atol=1e-6)
    assert all(bool(e.tokens.isfinite().all()) for e in features.values())


def test_a_figure_has_no_face_token_and_a_clip_without_tracks_has_none(make_analysis):
    figure = from_analysis(make_analysis(0, 4, ("figure",)), CONFIG).experts
    assert not bool(figure["face"].mask.any())
    assert bool(figure["body"].mask.all())
    empty = from_analysis(make_analysis(0, 4, ()), CONFIG).experts
    assert not bool(empty["body"].mask.any())


def test_the_longest_tracks_stay(make_analysis):
    analysis = make_analysis(0, 6, ("face",) * 3)
    analysis.tracks[0].frames = analysis.tracks[0].frames[:2]
    assert kept_tracks(analysis, 2) == [1, 2]


def test_collate_pads_and_masks(make_analysis):
    parts = [from_analysis(make_analysis(i, n), CONFIG) for i, n in enumerate((8, 1))]
    batch = collate(parts)
    assert len(batch) == 2
    frame = batch.experts["frame"]
    assert frame.mask.sum(1).tolist() == [4 * 49, 49]
    assert torch.equal(frame.tokens[1, :49], parts[1].experts["frame"].tokens[0])
    assert bool((batch.experts["face"].track[1, 2:] == SCENE).all())


def test_enrollment_takes_the_best_sightings(make_analysis):
    track = make_analysis(0, 16).tracks[0]
    person = person_from_track(track, sightings=8)
    assert person.identity.shape == (1, 8, 128)
    best = [max(range(i, i + 2), key=lambda j: track.quality[j]) for i in range(0, 16, 2)]
    assert np.allclose(person.identity[0].numpy(), track.identity[best])
    figure = person_from_track(make_analysis(1, 4, ("figure",)).tracks[0])
    assert not bool(figure.identity_mask.any())
    both = collate_people([person, figure])
    assert both.body_mask.sum(1).tolist() == [8, 4]
