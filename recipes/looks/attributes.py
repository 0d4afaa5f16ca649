"""Recipe of the small heads in `perception/experts/attributes.safetensors`.

In: the folder of image sets (a metadata.jsonl each, and images). Out: one file of linear heads, and its card with the
validation precision and recall of every label at its threshold.
Run: `python -m recipes.looks.attributes TRAINDATA --out FILE`.

Crops are trained on as they are and as degraded copies (shrunk, JPEG, grey, shifted), because footage is softer than
photos. A label whose precision on the validation split can't reach PRECISION is left out. Thresholds are chosen on the
same validation rows that the card reports, so its numbers are slightly optimistic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception.boxes import crop
from pvchat.perception.experts.headfiles import sigmoid
from recipes.figures.figurefits import descend
from recipes.looks.attribute_labels import (
    FACED,
    FRAME_KINDS,
    FRAME_WORDS,
    HEAD_WORDS,
    READERS,
    LabelledCrop,
    read_examples,
)
from recipes.model.base.degrade import compressed
from recipes.pictures import read_image, read_metadata

if TYPE_CHECKING:
    from pvchat.perception.experts.efficientnet import FrameExpert
    from pvchat.perception.experts.mtcnn import MTCNN

PRECISION = 0.8
# What is said about nearly every clip must be right more often than what is rarely said.
STRICTER = {
    "man": 0.92,
    "woman": 0.9,
    "a face mask": 0.9,
    "sunglasses": 0.9,
    "a hat": 0.9,
    "drawn": 0.98,
    "indoors": 0.9,
    "outdoors": 0.98,
}
RECALL = 0.08  # a label that would almost never be spoken isn't worth its row
COPIES = 2  # of each crop of a head: as it is, and degraded
SEED = 0
_CHUNK = 64  # images in memory at once
_FACE_SCORE = 0.9
LABELS = {
    "head": [*HEAD_WORDS, "a face mask", "man", "woman"],
    # places settle what is indoors or outdoors; which place it is, `recipes/places` tells
    "frame": [name for name in FRAME_WORDS if FRAME_KINDS[name] != "place"],
}


@dataclass
class SetFeatures:
    """Features of one image set, in the order of its metadata. N images."""

    files: list[str]
    pooled: NDArray[np.float16]  # [N, 1280]
    grid3: NDArray[np.float16]  # [N, 9, 1280]


def extract(folder: Path, cache: Path, expert: FrameExpert) -> SetFeatures:
    """Whole-image features of one set of traindata, computed once and kept in `cache`.

    Args:
        folder: a set's folder, with `metadata.jsonl` and the images that it names.
        cache: where `<set>.safetensors` (pooled, grid3) and `<set>.json` (file order) are kept.
        expert: the frozen feature extractor.
    """
    from safetensors.numpy import load_file, save_file

    arrays_path, order_path = cache / f"{folder.name}.safetensors", cache / f"{folder.name}.json"
    files = [row["file"] for row in read_metadata(folder)]
    if arrays_path.exists() and order_path.exists() and json.loads(order_path.read_text())["files"] == files:
        arrays = load_file(arrays_path)
        return SetFeatures(files, arrays["pooled"], arrays["grid3"])
    pooled, grid3 = [], []
    for start in range(0, len(files), _CHUNK):
        grid = expert.grid([read_image(folder / name) for name in files[start : start + _CHUNK]])
        pooled.append(grid.mean(1).astype(np.float16))
        grid3.append(pool_grid(grid).astype(np.float16))
    found = SetFeatures(files, np.concatenate(pooled), np.concatenate(grid3))
    cache.mkdir(parents=True, exist_ok=True)
    save_file({"pooled": found.pooled, "grid3": found.grid3}, arrays_path)
    order_path.write_text(json.dumps({"files": files}))
    return found


def find_faces(folder: Path, cache: Path, detector: MTCNN) -> list[list[list[float]]]:
    """Face boxes of every image of a set (fractions, best first), kept in `cache` as `<set>.faces.json`."""
    path, files = cache / f"{folder.name}.faces.json", [row["file"] for row in read_metadata(folder)]
    if path.exists() and (kept := json.loads(path.read_text()))["files"] == files:
        return kept["faces"]
    faces = []
    for name in files:
        image = read_image(folder / name)
        height, width = image.shape[:2]
        boxes, _, scores = detector.detect_many([image])[0]
        boxes = np.asarray(boxes / [width, height, width, height], np.float32)
        faces.append(
            [[round(float(v), 4) for v in box] for box, s in zip(boxes, scores, strict=True) if s > _FACE_SCORE]
        )
    cache.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"files": files, "faces": faces}))
    return faces


def pool_grid(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    """[B, 49, D] tokens of a 7 by 7 map to [B, 9, D]: overlapping 3 by 3 windows (rows 0-2, 2-4, 4-6)."""
    square = grid.reshape(len(grid), 7, 7, -1)
    cells = [square[:, i : i + 3, j : j + 3].mean((1, 2)) for i in (0, 2, 4) for j in (0, 2, 4)]
    return np.stack(cells, 1)


def examples(root: Path, cache: Path, detector: MTCNN) -> list[LabelledCrop]:
    """Every crop with what is known about it, over all sets below `root`."""
    found: list[LabelledCrop] = []
    for name in READERS:
        folder = root / name
        rows = read_metadata(folder)
        faces = find_faces(folder, cache, detector) if name in FACED else [[] for _ in rows]
        found += read_examples(folder, rows, faces)
    return found


def dimmed(picture: Image.Image, gain: float) -> Image.Image:
    """A picture in so much of its light; above 1 in more."""
    return picture.point([min(255, int(v * gain)) for v in range(256)] * 3)


def degrade(image: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """A copy as footage would show it: 24 to 160 pixels long, JPEG, sometimes grey, other light, mirrored."""
    from PIL import Image

    picture = Image.fromarray(image)
    scale = float(np.exp(random.uniform(np.log(24), np.log(160)))) / max(picture.size)
    if scale < 1:
        picture = picture.resize([max(2, round(v * scale)) for v in picture.size], Image.Resampling.BOX)
    if random.random() < 0.15:
        picture = picture.convert("L").convert("RGB")
    light = dimmed(picture, random.uniform(0.6, 1.25))
    out = np.asarray(compressed(light, int(random.integers(35, 85))))
    return np.ascontiguousarray(out[:, ::-1]) if random.random() < 0.5 else out


def shifted(box: list[float] | None, random: np.random.Generator) -> list[float]:
    """The box moved by up to 8 % and scaled by up to 15 % of its size."""
    x0, y0, x1, y1 = box or [0.0, 0.0, 1.0, 1.0]
    dx, dy = random.uniform(-0.08, 0.08, 2) * [x1 - x0, y1 - y0]
    half = random.uniform(0.85, 1.15) / 2
    x, y = (x0 + x1) / 2 + dx, (y0 + y1) / 2 + dy
    return [x - half * (x1 - x0), y - half * (y1 - y0), x + half * (x1 - x0), y + half * (y1 - y0)]


def crop_features(
    rows: list[LabelledCrop], expert: FrameExpert, cache: Path, part: str
) -> tuple[NDArray, NDArray[np.int64]]:
    """Features of one part's crops, and the row each belongs to, COPIES times each."""
    from safetensors.numpy import load_file, save_file

    path = cache / f"crops.{part}.safetensors"
    digest = sha256(repr([(row.path.name, row.box, row.train) for row in rows]).encode()).digest()
    key = np.frombuffer(digest, np.uint8)
    if path.exists() and np.array_equal((kept := load_file(path))["key"], key):
        return kept["features"].astype(np.float32), kept["owner"]
    random, features, owner, batch = np.random.default_rng(SEED), [], [], []
    for i, row in enumerate(rows):
        image = read_image(row.path)
        for copy in range(COPIES):
            box = row.box or [0.0, 0.0, 1.0, 1.0]
            cut = crop(image, np.array(shifted(box, random) if copy else box, np.float32))
            batch.append(degrade(cut, random) if copy else cut)
            owner.append(i)
        if len(batch) >= _CHUNK or i == len(rows) - 1:
            features.append(expert.pooled(batch))
            batch = []
    out, owners = np.concatenate(features), np.array(owner)
    save_file({"features": out.astype(np.float16), "owner": owners, "key": key}, path)
    return out, owners


