"""How `pvchat/identity/presence.safetensors` is made: cohort means and calibration out of photo identities.

    python -m recipes.faces.presence ../shared/traindata --out pvchat/identity/presence.safetensors

In: folders of the training data with `metadata.jsonl` rows that name an identity. Out: the file and a printed table.

Half of the training identities give the cohort: their mean descriptors are grouped, and each shipped row is the mean
over at least three people. The other half gives episodes: enroll on one to three photos of somebody, compare with one
to three others of the same person, of random people, and of look-alikes; every photo also appears shrunk, blurred,
compressed, darkened or grey, as footage has it. The same is done once more with a mask drawn on the track's face, which
faceprints know for the bare one. Validation identities measure the result.

Legend: W width of a row, 128 + 512: an identity vector and a faceprint; V views of a photo; k photos of somebody.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.identity.measures import Weights, distances, pair_features
from pvchat.perception.experts.faces import FaceExpert, chip
from pvchat.perception.experts.identity import WIDTH as FACE
from pvchat.schemas import FloatArray
from pvchat.storage import tensorfile
from recipes.faces.facewear import MASK_COLOURS, draw_mask, masked_crop
from recipes.model.base.degrade import degrade_face
from recipes.pictures import middle_face, read_image, read_metadata

_PARTS = slice(FACE), slice(FACE, None)  # of a row: the identity vector, the faceprint
SETS = ("lfw", "celeb_glint", "imfdb_id")
SMALLEST = 3  # the fewest people that a cohort row may stand for
HARD_SHARE = 0.25  # weight of look-alikes among the strangers
_STRANGERS, _LOOKALIKES = 4, 2  # a positive episode
_NEAR_PEOPLE = 10  # look-alikes are drawn from so many nearest people


@dataclass(frozen=True)
class FaceIdentities:
    """Descriptors of photos: vectors [n, 3, W] (as is, degraded, masked), identity [n] and split [n]."""

    vectors: FloatArray
    identity: NDArray[np.str_]
    split: NDArray[np.str_]

    def people(self, split: str, fewest: int = 1) -> list[FloatArray]:
        """The photos' vectors of each person of a split who has at least `fewest`."""
        chosen = self.split == split
        names, counts = np.unique(self.identity[chosen], return_counts=True)
        return [self.vectors[chosen & (self.identity == n)] for n, c in zip(names, counts, strict=True) if c >= fewest]


def describe(root: Path, cache: Path, seed: int = 0) -> FaceIdentities:
    """Descriptors of every photo that names an identity; kept in `cache`, because it takes a quarter of an hour."""
    parts = []
    for name in SETS:
        file = cache / f"{name}.safetensors"
        if not file.exists():
            cache.mkdir(parents=True, exist_ok=True)
            vectors, rows = _describe_set(root / name, np.random.default_rng(seed))
            file.write_bytes(tensorfile.pack({"vectors": vectors}))
            file.with_suffix(".json").write_text(json.dumps(rows))
        rows = json.loads(file.with_suffix(".json").read_text())
        parts.append((tensorfile.unpack(file.read_bytes())["vectors"], [(f"{name}/{r[0]}", r[1]) for r in rows]))
    labels = np.array([label for _, rows in parts for label in rows])
    return FaceIdentities(np.concatenate([v for v, _ in parts]), labels[:, 0], labels[:, 1])


