"""The steps of augmentation, each resumable: profile → positives → negatives → filter → dataset.

Every step writes its result and then, last, its manifest `<step>.json` (hash of its input and of its result, seed,
counts, what was dropped and why, seconds). A step whose manifest fits its input is skipped; making positives, which
takes longest, goes on after the last sample that is whole on disk.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pvchat import video
from pvchat.augment import augmentation, dataset, gates
from pvchat.augment.augmentation import RESULTS, Augmentation, read_samples
from pvchat.augment.lines import read_lines, read_manifest, write_lines, write_manifest
from pvchat.augment.negatives import search
from pvchat.augment.negatives.strangers import SubjectClip
from pvchat.augment.positives import consisid, plan
from pvchat.augment.questions.rows import write_questions
from pvchat.augment.questions.views import Subject
from pvchat.augment.schemas import STEPS, AugmentConfig, Sample
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.errors import VideoReadError
from pvchat.people.person import clean_name, require_usable
from pvchat.schemas import Service
from pvchat.storage import atomic

VERSION = 4  # of what the steps make: manifests of another version are made anew
log = logging.getLogger(__name__)


def augment(
    clip: str | Path,
    name: str,
    out: str | Path,
    chat: Service,
    config: AugmentConfig | None = None,
    watch: Watch = UNWATCHED,
) -> Path:
    """Make a data set about the subject of one clip (a video, an animation or a photo), in a folder, which is returned.

    One that an earlier call left is gone on with; what lies in it of other settings goes. Raises VideoReadError or
    SubjectError where the clip can't be used; PeopleError where nobody can be called so; SettingsError where a
    generator or folder isn't there, or `out` is about somebody else, or being worked in; StoppedError where the watch
    stopped it, between two samples.
    """
    config, out, name = config or AugmentConfig(), Path(out), clean_name(name)
    if name not in chat.people.names():  # names of people who are enrolled aren't judged again
        require_usable(name)
    augmentation.check_folders(config)
    run = Augmentation(Path(clip), name, out, chat, config, watch)
    with augmentation.locked_folder(out, name):
        for number, step in enumerate(STEPS):
            watch.step("augmentation", number, len(STEPS))
            _step(run, step)
        for path in augmentation.orphaned_media(out, read_samples(out)):
            path.unlink()
    watch.tell("augmentation", len(STEPS), len(STEPS))
    return out


def summary(out: str | Path) -> dict[str, Any]:
    """Manifests of all steps of a folder, by step."""
    found = {step: read_manifest(Path(out) / f"{step}.json") for step in STEPS}
    return {step: manifest for step, manifest in found.items() if manifest is not None}


def measure_subject(run: Augmentation) -> dict[str, Any]:
    """Measure the subject, frame by frame; the other steps depend on where she is seen, and how the clip is cut."""
    found = run.profile
    counts = {"frames": len(found), "seen": int(found.seen.sum()), "meshed": int(found.meshed.sum())}
    write_lines(run.out / RESULTS["profile"], [{"key": found.key, **counts, "spans": found.spans}])
    return {"name": run.name, "counts": counts, "dropped": {}}


def make_positives(run: Augmentation) -> dict[str, Any]:
    """Make the planned positives that aren't on disk yet."""
    makers = plan.generators(run.config)
    wanted = plan.plan_positives(run.profile, makers, run.config, run.seed)
    result, start = run.out / RESULTS["positives"], {"input": run.input_hash}
    part = result.with_name(f"{result.name}.part")  # what is made so far
    rows = read_lines(part) if part.exists() else []
    if rows[:1] != [start]:  # none, or of another input
        rows = [start]
    made = {row["id"]: row for row in rows[1:]}
    for planned in run.watch.over("making positives", wanted):
        if planned.id in made:
            continue
        row = made[planned.id] = {"id": planned.id, "failed": "", "sample": None}
        try:
            positive = plan.make_planned(planned, run.profile, makers, run.config)
        except ValueError as error:  # the segment lacks what the recipe needs
            row["failed"] = str(error)
        else:
            planned.notes = positive.notes
            augmentation.write_media(run.out / planned.media, positive.images)
            row["sample"] = asdict(planned)
        rows.append(row)
        write_lines(part, rows)
    entries = [made[planned.id] for planned in wanted]
    write_lines(result, entries)
    part.unlink(missing_ok=True)
    failed = Counter(e["failed"] for e in entries if e["failed"])
    counts = {"planned": len(wanted), "made": len(wanted) - sum(failed.values())}
    return {"counts": counts, "dropped": dict(failed)}


def find_negatives(run: Augmentation) -> dict[str, Any]:
    """Find clips of other people."""
    samples, dropped = list[Sample](), dict[str, int]()
    if run.config.negatives:
        subject = SubjectClip.of(run.profile, run.chat, run.clip, run.config.track)
        found, dropped = search.find_negatives(subject, run.chat, run.config, run.seed, run.watch)
        samples = search.write_excerpts(found, subject, run)
    write_lines(run.out / RESULTS["negatives"], [asdict(s) for s in samples])
    recipes = Counter(s.recipe for s in samples)
    return {"counts": {"made": len(samples), **recipes}, "dropped": dropped}


