"""Every face of the training data, aligned with room around it, and who may learn from it.

    python -m recipes.faces.faceset ../shared/traindata --cache runs/faces

In: folders of the training data. Out: a cache of `FaceSet`s, one file a folder.

A face is kept as a patch of 200 pixels: dlib's 150-pixel chip with a margin of 25, so that wrong points, which turn and
shift a chip, still find true pixels outside it. Its mesh is kept too: it turns the head (`facedegrade.py`).

Identities are told apart by a hash of their name: 5 % are never trained on and measured at the end (LFW's own
validation people with them), 5 % choose among checkpoints. Names are compared across sets, as one star is in several.
Faces without a name in film stills and stock photos have no role but to be described (distillation).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.errors import SettingsError
from pvchat.perception.experts.faces import TEMPLATE
from pvchat.perception.experts.mesh import POINTS, MeshExpert
from pvchat.perception.experts.mtcnn import MTCNN
from pvchat.schemas import FloatArray
from pvchat.storage import tensorfile
from recipes.pictures import middle_of, with_room

MARGIN = 25  # pixels around a chip
PATCH = 150 + 2 * MARGIN
NAMED = ("lfw", "celeb_glint", "imfdb_id")
UNNAMED = ("imfdb_attr", "masks", "professions", "har_stills", "stanford40", "exercises", "sports100", "flickr8k")
_TEST, _SELECT = 0.05, 0.10  # hash fractions below which an identity is for the table, for choosing checkpoints
_SMALLEST = 40.0  # pixels of face height under which an unnamed face says too little about itself
_SCORE = 0.9  # detector score of an unnamed face
_EXTRA = 3  # unnamed faces taken from one picture at most


@dataclass(frozen=True)
class FaceSet:
    """n aligned faces.

    Attributes:
        patches: [n, 200, 200, 3] uint8 RGB; the chip is [25:175, 25:175].
        height: [n] face box height in patch pixels.
        source: [n] face box height in pixels of the picture it came from.
        mesh: [n, 468, 3] mesh points in patch pixels (z too), NaN where no mesh was found.
        name: [n] identity in lower case, empty where unknown.
        role: [n] "train", "select" or "test".
    """

    patches: NDArray[np.uint8]
    height: FloatArray
    source: FloatArray
    mesh: FloatArray
    name: NDArray[np.str_]
    role: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.patches)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> FaceSet:
        """The faces at these places."""
        return FaceSet(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


def role(name: str, split: str) -> str:
    """Who may learn from an identity: decided by its name, and by the set's own split."""
    if not name:
        return "train" if split == "train" else "test"
    draw = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little") / 2**32
    if split == "val" or draw < _TEST:
        return "test"
    return "select" if draw < _SELECT else "train"


def load(cache: Path) -> FaceSet:
    """All cached sets together; an identity that is held out in one set is held out in all."""
    files = sorted(cache.glob("*.faces"))
    if not files:
        raise SettingsError("no cached faces here", subject=str(cache), hint="Run this module on the training data.")
    parts = [_unpack(file) for file in files]
    together = FaceSet(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(FaceSet)})
    kept_out = set(together.name[(together.role == "test") & (together.name != "")].tolist())
    together.role[np.isin(together.name, sorted(kept_out))] = "test"
    return together


def extract(folder: Path, named: bool) -> FaceSet:
    """The faces of one set: the middle one of each picture that names a person, else the largest three."""
    detector, mesher = MTCNN(), MeshExpert()
    rows: list[tuple[NDArray[np.uint8], float, float, FloatArray, str, str]] = []
    for line in (folder / "metadata.jsonl").read_text().splitlines():
        row = json.loads(line)
        name = str(row.get("identity") or "").lower().replace("_", " ")
        if named != bool(name) or row.get("attributes", {}).get("face_mask"):
            continue
        image = np.asarray(Image.open(folder / row["file"]).convert("RGB"))
        image = with_room(image) if named else image
        boxes, points, scores = detector.detect_many([image])[0]
        for i in _chosen(image, boxes, scores, named):
            patch, matrix, offset = aligned(image, points[i])
            scale = np.float32(abs(matrix[0] + 1j * matrix[1]))
            size = np.array(image.shape[1::-1], np.float32)
            mesh = mesher.mesh(image, (boxes[i].reshape(2, 2) / size).ravel(), points[i] / size)
            laid = np.full((POINTS, 3), np.nan, np.float32)
            if mesh is not None:
                laid[:, :2] = place(mesh.points[:, :2] * size, matrix, offset)
                laid[:, 2] = mesh.points[:, 2] * size[0] * scale
            source = float(boxes[i, 3] - boxes[i, 1])
            rows.append((patch, source * float(scale), source, laid, name, role(name, row["split"])))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    return FaceSet(
        patches=np.array(columns[0], np.uint8).reshape(-1, PATCH, PATCH, 3),
        height=np.array(columns[1], np.float32),
        source=np.array(columns[2], np.float32),
        mesh=np.array(columns[3], np.float32).reshape(-1, POINTS, 3),
        name=np.array(columns[4], np.str_),
        role=np.array(columns[5], np.str_),
    )


