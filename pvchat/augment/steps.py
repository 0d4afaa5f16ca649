"""The steps of augmentation, each resumable: profile → positives → negatives → filter → dataset (`making.py`).

Every step writes its result and then, last, its manifest `<step>.json` (hash of its input and of its result, seed,
counts, what was dropped and why, seconds). A step whose manifest fits its input is skipped.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pvchat import video
from pvchat.augment import folders, making
from pvchat.augment.augmentation import RESULTS, Augmentation, read_samples
from pvchat.augment.lines import read_manifest, write_manifest
from pvchat.augment.positives import consisid
from pvchat.augment.schemas import STEPS
from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.people.naming import require_usable
from pvchat.people.person import clean_name
from pvchat.schemas import Service
from pvchat.storage import atomic

VERSION = 3  # of what the steps make: manifests of another version are made anew
_POSITIVES = ("clips", "stills", "seconds", "others", "backgrounds", "generators", "model")
_NEGATIVES = ("negatives", "seconds", "others")
# Of each step: what does it, the steps whose results it is made from, the settings that it depends on.
_STEPS: dict[str, tuple[Callable[[Augmentation], dict[str, Any]], tuple[str, ...], tuple[str, ...]]] = {
    "profile": (making.measure, (), ("track",)),
    "positives": (making.make_positives, ("profile",), _POSITIVES),
    "negatives": (making.find_negatives, ("profile",), _NEGATIVES),
    "filter": (making.filter_samples, ("positives", "negatives"), ("frames",)),
    "dataset": (making.write_dataset, ("filter",), ()),
}


def augment(
    clip: str | Path,
    name: str,
    out: str | Path,
    chat: Service,
    config: AugmentConfig | None = None,
    watch: Watch = UNWATCHED,
) -> Path:
    """Make a data set about the subject of one clip (a video, an animation or a photo), in a folder, which is returned.

    One that an earlier call left is gone on with; what lies in it of other settings goes.

    Raises:
        VideoReadError, SubjectError: the clip can't be used.
        PeopleError: nobody can be called so.
        SettingsError: a generator or folder isn't there; `out` is about somebody else, or being worked in.
        StoppedError: the watch stopped it, between two samples.
    """
    config, out, name = config or AugmentConfig(), Path(out), clean_name(name)
    if name not in chat.people.names():  # names of people who are enrolled aren't judged again
        require_usable(name, {})
    folders.check_folders(config)
    run = Augmentation(Path(clip), name, out, chat, config, watch)
    with folders.held(out, name):
        for number, step in enumerate(STEPS):
            watch.step("augmentation", number, len(STEPS))
            _step(run, step)
        for path in folders.strays(out, read_samples(out)):
            path.unlink()
    watch.tell("augmentation", len(STEPS), len(STEPS))
    return out


def summary(out: str | Path) -> dict[str, Any]:
    """Manifests of all steps of a folder, by step."""
    found = {step: read_manifest(Path(out) / f"{step}.json") for step in STEPS}
    return {step: manifest for step, manifest in found.items() if manifest is not None}


def _step(run: Augmentation, step: str) -> None:
    """Run one step unless its manifest fits its input."""
    run.input_hash = _input_hash(run, step)
    path, result = run.out / f"{step}.json", run.out / RESULTS[step]
    known = read_manifest(path)
    fits = known is not None and known["input"] == run.input_hash and result.exists()
    if known is not None and fits and atomic.sha256_of(result) == known["result"]:
        run.manifests[step] = known
        return
    if step in ("profile", "positives") and "consisid" in run.config.generators:
        consisid.require()  # it is told before anything is made
    path.unlink(missing_ok=True)
    started = time.perf_counter()
    counts = _STEPS[step][0](run)
    seconds = round(time.perf_counter() - started, 2)
    run.manifests[step] = {
        "step": step, "version": VERSION, "input": run.input_hash, "result": atomic.sha256_of(result), "seed": run.seed,
        "seconds": seconds, **counts,
    }  # fmt: skip
    write_manifest(path, run.manifests[step])


def _input_hash(run: Augmentation, step: str) -> str:
    _, after, names = _STEPS[step]
    settings = {k: getattr(run.config, k) for k in names}
    listed = {k: folders.listing(v) for k, v in settings.items() if v and k in folders.FOLDERS}
    before = [run.manifests[s]["result"] for s in after]
    inputs = [VERSION, step, settings, listed, before, run.seed, run.name]
    if not before:
        inputs.append(video.content_key(run.clip))
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()
