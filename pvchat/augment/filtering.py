"""The step that measures samples: gates, dropped ones put away, strangers named and put beside the subject.

In: an `Augmentation` with positives and negatives. Out: `samples.jsonl`, and what its manifest says of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.augment import gates
from pvchat.augment.augmentation import RESULTS, Augmentation
from pvchat.augment.journal import read_lines, write_lines
from pvchat.augment.questions import together
from pvchat.augment.schemas import Sample
from pvchat.errors import VideoReadError

if TYPE_CHECKING:
    from pvchat.identity.presence import PresenceModel


def filter_samples(run: Augmentation, made: str) -> dict[str, Any]:
    """Measure every sample, drop what the gates refuse, put people together."""
    entries = [e for e in read_lines(run.out / RESULTS["positives"]) if not e["failed"]]
    others = [{"sample": row, "covers": []} for row in read_lines(run.out / RESULTS["negatives"])]
    model, own = run.chat.presence_model, gates.own_sharpness(run.profile)
    samples = []
    for done, entry in enumerate([*entries, *others]):
        run.check()
        run.watch.tell("filtering", done, len(entries) + len(others))
        sample = Sample(**entry["sample"])
        if sample.role == "positive" or not sample.dropped:
            _pass_gates(run, sample, frozenset(entry["covers"]), model, own)
        samples.append(sample)
    run.watch.tell("filtering", len(samples), len(samples))
    groups = _together(run, samples)
    write_lines(run.out / RESULTS["filter"], [s.to_dict() for s in [*samples, *groups]])
    found = gates.statistics(samples)
    hard = sum(s.recipe in ("lookalike", "same-clip") for s in samples if s.role == "negative" and not s.dropped)
    negatives = sum(s.role == "negative" and not s.dropped for s in samples)
    return {
        "counts": {
            "kept": found["kept"],
            "positive": found["kept"] - negatives,
            "negative": negatives,
            "clips": sum(s.stage == "video" and not s.dropped for s in samples),
            "stills": sum(s.stage == "image" and not s.dropped for s in samples),
            "groups": sum(not s.dropped for s in groups),
        },
        "dropped": found["reasons"],
        "by_recipe": found["by_recipe"],
        "quartiles": found["quartiles"],
        "lookalike_share": round(hard / negatives, 3) if negatives else None,
    }


def _together(run: Augmentation, samples: list[Sample]) -> list[Sample]:
    """Clips of several people side by side; `samples` learn who else is in them."""
    kept = [s for s in samples if not s.dropped]
    taken = tuple(run.chat.people.names())
    return together.add(kept, together.Gathering(run.profile.person, run.analyses, run.out, run.seed, taken), run.watch)


def _pass_gates(run: Augmentation, sample: Sample, covers: frozenset[str], model: PresenceModel, own: float) -> None:
    """Measure a sample, note what refuses it, and put it where it belongs."""
    try:
        analysis = run.analyses(sample)
        images = run.frames(sample) if sample.role == "positive" else None  # only quality is measured on pictures
    except VideoReadError:
        sample.dropped = "unreadable"
        return
    mesh = run.chat.experts.mesh if run.profile.person.kind == "face" else None
    if sample.role == "negative":
        values = gates.measure(images, analysis, run.profile, covers, model, None)
        sample.dropped = gates.refuse_negative(values)
        sample.gates |= values
    else:
        sample.gates = gates.measure(images, analysis, run.profile, covers, model, mesh)
        sample.dropped = gates.refuse(sample.gates, run.profile, covers, own)
    _put_away(run.out, sample)


def _put_away(out: Path, sample: Sample) -> None:
    """Dropped media leave `media/` for `dropped/`; what passes now comes back."""
    kept, dropped = out / sample.media, out / "dropped" / Path(sample.media).name
    if sample.dropped and kept.exists():
        dropped.parent.mkdir(exist_ok=True)
        kept.replace(dropped)
    elif not sample.dropped and not kept.exists() and dropped.exists():
        dropped.replace(kept)
