"""Two runs (or two systems of one run) question by question: paired tests, and which questions changed.

In: RUN or RUN:SYSTEM, twice. Out: plain JSON, and text for people. Only questions that both answered are compared, and
how many were left out is said.

Decisions: McNemar's exact test (two-sided binomial over the discordant questions; McNemar 1947). Every measure also
gets the difference with a paired bootstrap interval over clips: the same clips are drawn for both sides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item
from pvchat.eval.metrics import decisions as yes_no
from pvchat.eval.metrics import rubric, wording
from pvchat.eval.metrics.bootstrap import Bootstrap, ratio
from pvchat.eval.systems.registry import PREFERRED
from pvchat.eval.table import Answered, decisions, has_reference, is_single, joined
from pvchat.storage.journal import Journal

Row = dict[str, Any]
QUESTIONS = "questions.jsonl"


def compare(first: str, second: str, resamples: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Compare two sides.

    Args:
        first: a run's folder, or folder:system; without a system the best of ours that is in it.
        second: the same of the other side.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        SettingsError: not a finished run, no such system, or no question in common.
    """
    (a_name, a), (b_name, b) = _side(first), _side(second)
    shared = [key for key in a if key in b and a[key].item == b[key].item]
    if not shared:
        raise SettingsError("the two runs have no question in common.", subject=f"{first} {second}")
    left, right = [a[k] for k in shared], [b[k] for k in shared]
    boot = Bootstrap(resamples, seed)
    return {
        "first": a_name,
        "second": b_name,
        "questions": len(shared),
        "left_out": {"first": len(a) - len(shared), "second": len(b) - len(shared)},
        "mcnemar": mcnemar(left, right),
        "differences": _differences(left, right, boot),
        "changed": _changed(left, right),
    }


def mcnemar(left: Sequence[Answered], right: Sequence[Answered]) -> dict[str, Row]:
    """Exact test over all decisions by kind of question: {"fixed", "broken", "n", "p"}."""
    wanted: dict[str, Callable[[Item], bool]] = {
        "existence": is_single,
        "pairs": lambda i: i.kind in ("pair", "triple"),
        "all decisions": lambda i: i.type == "existence" and i.kind != "who",
    }
    out = {}
    for name, keep in wanted.items():
        x, y = decisions(left, keep), decisions(right, keep)
        fixed, broken = int((_wrong(x) & ~_wrong(y)).sum()), int((~_wrong(x) & _wrong(y)).sum())
        out[name] = {"n": len(x.names), "fixed": fixed, "broken": broken, "p": exact_p(fixed, broken)}
    return {name: row for name, row in out.items() if row["n"]}


def exact_p(fixed: int, broken: int) -> float:
    """Two-sided exact binomial p of `fixed` against `broken` at one half; 1 where nothing changed."""
    if fixed + broken == 0:
        return 1.0
    from scipy.stats import binomtest

    return round(float(binomtest(fixed, fixed + broken, 0.5).pvalue), 6)


def text_of(found: Row, changed: int = 40) -> str:
    """The comparison for a terminal."""
    lines = [
        f"first:  {found['first']}",
        f"second: {found['second']}",
        f"{found['questions']} questions in common"
        f" (left out: {found['left_out']['first']} of the first, {found['left_out']['second']} of the second)",
        "",
        "decisions            n  fixed  broken  McNemar p",
    ]
    for name, row in found["mcnemar"].items():
        chance = f"{row['p']:.4f}" if row["p"] >= 0.0001 else "<0.0001"
        lines.append(f"{name:18} {row['n']:4d}  {row['fixed']:5d}  {row['broken']:6d}  {chance:>9}")
    lines.append(
        "McNemar takes questions as independent, though several are about one clip; the intervals below don't."
    )
    lines += ["", "measure              first  second  difference  95 % interval      n"]
    for name, row in found["differences"].items():
        span = "–" if row["low"] is None else f"{row['low']:+.3f} to {row['high']:+.3f}"
        values = f"{row['first']:6.3f}  {row['second']:6.3f}  {row['value']:+10.3f}"
        lines.append(f"{name:19} {values}  {span:17} {row['n']:5d}")
    lines += ["", f"{len(found['changed'])} questions changed" + (f", the first {changed}:" if changed else ".")]
    for row in found["changed"][:changed]:
        lines += [f"  {row['what']:8} {row['id']}  {row['question']}"]
        lines += [f"           was: {row['first']}", f"           is:  {row['second']}"]
    return "\n".join(lines)


