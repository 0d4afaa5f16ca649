"""Recipe of `perception/experts/glasses.safetensors`: `python -m recipes.looks.glasses TRAINDATA --out FILE`.

In: the set imfdb_attr, faces of films with what they wear as people labelled it. Each is learned from as it is and made
smaller and compressed, as faces of footage are. Out: the weights of a logistic regression, and a card: precision and
recall at the log-odds from which glasses are told (`perception/motion.py`), of faces at most 30 degrees turned, each
fifth of the source blocks judged by weights learned from the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception.experts import glasses
from pvchat.perception.experts.mesh import MeshExpert
from pvchat.perception.motion import BARE, GLASSES
from pvchat.schemas import FloatArray
from recipes.heads import arguments, write_head
from recipes.looks.attributes import fit
from recipes.model.base.degrade import compressed
from recipes.pictures import read_image, read_metadata

SET, FACE = "imfdb_attr", [0.1, 0.12, 0.9, 0.92]  # where the face lies in its pictures
SCALES = (1.0, 0.7, 0.5, 0.35)  # of the pictures, give or take a seventh
BLOCK, FOLDS = 150, 5  # consecutive numbers are frames of one actor, and of a few films
DECAY, STEPS, SEED = 0.03, 500, 0


@dataclass
class GlassesFaces:
    """N strips: features [N, D], of their mirror images too, labels [N], block of each [N], whether it is turned."""

    features: FloatArray
    mirrored: FloatArray
    worn: NDArray[np.bool_]
    block: NDArray[np.int64]
    front: NDArray[np.bool_]


def read_faces(folder: Path, mesh: MeshExpert) -> GlassesFaces:
    """The faces of the set that the mesh fits, at all SCALES."""
    random = np.random.default_rng(SEED)
    strips: list[FloatArray] = []
    rows: list[tuple[bool, int, bool]] = []
    for row in read_metadata(folder):
        image = read_image(folder / row["file"])
        face = mesh.mesh(image, np.array(FACE, np.float32))
        if face is None:
            continue
        worn = "glasses" in str(row.get("attributes", {}).get("wears"))
        for scale in SCALES:
            strips.append(glasses.strip(smaller(image, scale, random), face.points))
            rows.append((worn, int(Path(row["file"]).stem) // BLOCK, abs(face.yaw) <= glasses.FRONT))
    labels, blocks, fronts = zip(*rows, strict=True)
    plain, mirrored = ([glasses.features(s) for s in some] for some in (strips, [s[:, ::-1] for s in strips]))
    return GlassesFaces(np.stack(plain), np.stack(mirrored), np.array(labels), np.array(blocks), np.array(fronts))


def smaller(image: NDArray[np.uint8], scale: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """A picture [H, W, 3] made smaller and compressed; at scale 1 as it is."""
    if scale == 1.0:
        return image
    by = scale * random.uniform(0.85, 1.15)
    size = [max(24, round(n * by)) for n in (image.shape[1], image.shape[0])]
    return np.asarray(compressed(Image.fromarray(image).resize((size[0], size[1])), int(random.integers(30, 85))))


def learn(faces: GlassesFaces, some: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Weights [D] and bias [1] out of some faces [N] and their mirror images."""
    x = np.concatenate([faces.features[some], faces.mirrored[some]])
    y = np.tile(faces.worn[some], 2).astype(np.float32)[:, None]
    weight, bias = fit(x, y, np.ones_like(y), decay=DECAY, steps=STEPS)
    return weight[0].astype(np.float32), bias.astype(np.float32)


def judge(faces: GlassesFaces) -> dict[str, float]:
    """Precision and recall at GLASSES on faces of blocks that the weights were not learned from."""
    odds = np.zeros(len(faces.worn))
    for fold in range(FOLDS):
        mine = faces.block % FOLDS == fold
        weight, bias = learn(faces, ~mine)
        both = (faces.features[mine] + faces.mirrored[mine]) / 2
        odds[mine] = both @ weight + bias
    said, bare, worn = (odds >= GLASSES)[faces.front], (odds <= BARE)[faces.front], faces.worn[faces.front]
    return {
        "precision": round(float(worn[said].mean()), 3),
        "recall": round(float(said[worn].mean()), 3),
        "bare faces told to wear them": round(float(said[~worn].mean()), 4),
        "told to be bare rightly": round(float((~worn[bare]).mean()), 3),
        "bare faces told to be bare": round(float(bare[~worn].mean()), 3),
        "pictures": len(worn),
        "with glasses": int(worn.sum()),
    }


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.glasses TRAINDATA --out FILE`."""
    args = arguments(__doc__, words)
    faces = read_faces(args.traindata / SET, MeshExpert())
    card = judge(faces)
    weight, bias = learn(faces, np.ones(len(faces.worn), bool))
    write_head(args.out, {"weight": weight.astype(np.float16), "bias": bias}, {"least": GLASSES, "other films": card})


if __name__ == "__main__":
    main()
