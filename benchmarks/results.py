"""Tables of a finished run in Markdown, for docs/RESULTS.md: numbers only, nothing of the clips.

    python benchmarks/results.py RUN [SYSTEM] > tables.md

In: a run's folder. Out: the headline; one system beside the face matcher by set, type and view; time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pvchat.errors import PVChatError, SettingsError
from pvchat.eval.report import PRESENCE, TELLING, interval, number, parts
from pvchat.eval.systems import PREFERRED

Row = dict[str, Any]
BESIDE = "face-matcher"
VIEWS = ("view, hard part", "view")
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
    views = [a for a in VIEWS if len(systems[system]["slices"].get(a, {})) > 1]
    overall = {name: row["overall"] for name, row in systems.items()}
    told = [
        _about(metrics, run),
        "### Who is there\n\n" + _headline(overall, PRESENCE),
        *(f"### Who is there, {place} part\n\n" + _headline(rows, PRESENCE) for place, rows in parts(metrics).items()),
        "### What is said\n\n" + _headline(overall, TELLING),
        f"### {system} by set\n\n" + _sliced(systems, beside, "set", SMALL),
        f"### {system} by question type\n\n" + _sliced(systems, blind, "type", TOLD),
        f"### {system} by view",
        *(_sliced(systems, beside, axis, SMALL) for axis in views),
        "### Time\n\n" + _time(run),
    ]
    return "\n\n".join(told) + "\n"


def _about(metrics: Row, run: Row) -> str:
    about, versions = metrics["set"], run["versions"]
    lines = [
        f"{about['questions']} questions{_half(run)} about {about['clips']} clips, {about['people']} people enrolled"
        f" from one clip each, {100 * (about['yes'] or 0):.0f} % of yes/no questions truly yes; left out:"
        f" {about['left_out']} rows, unreadable: {len(run['clip_errors'])} clips. 95 % intervals:"
        f" {metrics['bootstrap']['resamples']} resamples of clips, seed {metrics['bootstrap']['seed']}.",
        f"pvchat {versions['pvchat']} ({versions.get('commit', 'no checkout')}), Python {versions['python']}, torch"
        f" {versions['torch']}; predictions.jsonl SHA-256 `{run['predictions_sha256'][:16]}…`.",
        f"`{metrics['signatures']['bleu4']}`.",
    ]
    return "\n".join(lines)


def _half(run: Row) -> str:
    half = run["config"].get("half", "")
    return f" of the {half.upper()} half" if half else ""


def _headline(systems: Row, columns: Sequence[tuple[str, str, str, bool, str]]) -> str:
    rows = [
        [name, *(_cell(groups.get(group, {}).get(key)) for group, key, *_ in columns)]
        for name, groups in systems.items()
    ]
    return _table(["system", *(title for _, _, title, *_ in columns)], rows)


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
    rows = [[s, str(t["n"]), f"{t['mean']:.3f}", f"{t['median']:.3f}"] for s, t in run["seconds"].items()]
    return _table(["system", "questions", "mean s", "median s"], rows)


def _cell(measure: Row | None) -> str:
    told = interval(measure)
    return f"{number(measure)} ({told})" if told else number(measure)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
