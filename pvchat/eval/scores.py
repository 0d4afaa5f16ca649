"""metrics.json: every measure of every system, with its count and interval, in all and by slice.

In: the manifest and ordered rows. Out: plain JSON that depends on nothing but these. Measures come in groups: who is
there, several people, refusals, wording, rules. Results are cut by set, type, kind, view, and hard and easy part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pvchat.eval.manifest import Item, Manifest
from pvchat.eval.metrics import decisions as yes_no
from pvchat.eval.metrics import rubric, wording
from pvchat.eval.metrics.bootstrap import Bootstrap, Measure
from pvchat.eval.options import EvalOptions
from pvchat.eval.subsets import part_of
from pvchat.eval.table import Answered, decisions, has_reference, is_single, joined

Row = dict[str, Any]
Group = dict[str, Measure]
PART = "part"
AXES: dict[str, Callable[[Item], str | None]] = {
    "set": lambda item: item.set or None,
    "type": lambda item: item.type,
    "kind": lambda item: item.kind,
    "view": lambda item: item.view,
}
PARTS: dict[str, Callable[[Item], str | None]] = {  # of a manifest that has a hard part
    PART: part_of,
    "view, hard part": lambda item: item.view if part_of(item) == "hard" else None,
}


@dataclass(frozen=True)
class Ruler:
    """What measuring needs: resampling, names, BERTScores and sentence cosines by (answer, reference)."""

    boot: Bootstrap
    enrolled: tuple[str, ...]
    bert: dict[tuple[str, str], float]
    cosine: dict[tuple[str, str], float]


def groups_of(answered: Sequence[Answered], ruler: Ruler) -> dict[str, dict[str, Row]]:
    """Measures of one slice or of all, by group; groups without a row are left out."""
    found = {
        "existence": _existence(answered, ruler.boot),
        "pairs": _pairs(answered, ruler.boot),
        "who": _who(answered, ruler),
        "refusals": _refusals(answered, ruler.boot),
        "wording": _wording(answered, ruler),
        "rules": _rules(answered, ruler),
    }
    kept = {name: group for name, group in found.items() if any(m.n for m in group.values())}
    return {name: {key: m.to_dict() for key, m in group.items()} for name, group in kept.items()}


def measure(manifest: Manifest, rows: Sequence[Row], options: EvalOptions, seed: int) -> dict[str, Any]:
    """All measures.

    Args:
        manifest: people and questions.
        rows: predictions, settled.
        options: of the run.
        seed: of the bootstrap.
    """
    answered = joined(rows, {i.id: i for i in manifest.items})
    ruler = _ruler(manifest, answered, options, seed)
    return {
        "set": _about(manifest),
        "bootstrap": {"resamples": options.resamples, "seed": seed, "unit": "clip", "level": 0.95},
        "signatures": {f"bleu{order}": wording.bleu_signature(order) for order in (1, 4)},
        "systems": {name: _system(answered[name], ruler) for name in answered},
    }


def cut(answered: Sequence[Answered], axis: Callable[[Item], str | None]) -> dict[str, list[Answered]]:
    """The questions by their place on an axis, in order of the places' names; those without one are left out."""
    out: dict[str, list[Answered]] = {}
    for one in answered:
        if (place := axis(one.item)) is not None:
            out.setdefault(place, []).append(one)
    return dict(sorted(out.items()))


def _existence(answered: Sequence[Answered], boot: Bootstrap) -> Group:
    d = decisions(answered, is_single)
    return {
        **yes_no.existence(boot, d.clips, d.truth, d.predicted, d.chance),
        "ece": yes_no.calibration_error(boot, d.clips, d.truth, d.chance),
    }


def _pairs(answered: Sequence[Answered], boot: Bootstrap) -> Group:
    chosen = [a for a in answered if a.item.kind in ("pair", "triple")]
    return {"all_right": boot.mean([a.item.video for a in chosen], [a.right for a in chosen])}


