"""Train what is seen at a head (`pvchat/perception/experts/headwear.safetensors`): what is worn on it, long hair.

    python -m recipes.looks.headwear TRAINDATA --out pvchat/perception/experts/headwear.safetensors

In: `people.json`, people of photos and film whose looks were read by eye, and the set `masks`. Each is learned from as
it is and as footage would show it. Out: the heads that `facts.py` reads and a card: from which probability each is
told, how often that is right, how many it finds, of people of other pictures than those that were learned from.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.attributes import crop, head_box, sigmoid
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.schemas import FloatArray
from recipes.heads import arguments, softmax_head, write_head
from recipes.looks.attributes import SEED, degrade, operating_point
from recipes.looks.people import Person, pictures_of, read_people
from recipes.pictures import read_image, read_metadata

MASK, SECOND = "a face mask", 0.3  # probability from which this head agrees with the other one that a mask is worn
DENIED, LEAST_LIKELY = 0.05, 0.1  # of those who wear it lie below the probability at which it is denied, at most that
PRECISION = {"a hat": 0.88, "a helmet": 0.85, "sunglasses": 0.9, "long hair": 0.9}
LABELS = (*PRECISION, MASK)
NEVER = {"threshold": 1.01}  # of a label that is never right as often as is asked
MASKS, CHUNK = "masks", 64
HATS, HELMETS = ("hat", "cap", "chef's hat"), ("helmet",)
DECAY, LEAST_SPREAD, FOLDS = 0.05, 0.05, 5


@dataclass(frozen=True)
class Head:
    """A picture of a head: the picture it is of, whether each of LABELS is seen, and whether that is known."""

    source: str
    pixels: NDArray[np.uint8]
    seen: dict[str, bool]


def main(words: list[str] | None = None) -> None:
    """Look at all that was read, learn, write the heads and their card."""
    args = arguments(__doc__ or "", words)
    x, y, known, sources = described([*heads_read(args.traindata), *heads_masked(args.traindata)], FrameExpert())
    weight, bias = learn(x, y, known)
    card = {"source": "recipes.looks.headwear", "heads": {"head": judge(x, y, known, sources)}}
    arrays = {"head.weight": weight.astype(np.float16), "head.bias": bias.astype(np.float32)}
    write_head(args.out, arrays, card)


def heads_read(root: Path) -> Iterator[Head]:
    """The heads of the people who were read."""
    for (name, file), image, people in pictures_of(root, read_people()):
        for one in people:
            yield Head(f"{name} {file}", crop(image, head_box(one.face)), seen_of(one))


def seen_of(one: Person) -> dict[str, bool]:
    """What is known to be seen, or not, at somebody's head; where it was read as either, nothing."""
    told: dict[str, bool] = {}
    if one.head:
        told[MASK] = any("face mask" in head for head in one.head)
        hats, helmets = ([head in kinds for head in one.head] for kinds in (HATS, HELMETS))
        told |= {"a helmet": all(helmets)} if len({*helmets}) == 1 else {}
        told |= {"a hat": all(hats)} if len({*hats}) == 1 and not any(helmets) else {}
    if len(one.eyes) == 1:
        told["sunglasses"] = one.eyes[0] == "s"
    if (length := one.hair.partition(" ")[0].rstrip(",")) in ("long", "short", "bald"):
        told["long hair"] = length == "long"
    return told


def heads_masked(root: Path) -> Iterator[Head]:
    """The set of faces with and without masks."""
    for row in read_metadata(root / MASKS):
        image = read_image(root / MASKS / row["file"])
        yield Head(f"{MASKS} {row['file']}", image, {MASK: bool(row["attributes"]["face_mask"])})


def described(heads: list[Head], expert: FrameExpert) -> tuple[FloatArray, FloatArray, FloatArray, list[str]]:
    """Features [2 n, 1280] of n heads, as they are and degraded, labels and what is known [2 n, L], their sources."""
    random, found, rows = np.random.default_rng(SEED), list[FloatArray](), [one for one in heads for _ in range(2)]
    for start in range(0, len(rows), CHUNK):
        part = enumerate(rows[start : start + CHUNK], start)
        found.append(expert.pooled([degrade(one.pixels, random) if i % 2 else one.pixels for i, one in part]))
    y = np.array([[one.seen.get(label, False) for label in LABELS] for one in rows], np.float32)
    known = np.array([[label in one.seen for label in LABELS] for one in rows], np.float32)
    return np.concatenate(found), y, known, [one.source for one in rows]


def learn(x: FloatArray, y: FloatArray, known: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights [L, 1280] and biases [L] of a logistic regression a label, each on those of whom it is known."""
    found = []
    for column in range(len(LABELS)):
        some, seen = known[:, column] > 0, y[:, column]
        truth = np.stack([1 - seen, seen], 1)[some].astype(np.float32)
        found.append(softmax_head(x[some], truth, np.ones(len(truth), np.float32), DECAY, LEAST_SPREAD))
    return np.stack([w[1] - w[0] for w, _ in found]), np.array([b[1] - b[0] for _, b in found], np.float32)


def judge(x: FloatArray, y: FloatArray, known: FloatArray, sources: list[str]) -> dict[str, dict[str, Any]]:
    """Of each label the probability from which it is right as often as is asked, and what it finds then; and below
    which it is denied, how often that is right, and of how many of those without it.
    """
    fold, chances = np.array([zlib.crc32(source.encode()) % FOLDS for source in sources]), np.zeros_like(y)
    for part in range(FOLDS):
        weight, bias = learn(x[fold != part], y[fold != part], known[fold != part])
        chances[fold == part] = sigmoid(x[fold == part] @ weight.T + bias)
    plain = np.arange(len(y)) % 2 == 0
    found = {}
    for column, label in enumerate(LABELS):
        some = plain & (known[:, column] > 0)
        if label != MASK:
            found[label] = operating_point(chances[some, column], y[some, column], PRECISION[label]) or NEVER
    told, masked = chances[plain, -1] >= SECOND, y[plain, -1] > 0
    found[MASK] = {"threshold": SECOND, "precision": round(float(masked[told].mean()), 3),
                   "recall": round(float(told[masked].mean()), 3), "positives": int(masked.sum())}  # fmt: skip
    for column, label in enumerate(LABELS):
        some = plain & (known[:, column] > 0)
        found[label] = found[label] | denial(chances[some, column], y[some, column] > 0)
    return found


def denial(chances: FloatArray, seen: NDArray[np.bool_]) -> dict[str, float]:
    """The probability [n] below which a label is denied, how often rightly, and of how many that don't show it."""
    least = floor(min(float(np.quantile(chances[seen], DENIED)), LEAST_LIKELY) * 1e4) / 1e4
    denied = chances < least
    right, told = 1 - float(seen[denied].mean()), float(denied[~seen].mean())
    return {"denied_below": least, "denied_rightly": round(right, 3), "denied_of_those_without": round(told, 3)}


if __name__ == "__main__":
    main()
