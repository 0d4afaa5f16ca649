"""Recipe of `perception/experts/settings.safetensors`: `python -m recipes.looks.settings TRAINDATA --out FILE`.

In: pictures of places, photos of people, drawn faces. Out: a head that tells indoors from outdoors in footage,
photographed or drawn, and its card. Pictures of places are of empty rooms and footage is of people before blurred
walls, so the head learns from composites: people cut out of photos pasted before a part of a place, dark, soft and
compressed; and for drawn scenes the place painted over with few colours (`scenes.py`) and drawn faces pasted in.

The limits in LIMITS were set on the tune half of the development footage (docs/LOG.md); the card gives what they are
worth on composites of pictures that were kept back, told by weights learned without them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pvchat.perception.experts.body import PersonMask, resize
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.headfiles import sigmoid
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.schemas import FloatArray
from recipes.figures.scenes import free_square, paste_face, posterise, tint
from recipes.heads import arguments, write_head
from recipes.looks.attributes import dimmed, fit
from recipes.model.base.degrade import compressed
from recipes.pictures import read_image, read_metadata

Images = NDArray[np.uint8]
PLACES = {"rooms_places": 110, "places_mini": 60, "scenes_intel": 60}  # set: at most so many pictures of one place
PEOPLE = {"har_stills": 160, "professions": 160, "stanford40": 80}  # set: how many are cut out
NOT_STANDING = ("sleeping", "cycling", "riding a bike")
OUTSIDE = frozenset(
    """street,buildings,forest,sea,mountain,city skyline,motorway,car park,driveway,petrol station,fire station,
    construction site,bridge,phone box,courtyard,church outside,temple,street market,ski slope,desert,sea coast,river,
    harbour,garden,garden or yard,field,campsite,playground,amusement park,railway track,stadium""".replace(
        "\n    ", ""
    ).split(",")
)
UNCLEAR = ("swimming pool",)  # of both kinds
# Of photos the other head (`attributes.py`) decides, and this one only has to be not at odds with it.
LIMITS = {"photo": {"outdoors": 0.5, "indoors": 0.3}, "drawn": {"outdoors": 0.63, "indoors": 0.7}}
DECAY, STEPS, SEED = 1.0, 200, 1
_SIZES = ((288, 162), (256, 192), (224, 224))
_BATCH = 16


@dataclass
class Cutout:
    """A person cut out of a photo: [H, W, 4] with the mask as alpha, and the face box in fractions [4]."""

    pixels: Images
    face: FloatArray


@dataclass
class Learned:
    """Rows to learn from: features [n][1280], whether outdoors, drawn, of the training split."""

    features: list[FloatArray] = field(default_factory=list)
    outdoors: list[bool] = field(default_factory=list)
    drawn: list[bool] = field(default_factory=list)
    train: list[bool] = field(default_factory=list)


def cut_out(root: Path, rng: np.random.Generator) -> list[Cutout]:
    """People from photos with one face, who fill an eighth to three quarters of the photo."""
    masks, faces = PersonMask(), WideFaceDetector()
    found: list[Cutout] = []
    for name, count in PEOPLE.items():
        rows = [r for r in read_metadata(root / name) if r.get("action") not in NOT_STANDING]
        kept: list[Cutout] = []
        for i in rng.permutation(len(rows)):
            image = read_image(root / name / rows[i]["file"])
            boxes, _, _ = faces.faces(image, 0.5)
            mask = resize(masks.mask(image), *image.shape[:2])
            if len(boxes) == 1 and 0.12 < float((mask > 0.5).mean()) < 0.75:
                alpha = (np.clip(mask, 0, 1) * 255).astype(np.uint8)
                kept.append(Cutout(np.dstack([image, alpha]), boxes[0]))
            if len(kept) == count:
                break
        found += kept
    return found


def photographed(image: Images, people: list[Cutout], rng: np.random.Generator) -> Images:
    """A place with nobody to three people before it: often out of focus, dark, soft, compressed."""
    picture = part_of(image, rng)
    width, height = picture.size
    count = int(rng.choice([0, 1, 1, 1, 2, 3]))
    if count and rng.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 2.4))))
    size = float(np.exp(rng.uniform(np.log(0.12), np.log(0.5 if count == 1 else 0.28))))
    for _ in range(count):
        paste_person(picture, people[rng.integers(len(people))], size * rng.uniform(0.85, 1.15), rng)
    gain, scale = rng.uniform(0.35, 1.2), rng.uniform(0.6, 1)
    small = dimmed(picture, gain).resize((int(width * scale), int(height * scale)), Image.Resampling.BILINEAR)
    return np.asarray(compressed(small, int(rng.integers(35, 88))))


def drawn(image: Images, faces: list[Images], rng: np.random.Generator) -> Images:
    """A place as a painted background with nobody to three drawn figures."""
    picture = posterise(part_of(image, rng), rng)
    boxes: list[list[float]] = []
    for _ in range(int(rng.choice([0, 1, 1, 2, 3]))):
        side = float(np.exp(rng.uniform(np.log(0.2), np.log(0.4 if boxes else 0.8)))) * min(picture.size)
        if (box := free_square(picture.size, side, boxes, rng)) is not None:
            paste_face(picture, Image.fromarray(faces[rng.integers(len(faces))]), box, rng)
            boxes.append(box)
    return tint(np.asarray(picture), rng)


def part_of(image: Images, rng: np.random.Generator) -> Image.Image:
    """A part of the picture in a video's shape, as it is seen behind somebody."""
    picture, size = Image.fromarray(image), _SIZES[rng.integers(len(_SIZES))]
    scale = rng.uniform(0.6, 1)
    x, y = (rng.uniform(0, (1 - scale) * n) for n in picture.size)
    box = (int(x), int(y), int(x + scale * picture.width), int(y + scale * picture.height))
    return picture.crop(box).resize(size, Image.Resampling.BILINEAR)


