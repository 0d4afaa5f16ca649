"""Train the kinds of places (`pvchat/perception/experts/scenes.safetensors`).

    python -m recipes.places.train TRAINDATA --out pvchat/perception/experts/scenes.safetensors --seed 0

In: pictures of places with people pasted before them (`recipes/looks/settings.py`); photos and film of people, whose
places captions name (`flickr8k`) or a teacher guesses (`teachers/squeezenet_places365`, half of what the pictures of
places are learned by, too); news photos and made-up walls of logos, which stand for events. Out: a softmax head over
EfficientNet features, and a card with how often it is right of places kept back.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.scenes import OTHER
from pvchat.schemas import FloatArray
from pvchat.train.pictures import read_image, read_metadata
from recipes.looks.settings import Cutout, cut_out, photographed

Picture = NDArray[np.uint8]
KINDS: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("kinds.json").read_text(encoding="utf-8"))
LABELS = [*KINDS, OTHER]
EVENT = "an event"
PLACES, OFTEN, SELDOM = ("places_mini", "rooms_places", "scenes_intel", "houses"), 90, 40  # sets; pictures of a place
OFTEN_SEEN = ("office", "meeting room", "street", "hospital room", "corridor", "classroom")
PEOPLE = {"film_actions": 250, "stanford40": 150, "professions": 150, "har_stills": 100}  # set: how many pictures
CAPTIONED, WALLS, NEWS, CUTOUTS = 600, 160, 360, 115
TEACHER, DECAY, STEPS = 0.4, 0.1, 80  # share of the teacher in what pictures of places are learned by
_TEACHER_MEAN = np.array([104.05, 112.51, 116.68], np.float32)  # BGR
_BATCH = 16


class Teacher:
    """The network that guesses 365 kinds of places, its guesses summed up to LABELS."""

    def __init__(self, folder: Path) -> None:
        import openvino

        names = [line.split()[0][3:] for line in (folder / "categories_places365.txt").read_text().splitlines()]
        self._network = openvino.Core().compile_model(folder / "squeezenet_places365.onnx", "CPU")
        self._sums = np.zeros((len(names), len(LABELS)), np.float32)
        for row in KINDS.values():
            column = list(KINDS.values()).index(row)
            self._sums[[names.index(name) for name in row["teacher"].split()], column] = 1
        self._sums[self._sums.sum(1) == 0, -1] = 1

    def guess(self, image: Picture) -> FloatArray:
        """[C] probabilities of LABELS."""
        pixels = np.asarray(Image.fromarray(image).resize((224, 224), Image.Resampling.BILINEAR), np.float32)[..., ::-1]
        batch = ((pixels - _TEACHER_MEAN) / 255).transpose(2, 0, 1)[None]
        return np.asarray(self._network(batch)["prob"][0] @ self._sums, np.float32)


def places(root: Path, random: np.random.Generator) -> Iterator[tuple[Path, str, bool]]:
    """Pictures of places: the file, its label, whether it is for training."""
    of = {place: label for label, row in KINDS.items() for place in row["places"].split(", ")}
    for name in PLACES:
        rows, counts = read_metadata(root / name), dict[str, int]()
        for i in random.permutation(len(rows)):
            place = rows[i]["place"]
            counts[place] = counts.get(place, 0) + 1
            if counts[place] <= (OFTEN if name == "rooms_places" or place in OFTEN_SEEN else SELDOM):
                yield root / name / rows[i]["file"], of.get(place, OTHER), rows[i]["split"] == "train"


def people(root: Path, random: np.random.Generator) -> Iterator[tuple[Path, FloatArray | None]]:
    """Pictures of people: the file, and what its captions say of LABELS (None: the teacher is asked)."""
    of = {word: label for label, row in KINDS.items() for word in row["captions"].split()}
    rows = [row for row in read_metadata(root / "flickr8k") if row.get("place_words")]
    for row in (rows[i] for i in random.permutation(len(rows))[:CAPTIONED]):
        named = {of[word] for word in row["place_words"] if word in of}
        yield root / "flickr8k" / row["file"], one_of(named) if named else None
    for name, count in PEOPLE.items():
        rows = [row for row in read_metadata(root / name) if row.get("frame", 4) == 4]
        yield from ((root / name / rows[i]["file"], None) for i in random.permutation(len(rows))[:count])


def one_of(labels: set[str]) -> FloatArray:
    """[C] the labels, equally likely."""
    return np.array([(label in labels) / len(labels) for label in LABELS], np.float32)


def wall(random: np.random.Generator) -> Picture:
    """A wall of one colour with words and discs repeated over it, as behind people at an event."""
    ground = (random.integers(0, 256, 3), np.array([255] * 3), random.integers(0, 60, 3))[
        int(random.choice(3, p=[0.6, 0.2, 0.2]))
    ]
    picture, size = Image.new("RGB", (320, 240), tuple(int(v) for v in ground)), int(random.integers(10, 40))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    count = int(random.integers(1, 4))
    words = [
        "".join(chr(65 + int(c)) for c in random.integers(0, 26, int(random.integers(2, 9)))) for _ in range(count)
    ]
    inks = [
        tuple(int(v) for v in (255 - ground if random.random() < 0.5 else random.integers(0, 256, 3))) for _ in words
    ]
    across, down = int(size * random.uniform(3, 7)), int(size * random.uniform(1.5, 4))
    shift, disc = (across // 2 if random.random() < 0.6 else 0), random.random() < 0.7
    for row, y in enumerate(range(0, 240, down)):
        for column, x in enumerate(range(-shift if row % 2 else 0, 320, across)):
            k = (row + column) % count
            if k == 1 and disc:
                draw.ellipse([x, y, x + size, y + size], fill=inks[k])
            else:
                draw.text((x, y), words[k], fill=inks[k], font=font)
    return np.asarray(picture)


def close_up(image: Picture, random: np.random.Generator) -> Picture:
    """A part of a news photo in a video's shape."""
    height = int(len(image) * random.uniform(0.56, 1))
    top = int(random.uniform(0, len(image) - height) * 0.6)
    return image[top : top + height]


