"""The headline of metrics.json as a table for a terminal.

In: what `run` returns. Out: text.
"""

from __future__ import annotations

from typing import Any

COLUMNS = (
    ("existence", "balanced_accuracy", "bal"), ("existence", "auc", "AUC"), ("existence", "tpr", "TPR"),
    ("existence", "tnr", "TNR"), ("pairs", "all_right", "pairs"), ("who", "f1", "who F1"),
    ("refusals", "refused_absent", "refused"), ("wording", "content_f1", "cont.F1"), ("wording", "rouge_l", "ROUGE-L"),
    ("rules", "entity_specificity_rules", "ES"), ("rules", "descriptive_completeness_rules", "DC"),
)  # fmt: skip


def text_of(metrics: dict[str, Any]) -> str:
    """One line a system; balanced accuracy with its interval."""
    about, systems = metrics["set"], metrics["systems"]
    width = max(len(name) for name in systems) + 2
    head = f"{'':{width}}" + "".join(f"{title:>8}" for *_, title in COLUMNS) + "  errors  bal, 95 % interval"
    lines = [f"{about['questions']} questions, {about['clips']} clips, {about['people']} people", head]
    for name, system in systems.items():
        found = [system["overall"].get(group, {}).get(key) for group, key, _ in COLUMNS]
        cells = "".join(f"{_number(m):>8}" for m in found)
        lines.append(f"{name:{width}}{cells}{system['errors']['n']:>8}  {_interval(found[0])}")
    return "\n".join(lines)


def _number(measure: dict[str, Any] | None) -> str:
    return "–" if not measure or measure["value"] is None else f"{measure['value']:.3f}"


def _interval(measure: dict[str, Any] | None) -> str:
    return "–" if not measure or measure["low"] is None else f"{measure['low']:.3f}–{measure['high']:.3f}"
