"""The steps of augmentation, each resumable: profile → positives → negatives → filter → questions → dataset.

In: one clip, a name, a folder. Out: the folder with a data set in it. Every step writes its result and then, last, its
manifest `<step>.json` (hash of its input and of its result, seed, counts, what was dropped and why, seconds). A step
whose manifest fits its input is skipped; a step that was cut off goes on after the last sample that is whole on disk
(`journal.py`). The analyses of the samples lie in `analyses/`, so that gates, questions and training share them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.augment import folders, gates, profile
from pvchat.augment.analyses import Analyses
from pvchat.augment.journal import Journal, file_hash, read_lines, read_manifest, write_lines, write_manifest
from pvchat.augment.positives import empty
from pvchat.augment.positives import protocol as positives
from pvchat.augment.profile import Profile
from pvchat.augment.questions import teacher
from pvchat.augment.schemas import STEPS, Sample
from pvchat.augment.settings import AugmentConfig
from pvchat.errors import PVChatError, VideoReadError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pvchat.augment.questions.teacher import Teacher
    from pvchat.identity.presence import PresenceModel
    from pvchat.service import PVChat

log = logging.getLogger(__name__)

VERSION = 1  # of what the steps make: manifests of another version are made anew
RESULTS = {
    "profile": "profile.safetensors", "positives": "positives.jsonl", "negatives": "negatives.jsonl",
    "filter": "samples.jsonl", "questions": "questions.jsonl", "dataset": "dataset.jsonl",
}  # fmt: skip
_FROM: dict[str, tuple[str, ...]] = {
    "profile": (), "positives": ("profile",), "negatives": ("profile",), "filter": ("positives", "negatives"),
    "questions": ("filter",), "dataset": ("filter", "questions"),
}  # fmt: skip
_SETTINGS: dict[str, tuple[str, ...]] = {
    "profile": ("track", "fps"),
    "positives": ("clips", "stills", "seconds", "fps", "others", "backgrounds", "drivers", "generators", "model"),
    "negatives": ("negatives", "seconds", "index", "others"),
    "filter": ("frames",),
    "questions": (),
    "dataset": (),
}

Progress = Callable[[str, float, float], None]
Entry = dict[str, Any]  # one made sample: the sample, what it covers, why it failed


class StoppedError(PVChatError):
    """The caller asked to stop; what is finished stays and is used next time."""


@dataclass
class Run:
    """One augmentation on its way.

    Attributes:
        clip, name, out, chat, config: as in `augment`.
        seed: of everything that is drawn.
        progress: told what is done.
        stop: when set, `StoppedError` is raised between two samples.
    """

    clip: Path
    name: str
    out: Path
    chat: PVChat
    config: AugmentConfig
    seed: int
    progress: Progress
    stop: threading.Event | None = None
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def profile(self) -> Profile:
        return profile.load_or_build(self.out / RESULTS["profile"], self.clip, self.name, self.chat, self.config)

    @cached_property
    def analyses(self) -> Analyses:
        return Analyses(self.out, self.chat, self.config)

    @cached_property
    def teacher(self) -> Teacher:
        return teacher.choose(self.config.teacher, self.chat, self.frames)

    def frames(self, sample: Sample) -> NDArray[np.uint8]:
        """A sample's frames [T, H, W, 3] that the experts saw."""
        from pvchat import video

        return video.load(self.analyses.path(sample), self.analyses.chat.settings.video).images

    def check_stop(self) -> None:
        if self.stop is not None and self.stop.is_set():
            raise StoppedError(
                "augmentation was stopped.", subject=str(self.out), hint="The same call goes on from here."
            )


