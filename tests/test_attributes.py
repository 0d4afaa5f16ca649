from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from pvchat.config import home
from pvchat.perception.experts import attributes
from pvchat.perception.experts.attributes import AttributeExpert, ImageNetHead, body_box, crop, head_box

torch = pytest.importorskip("torch")
from pvchat.train.fits import attributes as recipe  # noqa: E402
from pvchat.train.fits.attribute_labels import FRAME_KINDS, FRAME_WORDS, read_examples  # noqa: E402
from pvchat.train.pictures import read_image  # noqa: E402


class MeanColour:
    """A stand-in for EfficientNet: the picture's mean colour, repeated."""

    def grid(self, images, side=224):
        return (
            np.stack([np.tile(image.reshape(-1, 3).mean(0) / 255, 427)[:1280] for image in images])[:, None]
            .repeat(49, 1)
            .astype(np.float32)
        )

    def pooled(self, images, side=224):
        return self.grid(images).mean(1)


class OneFace:
    def detect(self, image):
        height, width = image.shape[:2]
        box = np.float32([[0.4 * width, 0.1 * height, 0.6 * width, 0.3 * height]])
        return box, np.zeros((1, 5, 2), np.float32), np.float32([0.99])


def test_shipped_heads_are_whole_and_reached_their_precision():
    expert = AttributeExpert()
    assert set(expert.card["heads"]) == {"head", "body", "frame"}
    for head, labels in expert.card["heads"].items():
        assert expert.probabilities(head, np.zeros((2, 1280), np.float32)).shape == (2, len(labels))
        for label, row in labels.items():
            assert row["precision"] >= expert.card["stricter"].get(label, expert.card["precision_asked"]), label
            assert 0.5 <= row["threshold"] < 1
            assert row.get("kind") == (FRAME_KINDS[label] if head == "frame" else None), label
    assert attributes._FILE.stat().st_size < 4e6


def test_a_claim_needs_its_threshold_and_crops_are_averaged(tmp_path):
    from safetensors.numpy import save_file

    tensors = {}
    for head in ("head", "body", "frame"):
        weight = np.zeros((2, 1280), np.float32)
        weight[0, 0], weight[1, 1] = 1, 1
        tensors |= {f"{head}.weight": weight, f"{head}.bias": np.zeros(2, np.float32)}
    save_file(tensors, tmp_path / "a.safetensors")
    rows = {"glasses": {"threshold": 0.8}, "a hat": {"threshold": 0.6}}
    (tmp_path / "a.json").write_text(json.dumps({"heads": {h: rows for h in ("head", "body", "frame")}}))
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


def test_operating_point_is_the_lowest_threshold_with_precision():
    p = np.array([0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.55])
    y = np.array([1, 1, 1, 1, 0, 1, 0, 0])
    found = recipe.operating_point(p, y, 0.8)
    assert found["threshold"] == 0.7
    assert found["precision"] == pytest.approx(5 / 6, abs=1e-3)
    assert found["recall"] == 1
    assert recipe.operating_point(p, 1 - y, 0.8) is None


def test_fit_finds_a_separating_direction_and_ignores_unknown_labels():
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 12)).astype(np.float32)
    y = np.stack([x[:, 3] > 0, random.random(400) > 0.5], 1).astype(int)
    weight = np.stack([np.ones(400), np.zeros(400)], 1)
    w, b = recipe.fit(x, y, weight, decay=1e-3)
    assert ((x @ w[0] + b[0] > 0) == (y[:, 0] == 1)).mean() > 0.9
    assert np.abs(w[1]).max() < 1e-3