def look(root: Path, seed: int) -> tuple[FloatArray, FloatArray, NDArray[np.bool_], NDArray[np.bool_]]:
    """Features [N, 1280], how likely each label is of them [N, C], whether they are places, and for training."""
    random, teacher = np.random.default_rng(seed), Teacher(root / "teachers" / "squeezenet_places365")
    expert, before = FrameExpert(), cut_out(root, random)
    before = [before[i] for i in random.permutation(len(before))[:CUTOUTS]]
    truths, place, train = list[FloatArray](), list[bool](), list[bool]()
    pictures = _pictures(root, random, before, teacher, (truths, place, train))
    found, batch = list[FloatArray](), list[Picture]()
    for picture in pictures:
        batch.append(picture)
        if len(batch) == _BATCH:
            found.append(expert.pooled(batch))
            batch = []
    found.append(expert.pooled(batch))
    return np.concatenate(found), np.stack(truths), np.array(place), np.array(train)


def _pictures(
    root: Path,
    random: np.random.Generator,
    before: list[Cutout],
    teacher: Teacher,
    noted: tuple[list[FloatArray], list[bool], list[bool]],
) -> Iterator[Picture]:
    """All pictures to learn from; what is known of each is noted as it is given."""

    def note(picture: Picture, truth: FloatArray, of_place: bool = False, train: bool = True) -> Picture:
        truths, place, for_training = noted
        truths.append(truth)
        place.append(of_place)
        for_training.append(train)
        return picture

    for path, label, train in places(root, random):
        image = read_image(path)
        truth = (1 - TEACHER) * one_of({label}) + TEACHER * teacher.guess(image)
        yield note(photographed(image, before, random), truth, True, train)
    for _ in range(WALLS):
        yield note(photographed(wall(random), before, random), one_of({EVENT}))
    rows = read_metadata(root / "lfw")
    for i in random.permutation(len(rows))[:NEWS]:
        yield note(close_up(read_image(root / "lfw" / rows[i]["file"]), random), one_of({EVENT}))
    for path, told in people(root, random):
        image = read_image(path)
        yield note(image, teacher.guess(image) if told is None else told)


def learn(x: FloatArray, truth: FloatArray) -> dict[str, FloatArray]:
    """Weights [C, 1280] and bias [C] of a softmax; rare places count for more."""
    mean, spread = x.mean(0), x.std(0) + 0.01
    rows, shares = torch.from_numpy(((x - mean) / spread).astype(np.float32)), torch.from_numpy(truth)
    rarity = (shares / shares.sum(0).clamp(min=1).sqrt()).sum(1)
    weight = torch.zeros(truth.shape[1], x.shape[1], requires_grad=True)
    bias = torch.zeros(truth.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        logs = torch.log_softmax(rows @ weight.T + bias, 1)
        found = (-(logs * shares).sum(1) * rarity / rarity.mean()).mean() + DECAY * (weight**2).sum()
        torch.autograd.backward(found)
        return found

    optimiser.step(loss)
    unscaled = weight.detach().numpy() / spread
    return {"weight": unscaled, "bias": bias.detach().numpy() - unscaled @ mean}


def judge(x: FloatArray, truth: FloatArray, head: dict[str, FloatArray], least: float) -> dict[str, Any]:
    """How often the likeliest place is right, how often one is told from `least` on, and how often that is right."""
    logits = x @ head["weight"].T + head["bias"]
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    right, told = shares.argmax(1) == truth.argmax(1), (shares.max(1) >= least) & (shares.argmax(1) != len(LABELS) - 1)
    return {
        "right": round(float(right.mean()), 3), "told": round(float(told.mean()), 3),
        "right of told": round(float(right[told].mean()), 3), "kept back": len(x),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Look at the pictures, train without those kept back for the card, then with all."""
    from safetensors.numpy import save_file

    parser = argparse.ArgumentParser(prog="recipes.places.train", description=__doc__.split("\n")[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    x, truth, place, train = look(args.traindata, args.seed)
    back = place & ~train
    card = judge(x[back], truth[back], learn(x[~back], truth[~back]), 0.3)
    head = learn(x, truth)
    save_file({"weight": head["weight"].astype(np.float16), "bias": head["bias"].astype(np.float32)}, args.out)
    about = {"source": "recipes.places.train", "labels": LABELS} | card
    args.out.with_suffix(".json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
