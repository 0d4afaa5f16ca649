"""Recipe of `experts/figures.safetensors`: locator, identity projection, drawn-or-photo head, cohort, calibration.

    python -m pvchat.train.fits.figures TRAINDATA --out figures.safetensors [--drawn FILE]

In: the sets `anime` (face crops of drawn characters, by identity), `anime_hair` (of unknown ones), `product_clothes`
and photos (`flickr8k`, `houses`, `lfw`, ...) of a traindata folder. Out: the safetensors file and its card (.json:
sources, validation numbers, calibration constants).

There are no boxes of drawn figures to learn from, so scenes are composed (`scenes.compose`): crops pasted with a rough
body onto photos, posterised photos, gradients and flat colours. The backbone stays frozen; only four small convolutions
and linear layers are trained. Characters of the `val` split are never trained on: they tell how well it carries over.
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pvchat.perception.experts import figures
from pvchat.perception.experts.figures import FigureExpert
from pvchat.schemas import FloatArray
from pvchat.train.fits import figurefits as fits
from pvchat.train.fits.scenes import compose, tint
from pvchat.train.pictures import read_image, read_metadata

if TYPE_CHECKING:
    from pvchat.perception.experts.efficientnet import FrameExpert

SEED = 20
_TRAIN_SCENES, _VAL_SCENES = 2400, 160
_BACKGROUNDS = ("flickr8k", "houses", "places_mini", "sports100")
_BACKGROUNDS_A_SET = 250
_PHOTOS = ("flickr8k", "houses", "lfw", "ccp_clothes", "sports100", "imfdb_attr", "coco_mini")
_PHOTOS_A_SET = 150
_SCENES_A_BATCH = 16
_CHANGED = 3  # copies of every crop in another light, size and sharpness
_COHORT = 12
_EPISODES, _PICTURES = 1200, 3  # fan art differs by artist more than a series does: several pictures average that out


@dataclass
class Samples:
    """Everything that is learnt from, of one split. S scenes, C channels, h by w cells, N crops, M others, P pictures.

    Attributes:
        maps: [S, C, h, w] of the scenes.
        target: [S, h, w] 1 on a face, 0 off it, -1 between (not trained on).
        edges: [S, h, w, 4] distances left, top, right, bottom from the cell's centre to the box's edges, fractions.
        looks: [N, L] appearance vectors of face crops (`figures.appearance`), as they are and changed.
        identity: [N] index into `names`.
        source: [N] index of the original picture: two crops of one picture are not an independent pair.
        names: the characters.
        others: [M, L] appearance of drawn faces whose character isn't known.
        pooled: [P, 1280] whole-picture features, and `drawn` [P]: 1 for drawn, 0 for photos.
    """

    maps: NDArray[np.float16]
    target: NDArray[np.int8]
    edges: FloatArray
    looks: FloatArray
    identity: NDArray[np.int64]
    source: NDArray[np.int64]
    names: list[str]
    others: FloatArray
    pooled: FloatArray
    drawn: NDArray[np.int8]


def sample(traindata: Path, split: str, expert: FrameExpert, scenes: int, seed: int) -> Samples:
    """Compose scenes of one split and take all features."""
    rng = np.random.default_rng(seed)
    rows = [row for row in read_metadata(traindata / "anime") if row["split"] == split]
    names = sorted({row["identity"] for row in rows})
    owner = np.array([names.index(row["identity"]) for row in rows])
    crops = [read_image(traindata / "anime" / row["file"]) for row in rows]
    others = _pictures(traindata, ("anime_hair",), split, len(crops), rng)
    backgrounds = _pictures(traindata, _BACKGROUNDS, split, _BACKGROUNDS_A_SET, rng)
    clothes = _pictures(traindata, ("product_clothes",), split, _BACKGROUNDS_A_SET, rng)
    maps, target, edges, painted = _locator_samples([*crops, *others], backgrounds, clothes, scenes, expert, rng)
    looks, source = _identity_samples(crops, expert, rng)
    pooled, drawn = _picture_samples(traindata, split, crops, painted, expert, rng)
    unknown = figures.appearance(expert, others)
    return Samples(maps, target, edges, looks, owner[source], source, names, unknown, pooled, drawn)


def _locator_samples(
    crops: list[NDArray[np.uint8]],
    backgrounds: list[NDArray[np.uint8]],
    clothes: list[NDArray[np.uint8]],
    scenes: int,
    expert: FrameExpert,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float16], NDArray[np.int8], FloatArray, list[NDArray[np.uint8]]]:
    """Maps, targets and edges of composed scenes; and some of those with a drawn background."""
    maps, marked = [], []
    painted: list[NDArray[np.uint8]] = []
    for _ in range(0, scenes, _SCENES_A_BATCH):  # pictures are let go of batch by batch
        composed = [compose(crops, backgrounds, rng, clothes) for _ in range(_SCENES_A_BATCH)]
        maps.append(expert.maps([scene.image for scene in composed], figures.LOCATOR_SIDE).astype(np.float16))
        marked += [mark(scene.boxes) for scene in composed]
        painted += [scene.image for scene in composed if scene.drawn_background and len(painted) < _PHOTOS_A_SET]
    return np.concatenate(maps), np.stack([t for t, _ in marked]), np.stack([e for _, e in marked]), painted


def mark(boxes: FloatArray) -> tuple[NDArray[np.int8], FloatArray]:
    """Targets of the locator's cells: boxes [n, 4] -> target [h, w] and edges [h, w, 4] (see `Samples`).

    A cell is on a face when its centre lies in the middle of the box, two fifths to each side, or is the cell nearest
    to the box's centre; it is "between" in the rest of the box (centre sampling, Tian et al. 2019, FCOS). Smaller faces
    lie before larger ones.
    """
    centres = figures.cell_centres()
    target, edges = np.zeros(len(centres), np.int8), np.zeros((len(centres), 4), np.float32)
    for box in boxes[np.argsort(-(boxes[:, 2:] - boxes[:, :2]).prod(1))]:
        middle, half = (box[:2] + box[2:]) / 2, np.maximum((box[2:] - box[:2]) / 2, 1e-3)
        away = np.abs(centres - middle) / half
        inside, on = (away < 1).all(1), (away < 0.4).all(1)
        on[np.square(centres - middle).sum(1).argmin()] = True
        target[inside & ~on] = -1
        target[on] = 1
        edges[on] = np.concatenate([centres[on] - box[:2], box[2:] - centres[on]], 1)
    shape = (figures.CELLS, figures.CELLS)
    return target.reshape(shape), edges.reshape(*shape, 4)


def _identity_samples(
    crops: list[NDArray[np.uint8]], expert: FrameExpert, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Every crop as it is, and some copies of each as footage may show it and the locator may cut it out."""
    changed = [_changed(crop, rng) for crop in crops for _ in range(_CHANGED)]
    source = [*range(len(crops)), *np.repeat(np.arange(len(crops)), _CHANGED).tolist()]
    return figures.appearance(expert, crops + changed), np.array(source)


