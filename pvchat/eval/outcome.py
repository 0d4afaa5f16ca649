"""When all clips are answered: rows in order, thresholds settled, measures, the report.

In: the run's folder with its journals, the spec. Out: metrics.json, run.json, report.html, and predictions.jsonl in the
manifest's order: the same bytes whatever was killed on the way and however many workers there were.

The face matcher gives scores only. Its threshold has the best balanced accuracy on the run's own existence questions,
and its probability is a logistic fit on the same: both flatter the baseline. Nothing is fitted where only one truth
occurs: then the documented match distance decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.eval import provenance
from pvchat.eval.manifest import Item, Manifest
from pvchat.eval.options import EvalOptions
from pvchat.eval.systems.base import existence_text
from pvchat.eval.systems.baselines import MATCH
from pvchat.eval.worker import Spec
from pvchat.schemas import Progress
from pvchat.storage import atomic
from pvchat.storage.journal import Journal

Row = dict[str, Any]


def finish(out: Path, spec: Spec, options: EvalOptions, record: Row, progress: Progress) -> dict[str, Any]:
    """Order the rows, settle thresholds, measure, write the report."""
    from pvchat.eval.report import page
    from pvchat.eval.scores import measure

    journal = Journal(out / "predictions.jsonl")
    rows, tuned = settle(ordered(journal.read(), spec), {i.id: i for i in spec.manifest.items})
    clips = _last(Journal(out / "clips.jsonl").read(), spec)
    judged = _judge(out, spec.manifest, rows, options, progress)
    progress("measuring", 0, 1)
    metrics = measure(spec.manifest, rows, clips, judged, options, spec.settings.seed)
    journal.replace(rows)
    write_json(out / "metrics.json", metrics)
    done = {
        **record,
        "status": "done",
        "tuned": tuned,
        "left_out": [asdict(p) for p in spec.manifest.problems],
        "clip_errors": {c["clip"]: c["error"] for c in clips if c.get("error")},
        "clips": {c["clip"]: c.get("key") for c in clips},
        "judge": judged["name"] if judged else None,
        "unread_judgements": judged["unread"] if judged else 0,
        "seconds": provenance.seconds(out),
        "files": {name: atomic.sha256_of(out / name) for name in ("predictions.jsonl", "metrics.json")},
    }
    write_json(out / "run.json", done)
    page.write(out, spec.manifest, options.frames)
    progress("measuring", 1, 1)
    return metrics


def ordered(rows: Iterable[Row], spec: Spec) -> list[Row]:
    """One row each system and question of this run, in the manifest's order; the last of repeated ones."""
    last = {(r["system"], r["id"]): r for r in rows}
    keys = [(s, i.id) for s in spec.systems for i in spec.manifest.items]
    kept = [last.pop(key) for key in keys]
    extra = sorted(last)  # systems of an earlier call into the same folder stay in the table
    return kept + [last[key] for key in extra]


def write_json(path: Path, value: Any) -> None:
    """Write a file of JSON in one step."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    atomic.write_file(path, text.encode() + b"\n")


def settle(rows: Sequence[Row], items: Mapping[str, Item]) -> tuple[list[Row], dict[str, Any]]:
    """Decide what is undecided; also returns what was tuned, by system."""
    open_ = {r["system"] for r in rows if any("score" in p for p in r["people"])}
    tuned = {system: _tune([r for r in rows if r["system"] == system], items) for system in sorted(open_)}
    return [_decided(r, tuned[r["system"]]) if r["system"] in tuned else r for r in rows], tuned


def best_threshold(score: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The score from which "present" has the best balanced accuracy; the lowest of equals."""
    return float(max(np.unique(score), key=lambda t: (score[truth] >= t).mean() + (score[~truth] < t).mean()))


def _judge(out: Path, manifest: Manifest, rows: Sequence[Row], options: EvalOptions, progress: Progress) -> Row | None:
    if not options.judge:
        return None
    from pvchat.eval import judge

    return judge.judge_all(judge.open_judge(options.judge), manifest, rows, Journal(out / "judge.jsonl"), progress)


def _last(rows: Iterable[Row], spec: Spec) -> list[Row]:
    """Conditions in the order of the clips; a clip that was redone counts once."""
    last = {r["clip"]: {**r} for r in rows}
    return [last[clip] for clip in dict.fromkeys(i.video for i in spec.manifest.items) if clip in last]


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
    named = [p for p in people if p["decision"] == "present"] if row.get("kind") == "who" else people
    return {**row, "people": people, "answer": existence_text(named)}
