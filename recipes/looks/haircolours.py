"""Recipe of `perception/experts/haircolours.safetensors`: `python -m recipes.looks.haircolours TRAINDATA --out FILE`.

In: `people.json`, people of photos and film whose hair was read by eye, each as it is and as footage would show it.
Out: a linear softmax over the colours that `perception/hair.py` tells, and a card: of people of other pictures than
those that were learned from, of how many a colour is told, and how often it is right. "Dark brown" may be told either.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.attributes import crop, head_box, softmax
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.hair import COLOURS, TOLD
from pvchat.schemas import FloatArray
from recipes.heads import arguments, softmax_head, write_head
from recipes.looks.attributes import SEED, degrade
from recipes.looks.people import pictures_of, read_people

READ = {"dark": "dark", "black": "dark", "white": "grey", "bald": ""} | {name: name for name in COLOURS if name}
DECAY, LEAST_SPREAD, FOLDS = 0.05, 0.05, 5


def colours_of(hair: str) -> FloatArray:
    """[C] how likely each of COLOURS is, by what was read ("long dark brown", "bald"); nothing where none was."""
    words = hair.replace(",", " ").replace("/", " ").split()
    found = {""} if "bald" in words else {READ[word] for word in words if word in READ}
    return np.array([(name in found) / max(1, len(found)) for name in COLOURS], np.float32)


def look(root: Path, expert: FrameExpert) -> Iterator[tuple[FloatArray, FloatArray, str]]:
    """Of everybody whose hair was read: features [2, 1280] of the head as it is and degraded, colours, the picture."""
    random = np.random.default_rng(SEED)
    for (name, file), image, people in pictures_of(root, read_people()):
        for one in people:
            if (truth := colours_of(one.hair)).any():
                head = crop(image, head_box(one.face))
                yield expert.pooled([head, degrade(head, random)]), truth, f"{name} {file}"


def learn(x: FloatArray, truth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights [C, 1280] and biases [C] of people's features [N, 2, 1280]."""
    rows = x.reshape(-1, x.shape[2])
    return softmax_head(rows, np.repeat(truth, 2, 0), np.ones(len(rows), np.float32), DECAY, LEAST_SPREAD)


def judge(x: FloatArray, truth: FloatArray, fold: NDArray[np.int64]) -> dict[str, Any]:
    """Of people as they are, by heads that learned from the other folds: how many are told what, rightly."""
    shares = np.zeros_like(truth)
    for part in range(FOLDS):
        weight, bias = learn(x[fold != part], truth[fold != part])
        shares[fold == part] = softmax(x[fold == part, 0] @ weight.T + bias)
    likeliest, told = shares.argmax(1), shares.max(1) >= TOLD
    right = truth[np.arange(len(truth)), likeliest] > 0
    found = {name or "bald": [int(told[likeliest == n].sum()), int((told & right)[likeliest == n].sum())]
             for n, name in enumerate(COLOURS)}  # fmt: skip
    return {"people": len(truth), "likeliest right": int(right.sum()), "told, right": found}


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.haircolours TRAINDATA --out FILE`."""
    args = arguments(__doc__ or "", words)
    x, truth, sources = zip(*look(args.traindata, FrameExpert()), strict=True)
    fold = np.array([zlib.crc32(source.encode()) % FOLDS for source in sources])
    card = judge(np.stack(x), np.stack(truth), fold)
    weight, bias = learn(np.stack(x), np.stack(truth))
    write_head(args.out, {"weight": weight.astype(np.float16), "bias": bias.astype(np.float32)}, card)


if __name__ == "__main__":
    main()
