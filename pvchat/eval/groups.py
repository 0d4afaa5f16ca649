"""The measures of one slice, by group: who is there, several people, refusals, wording, rules, spans.

In: answered questions and a `Ruler`. Out: {group: {measure: `Measure`}}; `scores.py` asks for all and for every slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pvchat.eval.metrics import decisions as yes_no
from pvchat.eval.metrics import rubric, spans, wording
from pvchat.eval.metrics.bootstrap import Bootstrap, Measure
from pvchat.eval.table import Answered, decisions, has_reference, is_single

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


def _existence(answered: Sequence[Answered], boot: Bootstrap) -> Group:
    d = decisions(answered, is_single)
    return {
        **yes_no.existence(boot, d.clips, d.truth, d.said, d.chance),
        "ece": yes_no.calibration_error(boot, d.clips, d.truth, d.chance),
        "brier": yes_no.brier(boot, d.clips, d.truth, d.chance),
        **yes_no.selective(boot, d.clips, d.truth, d.said, d.unsure),
    }


def _several(answered: Sequence[Answered], boot: Bootstrap, kinds: Sequence[str]) -> Group:
    asked = [a for a in answered if a.item.kind in kinds]
    right = [_all_right(a) for a in asked]
    d = decisions(asked, lambda item: True)
    return {
        "all_right": boot.mean([a.item.video for a in asked], right),
        "f1": boot.measure(d.clips, yes_no.counts(d.truth, d.said) if d.names else [], yes_no.f1),
    }


def _all_right(one: Answered) -> bool:
    truth = one.item.present
    return not one.row["error"] and all((one.person(n)["decision"] == "present") == truth[n] for n in one.item.people)


def _who(answered: Sequence[Answered], ruler: Ruler) -> Group:
    """Micro F1 over the names of everybody enrolled: somebody of another set who is claimed is a false positive too."""
    asked = [a for a in answered if a.item.kind == "who"]
    sums, exact = [], []
    for one in asked:
        true = {n for n, there in one.item.present.items() if there}
        said = {p["name"] for p in one.row["people"] if p["decision"] == "present" and not one.row["error"]}
        sums.append([len(said & true), len(said - true), len(true - said), 0])
        exact.append(said == true and not one.row["error"])
    clips = [a.item.video for a in asked]
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
    told = [a for a in answered if has_reference(a.item)]
    clips, answers, references = [a.item.video for a in told], [a.text for a in told], [a.item.answer for a in told]
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
    told = [a for a in answered if a.item.type != "existence"]
    complete = [rubric.descriptive_completeness(a.item, a.text) for a in told]
    return {
        "entity_specificity_rules": ruler.boot.mean(clips, named),
        "descriptive_completeness_rules": ruler.boot.mean([a.item.video for a in told], complete),
    }


def judged_group(answered: Sequence[Answered], said: Row, boot: Bootstrap) -> Group:
    """What a judge said of one system's answers: {id: {"es", "dc"}}."""
    out = {}
    for key, name in (("es", "entity_specificity"), ("dc", "descriptive_completeness")):
        scored = [
            (a.item.video, said[a.item.id][key]) for a in answered if said.get(a.item.id, {}).get(key) is not None
        ]
        out[name] = boot.mean([clip for clip, _ in scored], [float(v) for _, v in scored])
    return out


def _spans(answered: Sequence[Answered], boot: Bootstrap) -> Group:
    """Of existence questions whose manifest gives spans of people who are there."""
    pairs = [
        (a, name)
        for a in answered
        if a.item.spans and a.item.type == "existence"
        for name in a.item.people
        if a.item.present[name] and name in a.item.spans
    ]
    values = [spans.tiou(a.person(n)["spans"], (a.item.spans or {})[n]) for a, n in pairs]
    clips = [a.item.video for a, _ in pairs]
    return {"tiou": boot.mean(clips, values), "r_at_0.5": boot.mean(clips, [v >= GOOD_SPAN for v in values])}
