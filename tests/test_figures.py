"""Drawn figures: geometry, tracks, scores, the shipped file. No backbone weights needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_analysis import make_analysis, make_track

from pvchat.identity.presence import PresenceModel
from pvchat.people.person import Person
from pvchat.perception.boxes import crop_square
from pvchat.perception.experts import figures
from pvchat.perception.experts.facemaps import convolve
from pvchat.perception.experts.figures import (
    FigureExpert,
    Figures,
    cohort_score,
    fuse_boxes,
    link_figures,
)
from pvchat.perception.experts.headfiles import unit


class _Backbone:
    """Stands in for EfficientNet: features that depend on the picture's colours only."""

    def grid(self, images, side=224):
        tokens = (side // 32) ** 2
        return np.stack([np.full((tokens, 1280), image.mean() / 255, np.float32) for image in images])

    def maps(self, images, side):
        cells = side // 16
        return np.stack([np.full((472, cells, cells), image.mean() / 255, np.float32) for image in images])

    def pooled(self, images, side=224):
        rows = [np.tile(image.reshape(-1, 3).mean(0) / 255, 427)[:1280] for image in images]
        return np.array(rows, np.float32).reshape(len(images), 1280)


@pytest.fixture(scope="module")
def expert():
    return FigureExpert(_Backbone())


def _random_units(rng, n):
    return unit(rng.normal(size=(n, 128)).astype(np.float32))


def test_every_frame_yields_a_figure_inside_the_frame(expert):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 90, 160, 3), dtype=np.uint8)
    found = expert.find(images)
    assert len(found) == 3
    for figure in found:
        assert len(figure) >= 1
        assert figure.identity.shape == (len(figure), 128)
        assert (figure.boxes >= 0).all()
        assert (figure.boxes <= 1).all()
        assert np.allclose(np.linalg.norm(figure.identity, axis=1), 1, atol=1e-4)


def test_nothing_scoring_falls_back_to_the_middle_with_a_low_score(expert, monkeypatch):
    monkeypatch.setitem(expert._w, "locator.3.bias", np.array([-1e6, 0, 0, 0, 0], np.float32))
    boxes, scores = expert.locate(np.zeros((472, 20, 20), np.float32))
    assert boxes.shape == (1, 4)
    assert scores[0] < figures.MIN_SCORE
    assert boxes[0, 0] < 0.5 < boxes[0, 2]


def test_overlapping_boxes_become_one_and_distant_ones_stay():
    boxes = np.array([[0.1, 0.1, 0.3, 0.3], [0.12, 0.1, 0.32, 0.3], [0.7, 0.7, 0.9, 0.9], [0, 0, 1, 1]], np.float32)
    fused, scores = fuse_boxes(boxes, np.array([0.9, 0.8, 0.7, 0.2], np.float32))
    assert len(fused) == 2
    assert 0.1 < fused[0, 0] < 0.12
    assert scores.tolist() == pytest.approx([0.9, 0.7])


def test_a_convolution_is_torchs():
    import torch

    rng = np.random.default_rng(6)
    for k in (1, 3):
        maps, weight, bias = (rng.normal(size=s).astype(np.float32) for s in ((5, 6, 7), (4, 5, k, k), (4,)))
        theirs = torch.nn.functional.conv2d(*(torch.from_numpy(x) for x in (maps, weight, bias)), padding=k // 2)
        assert np.allclose(convolve(maps, weight, bias), theirs.numpy(), atol=1e-4)


def test_cut_is_square_in_pixels_and_never_empty():
    image = np.zeros((90, 160, 3), np.uint8)
    middle = crop_square(image, np.array([0.4, 0.3, 0.6, 0.6], np.float32))
    assert abs(middle.shape[0] - middle.shape[1]) <= 1
    for box in ([1, 1, 1, 1], [0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]):
        assert crop_square(image, np.array(box, np.float32)).size > 0


def test_tracks_follow_identity_through_a_cut():
    rng = np.random.default_rng(1)
    one, two = _random_units(rng, 2)
    left, right = [0.1, 0.2, 0.3, 0.6], [0.6, 0.2, 0.9, 0.6]
    score = np.array([0.9, 0.8], np.float32)
    frames = [Figures(np.array([left, right], np.float32), score, np.stack([one, two])) for _ in range(2)]
    frames += [Figures(np.array([right, left], np.float32), score, np.stack([one, two])) for _ in range(2)]  # they swap
    tracks = link_figures(frames, np.zeros(len(frames), int))
    assert [len(t) for t in tracks] == [4, 4]
    assert all(t.kind == "figure" for t in tracks)
    for track in tracks:
        assert (track.identity @ track.identity.T > 0.99).all()
        assert np.isnan(track.points).all()
        assert track.body_boxes.shape == (4, 4)
    assert link_figures([], np.zeros(0, int)) == []


def test_figures_in_one_place_on_both_sides_of_a_cut_are_two():
    """Likeness that does where the boxes overlap does not across a cut."""
    rng = np.random.default_rng(3)
    one = _random_units(rng, 1)[0]
    other = _random_units(rng, 1)[0]
    half = one + other - one * (one @ other)  # about .7 like, once scaled
    half = 0.5 * one + np.sqrt(0.75) * (half - one * (half @ one)) / np.linalg.norm(half - one * (half @ one))
    box, score = np.float32([[0.2, 0.2, 0.5, 0.8]]), np.float32([0.9])
    frames = [Figures(box, score, np.float32(v)[None]) for v in (one, one, half, half)]
    assert [len(t) for t in link_figures(frames, np.zeros(len(frames), int))] == [4]
    assert [len(t) for t in link_figures(frames, np.array([0, 0, 1, 1]))] == [2, 2]


def test_score_prefers_the_same_figure_and_discounts_what_the_cohort_shares():
    rng = np.random.default_rng(2)
    one, two, cohort = _random_units(rng, 1), _random_units(rng, 1), _random_units(rng, 8)
    same = unit(one + 0.02 * rng.normal(size=(6, 128)).astype(np.float32))
    assert cohort_score(one, same, cohort) > cohort_score(one, np.repeat(two, 6, 0), cohort) + 0.5
    assert cohort_score(one, same, np.repeat(one, 8, 0)) < cohort_score(one, same, cohort) - 0.5


def test_probability_is_monotone_and_certain_about_nobody(expert):
    rng = np.random.default_rng(3)
    one, two = _random_units(rng, 2)
    near = unit(one + 0.7 * two)
    assert expert.probability(one[None], one[None]) > 0.9 > 0.5 > expert.probability(one[None], two[None])
    assert expert.probability(one[None], one[None]) > expert.probability(one[None], near[None])
    assert expert.probability(one[None], near[None]) > expert.probability(one[None], two[None])
    assert expert.probability(one[None], np.zeros((0, 128), np.float32)) < 0.01


def test_a_figure_that_the_locator_is_not_sure_of_is_less_likely_somebody():
    rows = _random_units(np.random.default_rng(0), 8)
    tracks = [
        replace(make_track(1, kind="figure"), identity=rows, scores=np.full(8, score, np.float32))
        for score in (1.0, 0.6)
    ]
    arrays = {"prototypes": rows, "body": np.zeros((1, 1280)), "frame": np.zeros(1280)}
    ana = Person("Ana", kind="figure", arrays=arrays)
    odds = PresenceModel.load().solo_logits([ana], make_analysis(*tracks))[0]
    assert odds[0] - odds[1] == pytest.approx(2.0, abs=1e-4)