def _chosen(image: NDArray[np.uint8], boxes: FloatArray, scores: FloatArray, named: bool) -> list[int]:
    if not len(boxes):
        return []
    if named:
        return [middle_of(boxes, image)]
    height = boxes[:, 3] - boxes[:, 1]
    good = (height >= _SMALLEST) & (scores >= _SCORE)
    return [int(i) for i in np.argsort(-height) if good[i]][:_EXTRA]


def aligned(image: NDArray[np.uint8], points: FloatArray) -> tuple[NDArray[np.uint8], FloatArray, FloatArray]:
    """The patch of a face with five points [5, 2], and the similarity that led to it (`place`)."""
    matrix, offset = similarity(points, TEMPLATE + MARGIN)
    source, inverse = Image.fromarray(image), 1 / (matrix[0] + 1j * matrix[1])
    shift = -inverse * (offset[0] + 1j * offset[1])
    shrink = abs(inverse)
    if shrink > 1.5:  # the affine warp has no anti-aliasing of its own
        source = source.reduce(int(shrink + 0.5))
        inverse, shift = inverse / int(shrink + 0.5), shift / int(shrink + 0.5)
    affine = (inverse.real, -inverse.imag, shift.real, inverse.imag, inverse.real, shift.imag)
    patch = source.transform((PATCH, PATCH), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
    return np.asarray(patch), matrix, offset


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> tuple[FloatArray, FloatArray]:
    """Least-squares turn, scale and shift of points [n, 2]: (cos, sin) times scale [2] and the shift [2]."""
    s, t = (np.asarray(p, np.float64) @ np.array([1, 1j]) for p in (source, target))
    factor = np.vdot(s - s.mean(), t - t.mean()) / max(float((abs(s - s.mean()) ** 2).sum()), 1e-9)
    shift = t.mean() - factor * s.mean()
    return np.array([factor.real, factor.imag]), np.array([shift.real, shift.imag])


def place(points: FloatArray, matrix: FloatArray, offset: FloatArray) -> FloatArray:
    """Points [n, 2] where a similarity takes them."""
    moved = (points @ np.array([1, 1j])) * (matrix[0] + 1j * matrix[1]) + (offset[0] + 1j * offset[1])
    return np.stack((moved.real, moved.imag), -1).astype(np.float32)


def _pack(found: FaceSet, file: Path) -> None:
    arrays = {f.name: getattr(found, f.name) for f in fields(found) if f.name not in ("name", "role")}
    arrays["mesh"] = arrays["mesh"].astype(np.float16)  # a hundredth of a pixel is enough
    texts = json.dumps([found.name.tolist(), found.role.tolist()]).encode()
    arrays["texts"] = np.frombuffer(texts, np.uint8)
    file.write_bytes(tensorfile.pack(arrays))


def _unpack(file: Path) -> FaceSet:
    arrays = tensorfile.unpack(file.read_bytes())
    name, roles = json.loads(arrays.pop("texts").tobytes())
    arrays["mesh"] = arrays["mesh"].astype(np.float32)
    return FaceSet(**arrays, name=np.array(name, "<U64"), role=np.array(roles, "<U8"))


def main(argv: list[str] | None = None) -> None:
    """Cache the faces of every set that is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=[*NAMED, *UNNAMED])
    args = parser.parse_args(argv)
    args.cache.mkdir(parents=True, exist_ok=True)
    for name in args.sets:
        file = args.cache / f"{name}.faces"
        if (args.traindata / name).exists() and not file.exists():
            found = extract(args.traindata / name, name in NAMED)
            _pack(found, file)
            sys.stdout.write(f"{name}: {len(found)} faces\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