def _who(answered: Sequence[Answered], ruler: Ruler) -> Group:
    """Micro F1 over the names of everybody enrolled: somebody of another set who is claimed is a false positive too."""
    chosen = [a for a in answered if a.item.kind == "who"]
    sums = []
    for one in chosen:
        true = {n for n, there in one.item.present.items() if there}
        predicted = {p["name"] for p in one.row["people"] if p["decision"] == "present" and not one.row["error"]}
        sums.append([len(predicted & true), len(predicted - true), len(true - predicted), 0])
    return {"f1": ruler.boot.measure([a.item.video for a in chosen], sums, yes_no.f1)}


def _refusals(answered: Sequence[Answered], boot: Bootstrap) -> Group:
    """By the text, which is what a reader sees: absent people should be refused, present ones told about."""
    gone = [a for a in answered if a.item.kind == "refusal"]
    here = [a for a in answered if a.item.kind == "single" and a.item.type != "existence"]
    here = [a for a in here if all(a.item.present.values())]
    return {
        "refused_absent": boot.mean([a.item.video for a in gone], [rubric.refused(a.item, a.text) for a in gone]),
        "refused_present": boot.mean([a.item.video for a in here], [rubric.refused(a.item, a.text) for a in here]),
    }


def _wording(answered: Sequence[Answered], ruler: Ruler) -> Group:
    described = [a for a in answered if has_reference(a.item)]
    clips, answers = [a.item.video for a in described], [a.text for a in described]
    references = [a.item.answer for a in described]
    pairs = list(zip(answers, references, strict=True))
    out = {
        "bleu1": wording.bleu(ruler.boot, clips, answers, references, 1),
        "bleu4": wording.bleu(ruler.boot, clips, answers, references, 4),
        "rouge_l": ruler.boot.mean(clips, wording.rouge_l(answers, references)),
        "content_f1": ruler.boot.mean(clips, [wording.content_f1(a, r) for a, r in pairs]),
    }
    for name, found in (("bertscore", ruler.bert), ("sentence_cosine", ruler.cosine)):
        if found:
            out[name] = ruler.boot.mean(clips, [found[p] for p in pairs])
    return out


def _rules(answered: Sequence[Answered], ruler: Ruler) -> Group:
    clips = [a.item.video for a in answered]
    named = [rubric.entity_specificity(a.item, a.text, ruler.enrolled) for a in answered]
    described = [a for a in answered if a.item.type != "existence"]
    complete = [rubric.descriptive_completeness(a.item, a.text) for a in described]
    return {
        "entity_specificity_rules": ruler.boot.mean(clips, named),
        "descriptive_completeness_rules": ruler.boot.mean([a.item.video for a in described], complete),
    }


def _system(answered: list[Answered], ruler: Ruler) -> Row:
    axes = AXES | (PARTS if any(part_of(a.item) == "hard" for a in answered) else {})
    slices = {
        name: {place: groups_of(some, ruler) for place, some in cut(answered, axis).items()}
        for name, axis in axes.items()
    }
    return {"overall": groups_of(answered, ruler), "slices": slices, "errors": _errors(answered)}


def _errors(answered: Sequence[Answered]) -> Row:
    failed = [a for a in answered if a.row["error"]]
    kinds = Counter(str(a.row["error"]).partition(":")[0] for a in failed)
    return {"n": len(failed), "kinds": dict(sorted(kinds.items())), "ids": [a.item.id for a in failed]}


def _ruler(manifest: Manifest, answered: dict[str, list[Answered]], options: EvalOptions, seed: int) -> Ruler:
    described = [a for rows in answered.values() for a in rows if has_reference(a.item)]
    pairs = sorted({(a.text, a.item.answer) for a in described}) if options.bertscore else []
    bert = dict(zip(pairs, wording.bert_scores(pairs), strict=True))
    cosine = dict(zip(pairs, wording.sentence_cosines(pairs), strict=True))  # by the same network
    return Ruler(Bootstrap(options.resamples, seed), tuple(p.name for p in manifest.people), bert, cosine)


def _about(manifest: Manifest) -> Row:
    truths = [i.present[n] for i in manifest.items if is_single(i) for n in i.people]
    return {
        "name": manifest.name,
        "questions": len(manifest.items),
        "clips": len({i.video for i in manifest.items}),
        "people": len(manifest.people),
        "yes": round(sum(truths) / len(truths), 4) if truths else None,
        "left_out": len(manifest.problems),
    }
