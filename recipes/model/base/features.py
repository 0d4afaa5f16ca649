"""Frozen features of the training images, computed once and kept on disk.

In: sets of traindata (folders with a `metadata.jsonl`). Out, below a cache folder:

    <set>.grid/0000.safetensors …   "grid" [PART, 49, 1280] float16, in the order of `files.json`
    <set>.view1.grid/ …             the same of a random crop of every image
    <set>.identity.safetensors      "identity" [N, 2, 128] face vectors, "prints" [N, 2, 512] faceprints and "quality"
                                    [N, 2] (as it is, degraded), "body" [N, 1280]
    <set>.identity.json             one row a face: file, identity, split
    sentences.safetensors, .json    MiniLM "vectors" [N, 384] of N texts

Grids are written in parts: an interrupted extraction goes on, and the parts are read by slices, so that a set larger
than memory can be trained on. The degraded copy of a face is what a clip would show of it: small, JPEG, other light.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import SettingsError
from pvchat.model.config import IDENTITY_WIDTH
from pvchat.model.sentences import Encode
from pvchat.perception.experts.faces import FaceExpert
from pvchat.perception.experts.ssd import Detections
from pvchat.perception.search import describe
from pvchat.schemas import FACEPRINT, FloatArray
from pvchat.storage import atomic, tensorfile
from recipes.model.base.degrade import degrade_face
from recipes.pictures import middle_of, read_image, read_metadata, with_room

if TYPE_CHECKING:
    from pvchat.perception.experts.efficientnet import FrameExpert

HINT = "Make them first: python -m recipes.model.base.prepare, with the same --data, --out and --features."
PART = 256  # images of one part
_FACE_JITTER = 0.02  # of a face's height: how far a detector's points are off on a degraded copy
_TEXTS = 1024  # sentences encoded at a time
_CROP, _LIGHT = 0.5, 0.15  # of a view: least share of the area shown, how far its light is changed [choice]


class GridFeatures:
    """Grid tokens of one set, read by slices.

    Args:
        folder: a `<set>.grid` folder; parts that aren't there yet are left out.

    Raises:
        SettingsError: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "files.json").is_file():
            raise SettingsError("no features here", subject=str(folder), hint=HINT)
        names = json.loads((folder / "files.json").read_text(encoding="utf-8"))
        parts = [i for i in range(0, len(names), PART) if _part(folder, i).is_file()]
        self.row = {names[j]: j for i in parts for j in range(i, min(i + PART, len(names)))}
        self._open: dict[int, Any] = {}

    def read(self, files: Sequence[str]) -> NDArray[np.float16]:
        """Tokens [n, 49, 1280] of n files."""
        return np.stack([self._slice(self.row[name]) for name in files])

    def _slice(self, row: int) -> NDArray[np.float16]:
        from safetensors import safe_open

        start = row - row % PART
        if start not in self._open:
            self._open[start] = safe_open(_part(self.folder, start), framework="numpy").get_slice("grid")
        found: NDArray[np.float16] = self._open[start][row - start]
        return found


@dataclass
class FaceVectors:
    """Faces of one or several sets. N faces.

    Attributes:
        identity: [N, 2, 128] L2-normalised: as it is, degraded.
        prints: [N, 2, 512] faceprints of the same two.
        body: [N, 1280] pooled features of the whole crop.
        names: whose face, N of them.
        files: "set/file" of each.
        validation: [N] bool.
        quality: [N, 2] fitness of the same two for identification, 0..1.
    """

    identity: FloatArray
    prints: FloatArray
    body: FloatArray
    names: list[str]
    files: list[str]
    validation: NDArray[np.bool_]
    quality: FloatArray


def extract_grids(folder: Path, cache: Path, expert: FrameExpert, view: int = 0) -> GridFeatures:
    """Grid tokens of every image of a set; parts that exist are kept.

    Args:
        folder: the set.
        cache: where `<set>.grid` lies or is made.
        expert: the frozen extractor.
        view: 0 shows the images as they are, a higher number another random crop of each.
    """
    from safetensors.numpy import save_file

    out = grid_folder(cache, folder.name, view)
    out.mkdir(parents=True, exist_ok=True)
    files = [row["file"] for row in read_metadata(folder)]
    (out / "files.json").write_text(json.dumps(files), encoding="utf-8")
    for start in range(0, len(files), PART):
        path = _part(out, start)
        if not path.is_file():
            images = [read_image(folder / name) for name in files[start : start + PART]]
            if view:
                rng = np.random.default_rng([view, start])
                images = [random_view(image, rng) for image in images]
            grid = expert.grid(images)
            save_file({"grid": grid.astype(np.float16)}, path.with_suffix(".part"))
            path.with_suffix(".part").replace(path)
    return GridFeatures(out)


def grid_folder(cache: Path, name: str, view: int = 0) -> Path:
    """Where the grids of a set, or of one of its views, lie."""
    return cache / (f"{name}.view{view}.grid" if view else f"{name}.grid")


