"""How far the detector of things may be believed: `python -m recipes.looks.things TRAINDATA --out FILE`.

In: photos with boxes (the set coco_mini). Out: `perception/experts/objects.json`, which `perception/things.py` reads:
the calibration of scores (a logistic curve, labels that are wrong more often moved down), the probability from which a
thing is said, and its card: average precision at an overlap of one half, precision and calibration error of what is
said.

The curve and the limit are fitted on all photos; the card's figures are of halves, each measured with the curve of the
other. COCO's photos are what the detector was trained on: whether these few were among them isn't known, so footage was
looked at, too (docs/LOG.md).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.boxes import overlap
from pvchat.perception.experts.objects import Detection, ThingExpert
from pvchat.perception.things import without_duplicates
from recipes.heads import arguments
from recipes.pictures import read_image, read_metadata

PRECISION = 0.85  # aimed at, so that .8 of what is said is right on the half that nothing was fitted on
FOOTAGE = 0.6  # least probability: on footage what is said is less often right than on photos (docs/LOG.md)
WEAK, WEAK_FROM = 0.1, 8  # average precision below which a label is never said, and the true boxes that shows it
ONCE = 0.6  # what a thing that is seen in one of several frames is worth in the others [choice]
_FEWEST = 8  # detections of a label before it gets a correction of its own
_LEAST_BOX = 0.0005  # share of the picture below which nobody would speak of a thing [choice]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judged:
    """One detection on a photo: label, score, whether an unclaimed true box of its label is under it, which half."""

    label: str
    score: float
    right: bool
    half: int


def judge(found: Sequence[Detection], truth: Sequence[dict[str, Any]], half: int) -> list[Judged]:
    """Detections, best first, against the true boxes of one photo: each true box is claimed once."""
    left = list(truth)
    judged = []
    for one in sorted(found, key=lambda d: -d.score):
        same = [t for t in left if t["label"] == one.label]
        shared = overlap(one.box[None], np.array([t["box"] for t in same], np.float32).reshape(-1, 4))[0]
        right = bool(len(shared) and shared.max() >= 0.5)
        if right:
            left.remove(same[int(shared.argmax())])
        judged.append(Judged(one.label, one.score, right, half))
    return judged


def average_precision(judged: Sequence[Judged], truths: int) -> float:
    """Area under the precision-recall curve of one label, precision made monotonous."""
    order = sorted(judged, key=lambda j: -j.score)
    hits = np.cumsum([j.right for j in order])
    precision = hits / np.arange(1, len(order) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(sum(best[i] for i, j in enumerate(order) if j.right) / max(truths, 1))


def fit(judged: Sequence[Judged]) -> dict[str, float]:
    """Slope and offset of the logistic curve over the score's log-odds; corrections "less LABEL" (never upwards)."""
    from scipy.optimize import minimize

    logit, right = _logits(judged), np.array([j.right for j in judged], float)

    def loss(at: NDArray[Any]) -> float:
        p = np.clip(1 / (1 + np.exp(-(at[0] * logit + at[1]))), 1e-6, 1 - 1e-6)
        return float(-(right * np.log(p) + (1 - right) * np.log(1 - p)).mean())

    slope, offset = minimize(loss, [1.0, 0.0], method="Nelder-Mead").x
    table = {"slope": round(float(slope), 4), "offset": round(float(offset), 4)}
    for label in sorted({j.label for j in judged}):
        own = [j for j in judged if j.label == label]
        if len(own) < _FEWEST:
            continue
        meant = float(np.mean(probabilities(own, table)))
        seen = (sum(j.right for j in own) + 2 * meant) / (len(own) + 2)  # two more detections as the curve says
        if seen < meant:
            table[f"less {label}"] = round(float(np.log(meant / (1 - meant)) - np.log(seen / (1 - seen))), 3)
    return table


def probabilities(judged: Sequence[Judged], table: dict[str, float]) -> NDArray[np.float64]:
    """What the calibration says of each detection."""
    less = np.array([table.get(f"less {j.label}", 0.0) for j in judged])
    return np.asarray(1 / (1 + np.exp(-(table["slope"] * _logits(judged) + table["offset"] - less))))


def least(p: NDArray[np.float64], right: NDArray[np.bool_], precision: float = PRECISION) -> float:
    """The least probability from which what is said is right with this precision; 1 if there is none."""
    order = np.argsort(-p, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(share >= precision)
    return float(p[order][good[-1]]) if len(good) else 1.0


def report(judged: Sequence[Judged], truths: dict[str, int]) -> dict[str, Any]:
    """The table with its card; each half is measured with the other's curve and limit."""
    halves = []
    for half in (0, 1):
        table = fit([j for j in judged if j.half != half])
        others, own = [j for j in judged if j.half != half], [j for j in judged if j.half == half]
        limit = least(probabilities(others, table), np.array([j.right for j in others]))
        p, right = probabilities(own, table), np.array([j.right for j in own])
        said = p >= limit
        halves.append({
            "limit": round(limit, 3), "said": int(said.sum()), "precision": round(float(right[said].mean()), 3),
            "recall": round(float(right[said].sum() / max(1, right.sum())), 3), "calibration_error": _error(p, right),
        })  # fmt: skip
    table = fit(judged)
    p, right = probabilities(judged, table), np.array([j.right for j in judged])
    parts = {n: average_precision([j for j in judged if j.label == n], count) for n, count in truths.items()}
    card = {
        "AP50": round(float(np.mean(list(parts.values()))), 3), "labels": len(parts), "photos_halves": halves,
        "AP50_by_label": {n: round(v, 2) for n, v in sorted(parts.items(), key=lambda row: -row[1]) if truths[n] >= 8},
    }  # fmt: skip
    silent = sorted(n for n, v in parts.items() if v < WEAK and truths[n] >= WEAK_FROM)
    sure = max(FOOTAGE, round(least(p, right), 3))
    return table | {"sure": sure, "once": ONCE, "silent": silent, "card": card}


def main(words: Sequence[str] | None = None) -> None:
    """Measure with command-line words and write the file."""
    args = arguments(__doc__, words)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folder, expert = args.traindata / "coco_mini", ThingExpert()
    judged: list[Judged] = []
    truths: dict[str, int] = {}
    rows = [row for row in read_metadata(folder) if row.get("boxes")]
    for number, row in enumerate(rows):
        true = [b for b in row["boxes"] if b["label"] != "person" and _area(b["box"]) >= _LEAST_BOX]
        for box in true:
            truths[box["label"]] = truths.get(box["label"], 0) + 1
        judged += judge(without_duplicates(expert.find(read_image(folder / row["file"]))), true, number % 2)
    found = report(judged, truths)
    args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    log.info("%s", json.dumps(found, indent=1))


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _logits(judged: Sequence[Judged]) -> NDArray[np.float64]:
    scores = np.clip([j.score for j in judged], 1e-4, 1 - 1e-4)
    return np.asarray(np.log(scores / (1 - scores)))


def _error(p: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins."""
    bins = np.clip((p * 10).astype(int), 0, 9)
    parts = [abs(p[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins)]
    return round(float(sum(parts)), 3)


if __name__ == "__main__":
    main()
