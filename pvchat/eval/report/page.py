"""The page: what metrics.json, run.json and predictions.jsonl say, arranged for a reader.

In: a finished run's folder. Out: report.html beside them. Everything is inside the one file; names, questions and
answers are escaped by the template engine, and there is no script in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pvchat.eval.manifest import Manifest
from pvchat.eval.report import gallery
from pvchat.eval.slices import PART
from pvchat.eval.systems.registry import PREFERRED
from pvchat.eval.table import joined
from pvchat.storage import atomic
from pvchat.storage.journal import Journal

Row = dict[str, Any]
# group, measure, heading, higher is better
PRESENCE = (
    ("existence", "balanced_accuracy", "balanced accuracy", True),
    ("existence", "accuracy", "accuracy", True),
    ("existence", "auc", "AUC", True),
    ("existence", "tpr", "TPR", True),
    ("existence", "tnr", "TNR", True),
    ("pairs", "all_right", "pairs all right", True),
    ("who", "f1", "who F1", True),
    ("existence", "ece", "calibration error", False),
)
TELLING = (
    ("refusals", "refused_absent", "absent refused", True),
    ("refusals", "refused_present", "present refused", False),
    ("wording", "content_f1", "content F1", True),
    ("wording", "sentence_cosine", "sentence cosine", True),
    ("wording", "rouge_l", "ROUGE-L", True),
    ("wording", "bleu1", "BLEU-1", True),
    ("wording", "bleu4", "BLEU-4", True),
    ("rules", "entity_specificity_rules", "ES, rules", True),
    ("rules", "descriptive_completeness_rules", "DC, rules", True),
)
COLUMNS = (*PRESENCE, *TELLING)
COMPARED = (  # of all systems: axis, group, measure, what it says, where its scale ends
    ("suite", "existence", "balanced_accuracy", "balanced accuracy of existence questions about one person", 1.0),
    ("type", "wording", "content_f1", "content-word F1, answers about people who are there", 1.0),
    ("kind", "rules", "entity_specificity_rules", "entity specificity by rules, 0–5", 5.0),
)
SLICE_COLUMNS = (
    ("existence", "balanced_accuracy"), ("existence", "auc"), ("existence", "tpr"), ("existence", "tnr"),
    ("existence", "ece"),
    ("wording", "content_f1"), ("wording", "rouge_l"),
)  # fmt: skip


def write(out: Path, manifest: Manifest, frames: bool) -> Path:
    """Write report.html of a finished run.

    Args:
        out: the run's folder.
        manifest: for clips and questions.
        frames: put frames of the worst failures in; without media rights they are left out.
    """
    import jinja2

    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    rows = Journal(out / "predictions.jsonl").read()
    folder = Path(__file__).parent
    loader = jinja2.FileSystemLoader(folder)
    engine = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    engine.filters |= {"number": number, "interval": interval}
    page = engine.get_template("page.html.j2").render(view(metrics, run, rows, manifest, frames))
    atomic.write_file(out / "report.html", page.encode())
    return out / "report.html"


def view(metrics: Row, run: Row, rows: Sequence[Row], manifest: Manifest, frames: bool) -> Row:
    """Everything that the template names."""
    systems = list(metrics["systems"])
    main = next((m for m in PREFERRED if m in systems), systems[-1])
    answered = joined([r for r in rows if r["system"] == main], {i.id: i for i in manifest.items}, {})
    return {
        "metrics": metrics,
        "run": run,
        "about": metrics["set"],
        "main": main,
        "tables": {"Who is there": PRESENCE, "What is said": [*TELLING, *_bert_column(metrics)]},
        "table": headline(metrics),
        "parts": parts(metrics),
        "best": best(metrics),
        "compared": compared(metrics),
        "confusion": confusion(metrics["systems"][main]["confusion"]),
        "slices": slices(metrics["systems"][main]["slices"]),
        "slice_columns": SLICE_COLUMNS,
        "failures": gallery.rows(gallery.worst(answered), manifest, frames),
        "frames": frames,
        "enrolled": _enrollment(run),
        "judges": judges(metrics),
    }


def _bert_column(metrics: Row) -> list[tuple[str, str, str, bool]]:
    """The column of BERTScore, headed by the model that gave it."""
    name = metrics["signatures"]["bertscore"]
    return [] if name == "none" else [("wording", name, name.replace("bertscore_", "BERTScore, "), True)]


def headline(metrics: Row) -> dict[str, dict[str, Row | None]]:
    """System -> heading -> measure."""
    return {
        name: {title: _get(system["overall"], group, key) for group, key, title, _ in _all_columns(metrics)}
        for name, system in metrics["systems"].items()
    }


def parts(metrics: Row) -> dict[str, dict[str, dict[str, Row | None]]]:
    """Part ("hard", "easy") -> system -> heading -> measure, of who is there; empty where there are no parts."""
    out: dict[str, dict[str, dict[str, Row | None]]] = {}
    for name, system in metrics["systems"].items():
        for place, groups in system["slices"].get(PART, {}).items():
            cells = {title: _get(groups, group, key) for group, key, title, _ in PRESENCE}
            out.setdefault(place, {})[name] = cells
    return dict(sorted(out.items(), reverse=True))  # hard first: that is what is looked at


def best(metrics: Row) -> dict[str, float | None]:
    """The best value of each column."""
    table = headline(metrics)
    out: dict[str, float | None] = {}
    for _, _, title, higher in _all_columns(metrics):
        values = [m["value"] for row in table.values() if (m := row[title]) and m["value"] is not None]
        out[title] = (max if higher else min)(values) if values else None
    return out


def _all_columns(metrics: Row) -> list[tuple[str, str, str, bool]]:
    return [*COLUMNS, *_bert_column(metrics)]


def confusion(counts: Mapping[str, Mapping[str, int]]) -> Row:
    """A square-ish table: who is there down, who was said to be there across."""
    across = sorted({name for row in counts.values() for name in row} | {n for n in counts if n != "(nobody)"})
    down = sorted(n for n in counts if n != "(nobody)") + (["(nobody)"] if "(nobody)" in counts else [])
    top = max([c for row in counts.values() for c in row.values()] + [1])
    cells = {d: {a: counts[d].get(a, 0) for a in across} for d in down}
    return {"across": across, "down": down, "cells": cells, "top": top}


def slices(found: Mapping[str, Mapping[str, Row]]) -> dict[str, dict[str, dict[str, Row | None]]]:
    """Axis -> place -> "group.measure" -> measure, axes with a single place left out."""
    return {
        axis: {place: {f"{g}.{k}": _get(groups, g, k) for g, k in SLICE_COLUMNS} for place, groups in places.items()}
        for axis, places in found.items()
        if len(places) > 1
    }


def compared(metrics: Row) -> dict[str, dict[str, Any]]:
    """What is compared -> {"high": where its scale ends, "places": place -> system -> measure}."""
    out: dict[str, dict[str, Any]] = {}
    for axis, group, key, title, high in COMPARED:
        places: dict[str, dict[str, Row]] = {}
        for name, system in metrics["systems"].items():
            for place, groups in system["slices"].get(axis, {}).items():
                if (measure := _get(groups, group, key)) and measure["value"] is not None:
                    places.setdefault(place, {})[name] = measure
        if places:
            out[f"By {axis}: {title}"] = {"high": high, "places": places}
    return out


def judges(metrics: Row) -> dict[str, dict[str, Row]]:
    """Judge -> system -> its two measures; empty where nobody judged."""
    out: dict[str, dict[str, Row]] = {}
    for name, system in metrics["systems"].items():
        for group, measures in system["overall"].items():
            if group.startswith("judge:"):
                out.setdefault(group.removeprefix("judge:"), {})[name] = measures
    return out


def number(measure: Row | None) -> str:
    """A value for a cell: 3 digits up to 1, 2 above."""
    if not measure or measure["value"] is None:
        return "–"
    value = measure["value"]
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.3f}" if value <= 1.0005 else f"{value:.2f}"


def interval(measure: Row | None) -> str:
    """An interval, for below the value."""
    if not measure or measure["value"] is None or measure["low"] is None:
        return ""
    low, high = (number({"value": measure[k]}) for k in ("low", "high"))
    return f"{low}–{high}"


def _get(groups: Mapping[str, Any], group: str, key: str) -> Row | None:
    found: Row | None = groups.get(group, {}).get(key)
    return found


def _enrollment(run: Row) -> Row:
    """People enrolled and people who couldn't be, by depth."""
    return {
        depth: {
            "count": sum("error" not in row for row in people.values()),
            "failed": {name: row["error"] for name, row in people.items() if "error" in row},
        }
        for depth, people in run["enrolled"].items()
    }
