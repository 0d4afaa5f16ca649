"""Faceprints of photos whose identity is known, as footage would show them: what `printmatch.py` is fitted on.

In: sets of the training data whose `metadata.jsonl` names identities. Out: faceprints and qualities of each photo as it
is, degraded, behind a drawn mask, and harmed, kept in a cache folder, since they take some minutes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception.experts.faces import MASK_COLOURS, FaceExpert, Located, chip, fitness
from pvchat.schemas import FloatArray
from pvchat.storage import tensorfile
from pvchat.train.pictures import middle_of, read_image, read_metadata, with_room
from recipes.faces.facewear import masked_crop
from recipes.model.base.degrade import OFFSET, compressed, degrade_face

SETS = ("lfw", "celeb_glint", "imfdb_id")
MOST = 4  # photos of a person
AS_IS, DEGRADED, MASKED, HARMED = range(4)
_MASKED_DEGRADED = 0.5  # share of the masks that are drawn on the degraded copy
_OTHER_CLOTH, _DROP = 0.3, (-4, 8)  # share of masks of any colour; how far a mask slides, in pixels of a chip
# Of copies as the hardest footage shows them: narrowed as a turned head is, smeared, covered in part.
HARD_PX, HARD_QUALITY, HARD_GAIN = (10, 36), (20, 65), (0.35, 1.15)
NARROW, SMEAR, COVERED, COVER = (0.55, 1.0), 3, 0.3, 0.4  # widths; pixels; share of copies; of the face, at most
_JITTER, _OFF = 0.02, 0.04  # of a degraded and of a harmed face's points, in face heights


@dataclass(frozen=True)
class Photos:
    """n photos of one person.

    Attributes:
        prints: [n, 4, 512] of unit length: as it is, degraded, behind a mask, harmed.
        quality: [n, 4] fitness for identification, 0..1; behind a mask that of the copy it is drawn on.
    """

    prints: FloatArray
    quality: FloatArray

    def __len__(self) -> int:
        return len(self.prints)


def people_of(traindata: Path, cache: Path, split: str, seed: int = 0) -> list[Photos]:
    """Everybody of a split of whom there is more than one photo.

    Args:
        traindata: holds the sets.
        cache: folder that keeps what was described.
        split: "train" or "val".
        seed: of the degradation and the masks.
    """
    file = cache / f"{split}.safetensors"
    if not file.is_file():
        rows = list(_described(traindata, split, seed))
        prints, quality = (np.stack([row[i] for row in rows]) for i in (1, 2))
        cache.mkdir(parents=True, exist_ok=True)
        file.write_bytes(tensorfile.pack({"prints": prints.astype(np.float16), "quality": quality}))
        file.with_suffix(".json").write_text(json.dumps([row[0] for row in rows]), encoding="utf-8")
    made = tensorfile.unpack(file.read_bytes())
    names = np.array(json.loads(file.with_suffix(".json").read_text(encoding="utf-8")))
    prints = made["prints"].astype(np.float32)
    found = [Photos(prints[names == name], made["quality"][names == name]) for name in np.unique(names)]
    return [photos for photos in found if len(photos) > 1]


def _described(traindata: Path, split: str, seed: int) -> Iterator[tuple[str, FloatArray, NDArray[np.float32]]]:
    """Identity, faceprints [4, 512] and qualities [4] of the first photos of each person in which a face is found."""
    expert, count, total, rng = FaceExpert(), dict[str, int](), 0, np.random.default_rng(seed)
    for name in SETS:
        for row in read_metadata(traindata / name):
            identity = f"{name}/{row['identity']}" if row.get("identity") else ""
            if row["split"] != split or not identity or count.get(identity, 0) >= MOST:
                continue
            image = with_room(read_image(traindata / name / row["file"]))
            views = _views(expert, image, rng, np.random.default_rng([seed, total]))
            total += 1
            if views is not None:
                count[identity] = count.get(identity, 0) + 1
                yield identity, *views


def _views(
    expert: FaceExpert, image: NDArray[np.uint8], rng: np.random.Generator, harm: np.random.Generator
) -> tuple[FloatArray, NDArray[np.float32]] | None:
    """Faceprints [4, 512] and qualities [4] of the middle face of a photo; None where the detector finds none.

    Args:
        expert: detects and describes.
        image: [H, W, 3] uint8 RGB.
        rng: of the degraded copy and the mask.
        harm: of the harmed copy.
    """
    boxes, points, scores = expert.detector.detect(image)
    if not len(boxes):
        return None
    middle = middle_of(boxes, image)
    box, five, score = boxes[middle], points[middle], scores[[middle]]
    height = float(box[3] - box[1])
    small, ratio = degrade_face(image, height, rng)
    moved = (five * ratio + rng.normal(0, _JITTER * ratio * height, five.shape)).astype(np.float32)
    copies = ((image, box, five), (small, box * ratio, moved), _harmed(image, box, five, harm))
    quality = [fitness(chip(i, p), Located(b[None], p[None], score), 0) for i, b, p in copies]
    under = int(rng.random() < _MASKED_DEGRADED)
    covered = masked_crop(copies[under][0], copies[under][2], _cloth(rng), float(rng.uniform(*_DROP)))
    bare = expert.prints([i for i, _, _ in copies], [p for _, _, p in copies])
    prints = np.concatenate([bare[:MASKED], expert.printer.describe(covered[None]), bare[MASKED:]])
    return prints, np.array([*quality[:MASKED], quality[under], *quality[MASKED:]], np.float32)


def _harmed(
    image: NDArray[np.uint8], box: FloatArray, five: FloatArray, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], FloatArray, FloatArray]:
    """A harmed copy, and where the face is in it."""
    copy, ratio = harm_face(image, box, rng)
    off = rng.normal(0, _OFF * ratio[1] * (box[3] - box[1]), five.shape)
    return copy, (box * np.tile(ratio, 2)).astype(np.float32), (five * ratio + off).astype(np.float32)


def _cloth(rng: np.random.Generator) -> tuple[int, int, int]:
    """A mask's colour."""
    if rng.random() < _OTHER_CLOTH:
        red, green, blue = rng.integers(20, 240, 3)
        return int(red), int(green), int(blue)
    return MASK_COLOURS[int(rng.integers(len(MASK_COLOURS)))]


