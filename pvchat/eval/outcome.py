"""Finishes a run when all clips are answered: rows in the manifest's order, thresholds, measures, record, report.

The face matcher gives only scores. Its threshold is the one with the best balanced accuracy on the run's own existence
questions, and its probability is a logistic fit on the same; both favour this baseline. If only one truth occurs,
nothing is fitted and the documented match distance decides.
"""

from __future__ import annotations

import hashlib
import json
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from pvchat import __version__
from pvchat.augment.lines import write_lines
from pvchat.eval import report
from pvchat.eval.manifest import Item
from pvchat.eval.metrics.bootstrap import Bootstrap
from pvchat.eval.scores import measure
from pvchat.eval.systems import MATCH, existence_text
from pvchat.eval.worker import Spec
from pvchat.schemas import Progress
from pvchat.storage import atomic

Row = dict[str, Any]


def finish(out: Path, spec: Spec, enrolled: Row, answered: Sequence[Row], progress: Progress) -> dict[str, Any]:
    """Order the rows, apply thresholds, measure, write all files, run.json last; returns what metrics.json holds.

    `enrolled`: of `enroll_all`; `answered`: what `Worker` returned of each clip, in any order.
    """
    progress("measuring", 0, 1)
    options = spec.options
    found, timing = (_in_order(spec, answered, part) for part in ("predictions", "timing"))
    rows, tuned = apply_thresholds(found, {i.id: i for i in spec.manifest.items})
    metrics = measure(spec.manifest, rows, Bootstrap(options.resamples, spec.settings.seed), options.bertscore)
    write_lines(out / "predictions.jsonl", rows)
    write_lines(out / "timing.jsonl", timing)
    write_json(out / "metrics.json", metrics)
    run = {
        "config": _config(spec), "systems": list(spec.systems),
        "versions": _versions(), "enrolled": enrolled, "tuned": tuned,
        "left_out": [asdict(p) for p in spec.manifest.problems],
        "clip_errors": {row["clip"]: row["error"] for row in answered if row["error"]}, "seconds": _seconds(timing),
        "predictions_sha256": atomic.sha256_of(out / "predictions.jsonl"),
    }  # fmt: skip
    report.write(out, spec.manifest, rows, metrics, run)
    write_json(out / "run.json", run)
    progress("measuring", 1, 1)
    return metrics


def _config(spec: Spec) -> dict[str, Any]:
    """What was asked, of which questions (a hash of the manifest's rows), with which settings."""
    rows = [asdict(p) for p in spec.manifest.people] + [i.to_dict() for i in spec.manifest.items]
    return {
        "manifest": hashlib.sha256(json.dumps(rows, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        **{name: getattr(spec.options, name) for name in ("depth", "half", "limit", "options")},
        **{f"settings {key}": value for key, value in asdict(spec.settings).items()},
    }


def _versions() -> dict[str, str]:
    """Versions of PVChat, Python and torch; in a checkout the commit, with "+" where files differ from it."""
    commit, words = "", ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(words, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10)
        commit = done.stdout.strip() if done.returncode == 0 else ""
    own = {"pvchat": __version__, **({"commit": commit} if commit else {})}
    return {**own, "python": platform.python_version(), "torch": version("torch")}


def _in_order(spec: Spec, answered: Sequence[Row], part: str) -> list[Row]:
    """The rows of all clips by system, and by question in the manifest's order."""
    rows = {(row["system"], row["id"]): row for clip in answered for row in clip[part]}
    return [rows[system, item.id] for system in spec.systems for item in spec.manifest.items]


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


def _seconds(timing: Sequence[Row]) -> dict[str, Row]:
    """Count, mean and median seconds of each system's answers; a clip's one visual pass isn't counted."""
    took: dict[str, list[float]] = {}
    for row in timing:
        took.setdefault(row["system"], []).append(row["seconds"])
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