def test_captions_label_a_photo_only_where_two_agree():
    rows = [
        {
            "file": "train/a.jpg", "split": "train", "w": 100, "h": 100,
            "captions": ["A man on a beach.", "A man in a hat at the beach.", "Somebody in the snow."],
        }
    ]  # fmt: skip
    from pathlib import Path

    found = read_examples(Path("x/flickr8k"), rows, [[[0.4, 0.1, 0.6, 0.3]]])
    parts = {example.part: example.labels for example in found}
    assert parts["frame"]["a beach"] == (1, 1.0)
    assert "the snow" not in parts["frame"]  # one caption alone
    assert parts["frame"]["a kitchen"][0] == 0
    assert parts["frame"]["a kitchen"][1] < 1
    assert parts["head"]["man"] == (1, 1.0)
    assert "a hat" not in parts["head"]
    assert {example.part for example in read_examples(Path("x/flickr8k"), rows, [[]])} == {"frame"}
    assert read_examples(Path("x/unknown"), rows, [[]]) == []


def test_degraded_copies_are_smaller_and_repeat_with_the_seed():
    image = np.random.default_rng(0).integers(0, 255, (240, 180, 3), np.uint8)
    one, two = (recipe.degrade(image, np.random.default_rng(5)) for _ in range(2))
    assert max(one.shape) <= 160
    assert np.array_equal(one, two)


def test_grid_windows_average_what_they_cover():
    grid = np.arange(49, dtype=np.float32).reshape(1, 49, 1)
    assert recipe.pool_grid(grid)[0, :, 0].tolist() == [8, 10, 12, 22, 24, 26, 36, 38, 40]


def test_the_recipe_trains_and_repeats_itself(tmp_path):
    root = _tiny_traindata(tmp_path / "data")
    one = recipe.train(root, tmp_path / "one.safetensors", tmp_path / "cache", MeanColour(), OneFace())
    recipe.train(root, tmp_path / "two.safetensors", tmp_path / "other", MeanColour(), OneFace())
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
    assert "drawn" in one["heads"]["frame"]  # the drawn pictures are pink, the others are not
    expert = AttributeExpert(tmp_path / "one.safetensors")
    pictures = [read_image(root / name / "train" / "0.png") for name in ("anime", "houses")]
    pink, grey = MeanColour().pooled(pictures)
    assert ("drawn", "drawn") in [(claim.label, claim.kind) for claim in expert.claims("frame", pink[None])]
    assert "drawn" not in [claim.label for claim in expert.claims("frame", grey[None])]


def _tiny_traindata(root):
    from PIL import Image

    random = np.random.default_rng(0)
    colours = {"anime": (250, 100, 180), "houses": (90, 90, 90), "sports100": (30, 150, 40), "masks": (150, 150, 220)}
    extra = {"houses": {"place": "house front"}, "sports100": {"action": "chess"}, "anime": {}}
    extra["masks"] = {"attributes": {"face_mask": False}}
    for name in [
        "anime",
        "houses",
        "sports100",
        "masks",
        "imfdb_attr",
        "lfw",
        "ccp_clothes",
        "clothing_cc0",
        "flickr8k",
    ]:
        (root / name / "train").mkdir(parents=True)
        (root / name / "metadata.jsonl").write_text("")
    for name in ["coco_mini", "exercises"]:
        (root / name / "train").mkdir(parents=True)
        (root / name / "metadata.jsonl").write_text("")
    for name, colour in colours.items():
        rows = []
        for i in range(24):
            noisy = (np.full((32, 32, 3), colour) + random.normal(0, 8, (32, 32, 3))).clip(0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(root / name / "train" / f"{i}.png")
            row = {"file": f"train/{i}.png", "split": "val" if i % 3 == 0 else "train", "w": 32, "h": 32}
            rows.append(row | extra[name])
        (root / name / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (root / "clothing_cc0" / "metadata.jsonl").write_text(
        json.dumps({"file": "train/0.png", "split": "train", "w": 8, "h": 8, "attributes": {"garment": "dress"}})
        + "\n"
        + json.dumps({"file": "train/0.png", "split": "val", "w": 8, "h": 8, "attributes": {"garment": "dress"}})
    )
    Image.new("RGB", (8, 8), (10, 10, 200)).save(root / "clothing_cc0" / "train" / "0.png")
    return root


def test_every_place_label_reads_as_a_phrase():
    for name in FRAME_WORDS:
        assert name in ("indoors", "outdoors", "drawn") or name.split()[0] in ("a", "an", "the") or "ing" in name
