"""Finishes a run when all clips are answered: rows in the manifest's order, thresholds, measures, the report.

The face matcher gives only scores. Its threshold is the one with the best balanced accuracy on the run's own existence
questions, and its probability is a logistic fit on the same; both favour this baseline. If only one truth occurs,
nothing is fitted and the documented match distance decides.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from pvchat.eval import report
from pvchat.eval.manifest import Item
from pvchat.eval.options import EvalOptions
from pvchat.eval.scores import measure
from pvchat.eval.systems import MATCH, existence_text
from pvchat.eval.worker import Spec
from pvchat.schemas import Progress
from pvchat.storage import atomic
from pvchat.storage.journal import Journal

Row = dict[str, Any]


def finish(out: Path, spec: Spec, options: EvalOptions, record: Row, progress: Progress) -> dict[str, Any]:
    """Order the rows, apply thresholds, measure, write the report; returns what metrics.json holds."""
    journal = Journal(out / "predictions.jsonl")
    rows, tuned = apply_thresholds(ordered(journal.read(), spec), {i.id: i for i in spec.manifest.items})
    clip_errors = {row["clip"]: row["error"] for row in Journal(out / "clips.jsonl").read() if row["error"]}
    progress("measuring", 0, 1)
    metrics = measure(spec.manifest, rows, options, spec.settings.seed)
    journal.replace(rows)
    write_json(out / "metrics.json", metrics)
    done = {
        "status": "done", "tuned": tuned, "left_out": [asdict(p) for p in spec.manifest.problems],
        "clip_errors": clip_errors, "seconds": _seconds(out),
        "predictions_sha256": atomic.sha256_of(out / "predictions.jsonl"),
    }  # fmt: skip
    write_json(out / "run.json", record | done)
    report.write(out, spec.manifest, options.frames)
    progress("measuring", 1, 1)
    return metrics


def ordered(rows: Iterable[Row], spec: Spec) -> list[Row]:
    """One row for each system and question of this run, in the manifest's order; of repeated rows the last."""
    last = {(r["system"], r["id"]): r for r in rows}
    keys = [(s, i.id) for s in spec.systems for i in spec.manifest.items]
    kept = [last.pop(key) for key in keys]
    extra = sorted(last)  # systems of an earlier call into the same folder stay in the table
    return kept + [last[key] for key in extra]


def write_json(path: Path, value: Any) -> None:
    """Write a file of JSON in one step."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    atomic.write_file(path, text.encode() + b"\n")


def apply_thresholds(rows: Sequence[Row], items: Mapping[str, Item]) -> tuple[list[Row], dict[str, Any]]:
    """Decide rows that have only scores; also returns what was tuned, by system."""
    open_ = {r["system"] for r in rows if any("score" in p for p in r["people"])}
    tuned = {system: _tune([r for r in rows if r["system"] == system], items) for system in sorted(open_)}
    decided = []
    for row in rows:
        if (fit := tuned.get(row["system"])) is None:
            decided.append(row)
            continue
        people = []
        for person in row["people"]:
            present = person["score"] >= fit["threshold"]
            chance = 1 / (1 + np.exp(-(fit["slope"] * person["score"] + fit["offset"])))
            chance = round(float(chance) if fit["fitted"] else float(present), 4)
            people.append({**person, "decision": "present" if present else "absent", "probability": chance})
        named = [p for p in people if p["decision"] == "present"] if row.get("kind") == "who" else people
        decided.append({**row, "people": people, "answer": existence_text(named)})
    return decided, tuned


def best_threshold(score: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The score from which on "present" has the best balanced accuracy; of equals the lowest."""
    return float(max(np.unique(score), key=lambda t: (score[truth] >= t).mean() + (score[~truth] < t).mean()))


def _seconds(out: Path) -> dict[str, Row]:
    """Count, mean and median seconds of each system's answers; a clip's one visual pass isn't counted."""
    rows = {(r["system"], r["id"]): r["seconds"] for r in Journal(out / "timing.jsonl").read()}
    took: dict[str, list[float]] = {}
    for (system, _), seconds in sorted(rows.items()):
        took.setdefault(system, []).append(seconds)
    return {
        name: {"n": len(t), "mean": round(statistics.fmean(t), 4), "median": round(statistics.median(t), 4)}
        for name, t in took.items()
    }


def _tune(rows: Sequence[Row], items: Mapping[str, Item]) -> dict[str, float]:
    asked = [(r, items[r["id"]]) for r in rows]
    pairs = [
        (p["score"], item.present[p["name"]])
        for row, item in asked
        if (item.kind, item.type) == ("single", "existence")
        for p in row["people"]
        if p["name"] in item.present
    ]
    score, truth = np.array([s for s, _ in pairs], float), np.array([t for _, t in pairs], bool)
    if not truth.any() or truth.all():
        return {"threshold": -MATCH, "slope": 0.0, "offset": 0.0, "fitted": 0.0}
    fit = LogisticRegression(C=1e3).fit(score[:, None], truth)
    slope, offset = round(float(fit.coef_[0, 0]), 5), round(float(fit.intercept_[0]), 5)
    return {"threshold": best_threshold(score, truth), "slope": slope, "offset": offset, "fitted": 1.0}
