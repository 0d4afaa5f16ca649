"""The evaluate tab: pick a set of questions, run it in the background, see the numbers and the report.

In: a `Backend` and the folder of manifests ($PVCHAT_HOME/manifests, or `serve --manifests`); a browser never names a
path. Out: Gradio components and their events; the folder of a run under $PVCHAT_HOME/evaluations, without the people
whom it enrolled. Like trainings, runs survive a reload of the page and can be stopped.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat.assets import footage, packages, weights
from pvchat.augment.watch import StoppedError, Watch
from pvchat.config import home
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.schemas import Progress
from pvchat_app import cards, page_events
from pvchat_app.backend import Backend
from pvchat_app.jobs import Job
from pvchat_app.page_events import POLL_S, PRIVATE, QUICK, Updates, job_rows, outcome
from pvchat_app.sessions import Session
from pvchat_app.wording import escape, from_home

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
_STEPS = {
    "enrolling, instant": "enrolling the people", "clips": "asking about the clips", "measuring": "scoring the answers",
}  # fmt: skip
MAX_QUESTIONS = 1_000_000
_WHAT = (
    "<p>How often is PVChat right? Questions whose answers are known are asked about clips, and counted.</p>"
    "<p>They come from a manifest: people with a clip of each, other clips, and questions with their true "
    "answers.</p>"
)
_NONE = "No manifest yet: add the demo set (20 questions about five clips of two people), or your own."
_READY = "Pick a manifest and evaluate: numbers and a report appear here."
_SYSTEMS = {
    "prior": "says what is most often true in this set, without a look",
    "face-matcher": "compares faces, no more", "measured-facts": "what was measured, in plain sentences",
    "ours-instant": "PVChat", "ours-deep": "PVChat, trained",
}  # fmt: skip
_HOW_TO_READ = (
    "1.00 is best. Small figures: so far the number may be off, by the questions that happened to be asked (95 %). "
    "Compare with <b>prior</b>, which never looks at a clip: where most true answers are “no”, saying “no” is often "
    "right. What isn’t clearly above it is guessing."
)


class EvaluateTab:
    """The tab's components; public methods are events. `browser` holds the key by which it finds its runs again."""

    def __init__(self, backend: Backend, browser: gr.BrowserState, folder: Path) -> None:
        self.backend, self.folder = backend, folder
        gr.HTML(_WHAT, elem_id="pv-eval-what")
        with gr.Row(equal_height=False):
            with gr.Column(scale=1, min_width=280):
                picked = gr.Dropdown([], label="Manifest (a set of questions)", elem_id="pv-manifest", filterable=False)
                limit = gr.Number(
                    0, label="Questions at most (0: all)", precision=0, minimum=0, maximum=MAX_QUESTIONS,
                    elem_id="pv-eval-limit",
                )  # fmt: skip
                button = gr.Button("Evaluate", variant="primary", elem_id="pv-evaluate")
                demo = gr.Button("Add the demo set", size="sm", visible=False, elem_id="pv-demo-set")
                place = escape(from_home(folder.absolute()))
                where = f'<p class="pv-dim">Manifests (JSON files or folders) lie in <code>{place}</code></p>'
                gr.HTML(where, elem_id="pv-manifests-where")
            with gr.Column(scale=2, min_width=300):
                self.note = gr.HTML("", elem_id="pv-eval-note")
                self.runs = gr.HTML(self._nothing(), elem_id="pv-eval-runs")
        self.timer = gr.Timer(POLL_S, active=False)  # `show` updates it, and `runs`
        self.manifest_outputs = [picked, demo, button]  # what `list_manifests` updates
        shown = [self.runs, self.timer]
        button.click(self.start, [picked, limit, browser], [self.note, *shown], **QUICK)
        self.timer.tick(self.show, browser, shown, **QUICK)
        demo.click(
            self.add_demo, browser, [self.note, *self.manifest_outputs, *shown], show_progress="hidden", **PRIVATE
        )

    def open(self, owner: str, request: gr.Request) -> tuple[Any, ...]:
        """Fill the tab for a page that is opened: runs and manifests."""
        return *self.show(owner, request), *self.list_manifests()

    def show(self, owner: str, request: gr.Request) -> tuple[Any, ...]:
        """This browser's runs, and the timer that looks for news while one is active."""
        session = self.backend.sessions.of_request(request)
        drawn, timer = job_rows(self.backend.jobs, owner, KIND, under=lambda job: self._result(job, session))
        return drawn or self._nothing(), timer

    def list_manifests(self) -> tuple[Any, ...]:
        """Update the manifests to pick from, the button for the demo set (unless it is there), the Evaluate button."""
        names = list(manifests(self.folder))
        picked = gr.Dropdown(choices=names, value=names[0] if names else None)
        return picked, gr.Button(visible=DEMO not in names), gr.Button(interactive=bool(names))

    def start(self, name: str | None, most: float, owner: str, request: gr.Request) -> tuple[Any, ...]:
        """Start a run."""

        def call() -> None:
            start(self.backend, owner, self.folder, name, int(most or 0) or None)

        return outcome(call), *self.show(owner, request)

    def add_demo(self, owner: str, request: gr.Request) -> Iterator[Updates]:
        """Add the demo set to the manifests."""

        def work(tell: Progress) -> Updates:
            make_demo(self.folder, tell)
            runs, timer = self.show(owner, request)
            listed = dict(zip(self.manifest_outputs, self.list_manifests(), strict=True))
            done = cards.notice("The demo set is there. Evaluate it.", "good")
            return {self.note: done, self.runs: runs, self.timer: timer, **listed}

        yield from page_events.with_progress(self.note, "getting the demo's clips", work)

    def _nothing(self) -> str:
        return cards.placeholder(_READY if manifests(self.folder) else _NONE)

    def _result(self, job: Job, session: Session) -> str:
        """A finished run: the main numbers, how to read them, and the report."""
        report = job.result / "report.html" if job.state == "done" else None
        if report is None or not report.is_file():  # it may be deleted, as it shows people
            return ""
        url = session.link(report, "text/html")
        head = "".join(f'<th scope="col">{escape(title)}</th>' for title in ("", *(row[2] for row in MEASURES)))
        rows = ""
        for name, numbers in headline(job.result):  # a system and what it is, then each number over its interval
            cells = "".join(f'<td>{escape(n)}<span class="pv-dim">{escape(near)}</span></td>' for n, near in numbers)
            ours = ' class="pv-ours"' if name.startswith("ours") else ""
            what = f'<span class="pv-dim">{escape(_SYSTEMS.get(name, ""))}</span>'
            rows += f"<tr{ours}><td>{escape(name)}{what}</td>{cells}</tr>"
        meanings = "".join(f"<li><b>{escape(title)}</b>: {escape(what)}</li>" for *_, title, what in MEASURES)
        return (
            f'<div class="pv-table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
            f'<p class="pv-dim">{_HOW_TO_READ}</p><ul class="pv-dim pv-hints">{meanings}</ul>'
            f'<p><a href="{url}" target="_blank" rel="noopener">Open the whole report</a></p>'
            f'<iframe class="pv-report" src="{url}" sandbox title="Report of {escape(job.name)}" loading="lazy">'
            "</iframe>"
        )


