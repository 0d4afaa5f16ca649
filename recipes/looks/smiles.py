"""Recipe of `perception/experts/smiles.safetensors`: `python -m recipes.looks.smiles TRAINDATA --out FILE`.

In: faces with an expression: the sets lfw (emotion) and imfdb_attr (expression), each once more as small as
in group pictures. Out: the weights of a logistic regression on mesh points, and a card: precision and recall of each
set, as it is and small, with weights learned from the other, at the probability from which a smile is told on footage
(`perception/gestures.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.attributes import sigmoid
from pvchat.perception.experts.mesh import MeshExpert
from pvchat.perception.experts.smiles import features
from pvchat.perception.gestures import SMILES
from pvchat.schemas import FloatArray
from recipes.heads import arguments, write_head
from recipes.looks.attributes import fit
from recipes.model.base.degrade import degrade_face
from recipes.pictures import read_image, read_metadata

SETS = {"lfw": [0.27, 0.18, 0.73, 0.82], "imfdb_attr": [0.12, 0.12, 0.88, 0.95]}  # where the face lies
MOST = 500  # faces of one expression of a set
DECAY, STEPS, SEED = 0.02, 500, 3
_SMILES = ("happiness", "happy")
_UNSURE = ("disgust", "disgusted", "contempt")  # drawn-up lips that labellers took for smiles and the reverse


@dataclass
class SmileFaces:
    """N meshes of one set: features [N, D], whether they smile [N], and which are small [N]."""

    features: FloatArray
    smiles: NDArray[np.bool_]
    small: NDArray[np.bool_]

    def of(self, small: bool) -> SmileFaces:
        """Those that are small, or the others."""
        kept = self.small == small
        return SmileFaces(self.features[kept], self.smiles[kept], self.small[kept])


def read_faces(folder: Path, mesh: MeshExpert) -> SmileFaces:
    """The labelled faces of one set that the mesh fits; at most MOST of an expression, drawn with SEED."""
    random, kinds = np.random.default_rng(SEED), dict[str, list[dict[str, Any]]]()
    for row in read_metadata(folder):
        kind = row.get("emotion") or row.get("attributes", {}).get("expression")
        if kind and kind not in _UNSURE:
            kinds.setdefault(kind, []).append(row)
    found: list[tuple[FloatArray, bool, bool]] = []
    for kind, rows in sorted(kinds.items()):
        for i in random.permutation(len(rows))[:MOST]:
            image, box = read_image(folder / rows[i]["file"]), np.array(SETS[folder.name], np.float32)
            worn, _ = degrade_face(image, float(box[3] - box[1]) * len(image), random)
            for small, picture in enumerate((image, worn)):
                if (face := mesh.mesh(picture, box)) is not None:
                    height, width = picture.shape[:2]
                    points = face.points * np.array([width, height, width], np.float32)
                    found.append((features(points), kind in _SMILES, bool(small)))
    seen, smiles, which = zip(*found, strict=True)
    return SmileFaces(np.stack(seen), np.array(smiles), np.array(which))


def learn(sets: list[SmileFaces]) -> tuple[FloatArray, FloatArray]:
    """Weights [D] and bias [1]; every set counts the same, and its small faces as much as the others."""
    sets = [one.of(small) for one in sets for small in (False, True)]
    x = np.concatenate([one.features for one in sets])
    y = np.concatenate([one.smiles for one in sets]).astype(np.float32)[:, None]
    share = np.concatenate([np.full(len(one.smiles), 1 / len(one.smiles)) for one in sets])[:, None]
    weight, bias = fit(x, y, share * len(x) / len(sets), decay=DECAY, steps=STEPS)
    return weight[0].astype(np.float32), bias.astype(np.float32)


def judge(weight: FloatArray, bias: FloatArray, faces: SmileFaces) -> dict[str, float]:
    """Precision and recall at SMILES on faces that the weights were not learned from."""
    said = sigmoid(faces.features @ weight + bias) >= SMILES
    right = float((said & faces.smiles).sum())
    return {
        "precision": round(right / max(1.0, float(said.sum())), 3),
        "recall": round(right / max(1.0, float(faces.smiles.sum())), 3),
        "faces": len(faces.smiles),
    }


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.smiles TRAINDATA --out FILE`."""
    args, mesh = arguments(__doc__, words), MeshExpert()
    sets = {name: read_faces(args.traindata / name, mesh) for name in SETS}
    card = {}
    for name, mine in sets.items():
        head = learn([one for other, one in sets.items() if other != name])
        card |= {f"on {name}": judge(*head, mine.of(False)), f"on {name}, small": judge(*head, mine.of(True))}
    weight, bias = learn(list(sets.values()))
    write_head(args.out, {"weight": weight, "bias": bias}, {"least": SMILES, **card})


if __name__ == "__main__":
    main()