def cohort(people: list[FloatArray]) -> FloatArray:
    """Means [C, 128] over three to five like people each: groups are halved along their widest axis while they can be.

    Args:
        people: each person's vectors [k, V, D].
    """
    groups, done = [np.stack([p.mean((0, 1)) for p in people])], []
    while groups:
        group = groups.pop()
        if len(group) < 2 * SMALLEST:
            done.append(group.mean(0))
            continue
        axis = np.linalg.svd(group - group.mean(0), full_matrices=False)[2][0]
        order = np.argsort(group @ axis)
        groups += [group[order[: len(order) // 2]], group[order[len(order) // 2 :]]]
    return np.stack(done)


def bare(people: list[FloatArray]) -> list[FloatArray]:
    """The views without a mask: [k, 2, W] a person."""
    return [p[:, :2] for p in people]


def masked(people: list[FloatArray]) -> list[FloatArray]:
    """The views with a mask: [k, 1, W] a person."""
    return [p[:, 2:] for p in people]


def episodes(
    people: list[FloatArray], seed: int = 0, shown: list[FloatArray] | None = None
) -> Iterator[tuple[FloatArray, FloatArray, int]]:
    """Pairs (enrolled vectors, track vectors, label): 1 same person, 0 stranger, -1 look-alike.

    Args:
        people: each person's photos [k, V, W], as they are enrolled.
        seed: of the draws.
        shown: the same photos as tracks show them; None: as they are enrolled.
    """
    shown = people if shown is None else shown
    rng = np.random.default_rng(seed)
    means = np.stack([p.mean((0, 1))[:FACE] for p in people])
    nearest = np.argsort(distances(means, means) + 9 * np.eye(len(means)), axis=1)[:, :_NEAR_PEOPLE]
    for i, photos in enumerate(people):
        order = rng.permutation(len(photos))
        count = int(rng.integers(1, min(4, len(photos))))
        enrolled = _views(photos[order[:count]], rng)
        yield enrolled, _views(shown[i][order[count:][: int(rng.integers(1, 4))]], rng), 1
        others = [int(j) for j in rng.integers(0, len(people), _STRANGERS) if j != i]
        for label, chosen in ((0, others), (-1, rng.choice(nearest[i], _LOOKALIKES))):
            for j in chosen:
                yield enrolled, _views(rng.permutation(shown[j])[: int(rng.integers(1, 4))], rng), label


def fit(
    rows: Sequence[FloatArray], people: list[FloatArray], seed: int = 0, shown: list[FloatArray] | None = None
) -> Weights:
    """Logistic regression on episodes against cohort rows: [C, 128], and [C, 512] where faceprints count, too.

    People and strangers weigh the same; look-alikes are `HARD_SHARE` of the strangers.
    """
    from scipy.optimize import minimize

    x, label = _table(rows, people, seed, shown)
    y = label == 1
    strangers = np.where(label == 0, (1 - HARD_SHARE) / (label == 0).sum(), HARD_SHARE / (label == -1).sum())
    weight = np.where(y, 1 / y.sum(), strangers)

    def loss(w: FloatArray) -> float:
        return float((weight * np.logaddexp(0, np.where(y, -1, 1) * (x @ w))).sum()) + 1e-5 * float(w @ w)

    found = minimize(loss, np.zeros(x.shape[1]), method="BFGS").x
    return tuple(round(float(v), 4) for v in found)


def measure(
    rows: Sequence[FloatArray],
    weights: Weights,
    people: list[FloatArray],
    seed: int = 1,
    shown: list[FloatArray] | None = None,
) -> dict[str, float]:
    """TPR, and TNR on strangers and on look-alikes, at probability 0.5."""
    x, label = _table(rows, people, seed, shown)
    present = x @ np.array(weights) > 0
    return {
        "episodes": len(label),
        "tpr": round(float(present[label == 1].mean()), 4),
        "tnr_strangers": round(float(1 - present[label == 0].mean()), 4),
        "tnr_lookalikes": round(float(1 - present[label == -1].mean()), 4),
    }


def body_mean(root: Path, count: int = 200) -> FloatArray:
    """Mean EfficientNet features [1280] of people's bodies: the first photos of the clothing set."""
    from pvchat.perception.experts.efficientnet import FrameExpert

    folder = root / "ccp_clothes"
    files = sorted(folder / row["file"] for row in read_metadata(folder) if row["split"] == "train")[:count]
    return FrameExpert().pooled([read_image(file) for file in files]).mean(0)


def main(argv: list[str] | None = None) -> None:
    """Make the file and print what it does on identities that nothing was fitted on."""
    from safetensors.numpy import save_file as save

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs/presence"))
    args = parser.parse_args(argv)
    found = describe(args.traindata, args.cache)
    train, val = found.people("train"), found.people("val", fewest=3)
    fitted = [p for p in train[1::2] if len(p) >= 3]
    card: dict[str, Any] = {}
    rows: dict[str, FloatArray] = {}
    for name, part in zip(("bare", "prints"), _PARTS, strict=True):
        rows[name] = cohort([p[..., part] for p in bare(train[::2])])
    both = list(rows.values())
    for key, held, seen in (("bare", both[:1], bare), ("prints", both, bare), ("masked_prints", both, masked)):
        weights = fit(held, bare(fitted), shown=seen(fitted))
        card[key] = {"weights": weights, "validation": measure(held, weights, bare(val), shown=seen(val))}
    card["cohort"] = f"{len(rows['bare'])} means over at least {SMALLEST} people each, of {len(train[::2])} people"
    card["data"] = "photo identities of LFW, Glint360k and IMFDB (research use); no single person's vector is kept"
    arrays = {f"cohort.{name}": value for name, value in rows.items()}
    arrays["body.mean"] = body_mean(args.traindata)
    save({name: value.astype(np.float16) for name, value in arrays.items()}, args.out, {"card": json.dumps(card)})
    sys.stdout.write(json.dumps(card, indent=1) + "\n")


def _table(
    rows: Sequence[FloatArray], people: list[FloatArray], seed: int, shown: list[FloatArray] | None
) -> tuple[FloatArray, NDArray[np.int64]]:
    table, labels = [], []
    for enrolled, track, label in episodes(people, seed, shown):
        ones = np.ones(len(track), np.float32)
        found: list[float] = []
        for own, part in zip(rows, _PARTS, strict=False):
            found.extend(pair_features(enrolled[:, part], track[:, part], ones, own))
        table.append((*found, 1.0))
        labels.append(label)
    return np.array(table), np.array(labels)


def _views(photos: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The photos [n, V, W] as a clip would show them: one of the views, or all together."""
    view = int(rng.integers(0, photos.shape[1] + 1)) if photos.shape[1] > 1 else 0
    return photos[:, view] if view < photos.shape[1] else photos.reshape(-1, photos.shape[-1])


def _describe_set(folder: Path, rng: np.random.Generator) -> tuple[FloatArray, list[tuple[str, str]]]:
    expert = FaceExpert()
    vectors, rows = [], []
    for row in read_metadata(folder):
        if not row.get("identity"):
            continue
        if (found := middle_face(read_image(folder / row["file"]), expert.detector)) is None:
            continue
        image, box, five = (*found[:2], found[2][None])
        small, ratio = degrade_face(image, float(box[3] - box[1]), rng)
        jitter = rng.normal(0, 0.02 * ratio * (box[3] - box[1]), five.shape).astype(np.float32)
        shown, points_shown = (image, five[0]) if rng.random() < 0.5 else (small, five[0] * ratio)
        pair = (
            _described(expert, image, five),
            _described(expert, small, five * ratio + jitter),
            _masked(expert, shown, points_shown, rng),
        )
        vectors.append(np.stack(pair))
        rows.append((row["identity"], row["split"]))
    return np.stack(vectors), rows


def _described(expert: FaceExpert, image: NDArray[np.uint8], points: FloatArray) -> FloatArray:
    """Identity vector and faceprint [W] of the face with these points [1, 5, 2]."""
    own = expert.vectors([chip(image, points[0])])[0]
    return np.concatenate((own, expert.prints([image], [points[0]])[0]))


def _masked(expert: FaceExpert, image: NDArray[np.uint8], points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The descriptors [W] of a face behind a drawn mask of random colour and height."""
    colour = MASK_COLOURS[int(rng.integers(0, len(MASK_COLOURS)))] if rng.random() < 0.7 else rng.integers(20, 240, 3)
    bare = chip(image, points)
    red, green, blue = (int(c) for c in colour)
    drop = float(rng.uniform(-4, 8))
    covered = draw_mask(bare, (red, green, blue), drop)
    own = expert.network.describe(np.stack((covered, covered[:, ::-1]))).mean(0)
    return np.concatenate((own, expert.printer.describe(masked_crop(image, points, (red, green, blue), drop)[None])[0]))


if __name__ == "__main__":
    main()
