"""Recipe of `perception/experts/headlooks.safetensors`: `python -m recipes.looks.headlooks TRAINDATA --out FILE`.

In: heads of photos and film that were read by eye, in `people.json` (words) and `headlooks.json` (four letters), and
the set `masks`. The letters: h: a hat or cap, m: a helmet, M: a mask, n: none of these; g: glasses, s: sunglasses, n:
neither; l: long hair, t: tied back, s: short, b: bald; d: dark, b: brown, y: blonde, g: grey, r: red; x always: can't
tell. Each head is learned from as it is and as footage would show it.

Out: the two readers of `experts/headlooks.py`, and a card of people of other pictures than those that were learned
from, in five parts: from which probability each label is told, how often that is right, how many it finds;
below which it is denied, how often rightly, of how many without it; how often a told colour of hair is right.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.boxes import crop, head_box
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.facemaps import SIDE, outputs
from pvchat.perception.experts.headfiles import sigmoid
from pvchat.perception.experts.headlooks import COLOUR, COLOURS, LABELS, linear_log_odds
from pvchat.schemas import FloatArray
from recipes.heads import arguments, softmax_head, write_head
from recipes.looks.attributes import degrade, operating_point
from recipes.looks.expressions import PARTS, Faces, learn
from recipes.looks.people import Person, pictures_of, read_people
from recipes.pictures import framed, read_image, read_metadata

Picture = NDArray[np.uint8]
Arrays = dict[str, FloatArray]
FILE = Path(__file__).with_suffix(".json")
MASK, SECOND = "a face mask", 0.3  # probability from which these readers agree with the head of `attributes.py` on one
PRECISION = {"a hat": 0.88, "a helmet": 0.85, "sunglasses": 0.88, "long hair": 0.94, "short hair": 0.95}
DENIED, LEAST_LIKELY = 0.05, 0.1  # of those who show it lie below the probability at which it is denied, at most that
NEVER = {"threshold": 1.01}  # of a label that is never right as often as is asked
SEED, EPOCHS = 0, 16
LARGER, STRAY = 0.12, 0.05  # a copy's box is so much larger or smaller (log), and beside the head (of its width)
DECAY, LEAST_SPREAD = 0.05, 0.05  # of the linear reader
MASKS, PRESS, PRESS_BOX = "masks", "lfw", (0.27, 0.18, 0.73, 0.82)  # where the faces of `lfw` lie
HATS, HELMETS = ("hat", "cap", "chef's hat"), ("helmet",)
READ = {"dark": "dark", "black": "dark", "white": "grey", "bald": ""} | {name: name for name in COLOURS if name}
LETTERS = {"d": "dark", "b": "brown", "y": "blonde", "g": "grey", "r": "red"}


@dataclass(frozen=True)
class Head:
    """A head: the picture or person by which it is put into a part, its copies, and how likely it shows each of LABELS
    and COLOURS, of which nothing is known.
    """

    source: str
    copies: list[Picture]
    shows: dict[str, float]


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.headlooks TRAINDATA --out FILE`."""
    args, expert = arguments(__doc__ or "", words), FrameExpert()
    faces, features = described([*heads_told(args.traindata), *heads_lettered(args.traindata),
                                 *heads_masked(args.traindata)], expert)  # fmt: skip
    card = judge(faces, told_by_others(faces, features))
    arrays = readers(faces, features)
    write_head(args.out, {name: one.astype(np.float16) for name, one in arrays.items()}, card)


def heads_told(root: Path) -> Iterator[Head]:
    """The heads of `people.json`."""
    random = np.random.default_rng(SEED)
    for (name, file), image, people in pictures_of(root, read_people()):
        for one in people:
            yield Head(f"{name} {file}", copies(image, one.face, random), told_of(one))