def fit(x: NDArray, y: NDArray, weight: NDArray, decay: float = 0.1, steps: int = 250) -> tuple[NDArray, NDArray]:
    """Weighted logistic regressions, all labels at once, standardised features, Adam on the full batch.

    Args:
        x: [N, 1280] features.
        y: [N, C] 0 or 1.
        weight: [N, C], 0 where the label is unknown.
        decay: L2 strength.
        steps: of Adam.

    Returns:
        weights [C, 1280] and biases [C] for raw features.
    """
    import torch

    mean, std = x.mean(0), x.std(0) + 1e-3
    z = torch.from_numpy(((x - mean) / std).astype(np.float32))
    target, mass = torch.from_numpy(y.astype(np.float32)), torch.from_numpy(weight.astype(np.float32))
    mass = mass / mass.sum(0, keepdim=True).clamp_min(1)
    w, b = torch.zeros(y.shape[1], x.shape[1], requires_grad=True), torch.zeros(y.shape[1], requires_grad=True)
    optimiser = torch.optim.Adam([w, b], lr=5e-3)
    for _ in range(steps):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z @ w.T + b, target, mass, reduction="sum")
        loss = loss + decay * w.square().sum()
        descend(optimiser, loss)
    found = w.detach().numpy() / std
    return found, b.detach().numpy() - found @ mean


