"""Composed scenes for phase 3 of base training: identities in captioned pictures, as the experts see them.

    python -m recipes.scenes.making --data ../shared/traindata --features runs/features --count 400

In: image sets, and the cache that `recipes.model.base.prepare` filled. Out: in that cache `composites.train` with COUNT
scenes and `composites.val` with a quarter of that, in parts of PART; what exists is kept. Identities and backgrounds
of a split stay in it. Faces aren't searched for: where they are is known, their vectors are taken from the composed
pixels at (nearly) those points, as the product takes them from found ones.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.perception.boxes import body_box, crop
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.faces import FaceExpert
from pvchat.perception.experts.ssd import Detections
from pvchat.perception.search import describe
from pvchat.schemas import ClipAnalysis, Track
from recipes.bases.config import IDENTITIES
from recipes.model.base.config import CAPTIONED
from recipes.model.base.data import Photo, read_photos
from recipes.model.base.episodes import ARRAYS, ComposedScene, ScenePerson, read_scenes
from recipes.pictures import middle_of, read_image
from recipes.scenes.actors import ActorHead
from recipes.scenes.composites import Composite, compose

PART = 50  # scenes of one part
HEADS = 600  # faces that scenes are composed with, spread over the identities
_JITTER = 0.02  # of the face's height: a detector's error at a point
_FRAME_S = 1.0  # seconds between the frames of a composite
PEOPLE = frozenset({"man", "woman", "boy", "girl", "child", "person", "people", "men", "women", "kid", "player", "guy",
                    "lady"})  # fmt: skip


@dataclass(frozen=True)
class Studio:
    """What scenes are composed of, and who looks at them.

    Attributes:
        heads: of the identities of one split.
        photos: captioned backgrounds of the same split.
        root: folder of image sets.
        faces, frames: the experts.
        seed: every scene has its own generator out of (seed, number).
    """

    heads: Sequence[ActorHead]
    photos: Sequence[Photo]
    root: Path
    faces: FaceExpert
    frames: FrameExpert
    seed: int = 0


def see(
    composite: Composite, key: str, faces: FaceExpert, frames: FrameExpert, rng: np.random.Generator
) -> tuple[ClipAnalysis, list[ScenePerson]]:
    """What the experts say about a composite.

    Args:
        composite: frames and truth.
        key: of the analysis.
        faces: describes the faces.
        frames: grid and body features.
        rng: of the errors at the points.
    """
    height, width = composite.frames.shape[1:3]
    size, count = np.array([width, height], np.float32), len(composite.frames)
    tracks, people = [], []
    for truth, walks in zip(composite.people, composite.walks, strict=True):
        images = [composite.frames[i] for i in truth.frames]
        high = (truth.boxes[:, 3] - truth.boxes[:, 1]) * height
        points = truth.points * size + rng.normal(0, 1, truth.points.shape) * _JITTER * high[:, None, None]
        located = [
            Detections(b[None] * np.tile(size, 2), p[None].astype(np.float32), np.ones(1, np.float32))
            for b, p in zip(truth.boxes, points, strict=True)
        ]
        found = describe(images, located, np.arange(len(images)), faces)
        bodies = np.stack([body_box(b * np.tile(size, 2)) for b in truth.boxes]) / np.tile(size, 2)
        identity = np.concatenate([f.identity for f in found])
        tracks.append(
            Track("face", truth.frames, truth.boxes, (points / size).astype(np.float32),
                  np.ones(len(images), np.float32),
                  np.concatenate([f.quality for f in found]).astype(np.float32), _normal(identity),
                  bodies.astype(np.float32), frames.pooled([crop(im, b) for im, b in zip(images, bodies, strict=True)]),
                  np.full((len(images), 33, 4), np.nan, np.float32))
        )  # fmt: skip
        people.append(
            ScenePerson(truth.identity, truth.file, truth.position, truth.movement, walks, truth.worn, truth.covered)
        )
    times = (_FRAME_S * (np.arange(count) + 0.5)).astype(np.float32)
    grid = frames.grid(composite.frames).astype(np.float16)
    return ClipAnalysis(key, count * _FRAME_S, width, height, times, grid, tracks), people


def make_scenes(studio: Studio, out: Path, count: int) -> list[ComposedScene]:
    """Compose and analyse scenes; parts that exist are kept.

    Args:
        studio: what they are made of.
        out: `composites.<split>` in the cache.
        count: scenes, rounded up to whole parts.
    """
    out.mkdir(parents=True, exist_ok=True)
    for start in range(0, count, PART):
        path = out / f"{start // PART:04d}.json"
        if not path.is_file():
            scenes = [_make(studio, i) for i in range(start, start + PART)]
            write_scenes(scenes, path)
    return read_scenes(out)


def write_scenes(scenes: Sequence[ComposedScene], path: Path) -> None:
    """Write one part: `path` (.json) and the arrays beside it; the .json comes last: a part is whole or absent."""
    from safetensors.numpy import save_file

    arrays: dict[str, Any] = {}
    rows = []
    for i, scene in enumerate(scenes):
        analysis = scene.analysis
        arrays |= {f"{i}.grid": analysis.frame_features, f"{i}.times": analysis.times}
        for j, track in enumerate(analysis.tracks):
            arrays |= {f"{i}.{j}.{name}": np.ascontiguousarray(getattr(track, name)) for name in ARRAYS}
        rows.append(
            {"key": analysis.key, "duration": analysis.duration_s, "size": [analysis.width, analysis.height],
             "people": [vars(p) for p in scene.people], "captions": scene.captions, "camera": scene.camera}
        )  # fmt: skip
    save_file(arrays, path.with_suffix(".safetensors"))
    path.write_text(json.dumps(rows), encoding="utf-8")


def read_heads(
    root: Path, cache: Path, sets: Sequence[str], validation: bool, most: int, detector: Any
) -> list[ActorHead]:
    """Heads with detected points.

    Args:
        root: folder of image sets.
        cache: with `<set>.identity.json`: crops whose face is found.
        sets: of faces.
        validation: which split.
        most: heads of all sets together, spread evenly.
        detector: MTCNN.
    """
    split = "val" if validation else "train"
    rows = [(name, row) for name in sets for row in json.loads((cache / f"{name}.identity.json").read_text("utf-8"))]
    rows = [pair for pair in rows if pair[1]["split"] == split]
    heads = []
    for i in np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)):
        name, row = rows[i]
        image = np.pad(read_image(root / name / row["file"]), ((24, 24), (24, 24), (0, 0)), mode="edge")
        boxes, points, _ = detector.detect_many([image])[0]
        if len(boxes):
            best = middle_of(boxes, image)
            heads.append(ActorHead(image, boxes[best], points[best], row["identity"], f"{name}/{row['file']}"))
    return heads


def backgrounds(photos: Sequence[Photo]) -> list[Photo]:
    """Captioned pictures without people, so that who is in a scene is known."""
    return [p for p in photos if not p.row.get("has_person", False) and not _mentions(p, PEOPLE)]


def _make(studio: Studio, i: int) -> ComposedScene:
    """Scene number i."""
    rng = np.random.default_rng([studio.seed, i])
    photo, heads = studio.photos[int(rng.integers(len(studio.photos)))], studio.heads
    names = sorted({h.identity for h in heads})
    chosen = [names[k] for k in rng.permutation(len(names))[: (1, 1, 2, 2, 3)[rng.integers(5)]]]
    cast = [own[rng.integers(len(own))] for name in chosen if (own := [h for h in heads if h.identity == name])]
    composite = compose(read_image(studio.root / photo.set / photo.file), cast, rng)
    analysis, people = see(composite, f"composite-{studio.seed}-{i}", studio.faces, studio.frames, rng)
    return ComposedScene(analysis, people, photo.captions, composite.camera)


def _mentions(photo: Photo, words: frozenset[str]) -> bool:
    return any(word.strip(".,") in words for text in photo.captions for word in text.lower().split())


def _normal(vectors: Any) -> Any:
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)).astype(np.float32)


def main(words: Sequence[str] | None = None) -> None:
    """Compose with command-line words."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/traindata"))
    parser.add_argument("--features", type=Path, default=Path("runs/features"))
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(words)
    faces, frames, photos = FaceExpert(), FrameExpert(), read_photos(args.data, CAPTIONED)
    for validation, count in ((False, args.count), (True, args.count // 4)):
        heads = read_heads(args.data, args.features, IDENTITIES, validation, HEADS, faces.detector)
        own = backgrounds([photo for photo in photos if photo.validation == validation])
        studio = Studio(heads, own, args.data, faces, frames, args.seed + validation)
        make_scenes(studio, args.features / f"composites.{'val' if validation else 'train'}", count)


if __name__ == "__main__":
    main()