def harm_face(
    image: NDArray[np.uint8], box: NDArray[np.floating], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A copy as the hardest footage would show it: 10 to 36 pixels high, narrowed, smeared, dim, partly covered.

    Args:
        image: [H, W, 3] uint8 RGB.
        box: [4] of the face, in pixels.
        rng: generator.

    Returns:
        The copy and its scales [2] in x and y.
    """
    pixels = _covered(image, box, rng) if rng.random() < COVERED else image
    scale = min(1.0, float(rng.uniform(*HARD_PX)) / max(float(box[3] - box[1]), 1.0))
    size = (max(8, round(image.shape[1] * scale * rng.uniform(*NARROW))), max(8, round(image.shape[0] * scale)))
    small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR), np.float32)
    along = int(rng.integers(2))
    small = np.mean([np.roll(small, i, axis=along) for i in range(int(rng.integers(1, SMEAR + 1)))], axis=0)
    small = np.clip(small * rng.uniform(*HARD_GAIN) + rng.uniform(-OFFSET, OFFSET), 0, 255).astype(np.uint8)
    shown = np.asarray(compressed(Image.fromarray(small), int(rng.integers(*HARD_QUALITY))))
    return shown, np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)


def _covered(image: NDArray[np.uint8], box: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A copy with a patch of one colour over some of the face."""
    pixels, (x0, y0, x1, y1) = image.copy(), box
    width, height = rng.uniform(0.1, COVER, 2) * (x1 - x0, y1 - y0)
    left, top = rng.uniform(x0, x1 - width), rng.uniform(y0, y1 - height)
    pixels[max(0, int(top)) : int(top + height), max(0, int(left)) : int(left + width)] = rng.integers(0, 256, 3)
    return pixels