def filter_samples(run: Augmentation) -> dict[str, Any]:
    """Measure every sample, and note which gate refuses it; the media of what is refused stay, none of them is used."""
    positives = [e["sample"] for e in read_lines(run.out / RESULTS["positives"]) if not e["failed"]]
    own_sharpness, samples = gates.own_sharpness(run.profile), []
    for row in run.watch.over("filtering", [*positives, *read_lines(run.out / RESULTS["negatives"])]):
        sample = Sample(**row)
        try:
            if sample.role == "positive":
                sample.dropped = _gate_of_positive(run, sample, own_sharpness)
            elif not sample.dropped:
                sample.dropped = _gate_of_negative(run, sample)
        except VideoReadError:
            sample.dropped = "unreadable"
        samples.append(sample)
    if run.config.negatives and all(s.dropped for s in samples if s.role == "negative"):
        log.warning("%s: nothing shows anybody else; give --others, or `pvchat doctor --fetch`", run.out)
    write_lines(run.out / RESULTS["filter"], [asdict(s) for s in samples])
    kept = [s for s in samples if not s.dropped]
    counts = {"kept": len(kept), **{role: sum(s.role == role for s in kept) for role in ("positive", "negative")}}
    counts |= {name: sum(s.stage == stage for s in kept) for name, stage in (("clips", "video"), ("stills", "image"))}
    return {"counts": counts, "dropped": dict(sorted(Counter(s.dropped for s in samples if s.dropped).items()))}


def write_dataset(run: Augmentation) -> dict[str, Any]:
    """Ask about the kept samples, and put samples and rows together, with a card and checksums."""
    samples = [s for s in read_samples(run.out) if not s.dropped]
    about = Subject(run.name, run.profile.person, run.profile.facts)
    rows = write_questions(samples, about, run.analyses, seed=run.seed, watch=run.watch)
    dataset.write(run.out, samples, rows)
    kinds, types = Counter(r.kind for r in rows), Counter(r.type for r in rows)
    size = sum((run.out / s.media).stat().st_size for s in samples)
    counts = {"samples": len(samples), "rows": len(rows), **types, **kinds, "media_bytes": size}
    return {"counts": counts, "dropped": {}}


def _gate_of_positive(run: Augmentation, sample: Sample, own_sharpness: float) -> str | None:
    """The gate that refuses a positive, measured on the pictures that the experts saw; None if none does."""
    analysis, networks = run.analyses(sample), run.chat.networks
    images = video.load(run.out / sample.media, run.analyses.chat.settings.video).images
    values = gates.measure(images, analysis, run.profile, networks.presence, networks.experts.mesh)
    sample.gates |= values
    return gates.failed_gate(values, run.profile, own_sharpness)


def _gate_of_negative(run: Augmentation, sample: Sample) -> str | None:
    """Why an excerpt is no negative: it may show the subject, or nobody beside her body; None if it is one."""
    analysis, person = run.analyses(sample), run.profile.person
    seen = run.chat.score([person], analysis)[0]
    sample.gates["probability"] = round(seen.probability, 4)
    if seen.decision != "absent":
        return "identity"
    others = sample.recipe != "same-clip" or any(track.kind == person.kind for track in analysis.tracks)
    return None if others else "no face"


# Of each step: what does it, the steps whose results it is made from, the settings that it depends on.
_STEPS: dict[str, tuple[Callable[[Augmentation], dict[str, Any]], tuple[str, ...], tuple[str, ...]]] = {
    "profile": (measure_subject, (), ("track",)),
    "positives": (
        make_positives, ("profile",), ("clips", "stills", "seconds", "backgrounds", "generators", "model"),
    ),
    "negatives": (find_negatives, ("profile",), ("negatives", "seconds", "others")),
    "filter": (filter_samples, ("positives", "negatives"), ("frames",)),
    "dataset": (write_dataset, ("filter",), ()),
}  # fmt: skip


def _step(run: Augmentation, step: str) -> None:
    """Run one step unless its manifest fits its input."""
    run_step, after, names = _STEPS[step]
    settings = {k: getattr(run.config, k) for k in names}
    listed = {k: augmentation.file_stats(v) for k, v in settings.items() if v and k in augmentation.FOLDERS}
    inputs = [VERSION, step, settings, listed, [run.manifests[s]["result"] for s in after], run.seed, run.name]
    inputs += [] if after else [video.content_key(run.clip)]
    run.input_hash = hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()
    path, result = run.out / f"{step}.json", run.out / RESULTS[step]
    known = read_manifest(path)
    if known and known["input"] == run.input_hash and result.exists() and atomic.sha256_of(result) == known["result"]:
        run.manifests[step] = known
        return
    if step in ("profile", "positives") and "consisid" in run.config.generators:
        consisid.require()  # it is told before anything is made
    path.unlink(missing_ok=True)
    started = time.perf_counter()
    counts = run_step(run)
    seconds = round(time.perf_counter() - started, 2)
    run.manifests[step] = {
        "step": step, "version": VERSION, "input": run.input_hash, "result": atomic.sha256_of(result), "seed": run.seed,
        "seconds": seconds, **counts,
    }  # fmt: skip
    write_manifest(path, run.manifests[step])
