"""What each step does: its result on disk, and what its manifest says of it.

One that was cut off goes on after the last sample that is whole on disk.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pvchat import video
from pvchat.augment import gates, profile
from pvchat.augment.augmentation import RESULTS, Augmentation, read_samples
from pvchat.augment.dataset import folder as dataset
from pvchat.augment.folders import write_media
from pvchat.augment.lines import read_lines, write_lines
from pvchat.augment.negatives import excerpts, search
from pvchat.augment.negatives.strangers import SubjectClip
from pvchat.augment.positives import plan
from pvchat.augment.positives.protocol import Generator
from pvchat.augment.questions import together
from pvchat.augment.questions.cast import Subject
from pvchat.augment.questions.rows import write_questions
from pvchat.augment.schemas import Sample
from pvchat.augment.settings import FPS
from pvchat.errors import VideoReadError
from pvchat.identity.presence import PresenceModel
from pvchat.storage.journal import Journal

Entry = dict[str, Any]  # one made sample: the sample, what it covers, why it failed
log = logging.getLogger(__name__)


def measure(run: Augmentation) -> dict[str, Any]:
    """Measure the subject, frame by frame."""
    found = profile.build(run.clip, run.name, run.chat, run.config, run.watch)
    profile.save(found, run.out / RESULTS["profile"])
    run.profile = found
    counts = {"frames": len(found), "seen": int(found.seen.sum()), "meshed": int(found.meshed.sum())}
    return {"name": run.name, "counts": counts, "dropped": {}}


def make_positives(run: Augmentation) -> dict[str, Any]:
    """Make the planned positives that aren't on disk yet."""
    makers = plan.generators(run.config)
    wanted = plan.plan_positives(run.profile, makers, run.config, run.seed)
    result, start = run.out / RESULTS["positives"], {"input": run.input_hash}
    journal = Journal(result.with_name(f"{result.name}.part"))
    if (rows := journal.read())[:1] != [start]:  # none, or of another input
        journal.replace(rows := [start])
    made = {row["id"]: row for row in rows[1:]}
    for planned in run.watch.over("making positives", wanted):
        if planned.id not in made:
            made[planned.id] = _make_one(run, planned, makers)
            journal.append([made[planned.id]])
    entries = [made[planned.id] for planned in wanted]
    write_lines(result, entries)
    journal.path.unlink()
    failed = Counter(e["failed"] for e in entries if e["failed"])
    counts = {"planned": len(wanted), "made": len(wanted) - sum(failed.values())}
    return {"counts": counts, "dropped": dict(failed)}


def find_negatives(run: Augmentation) -> dict[str, Any]:
    """Find clips of other people."""
    samples, dropped = [], {}
    if run.config.negatives:
        subject = SubjectClip.of(run.profile, run.chat, run.clip, run.config.track)
        found = search.find(subject, run.chat, run.config, run.seed, run.watch)
        dropped = dict(found.dropped)
        samples = excerpts.write(found, subject, run.out, run.analyses.chat, run.config, run.watch)
        if all(s.dropped for s in samples):
            log.warning("%s: nothing shows anybody else; give --others, or `pvchat doctor --fetch`", run.out)
    write_lines(run.out / RESULTS["negatives"], [asdict(s) for s in samples])
    recipes = Counter(s.recipe for s in samples)
    return {"counts": {"made": len(samples), **recipes}, "dropped": dropped}


def filter_samples(run: Augmentation) -> dict[str, Any]:
    """Measure every sample, drop what the gates refuse, put people together."""
    entries = [e for e in read_lines(run.out / RESULTS["positives"]) if not e["failed"]]
    others = [{"sample": row, "covers": []} for row in read_lines(run.out / RESULTS["negatives"])]
    model, own = run.chat.networks.presence, gates.own_sharpness(run.profile)
    samples = []
    for entry in run.watch.over("filtering", [*entries, *others]):
        sample = Sample(**entry["sample"])
        if sample.role == "positive" or not sample.dropped:
            _pass_gates(run, sample, frozenset(entry["covers"]), model, own)
        samples.append(sample)
    groups = together.add([s for s in samples if not s.dropped], run)
    write_lines(run.out / RESULTS["filter"], [asdict(s) for s in [*samples, *groups]])
    kept = [s for s in samples if not s.dropped]
    return {
        "counts": {
            "kept": len(kept),
            **{role: sum(s.role == role for s in kept) for role in ("positive", "negative")},
            "clips": sum(s.stage == "video" for s in kept),
            "stills": sum(s.stage == "image" for s in kept),
            "groups": sum(not s.dropped for s in groups),
        },
        "dropped": dict(sorted(Counter(s.dropped for s in samples if s.dropped).items())),
    }


def write_dataset(run: Augmentation) -> dict[str, Any]:
    """Ask about the kept samples, and put samples and rows together, with a card and checksums."""
    samples = [s for s in read_samples(run.out) if not s.dropped]
    subject = run.profile
    about = Subject(run.name, subject.person, subject.facts)
    rows = write_questions(samples, about, run.analyses, seed=run.seed, watch=run.watch)
    dataset.write(run.out, samples, rows)
    kinds, types = Counter(r.kind for r in rows), Counter(r.type for r in rows)
    size = sum((run.out / s.media).stat().st_size for s in samples)
    counts = {"samples": len(samples), "rows": len(rows), **types, **kinds, "media_bytes": size}
    return {"counts": counts, "dropped": {}}


def _make_one(run: Augmentation, sample: Sample, makers: list[Generator]) -> Entry:
    try:
        made = plan.make_planned(sample, run.profile, makers, run.config)
    except ValueError as error:  # the segment lacks what the recipe needs
        return {"id": sample.id, "failed": str(error), "sample": None, "covers": []}
    sample.notes = made.notes
    write_media(run.out / sample.media, made.images, FPS)
    return {"id": sample.id, "failed": "", "sample": asdict(sample), "covers": sorted(made.covers)}


def _pass_gates(run: Augmentation, sample: Sample, covers: frozenset[str], model: PresenceModel, own: float) -> None:
    """Measure a sample, note what refuses it, and put it where it belongs."""
    try:
        analysis, images = run.analyses(sample), None
        if sample.role == "positive":  # whose quality is measured on the pictures that the experts saw
            images = video.load(run.analyses.path(sample), run.analyses.chat.settings.video).images
    except VideoReadError:
        sample.dropped = "unreadable"
        return
    values = gates.measure(images, analysis, run.profile, model, run.chat.networks.experts.mesh)
    sample.gates |= values
    if sample.role == "positive":
        sample.dropped = gates.refuse(values, run.profile, covers, own)
    else:
        sample.dropped = gates.refuse_negative(values)
    # Dropped media leave `media/` for `dropped/`; what passes now comes back
    kept, dropped = run.out / sample.media, run.out / "dropped" / Path(sample.media).name
    if sample.dropped and kept.exists():
        dropped.parent.mkdir(exist_ok=True)
        kept.replace(dropped)
    elif not sample.dropped and not kept.exists() and dropped.exists():
        dropped.replace(kept)
