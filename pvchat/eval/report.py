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
# group, measure, heading, higher is better, heading in the terminal ("": not shown there)
Column = tuple[str, str, str, bool, str]
PRESENCE = (
    ("existence", "balanced_accuracy", "balanced accuracy", True, "bal"),
    ("existence", "accuracy", "accuracy", True, "acc"), ("existence", "auc", "AUC", True, "AUC"),
    ("existence", "tpr", "TPR", True, "TPR"), ("existence", "tnr", "TNR", True, "TNR"),
    ("pairs", "all_right", "pairs all right", True, "pairs"), ("who", "f1", "who F1", True, "who F1"),
    ("existence", "ece", "calibration error", False, "ECE"),
)  # fmt: skip
TELLING = (
    ("refusals", "refused_absent", "absent refused", True, "refused"),
    ("refusals", "refused_present", "present refused", False, ""),
    ("wording", "content_f1", "content F1", True, "cont.F1"),
    ("wording", "sentence_cosine", "sentence cosine", True, ""), ("wording", "rouge_l", "ROUGE-L", True, "ROUGE-L"),
    ("wording", "bleu1", "BLEU-1", True, "BLEU-1"), ("wording", "bleu4", "BLEU-4", True, "BLEU-4"),
    ("wording", "bertscore", "BERTScore, MiniLM", True, "BERT"),
    ("rules", "entity_specificity_rules", "ES, rules", True, "ES"),
    ("rules", "descriptive_completeness_rules", "DC, rules", True, "DC"),
)  # fmt: skip
DECISIONS, TELLINGS, PER_CLIP = 14, 10, 2  # failures that are shown, of one clip at most


def text_of(metrics: Row) -> str:
    """Who is there, then what is said: a line for each system over all questions, and by part if there is a hard one.

    A measure that no system has is left out.
    """
    about, systems = metrics["set"], metrics["systems"]
    overall = {name: system["overall"] for name, system in systems.items()}
    lines = [f"{about['questions']} questions, {about['clips']} clips, {about['people']} people"]
    for columns in (PRESENCE, TELLING):
        shown = [c for c in columns if c[4] and any(_cells(of, [c]) != ["–"] for of in overall.values())]
        if shown:
            lines += ["", *_rows(overall, shown)]
            lines += [line for place, part in parts(metrics).items() for line in _rows(part, shown, f"{place} part")]
    failed = {name: system["errors"]["n"] for name, system in systems.items()}
    return "\n".join([*lines, "", *(f"failed answers of {name}: {count}" for name, count in failed.items() if count)])


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


def _cells(groups: Mapping[str, Row], columns: Sequence[Column]) -> list[str]:
    return [number(groups.get(group, {}).get(key)) for group, key, *_ in columns]


def _rows(systems: Mapping[str, Mapping[str, Row]], columns: Sequence[Column], title: str = "") -> list[str]:
    """A line of titles, or the title, and one for each system, with the interval of its first measure."""
    width, first = max(len(name) for name in systems) + 2, columns[0]
    heads = "".join(f"{column[4]:>8}" for column in columns)
    lines = [title or f"{'':{width}}{heads}  {first[4]}, 95 %"]
    for name, groups in systems.items():
        cells = "".join(f"{cell:>8}" for cell in _cells(groups, columns))
        known = groups.get(first[0], {}).get(first[1])
        measure = f"{interval(known)} (n={known['n']})" if known and interval(known) else "–"
        lines.append(f"{name:{width}}{cells}  {measure}")
    return lines
