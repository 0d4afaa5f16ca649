"""Train the kinds of garments (`pvchat/perception/experts/garments.safetensors`).

    python -m recipes.looks.garments TRAINDATA --out pvchat/perception/experts/garments.safetensors

In: `garments.json`, which names pictures of a set and their people: what each wears over all else, read by eye, one
kind or two that it may be, and the box of the face. Out: the head that `perception/garments.py` reads, and a card: how
often it is right of people of other films and photos than those it learned from.

Beside the features of torso and bust the head learns from the log-odds of ImageNet's classes that are clothes, which
count as a few numbers; these are linear in the same features, so one matrix holds both.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.perception.experts.attributes import ImageNetHead, body_box, bust_box, crop, softmax
from pvchat.perception.experts.efficientnet import WIDTH, FrameExpert
from pvchat.perception.garments import TOLD, UNTOLD
from pvchat.schemas import FloatArray
from recipes.heads import arguments, softmax_head, write_head
from recipes.pictures import framed, read_metadata
from recipes.posture.by_eye import CLIPS, PHOTO, RARE, source_of

FILE = Path(__file__).with_name("garments.json")
KINDS = (*TOLD, *UNTOLD)
CLOTHES = (  # classes of ImageNet: suits, ties, gowns, coats, knitwear, uniforms, swimwear, armour, hats, bags
    834, 906, 457, 982, 400, 667, 617, 823, 578, 601, 689, 775, 459, 638, 639, 445, 434, 610, 841, 474, 869, 568, 735,
    614, 399, 887, 411, 465, 524, 461, 490, 652, 842, 655, 697, 529, 608, 501, 452, 824, 552, 911, 514, 416, 515, 518,
    808, 788, 615, 643,
)  # fmt: skip
DECAY, CLOTHES_DECAY, LEAST_SPREAD = 0.2, 0.03, 0.05
TURNED = 0.5  # what somebody counts whose face isn't seen
_SURE = 0.6  # probability that the card counts as told


@dataclass(frozen=True)
class Dressed:
    """Somebody whose clothes were read: what they may be, the data set, the film or photo, a worth, [2560] features."""

    kinds: tuple[str, ...]
    set: str
    source: str
    worth: float
    described: FloatArray


def main(words: list[str] | None = None) -> None:
    """Look at all that was read, learn, write the head and its card."""
    args = arguments(__doc__ or "", words)
    people, classes = look(args.traindata), ImageNetHead().weight
    card = {"labels": KINDS, "held back": judge(people, classes)}
    write_head(args.out, {name: one.astype(np.float16) for name, one in learn(people, classes).items()}, card)


def look(root: Path) -> list[Dressed]:
    """All that `garments.json` names."""
    expert, found = FrameExpert(), list[Dressed]()
    for name, pictures in json.loads(FILE.read_text(encoding="utf-8")).items():
        rows = {row["file"]: row for row in read_metadata(root / name)}
        for file, people in pictures.items():
            image, source = framed(root, rows[file]), source_of(rows[file])
            for kinds, faced, *face in people:
                box = np.array(face, np.float32)
                crops = expert.pooled([crop(image, body_box(box)), crop(image, bust_box(box))])
                found.append(Dressed(tuple(kinds), name, source, 1.0 if faced else TURNED, crops.ravel()))
    return found


def learn(people: list[Dressed], classes: FloatArray) -> dict[str, FloatArray]:
    """Weights [C, 2560] and bias [C] of a softmax over KINDS.

    Args:
        people: to learn from.
        classes: [1000, 1280] weights of ImageNet's classifier.
    """
    x = np.stack([one.described for one in people]).astype(np.float32)
    truth = np.array([[(kind in one.kinds) / len(one.kinds) for kind in KINDS] for one in people], np.float32)
    known = (classes - classes.mean(0))[list(CLOTHES)].astype(np.float32)
    looks = [x[:, at : at + WIDTH] @ known.T for at in (0, WIDTH)]
    decay = np.repeat(np.array([DECAY, CLOTHES_DECAY], np.float32), [2 * WIDTH, 2 * len(CLOTHES)])
    both, bias = softmax_head(np.concatenate([x, *looks], 1), truth, _worth(people, truth), decay, LEAST_SPREAD)
    by_class = both[:, 2 * WIDTH :].reshape(len(KINDS), 2, len(CLOTHES)) @ known
    return {"weight": both[:, : 2 * WIDTH] + by_class.reshape(len(KINDS), -1), "bias": bias}


def _worth(people: list[Dressed], truth: FloatArray) -> FloatArray:
    """[n] what each counts, 1 in the mean: a film's people as their root, photos half, rare kinds more."""
    sources = Counter((one.set, one.source) for one in people)
    worth = np.array([one.worth * sources[one.set, one.source] ** -0.5 for one in people], np.float32)
    worth *= [1.0 if one.set in CLIPS else PHOTO for one in people]
    worth *= (truth / np.maximum(truth.sum(0), 1.0) ** RARE).sum(1)
    return np.asarray(worth / worth.mean(), np.float32)


def judge(people: list[Dressed], classes: FloatArray) -> dict[str, Any]:
    """How often a kind is told of the quarter of films and photos that is held back, how often that is right."""
    back = [zlib.crc32(f"{one.set} {one.source}".encode()) % 4 == 0 for one in people]
    head = learn([one for one, kept in zip(people, back, strict=True) if not kept], classes)
    held = [one for one, kept in zip(people, back, strict=True) if kept and one.worth == 1.0]
    shares = softmax(np.stack([one.described for one in held]) @ head["weight"].T + head["bias"])
    told = shares.max(1) >= _SURE
    right = np.array([KINDS[i] in one.kinds for i, one in zip(shares.argmax(1), held, strict=True)])
    return {
        "people": len(held),
        "likeliest": int(right.sum()),
        "told": int(told.sum()),
        "right": int(right[told].sum()),
    }


if __name__ == "__main__":
    main()
