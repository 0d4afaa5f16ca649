"""Recipe of `experts/figures.safetensors`: locator, identity projection, drawn-or-photo head, cohort, calibration.

    python -m pvchat.train.fits.figures TRAINDATA --out figures.safetensors

In: the sets `anime` (face crops of drawn characters, by identity) and photos (`flickr8k`, `houses`, `lfw`, ...) of a
traindata folder. Out: the safetensors file and its card (.json: sources, validation numbers, calibration constants).

There are no boxes of drawn figures to learn from, so scenes are composed (`scenes.compose`): crops pasted with a rough
body onto photos, posterised photos, gradients and flat colours. The backbone stays frozen; only linear layers and
one small
hidden layer are trained. Characters of the `val` split are never trained on: they tell how well it carries over.
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
from pvchat.schemas import FloatArray
from pvchat.train.fits import figurefits as fits
from pvchat.train.fits.attributes import extract
from pvchat.train.fits.scenes import DrawnScene, compose
from pvchat.train.pictures import read_image, read_metadata

if TYPE_CHECKING:
    from pvchat.perception.experts.efficientnet import FrameExpert

SEED = 20
_TRAIN_SCENES, _VAL_SCENES = 480, 100
_BACKGROUNDS = ("flickr8k", "houses")
_PHOTOS = ("flickr8k", "houses", "lfw", "ccp_clothes", "sports100", "imfdb_attr", "coco_mini")
_PHOTOS_A_SET = 150
# Chosen by eye from a few settings on the development clips: features count three times as much as colours in the
# projections, whole frames half as much as figures.
_FEATURE_WEIGHT = 3.0
_FRAME_WEIGHT = 1 / 3
_COHORT = 12
_EPISODES, _PICTURES = 1200, 3  # fan art differs by artist more than a series does: several pictures average that out


@dataclass
class Samples:
    """Everything that is learnt from, of one split. S scenes, C cells a scene, N crops, P pictures.

    Attributes:
        cells: [S, C, 1280] grid tokens of the scenes.
        target: [S, C] 1 on a face, 0 off it, -1 between (not trained on).
        edges: [S, C, 4] distances left, top, right, bottom from the cell's centre to the box's edges, fractions.
        looks: [N, L] appearance vectors of face crops (`figures.appearance`), some cut out of scenes.
        identity: [N] index into `names`.
        source: [N] index of the original picture: two crops of one picture are not an independent pair.
        names: the characters.
        pooled: [P, 1280] whole-picture features, and `drawn` [P]: 1 for drawn, 0 for photos.
    """

    cells: NDArray[np.float16]
    target: NDArray[np.int8]
    edges: FloatArray
    looks: FloatArray
    identity: NDArray[np.int64]
    source: NDArray[np.int64]
    names: list[str]
    pooled: FloatArray
    drawn: NDArray[np.int8]


def sample(traindata: Path, split: str, expert: FrameExpert, scenes: int, seed: int) -> Samples:
    """Compose scenes of one split and take all features."""
    rng = np.random.default_rng(seed)
    rows = [row for row in read_metadata(traindata / "anime") if row["split"] == split]
    names = sorted({row["identity"] for row in rows})
    owner = np.array([names.index(row["identity"]) for row in rows])
    crops = [read_image(traindata / "anime" / row["file"]) for row in rows]
    backgrounds = _pictures(traindata, _BACKGROUNDS, split, scenes // 2, rng)
    composed = [compose(crops, backgrounds, rng) for _ in range(scenes)]
    cells, target, edges = _locator_samples(composed, expert)
    looks, source = _identity_samples(composed, crops, expert, rng)
    pooled, drawn = _picture_samples(traindata, split, crops, composed, expert, rng)
    return Samples(cells, target, edges, looks, owner[source], source, names, pooled, drawn)


def _locator_samples(
    composed: list[DrawnScene], expert: FrameExpert
) -> tuple[NDArray[np.float16], NDArray[np.int8], FloatArray]:
    cells = [expert.grid([scene.image], figures.LOCATOR_SIDE)[0].astype(np.float16) for scene in composed]
    marked = [mark(scene.boxes) for scene in composed]
    return np.stack(cells), np.stack([t for t, _ in marked]), np.stack([e for _, e in marked])


def mark(boxes: FloatArray) -> tuple[NDArray[np.int8], FloatArray]:
    """Targets of the locator's cells: boxes [n, 4] -> target [C] and edges [C, 4] (see `Samples`).

    A cell is on a face when its centre lies in the middle half of the box, or is the cell nearest to the box's centre;
    it is "between" in the rest of the box (centre sampling, Tian et al. 2019, FCOS).
    """
    centres = figures.cell_centres()
    target, edges = np.zeros(len(centres), np.int8), np.zeros((len(centres), 4), np.float32)
    for box in boxes:
        middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
        away = np.abs(centres - middle) / half
        inside, on = (away < 1).all(1), (away < 0.5).all(1)
        on[np.square(centres - middle).sum(1).argmin()] = True
        target[inside & (target == 0)] = -1
        target[on] = 1
        edges[on] = np.concatenate([centres[on] - box[:2], box[2:] - centres[on]], 1)
    return target, edges


def _identity_samples(
    composed: list[DrawnScene], crops: list[NDArray[np.uint8]], expert: FrameExpert, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Every crop as it is, and every face of the scenes cut out as roughly as the locator would."""
    pictures, source = list(crops), list(range(len(crops)))
    for scene in composed:
        size = scene.boxes[:, 2:] - scene.boxes[:, :2]
        shift = rng.normal(0, 0.08, scene.boxes.shape).astype(np.float32) * np.tile(size, 2)
        pictures += figures.cut(scene.image, scene.boxes + shift)
        source += scene.source
    return figures.appearance(expert, pictures), np.array(source)