def _changed(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A crop cut out a little elsewhere, mirrored, small, blurred, compressed, in another light."""
    height, width = crop.shape[:2]
    wide = np.pad(crop, ((height // 4,) * 2, (width // 4,) * 2, (0, 0)), mode="edge")
    side, shift = rng.uniform(0.75, 1.15), rng.normal(0, 0.06, 2)
    tall = side * rng.uniform(0.85, 1.15)
    x, y = (0.75 + shift[0] - side / 2) * width, (0.75 + shift[1] - side / 2) * height
    picture = Image.fromarray(wide).crop((int(x), int(y), int(x + side * width), int(y + tall * height)))
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.4:
        pixels = int(rng.uniform(32, 96))
        picture = picture.resize((pixels, pixels), Image.Resampling.BILINEAR)
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.5))))
    if rng.random() < 0.4:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(rng.uniform(20, 70)))
        picture = Image.open(file).convert("RGB")
    return tint(np.asarray(picture), rng)


def _picture_samples(
    traindata: Path,
    split: str,
    crops: list[NDArray[np.uint8]],
    painted: list[NDArray[np.uint8]],
    expert: FrameExpert,
    rng: np.random.Generator,
) -> tuple[FloatArray, NDArray[np.int8]]:
    """Drawn: crops, and scenes whose background is drawn too. Photos: all other sets."""
    some = rng.permutation(len(crops))[:300]
    drawn = [crops[i] for i in some] + painted
    photos = _pictures(traindata, _PHOTOS, split, _PHOTOS_A_SET if split == "train" else 40, rng)
    return expert.pooled(drawn + photos), np.array([1] * len(drawn) + [0] * len(photos), np.int8)


def _pictures(
    traindata: Path, sets: tuple[str, ...], split: str, count: int, rng: np.random.Generator
) -> list[NDArray[np.uint8]]:
    """Up to `count` pictures of each set."""
    found = []
    for name in sets:
        files = [row["file"] for row in read_metadata(traindata / name) if row["split"] == split]
        found += [read_image(traindata / name / files[i]) for i in rng.permutation(len(files))[:count]]
    return found


def fit(train: Samples, val: Samples, kept: fits.Arrays | None = None) -> tuple[fits.Arrays, dict[str, Any]]:
    """All arrays and the card; `kept` are arrays that stay as they were."""
    weight, bias = fits.fit_logistic(train.pooled, train.drawn, SEED, decay=0.01)
    arrays = fits.fit_locator(train.maps, train.target, train.edges, SEED)
    arrays |= fits.fit_identity(train.looks, train.identity, train.others)
    arrays |= {"drawn.weight": weight, "drawn.bias": bias, "frame.mean": train.pooled[train.drawn == 1].mean(0)}
    arrays |= kept or {}
    expert = FigureExpert.of(arrays)
    looks, unknown, looks_val = (expert.identity(x) for x in (train.looks, train.others, val.looks))
    everyone = np.concatenate([train.identity, np.arange(len(unknown)) + len(train.names)])  # each is somebody else
    arrays["cohort"] = fits.cohort_centres(np.concatenate([looks, unknown]), everyone, _COHORT, SEED)
    crops = fits.Crops(looks_val, val.identity, val.source)
    score, same = fits.episodes(crops, arrays["cohort"], _PICTURES, _EPISODES, SEED)
    slope, offset = fits.fit_logistic(score[:, None], same, SEED, decay=1e-4)
    card = {
        "calibration": {"slope": float(slope[0]), "bias": float(offset[0])},
        "source": "traindata sets anime, anime_hair (fan art, not published), product_clothes and photos; the "
        "cohort holds only means over at least three characters",
        "validation": _validate(expert, val, looks_val) | {"episodes_auc": round(fits.auc(score, same == 1), 4)},
    }
    return arrays, card


def _validate(expert: FigureExpert, val: Samples, looks: FloatArray) -> dict[str, Any]:
    """Figures on characters and pictures that were not trained on."""
    on = np.stack([expert.cells(maps.astype(np.float32))[0] for maps in val.maps])
    clear = val.target >= 0
    drawn = np.array([expert.is_drawn(row[None]) for row in val.pooled])
    return {
        "locator_cell_auc": round(fits.auc(on[clear], val.target[clear] == 1), 4),
        "drawn_accuracy": round(float(((drawn > 0.5) == (val.drawn == 1)).mean()), 4),
        "verification": fits.verification(looks, val.identity, val.source),
        "verification_raw_looks": fits.verification(val.looks - val.looks.mean(0), val.identity, val.source),
    }


def save(arrays: fits.Arrays, card: dict[str, Any], out: Path) -> None:
    """The arrays as float16 (cohort and calibration inputs lose nothing that matters), the card beside them."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(a, np.float16) for name, a in arrays.items()}, out)
    out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")


def main(arguments: list[str] | None = None) -> None:
    """Command line; about eight minutes on one busy core."""
    from pvchat.perception.experts.efficientnet import FrameExpert

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, metavar="FILE", help="keep this file's head for drawn or photographed")
    args = parser.parse_args(arguments)
    expert = FrameExpert()
    train = sample(args.traindata, "train", expert, _TRAIN_SCENES, SEED)
    val = sample(args.traindata, "val", expert, _VAL_SCENES, SEED + 1)
    save(*fit(train, val, _drawn_of(args.drawn) if args.drawn else None), args.out)


def _drawn_of(path: Path) -> fits.Arrays:
    """What says whether a clip is drawn, out of another file: limits elsewhere were set for it."""
    from safetensors.numpy import load_file

    return {
        name: array for name, array in load_file(path).items() if name in ("drawn.weight", "drawn.bias", "frame.mean")
    }


if __name__ == "__main__":
    main()