def random_view(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A random crop of an image in other light; its proportions change, as they do between frames and regions."""
    height, width = image.shape[:2]
    area, stretch = rng.uniform(_CROP, 1), float(np.exp(rng.uniform(-0.25, 0.25)))
    h, w = (max(8, round(n * min(1.0, area**0.5 * k))) for n, k in ((height, stretch), (width, 1 / stretch)))
    y, x = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    gain = 1 + rng.uniform(-_LIGHT, _LIGHT) + rng.uniform(-_LIGHT / 3, _LIGHT / 3, 3)
    return np.clip(image[y : y + h, x : x + w] * gain, 0, 255).astype(np.uint8)


def extract_faces(folder: Path, cache: Path, faces: FaceExpert, expert: FrameExpert, seed: int = 0) -> None:
    """Face vectors and faceprints of a set of face crops, as they are and degraded, written to `cache`.

    Args:
        folder: the set; rows without an identity and crops where no face is found are left out.
        cache: where the two files go; existing ones are kept.
        faces: detector and identity network.
        expert: for the pooled features.
        seed: of the degradation.

    Raises:
        SettingsError: no runtime makes faceprints.
    """
    from safetensors.numpy import save_file

    arrays, table = cache / f"{folder.name}.identity.safetensors", cache / f"{folder.name}.identity.json"
    if table.is_file() and arrays.is_file():
        return
    rng = np.random.default_rng(seed)
    kept, vectors, bodies = [], [], []
    for row in read_metadata(folder):
        image = read_image(folder / row["file"])
        pair = _both(image, faces, rng) if row.get("identity") else None
        if pair is not None:
            kept.append({key: row[key] for key in ("file", "identity", "split")})
            vectors.append(pair)
            bodies.append(expert.pooled([image])[0])
    cache.mkdir(parents=True, exist_ok=True)
    identity, prints, quality = np.split(np.stack(vectors), [IDENTITY_WIDTH, IDENTITY_WIDTH + FACEPRINT], axis=2)
    made = {"identity": identity, "prints": prints.astype(np.float16), "body": np.stack(bodies).astype(np.float16)}
    made["quality"] = quality[..., 0]
    save_file({name: np.ascontiguousarray(array) for name, array in made.items()}, arrays)
    table.write_text(json.dumps(kept), encoding="utf-8")


def read_faces(cache: Path, sets: Sequence[str]) -> FaceVectors:
    """The face vectors of several sets that `extract_faces` wrote; vectors are normalised here."""
    from safetensors.numpy import load_file

    rows, files, identity, prints, body, quality = [], [], [], [], [], []
    for name in sets:
        if not (cache / f"{name}.identity.json").is_file() or not (cache / f"{name}.identity.safetensors").is_file():
            raise SettingsError(f"no face vectors of '{name}' here", subject=str(cache), hint=HINT)
        arrays = load_file(cache / f"{name}.identity.safetensors")
        own = json.loads((cache / f"{name}.identity.json").read_text(encoding="utf-8"))
        rows += own
        files += [f"{name}/{row['file']}" for row in own]
        identity.append(arrays["identity"].astype(np.float32))
        prints.append(arrays["prints"].astype(np.float32))
        body.append(arrays["body"].astype(np.float32))
        quality.append(arrays["quality"])
    vectors = np.concatenate(identity)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
    validation = np.array([row["split"] == "val" for row in rows])
    both = np.concatenate(prints), np.concatenate(body)
    return FaceVectors(vectors, *both, [row["identity"] for row in rows], files, validation, np.concatenate(quality))


def sentence_vectors(texts: Sequence[str], cache: Path, encode: Encode) -> FloatArray:
    """MiniLM vectors [n, 384] of n texts; only those that the cache lacks are computed, and added to it."""
    arrays, table = cache / "sentences.safetensors", cache / "sentences.json"
    known, vectors = _kept_sentences(arrays, table)
    seen = set(known)
    new = [text for text in dict.fromkeys(texts) if text not in seen]
    if new:
        found = [encode(new[i : i + _TEXTS]) for i in range(0, len(new), _TEXTS)]
        known, vectors = [*known, *new], np.concatenate([vectors, *found]).astype(np.float32)
        atomic.write_file(arrays, tensorfile.pack({"vectors": vectors}), durable=False)
        atomic.write_file(table, json.dumps(known).encode(), durable=False)
    row = {text: i for i, text in enumerate(known)}
    chosen: FloatArray = vectors[[row[text] for text in texts]]
    return chosen


def _kept_sentences(arrays: Path, table: Path) -> tuple[list[str], FloatArray]:
    """The texts and their vectors; vectors beyond the texts are of a process that died before it wrote those."""
    try:
        known = json.loads(table.read_text(encoding="utf-8"))
        vectors: FloatArray = tensorfile.unpack(arrays.read_bytes())["vectors"][: len(known)]
    except (OSError, ValueError, KeyError):
        return [], np.zeros((0, 384), np.float32)
    return known[: len(vectors)], vectors


def _both(image: NDArray[np.uint8], faces: FaceExpert, rng: np.random.Generator) -> FloatArray | None:
    """Vectors [2, 128 + 512], and quality, of the middle face, as it is and degraded; None when none is found."""
    image = with_room(image)
    boxes, points, scores = faces.detector.detect_many([image])[0]
    if not len(boxes):
        return None
    best = middle_of(boxes, image)
    small, scale = degrade_face(image, float(boxes[best, 3] - boxes[best, 1]), rng)
    height = scale * float(boxes[best, 3] - boxes[best, 1])
    moved = points[best] * scale + rng.normal(0, _FACE_JITTER * height, (5, 2))
    shown = ((image, boxes[best], points[best]), (small, boxes[best] * scale, moved.astype(np.float32)))
    located = [Detections(box[None], five[None], scores[[best]]) for _, box, five in shown]
    own = describe([i for i, _, _ in shown], located, np.arange(len(shown)), faces)
    prints = faces.prints([i for i, _, _ in shown], [five for _, _, five in shown])
    identity, quality = np.concatenate([one.identity for one in own]), np.stack([one.quality for one in own])
    return np.concatenate([identity, prints, quality], axis=1).astype(np.float32)


def _part(folder: Path, start: int) -> Path:
    return folder / f"{start // PART:04d}.safetensors"
