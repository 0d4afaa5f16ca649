"""Decisions that need the whole run: the face matcher's threshold and its probabilities.

In: all rows. Out: the same rows, with decisions where a system gave scores only. The threshold has the best balanced
accuracy on the run's own existence questions, and the probability is a logistic fit on the same: both flatter the
baseline. Nothing is fitted where only one truth occurs: then the documented match distance decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.eval.manifest import Item
from pvchat.eval.systems.base import existence_text
from pvchat.eval.systems.matching import MATCH

Row = dict[str, Any]


def settle(rows: Sequence[Row], items: Mapping[str, Item]) -> tuple[list[Row], dict[str, Any]]:
    """Decide what is undecided; also returns what was tuned, by system."""
    open_ = {r["system"] for r in rows if any("score" in p for p in r["people"])}
    tuned = {system: _tune([r for r in rows if r["system"] == system], items) for system in sorted(open_)}
    return [_decided(r, tuned[r["system"]]) if r["system"] in tuned else r for r in rows], tuned


def best_threshold(score: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The score from which "present" has the best balanced accuracy; the lowest of equals."""
    return float(max(np.unique(score), key=lambda t: (score[truth] >= t).mean() + (score[~truth] < t).mean()))


def _tune(rows: Sequence[Row], items: Mapping[str, Item]) -> dict[str, float]:
    pairs = [
        (p["score"], items[r["id"]].present[p["name"]])
        for r in rows
        if items[r["id"]].kind == "single" and items[r["id"]].type == "existence"
        for p in r["people"]
        if p["name"] in items[r["id"]].present
    ]
    score, truth = np.array([s for s, _ in pairs], float), np.array([t for _, t in pairs], bool)
    if not truth.any() or truth.all():
        return {"threshold": -MATCH, "slope": 0.0, "offset": 0.0, "fitted": 0.0}
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=1e3).fit(score[:, None], truth)
    return {
        "threshold": best_threshold(score, truth),
        "slope": round(float(fit.coef_[0, 0]), 5),
        "offset": round(float(fit.intercept_[0]), 5),
        "fitted": 1.0,
    }


def _decided(row: Row, tuned: dict[str, float]) -> Row:
    people = []
    for person in row["people"]:
        present = person["score"] >= tuned["threshold"]
        chance = 1 / (1 + np.exp(-(tuned["slope"] * person["score"] + tuned["offset"])))
        chance = float(chance) if tuned["fitted"] else float(present)
        decision = "present" if present else "absent"
        people.append({**person, "decision": decision, "probability": round(chance, 4)})
    shown = [p for p in people if p["decision"] == "present"] if row.get("kind") == "who" else people
    return {**row, "people": people, "answer": existence_text(shown)}
