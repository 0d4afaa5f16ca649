"""What a face shows: a mesh's points are the same wherever a face is; beards are told, surely lacking, or neither."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pvchat.perception.experts import facemaps, mesh
from pvchat.perception.experts.facemaps import probabilities
from pvchat.perception.experts.headfiles import arrays_of, linear_head
from pvchat.perception.motion import BodyMeasures, facial_hair

FACE = np.float32(json.loads((Path(__file__).parent / "augment" / "face.json").read_text())) / 1000


def test_neither_place_nor_size_nor_a_turned_head_counts():
    angle = np.radians(25)
    turned = np.float32([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    moved = FACE @ turned.T * 80 + np.float32([200, 90, -5])
    np.testing.assert_allclose(mesh.shown_points(moved), mesh.shown_points(FACE * 80), atol=1e-4)


@pytest.mark.parametrize(
    ("beard", "hair", "told", "lacking"),
    [
        (0.9, 1.0, "a beard", []),
        (0.1, 0.9, "a moustache", []),
        (0.4, 0.9, None, []),  # one of the two
        (0.0, 0.01, None, ["a beard", "a moustache"]),
        (0.0, 0.3, None, []),
    ],
)
def test_hair_on_the_face_is_told_where_it_is_sure(
    beard: float, hair: float, told: str | None, lacking: list[str]
) -> None:
    seen = [BodyMeasures(beard=beard, hair=hair)] * 2
    found, none = facial_hair([*seen, BodyMeasures()])
    assert ([one.label for one in found], none) == ([told] if told else [], lacking)
    assert facial_hair([seen[0], BodyMeasures()]) == ([], [])  # seen once only


def test_a_face_is_cut_out_as_a_square_with_a_margin():
    cut = facemaps.cut_out(np.zeros((200, 400, 3), np.uint8), np.float32([0.4, 0.3, 0.5, 0.7]))
    assert cut.shape == (92, 92, 3)


def test_the_shipped_weights_fit_their_card():
    """Counted where the weights were learned from other people."""
    weight, _ = linear_head(mesh.DOWNCAST_WEIGHTS)
    assert weight.shape == mesh.shown_points(FACE).shape
    lids = json.loads(mesh.DOWNCAST_WEIGHTS.with_suffix(".json").read_text())["as they are"]
    assert lids["right"] >= 0.75 * lids["told"]
    shares = probabilities(np.zeros((1, 152, 8, 8), np.float32), arrays_of(facemaps.FACE_WEIGHTS))
    assert shares.shape == (1, len(facemaps.FACE_LOOKS))
    card = json.loads(facemaps.FACE_WEIGHTS.with_suffix(".json").read_text())
    for kind, least in (("smile", 0.9), ("beard", 0.85), ("neither beard nor moustache", 0.95)):
        assert card["as they are"][kind]["right"] >= least * card["as they are"][kind]["told"], kind
