"""Tables of a finished run in Markdown, for docs/RESULTS.md: numbers only, nothing of the clips.

    python benchmarks/results.py RUN [SYSTEM] > tables.md

In: a run's folder. Out: the headline; one system beside the face matcher by set, suite, type and conditions; time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pvchat.errors import PVChatError, SettingsError
from pvchat.eval.report.page import PRESENCE, TELLING, interval, number, parts
from pvchat.eval.systems.registry import PREFERRED

Row = dict[str, Any]
BESIDE = "face-matcher"
CONDITIONS = (
    "view, hard part", "style, hard part", "view", "clothes", "clothes (measured)", "negative",
    "faces at once (measured)", "face size (measured)",
)  # fmt: skip
SMALL = tuple(("existence", key) for key in ("balanced_accuracy", "auc", "tpr", "tnr", "ece"))
TOLD = (
    ("wording", "content_f1"), ("wording", "sentence_cosine"), ("wording", "rouge_l"), ("wording", "bleu1"),
    ("rules", "entity_specificity_rules"),
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables of a run."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not 1 <= len(words) <= 2 or words[0].startswith("-"):
        raise SystemExit("usage: python benchmarks/results.py RUN [SYSTEM]")
    try:
        sys.stdout.write(tables(Path(words[0]), words[1] if len(words) > 1 else ""))
    except PVChatError as error:
        raise SystemExit(str(error)) from error


def tables(folder: Path, system: str = "") -> str:
    """All tables of a run; `system` is looked at closer, the best of ours when empty.

    Raises:
        SettingsError: the folder holds no finished run, or the run has no such system.
    """
    if not (folder / "metrics.json").is_file():
        hint = "Run `pvchat eval` to its end first."
        raise SettingsError("it holds no finished run.", subject=str(folder), hint=hint)
    metrics, run = (json.loads((folder / f"{n}.json").read_text(encoding="utf-8")) for n in ("metrics", "run"))
    systems = metrics["systems"]
    if system and system not in systems:
        hint = f"Use one of: {', '.join(systems)}."
        raise SettingsError(f"it has no system '{system}'.", subject=str(folder), hint=hint)
    system = system or next((s for s in PREFERRED if s in systems), next(iter(systems)))
    beside = [system, *(s for s in (BESIDE,) if s in systems and s != system)]
    blind = [s for s in systems if s in (system, "prior")]
    conditions = [a for a in CONDITIONS if len(systems[system]["slices"].get(a, {})) > 1]
    told = [
        _about(metrics, run),
        "### Who is there\n\n" + _headline(systems, PRESENCE),
        *(f"### Who is there, {place} part\n\n" + _part(rows) for place, rows in parts(metrics).items()),
        "### What is said\n\n" + _headline(systems, TELLING),
        *(f"### {system} by {axis}\n\n" + _sliced(systems, beside, axis, SMALL) for axis in ("set", "suite")),
        f"### {system} by question type\n\n" + _sliced(systems, blind, "type", TOLD),
        f"### {system} by conditions",
        *(_sliced(systems, beside, axis, SMALL) for axis in conditions),
        "### Time\n\n" + _time(run),
    ]
    return "\n\n".join(told) + "\n"


def _about(metrics: Row, run: Row) -> str:
    about, versions = metrics["set"], run["versions"]
    lines = [
        f"{about['questions']} questions{_half(run)} about {about['clips']} clips, {about['people']} people enrolled"
        f" from one clip each, {100 * (about['yes'] or 0):.0f} % of yes/no questions truly yes; left out:"
        f" {about['left_out']} rows, {about['unreadable_clips']} clips. 95 % intervals:"
        f" {metrics['bootstrap']['resamples']} resamples of clips, seed {metrics['bootstrap']['seed']}.",
        f"pvchat {versions['pvchat']} ({versions.get('commit', 'no checkout')}), Python {versions['python']}, torch"
        f" {versions['torch']}; predictions.jsonl SHA-256 `{run['files']['predictions.jsonl'][:16]}…`.",
        f"`{metrics['signatures']['bleu4']}`, `{metrics['signatures']['bertscore']}`.",
    ]
    return "\n".join(lines)


def _half(run: Row) -> str:
    half = run["config"].get("half", "")
    return f" of the {half.upper()} half" if half else ""


def _headline(systems: Row, columns: Sequence[tuple[str, str, str, bool]]) -> str:
    rows = [
        [name, *(_cell(system["overall"].get(group, {}).get(key)) for group, key, _, _ in columns)]
        for name, system in systems.items()
    ]
    return _table(["system", *(title for *_, title, _ in columns)], rows)


def _part(systems: Row) -> str:
    titles = [title for *_, title, _ in PRESENCE]
    return _table(["system", *titles], [[name, *(_cell(row[t]) for t in titles)] for name, row in systems.items()])


def _sliced(systems: Row, names: Sequence[str], axis: str, keys: Sequence[tuple[str, str]]) -> str:
    places = list(dict.fromkeys(p for name in names for p in systems[name]["slices"].get(axis, {})))
    rows = []
    for place in places:
        for name in names:
            found = systems[name]["slices"].get(axis, {}).get(place, {})
            values = [found.get(group, {}).get(key) for group, key in keys]
            if any(m and m["value"] is not None for m in values):
                count = next(m["n"] for m in values if m and m["value"] is not None)
                rows.append([place, name, str(count), *(_cell(m) for m in values)])
    return _table([axis, "system", "n", *(key.replace("_", " ") for _, key in keys)], rows)


def _time(run: Row) -> str:
    rows = [[s, str(t["n"]), f"{t['mean']:.3f}", f"{t['median']:.3f}"] for s, t in run["seconds"]["systems"].items()]
    return _table(["system", "questions", "mean s", "median s"], rows)


def _cell(measure: Row | None) -> str:
    told = interval(measure)
    return f"{number(measure)} ({told})" if told else number(measure)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
