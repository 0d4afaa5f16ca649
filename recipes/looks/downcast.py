"""Recipe of `perception/experts/downcast.safetensors`: `python -m recipes.looks.downcast TRAINDATA --out FILE`.

In: faces of film (imfdb_attr) and of the press (lfw), each once more as small as in group pictures; `downcast.json`
names those whose eyes are cast down or shut, read by eye among all that were labelled as looking down and the 190 of
film and 91 of the press that a first head held likeliest, and those of which that can't be told: they are left out.
Out: the weights of a logistic regression on mesh points, and a card: how often the faces of each of six parts, of other
people, are told rightly by weights that learned from the other five.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.headfiles import sigmoid
from pvchat.perception.experts.mesh import MeshExpert, shown_points
from pvchat.perception.gestures import DOWNCAST
from pvchat.schemas import FloatArray
from recipes.heads import arguments, drawn, softmax_head, write_head
from recipes.looks.facelooks import BOXES, SEED
from recipes.model.base.degrade import degrade_face
from recipes.pictures import read_image, read_metadata

FILE = Path(__file__).with_suffix(".json")
MOST = {"imfdb_attr": 1800, "lfw": 800}  # faces of a set that were looked at
DECAY, LEAST_SPREAD, SMALL = 0.001, 1e-3, 0.5  # how much a small face counts
PARTS, TOGETHER = 6, 120  # faces in a row, whose files name the same people, that are of one part


@dataclass
class Faces:
    """N meshes of one set: features [N, D], whether they show it [N], and which are small [N]."""

    features: FloatArray
    shows: NDArray[np.bool_]
    small: NDArray[np.bool_]


def read_faces(folder: Path, labelled: list[tuple[str, bool]], mesh: MeshExpert, random: np.random.Generator) -> Faces:
    """The faces of one set that the mesh fits, as they are and small: `labelled` are files and what they show."""
    found: list[tuple[FloatArray, bool, bool]] = []
    for file, shows in labelled:
        image, box = read_image(folder / file), np.array(BOXES[folder.name], np.float32)
        worn, _ = degrade_face(image, float(box[3] - box[1]) * len(image), random)
        for small, picture in enumerate((image, worn)):
            if (face := mesh.mesh(picture, box)) is not None:
                height, width = picture.shape[:2]
                points = face.points * np.array([width, height, width], np.float32)
                found.append((shown_points(points), shows, bool(small)))
    seen, shown, which = zip(*found, strict=True)
    return Faces(np.stack(seen), np.array(shown), np.array(which))


def learn(faces: Faces) -> tuple[FloatArray, FloatArray]:
    """Weights [D] and bias [1]."""
    worth = np.where(faces.small, SMALL, 1.0).astype(np.float32)
    truth = np.stack([~faces.shows, faces.shows], 1).astype(np.float32)
    weight, bias = softmax_head(faces.features, truth, worth / worth.mean(), DECAY, LEAST_SPREAD)
    return weight[1] - weight[0], bias[1:] - bias[:1]


def of_the_rest(faces: Faces) -> FloatArray:
    """[N] how probably each is cast down by weights that learned from the parts that it isn't in."""
    part, found = np.arange(len(faces.shows)) // TOGETHER % PARTS, np.zeros(len(faces.shows), np.float32)
    for number in range(PARTS):
        rest = part != number
        weight, bias = learn(Faces(faces.features[rest], faces.shows[rest], faces.small[rest]))
        found[~rest] = sigmoid(faces.features[~rest] @ weight + bias)
    return found


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.downcast TRAINDATA --out FILE`."""
    args, mesh, sets = arguments(__doc__ or "", words), MeshExpert(), []
    for name, read in json.loads(FILE.read_text(encoding="utf-8")).items():
        random = np.random.default_rng(SEED)
        files = sorted(drawn([row["file"] for row in read_metadata(args.traindata / name)], MOST[name], random))
        labelled = [(file, file in read["down"]) for file in files if file not in read["unsure"]]
        sets.append(read_faces(args.traindata / name, labelled, mesh, random))
    faces = Faces(*(np.concatenate([getattr(one, name) for one in sets]) for name in ("features", "shows", "small")))
    said, card = of_the_rest(faces) >= DOWNCAST, {}
    for name, kept in (("as they are", ~faces.small), ("small", faces.small)):
        counts = [int((kept & one).sum()) for one in (said & faces.shows, said, faces.shows)]
        card[name] = dict(zip(("right", "told", "there"), counts, strict=True))
    weight, bias = learn(faces)
    write_head(args.out, {"weight": weight, "bias": bias}, {"least": DOWNCAST, **card})


if __name__ == "__main__":
    main()
