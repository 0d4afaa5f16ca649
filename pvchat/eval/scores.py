"""The measures in metrics.json: for every system, over all questions and by slice, with counts and intervals.

An answer with an error counts as wrong, never as a right "no", and its probability as one half. A person whom a system
doesn't mention counts as absent with probability 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.eval.manifest import Item, Manifest, part_of
from pvchat.eval.metrics import decisions as yes_no
from pvchat.eval.metrics import rubric, wording
from pvchat.eval.metrics.bootstrap import Bootstrap, Measure

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
class Answered:
    """A question with the answer of one system."""

    item: Item
    row: Row

    @property
    def text(self) -> str:
        """The answer; empty after an error."""
        return "" if self.row["error"] else str(self.row["answer"])

    def person(self, name: str) -> Row:
        """What was said about one person."""
        found = next((p for p in self.row["people"] if p["name"] == name), None)
        return found or {"name": name, "decision": "absent", "probability": 0.0, "spans": []}

    @property
    def right(self) -> bool:
        """Whether it was answered with the right decision about everybody asked about."""
        present = {n: self.person(n)["decision"] == "present" for n in self.item.people}
        return not self.row["error"] and all(present[n] == self.item.present[n] for n in self.item.people)

    @property
    def is_description(self) -> bool:
        """Whether the question asks to describe one person who is there (looks, deeds or place)."""
        item = self.item
        return item.kind == "single" and item.type != "existence" and all(item.present.values())


@dataclass(frozen=True)
class Scorer:
    """What all measures need: resampling, names, BERTScores and sentence cosines by (answer, reference)."""

    boot: Bootstrap
    enrolled: tuple[str, ...]
    bert: dict[tuple[str, str], float]
    cosine: dict[tuple[str, str], float]

    def mean(self, answered: Sequence[Answered], values: Iterable[Any]) -> Measure:
        """The mean of one value for each answer."""
        return self.boot.mean([a.item.video for a in answered], list(values))


def answers_by_system(rows: Iterable[Row], items: Mapping[str, Item]) -> dict[str, list[Answered]]:
    """Rows with their questions, by system."""
    found: dict[str, list[Answered]] = {}
    for row in rows:
        if row["id"] in items:
            found.setdefault(row["system"], []).append(Answered(items[row["id"]], row))
    return found


def measure(manifest: Manifest, rows: Sequence[Row], boot: Bootstrap, bertscore: bool) -> dict[str, Any]:
    """All measures of decided predictions; `bertscore`: BERTScore and sentence cosines, too, which need a network."""
    answered = answers_by_system(rows, {i.id: i for i in manifest.items})
    described = [a for some in answered.values() for a in some if _has_reference(a.item)]
    pairs = sorted({(a.text, a.item.answer) for a in described}) if bertscore else []
    bert = dict(zip(pairs, wording.bert_scores(pairs), strict=True))
    cosine = dict(zip(pairs, wording.sentence_cosines(pairs), strict=True))  # by the same network
    names = tuple(p.name for p in manifest.people)
    scorer = Scorer(boot, names, bert, cosine)
    truths = [i.present[n] for i in manifest.items if _is_single(i) for n in i.people]
    about = {
        "name": manifest.name, "questions": len(manifest.items), "clips": len({i.video for i in manifest.items}),
        "people": len(manifest.people), "yes": round(sum(truths) / len(truths), 4) if truths else None,
        "left_out": len(manifest.problems),
    }  # fmt: skip
    return {
        "set": about,
        "bootstrap": {"resamples": boot.resamples, "seed": boot.seed, "unit": "clip", "level": 0.95},
        "signatures": {f"bleu{order}": wording.bleu_signature(order) for order in (1, 4)},
        "systems": {name: _system(answered[name], scorer) for name in answered},
    }


def _groups(answered: Sequence[Answered], scorer: Scorer) -> dict[str, dict[str, Row]]:
    """Measures of some answers by group; groups without any are left out.

    Refusals go by the answer's text: absent people should be refused, present ones described.
    """
    several = [a for a in answered if a.item.kind in ("pair", "triple")]
    gone, here = [a for a in answered if a.item.kind == "refusal"], [a for a in answered if a.is_description]
    described = [a for a in answered if a.item.type != "existence"]
    named = (rubric.entity_specificity(a.item, a.text, scorer.enrolled) for a in answered)
    complete = (rubric.descriptive_completeness(a.item, a.text) for a in described)
    found = {
        "existence": _existence(answered, scorer.boot),
        "pairs": {"all_right": scorer.mean(several, (a.right for a in several))},
        "who": _who(answered, scorer),
        "refusals": {
            "refused_absent": scorer.mean(gone, (rubric.refused(a.item, a.text) for a in gone)),
            "refused_present": scorer.mean(here, (rubric.refused(a.item, a.text) for a in here)),
        },
        "wording": _wording(answered, scorer),
        "rules": {
            "entity_specificity_rules": scorer.mean(answered, named),
            "descriptive_completeness_rules": scorer.mean(described, complete),
        },
    }
    kept = {name: group for name, group in found.items() if any(m.n for m in group.values())}
    return {name: {key: asdict(m) for key, m in group.items()} for name, group in kept.items()}


def _existence(answered: Sequence[Answered], boot: Bootstrap) -> Group:
    """Measures of yes-or-no questions about one person."""
    pairs = [(a, name) for a in answered if _is_single(a.item) for name in a.item.people]
    clips = [a.item.video for a, _ in pairs]
    truth: NDArray[np.bool_] = np.array([a.item.present[n] for a, n in pairs], bool)
    failed = np.array([bool(a.row["error"]) for a, _ in pairs], bool)
    people = [a.person(n) for a, n in pairs]
    predicted = np.where(failed, ~truth, np.array([p["decision"] == "present" for p in people], bool)).astype(bool)
    chance = np.where(failed, 0.5, np.array([p["probability"] for p in people], float))
    return {
        **yes_no.existence(boot, clips, truth, predicted, chance),
        "ece": yes_no.calibration_error(boot, clips, truth, chance),
    }


def _who(answered: Sequence[Answered], scorer: Scorer) -> Group:
    """Micro F1 over the names of everybody enrolled, so that people of other sets count as false positives, too."""
    chosen = [a for a in answered if a.item.kind == "who"]
    sums = []
    for one in chosen:
        true = {n for n, there in one.item.present.items() if there}
        predicted = {p["name"] for p in one.row["people"] if p["decision"] == "present" and not one.row["error"]}
        sums.append([len(predicted & true), len(predicted - true), len(true - predicted), 0])
    return {"f1": scorer.boot.measure([a.item.video for a in chosen], sums, yes_no.f1)}


def _wording(answered: Sequence[Answered], scorer: Scorer) -> Group:
    described = [a for a in answered if _has_reference(a.item)]
    clips = [a.item.video for a in described]
    answers, references = [a.text for a in described], [a.item.answer for a in described]
    pairs = list(zip(answers, references, strict=True))
    out = {
        "bleu1": wording.bleu(scorer.boot, clips, answers, references, 1),
        "bleu4": wording.bleu(scorer.boot, clips, answers, references, 4),
        "rouge_l": scorer.mean(described, wording.rouge_l(answers, references)),
        "content_f1": scorer.mean(described, (wording.content_f1(a, r) for a, r in pairs)),
    }
    for name, found in (("bertscore", scorer.bert), ("sentence_cosine", scorer.cosine)):
        if found:
            out[name] = scorer.mean(described, (found[p] for p in pairs))
    return out


def _system(answered: list[Answered], scorer: Scorer) -> Row:
    """Measures over all answers of a system, and by the value of each axis; those without a value are left out."""
    axes = AXES | (PARTS if any(part_of(a.item) == "hard" for a in answered) else {})
    slices = {}
    for name, axis in axes.items():
        values = sorted({place for a in answered if (place := axis(a.item)) is not None})
        slices[name] = {place: _groups([a for a in answered if axis(a.item) == place], scorer) for place in values}
    failed = [a for a in answered if a.row["error"]]
    kinds = Counter(str(a.row["error"]).partition(":")[0] for a in failed)
    errors = {"n": len(failed), "kinds": dict(sorted(kinds.items())), "ids": [a.item.id for a in failed]}
    return {"overall": _groups(answered, scorer), "slices": slices, "errors": errors}


def _is_single(item: Item) -> bool:
    """A yes/no question about one person."""
    return item.kind == "single" and item.type == "existence"


def _has_reference(item: Item) -> bool:
    """A question about somebody who is there whose reference is more than yes or no."""
    content = item.type != "existence" or len(item.answer.split()) > 2
    return item.kind in ("single", "relative") and content and all(item.present[n] for n in item.people)
