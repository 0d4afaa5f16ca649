"""The first step of the kinds of places (`pvchat/perception/experts/scenes.safetensors`); `by_eye.py` is the second.

    python -m recipes.places.train TRAINDATA --out pvchat/perception/experts/scenes.safetensors --seed 0

In: pictures of places with people pasted before them (`recipes/looks/settings.py`), worn like footage; photos and film
of people, whose places captions name (`flickr8k`) or a teacher guesses (`teachers/squeezenet_places365`, two fifths of
what the pictures of places are learned by, too); news photos and made-up walls of logos, which stand for events. Out: a
softmax head over EfficientNet features of what is seen beside the people, and a card with how often it is right of
places kept back. `kinds.json` says which places are which kind, and how often footage of people plays there (`often`):
pictures of places say nothing about that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.perception.places import OTHER, free_cells
from pvchat.schemas import FloatArray
from recipes.heads import arguments, drawn, softmax_head, write_head
from recipes.looks.attributes import dimmed
from recipes.looks.settings import Cutout, cut_out, part_of, paste_person
from recipes.model.base.degrade import compressed
from recipes.pictures import read_image, read_metadata

Picture = NDArray[np.uint8]
Cells = NDArray[np.bool_]
KINDS: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("kinds.json").read_text(encoding="utf-8"))
LABELS = [*KINDS, OTHER]
EVENT = "an event"
PLACES = ("places_mini", "rooms_places", "scenes_intel", "houses")
TWICE = (
    "office",
    "meeting room",
    "living room",
    "kitchen",
    "bedroom",
    "hospital room",
    "corridor",
    "classroom",
    "restaurant",
    "cafe",
    "bar",
)  # pasted over twice each
PEOPLE = {
    "film_actions": 700,
    "stanford40": 700,
    "professions": 900,
    "har_stills": 500,
    "tv_talk": 50,
    "pedestrians": 60,
}  # set: how many pictures
CAPTIONED, UNCAPTIONED, WALLS, NEWS, CUTOUTS = 1300, 500, 300, 500, 150
TEACHER, DECAY = 0.4, 0.1  # share of the teacher in what pictures of places are learned by
# Of the teacher's 365 kinds many have no name here, and footage of people seldom plays there.
TEACHER_OTHER, OTHER_OFTEN = 0.3, 0.25
_TEACHER_MEAN = np.array([104.05, 112.51, 116.68], np.float32)  # BGR
_BATCH = 16


class PlaceTeacher:
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


def places(root: Path) -> Iterator[tuple[Path, str, bool]]:
    """Pictures of places: the file, its label, whether it is for training."""
    of = {place: label for label, row in KINDS.items() for place in row["places"].split(", ")}
    for name in PLACES:
        for row in read_metadata(root / name):
            one = root / name / row["file"], of.get(row["place"], OTHER), row["split"] == "train"
            yield from [one] * (2 if row["place"] in TWICE else 1)


def people(root: Path, random: np.random.Generator) -> Iterator[tuple[Path, set[str]]]:
    """Pictures of people: the file, and what its captions say of LABELS (nothing: the teacher alone is asked)."""
    of = {word: label for label, row in KINDS.items() for word in row["captions"].split()}
    rows = read_metadata(root / "flickr8k")
    named, silent = ([row for row in rows if bool(row.get("place_words")) == told] for told in (True, False))
    for row in [*drawn(named, CAPTIONED, random), *drawn(silent, UNCAPTIONED, random)]:
        yield root / "flickr8k" / row["file"], {of[word] for word in row.get("place_words", ()) if word in of}
    for name, count in PEOPLE.items():
        rows = [row for row in read_metadata(root / name) if row.get("frame", 4) == 4]
        yield from ((root / name / row["file"], set()) for row in drawn(rows, count, random))


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


def before(image: Picture, cut: list[Cutout], random: np.random.Generator) -> tuple[Picture, Cells]:
    """A part of a place with nobody to three people before it, often out of focus; the cells [49] that show nobody."""
    picture, count = part_of(image, random), int(random.choice(4, p=[0.12, 0.48, 0.25, 0.15]))
    if random.random() < 0.4:
        picture = picture.filter(ImageFilter.GaussianBlur(float(random.uniform(0.3, 2.2))))
    empty = np.asarray(picture, np.int16).copy()
    size = float(np.exp(random.uniform(np.log(0.12), np.log(0.55 if count == 1 else 0.3))))
    for _ in range(count):
        paste_person(picture, cut[random.integers(len(cut))], size * random.uniform(0.85, 1.15), random)
    covered = (np.abs(np.asarray(picture, np.int16) - empty).sum(2) > 12).astype(np.uint8) * 255
    cells = np.asarray(Image.fromarray(covered).resize((7, 7), Image.Resampling.BOX)) < 0.35 * 255
    return worn(picture, random), cells.ravel()


def worn(picture: Image.Image, random: np.random.Generator) -> Picture:
    """A picture as footage shows it: tinted, flat, dim, soft, compressed."""
    pixels = np.asarray(picture, np.float32) * random.uniform(0.88, 1.12, 3)
    flat = (pixels - pixels.mean()) * random.uniform(0.7, 1.15) + pixels.mean()
    dim = dimmed(Image.fromarray(np.clip(flat, 0, 255).astype(np.uint8)), random.uniform(0.35, 1.2))
    size = [max(36, int(n * random.uniform(0.35, 1))) for n in picture.size]
    return np.asarray(compressed(dim.resize(size, Image.Resampling.BILINEAR), int(random.integers(18, 85))))


def look(root: Path, seed: int) -> tuple[FloatArray, FloatArray, NDArray[np.bool_], NDArray[np.bool_]]:
    """Features [N, 1280], how likely each label is of them [N, C], whether they are places, and for training."""
    random, teacher, expert = (
        np.random.default_rng(seed),
        PlaceTeacher(root / "teachers" / "squeezenet_places365"),
        FrameExpert(),
    )
    cut = cut_out(root, random)
    cut = [cut[i] for i in random.permutation(len(cut))[:CUTOUTS]]
    truths, place, train = list[FloatArray](), list[bool](), list[bool]()
    found, batch = list[FloatArray](), list[tuple[Picture, Cells]]()

    def describe() -> None:
        grid = expert.grid([picture for picture, _ in batch])
        found.extend(cells[free].mean(0) for cells, (_, free) in zip(grid, batch, strict=True))
        batch.clear()

    for shown, truth, of_place, for_training in _pictures(root, random, cut, teacher):
        batch.append(shown)
        truths.append(truth)
        place.append(of_place)
        train.append(for_training)
        if len(batch) == _BATCH:
            describe()
    if batch:
        describe()
    return np.stack(found), np.stack(truths), np.array(place), np.array(train)


def _pictures(
    root: Path, random: np.random.Generator, cut: list[Cutout], teacher: PlaceTeacher
) -> Iterator[tuple[tuple[Picture, Cells], FloatArray, bool, bool]]:
    """All pictures to learn from, with the cells that show nobody, how likely each label is, whether of a place, and
    whether for training.
    """
    for path, label, train in places(root):
        image = read_image(path)
        truth = (1 - TEACHER) * one_of({label}) + TEACHER * teacher.guess(image)
        yield before(image, cut, random), truth, True, train
    for _ in range(WALLS):
        yield before(wall(random), cut, random), one_of({EVENT}), False, True
    faces, rows = WideFaceDetector(), read_metadata(root / "lfw")
    for row in drawn(rows, NEWS, random):
        image = close_up(read_image(root / "lfw" / row["file"]), random)
        yield _beside_faces(image, faces, random), one_of({EVENT}), False, True
    for path, told in people(root, random):
        image = read_image(path)
        if path.parent.parent.name == "flickr8k":  # squashed by its source: back to the shape of most photos
            image = np.asarray(Image.fromarray(image).resize((288, 216)))
        guess = teacher.guess(image) * np.where(np.arange(len(LABELS)) == len(LABELS) - 1, TEACHER_OTHER, 1)
        guess = (guess / guess.sum()).astype(np.float32)
        truth = 0.8 * one_of(told) + 0.2 * guess if told else guess
        yield _beside_faces(image, faces, random), truth, False, True


def _beside_faces(image: Picture, faces: WideFaceDetector, random: np.random.Generator) -> tuple[Picture, Cells]:
    """A photo, often worn like footage, and its cells beside those whose faces are seen."""
    free = free_cells(faces.faces(image, 0.5)[0])
    return (worn(Image.fromarray(image), random) if random.random() < 0.6 else image), free


def learn(x: FloatArray, truth: FloatArray) -> dict[str, FloatArray]:
    """Weights [C, 1280] and bias [C] of a softmax; rare places count for more in learning, `often` says how rare."""
    rarity = (truth / np.sqrt(np.maximum(truth.sum(0), 1))).sum(1)
    weight, bias = softmax_head(x, truth, rarity / rarity.mean(), DECAY, least_spread=0.01)
    often = np.log([*(row["often"] for row in KINDS.values()), OTHER_OFTEN])
    return {"weight": weight, "bias": bias + often}


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


def main(words: list[str] | None = None) -> None:
    """Look at the pictures, train without those kept back for the card, then with all."""
    args = arguments(__doc__, words)
    x, truth, place, train = look(args.traindata, args.seed)
    back = place & ~train
    card = judge(x[back], truth[back], learn(x[~back], truth[~back]), 0.3)
    head = learn(x, truth)
    arrays = {"weight": head["weight"].astype(np.float16), "bias": head["bias"].astype(np.float32)}
    write_head(args.out, arrays, {"source": "recipes.places.train", "labels": LABELS} | card)


if __name__ == "__main__":
    main()