def paste_person(picture: Image.Image, one: Cutout, size: float, rng: np.random.Generator) -> None:
    """Paste somebody with a face of `size` frame heights, the face in the upper part of the frame."""
    x0, y0, x1, y1 = (float(v) for v in one.face)
    scale = size * picture.height / ((y1 - y0) * one.pixels.shape[0])
    person = Image.fromarray(one.pixels, "RGBA")
    person = person.resize([max(2, int(n * scale)) for n in person.size], Image.Resampling.BILINEAR)
    middle = (x0 + x1) / 2
    if rng.random() < 0.5:
        person, middle = person.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 1 - middle
    top = rng.uniform(0.12, 0.4) * picture.height - y0 * person.height
    left = rng.uniform(0.15, 0.85) * picture.width - middle * person.width
    picture.paste(person, (int(left), int(top)), person)


def read_rows(root: Path, expert: FrameExpert) -> Learned:
    """Features of two composites of each picture, one photographed and one drawn."""
    rng, found = np.random.default_rng(SEED), Learned()
    people = cut_out(root, rng)
    faces = [read_image(root / "anime" / row["file"]) for row in read_metadata(root / "anime")[::3]]
    waiting: list[Images] = []
    for name, most in PLACES.items():
        rows, counts = read_metadata(root / name), dict[str, int]()
        for i in rng.permutation(len(rows)):
            place = rows[i]["place"]
            counts[place] = counts.get(place, 0) + 1
            if counts[place] > most or place in UNCLEAR:
                continue
            image = read_image(root / name / rows[i]["file"])
            waiting += [photographed(image, people, rng), drawn(image, faces, rng)]
            found.outdoors += [place in OUTSIDE] * 2
            found.drawn += [False, True]
            found.train += [rows[i]["split"] == "train"] * 2
            if len(waiting) >= _BATCH:
                found.features += list(expert.pooled(waiting))
                waiting = []
    found.features += list(expert.pooled(waiting))
    return found


def learn(x: FloatArray, outdoors: NDArray[np.bool_]) -> tuple[FloatArray, float]:
    """Weights [1280] and bias of the log-odds of outdoors; both settings count the same."""
    share = float(outdoors.mean())
    weight = np.where(outdoors, 0.5 / share, 0.5 / (1 - share))[:, None]
    w, b = fit(x, outdoors[:, None].astype(np.float32), weight, decay=DECAY, steps=STEPS)
    return w[0], float(b[0])


def judge(p: FloatArray, outdoors: NDArray[np.bool_], limits: dict[str, float]) -> dict[str, dict[str, Any]]:
    """The card's rows: for each setting its limit, precision and recall on probabilities p [n] of outdoors."""
    card: dict[str, dict[str, Any]] = {}
    for label, limit in limits.items():
        truth, sure = (outdoors, p) if label == "outdoors" else (~outdoors, 1 - p)
        said = sure >= limit
        right = float((said & truth).sum())
        card[label] = {
            "threshold": limit,
            "precision": round(right / max(1.0, float(said.sum())), 3),
            "recall": round(right / max(1.0, float(truth.sum())), 3),
            "validated": len(p),
        }
    return card


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.settings TRAINDATA --out FILE`."""
    args = arguments(__doc__, words)
    rows = read_rows(args.traindata, FrameExpert())
    x, outdoors = np.stack(rows.features), np.array(rows.outdoors)
    train, is_drawn = np.array(rows.train), np.array(rows.drawn)
    (on_part, part_bias), (weight, bias) = learn(x[train], outdoors[train]), learn(x, outdoors)
    tensors: dict[str, NDArray[Any]] = {}
    heads = {}
    for kind, limits in LIMITS.items():
        kept = ~train & (is_drawn == (kind == "drawn"))
        heads[kind] = judge(sigmoid(x[kept] @ on_part + part_bias), outdoors[kept], limits)
        tensors[f"{kind}.weight"] = np.stack([weight, -weight]).astype(np.float16)
        tensors[f"{kind}.bias"] = np.array([bias, -bias], np.float32)
    write_head(args.out, tensors, {"source": "recipes.looks.settings", "heads": heads})


if __name__ == "__main__":
    main()
