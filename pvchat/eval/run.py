"""One evaluation run: a manifest in, a folder of results out; started again, it goes on where it was.

    OUT/
      predictions.jsonl   a row each system and question: decisions, probabilities, spans, text, error
      metrics.json        every measure with its count and interval (scores.py); nothing in it depends on the clock
      run.json            settings, versions, seed, hashes, who was enrolled, what was left out and why
      timing.jsonl        seconds a row; clips.jsonl: seconds of decoding and experts, conditions of each clip
      questions.jsonl     what was asked, for comparisons; judge.jsonl: what a judge said, where one was asked
      report.html         for people
      people/             the run's own people store, by depth (biometric data: it stays in OUT and can be deleted)

While a run goes on, whole clips are appended; when all are there, predictions are put in the manifest's order. The
files are then the same whatever was killed on the way and however many workers there were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval import provenance
from pvchat.eval.engine import results
from pvchat.eval.enrolling import enroll_all
from pvchat.eval.journal import Journal
from pvchat.eval.layouts.reading import read
from pvchat.eval.manifest import Manifest, limited
from pvchat.eval.settle import settle
from pvchat.eval.suites import SUITES, of_suite
from pvchat.eval.systems.registry import names_for
from pvchat.eval.worker import MAKER, Spec, Unit, open_chats
from pvchat.storage import atomic

if TYPE_CHECKING:
    from pvchat.service import PVChat

DEPTHS = ("instant", "deep")
NEEDED = {
    "sklearn": "scikit-learn", "sacrebleu": "sacrebleu", "torchmetrics": "torchmetrics", "rouge_score": "rouge-score",
    "matplotlib": "matplotlib",
}  # fmt: skip
Progress = Callable[[str, float, float], None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """How to run.

    Attributes:
        suite: which sets, see `suites.py`.
        depth: "instant", or "deep" for both depths side by side.
        limit: at most so many questions, spread evenly.
        systems: names; empty for all.
        engine, workers: where clips are answered.
        layout: of the manifest, "auto" to guess.
        frames: put pictures of the worst failures into the report.
        resamples: of the bootstrap.
        bertscore: the scorer's model: "minilm" offline, a hub id or folder otherwise, "none" to leave it out.
        judge: "" for rules only, "hub:MODEL" or an OpenAI-compatible "http://…/v1#MODEL".
        restart: delete a run that the folder holds instead of going on with it.
        maker, options: see `worker.Spec`; for tests.
    """

    suite: str = "all"
    depth: str = "instant"
    limit: int | None = None
    systems: tuple[str, ...] = ()
    engine: str = "local"
    workers: int = 1
    layout: str = "auto"
    frames: bool = True
    resamples: int = 1000
    bertscore: str = "minilm"
    judge: str = ""
    restart: bool = False
    maker: str = MAKER
    options: dict[str, Any] = field(default_factory=dict)


def run(
    path: Path | str,
    out: Path | str,
    options: Options = Options(),  # noqa: B008 (frozen)
    settings: Settings | None = None,
    progress: Progress = lambda what, done, total: None,
    chat: PVChat | None = None,
) -> dict[str, Any]:
    """Evaluate a manifest.

    Args:
        path: the manifest.
        out: the run's folder; a started run of the same settings goes on.
        options: how to run.
        settings: of PVChat; with `chat` they are the chat's.
        progress: called with what is done, how much of it, of how much.
        chat: whose models are used where clips are answered in this process, so that an app needs no second set in
            memory; its people are neither asked nor touched. None opens one.

    Returns:
        What metrics.json holds.

    Raises:
        SettingsError: an option is off, the manifest can't be used, or the folder holds a run of other settings,
            weights or code.
        PVChatError: nobody could be enrolled, or a worker died.
    """
    settings, out = (chat.settings if chat is not None else settings) or Settings(), Path(out)
    _check(options)
    systems = names_for(options.depth, options.systems) if options.maker == MAKER else options.systems
    manifest = limited(of_suite(read(path, options.layout), options.suite), options.limit)
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        config = provenance.config(manifest, options, settings)
        provenance.admit(out, config, options.restart)
        stores = {d: str(out / "people" / d) for d in (DEPTHS if options.depth == "deep" else DEPTHS[:1])}
        spec = Spec(manifest, systems, stores, settings, maker=options.maker, options=options.options)
        told = {"status": "running", "config": config, "systems": list(systems), "versions": provenance.versions()}
        told["scoring"] = {k: getattr(options, k) for k in ("resamples", "bertscore", "judge")}
        _write(out / "run.json", told)
        Journal(out / "questions.jsonl").replace(i.to_dict() for i in manifest.items)
        told["enrolled"], spec = _enroll(spec, options, chat, progress) if options.maker == MAKER else ({}, spec)
        _answer(out, spec, options, progress)
        return _finish(out, spec, options, told, progress)


def _check(options: Options) -> None:
    if lacking := [package for module, package in NEEDED.items() if find_spec(module) is None]:
        raise SettingsError(f"evaluation needs {', '.join(lacking)}.", hint="Install them: pip install 'pvchat[eval]'")
    for name, value, allowed in (("suite", options.suite, SUITES), ("depth", options.depth, DEPTHS)):
        if value not in allowed:
            raise SettingsError(f"there is no {name} '{value}'.", hint=f"Use one of: {', '.join(allowed)}.")
    if options.depth == "deep":
        from pvchat import service

        if "deep" not in service.DEPTHS:
            raise SettingsError("this version has no deep enrollment.", subject="--depth deep", hint="Use instant.")


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the folder; a second run in it is refused."""
    lock = filelock.FileLock(str(out / ".lock"), timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise SettingsError("another evaluation is running in this folder.", subject=str(out)) from error
    try:
        yield
    finally:
        lock.release()


def _enroll(spec: Spec, options: Options, chat: PVChat | None, progress: Progress) -> tuple[dict[str, Row], Spec]:
    """Enroll everyone; returns what came of it, and the spec with the models where this process answers too."""
    from pvchat.service import PVChat

    chat = chat or PVChat.from_pretrained("embedded", settings=spec.settings, progress=progress)
    here = replace(spec, chat=chat)
    enrolled = {depth: enroll_all(one, spec.manifest, depth, progress) for depth, one in open_chats(here).items()}
    return enrolled, here if options.engine == "local" and options.workers <= 1 else spec


def _answer(out: Path, spec: Spec, options: Options, progress: Progress) -> None:
    """Answer what isn't answered yet, clip by clip."""
    predictions, timing, clips = (Journal(out / f"{n}.jsonl") for n in ("predictions", "timing", "clips"))
    for journal in (timing, clips):
        journal.read()  # cuts a torn line off
    units = missing(spec, predictions.read())
    progress("clips", 0, len(units))
    for done, result in enumerate(results(units, spec, options.workers, options.engine), 1):
        timing.append(result["timing"])
        clips.append([result["conditions"]])
        predictions.append(result["predictions"])  # last: what is in here counts as done
        progress("clips", done, len(units))


def missing(spec: Spec, rows: Iterable[Row]) -> list[Unit]:
    """The clips, in the manifest's order, with the systems that lack any row of them."""
    have = {(r["system"], r["id"]) for r in rows}
    ids: dict[str, list[str]] = {}
    for item in spec.manifest.items:
        ids.setdefault(item.video, []).append(item.id)
    units = [Unit(clip, tuple(s for s in spec.systems if any((s, i) not in have for i in ids[clip]))) for clip in ids]
    return [unit for unit in units if unit.systems]


def _finish(out: Path, spec: Spec, options: Options, told: Row, progress: Progress) -> dict[str, Any]:
    """Order the rows, settle thresholds, measure, write the report."""
    from pvchat.eval import report
    from pvchat.eval.scores import measure

    journal = Journal(out / "predictions.jsonl")
    rows, tuned = settle(ordered(journal.read(), spec), {i.id: i for i in spec.manifest.items})
    clips = _last(Journal(out / "clips.jsonl").read(), spec)
    judged = _judge(out, spec.manifest, rows, options, progress)
    progress("measuring", 0, 1)
    metrics = measure(spec.manifest, rows, clips, judged, options, spec.settings.seed)
    journal.replace(rows)
    _write(out / "metrics.json", metrics)
    done = {
        **told,
        "status": "done",
        "tuned": tuned,
        "left_out": [asdict(p) for p in spec.manifest.problems],
        "clip_errors": {c["clip"]: c["error"] for c in clips if c.get("error")},
        "clips": {c["clip"]: c.get("key") for c in clips},
        "judge": judged["name"] if judged else None,
        "unread_judgements": judged["unread"] if judged else 0,
        "seconds": provenance.seconds(out),
        "files": provenance.file_hashes(out, ("predictions.jsonl", "metrics.json")),
    }
    _write(out / "run.json", done)
    report.write(out, spec.manifest, options.frames)
    progress("measuring", 1, 1)
    return metrics


def _judge(out: Path, manifest: Manifest, rows: Sequence[Row], options: Options, progress: Progress) -> Row | None:
    if not options.judge:
        return None
    from pvchat.eval import judge

    return judge.judge_all(judge.open_judge(options.judge), manifest, rows, Journal(out / "judge.jsonl"), progress)


def ordered(rows: Iterable[Row], spec: Spec) -> list[Row]:
    """One row each system and question of this run, in the manifest's order; the last of repeated ones."""
    last = {(r["system"], r["id"]): r for r in rows}
    keys = [(s, i.id) for s in spec.systems for i in spec.manifest.items]
    kept = [last.pop(key) for key in keys]
    extra = sorted(last)  # systems of an earlier call into the same folder stay in the table
    return kept + [last[key] for key in extra]


def _last(rows: Iterable[Row], spec: Spec) -> list[Row]:
    """Conditions in the order of the clips; a clip that was redone counts once."""
    last = {r["clip"]: {**r} for r in rows}
    return [last[clip] for clip in dict.fromkeys(i.video for i in spec.manifest.items) if clip in last]


def _write(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    atomic.write_file(path, text.encode() + b"\n", path.parent / ".scratch")
