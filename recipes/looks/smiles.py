"""Recipe of `perception/experts/smiles.safetensors`: `python -m recipes.looks.smiles TRAINDATA --out FILE`.

In: faces with an expression: the sets lfw (emotion) and imfdb_attr (expression), each once more as small as
in group pictures. Out: the weights of a logistic regression on mesh points, and a card: precision and recall of each
set, as it is and small, with weights learned from the other, at the probability from which a smile is told on footage
(`perception/gestures.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.attributes import sigmoid
from pvchat.perception.experts.mesh import MeshExpert, smile_features
from pvchat.perception.gestures import SMILES
from pvchat.schemas import FloatArray
from recipes.heads import arguments, drawn, write_head
from recipes.looks.attributes import fit
from recipes.model.base.degrade import degrade_face
from recipes.pictures import read_image, read_metadata

SETS = {"lfw": [0.27, 0.18, 0.73, 0.82], "imfdb_attr": [0.12, 0.12, 0.88, 0.95]}  # where the face lies
MOST = 500  # faces of one expression of a set
DECAY, STEPS, SEED = 0.02, 500, 3
_SMILES = ("happiness", "happy")
_UNSURE = ("disgust", "disgusted", "contempt")  # drawn-up lips that labellers took for smiles and the reverse


@dataclass
class Faces:
    """N meshes of one set: features [N, D], whether they show it [N], and which are small [N]."""

    features: FloatArray
    shows: NDArray[np.bool_]
    small: NDArray[np.bool_]

    def of(self, small: bool) -> Faces:
        """Those that are small, or the others."""
        kept = self.small == small
        return Faces(self.features[kept], self.shows[kept], self.small[kept])


def with_expressions(folder: Path, random: np.random.Generator) -> list[tuple[str, bool]]:
    """Files of a set and whether they show a smile; at most MOST of an expression."""
    kinds = dict[str, list[str]]()
    for row in read_metadata(folder):
        kind = row.get("emotion") or row.get("attributes", {}).get("expression")
        if kind and kind not in _UNSURE:
            kinds.setdefault(kind, []).append(row["file"])
    return [(file, kind in _SMILES) for kind, files in sorted(kinds.items()) for file in drawn(files, MOST, random)]


def read_faces(folder: Path, labelled: list[tuple[str, bool]], mesh: MeshExpert, random: np.random.Generator) -> Faces:
    """The faces of one set that the mesh fits, as they are and small: `labelled` are files and what they show."""
    found: list[tuple[FloatArray, bool, bool]] = []
    for file, shows in labelled:
        image, box = read_image(folder / file), np.array(SETS[folder.name], np.float32)
        worn, _ = degrade_face(image, float(box[3] - box[1]) * len(image), random)
        for small, picture in enumerate((image, worn)):
            if (face := mesh.mesh(picture, box)) is not None:
                height, width = picture.shape[:2]
                points = face.points * np.array([width, height, width], np.float32)
                found.append((smile_features(points), shows, bool(small)))
    seen, shown, which = zip(*found, strict=True)
    return Faces(np.stack(seen), np.array(shown), np.array(which))


def learn(sets: list[Faces]) -> tuple[FloatArray, FloatArray]:
    """Weights [D] and bias [1]; every set counts the same, and its small faces as much as the others."""
    sets = [one.of(small) for one in sets for small in (False, True)]
    x = np.concatenate([one.features for one in sets])
    y = np.concatenate([one.shows for one in sets]).astype(np.float32)[:, None]
    share = np.concatenate([np.full(len(one.shows), 1 / len(one.shows)) for one in sets])[:, None]
    weight, bias = fit(x, y, share * len(x) / len(sets), decay=DECAY, steps=STEPS)
    return weight[0].astype(np.float32), bias.astype(np.float32)


def judge(weight: FloatArray, bias: FloatArray, faces: Faces, least: float) -> dict[str, float]:
    """Precision and recall from a probability on, on faces that the weights were not learned from."""
    said = sigmoid(faces.features @ weight + bias) >= least
    right = float((said & faces.shows).sum())
    return {
        "precision": round(right / max(1.0, float(said.sum())), 3),
        "recall": round(right / max(1.0, float(faces.shows.sum())), 3),
        "faces": len(faces.shows),
    }


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.smiles TRAINDATA --out FILE`."""
    args, mesh, sets, card = arguments(__doc__, words), MeshExpert(), dict[str, Faces](), {}
    for name in SETS:
        random = np.random.default_rng(SEED)
        sets[name] = read_faces(args.traindata / name, with_expressions(args.traindata / name, random), mesh, random)
    for name, mine in sets.items():
        head = learn([one for other, one in sets.items() if other != name])
        card |= {f"on {name}{said}": judge(*head, mine.of(bool(said)), SMILES) for said in ("", ", small")}
    weight, bias = learn(list(sets.values()))
    write_head(args.out, {"weight": weight, "bias": bias}, {"least": SMILES, **card})


if __name__ == "__main__":
    main()