def _picture_samples(
    traindata: Path,
    split: str,
    crops: list[NDArray[np.uint8]],
    composed: list[DrawnScene],
    expert: FrameExpert,
    rng: np.random.Generator,
) -> tuple[FloatArray, NDArray[np.int8]]:
    """Drawn: crops, and scenes whose background is drawn too. Photos: all other sets."""
    some = rng.permutation(len(crops))[:300]
    drawn = [crops[i] for i in some] + [s.image for s in composed if s.drawn_background][:200]
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


def fit(train: Samples, val: Samples, frames: FloatArray) -> tuple[fits.Arrays, dict[str, Any]]:
    """All arrays and the card; `frames` [val pictures, 1280] whole-picture features for the calibration episodes."""
    mean = train.looks.mean(0)
    weight, bias = fits.fit_logistic(train.pooled, train.drawn, SEED, decay=0.01)
    spread, spread_val = (figures.spread_looks(s.looks, mean, _FEATURE_WEIGHT) for s in (train, val))
    arrays = fits.fit_locator(train.cells.reshape(-1, 1280), train.target.ravel(), train.edges.reshape(-1, 4), SEED)
    arrays |= fits.fit_identity(spread, train.identity, train.source, SEED)
    arrays |= {"looks.mean": mean, "drawn.weight": weight, "drawn.bias": bias}
    arrays["frame.mean"] = train.pooled[train.drawn == 1].mean(0)
    looks, looks_val = (_identity(s, arrays) for s in (spread, spread_val))
    arrays["cohort"] = fits.cohort_centres(looks, train.identity, _COHORT, SEED)
    crops = fits.Crops(looks_val, frames - arrays["frame.mean"], val.identity, val.source)
    score, frame, same = fits.episodes(crops, arrays["cohort"], _PICTURES, _EPISODES, SEED)
    fused = (1 - _FRAME_WEIGHT) * score + _FRAME_WEIGHT * frame
    slope, offset = fits.fit_logistic(fused[:, None], same, SEED, decay=1e-4)
    card = {
        "feature_weight": _FEATURE_WEIGHT,
        "frame_weight": _FRAME_WEIGHT,
        "calibration": {"slope": float(slope[0]), "bias": float(offset[0])},
        "source": "traindata: anime (fan art) and photos; the cohort holds only means over at least three characters",
        "validation": _validate(arrays, val, spread_val, looks_val)
        | {
            "episodes_auc": round(fits.auc(fused, same == 1), 4),
            "episodes_figure_auc": round(fits.auc(score, same == 1), 4),
        },
    }
    return arrays, card


def _identity(spread: FloatArray, arrays: fits.Arrays) -> FloatArray:
    halves = [figures.unit(spread @ arrays[f"identity.{half}"].T) for half in ("features", "contrast")]
    return (np.concatenate(halves, 1) / np.sqrt(2)).astype(np.float32)


def _validate(arrays: fits.Arrays, val: Samples, spread: FloatArray, looks: FloatArray) -> dict[str, Any]:
    """Figures on characters and pictures that were not trained on."""
    cells = val.cells.reshape(-1, 1280).astype(np.float32)
    hidden = np.maximum(cells @ arrays["locator.hidden.weight"].T + arrays["locator.hidden.bias"], 0)
    on = hidden @ arrays["locator.out.weight"][0] + arrays["locator.out.bias"][0]
    clear = val.target.ravel() >= 0
    drawn = val.pooled @ arrays["drawn.weight"] + arrays["drawn.bias"]
    known = {"identity": val.identity, "source": val.source}
    return {
        "locator_cell_auc": round(fits.auc(on[clear], val.target.ravel()[clear] == 1), 4),
        "drawn_accuracy": round(float(((drawn > 0) == (val.drawn == 1)).mean()), 4),
        "verification": fits.verification(looks, **known),
        "verification_contrast_half": fits.verification(looks[:, looks.shape[1] // 2 :], **known),
        "verification_raw_features": fits.verification(spread[:, :1280], **known),
        "verification_colours": fits.verification(spread[:, 1280:], **known),
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
    parser.add_argument("--cache", type=Path, help="folder for whole-picture features (default: beside --out)")
    args = parser.parse_args(arguments)
    expert = FrameExpert()
    folder = args.traindata / "anime"
    pooled = extract(folder, args.cache or args.out.parent, expert).pooled.astype(np.float32)
    frames = pooled[[row["split"] == "val" for row in read_metadata(folder)]]
    train = sample(args.traindata, "train", expert, _TRAIN_SCENES, SEED)
    val = sample(args.traindata, "val", expert, _VAL_SCENES, SEED + 1)
    arrays, card = fit(train, val, frames)
    save(arrays, card, args.out)


if __name__ == "__main__":
    main()
