"""The evaluate tab: pick a set of questions, run it in the background, see the numbers and the report.

In: a `Desk` and the folder with manifests. Out: Gradio components and their events. Like trainings, a run survives a
reload of the page and can be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat_app import cards, evaluation
from pvchat_app.desk import Desk
from pvchat_app.evaluation import DEMO, MEASURES
from pvchat_app.jobs import Job
from pvchat_app.page_events import POLL_S, PRIVATE, QUICK, clicks, job_rows, same, sent
from pvchat_app.progress import watched
from pvchat_app.sessions import Session
from pvchat_app.wording import escape, from_home

MAX_QUESTIONS = 1_000_000
_WHAT = (
    "<p data-words>How often is PVChat right? Questions whose answers are known are asked about clips, and counted.</p>"
    "<p data-words>They come from a manifest: people with a clip of each, other clips, and questions with their true "
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
    """The tab's components, laid out and connected; the public methods are events.

    `browser`: the key by which a browser knows its runs again after a reload.
    """

    def __init__(self, desk: Desk, browser: gr.BrowserState, folder: Path) -> None:
        self.desk, self.folder = desk, folder
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
                note = gr.HTML("", elem_id="pv-eval-note")
                self.runs = gr.HTML(self._nothing(), elem_id="pv-eval-runs", js_on_load=clicks("cancel"))
        self.timer = gr.Timer(POLL_S, active=False)  # `show` fills it, and `runs`
        self.offered = [picked, demo, button]  # what `offer` fills
        shown = [self.runs, self.timer]
        button.click(self.start, [picked, limit, browser], [note, *shown], **QUICK)
        self.timer.tick(self.show, browser, shown, **QUICK)
        self.runs.click(self.cancel, browser, shown, **QUICK)
        demo.click(self.add_demo, browser, [note, *self.offered, *shown], show_progress="hidden", **PRIVATE)

    def come(self, owner: str, request: gr.Request) -> tuple[Any, ...]:
        """A browser finds its runs again, and the manifests."""
        return *self.show(owner, request), *self.offer()

    def show(self, owner: str, request: gr.Request) -> tuple[Any, ...]:
        """This browser's runs, and whether to look again soon."""
        session = self.desk.sessions.asking(request)
        drawn, timer = job_rows(self.desk.jobs, owner, evaluation.KIND, under=lambda job: self._result(job, session))
        return drawn or self._nothing(), timer

    def offer(self) -> tuple[Any, ...]:
        """The manifests, the button for the demo set where that isn't one of them, the button that evaluates."""
        names = list(evaluation.manifests(self.folder))
        picked = gr.Dropdown(choices=names, value=names[0] if names else None)
        return picked, gr.Button(visible=DEMO not in names), gr.Button(interactive=bool(names))

    def start(self, name: str | None, most: float, owner: str, request: gr.Request) -> tuple[Any, ...]:
        """Queue a run."""
        problem = ""
        try:
            evaluation.start(self.desk, owner, self.folder, name, int(most or 0) or None)
        except Exception as error:
            problem = cards.error_card(error)
        return problem, *self.show(owner, request)

    def cancel(self, owner: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Stop a run."""
        self.desk.jobs.cancel(sent(event, "cancel"), owner or "")
        return self.show(owner, request)

    def add_demo(self, owner: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """The demo set becomes one of the manifests."""
        try:
            for bar in watched("getting the demo's clips", lambda tell: evaluation.make_demo(self.folder, tell)):
                yield bar, *same(5)
        except Exception as error:
            yield cards.error_card(error), *same(5)
            return
        done = cards.notice("The demo set is there. Evaluate it.", "good")
        yield done, *self.offer(), *self.show(owner, request)

    def _nothing(self) -> str:
        return cards.empty(_READY if evaluation.manifests(self.folder) else _NONE)

    def _result(self, job: Job, session: Session) -> str:
        """The headline numbers, how to read them, and the report of a finished run."""
        report = evaluation.report_of(job)
        if report is None:
            return ""
        url = session.link_once(report, "text/html")
        head = "".join(f'<th scope="col">{escape(title)}</th>' for title in ("", *(row[2] for row in MEASURES)))
        rows = "".join(_row(name, numbers) for name, numbers in evaluation.headline(job))
        meanings = "".join(f"<li><b>{escape(title)}</b>: {escape(what)}</li>" for *_, title, what in MEASURES)
        return (
            f'<div class="pv-table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
            f'<p class="pv-dim">{_HOW_TO_READ}</p><ul class="pv-dim pv-hints">{meanings}</ul>'
            f'<p><a href="{url}" target="_blank" rel="noopener">Open the whole report</a></p>'
            f'<iframe class="pv-report" src="{url}" sandbox title="Report of {escape(job.name)}" loading="lazy">'
            "</iframe>"
        )


def _row(name: str, numbers: list[tuple[str, str]]) -> str:
    """A system's row: its name and what it is, then each number over its interval."""
    cells = "".join(f'<td>{escape(value)}<span class="pv-dim">{escape(near)}</span></td>' for value, near in numbers)
    ours = ' class="pv-ours"' if name.startswith("ours") else ""
    what = f'<span class="pv-dim">{escape(_SYSTEMS.get(name, ""))}</span>'
    return f"<tr{ours}><td>{escape(name)}{what}</td>{cells}</tr>"
