"""When all clips are answered: rows in order, thresholds settled, measures, the report.

In: the run's folder with its journals, the spec. Out: metrics.json, run.json, report.html, and predictions.jsonl in the
manifest's order: the same bytes whatever was killed on the way and however many workers there were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pvchat.eval import provenance
from pvchat.eval.journal import Journal
from pvchat.eval.manifest import Manifest
from pvchat.eval.options import EvalOptions
from pvchat.eval.settle import settle
from pvchat.eval.worker import Spec
from pvchat.schemas import Progress
from pvchat.storage import atomic

Row = dict[str, Any]


def finish(out: Path, spec: Spec, options: EvalOptions, told: Row, progress: Progress) -> dict[str, Any]:
    """Order the rows, settle thresholds, measure, write the report."""
    from pvchat.eval import report
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
        **told,
        "status": "done",
        "tuned": tuned,
        "left_out": [asdict(p) for p in spec.manifest.problems],
        "clip_errors": {c["clip"]: c["error"] for c in clips if c.get("error")},
        "clips": {c["clip"]: c.get("key") for c in clips},
        "judge": judged["name"] if judged else None,
        "unread_judgements": judged["unread"] if judged else 0,
        "seconds": provenance.seconds(out),
        "files": provenance.file_hashes(out, ("predictions.jsonl", "metrics.json")),
    }
    write_json(out / "run.json", done)
    report.write(out, spec.manifest, options.frames)
    progress("measuring", 1, 1)
    return metrics


def _judge(out: Path, manifest: Manifest, rows: Sequence[Row], options: EvalOptions, progress: Progress) -> Row | None:
    if not options.judge:
        return None
    from pvchat.eval import judge

    return judge.judge_all(judge.open_judge(options.judge), manifest, rows, Journal(out / "judge.jsonl"), progress)


def ordered(rows: Iterable[Row], spec: Spec) -> list[Row]:
    """One row each system and question of this run, in the manifest's order; the last of repeated ones."""
    last = {(r["system"], r["id"]): r for r in rows}
    keys = [(s, i.id) for s in spec.systems for i in spec.manifest.items]
    kept = [last.pop(key) for key in keys]
    extra = sorted(last)  # systems of an earlier call into the same folder stay in the table
    return kept + [last[key] for key in extra]


def _last(rows: Iterable[Row], spec: Spec) -> list[Row]:
    """Conditions in the order of the clips; a clip that was redone counts once."""
    last = {r["clip"]: {**r} for r in rows}
    return [last[clip] for clip in dict.fromkeys(i.video for i in spec.manifest.items) if clip in last]


def write_json(path: Path, value: Any) -> None:
    """Write a file of JSON in one step."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    atomic.write_file(path, text.encode() + b"\n", path.parent / ".scratch")
