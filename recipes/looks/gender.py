"""Recipe of `perception/experts/gender.safetensors`: `python -m recipes.looks.gender TRAINDATA --out FILE`.

In: faces of film (imfdb_attr, labelled by people) and of press photos (lfw, labelled by first names: whom a head that
learned from others contradicts surely is left out). Out: a linear head over the identity vector of a face, and a card:
how far faces that it didn't learn from are told, as they are and as small, dark and blurred as footage shows them.

Faces are in five parts by person, or by blocks of neighbours where a set names none: imfdb_attr follows an actor
through some hundred files.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.faces import FaceExpert, chip
from pvchat.perception.experts.headfiles import sigmoid
from pvchat.perception.gender import OF_TRACK
from pvchat.schemas import FloatArray
from recipes.heads import arguments, softmax_head, write_head
from recipes.model.base.degrade import degrade_face
from recipes.pictures import middle_face, read_image, read_metadata

SETS, PARTS, MOST, BLOCK, SEED = ("imfdb_attr", "lfw"), 5, 2, 150, 7  # MOST: photos of one person of lfw
WORN = 2  # versions of each face beside the one as it is
DECAY, LEAST_SPREAD, SURELY = 3e-2, 0.02, 0.85  # SURELY: by how much a label of lfw may be contradicted


@dataclass
class Faces:
    """N faces: vectors [N, 1 + WORN, 128], whether it is a man's [N], of which set [N] and part [N]."""

    vectors: FloatArray
    man: NDArray[np.bool_]
    set: NDArray[np.str_]
    part: NDArray[np.int64]

    def of(self, chosen: NDArray[np.bool_]) -> Faces:
        """Some of them [N]."""
        return Faces(self.vectors[chosen], self.man[chosen], self.set[chosen], self.part[chosen])


def look(root: Path, random: np.random.Generator) -> Faces:
    """The middle face of each picture whose gender is labelled."""
    expert, found, often = FaceExpert(), list[tuple[FloatArray, bool, str, int]](), dict[str, int]()
    for name in SETS:
        for number, row in enumerate(read_metadata(root / name)):
            said, who = row.get("gender") or row.get("attributes", {}).get("gender"), str(row.get("identity") or "")
            often[who] = often.get(who, 0) + 1
            if said not in ("male", "female") or who and often[who] > MOST:
                continue
            vectors = _vectors(expert, read_image(root / name / row["file"]), random)
            part = zlib.crc32((who or f"{name} {number // BLOCK}").encode()) % PARTS
            found += [] if vectors is None else [(vectors, said == "male", name, part)]
    vectors, man, sets, parts = zip(*found, strict=True)
    return Faces(np.stack(vectors), np.array(man), np.array(sets), np.array(parts))


def _vectors(expert: FaceExpert, image: NDArray[np.uint8], random: np.random.Generator) -> FloatArray | None:
    """[1 + WORN, 128] of the middle face, as it is and degraded; None where none is found."""
    if (found := middle_face(image, expert.detector)) is None:
        return None
    image, box, five = found
    tall = float(box[3] - box[1])
    chips = [chip(image, five)]
    for _ in range(WORN):
        small, ratio = degrade_face(image, tall, random)
        moved = random.normal(0, 0.02 * ratio * tall, five.shape).astype(np.float32)
        chips.append(chip(small, five * ratio + moved))
    return expert.vectors(chips)


def learn(faces: Faces) -> dict[str, FloatArray]:
    """Weight [128] and bias [1] of the log-odds of a man; each set's men and women count alike."""
    groups = faces.man + 2 * (faces.set == SETS[0])
    worth = np.repeat(len(groups) / (4.0 * np.bincount(groups, minlength=4)[groups]), 1 + WORN)
    truth = np.repeat(np.stack([~faces.man, faces.man], 1), 1 + WORN, 0).astype(np.float32)
    x = faces.vectors.reshape(-1, faces.vectors.shape[2])
    weight, bias = softmax_head(x, truth, worth.astype(np.float32), DECAY, LEAST_SPREAD)
    return {"weight": weight[1] - weight[0], "bias": (bias[1] - bias[0])[None]}


def told_by_others(faces: Faces) -> FloatArray:
    """[N, 1 + WORN] log-odds of a man, of each part by a head that learned from the others."""
    odds = np.zeros(faces.vectors.shape[:2], np.float32)
    for part in range(PARTS):
        mine, head = faces.part == part, learn(faces.of(faces.part != part))
        odds[mine] = faces.vectors[mine] @ head["weight"] + head["bias"][0]
    return odds


def judge(faces: Faces, odds: FloatArray) -> dict[str, Any]:
    """By set, of faces as they are and worn ones: how many there are, are told at the limits of a track, rightly."""
    card = dict[str, Any]()
    for name in SETS:
        for worn, seen in (("", odds[:, :1]), (", worn", odds[:, 1:])):
            kept = seen[faces.set == name]
            man = np.repeat(faces.man[faces.set == name][:, None], kept.shape[1], 1)
            told = (kept >= OF_TRACK[0]) | (kept <= OF_TRACK[1])
            counts = (man.size, told.sum(), ((kept > 0) == man)[told].sum(), ((kept > 0) == man).sum())
            card[name + worn] = dict(zip(("faces", "told", "right", "likelier right"), map(int, counts), strict=True))
    return card


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.gender TRAINDATA --out FILE`."""
    args = arguments(__doc__, words)
    faces = look(args.traindata, np.random.default_rng(SEED))
    likely = sigmoid(told_by_others(faces)[:, 0])
    kept = (faces.set == SETS[0]) | (np.abs(likely - faces.man) <= SURELY)
    clean = faces.of(kept)
    card = {"labels of lfw left out": int((~kept).sum()), "held back": judge(clean, told_by_others(clean))}
    write_head(args.out, {name: one.astype(np.float16) for name, one in learn(clean).items()}, card)


if __name__ == "__main__":
    main()
