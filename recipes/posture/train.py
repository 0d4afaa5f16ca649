"""Train the postures (`pvchat/perception/experts/posture.safetensors`).

    python -m recipes.posture.train TRAINDATA --out pvchat/perception/experts/posture.safetensors --seed 0

In: photos and frames of film in which people are known to stand, sit, lie, walk, run or bend: by their captions
(`flickr8k`), by what they do (`har_stills`, `stanford40`, `film_actions`) or by name (`poses_stock`). Out: a linear
head over pose and features, and a card with how often it is right of people kept back.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from pvchat.perception.experts.attributes import body_box, crop
from pvchat.perception.experts.body import BodyExpert
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.perception.posture import NAMES, geometry, likely_postures
from pvchat.schemas import FloatArray
from pvchat.train.pictures import read_image, read_metadata

VERBS = {
    "standing": r"stands?|standing", "sitting": r"sits?|sitting|seated",
    "lying down": r"lies|lying|lays|laying|sleep\w*",
    "walking": r"walks?|walking|strolls?|hik\w+", "running": r"runs?|running|jogs?|jogging",
    "bending": r"kneel\w*|crouch\w*|squat\w*|bend\w*|bent",
}  # fmt: skip
_ONE = re.compile(r"\b(man|woman|boy|girl|person|lady|guy)\b")
_MORE = re.compile(
    r"\b(men|women|boys|girls|people|children|kids|two|three|four|five|group|couple|crowd|friends|dogs?)\b"
)
STILLS = {  # set: action -> posture, at most so many pictures of each
    "har_stills": (70, {"sitting": "sitting", "using a laptop": "sitting", "sleeping": "lying down",
                        "running": "running", "dancing": "standing"}),
    "stanford40": (30, dict.fromkeys(("using a computer", "watching TV", "reading", "writing in a book"), "sitting")
                   | dict.fromkeys(("washing dishes", "cleaning the floor", "writing on a board", "cooking", "waving",
                                    "taking photos", "applauding"), "standing")),
    "poses_stock": (99, {"sitting": "sitting", "standing": "standing"}),
}  # fmt: skip
FILM = (  # action, frames (of 8), posture, at most
    ("walking", (2, 5), "walking", 70), ("running", (2, 5), "running", 60), ("standing up", (0,), "sitting", 35),
    ("standing up", (7,), "standing", 35), ("sitting down", (7,), "sitting", 35),
    ("sitting down", (0,), "standing", 35),
    ("waving", (3,), "standing", 25), ("shooting with a bow", (3,), "standing", 25),
    ("firing a gun", (3,), "standing", 25), ("picking something up", (4,), "bending", 30),
)  # fmt: skip
CAPTIONED, SIDE = 200, 240  # captioned pictures of each posture; smaller pictures are doubled
DECAY_POSE, DECAY_LOOKS, STEPS = 0.01, 0.1, 120
KEPT_BACK = 5  # one in so many


@dataclass
class Person:
    """Somebody in a picture: the posture, from which picture or clip, the pose, features of torso and frame."""

    posture: str
    source: str
    shown: FloatArray
    torso: FloatArray
    frame: FloatArray


def chosen(root: Path, random: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
    """Posture and metadata row of each picture to learn from."""
    captioned = [(posture_of(row["captions"]), row) for row in read_metadata(root / "flickr8k")]
    for posture in NAMES:
        yield from _some([pair for pair in captioned if pair[0] == posture], CAPTIONED, random)
    for name, (most, postures) in STILLS.items():
        rows = read_metadata(root / name)
        for action, posture in postures.items():
            yield from _some([(posture, row) for row in rows if row["action"] == action], most, random)
    film = read_metadata(root / "film_actions")
    for action, frames, posture, most in FILM:
        rows = [row for row in film if row["action"] == action and row["frame"] in frames]
        yield from _some([(posture, row) for row in rows], most, random)


def _some(rows: list[Any], most: int, random: np.random.Generator) -> list[Any]:
    return [rows[i] for i in random.permutation(len(rows))[:most]]


def posture_of(captions: list[str]) -> str | None:
    """The posture that most captions of a picture of one person name; None where they name several or none."""
    texts = [text.lower() for text in captions]
    if not any(map(_ONE.search, texts)) or sum(bool(_MORE.search(text)) for text in texts) >= 2:
        return None
    named = {name: sum(bool(re.search(rf"\b({verb})\b", text)) for text in texts) for name, verb in VERBS.items()}
    first, second = sorted(named.values())[:-3:-1]
    return max(named, key=lambda name: named[name]) if first >= 2 and first >= 2 * second else None


def look(root: Path, seed: int) -> list[Person]:
    """Whoever has the surest face in each picture."""
    bodies, faces, features = BodyExpert(), WideFaceDetector(), FrameExpert()
    found = []
    for posture, row in chosen(root, np.random.default_rng(seed)):
        image = read_image(root / row["set"] / row["file"])
        height, width = image.shape[:2]
        if row["set"] == "flickr8k":  # squashed by its source: back to the shape of most photos
            image = np.asarray(Image.fromarray(image).resize((288, 216)))
        elif max(height, width) < SIDE:
            image = np.asarray(Image.fromarray(image).resize((2 * width, 2 * height)))
        boxes, _, scores = faces.faces(image, 0.5)
        if not len(boxes):
            continue
        face = np.asarray(boxes[int(np.argmax(scores))], np.float32)
        pose = bodies.pose(image, face)
        joints = np.full((33, 4), np.nan, np.float32) if pose is None else pose.joints
        torso, frame = features.pooled([crop(image, body_box(face)), image])
        shown = geometry(joints, face, image.shape[1] / image.shape[0])
        found.append(Person(posture, row.get("clip") or row["file"], shown, torso, frame))
    return found


def learn(people: list[Person]) -> dict[str, FloatArray]:
    """Weights as `posture.likely_postures` takes them: a softmax over NAMES; rare postures count for more."""
    x = np.concatenate([_rows(people, name) for name in ("shown", "torso", "frame")], 1)
    truth = np.array([NAMES.index(one.posture) for one in people])
    mean, spread = x.mean(0), x.std(0) + 0.05
    rows, labels = torch.from_numpy((x - mean) / spread), torch.from_numpy(truth)
    counts = np.maximum(np.bincount(truth, minlength=len(NAMES)), 1)
    rarity = torch.tensor((len(truth) / counts) ** 0.5, dtype=torch.float32)
    shown = len(people[0].shown)
    decay = torch.tensor([DECAY_POSE] * shown + [DECAY_LOOKS] * (x.shape[1] - shown))
    weight = torch.zeros(len(NAMES), x.shape[1], requires_grad=True)
    bias = torch.zeros(len(NAMES), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        wrong = nn.functional.cross_entropy(rows @ weight.T + bias, labels, weight=rarity / rarity.mean())
        found = wrong + (decay * weight**2).sum()
        torch.autograd.backward(found)
        return found

    optimiser.step(loss)
    unscaled = weight.detach().numpy() / spread
    return {"weight": unscaled, "bias": bias.detach().numpy() - unscaled @ mean}


def _rows(people: list[Person], name: str) -> FloatArray:
    return np.stack([getattr(one, name) for one in people]).astype(np.float32)


def judge(people: list[Person], weights: dict[str, FloatArray]) -> dict[str, Any]:
    """How often the likeliest posture is right of some people, and how often who sits is told from who is up."""
    shares = likely_postures(_rows(people, "shown"), _rows(people, "torso"), _rows(people, "frame"), weights)
    truth = np.array([NAMES.index(one.posture) for one in people])
    sits, feet = shares[:, 1], shares[:, [0, 3, 4]].sum(1)
    either = np.isin(truth, (0, 1, 3, 4))
    return {
        "right": round(float((shares.argmax(1) == truth).mean()), 3),
        "sitting or not": round(float(((sits > feet) == (truth == 1))[either].mean()), 3),
        "kept back": len(people),
    }


def main(arguments: list[str] | None = None) -> None:
    """Look at the pictures, train without a fifth of them for the card, then with all."""
    from safetensors.numpy import save_file

    parser = argparse.ArgumentParser(prog="recipes.posture.train", description=__doc__.split("\n")[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    write(look(args.traindata, args.seed), args.out, args.seed, save_file)


def write(people: list[Person], out: Path, seed: int, save: Any) -> None:
    """Train and write weights and card."""
    sources = sorted({one.source for one in people})
    order = np.random.default_rng(seed).permutation(len(sources))
    back = {sources[i] for i in order[: len(sources) // KEPT_BACK]}
    part = learn([one for one in people if one.source not in back])
    card = {"source": "recipes.posture.train"} | judge([one for one in people if one.source in back], part)
    save({name: array.astype(np.float16) for name, array in learn(people).items()}, out)
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
