"""Tiny generated sets in traindata's layout with cached features: what the training tests run on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from recipes.model.base.config import BaseConfig

THINGS = ("dog", "ball", "boat", "horse")
COLOURS = ("red", "blue", "green")


def encode(texts: list[str]) -> np.ndarray:
    """A stand-in for MiniLM: unit vectors that a text's bytes decide."""
    rows = []
    for text in texts:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")
        rows.append(np.random.default_rng(seed).normal(size=384))
    return np.stack([r / np.linalg.norm(r) for r in rows]).astype(np.float32)


def make_captioned(root: Path, cache: Path, name: str = "photos", count: int = 24, *, auto: bool = False) -> None:
    """`count` pictures, every fourth for validation; the grid's content depends on the caption."""
    rows, grids = [], []
    rng = np.random.default_rng(0)
    for i in range(count):
        thing, colour = THINGS[i % 4], COLOURS[i % 3]
        captions = [
            f"A {thing} runs on the beach .",
            f"A man in a {colour} shirt is throwing a ball at the {thing} in the park",
        ]
        split = "val" if i % 4 == 3 else "train"
        row = {"file": f"{split}/{i}.jpg", "split": split, "captions": captions, "has_person": i % 2 == 0}
        rows.append(row | ({"captions_auto": True} if auto else {}))
        grids.append(rng.random((49, 1280), np.float32) + 3 * (np.arange(1280) % 4 == i % 4))
        picture = root / name / row["file"]
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(picture)
    (root / name / "metadata.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    out = cache / f"{name}.grid"
    out.mkdir(parents=True)
    (out / "files.json").write_text(json.dumps([r["file"] for r in rows]))
    save_file({"grid": np.stack(grids).astype(np.float16)}, out / "0000.safetensors")


def make_faces(cache: Path, name: str = "faces", people: int = 12, photos: int = 5) -> None:
    """Face vectors and faceprints: people apart, photos of one person close; every third person for validation."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(people, 128))
    rows, vectors = [], []
    for person in range(people):
        for photo in range(photos):
            split = "val" if person % 3 == 2 else "train"
            rows.append({"file": f"{split}/{person}_{photo}.jpg", "identity": f"P{person}", "split": split})
            vectors.append(centres[person] + 0.2 * rng.normal(size=(2, 128)))
    body = rng.random((len(rows), 1280)).astype(np.float16)
    prints = np.repeat(rng.normal(size=(people, 1, 512)), photos, 0) + 0.5 * rng.normal(size=(len(rows), 2, 512))
    prints /= np.linalg.norm(prints, axis=2, keepdims=True)
    made = {"identity": np.stack(vectors).astype(np.float32), "prints": prints.astype(np.float16), "body": body}
    made["quality"] = np.tile(np.float32([0.8, 0.3]), (len(rows), 1))
    save_file(made, cache / f"{name}.identity.safetensors")
    (cache / f"{name}.identity.json").write_text(json.dumps(rows))


def make_config(folder: Path, kind: type[BaseConfig] = BaseConfig, **settings: object) -> BaseConfig:
    """A run of a few steps on the sets below `folder` (made on the first call); `kind` is a recipe's."""
    if not (folder / "data").exists():
        make_captioned(folder / "data", folder / "features")
        make_captioned(folder / "data", folder / "features", "templates", 8, auto=True)
        make_faces(folder / "features")
    given = {
        "data": folder / "data", "features": folder / "features", "out": folder / "run", "model": "tiny", "batch": 4,
        "captioned": "photos", "auto": "templates", "identities": "faces", "steps": 6, "warmup": 2, "dropout": 0.1,
        "validate_every": 3, "validate_rows": 4, "negatives": 16, 
        "precision": "float32", "save_every": 2, "log_every": 1, "auto_share": 0.25,
    }  # fmt: skip
    return kind(**{**given, **settings})
