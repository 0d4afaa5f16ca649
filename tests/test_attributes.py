from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import torch

from pvchat.config import home
from pvchat.perception.boxes import body_box, crop, head_box
from pvchat.perception.experts import attributes
from pvchat.perception.experts.attributes import SETTINGS, AttributeExpert, ImageNetHead
from recipes.looks import settings
from recipes.looks.attribute_labels import FRAME_KINDS, FRAME_WORDS


def test_shipped_heads_are_whole_and_reached_their_precision():
    expert = AttributeExpert()
    assert set(expert.card["heads"]) == {"head", "frame"}
    for head, labels in expert.card["heads"].items():
        assert expert.probabilities(head, np.zeros((2, 1280), np.float32)).shape == (2, len(labels))
        for label, row in labels.items():
            assert row["precision"] >= expert.card["stricter"].get(label, expert.card["precision_asked"]), label
            assert 0.5 <= row["threshold"] < 1
            assert head == "head" or label in FRAME_KINDS, label
    assert attributes._FILE.stat().st_size < 4e6


def test_a_claim_needs_its_threshold_and_crops_are_averaged(tmp_path):
    from safetensors.numpy import save_file

    tensors = {}
    for head in ("head", "frame"):
        weight = np.zeros((2, 1280), np.float32)
        weight[0, 0], weight[1, 1] = 1, 1
        tensors |= {f"{head}.weight": weight, f"{head}.bias": np.zeros(2, np.float32)}
    save_file(tensors, tmp_path / "a.safetensors")
    rows = {"glasses": {"threshold": 0.8}, "a hat": {"threshold": 0.6}}
    (tmp_path / "a.json").write_text(json.dumps({"heads": {h: rows for h in ("head", "frame")}}))
    expert = AttributeExpert(tmp_path / "a.safetensors")
    features = np.zeros((2, 1280), np.float32)
    features[:, 0], features[:, 1] = (4, -2), (1, 1)  # mean log-odds 1 and 1: probability .73
    assert [claim.label for claim in expert.claims("head", features)] == ["a hat"]
    assert expert.claims("head", features)[0].confidence == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-4)
    assert expert.claims("head", features[:0]) == []


def test_regions_follow_the_face():
    face = np.float32([0.4, 0.2, 0.5, 0.4])
    head, body = head_box(face), body_box(face)
    assert (head[:2] < face[:2]).all()
    assert (head[2:] > face[2:]).all()
    assert body[1] < 0.4 < body[3]
    assert body[2] - body[0] == pytest.approx(0.32)
    np.testing.assert_allclose(body_box(face * 100), body * 100, rtol=1e-5)


@pytest.mark.parametrize("box", [[-1, -1, 2, 2], [0.99, 0.99, 5, 5], [2, 2, 3, 3], [0.5, 0.5, 0.5, 0.5]])
def test_a_crop_is_never_empty(box):
    assert crop(np.zeros((10, 20, 3), np.uint8), np.float32(box)).size > 0


def test_imagenet_head_is_a_softmax_of_the_last_layer(tmp_path):
    weight, bias = torch.randn(1000, 1280), torch.randn(1000)
    torch.save({"conv": torch.zeros(1), "fc.weight": weight, "fc.bias": bias}, tmp_path / "w.pth")
    x = np.random.default_rng(0).normal(0, 0.1, (3, 1280)).astype(np.float32)
    want = torch.softmax(torch.from_numpy(x) @ weight.T + bias, 1).numpy()
    np.testing.assert_allclose(ImageNetHead(tmp_path / "w.pth").probabilities(x), want, rtol=1e-3, atol=1e-6)
    torch.save({"fc.weight": weight[:5], "fc.bias": bias[:5]}, tmp_path / "short.pth")
    with pytest.raises(ValueError, match="1000"):
        ImageNetHead(tmp_path / "short.pth")


def test_imagenet_head_needs_torch_once(tmp_path, monkeypatch):
    """Importing it takes seconds: what was read is kept; a damaged file is made anew."""
    transposed = torch.randn(1280, 1000).T  # as the real file holds it: such a view was once kept scrambled
    torch.save({"fc.weight": transposed, "fc.bias": torch.randn(1000)}, tmp_path / "w.pth")
    x = np.random.default_rng(0).normal(0, 0.1, (3, 1280)).astype(np.float32)
    first = ImageNetHead(tmp_path / "w.pth").probabilities(x)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "torch", None)
        np.testing.assert_array_equal(ImageNetHead(tmp_path / "w.pth").probabilities(x), first)
    (kept,) = (home() / "weights" / "networks").glob("classifier-*.safetensors")
    kept.write_bytes(b"torn")
    np.testing.assert_array_equal(ImageNetHead(tmp_path / "w.pth").probabilities(x), first)


def test_every_place_label_reads_as_a_phrase():
    for name in FRAME_WORDS:
        assert name in ("indoors", "outdoors", "drawn") or name.split()[0] in ("a", "an", "the") or "ing" in name


def test_shipped_settings_are_whole():
    expert = AttributeExpert(SETTINGS)
    for kind, limits in settings.LIMITS.items():
        assert {label: row["threshold"] for label, row in expert.card["heads"][kind].items()} == limits
        p = expert.probabilities(kind, np.random.default_rng(0).normal(0.2, 0.4, (3, 1280)).astype(np.float32))
        np.testing.assert_allclose(p.sum(1), 1, atol=1e-3)  # outdoors and indoors are one question
    assert json.loads(SETTINGS.with_suffix(".json").read_text())["source"] == "recipes.looks.settings"