def operating_point(p: NDArray, y: NDArray, precision: float = PRECISION) -> dict[str, float] | None:
    """The lowest threshold at which precision holds on validation scores p [n] with truth y [n]; None if none does."""
    order = np.argsort(-p)
    hits = np.cumsum(y[order])
    claimed = np.arange(1, len(p) + 1)
    good = np.flatnonzero((hits / claimed >= precision) & (hits >= 5))
    if len(good) == 0 or hits[good[-1]] < RECALL * y.sum():
        return None
    at = good[-1]
    threshold = floor(max(float(p[order[at]]), 0.5) * 1e4) / 1e4  # rounded down: it must not exceed the score
    return {
        "threshold": threshold, "precision": round(float(hits[at] / claimed[at]), 3),
        "recall": round(float(hits[at] / y.sum()), 3), "positives": int(y.sum()), "validated": len(p),
    }  # fmt: skip


def train(root: Path, out: Path, cache: Path, expert: FrameExpert, detector: MTCNN) -> dict[str, Any]:
    """Fit all heads, choose thresholds on the validation rows, write `out` and its card; returns the card."""
    from safetensors.numpy import save_file

    found = examples(root, cache, detector)
    tensors: dict[str, NDArray] = {}
    card: dict[str, Any] = {
        "source": "recipes.looks.attributes",
        "precision_asked": PRECISION,
        "stricter": STRICTER,
        "heads": {},
        "dropped": {},
    }
    for part, table in LABELS.items():
        rows = [row for row in found if row.part == part]
        read = _frame_features if part == "frame" else crop_features
        x, owner = read(rows, expert, cache, part)
        y, weight = (np.array([[rows[i].labels.get(n, (0, 0.0))[k] for n in table] for i in owner]) for k in (0, 1))
        train_rows = np.array([rows[i].train for i in owner])
        w, b = fit(x[train_rows], y[train_rows], weight[train_rows])
        w = w.astype(np.float16)  # as stored: thresholds belong to the rounded weights
        p = sigmoid(x[~train_rows] @ w.T.astype(np.float32) + b)
        kept, card["heads"][part] = [], {}
        for j, name in enumerate(table):
            if FRAME_KINDS.get(name) == "place":
                continue  # they only teach what is outdoors: places are `recipes/places`'s
            known = weight[~train_rows][:, j] > 0
            point = (
                operating_point(p[known, j], y[~train_rows][known, j], STRICTER.get(name, PRECISION))
                if known.any()
                else None
            )
            if point is None:
                card["dropped"][f"{part}: {name}"] = int(y[~train_rows][known, j].sum())
                continue
            kept.append(j)
            card["heads"][part][name] = point
        tensors |= {f"{part}.weight": w[kept], f"{part}.bias": b[kept].astype(np.float32)}
    save_file(tensors, out)
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n")
    return card


def _frame_features(
    rows: list[LabelledCrop], expert: FrameExpert, cache: Path, part: str
) -> tuple[NDArray, NDArray[np.int64]]:
    folders = {row.path.parent.parent.name: row.path.parent.parent for row in rows}
    features = {name: extract(folder, cache, expert).pooled for name, folder in folders.items()}
    x = np.stack([features[row.path.parent.parent.name][row.row] for row in rows]).astype(np.float32)
    return x, np.arange(len(rows))


def main(arguments: list[str] | None = None) -> None:
    """`python -m recipes.looks.attributes TRAINDATA --out FILE [--cache FOLDER]`."""
    import argparse

    from pvchat.perception.experts.efficientnet import FrameExpert
    from pvchat.perception.experts.mtcnn import MTCNN

    parser = argparse.ArgumentParser(prog="recipes.looks.attributes", description=__doc__.split("\n")[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keeps features; default: beside --out")
    chosen = parser.parse_args(arguments)
    cache = chosen.cache or chosen.out.parent / "features"
    train(chosen.traindata, chosen.out, cache, FrameExpert(), MTCNN(min_face=18))


if __name__ == "__main__":
    main()