def augment(
    clip: str | Path,
    name: str,
    out: str | Path,
    chat: PVChat,
    *,
    config: AugmentConfig | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Path:
    """Make a data set about the subject of one clip.

    Args:
        clip: a video, an animation or a photo.
        name: the subject's, as questions say it.
        out: folder; created. One that an earlier call left is gone on with.
        chat: runs the experts.
        config: how much of what.
        seed: of everything that is drawn; None takes the chat's.
        progress: called with what is being done, how much of it is done, and how much there is.
        stop: set it to stop between two samples.

    Returns:
        `out`.

    Raises:
        VideoReadError, SubjectError: the clip can't be used.
        SettingsError: a generator or folder that isn't there.
        StoppedError: `stop` was set.
    """
    config, out = config or AugmentConfig(), Path(out)
    folders.check(config)
    (out / "media").mkdir(parents=True, exist_ok=True)
    seed = chat.settings.seed if seed is None else seed
    run = Run(Path(clip), name, out, chat, config, seed, progress or (lambda what, done, total: None), stop)
    for number, step in enumerate(STEPS):
        run.check_stop()
        run.progress("augmentation", number, len(STEPS))
        _step(run, step)
    run.progress("augmentation", len(STEPS), len(STEPS))
    return out


def summary(out: str | Path) -> dict[str, Any]:
    """Manifests of all steps of a folder, by step."""
    found = {step: read_manifest(Path(out) / f"{step}.json") for step in STEPS}
    return {step: manifest for step, manifest in found.items() if manifest is not None}


def read_samples(out: str | Path) -> list[Sample]:
    """All samples of a folder that went through the gates, dropped ones among them."""
    return [Sample(**row) for row in read_lines(Path(out) / RESULTS["filter"])]


def _step(run: Run, step: str) -> None:
    """Run one step unless its manifest fits its input."""
    made = _input_hash(run, step)
    path, result = run.out / f"{step}.json", run.out / RESULTS[step]
    known = read_manifest(path)
    if known is not None and known["input"] == made and result.exists() and file_hash(result) == known["result"]:
        run.manifests[step] = known
        return
    path.unlink(missing_ok=True)
    started, busy = time.perf_counter(), time.process_time()
    counts = _DO[step](run, made)
    seconds, cpu_seconds = round(time.perf_counter() - started, 2), round(time.process_time() - busy, 2)
    run.manifests[step] = {
        "step": step, "version": VERSION, "input": made, "result": file_hash(result), "seed": run.seed,
        "seconds": seconds, "cpu_seconds": cpu_seconds, **counts,
    }  # fmt: skip
    write_manifest(path, run.manifests[step])


def _input_hash(run: Run, step: str) -> str:
    from pvchat import video

    settings = {k: v for k, v in run.config.to_dict().items() if k in _SETTINGS[step]}
    listed = {k: folders.listing(v) for k in _SETTINGS[step] if (v := getattr(run.config, k)) and k in folders.FOLDERS}
    before = [run.manifests[s]["result"] for s in _FROM[step]]
    told = [VERSION, step, settings, listed, before, run.seed, run.name]
    if not before:
        told.append(video.content_key(run.clip))
    if step == "questions" and run.teacher.version:
        told.append(run.teacher.version)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _profile(run: Run, made: str) -> dict[str, Any]:
    found = profile.build(run.clip, run.name, run.chat, run.config, run.progress)
    profile.save(found, run.out / RESULTS["profile"])
    run.__dict__["profile"] = found  # what `Run.profile` would read back
    return {
        "clip": run.clip.name,
        "kind": found.person.kind,
        "has": sorted(found.has),
        "counts": {"frames": len(found), "seen": int(found.seen.sum()), "meshed": int(found.meshed.sum())},
        "segments": {split: list(span) for split, span in found.spans.items()},
        "dropped": {},
    }


def _positives(run: Run, made: str) -> dict[str, Any]:
    drivers = []
    if run.config.drivers is not None:
        from pvchat.augment.positives.reenact import measure_drivers

        drivers = measure_drivers(run.config.drivers, run.chat)
    makers = positives.generators(run.config, drivers)
    orders = positives.plan(run.profile, makers, run.config, run.seed)
    with Journal(run.out / RESULTS["positives"], made) as journal:
        for done, order in enumerate(orders):
            run.check_stop()
            run.progress("making positives", done, len(orders))
            if order.id not in journal.entries:
                journal.add(order.id, _make_one(run, order, makers))
        entries = journal.finish([o.id for o in orders])
    run.progress("making positives", len(orders), len(orders))
    failed = Counter(e["failed"] for e in entries if e["failed"])
    lacking = sorted({m.name for m in makers if not m.needs <= run.profile.has})
    return {
        "counts": {"planned": len(orders), "made": len(orders) - sum(failed.values())},
        "dropped": dict(failed),
        "lacking": lacking,
    }


def _make_one(run: Run, order: positives.Order, makers: list[positives.Generator]) -> Entry:
    from pvchat.augment.dataset.media import write

    try:
        made = positives.make(order, run.profile, makers, run.config)
    except ValueError as error:  # the segment lacks what the recipe needs
        return {"id": order.id, "recipe": order.recipe, "failed": str(error), "sample": None, "covers": []}
    sample = positives.to_sample(order, made, run.profile)
    write(run.out / sample.media, made.images, run.config.fps)
    return {"id": order.id, "failed": "", "sample": sample.to_dict(), "covers": sorted(made.covers)}


def _negatives(run: Run, made: str) -> dict[str, Any]:
    from pvchat.augment.negatives import search as negatives

    short = run.config.negatives
    subject = negatives.Subject.of(run.profile, run.chat, run.clip, run.config.track)
    config = negatives.NegativesConfig(
        count=run.config.negatives, seconds=run.config.seconds, stills=run.config.negatives // 3, seed=run.seed
    )
    samples, dropped = [], {}
    if run.config.negatives:
        ways = {"progress": run.progress, "stop": run.stop}
        found = negatives.find(subject, run.chat, run.config.index, run.config.others, config, **ways)
        run.check_stop()
        dropped = dict(found.dropped)
        samples = negatives.write(found, subject, run.out, run.analyses.chat, config, **ways)
        run.check_stop()  # a cut-off list is no result
        short -= sum(s.stage == "video" and not s.dropped for s in samples)
    samples += _empty_scenes(run, max(0, short))
    write_lines(run.out / RESULTS["negatives"], [s.to_dict() for s in samples])
    recipes = Counter(s.recipe for s in samples)
    return {"counts": {"made": len(samples), **recipes}, "dropped": dropped}


def _empty_scenes(run: Run, count: int) -> list[Sample]:
    """Where too few others were found: the subject's scenes without the subject."""
    from pvchat.augment.dataset.media import write

    samples = []
    for done, order in enumerate(empty.plan(run.profile, count, run.seed)):
        run.check_stop()
        run.progress("emptying scenes", done, count)
        frames = 1 if order.stage == "image" else max(2, round(run.config.seconds * run.config.fps))
        made = empty.make(order, run.profile, positives.Take(frames, run.config.fps))
        samples.append(empty.sample_of(order, made, run.profile))
        write(run.out / samples[-1].media, made.images, run.config.fps)
    return samples


def _filter(run: Run, made: str) -> dict[str, Any]:
    from pvchat.identity.presence import PresenceModel

    entries = [e for e in read_lines(run.out / RESULTS["positives"]) if not e["failed"]]
    others = [{"sample": row, "covers": []} for row in read_lines(run.out / RESULTS["negatives"])]
    model, own = PresenceModel.load(), gates.own_sharpness(run.profile)
    samples = []
    for done, entry in enumerate([*entries, *others]):
        run.check_stop()
        run.progress("filtering", done, len(entries) + len(others))
        sample = Sample(**entry["sample"])
        if sample.role == "positive" or not sample.dropped:
            _pass_gates(run, sample, frozenset(entry["covers"]), model, own)
        samples.append(sample)
    run.progress("filtering", len(samples), len(samples))
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


def _together(run: Run, samples: list[Sample]) -> list[Sample]:
    """Clips of several people side by side; `samples` learn who else is in them."""
    from pvchat.augment.questions import together

    kept = [s for s in samples if not s.dropped]
    return together.add(
        kept, run.profile.person, run.analyses, run.out, seed=run.seed, taken=run.chat.people.names(),
        progress=run.progress, stopped=run.check_stop,
    )  # fmt: skip


def _pass_gates(run: Run, sample: Sample, covers: frozenset[str], model: PresenceModel, own: float) -> None:
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


def _questions(run: Run, made: str) -> dict[str, Any]:
    from pvchat.augment.questions.rows import write_questions

    samples = [s for s in read_samples(run.out) if not s.dropped]
    people = [run.profile.person]

    def looking(done: int) -> None:
        run.check_stop()
        run.progress("writing questions", done, len(samples))

    watched = teacher.Watched(run.teacher, looking)
    rows = write_questions(samples, run.name, run.analyses, seed=run.seed, teacher=watched, people=people)
    looking(len(samples))
    write_lines(run.out / RESULTS["questions"], [r.to_dict() for r in rows])
    kinds, types = Counter(r.kind for r in rows), Counter(r.type for r in rows)
    told = Counter(r.teacher for r in rows)
    return {"counts": {"rows": len(rows), **dict(types), **dict(kinds)}, "dropped": {}, "teachers": dict(told)}


def _dataset(run: Run, made: str) -> dict[str, Any]:
    from pvchat.augment.dataset import folder as dataset
    from pvchat.augment.schemas import Row

    samples = [s for s in read_samples(run.out) if not s.dropped]
    rows = [Row(**row) for row in read_lines(run.out / RESULTS["questions"])]
    dataset.write(run.out, samples, rows)
    size = sum(p.stat().st_size for p in (run.out / "media").iterdir())
    return {"counts": {"samples": len(samples), "rows": len(rows), "media_bytes": size}, "dropped": {}}


_DO: dict[str, Callable[[Run, str], dict[str, Any]]] = {
    "profile": _profile, "positives": _positives, "negatives": _negatives, "filter": _filter,
    "questions": _questions, "dataset": _dataset,
}  # fmt: skip
