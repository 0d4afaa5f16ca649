"""Recipe of `perception/experts/jackets.safetensors`: `python -m pvchat.train.fits.jackets TRAINDATA --out FILE`.

In: pictures of people and of garments whose kinds are known. Out: a head that tells jackets from other tops in crops of
busts and torsos, and its card. A jacket is whatever is worn open over something else: jackets, coats, blazers, suits;
one class, because what tells them apart (length, cloth, what goes with them) isn't in a bust. Whether a cardigan is one
is left open. Every crop is learned as it is and as footage would show it (`attributes.degrade`).

LIMIT was set on the development footage (docs/LOG.md). The card tells what it is worth on pictures of another source:
shop pictures of garments by themselves, by weights learned without them, which are harder than people are.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.attributes import bust_box, sigmoid
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.schemas import FloatArray
from pvchat.train.fits.attribute_labels import LabelledCrop
from pvchat.train.fits.attributes import crop_features, fit
from pvchat.train.pictures import read_image, read_metadata

LABEL, LIMIT = "jacket", 0.6
DECAY, STEPS = 1.0, 250
JUDGED_ON = "product_clothes"
Known = dict[str, tuple[int, float]]  # label -> 0 or 1, weight
_JACKETS = ("suit", "blazer", "jacket", "coat", "outwear")
_OPEN = ("cardigan", "cape", "vest", "sweatshirt", "hoodie")  # may be worn as a jacket is
_OTHERS = ("dress", "shirt", "T-shirt", "t-shirt", "blouse", "sweater", "sweatshirt", "hoodie", "undershirt")
_SHOP, _UNSAID, _HALF = 0.7, 0.3, 0.5  # weights; how much of somebody's height shows in a bust and a torso
_JACKET_WORDS = re.compile(r"\b(jacket|coat|parka|blazer|tuxedo|suit)s?\b(?! case)")
_OTHER_WORDS = re.compile(
    r"\b(dress(es)?|gown|shirt|t-?shirt|tee|blouse|sweater|jumper|sweatshirt|hoodie|tank top|uniform|jersey|bikini)s?\b"
)
_FACE_SURE, _FACE_PIXELS = 0.5, 12


def read_rows(root: Path, faces: WideFaceDetector) -> list[LabelledCrop]:
    """Every crop with what is known of it, over the four sets."""
    found = []
    for name, reader in (("ccp_clothes", _street), ("clothing_cc0", _alone), ("product_clothes", _alone)):
        for i, row in enumerate(read_metadata(root / name)):
            for box, known in reader(row):
                found.append(LabelledCrop(root / name / row["file"], box, "worn", known, row["split"] == "train", i))
    for i, row in enumerate(read_metadata(root / "flickr8k")):
        path = root / "flickr8k" / row["file"]
        if (known := captioned(row["captions"])) and (box := _bust(read_image(path), faces)) is not None:
            found.append(LabelledCrop(path, box, "worn", known, row["split"] == "train", i))
    return found


def captioned(captions: list[str]) -> Known:
    """Whether whoever is alone in a photo wears a jacket: two captions say so, none is weak evidence against it.

    Empty where one caption alone says so, and where no two name any garment.
    """
    jackets, others = (sum(bool(w.search(text.lower())) for text in captions) for w in (_JACKET_WORDS, _OTHER_WORDS))
    if jackets == 1 or max(jackets, others) < 2:
        return {}
    return {LABEL: (int(jackets > 1), 1.0 if jackets else _UNSAID)}


def learn(x: FloatArray, y: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights [1, 1280] and bias [1] of the log-odds of a jacket; x [n, 1280], y and weight [n, 1]."""
    return fit(x, y, weight, decay=DECAY, steps=STEPS)


def judge(p: FloatArray, y: FloatArray) -> dict[str, Any]:
    """The card's row: precision and recall at the limit, of probabilities p and truth y [n]."""
    said, true = p >= LIMIT, y > 0
    right = float((said & true).sum())
    return {
        "threshold": LIMIT,
        "precision": round(right / max(1.0, float(said.sum())), 3),
        "recall": round(right / max(1.0, float(true.sum())), 3),
        "validated": len(p),
    }


def main(arguments: list[str] | None = None) -> None:
    """`python -m pvchat.train.fits.jackets TRAINDATA --out FILE [--cache FOLDER]`."""
    from safetensors.numpy import save_file

    parser = argparse.ArgumentParser(prog="pvchat.train.fits.jackets", description=__doc__.split("\n")[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keeps features; default: beside --out")
    chosen = parser.parse_args(arguments)
    cache: Path = chosen.cache or chosen.out.parent / "features"
    cache.mkdir(parents=True, exist_ok=True)
    rows = read_rows(chosen.traindata, WideFaceDetector())
    x, owner = crop_features(rows, FrameExpert(), cache, "worn")
    y, weight = (np.array([[rows[i].labels[LABEL][k]] for i in owner]) for k in (0, 1))
    other = np.array([rows[i].path.parent.parent.name == JUDGED_ON for i in owner])
    w, b = learn(x[~other], y[~other], weight[~other])
    judged = judge(sigmoid(x[other] @ w[0] + b[0]), y[other, 0])
    w, b = learn(x, y, weight)
    save_file({"worn.weight": w.astype(np.float16), "worn.bias": b.astype(np.float32)}, chosen.out)
    card = {"source": "pvchat.train.fits.jackets", "judged on": JUDGED_ON, "heads": {"worn": {LABEL: judged}}}
    chosen.out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n")


def _street(row: dict[str, Any]) -> Iterator[tuple[list[float], Known]]:
    """Head, bust and torso of somebody in the street, whose garments are marked by hand."""
    x0, y0, x1, y1 = row["boxes"][0]["box"]
    items = {garment["item"] for garment in row["attributes"]["garments"]}
    worn = bool(items & set(_JACKETS))
    if worn or not items & set(_OPEN):
        yield [x0, y0, x1, y0 + _HALF * (y1 - y0)], {LABEL: (int(worn), 1.0)}


def _alone(row: dict[str, Any]) -> Iterator[tuple[None, Known]]:
    """A garment by itself, or on whoever shows it."""
    kind = row["attributes"]["garment"]
    if kind in _JACKETS + _OTHERS:
        yield None, {LABEL: (int(kind in _JACKETS), _SHOP)}


def _bust(image: NDArray[np.uint8], faces: WideFaceDetector) -> list[float] | None:
    """Where the bust of the only person is; None where there are others, or the face is too small."""
    boxes, _, _ = faces.faces(image, _FACE_SURE)
    if len(boxes) != 1 or (boxes[0][3] - boxes[0][1]) * image.shape[0] < _FACE_PIXELS:
        return None
    return [float(v) for v in bust_box(boxes[0])]


if __name__ == "__main__":
    main()
