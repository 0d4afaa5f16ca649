"""metrics.json: every measure of every system, with its count and interval, in all and by slice.

In: the manifest, ordered rows, conditions of the clips, perhaps what a judge said. Out: plain JSON that depends on
nothing but these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from pvchat.eval.groups import Group, Ruler, groups_of, judged_group
from pvchat.eval.manifest import Item, Manifest
from pvchat.eval.metrics import decisions as yes_no
from pvchat.eval.metrics import wording
from pvchat.eval.metrics.bootstrap import Bootstrap
from pvchat.eval.options import EvalOptions
from pvchat.eval.slices import axes, cut
from pvchat.eval.stance import stances
from pvchat.eval.table import Answered, decisions, has_reference, is_single, joined

Row = dict[str, Any]


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


def _system(manifest: Manifest, answered: list[Answered], ruler: Ruler, judged: Row | None) -> Row:
    out: Row = {"overall": _plain(groups_of(answered, ruler))}
    if judged is not None and answered:
        said = judged["scores"].get(answered[0].row["system"], {})
        out["overall"][f"judge:{judged['name']}"] = _plain({"": judged_group(answered, said, ruler.boot)})[""]
    out["slices"] = {
        name: {place: _plain(groups_of(part, ruler)) for place, part in cut(answered, axis).items()}
        for name, axis in axes(manifest).items()
    }
    out["errors"] = _errors(answered)
    out["text_against_decision"] = _clashes(answered)
    out["unsure"] = sum(p["decision"] == "unsure" for a in answered for p in a.row["people"])
    return {**out, **_curves(answered), "confusion": _confusion(answered), "routing": _routing(answered)}


def _curves(answered: Sequence[Answered]) -> Row:
    d = decisions(answered, is_single)
    curve = yes_no.risk_coverage(d.truth, d.said, d.chance)
    area = yes_no.area_under_risk(curve)
    return {"reliability": yes_no.reliability(d.truth, d.chance), "risk_coverage": curve, "risk_area": area}


def _confusion(answered: Sequence[Answered]) -> dict[str, dict[str, int]]:
    """{who is there: {who was said to be: questions}}, of single existence questions; "(nobody)": nobody known."""
    there: dict[str, set[str]] = {}
    for one in answered:
        there.setdefault(one.item.video, set()).update(n for n, yes in one.item.present.items() if yes)
    out: dict[str, Counter[str]] = {}
    d = decisions(answered, is_single)
    for one, name, truth, said in zip(d.answered, d.names, d.truth, d.said, strict=True):
        if said and not one.row["error"]:
            for real in [name] if truth else sorted(there[one.item.video]) or ["(nobody)"]:
                out.setdefault(real, Counter())[name] += 1
    return {real: dict(sorted(c.items())) for real, c in sorted(out.items())}


def _routing(answered: Sequence[Answered]) -> dict[str, dict[str, list[float]]]:
    """Mean use of each routed head by question type and module, where a system tells."""
    seen: dict[str, dict[str, list[list[float]]]] = {}
    for one in answered:
        for module, shares in (one.row.get("notes") or {}).get("routing", {}).items():
            seen.setdefault(one.item.type, {}).setdefault(module, []).append(shares)
    return {
        kind: {module: [round(float(v), 4) for v in np.mean(rows, 0)] for module, rows in sorted(modules.items())}
        for kind, modules in sorted(seen.items())
    }


def _errors(answered: Sequence[Answered]) -> Row:
    failed = [a for a in answered if a.row["error"]]
    kinds = Counter(str(a.row["error"]).partition(":")[0] for a in failed)
    return {"n": len(failed), "kinds": dict(sorted(kinds.items())), "ids": [a.item.id for a in failed]}


def _clashes(answered: Sequence[Answered]) -> Row:
    """Answers whose text says the opposite of the decision."""
    wrong = []
    for one in answered:
        said = stances(one.text, one.item.people)
        pairs = [(said[n], one.person(n)["decision"]) for n in one.item.people]
        if not one.row["error"] and any({a, b} == {"present", "absent"} for a, b in pairs):
            wrong.append(one.item.id)
    return {"n": len(wrong), "ids": wrong}


def _ruler(manifest: Manifest, answered: dict[str, list[Answered]], options: EvalOptions, seed: int) -> Ruler:
    told = [a for rows in answered.values() for a in rows if has_reference(a.item)]
    pairs = sorted({(a.text, a.item.answer) for a in told})
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
