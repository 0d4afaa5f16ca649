"""Where the log-odds of `model/printmatch.py` start: a logistic fit of its three measures to photo identities.

    python -m pvchat.train.base.prepare ../shared/traindata --out runs/features --identities lfw …
    python -m pvchat.train.fits.printmatch runs/features/lfw.identity.safetensors

In: faceprints of photos, as they are and degraded, that `train/base/prepare` caches with each one's identity. Out: the
four weights, and what they do on identities that nothing was fitted on; both are printed.

An episode enrolls one to six photos of somebody, three in ten of them degraded, and shows one photo, two in three times
degraded: of the same person (half of them), of somebody, or of one of the ten people most alike.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.identity.measures import NEIGHBOURS
from pvchat.identity.presence import PresenceModel
from pvchat.perception.experts.figurelooks import unit
from pvchat.schemas import FloatArray
from pvchat.train.fits.figurefits import auc

EPISODES, HELD_BACK = 12_000, 3_000
_MOST, _DEGRADED, _SHOWN_DEGRADED = 6, 0.3, 2 / 3  # photos enrolled; shares of degraded ones
_ALIKE = 10  # people among whom a look-alike is drawn
_RIDGE = 1e-5


def measured(enrolled: FloatArray, shown: FloatArray, cohort: FloatArray) -> FloatArray:
    """Nearest pair, the two means, nearness of the shown one to strangers, and 1: [4].

    Args:
        enrolled: [m, 512] of unit length.
        shown: [n, 512] of unit length.
        cohort: [C, 512] of unit length.
    """
    mine, theirs = unit(enrolled.mean(0)), unit(shown.mean(0))
    common = np.sort(cohort @ theirs)[-NEIGHBOURS:].mean()
    return np.array([(enrolled @ shown.T).max(), mine @ theirs, common, 1.0], np.float32)


def episodes(
    people: Sequence[FloatArray], cohort: FloatArray, count: int, seed: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Measures [n, 4] and same [n] of drawn episodes.

    Args:
        people: each one's photos [k, 2, 512] (as it is, degraded), k > 1.
        cohort: [C, 512] of unit length.
        count: how many.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    middles = np.stack([unit(photos[:, 0].mean(0)) for photos in people])
    alike = np.argsort(-(middles @ middles.T - 2 * np.eye(len(people))), axis=1)[:, :_ALIKE]
    rows, same = [], []
    for _ in range(count):
        i = int(rng.integers(len(people)))
        order = rng.permutation(len(people[i]))
        own = order[: 1 + int(rng.integers(min(_MOST, len(order) - 1)))]
        enrolled = people[i][own, (rng.random(len(own)) < _DEGRADED).astype(int)]
        draw = rng.random()
        other = i if draw < 0.5 else int(rng.choice(alike[i])) if draw < 0.75 else int(rng.integers(len(people)))
        if draw >= 0.5 and other == i:
            continue
        photo = order[len(own)] if other == i else int(rng.integers(len(people[other])))
        shown = people[other][photo, int(rng.random() < _SHOWN_DEGRADED)][None]
        rows.append(measured(enrolled, shown, cohort))
        same.append(other == i)
    return np.stack(rows), np.array(same)


def fit(rows: FloatArray, same: NDArray[np.bool_]) -> FloatArray:
    """Weights [4] of the measures and of 1, by logistic regression."""
    from scipy.optimize import minimize

    sign = np.where(same, -1.0, 1.0)
    found = minimize(lambda w: np.logaddexp(0, sign * (rows @ w)).mean() + _RIDGE * float(w @ w), np.zeros(4))
    return np.asarray(found.x, np.float32)


def people_of(file: Path, split: str) -> list[FloatArray]:
    """The photos' faceprints [k, 2, 512] of everybody of a split who has more than one."""
    from safetensors.numpy import load_file

    prints = load_file(file)["prints"].astype(np.float32)
    rows = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    names = np.array([row["identity"] if row["split"] == split else "" for row in rows])
    found = [prints[names == name] for name in np.unique(names[names != ""])]
    return [photos for photos in found if len(photos) > 1]


def main(argv: list[str] | None = None) -> None:
    """Fit on the training identities, measure on the others, print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("features", type=Path)
    args = parser.parse_args(argv)
    prints = PresenceModel.load().prints
    assert prints is not None
    cohort = unit(prints.cohort)
    weights = fit(*episodes(people_of(args.features, "train"), cohort, EPISODES, seed=0))
    rows, same = episodes(people_of(args.features, "val"), cohort, HELD_BACK, seed=5)
    odds = rows @ weights
    names = ("near", "apart", "common", "bias")
    sys.stdout.write(", ".join(f"{n} {w:.1f}" for n, w in zip(names, weights, strict=True)) + "\n")
    sys.stdout.write(f"held back: AUC {auc(odds, same):.4f}, found {(odds[same] > 0).mean():.3f}, ")
    sys.stdout.write(f"kept out {(odds[~same] <= 0).mean():.3f} of {len(same)}\n")


if __name__ == "__main__":
    main()
