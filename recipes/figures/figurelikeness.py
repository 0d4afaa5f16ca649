"""How drawn characters are compared: both readings of a face, main directions, cohort, calibration.

In: the sets `anime` (face crops of drawn characters, by identity) and `anime_hair` (of unknown ones, colours of hair
and eyes tagged) of a traindata folder. Out: the arrays that `perception/experts/figures.py` reads, "cohort", and
the calibration. Characters of the `val` split are never trained on: they calibrate, and tell how well it carries over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts import figures as looks
from pvchat.perception.experts.facemaps import face_maps
from pvchat.perception.experts.identity import WIDTH
from pvchat.schemas import FloatArray
from recipes.figures import figurefits as fits
from recipes.figures.drawnfaces import changed, harmed
from recipes.figures.figurehead import Copies, fit_learned
from recipes.pictures import read_image, read_metadata

if TYPE_CHECKING:
    from pvchat.perception.experts.efficientnet import FrameExpert

_BACKGROUNDS, _BACKGROUNDS_A_SET = ("flickr8k", "houses", "places_mini", "sports100"), 150
_CHANGED, _HARMED = 3, 11  # copies of every face beside the one as it is
_COHORT = 12
_EPISODES, _PICTURES = 1200, 3  # fan art differs by artist more than a series does: several pictures average that out


@dataclass(frozen=True)
class Likeness:
    """What is compared with.

    Attributes:
        arrays: of both readings, the main directions and the cohort.
        calibration: slope and bias of a score's log-odds.
        validation: measured on characters that weren't trained on.
    """

    arrays: fits.Arrays
    calibration: dict[str, float]
    validation: dict[str, Any]


def fit_likeness(traindata: Path, expert: FrameExpert, seed: int) -> Likeness:
    """Fit on the `train` split, calibrate on the `val` split; about eight minutes of one core."""
    train = copies_of(traindata, "train", expert, _HARMED, seed)
    val = copies_of(traindata, "val", expert, 0, seed + 1)
    arrays = fit_readings(train, seed)
    known = val.character >= 0
    vectors = _identities(arrays, val.maps[:, known])
    owner, source = (np.tile(x, len(val.maps)) for x in (val.character[known], np.arange(known.sum())))
    score, same = fits.episodes(fits.Crops(vectors, owner, source), arrays["cohort"], _PICTURES, _EPISODES, seed)
    slope, bias = fits.fit_logistic(score[:, None], same, seed, decay=1e-4)
    raw = np.concatenate([looks.appearance(one[known].astype(np.float32)) for one in val.maps])
    return Likeness(
        arrays,
        {"slope": float(slope[0]), "bias": float(bias[0])},
        {
            "verification": fits.verification(vectors, owner, source),
            "verification_raw_looks": fits.verification(raw - raw.mean(0), owner, source),
            "episodes_auc": round(fits.auc(score, same == 1), 4),
        },
    )


def copies_of(traindata: Path, split: str, expert: FrameExpert, harm: int, seed: int) -> Copies:
    """Maps of all faces of a split as they are, a little changed, and harmed so many times."""
    rng = np.random.default_rng(seed)
    known, unknown = (_rows(traindata / name, split) for name in ("anime", "anime_hair"))
    faces = [read_image(row["file"]) for row in [*known, *unknown]]
    behind = _backgrounds(traindata, split, rng)
    maps = [face_maps(expert, faces).astype(np.float16)]
    for number in range(_CHANGED + harm):  # copies are let go of one after the other
        copy = [changed(face, rng) if number < _CHANGED else harmed(face, behind, rng) for face in faces]
        maps.append(face_maps(expert, copy).astype(np.float16))
    names = sorted({row["identity"] for row in known})
    character = [names.index(row["identity"]) for row in known] + [-1] * len(unknown)
    hair, eyes = (_numbers(known, unknown, f"{what}_colour") for what in ("hair", "eye"))
    return Copies(np.stack(maps), np.array(character), hair, eyes)


def _rows(folder: Path, split: str) -> list[dict[str, Any]]:
    return [row | {"file": folder / row["file"]} for row in read_metadata(folder) if row["split"] == split]


def _numbers(known: list[dict[str, Any]], unknown: list[dict[str, Any]], what: str) -> NDArray[np.int64]:
    """The number of each face's colour; -1: nobody said."""
    colours = sorted({row["attributes"][what] for row in unknown})
    return np.array([-1] * len(known) + [colours.index(row["attributes"][what]) for row in unknown])


def _backgrounds(traindata: Path, split: str, rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    found = []
    for name in _BACKGROUNDS:
        rows = _rows(traindata / name, split)
        found += [read_image(rows[i]["file"]) for i in rng.permutation(len(rows))[:_BACKGROUNDS_A_SET]]
    return found


def fit_readings(copies: Copies, seed: int) -> fits.Arrays:
    """Both readings, the main directions of the two, and the cohort."""
    known, mild = copies.character >= 0, copies.maps[: _CHANGED + 1]
    seen = np.concatenate([looks.appearance(one[known].astype(np.float32)) for one in mild])
    unknown = looks.appearance(mild[0, ~known].astype(np.float32))
    arrays = fits.fit_parts(seen, np.tile(copies.character[known], len(mild)), unknown)
    arrays |= fit_learned(copies, seed)
    both = np.concatenate([_readings(arrays, one) for one in mild])
    arrays["identity.weight"] = np.linalg.svd(both, full_matrices=False)[2][:WIDTH]
    everyone = np.where(known, copies.character, copies.character.max() + 1 + np.arange(len(known)))
    vectors = _identities(arrays, mild)
    arrays["cohort"] = fits.cohort_centres(vectors, np.tile(everyone, len(mild)), _COHORT, seed)
    return arrays


def _readings(arrays: fits.Arrays, maps: NDArray[np.float16]) -> FloatArray:
    """Maps [P, 152, 8, 8] to both readings [P, 192]."""
    x = maps.astype(np.float32)
    return looks.join_readings(looks.by_parts(arrays, looks.appearance(x)), looks.by_learning(arrays, x))


def _identities(arrays: fits.Arrays, maps: NDArray[np.float16]) -> FloatArray:
    """Maps [C, P, 152, 8, 8] to identity vectors [C · P, 128]."""
    return np.concatenate([looks.identity(arrays, one.astype(np.float32)) for one in maps])
