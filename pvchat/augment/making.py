"""The steps that make samples: the subject measured, positives made, negatives found.

In: an `Augmentation`. Out: a step's result on disk, and what its manifest says of it. A step that was cut off goes on
after the last sample that is whole on disk.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pvchat.augment import media, profile
from pvchat.augment.augmentation import RESULTS, Augmentation
from pvchat.augment.journal import Journal, write_lines
from pvchat.augment.negatives import search as negatives
from pvchat.augment.positives import empty, registry
from pvchat.augment.positives.plan import PlannedSample, plan, to_sample
from pvchat.augment.positives.protocol import Generator, Take
from pvchat.augment.schemas import Sample

Entry = dict[str, Any]  # one made sample: the sample, what it covers, why it failed


def measure(run: Augmentation, made: str) -> dict[str, Any]:
    """Measure the subject, frame by frame."""
    found = profile.build(run.clip, run.name, run.chat, run.config, run.watch.tell)
    profile.save(found, run.out / RESULTS["profile"])
    run.keep(found)
    return {
        "clip": run.clip.name,
        "name": run.name,
        "kind": found.person.kind,
        "has": sorted(found.has),
        "counts": {"frames": len(found), "seen": int(found.seen.sum()), "meshed": int(found.meshed.sum())},
        "segments": {split: list(span) for split, span in found.spans.items()},
        "dropped": {},
    }


def make_positives(run: Augmentation, made: str) -> dict[str, Any]:
    """Make the planned positives that aren't on disk yet."""
    drivers = []
    if run.config.drivers is not None:
        from pvchat.augment.positives.reenact import measure_drivers

        drivers = measure_drivers(run.config.drivers, run.chat)
    makers = registry.generators(run.config, drivers)
    wanted = plan(run.profile, makers, run.config, run.seed)
    with Journal(run.out / RESULTS["positives"], made) as journal:
        for done, planned in enumerate(wanted):
            run.check()
            run.watch.tell("making positives", done, len(wanted))
            if planned.id not in journal.entries:
                journal.add(planned.id, _make_one(run, planned, makers))
        entries = journal.finish([p.id for p in wanted])
    run.watch.tell("making positives", len(wanted), len(wanted))
    failed = Counter(e["failed"] for e in entries if e["failed"])
    lacking = sorted({m.name for m in makers if not m.needs <= run.profile.has})
    return {
        "counts": {"planned": len(wanted), "made": len(wanted) - sum(failed.values())},
        "dropped": dict(failed),
        "lacking": lacking,
    }


def _make_one(run: Augmentation, planned: PlannedSample, makers: list[Generator]) -> Entry:
    try:
        made = registry.make(planned, run.profile, makers, run.config)
    except ValueError as error:  # the segment lacks what the recipe needs
        return {"id": planned.id, "recipe": planned.recipe, "failed": str(error), "sample": None, "covers": []}
    sample = to_sample(planned, made, run.profile)
    media.write(run.out / sample.media, made.images, run.config.fps)
    return {"id": planned.id, "failed": "", "sample": sample.to_dict(), "covers": sorted(made.covers)}


def find_negatives(run: Augmentation, made: str) -> dict[str, Any]:
    """Find clips of other people; where there are too few, empty the subject's own scenes."""
    short = run.config.negatives
    subject = negatives.Subject.of(run.profile, run.chat, run.clip, run.config.track)
    config = negatives.NegativesConfig(
        count=run.config.negatives, seconds=run.config.seconds, stills=run.config.negatives // 3, seed=run.seed
    )
    samples, dropped = [], {}
    if run.config.negatives:
        found = negatives.find(subject, run.chat, run.config.index, run.config.others, config, run.watch)
        run.check()
        dropped = dict(found.dropped)
        samples = negatives.write(found, subject, run.out, run.analyses.chat, config, run.watch)
        run.check()  # a cut-off list is no result
        short -= sum(s.stage == "video" and not s.dropped for s in samples)
    samples += _empty_scenes(run, max(0, short))
    write_lines(run.out / RESULTS["negatives"], [s.to_dict() for s in samples])
    recipes = Counter(s.recipe for s in samples)
    return {"counts": {"made": len(samples), **recipes}, "dropped": dropped}


def _empty_scenes(run: Augmentation, count: int) -> list[Sample]:
    """Where too few others were found: the subject's scenes without the subject."""
    samples = []
    for done, planned in enumerate(empty.plan(run.profile, count, run.seed)):
        run.check()
        run.watch.tell("emptying scenes", done, count)
        frames = 1 if planned.stage == "image" else max(2, round(run.config.seconds * run.config.fps))
        made = empty.make(planned, run.profile, Take(frames, run.config.fps))
        samples.append(empty.sample_of(planned, made, run.profile))
        media.write(run.out / samples[-1].media, made.images, run.config.fps)
    return samples
