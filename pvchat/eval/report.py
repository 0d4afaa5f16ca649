"""The report of a run: a table for the terminal, and report.html with the worst failures.

Failures are wrong decisions, the surest first, then descriptions that have little of the reference; at most a few of
one clip, so that one bad clip doesn't fill the page. The page has no script, and no pictures of people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from pvchat.eval.manifest import Manifest
from pvchat.eval.metrics.rubric import descriptive_completeness, refused
from pvchat.eval.scores import PART, Answered, answers_by_system
from pvchat.eval.systems import PREFERRED
from pvchat.storage import atomic

Row = dict[str, Any]
# group, measure, heading, higher is better
PRESENCE = (
    ("existence", "balanced_accuracy", "balanced accuracy", True), ("existence", "accuracy", "accuracy", True),
    ("existence", "auc", "AUC", True), ("existence", "tpr", "TPR", True), ("existence", "tnr", "TNR", True),
    ("pairs", "all_right", "pairs all right", True), ("who", "f1", "who F1", True),
    ("existence", "ece", "calibration error", False),
)  # fmt: skip
TELLING = (
    ("refusals", "refused_absent", "absent refused", True), ("refusals", "refused_present", "present refused", False),
    ("wording", "content_f1", "content F1", True), ("wording", "sentence_cosine", "sentence cosine", True),
    ("wording", "rouge_l", "ROUGE-L", True), ("wording", "bleu1", "BLEU-1", True), ("wording", "bleu4", "BLEU-4", True),
    ("wording", "bertscore", "BERTScore, MiniLM", True), ("rules", "entity_specificity_rules", "ES, rules", True),
    ("rules", "descriptive_completeness_rules", "DC, rules", True),
)  # fmt: skip
_BRIEF = {  # what the terminal shows
    "balanced accuracy": "bal", "AUC": "AUC", "TPR": "TPR", "TNR": "TNR", "calibration error": "ECE",
    "pairs all right": "pairs", "who F1": "who F1", "absent refused": "refused", "content F1": "cont.F1",
    "ROUGE-L": "ROUGE-L", "ES, rules": "ES", "DC, rules": "DC",
}  # fmt: skip
_COLUMNS = [column for column in (*PRESENCE, *TELLING) if column[2] in _BRIEF]
DECISIONS, TELLINGS, PER_CLIP = 14, 10, 2  # failures that are shown, of one clip at most


def text_of(metrics: Row) -> str:
    """A line for each system over all questions, and by part if there is a hard part."""
    about, systems = metrics["set"], metrics["systems"]
    width = max(len(name) for name in systems) + 2
    titles = "".join(f"{_BRIEF[title]:>8}" for _, _, title, _ in _COLUMNS)
    lines = [f"{about['questions']} questions, {about['clips']} clips, {about['people']} people"]
    lines += [f"{'':{width}}{titles}  errors  bal, 95 % interval"]
    for name, system in systems.items():
        lines.append(_line(f"{name:{width}}", system["overall"], str(system["errors"]["n"])))
    for place, row in parts(metrics).items():
        lines += [f"{place} part", *(_line(f"{name:{width}}", groups, "") for name, groups in row.items())]
    return "\n".join(lines)


def remarks(run: Row, most: int = 10) -> list[str]:
    """What went wrong in a run, from run.json: rows left out, people not enrolled, unreadable clips."""
    found = [f"left out: {row['where']}: {row['what']}" for row in run["left_out"]]
    found += [f"{name} can't be enrolled: {row['error']}" for name, row in run["enrolled"].items() if "error" in row]
    found += [f"unreadable: {clip}: {error}" for clip, error in run["clip_errors"].items()]
    return found[:most] + ([f"… and {len(found) - most} more, see run.json"] if len(found) > most else [])


def write(out: Path, manifest: Manifest, rows: Sequence[Row], metrics: Row, run: Row) -> Path:
    """Write report.html of predictions, metrics.json and run.json."""
    answered = answers_by_system(rows, {i.id: i for i in manifest.items})
    main = next((m for m in PREFERRED if m in answered), list(answered)[-1])
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    engine = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    engine.filters |= {"number": number, "interval": interval}
    overall = {name: system["overall"] for name, system in metrics["systems"].items()}
    tables = {"Who is there": (PRESENCE, overall), "What is said": (TELLING, overall)}
    tables |= {f"Who is there, {place} part": (PRESENCE, rows) for place, rows in parts(metrics).items()}
    page = engine.get_template("report.html.j2").render(
        metrics=metrics, run=run, about=metrics["set"], main=main, tables=tables, remarks=remarks(run, 200),
        failures=[_failure(one) for one in worst_answers(answered[main])],
    )  # fmt: skip
    atomic.write_file(out / "report.html", page.encode())
    return out / "report.html"


def parts(metrics: Row) -> dict[str, dict[str, Row]]:
    """Measures by part ("hard" first) and system; empty if there are no parts."""
    out: dict[str, dict[str, Row]] = {}
    for name, system in metrics["systems"].items():
        for place, groups in system["slices"].get(PART, {}).items():
            out.setdefault(place, {})[name] = groups
    return dict(sorted(out.items(), reverse=True))


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


def worst_answers(answered: Sequence[Answered]) -> list[Answered]:
    """The worst answers, worst first: wrong decisions, then poor descriptions."""
    wrong = [(gap, a) for a in answered if (gap := wrongness(a)) > 0]
    wrong.sort(key=lambda pair: (-pair[0], pair[1].item.id))
    poor = [(descriptive_completeness(a.item, a.text), a) for a in answered if a.is_description]
    poor = sorted((p for p in poor if p[0] < 2.5), key=lambda pair: (pair[0], pair[1].item.id))
    return _few_of_each_clip([a for _, a in wrong], DECISIONS) + _few_of_each_clip([a for _, a in poor], TELLINGS)


def wrongness(one: Answered) -> float:
    """How wrong the decisions are: the largest gap between probability and truth among wrong ones; 0 when all right."""
    if one.row["error"]:
        return 1.0
    if one.item.kind == "refusal":
        return 0.0 if refused(one.item, one.text) else 1.0
    gaps = [
        abs(float(one.person(n)["probability"]) - float(one.item.present[n]))
        for n in one.item.people
        if (one.person(n)["decision"] == "present") != one.item.present[n]
    ]
    return max(gaps, default=0.0)


def _failure(one: Answered) -> Row:
    """What the page shows of one question."""
    people = [{**one.person(n), "there": one.item.present[n]} for n in one.item.people]
    wrong = [p for p in people if (p["decision"] == "present") != p["there"]]
    return {"item": one.item, "row": one.row, "people": wrong or people[:3]}


def _few_of_each_clip(answered: Sequence[Answered], count: int) -> list[Answered]:
    """The first `count` answers with at most `PER_CLIP` of one clip."""
    seen: Counter[str] = Counter()
    out: list[Answered] = []
    for one in answered:
        if seen[one.item.video] < PER_CLIP and len(out) < count:
            seen[one.item.video] += 1
            out.append(one)
    return out


def _line(name: str, groups: Mapping[str, Row], errors: str) -> str:
    found = [groups.get(group, {}).get(key) for group, key, *_ in _COLUMNS]
    cells = "".join(f"{'–' if not m or m['value'] is None else format(m['value'], '.3f'):>8}" for m in found)
    first = found[0]
    known = first and first["low"] is not None
    told = f"{first['low']:.3f}–{first['high']:.3f} (n={first['n']})" if first and known else "–"
    return f"{name}{cells}{errors:>8}  {told}"