def heads_lettered(root: Path) -> Iterator[Head]:
    """The heads of `headlooks.json`: those of `lfw` by file, others by file and face."""
    random = np.random.default_rng(SEED)
    for name, pictures in json.loads(FILE.read_text(encoding="utf-8")).items():
        rows = {row["file"]: row for row in read_metadata(root / name)}
        for file, people in pictures.items():
            image = framed(root, rows[file])
            source = rows[file]["identity"] if name == PRESS else f"{name} {file}"
            for *box, letters in [[*PRESS_BOX, people]] if name == PRESS else people:
                yield Head(source, copies(image, np.array(box, np.float32), random), lettered(letters))


def heads_masked(root: Path) -> Iterator[Head]:
    """The set of faces with and without masks, of which the masks alone are told."""
    random = np.random.default_rng(SEED)
    for row in read_metadata(root / MASKS):
        image = read_image(root / MASKS / row["file"])
        other = np.ascontiguousarray(image[:, ::-1])
        shown = [image, degrade(image, random), other, degrade(other, random)]
        yield Head(f"{MASKS} {row['file']}", shown, {MASK: float(row["attributes"]["face_mask"])})


def copies(image: Picture, face: FloatArray, random: np.random.Generator) -> list[Picture]:
    """A head as it is, as footage would show it, and twice mirrored, nearer or farther and moved, once as footage."""
    box = head_box(face)
    plain, moved = crop(image, box), list[Picture]()
    for _ in range(2):
        middle = (box[:2] + box[2:]) / 2 + random.normal(0, STRAY, 2) * (box[2] - box[0])
        half = (box[2:] - box[:2]) / 2 * np.exp(random.uniform(-LARGER, LARGER))
        moved.append(np.ascontiguousarray(crop(image, np.concatenate((middle - half, middle + half)))[:, ::-1]))
    return [plain, degrade(plain, random), moved[0], degrade(moved[1], random)]


def told_of(one: Person) -> dict[str, float]:
    """What is known to be shown, or not, at somebody's head; where it was read as either, nothing."""
    told: dict[str, float] = {}
    if one.head:
        told[MASK] = any("face mask" in head for head in one.head)
        hats, helmets = ([head in kinds for head in one.head] for kinds in (HATS, HELMETS))
        told |= {"a helmet": all(helmets)} if len({*helmets}) == 1 else {}
        told |= {"a hat": all(hats)} if len({*hats}) == 1 and not any(helmets) else {}
    if len(one.eyes) == 1:
        told["sunglasses"] = one.eyes[0] == "s"
    words = one.hair.replace(",", " ").replace("/", " ").split()
    if words and words[0] in ("long", "short", "bald"):
        told |= {"long hair": words[0] == "long", "short hair": words[0] == "short"}
    return told | colours_of({""} if "bald" in words else {READ[word] for word in words if word in READ})


def lettered(letters: str) -> dict[str, float]:
    """What four letters tell of a head."""
    head, eyes, length, colour = letters
    told = {} if head == "x" else {"a hat": head == "h", "a helmet": head == "m", MASK: head == "M"}
    told |= {} if eyes == "x" else {"sunglasses": eyes == "s"}
    told |= {"short hair": length == "s"} if length in "lstb" else {}
    told |= {"long hair": length == "l"} if length in "lsb" else {}
    return told | colours_of({""} if length == "b" else {LETTERS[colour]} if colour in LETTERS else set())


def colours_of(found: set[str]) -> dict[str, float]:
    """How likely hair has each of COLOURS that it may have; nothing where none was read."""
    return {name: (name in found) / len(found) for name in COLOURS} if found else {}


def described(heads: list[Head], expert: FrameExpert) -> tuple[Faces, FloatArray]:
    """N heads for the network, and features [N, 2, 1280] of them as they are and as footage would show them."""
    kinds = (*LABELS, *COLOURS)
    maps = np.stack([expert.maps(one.copies, SIDE).astype(np.float16) for one in heads])
    features = np.stack([expert.pooled(one.copies[:2]) for one in heads])
    truth, known = (
        np.array([[told(one.shows, kind) for kind in kinds] for one in heads], np.float32)
        for told in (lambda shows, kind: shows.get(kind, 0.0), lambda shows, kind: kind in shows)
    )
    part = np.array([zlib.crc32(one.source.encode()) % PARTS for one in heads])
    return Faces(maps, truth, known, part, np.zeros(len(heads), bool)), features


