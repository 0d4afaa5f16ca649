"""A smile is read from a mesh: moved, turned and scaled faces read the same; mouth corners that rise smile."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pvchat.augment.positives.reenact import apply_expression
from pvchat.perception.experts import mesh
from pvchat.perception.experts.attributes import linear_head

FACE = np.float32(json.loads((Path(__file__).parent / "augment" / "face.json").read_text())) / 1000


def test_neither_place_nor_size_nor_a_turned_head_counts():
    angle = np.radians(25)
    turned = np.float32([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    moved = FACE @ turned.T * 80 + np.float32([200, 90, -5])
    np.testing.assert_allclose(mesh.smile_features(moved), mesh.smile_features(FACE * 80), atol=1e-4)


def test_raised_corners_of_the_mouth_smile_and_lowered_ones_do_not():
    """The face is the mean of five, of which some smile."""
    lowered, plain, raised = (
        mesh.smiling_and_downcast(apply_expression(FACE, 0.0, 0.0, by) * 100)[0] for by in (-0.15, 0.0, 0.06)
    )
    assert lowered < plain < raised
    assert lowered < 0.5 < raised


def test_the_shipped_weights_fit_the_features_and_their_card():
    """Counted where the weights were learned from other people."""
    for head in (mesh.SMILE_WEIGHTS, mesh.DOWNCAST_WEIGHTS):
        weight, _ = linear_head(head)
        assert weight.shape == mesh.smile_features(FACE).shape
        assert head.stat().st_size < 10_000
    assert json.loads(mesh.SMILE_WEIGHTS.with_suffix(".json").read_text())["on lfw"]["precision"] >= 0.9
    lids = json.loads(mesh.DOWNCAST_WEIGHTS.with_suffix(".json").read_text())["as they are"]
    assert lids["right"] >= 0.75 * lids["told"]
