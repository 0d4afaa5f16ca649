"""Long work that is cut off: kill -9 before its disk calls, files that can't grow. Started again, it ends the same.

The work is a long film's first analysis, an evaluation, a training run, each small; experts, systems and features are
made up. It runs in processes that are forked off one that has nothing but the modules (torch can't be forked in use).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import multiprocessing
import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "eval"), str(TESTS / "recipes")]

from make_mortal import DISK, die_before_call  # noqa: E402

from pvchat.errors import PVChatError  # noqa: E402

from . import Outcome, rounds  # noqa: E402

SAME = "ends the same"
BYTES = (0, 4_000, 60_000)  # what a file may grow to on the full disk
WAIT_S = 240
LOADED = ["recipes.model.base.run", "pvchat.eval.metrics.wording", "pvchat.eval.run", "pvchat.perception.scan", "peft",
          "rouge_score.rouge_scorer", "sacrebleu", "sklearn.metrics"]  # fmt: skip
ENDLESS = 10**9


def run(home: Path) -> Iterator[Outcome]:
    """Each work uncut first; then cut off in copies of the folder that it started in."""
    for case, (prepare, _) in WORK.items():
        place = home / case.replace(" ", "-")
        prepare(place / "start")
        calls, wanted = _once(case, _copy(place, "straight"))
        moments = sorted({round(calls * (n + 0.5) / rounds()) for n in range(rounds())})
        got = [_after(case, _copy(place, f"kill-{at}"), at, None, wanted) for at in moments]
        yield _outcome(f"{case}: kill -9", got)
        got = [_after(case, _copy(place, f"full-{most}"), ENDLESS, most, wanted) for most in BYTES]
        yield _outcome(f"{case}: a full disk", got)


def _outcome(case: str, got: list[str]) -> Outcome:
    wrong = [one for one in got if one != SAME]
    return Outcome(case, SAME, wrong[0] if wrong else f"{SAME}, {len(got)} times", not wrong)


def _copy(place: Path, name: str) -> Path:
    shutil.copytree(place / "start", place / name)
    return place / name


def _after(case: str, place: Path, calls: int, most: int | None, wanted: Any) -> str:
    """What comes of work that is cut off, and then started again."""
    cut = _once(case, place, calls, most)
    if cut == "killed" and most is not None:
        return f"died of {most} bytes"
    if cut != "killed" and most is None:
        return "was never killed"
    again = _once(case, place)
    return SAME if again[1:] == (wanted,) else f"cut off at {calls if most is None else most}: {again}"[:300]


def _once(case: str, place: Path, calls: int = ENDLESS, most: int | None = None) -> Any:
    """Calls and result of the work in another process; "killed", or the error where it ended in one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(case, place, calls, most, theirs))
    child.start()
    theirs.close()
    try:
        return ours.recv() if ours.poll(WAIT_S) else "hangs"
    except EOFError:
        return "killed"
    finally:
        child.kill()
        child.join()


def _work(case: str, place: Path, calls: int, most: int | None, told: Any) -> None:
    """In the other process: do it, under the limits, and send what came of it."""
    logging.disable()  # some of what it tells is part of the work
    os.environ["PVCHAT_HOME"] = str(place / "home")
    done = die_before_call(calls, (*DISK, "write"))
    if most is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        result = WORK[case][1](place)
    except (PVChatError, OSError) as error:  # what is told in one sentence; all else is a fault
        told.send(f"{type(error).__name__}: {error}")
    else:
        told.send((done(), result))


def _make_film(place: Path) -> None:
    from make_film import write_film

    place.mkdir(parents=True)
    write_film(place / "film.mp4")


def _analyse(place: Path) -> Any:
    from make_film import Experts, memory_in

    with pytest.MonkeyPatch.context() as patch:
        Experts(patch)
        seen = memory_in(place / "cache").look(place / "film.mp4").analysis
    return [seen.duration_s, [(str(track.facts.where), seen.spans(track.shown_in)) for track in seen.tracks]]


def _make_questions(place: Path) -> None:
    from stub_systems import make_manifest

    make_manifest(place / "made", clips=4)


def _evaluate(place: Path) -> Any:
    from stub_systems import open_stub

    from pvchat.eval.run import run as evaluate
    from pvchat.eval.worker import EvalOptions

    options = EvalOptions(systems=("one", "two"), opener=open_stub, resamples=20, bertscore=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pvchat.eval.report.write", lambda *_: None)  # it takes longer than all the rest
        if not (place / "out" / "run.json").exists():  # the disk was large enough
            evaluate(place / "made", place / "out", options)
    return [(place / "out" / name).read_text() for name in ("predictions.jsonl", "metrics.json")]


def _make_sets(place: Path) -> None:
    from make_sets import make_config

    make_config(place)


def _train(place: Path) -> Any:
    """As a person does it: resume, and where nothing can be resumed, start."""
    from make_sets import encode, make_config

    from recipes.model.base import checkpoints
    from recipes.model.base.run import train_base

    resume = False
    with contextlib.suppress(PVChatError):
        checkpoints.find(place / "run" / "checkpoints")
        resume = True
    found = train_base(make_config(place, resume=resume), encode)
    last = checkpoints.find(place / "run" / "checkpoints")
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in last.rglob("*.safetensors")}
    return [found["step"], found["done"], json.dumps(digests, sort_keys=True)]


WORK: dict[str, tuple[Callable[[Path], None], Callable[[Path], Any]]] = {
    "a long film's first analysis": (_make_film, _analyse),
    "an evaluation": (_make_questions, _evaluate),
    "a training run": (_make_sets, _train),
}
