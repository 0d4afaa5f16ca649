"""The headline of metrics.json as a table for a terminal, in all and, where there is a hard part, by part.

In: what `run` returns, what run.json holds. Out: text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pvchat.eval.slices import PART

Row = dict[str, Any]
COLUMNS = (
    ("existence", "balanced_accuracy", "bal"), ("existence", "auc", "AUC"), ("existence", "tpr", "TPR"),
    ("existence", "tnr", "TNR"), ("existence", "ece", "ECE"), ("pairs", "all_right", "pairs"), ("who", "f1", "who F1"),
    ("refusals", "refused_absent", "refused"), ("wording", "content_f1", "cont.F1"), ("wording", "rouge_l", "ROUGE-L"),
    ("rules", "entity_specificity_rules", "ES"), ("rules", "descriptive_completeness_rules", "DC"),
)  # fmt: skip


def text_of(metrics: Row) -> str:
    """One line a system and part; balanced accuracy with its interval."""
    about, systems = metrics["set"], metrics["systems"]
    width = max(len(name) for name in systems) + 2
    head = f"{'':{width}}" + "".join(f"{title:>8}" for *_, title in COLUMNS) + "  errors  bal, 95 % interval"
    lines = [f"{about['questions']} questions, {about['clips']} clips, {about['people']} people", head]
    for name, system in systems.items():
        lines.append(_line(f"{name:{width}}", system["overall"], str(system["errors"]["n"])))
    parts = dict.fromkeys(place for system in systems.values() for place in system["slices"].get(PART, {}))
    for place in parts:
        lines.append(f"{place} part")
        for name, system in systems.items():
            lines.append(_line(f"{name:{width}}", system["slices"][PART].get(place, {}), ""))
    return "\n".join(lines)


def remarks(run: Row, most: int = 10) -> list[str]:
    """What makes a run another one than was asked for, out of run.json: rows left out, people not enrolled, errors."""
    found = [f"left out: {row['where']}: {row['what']}" for row in run["left_out"]]
    found += [f"{name} can't be enrolled: {row['error']}" for people in run["enrolled"].values()
              for name, row in people.items() if "error" in row]  # fmt: skip
    found += [f"unreadable: {clip}: {error}" for clip, error in run["clip_errors"].items()]
    more = [f"… and {len(found) - most} more, see run.json"] if len(found) > most else []
    return [*found[:most], *more]


def _line(name: str, groups: Mapping[str, Row], errors: str) -> str:
    found = [groups.get(group, {}).get(key) for group, key, _ in COLUMNS]
    cells = "".join(f"{_number(m):>8}" for m in found)
    return f"{name}{cells}{errors:>8}  {_interval(found[0])}"


def _number(measure: Row | None) -> str:
    return "–" if not measure or measure["value"] is None else f"{measure['value']:.3f}"


def _interval(measure: Row | None) -> str:
    if not measure or measure["low"] is None:
        return "–"
    return f"{measure['low']:.3f}–{measure['high']:.3f} (n={measure['n']})"
