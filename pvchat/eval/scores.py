"""metrics.json: every measure of every system, with its count and interval, in all and by slice.

In: the manifest, ordered rows, conditions of the clips, perhaps what a judge said. Out: plain JSON that depends on
nothing but these. Measures come in groups: who is there, several people, refusals, wording, rules, spans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pvchat.eval.manifest import Item, Manifest
from pvchat.eval.metrics import decisions as yes_no
from pvchat.eval.metrics import rubric, wording
from pvchat.eval.metrics.bootstrap import Bootstrap, Measure
from pvchat.eval.metrics.rubric import stances
from pvchat.eval.options import EvalOptions
from pvchat.eval.slices import axes, cut
from pvchat.eval.table import Answered, decisions, has_reference, is_single, joined

Row = dict[str, Any]
Group = dict[str, Measure]
GOOD_SPAN = 0.5  # tIoU from which a span counts as found (R@0.5 of temporal grounding)


@dataclass(frozen=True)
class Ruler:
    """What measuring needs: resampling, names, BERTScores and sentence cosines by (answer, reference)."""

    boot: Bootstrap
    enrolled: tuple[str, ...]
    bert_name: str
    bert: dict[tuple[str, str], float]
    cosine: dict[tuple[str, str], float] = field(default_factory=dict)


def groups_of(answered: Sequence[Answered], ruler: Ruler) -> dict[str, Group]:
    """Measures of one slice or of all, by group; groups without a row are left out."""
    found = {
        "existence": _existence(answered, ruler.boot),
        "pairs": _several(answered, ruler.boot, ("pair", "triple")),
        "who": _who(answered, ruler),
        "refusals": _refusals(answered, ruler.boot),
        "wording": _wording(answered, ruler),
        "rules": _rules(answered, ruler),
        "spans": _spans(answered, ruler.boot),
    }
    return {name: group for name, group in found.items() if any(m.n for m in group.values())}


def judged_group(answered: Sequence[Answered], judgements: Row, boot: Bootstrap) -> Group:
    """A judge's scores of one system's answers: {id: {"es", "dc"}}."""
    out = {}
    for key, name in (("es", "entity_specificity"), ("dc", "descriptive_completeness")):
        scored = [
            (a.item.video, judgements[a.item.id][key])
            for a in answered
            if judgements.get(a.item.id, {}).get(key) is not None
        ]
        out[name] = boot.mean([clip for clip, _ in scored], [float(v) for _, v in scored])
    return out


def measure(
    manifest: Manifest, rows: Sequence[Row], clips: Sequence[Row], judged: Row | None, options: EvalOptions, seed: int
) -> dict[str, Any]:
    """All measures.

    Args:
        manifest: people and questions.
        rows: predictions, settled.
        clips: conditions by clip.
        judged: {"name", "scores": {system: {id: {"es", "dc"}}}} or None.
        options: of the run.
        seed: of the bootstrap.
    """
    items, by_clip = {i.id: i for i in manifest.items}, {c["clip"]: c for c in clips}
    systems = list(dict.fromkeys(r["system"] for r in rows))
    answered = {s: joined([r for r in rows if r["system"] == s], items, by_clip) for s in systems}
    ruler = _ruler(manifest, answered, options, seed)
    return {
        "set": _about(manifest, clips),
        "bootstrap": {"resamples": options.resamples, "seed": seed, "unit": "clip", "level": 0.95},
        "signatures": _signatures(ruler),
        "systems": {s: _system(manifest, answered[s], ruler, judged) for s in systems},
    }


def _existence(answered: Sequence[Answered], boot: Bootstrap) -> Group:
    d = decisions(answered, is_single)
    return {
        **yes_no.existence(boot, d.clips, d.truth, d.predicted, d.chance),
        "ece": yes_no.calibration_error(boot, d.clips, d.truth, d.chance),
        "brier": yes_no.brier(boot, d.clips, d.truth, d.chance),
        **yes_no.selective(boot, d.clips, d.truth, d.predicted, d.unsure),
    }


def _several(answered: Sequence[Answered], boot: Bootstrap, kinds: Sequence[str]) -> Group:
    chosen = [a for a in answered if a.item.kind in kinds]
    right = [a.right for a in chosen]
    d = decisions(chosen, lambda item: True)
    return {
        "all_right": boot.mean([a.item.video for a in chosen], right),
        "f1": boot.measure(d.clips, yes_no.counts(d.truth, d.predicted) if d.names else [], yes_no.f1),
    }


def _who(answered: Sequence[Answered], ruler: Ruler) -> Group:
    """Micro F1 over the names of everybody enrolled: somebody of another set who is claimed is a false positive too."""
    chosen = [a for a in answered if a.item.kind == "who"]
    sums, exact = [], []
    for one in chosen:
        true = {n for n, there in one.item.present.items() if there}
        predicted = {p["name"] for p in one.row["people"] if p["decision"] == "present" and not one.row["error"]}
        sums.append([len(predicted & true), len(predicted - true), len(true - predicted), 0])
        exact.append(predicted == true and not one.row["error"])
    clips = [a.item.video for a in chosen]
    return {"f1": ruler.boot.measure(clips, sums, yes_no.f1), "exact": ruler.boot.mean(clips, exact)}


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
    if ruler.bert_name:
        out[ruler.bert_name] = ruler.boot.mean(clips, [ruler.bert[p] for p in pairs])
    if ruler.cosine:
        out["sentence_cosine"] = ruler.boot.mean(clips, [ruler.cosine[p] for p in pairs])
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


def _spans(answered: Sequence[Answered], boot: Bootstrap) -> Group:
    """Of existence questions whose manifest gives spans of people who are there."""
    pairs = [
        (a, name)
        for a in answered
        if a.item.spans and a.item.type == "existence"
        for name in a.item.people
        if a.item.present[name] and name in a.item.spans
    ]
    values = [yes_no.tiou(a.person(n)["spans"], (a.item.spans or {})[n]) for a, n in pairs]
    clips = [a.item.video for a, _ in pairs]
    return {"tiou": boot.mean(clips, values), "r_at_0.5": boot.mean(clips, [v >= GOOD_SPAN for v in values])}


def _system(manifest: Manifest, answered: list[Answered], ruler: Ruler, judged: Row | None) -> Row:
    out: Row = {"overall": _plain(groups_of(answered, ruler))}
    if judged is not None and answered:
        judgements = judged["scores"].get(answered[0].row["system"], {})
        out["overall"][f"judge:{judged['name']}"] = _plain({"": judged_group(answered, judgements, ruler.boot)})[""]
    out["slices"] = {
        name: {place: _plain(groups_of(part, ruler)) for place, part in cut(answered, axis).items()}
        for name, axis in axes(manifest).items()
    }
    out["errors"] = _errors(answered)
    out["text_against_decision"] = _clashes(answered)
    out["unsure"] = sum(p["decision"] == "unsure" for a in answered for p in a.row["people"])
    return {**out, "confusion": _confusion(answered)}


def _confusion(answered: Sequence[Answered]) -> dict[str, dict[str, int]]:
    """{who is there: {who was said to be: questions}}, of single existence questions; "(nobody)": nobody known."""
    there: dict[str, set[str]] = {}
    for one in answered:
        there.setdefault(one.item.video, set()).update(n for n, yes in one.item.present.items() if yes)
    out: dict[str, Counter[str]] = {}
    d = decisions(answered, is_single)
    for one, name, truth, predicted in zip(d.answered, d.names, d.truth, d.predicted, strict=True):
        if predicted and not one.row["error"]:
            for real in [name] if truth else sorted(there[one.item.video]) or ["(nobody)"]:
                out.setdefault(real, Counter())[name] += 1
    return {real: dict(sorted(c.items())) for real, c in sorted(out.items())}


def _errors(answered: Sequence[Answered]) -> Row:
    failed = [a for a in answered if a.row["error"]]
    kinds = Counter(str(a.row["error"]).partition(":")[0] for a in failed)
    return {"n": len(failed), "kinds": dict(sorted(kinds.items())), "ids": [a.item.id for a in failed]}


def _clashes(answered: Sequence[Answered]) -> Row:
    """Answers whose text says the opposite of the decision."""
    wrong = []
    for one in answered:
        in_text = stances(one.text, one.item.people)
        pairs = [(in_text[n], one.person(n)["decision"]) for n in one.item.people]
        if not one.row["error"] and any({a, b} == {"present", "absent"} for a, b in pairs):
            wrong.append(one.item.id)
    return {"n": len(wrong), "ids": wrong}


def _ruler(manifest: Manifest, answered: dict[str, list[Answered]], options: EvalOptions, seed: int) -> Ruler:
    described = [a for rows in answered.values() for a in rows if has_reference(a.item)]
    pairs = sorted({(a.text, a.item.answer) for a in described})
    name, bert, cosine = "", {}, {}
    if options.bertscore != "none" and pairs:
        name, values = wording.bert_scores([a for a, _ in pairs], [r for _, r in pairs], options.bertscore)
        bert = dict(zip(pairs, (float(v) for v in values), strict=True))
    if options.bertscore == "minilm":  # the same network, which is there
        cosine = dict(zip(pairs, wording.sentence_cosines(pairs), strict=True))
    return Ruler(Bootstrap(options.resamples, seed), tuple(p.name for p in manifest.people), name, bert, cosine)


def _about(manifest: Manifest, clips: Sequence[Row]) -> Row:
    count = lambda key: dict(sorted(Counter(key(i) for i in manifest.items).items()))  # noqa: E731
    return {
        "name": manifest.name,
        "questions": len(manifest.items),
        "clips": len({i.video for i in manifest.items}),
        "people": len(manifest.people),
        "sets": count(lambda i: i.set),
        "types": count(lambda i: i.type),
        "kinds": count(lambda i: i.kind),
        "yes": _share_of_yes(manifest.items),
        "left_out": len(manifest.problems),
        "unreadable_clips": sum(bool(c.get("error")) for c in clips),
    }


def _share_of_yes(items: Sequence[Item]) -> float | None:
    truths = [i.present[n] for i in items if is_single(i) for n in i.people]
    return round(sum(truths) / len(truths), 4) if truths else None


def _signatures(ruler: Ruler) -> dict[str, str]:
    return {
        "bleu1": wording.bleu_signature(1),
        "bleu4": wording.bleu_signature(4),
        "bertscore": ruler.bert_name or "none",
    }


def _plain(groups: dict[str, Group]) -> dict[str, dict[str, Row]]:
    return {name: {key: m.to_dict() for key, m in group.items()} for name, group in groups.items()}
