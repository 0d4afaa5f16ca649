"""Evaluations for the page: which manifests there are, a run in the background, its report.

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

from pvchat.config import home
from pvchat.errors import PVChatError, SettingsError
from pvchat.schemas import Progress
from pvchat_app.desk import Desk
from pvchat_app.jobs import Job
from pvchat_app.pace import EVALUATION

KIND = "evaluation"
SUFFIX = ".json"
_HEADLINE = (
    ("existence", "balanced_accuracy", "“Is … there?” balanced accuracy"),
    ("existence", "auc", "AUC"),
    ("refusals", "refused_absent", "Refusals about the absent"),
    ("wording", "content_f1", "Wording F1"),
)


_STEPS = {
    "enrolling, instant": "enrolling the people", "clips": "asking about the clips", "measuring": "scoring the answers",
}  # fmt: skip


class StoppedError(PVChatError):
    """The user stopped a run; what is done stays and a new run of the same manifest starts anew."""


def manifests(folder: Path) -> dict[str, Path]:
    """Manifests by the name that is shown: JSON files and subfolders of one folder, links out of it left out."""
    if not folder.is_dir():
        return {}
    inside = sorted(
        p for p in folder.iterdir() if not p.name.startswith(".") and p.resolve().parent == folder.resolve()
    )
    return {p.name: p for p in inside if p.is_dir() or p.suffix == SUFFIX}


def start(desk: Desk, owner: str, folder: Path, name: str | None, limit: int | None) -> Job:
    """Queue an evaluation.

    Args:
        desk: whose worker runs it.
        owner: the browser that may see and stop it.
        folder: with the manifests.
        name: of one of them.
        limit: at most so many questions; None for all.

    Raises:
        SettingsError: there is no such manifest.
    """
    path = manifests(folder).get(name or "")
    if path is None:
        raise SettingsError("there is no such manifest.", subject=name or "", hint="Pick one from the list.")
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    out = home() / "evaluations" / f"{path.stem[:60]}-{stamp}-{secrets.token_hex(2)}"

    def work(stop: threading.Event, progress: Progress) -> None:
        from pvchat.eval.options import EvalOptions
        from pvchat.eval.run import run

        def tell(what: str, done: float, total: float) -> None:
            if stop.is_set():
                raise StoppedError("the evaluation was stopped.")
            progress(_STEPS.get(what, what), done, total)

        try:
            run(path, out, EvalOptions(limit=limit), progress=tell, chat=desk.engine.chat)
        except StoppedError:
            return
        finally:
            shutil.rmtree(out / "people", ignore_errors=True)  # faces of the manifest's people: not needed any more

    job = desk.jobs.add(owner, path.name, work, kind=KIND, plan=EVALUATION)
    job.folder = out
    return job


def report_of(job: Job) -> Path | None:
    """The finished run's page."""
    page = job.folder / "report.html" if job.folder else None
    return page if page and job.state == "done" and page.is_file() else None


def headline(job: Job) -> list[tuple[str, list[tuple[str, str]]]]:
    """A row a system: its name, and value and 95 % interval of each measure of `_HEADLINE` ("" where there is none)."""
    path = job.folder / "metrics.json" if job.folder else None
    if path is None or not path.is_file():
        return []
    systems = json.loads(path.read_text(encoding="utf-8"))["systems"]
    return [
        (name, [_number(system.get("overall", {}).get(group, {}).get(key)) for group, key, _ in _HEADLINE])
        for name, system in systems.items()
    ]


def columns() -> list[str]:
    """Titles of `headline`'s columns."""
    return ["System", *(title for *_, title in _HEADLINE)]


def _number(measure: dict[str, Any] | None) -> tuple[str, str]:
    if not measure or measure.get("value") is None:
        return "–", ""
    low, high = measure.get("low"), measure.get("high")
    return f"{measure['value']:.2f}", f"{low:.2f}–{high:.2f}" if low is not None and high is not None else ""