def _side(words: str) -> tuple[str, dict[str, Answered]]:
    """The name of a side and its answered questions by id."""
    path, system = Path(words), ""
    if not (path / "run.json").exists() and ":" in words:
        folder, _, system = words.rpartition(":")
        path = Path(folder)
    try:
        run = json.loads((path / "run.json").read_text(encoding="utf-8"))
        rows = Journal(path / "predictions.jsonl").read()
        items = [Item(**{**row, "people": tuple(row["people"])}) for row in Journal(path / QUESTIONS).read()]
    except (OSError, ValueError, KeyError) as error:
        hint = "Give a folder that `pvchat eval` wrote."
        raise SettingsError("isn't a finished run.", subject=words, hint=hint) from error
    if run.get("status") != "done":
        raise SettingsError("isn't finished.", subject=words, hint="Run `pvchat eval` into it again.")
    have = list(dict.fromkeys(r["system"] for r in rows))
    system = system or next((s for s in PREFERRED if s in have), have[-1])
    if system not in have:
        raise SettingsError(f"has no system '{system}'.", subject=str(path), hint=f"It has: {', '.join(have)}.")
    answered = joined([r for r in rows if r["system"] == system], {i.id: i for i in items}, {})
    return f"{path}:{system}", {a.item.id: a for a in answered}


def _wrong(d: Any) -> Any:
    return d.truth != d.predicted


def _differences(left: Sequence[Answered], right: Sequence[Answered], boot: Bootstrap) -> dict[str, Row]:
    """Second minus first of each measure, clips drawn together."""
    out: dict[str, Row] = {}
    x, y = decisions(left, is_single), decisions(right, is_single)
    if x.names:
        sums = np.concatenate([yes_no.counts(x.truth, x.predicted), yes_no.counts(y.truth, y.predicted)], 1)
        for name, measure in (("accuracy", yes_no.accuracy), ("balanced accuracy", yes_no.balanced_accuracy)):
            out[name] = _difference(boot, x.clips, sums, measure)
    everything = list(zip(left, right, strict=True))
    names = sorted({n for a in left for n in a.item.present})
    worded = [(a, b) for a, b in everything if has_reference(a.item)]
    content = [(a, b) for a, b in everything if a.item.type != "existence"]
    graded: dict[str, tuple[list[Any], Callable[[Answered], float]]] = {
        "content-word F1": (worded, lambda one: wording.content_f1(one.text, one.item.answer)),
        "ROUGE-L": (worded, lambda one: float(wording.rouge_l([one.text], [one.item.answer])[0])),
        "ES by rules": (everything, lambda one: rubric.entity_specificity(one.item, one.text, names)),
        "DC by rules": (content, lambda one: rubric.descriptive_completeness(one.item, one.text)),
    }
    for name, (both, grade) in graded.items():
        if both:
            rows = np.array([[grade(a), 1.0, grade(b), 1.0] for a, b in both])
            out[name] = _difference(boot, [a.item.video for a, _ in both], rows, ratio)
    return out


def _difference(boot: Bootstrap, clips: Sequence[str], sums: Any, measure: Callable[[Any], Any]) -> Row:
    """A measure of the first half of the sums against the same of the second half."""
    half = sums.shape[1] // 2
    first, second = (float(measure(part.sum(0, keepdims=True))[0]) for part in (sums[:, :half], sums[:, half:]))
    found = boot.measure(clips, sums, lambda s: measure(s[:, half:]) - measure(s[:, :half]))
    return {"first": round(first, 6), "second": round(second, 6), **found.to_dict()}


def _changed(left: Sequence[Answered], right: Sequence[Answered]) -> list[Row]:
    """Questions whose decisions became right or wrong, then those with other words only."""
    out = []
    for a, b in zip(left, right, strict=True):
        was, now = a.right, b.right
        if was == now and a.text == b.text:
            continue
        what = "reworded" if was == now else "fixed" if now else "broken"
        texts = {"first": a.text or str(a.row["error"]), "second": b.text or str(b.row["error"])}
        out.append({"id": a.item.id, "what": what, "question": a.item.question, "clip": a.item.video, **texts})
    return sorted(out, key=lambda row: ("broken", "fixed", "reworded").index(row["what"]))
