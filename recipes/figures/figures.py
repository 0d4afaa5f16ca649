"""Recipe of `experts/figures.safetensors`: locator, drawn-or-photo head, and how characters are compared.

    python -m recipes.figures.figures TRAINDATA --out figures.safetensors [--rest FILE]

In: the sets `anime` (face crops of drawn characters, by identity), `anime_hair` (of unknown ones), `product_clothes`
and photos (`flickr8k`, `houses`, `lfw`, ...) of a traindata folder. Out: the safetensors file and its card (.json:
sources, validation numbers, calibration constants). How characters are compared is `figurelikeness.py`'s.

There are no boxes of drawn figures to learn from, so scenes are composed (`scenes.compose`): crops pasted with a rough
body onto photos, posterised photos, gradients and flat colours. The backbone stays frozen; only small convolutions
and linear layers are trained.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts import figures
from pvchat.perception.experts.figures import FigureExpert
from pvchat.schemas import FloatArray
from recipes.figures import figurefits as fits
from recipes.figures.figurelikeness import Likeness, fit_likeness
from recipes.figures.scenes import compose
from recipes.pictures import read_image, read_metadata

if TYPE_CHECKING:
    from pvchat.perception.experts.efficientnet import FrameExpert

SEED = 20
_TRAIN_SCENES, _VAL_SCENES = 2400, 160
_BACKGROUNDS = ("flickr8k", "houses", "places_mini", "sports100")
_BACKGROUNDS_A_SET = 250
_PHOTOS = ("flickr8k", "houses", "lfw", "ccp_clothes", "sports100", "imfdb_attr", "coco_mini")
_PHOTOS_A_SET = 150
_SCENES_A_BATCH = 16
_SCENE_ARRAYS = ("locator.", "drawn.", "frame.")  # what their names begin with


@dataclass
class Samples:
    """What is learnt from scenes, of one split. S scenes, C channels, h by w cells, P pictures.

    Attributes:
        maps: [S, C, h, w] of the scenes.
        target: [S, h, w] 1 on a face, 0 off it, -1 between (not trained on).
        edges: [S, h, w, 4] distances left, top, right, bottom from the cell's centre to the box's edges, fractions.
        pooled: [P, 1280] whole-picture features, and `drawn` [P]: 1 for drawn, 0 for photos.
    """

    maps: NDArray[np.float16]
    target: NDArray[np.int8]
    edges: FloatArray
    pooled: FloatArray
    drawn: NDArray[np.int8]


def sample(traindata: Path, split: str, expert: FrameExpert, scenes: int, seed: int) -> Samples:
    """Compose scenes of one split and take all features."""
    rng = np.random.default_rng(seed)
    rows = [row for row in read_metadata(traindata / "anime") if row["split"] == split]
    crops = [read_image(traindata / "anime" / row["file"]) for row in rows]
    others = _pictures(traindata, ("anime_hair",), split, len(crops), rng)
    backgrounds = _pictures(traindata, _BACKGROUNDS, split, _BACKGROUNDS_A_SET, rng)
    clothes = _pictures(traindata, ("product_clothes",), split, _BACKGROUNDS_A_SET, rng)
    maps, target, edges, painted = _locator_samples([*crops, *others], backgrounds, clothes, scenes, expert, rng)
    pooled, drawn = _picture_samples(traindata, split, crops, painted, expert, rng)
    return Samples(maps, target, edges, pooled, drawn)


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


def fit_scenes(traindata: Path, expert: FrameExpert) -> tuple[fits.Arrays, dict[str, Any]]:
    """Locator, drawn-or-photo head, what they are worth on characters and pictures that were not trained on."""
    train = sample(traindata, "train", expert, _TRAIN_SCENES, SEED)
    val = sample(traindata, "val", expert, _VAL_SCENES, SEED + 1)
    weight, bias = fits.fit_logistic(train.pooled, train.drawn, SEED, decay=0.01)
    arrays = fits.fit_locator(train.maps, train.target, train.edges, SEED)
    arrays |= {"drawn.weight": weight, "drawn.bias": bias, "frame.mean": train.pooled[train.drawn == 1].mean(0)}
    fitted = FigureExpert(arrays=arrays)
    on = np.stack([fitted.cells(maps.astype(np.float32))[0] for maps in val.maps])
    clear = val.target >= 0
    drawn = np.array([fitted.is_drawn(row[None]) for row in val.pooled])
    return arrays, {
        "locator_cell_auc": round(fits.auc(on[clear], val.target[clear] == 1), 4),
        "drawn_accuracy": round(float(((drawn > 0.5) == (val.drawn == 1)).mean()), 4),
    }


def save(arrays: fits.Arrays, card: dict[str, Any], out: Path) -> None:
    """The arrays as float16 (cohort and calibration inputs lose nothing that matters), the card beside them."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(a, np.float16) for name, a in arrays.items()}, out)
    out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")


def main(arguments: list[str] | None = None) -> None:
    """Command line; about twenty minutes on one busy core."""
    from pvchat.perception.experts.efficientnet import FrameExpert

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rest", type=Path, metavar="FILE", help="fit likeness only; this file has all the rest")
    args = parser.parse_args(arguments)
    expert = FrameExpert()
    arrays, measured = _rest_of(args.rest) if args.rest else fit_scenes(args.traindata, expert)
    likeness = fit_likeness(args.traindata, expert, SEED)
    save(arrays | likeness.arrays, _card(likeness, measured), args.out)


def _card(likeness: Likeness, measured: dict[str, Any]) -> dict[str, Any]:
    return {
        "calibration": likeness.calibration,
        "source": "traindata sets anime, anime_hair (fan art, not published), product_clothes and photos; the "
        "cohort holds only means over at least three characters",
        "validation": measured | likeness.validation,
    }


def _rest_of(path: Path) -> tuple[fits.Arrays, dict[str, Any]]:
    """Locator and drawn-or-photo head of another file, and what they measured: limits elsewhere were set for them."""
    from safetensors.numpy import load_file

    measured = json.loads(path.with_suffix(".json").read_text())["validation"]
    arrays = {name: array for name, array in load_file(path).items() if name.startswith(_SCENE_ARRAYS)}
    return arrays, {name: measured[name] for name in ("locator_cell_auc", "drawn_accuracy")}


if __name__ == "__main__":
    main()
