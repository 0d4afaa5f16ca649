"""Recipe of `perception/experts/nobody.safetensors`: `python -m recipes.faces.nonfaces TRAINDATA --out FILE`.

In: photos of rooms, streets and clothes without people, and drawn faces, of the training split. Out: what faceprints of
the boxes that the face detectors find there have in common, a direction each (`perception/experts/faceprint.py`).
A quarter of an hour of one core.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception.experts.faces import FaceExpert
from pvchat.schemas import FloatArray
from recipes.heads import arguments
from recipes.pictures import read_image, read_metadata, with_room

EMPTY = ("houses", "rooms_places", "places_mini", "scenes_intel", "clothing_cc0")
DRAWN = ("anime", "anime_hair")
_SOMEBODY = 0.95  # score from which somebody may be in a photo of a place after all
_LARGER = 2  # times that photos are enlarged: false faces are as small as true ones


def directions(root: Path, expert: FaceExpert, tell: bool = True) -> FloatArray:
    """Mean faceprints [2, 512] of unit length: of what isn't a face, and of drawn faces.

    Args:
        root: the training data.
        expert: finds and prints.
        tell: print how many there are.
    """
    rows = []
    for sets in (EMPTY, DRAWN):
        prints = np.concatenate(
            [_prints(image, sets is DRAWN, expert) for name in sets for image in _photos(root / name)]
        )
        if tell:
            sys.stdout.write(f"{', '.join(sets)}: {len(prints)} boxes\n")
        mean = prints.mean(0)
        rows.append(mean / np.linalg.norm(mean))
    return np.stack(rows)


def _photos(folder: Path) -> Iterator[NDArray[np.uint8]]:
    for row in read_metadata(folder):
        if row["split"] == "train":
            image = Image.fromarray(read_image(folder / row["file"]))
            yield np.asarray(image.resize((image.width * _LARGER, image.height * _LARGER), Image.Resampling.BICUBIC))


def _prints(image: NDArray[np.uint8], drawn: bool, expert: FaceExpert) -> FloatArray:
    """Faceprints [n, 512] of what the detectors take for faces."""
    if drawn:
        image = with_room(image)
    (found,) = expert.locate_many([image])
    kept = [points for points, score in zip(found.points, found.scores, strict=True) if drawn or score < _SOMEBODY]
    return expert.prints([image] * len(kept), kept)


def main(argv: list[str] | None = None) -> None:
    """Make the file."""
    from safetensors.numpy import save_file

    args = arguments(__doc__, argv)
    rows = directions(args.traindata, FaceExpert())
    card = {"data": f"boxes in {', '.join(EMPTY)} and {', '.join(DRAWN)} (research use); means of hundreds"}
    save_file({"directions": rows.astype(np.float16)}, args.out, {"card": json.dumps(card)})


if __name__ == "__main__":
    main()
