"""What isn't a face: the recipe of the directions, and what the shipped ones say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from pvchat.perception.experts import faceprint
from pvchat.perception.experts.faces import FaceExpert, Located
from pvchat.train.fits import nobodies


class Detector:
    """Sees one box in every photo, as sure as the photo is bright; its faceprint is the photo's brightness."""

    def locate_many(self, images: Sequence[np.ndarray]) -> list[Located]:
        score = np.float32([images[0].mean() / 255])
        return [Located(np.float32([[0, 0, 9, 9]]), np.zeros((1, 5, 2), np.float32), score)]

    def prints(self, images: Sequence[np.ndarray], points: Sequence[np.ndarray]) -> np.ndarray:
        assert len(images) == len(points)
        rows = [np.eye(faceprint.FACEPRINT, dtype=np.float32)[round(float(image.mean()))] for image in images]
        return np.stack(rows) if rows else np.zeros((0, faceprint.FACEPRINT), np.float32)


def test_the_recipe_takes_doubtful_boxes_of_empty_rooms_and_all_drawn_ones(tmp_path: Path) -> None:
    for name in (*nobodies.EMPTY, *nobodies.DRAWN):
        (tmp_path / name).mkdir()
        rows = []
        for level, split in ((200, "train"), (250, "train"), (100, "val")):  # 250: somebody may be in the photo
            Image.new("RGB", (16, 16), (level,) * 3).save(tmp_path / name / f"{level}.png")
            rows.append(json.dumps({"file": f"{level}.png", "split": split}))
        (tmp_path / name / "metadata.jsonl").write_text("\n".join(rows))
    found = nobodies.directions(tmp_path, Detector(), tell=False)  # type: ignore[arg-type]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.flatnonzero(found[0]).tolist() == [200]
    assert np.flatnonzero(found[1]).tolist() == [200, 250]


def test_the_shipped_directions_are_means_of_unit_length() -> None:
    rows = load_file(faceprint.NOBODY)["directions"].astype(np.float32)
    assert rows.shape == (2, faceprint.FACEPRINT)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-2)


@pytest.mark.weights
def test_a_face_shows_more_than_noise_does() -> None:
    """The demo's portrait at 40 pixels, and the detector's crops of a picture without a face."""
    from pvchat.assets.footage import FOOTAGE
    from pvchat.assets.weights import member_path

    image = np.asarray(Image.open(member_path("footage-astronaut", "astronaut.png", table=FOOTAGE)).convert("RGB"))
    expert = FaceExpert()
    (found,) = expert.locate_many([image])
    best = int(found.scores.argmax())
    scale = 40 / float(found.boxes[best, 3] - found.boxes[best, 1])
    small = np.asarray(Image.fromarray(image).resize((round(512 * scale), round(512 * scale))))
    (face,) = faceprint.blankness(expert.prints([small], [found.points[best] * scale]))
    noise = np.random.default_rng(0).integers(0, 255, (12, 112, 112, 3), np.uint8)
    assert face < 0.1
    assert np.median(faceprint.blankness(expert.printer.describe(noise))) > faceprint.BLANK
