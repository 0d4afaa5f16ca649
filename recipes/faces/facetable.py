"""What a face network is worth by face height, behind a mask and turned: pairs of people never trained on.

    python -m recipes.faces.facetable --cache runs/faces --student student.safetensors --graph faceres.json

In: the test faces. Out: a table in Markdown, a row a network, a column a condition.

One face of a pair is as it was, the other in the condition. The threshold lets 1 % of the strangers pass and is set
anew for each condition; "at the full-size threshold" is how many strangers pass where one threshold serves all.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray
from recipes.faces.facedegrade import CLEAN, View, shown
from recipes.faces.faceset import FaceSet, load
from recipes.figures.figurefits import auc

CONDITIONS: dict[str, View] = {
    "full": CLEAN,
    "40 px": View(height=40, quality=-26, jitter=1),
    "28 px": View(height=28, quality=-26, jitter=1),
    "20 px": View(height=20, quality=-26, jitter=1),
    "14 px": View(height=14, quality=-26, jitter=1),
    "masked": View(wear=("mask",), jitter=1),
    "masked, 40 px": View(height=40, quality=-26, wear=("mask",), jitter=1),
    "turned": View(turn=(40, 0), jitter=1),
}
PAIRS = 1500
_ACCEPT = 0.01
_PHOTOS = 4  # of one person at most: nobody shall fill the table


def views(faces: FaceSet, seed: int = 0) -> dict[str, NDArray[np.uint8]]:
    """Chips [n, 150, 150, 3] of the faces in every condition; half of the heads turn either way."""
    found: dict[str, NDArray[np.uint8]] = {}
    for name, view in CONDITIONS.items():
        rng = np.random.default_rng((seed, len(found)))
        chips = []
        for i in range(len(faces)):
            yaw = view.turn[0] * (1 if rng.random() < 0.5 else -1)
            this = View(**{**view.__dict__, "turn": (yaw, 0.0)}) if yaw else view
            chips.append(shown(faces.patches[i], float(faces.height[i]), faces.mesh[i], this, rng))
        found[name] = np.stack(chips)
    return found


def few(faces: FaceSet, seed: int = 0) -> FaceSet:
    """The faces with a name, a few of each person."""
    order = np.random.default_rng(seed).permutation(len(faces))
    count: dict[str, int] = {}
    kept = []
    for i in order.tolist():
        name = str(faces.name[i])
        count[name] = count.get(name, 0) + 1
        if name and count[name] <= _PHOTOS:
            kept.append(i)
    return faces.take(np.array(sorted(kept), np.int64))


def pairs(name: NDArray[np.str_], count: int = PAIRS, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """`count` pairs of one person and as many of two: places [2 count, 2] and same [2 count]."""
    rng = np.random.default_rng(seed)
    same: list[tuple[int, int]] = []
    for who in np.unique(name):
        photos = np.nonzero(name == who)[0]
        own = [(int(a), int(b)) for a in photos for b in photos if a != b]
        same += [own[k] for k in rng.permutation(len(own))[: _PHOTOS * (_PHOTOS - 1)]]
    same = [same[k] for k in rng.permutation(len(same))[:count]]
    other: list[tuple[int, int]] = []
    while len(other) < len(same):
        a, b = (int(k) for k in rng.integers(len(name), size=2))
        if name[a] != name[b]:
            other.append((a, b))
    return np.array(same + other), np.arange(2 * len(same)) < len(same)


def alike(vectors: dict[str, FloatArray], places: NDArray[np.int64]) -> dict[str, FloatArray]:
    """Negative distances [p] of pairs: the first face as it was, the second in each condition."""
    clean = vectors["full"][places[:, 0]]
    return {name: -np.linalg.norm(clean - v[places[:, 1]], axis=1) for name, v in vectors.items()}


def standard(scores: FloatArray, same: NDArray[np.bool_]) -> FloatArray:
    """Scores [p] over the spread of the strangers': such scores of two networks may be added."""
    return (scores - scores[~same].mean()) / scores[~same].std()


def rates(
    scores: FloatArray, same: NDArray[np.bool_], full: float | None, rounds: int = 1000, seed: int = 0
) -> dict[str, float]:
    """AUC, TPR at 1 % FPR with its bootstrap interval over pairs, and FPR at the full-size threshold."""
    rng = np.random.default_rng(seed)
    own, strangers = scores[same], scores[~same]
    drawn = [
        float((rng.choice(own, len(own)) > np.quantile(rng.choice(strangers, len(strangers)), 1 - _ACCEPT)).mean())
        for _ in range(rounds)
    ]
    limit = float(np.quantile(strangers, 1 - _ACCEPT))
    low, high = (float(v) for v in np.quantile(drawn, (0.025, 0.975))) if drawn else (0.0, 1.0)
    return {
        "auc": auc(scores, same),
        "tpr": float((own > limit).mean()),
        "low": low,
        "high": high,
        "fpr": float((strangers > (limit if full is None else full)).mean()),
        "limit": limit,
    }


def table(scores: dict[str, dict[str, FloatArray]], same: NDArray[np.bool_], joined: set[str]) -> str:
    """Markdown of AUC, TPR and FPR by network and condition.

    Args:
        scores: [p] by network and condition.
        same: [p].
        joined: networks whose scores are standardised anew in each condition: they have no common threshold.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for network, alone in scores.items():
        full = rates(alone["full"], same, None, 0)["limit"]
        found[network] = {c: rates(s, same, full) for c, s in alone.items()}
    lines = []
    for title, cell in (
        ("TPR at FPR 1 % [95 % interval]", lambda r: f"{r['tpr']:.3f} [{r['low']:.3f}, {r['high']:.3f}]"),
        ("AUC", lambda r: f"{r['auc']:.4f}"),
        ("FPR at the full-size threshold", lambda r: f"{100 * r['fpr']:.1f} %"),
    ):
        lines += [f"### {title}", "", "| | " + " | ".join(CONDITIONS) + " |", "|---" * (len(CONDITIONS) + 1) + "|"]
        for network, by in found.items():
            if not (title.startswith("FPR") and network in joined):
                lines.append(f"| {network} | " + " | ".join(cell(by[c]) for c in CONDITIONS) + " |")
        lines.append("")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Measure dlib, both teachers joined, the student, and dlib joined with the student."""
    from recipes.faces.facefiles import open_student
    from recipes.faces.facestudent import vectors
    from recipes.faces.faceteachers import dlib_network, faceres_views

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--student", type=Path, required=True)
    parser.add_argument("--graph", type=Path, required=True)
    args = parser.parse_args(argv)
    faces = load(args.cache)
    faces = few(faces.take(faces.role == "test"))
    chips = views(faces)
    places, same = pairs(faces.name)
    found = {
        "dlib": alike({c: vectors(dlib_network(), v, mirrored=True) for c, v in chips.items()}, places),
        "student": alike({c: vectors(open_student(args.student), v, mirrored=True) for c, v in chips.items()}, places),
        "faceres": alike(faceres_views(chips, args.graph), places),
    }
    for name, other in (("dlib + faceres", "faceres"), ("dlib + student", "student")):
        found[name] = {c: standard(found["dlib"][c], same) + standard(found[other][c], same) for c in CONDITIONS}
    people = len(np.unique(faces.name))
    sys.stdout.write(f"{len(faces)} photos of {people} people, {len(places)} pairs\n\n")
    sys.stdout.write(table(found, same, {"dlib + faceres", "dlib + student"}) + "\n")


if __name__ == "__main__":
    main()
