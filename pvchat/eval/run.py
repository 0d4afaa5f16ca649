"""One evaluation run: a manifest in, a folder of results out; started again, it goes on where it stopped.

    OUT/
      predictions.jsonl   a row for each system and question: decisions, probabilities, spans, text, error
      metrics.json        every measure with its count and interval (scores.py); nothing in it depends on the clock
      run.json            settings, versions, seed, hashes, who was enrolled, what was left out and why
      timing.jsonl        seconds of each row; clips.jsonl: which clips could be read
      report.html         for people
      people/             the run's own people store: biometric data, deleted when the run is done

During a run the rows of whole clips are appended; in the end predictions are put in the manifest's order. So the files
are the same however often the run was killed and however many workers there were.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval import provenance
from pvchat.eval.layouts import read
from pvchat.eval.manifest import limited, of_half
from pvchat.eval.options import MAKER, EvalOptions
from pvchat.eval.outcome import finish, write_json
from pvchat.eval.systems import names_for
from pvchat.eval.worker import ClipTask, Spec, Worker, enroll_all, open_chat
from pvchat.pool import results
from pvchat.schemas import Progress
from pvchat.service import PVChat
from pvchat.storage import atomic
from pvchat.storage.journal import Journal

Row = dict[str, Any]


def run(
    path: Path | str,
    out: Path | str,
    options: EvalOptions = EvalOptions(),  # noqa: B008 (frozen)
    settings: Settings | None = None,
    progress: Progress = lambda what, done, total: None,
    chat: PVChat | None = None,
) -> dict[str, Any]:
    """Evaluate a manifest, or go on with a run of the same settings in the folder `out`; returns metrics.json.

    `chat`: use its models and settings if clips are answered in this process, so that an app needs no second set in
    memory; its people are neither asked about nor touched.

    Raises:
        SettingsError: the manifest can't be used, or the folder holds a run of other settings, weights or code.
        PVChatError: nobody could be enrolled, or a worker died.
    """
    settings, out = (chat.settings if chat is not None else settings) or Settings(), Path(out)
    systems = names_for(options.depth, options.systems) if options.maker == MAKER else options.systems
    manifest = limited(of_half(read(path), options.half), options.limit)
    out.mkdir(parents=True, exist_ok=True)
    busy = SettingsError("another evaluation is running in this folder.", subject=str(out))
    with atomic.exclusive(out / ".lock", busy):
        spec = Spec(manifest, systems, str(out / "people"), settings, maker=options.maker, options=options.options)
        config = provenance.config(manifest, options, settings)
        enrolled = provenance.check_folder(out, config, options.restart).get("enrolled")
        record = {"status": "running", "config": config, "systems": list(systems), "versions": provenance.versions()}
        write_json(out / "run.json", record)
        todo = missing(spec, Journal(out / "predictions.jsonl").read())
        if options.maker == MAKER and (todo or enrolled is None):
            mine = replace(spec, chat=chat or PVChat.from_pretrained("embedded", settings=settings, progress=progress))
            enrolled = enroll_all(open_chat(mine), manifest, options.depth, progress)
            spec = mine if options.engine == "local" and options.workers <= 1 else spec
            del mine  # other processes load models of their own
        _answer(out, spec, options, progress)
        metrics = finish(out, spec, options, {**record, "enrolled": enrolled or {}}, progress)
        if (people := out / "people").is_dir():
            shutil.rmtree(people)
        return metrics


def _answer(out: Path, spec: Spec, options: EvalOptions, progress: Progress) -> None:
    """Answer clip by clip what isn't answered yet."""
    predictions, timing, clips = (Journal(out / f"{n}.jsonl") for n in ("predictions", "timing", "clips"))
    for journal in (timing, clips):
        journal.read()  # cuts a torn line off
    units = missing(spec, predictions.read())
    progress("clips", 0, len(units))
    if not units:  # nobody needs to load anything
        return
    found = results(units, partial(Worker, spec), options.workers, options.engine)
    for done, (_, result) in enumerate(found, 1):
        timing.append(result["timing"])
        clips.append([{"clip": result["clip"], "error": result["error"]}])
        predictions.append(result["predictions"])  # last: what is in here counts as done
        progress("clips", done, len(units))


def missing(spec: Spec, rows: Iterable[Row]) -> list[ClipTask]:
    """The clips, in the manifest's order, with the systems that lack rows of them."""
    have = {(r["system"], r["id"]) for r in rows}
    ids: dict[str, list[str]] = {}
    for item in spec.manifest.items:
        ids.setdefault(item.video, []).append(item.id)
    lacking = {clip: tuple(s for s in spec.systems if any((s, i) not in have for i in ids[clip])) for clip in ids}
    return [ClipTask(clip, systems) for clip, systems in lacking.items() if systems]