def readers(faces: Faces, features: FloatArray) -> Arrays:
    """The arrays of both readers."""
    weight, bias = linear(features, faces.truth, faces.worth)
    return learn(faces, EPOCHS) | {"linear.weight": weight, "linear.bias": bias}


def linear(features: FloatArray, truth: FloatArray, known: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights [K, 1280] and biases [K] of a logistic regression a label, each on those of whom it is known."""
    found, x = [], features.reshape(-1, features.shape[-1])
    for column in range(truth.shape[1]):
        some, shows = (np.repeat(one[:, column], features.shape[1]) for one in (known > 0, truth))
        both = np.stack([1 - shows, shows], 1)[some]
        found.append(softmax_head(x[some], both, np.ones(len(both), np.float32), DECAY, LEAST_SPREAD))
    return np.stack([w[1] - w[0] for w, _ in found]), np.array([b[1] - b[0] for _, b in found], np.float32)


def told_by_others(faces: Faces, features: FloatArray) -> FloatArray:
    """[N, K] probabilities of heads as they are, by readers that learned from the other parts."""
    chances = np.zeros_like(faces.truth)
    for number in range(PARTS):
        mine = faces.part == number
        rest = Faces(*(getattr(faces, name)[~mine] for name in Faces.__dataclass_fields__))
        arrays = readers(rest, features[~mine])
        odds = linear_log_odds(arrays, features[mine, 0]) + outputs(arrays, faces.maps[mine, 0].astype(np.float32))
        chances[mine] = sigmoid(odds / 2)
    return chances


def judge(faces: Faces, chances: FloatArray) -> dict[str, Any]:
    """The card: of each label what is told and denied (`operating_point`, `denial`), and of the colours of hair."""
    found = dict[str, dict[str, float]]()
    for column, label in enumerate(LABELS):
        known = faces.worth[:, column] > 0
        p, shows = chances[known, column], faces.truth[known, column] > 0
        if label == MASK:
            told = p >= SECOND
            counts = {"precision": round(float(shows[told].mean()), 3), "recall": round(float(told[shows].mean()), 3)}
            found[label] = {"threshold": SECOND} | counts | {"positives": int(shows.sum())}
        else:
            found[label] = operating_point(p, shows, PRECISION[label]) or NEVER
        found[label] |= denial(p, shows)
    known = faces.worth[:, -1] > 0
    return {"labels": found, "hair": judge_colours(faces.truth[known, len(LABELS) :], chances[known, len(LABELS) :])}


def denial(chances: FloatArray, shows: NDArray[np.bool_]) -> dict[str, float]:
    """The probability [n] below which a label is denied, how often rightly, and of how many that don't show it."""
    least = floor(min(float(np.quantile(chances[shows], DENIED)), LEAST_LIKELY) * 1e4) / 1e4
    denied = chances < least
    right, told = 1 - float(shows[denied].mean()), float(denied[~shows].mean())
    return {"denied_below": least, "denied_rightly": round(right, 3), "denied_of_those_without": round(told, 3)}


def judge_colours(truth: FloatArray, chances: FloatArray) -> dict[str, Any]:
    """Of how many heads a colour of hair [n, C] is told, and how many of these rightly."""
    shares = chances / chances.sum(1, keepdims=True)
    likeliest, told = shares.argmax(1), shares.max(1) >= COLOUR
    right = truth[np.arange(len(truth)), likeliest] > 0
    by_colour = {name or "bald": [int(told[likeliest == n].sum()), int((told & right)[likeliest == n].sum())]
                 for n, name in enumerate(COLOURS)}  # fmt: skip
    return {"heads": len(truth), "likeliest right": int(right.sum()), "told, right": by_colour}


if __name__ == "__main__":
    main()
