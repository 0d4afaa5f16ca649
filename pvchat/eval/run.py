"""One evaluation run: a manifest in, a folder of results out.

    OUT/
      predictions.jsonl   a row for each system and question: decisions, probabilities, spans, text, error
      metrics.json        every measure with its count and interval (scores.py); nothing in it depends on the clock
      timing.jsonl        seconds of each row
      report.html         for people
      run.json            settings, versions, seed, who was enrolled, what was left out and why; written last
      run-people/         the run's own people store: biometric data, deleted when the clips are answered

Rows stand in the manifest's order, so the files are the same however many workers there were. A run that was stopped is
started over; what it has analysed is in the clip cache.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval.layouts import read
from pvchat.eval.manifest import limited, of_half
from pvchat.eval.outcome import finish
from pvchat.eval.systems import names_for
from pvchat.eval.worker import EvalOptions, Spec, Worker, enroll_all, open_chat
from pvchat.pool import results
from pvchat.schemas import Progress
from pvchat.service import PVChat
from pvchat.storage import atomic

Row = dict[str, Any]


def run(
    path: Path | str, out: Path | str, options: EvalOptions | None = None, settings: Settings | None = None,
    progress: Progress = lambda what, done, total: None, chat: PVChat | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Evaluate a manifest into the folder `out`; returns metrics.json.

    `chat`: use its models and settings if clips are answered in this process, so that an app needs no second set in
    memory; its people are neither asked about nor touched.

    Raises:
        SettingsError: the manifest can't be used, or the folder holds a run already.
        PVChatError: nobody could be enrolled, or a worker died.
    """
    settings, out = (chat.settings if chat is not None else settings) or Settings(), Path(out)
    options = options or EvalOptions()
    systems = names_for(options.depth, options.systems) if options.opener is None else options.systems
    manifest = limited(of_half(read(path), options.half), options.limit)
    atomic.make_private_folder(out)
    busy = SettingsError("another evaluation is running in this folder.", subject=str(out))
    with atomic.exclusive(out / ".lock", busy):
        if (out / "run.json").exists():
            raise SettingsError("holds a run already.", subject=str(out), hint="Use another --out, or delete that run.")
        spec = Spec(manifest, systems, str(out / "run-people"), settings, options)
        _delete(spec.store)  # of a run that was killed: presence is decided in competition
        try:
            enrolled, answered = _answer(spec, progress, chat)
        finally:
            _delete(spec.store)
        return finish(out, spec, enrolled, answered, progress)


def _delete(store: str) -> None:
    """Delete a run's people, if there are any; raises OSError where they would stay."""
    if Path(store).is_dir():
        shutil.rmtree(store)


def _answer(spec: Spec, progress: Progress, chat: PVChat | None) -> tuple[Row, list[Row]]:
    """Enroll everybody, then answer clip by clip; returns who was enrolled, and what `Worker` returns of each clip."""
    options, enrolled = spec.options, Row()
    if options.opener is None:
        chat = chat or PVChat.from_pretrained("embedded", settings=spec.settings, progress=progress)
        mine = replace(spec, chat=chat)
        enrolled = enroll_all(open_chat(mine), spec.manifest, options.depth, progress, chat.people)
        spec = mine if options.engine == "local" and options.workers <= 1 else spec
        del mine, chat  # other processes load models of their own
    clips = list(dict.fromkeys(item.video for item in spec.manifest.items))
    progress("clips", 0, len(clips))
    answered = []
    for _, result in results(clips, partial(Worker, spec), options.workers, options.engine):
        answered.append(result)
        progress("clips", len(answered), len(clips))
    return enrolled, answered