def manifests(folder: Path) -> dict[str, Path]:
    """The manifests in a folder, by name: JSON files and subfolders, but no links that lead out of it."""
    if not folder.is_dir():
        return {}
    shown = (p for p in folder.iterdir() if not p.name.startswith("."))
    inside = sorted(p for p in shown if p.resolve().parent == folder.resolve())
    return {p.name: p for p in inside if p.is_dir() or p.suffix == SUFFIX}


def make_demo(folder: Path, progress: Progress = lambda what, done, total: None) -> Path:
    """Write the demo set (clips, two people, questions with true answers; footage is fetched); returns its folder."""
    weights.fetch(table=packages.table("footage"), progress=progress)
    progress("cutting the clips", 0, 0)
    made = folder / f".{DEMO}"  # seen under its name only when it is whole
    shutil.rmtree(made, ignore_errors=True)
    for name, clip in footage.build(made / "clips").items():
        if name not in (*footage.ENROLLED.values(), *footage.EVALUATED):
            clip.unlink()
    subjects = tuple(Subject(name, f"clips/{clip}.mp4", DEMO) for name, clip in footage.ENROLLED.items())
    write(Manifest(DEMO, made, subjects, tuple(_demo_items())), made)
    shutil.rmtree(folder / DEMO, ignore_errors=True)
    made.rename(folder / DEMO)
    return folder / DEMO


def _demo_items() -> list[Item]:
    """Two questions about each person in each clip: is she there, and what does she wear?"""
    items: list[Item] = []
    for clip in footage.EVALUATED:
        there = {name: name in footage.SHOTS[clip].shows for name in footage.ENROLLED}
        for name, present in there.items():
            truth = f"{'Yes' if present else 'No'}, {name} is {'' if present else 'not '}in this video."
            wears = ("single", "appearance", f"What is {name} wearing?", footage.WEARS[name])
            refuses = ("refusal", "appearance", f"What is {name} wearing?", truth)
            rows = (("single", "existence", f"Is {name} in this video?", truth), wears if present else refuses)
            for row in rows:
                number, file = f"q{len(items):02d}", f"clips/{clip}.mp4"
                items.append(Item(number, DEMO, file, (name,), *row, {name: present}))
    return items


def start(backend: Backend, owner: str, folder: Path, name: str | None, limit: int | None) -> Job:
    """Start an evaluation by a manifest of the folder, with at most `limit` questions; `owner`: the browser's key."""
    path = manifests(folder).get(name or "")
    if path is None:
        raise SettingsError("there is no such manifest.", subject=name or "", hint="Pick one from the list.")
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    out = home() / "evaluations" / f"{path.stem[:60]}-{stamp}-{secrets.token_hex(2)}"

    def work(stop: threading.Event, progress: Progress) -> Path | None:
        from pvchat.eval.run import run
        from pvchat.eval.worker import EvalOptions

        watch = Watch(lambda what, done, total: progress(_STEPS.get(what, what), done, total), stop)
        try:
            run(path, out, EvalOptions(limit=limit), progress=watch.step, chat=backend.engine.chat)
        except StoppedError:
            return None
        return out

    return backend.jobs.add(Job(owner, path.name, work, kind=KIND, main=_STEPS["clips"]))


def headline(folder: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each system of a run its name, and value and 95 % interval of each of `MEASURES` ("" if there is none)."""
    found = []
    for name, system in json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["systems"].items():
        numbers = []
        for group, key, *_ in MEASURES:
            measure = system.get("overall", {}).get(group, {}).get(key) or {}
            value, low, high = (measure.get(part) for part in ("value", "low", "high"))
            near = "" if None in (value, low, high) else f"{low:.2f}–{high:.2f}"
            numbers.append(("–" if value is None else f"{value:.2f}", near))
        found.append((name, numbers))
    return found
