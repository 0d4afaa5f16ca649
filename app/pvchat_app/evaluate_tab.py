"""The evaluate tab: pick a manifest, run it in the background, see the numbers and the report.

In: a `Desk` and the folder with manifests. Out: Gradio components and their events. Like trainings, a run survives a
reload of the page and can be stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat_app import cards, demoset, evaluation, jobcards
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import CANCEL, POLL_S, PRIVATE, QUICK, sent
from pvchat_app.progress import watched
from pvchat_app.wording import escape

_NONE = "No manifest yet. A manifest lists people, clips and questions: take the demo set, or add your own."
MAX_QUESTIONS = 1_000_000
Show = Callable[[str, str], tuple[Any, ...]]  # a browser's key, its session → its runs, the timer


@dataclass
class EvaluateTab:
    """The components that are filled when a browser comes."""

    runs: gr.HTML
    timer: gr.Timer
    offered: list[Any]  # what `offer` fills
    show: Show
    offer: Callable[[], tuple[Any, ...]]  # the manifests that are there now


def build(desk: Desk, browser: gr.BrowserState, folder: Path) -> EvaluateTab:
    """Lay the tab out and connect it."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=280):
            picked = gr.Dropdown([], label="Manifest", elem_id="pv-manifest", filterable=False)
            limit = _limit()
            button = gr.Button("Evaluate", variant="primary", elem_id="pv-evaluate")
            gr.HTML(_where(folder), elem_id="pv-manifests-where")
            demo = gr.Button("Add the demo set", size="sm", visible=False, elem_id="pv-demo-set")
        with gr.Column(scale=2, min_width=300):
            note = gr.HTML("", elem_id="pv-eval-note")
            runs = gr.HTML(cards.empty(_told(folder)), elem_id="pv-eval-runs", js_on_load=CANCEL)
    timer = gr.Timer(POLL_S, active=False)
    show, offer = _showing(desk, folder), _offering(folder)

    def watch(owner: str, request: gr.Request) -> tuple[Any, ...]:
        """Where the runs are."""
        return show(owner, _session(request))

    def cancel(owner: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Stop a run."""
        desk.jobs.cancel(sent(event, "job"), owner or "")
        return show(owner, _session(request))

    button.click(_starting(desk, folder, show), [picked, limit, browser], [note, runs, timer], **QUICK)
    timer.tick(watch, browser, [runs, timer], **QUICK)
    runs.click(cancel, browser, [runs, timer], **QUICK)
    added = [note, picked, demo, button, runs]
    demo.click(_adding(folder, show, offer), browser, added, show_progress="hidden", **PRIVATE)
    return EvaluateTab(runs, timer, [picked, demo, button], show, offer)


def _showing(desk: Desk, folder: Path) -> Show:
    def show(owner: str, session: str) -> tuple[Any, ...]:
        """This browser's runs, and whether to look again soon."""
        jobs = desk.jobs.of(owner or "", evaluation.KIND)[:6]
        return _drawn(desk, jobs, session, folder), gr.Timer(active=any(job.active for job in jobs))

    return show


def _offering(folder: Path) -> Callable[[], tuple[Any, ...]]:
    def offer() -> tuple[Any, ...]:
        """The manifests, the button for the demo set where that isn't one of them, the button that evaluates."""
        names = list(evaluation.manifests(folder))
        picked = gr.Dropdown(choices=names, value=names[0] if names else None)
        return picked, gr.Button(visible=demoset.NAME not in names), gr.Button(interactive=bool(names))

    return offer


def _starting(desk: Desk, folder: Path, show: Show) -> Callable[..., Any]:
    def start(name: str | None, most: float, owner: str, request: gr.Request) -> tuple[Any, ...]:
        """Queue a run."""
        try:
            evaluation.start(desk, owner, folder, name, int(most) or None)
        except Exception as error:
            return cards.error_card(error), *show(owner, _session(request))
        return "", *show(owner, _session(request))

    return start


def _adding(folder: Path, show: Show, offer: Callable[[], tuple[Any, ...]]) -> Callable[..., Any]:
    def add(owner: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """The demo set becomes one of the manifests."""
        kept = [gr.skip()] * 4
        try:
            for bar in watched("getting the demo's clips", lambda tell: demoset.make(folder, tell)):
                yield bar, *kept
        except Exception as error:
            yield cards.error_card(error), *kept
            return
        yield cards.notice("The demo set is there. Evaluate it.", "good"), *offer(), show(owner, _session(request))[0]

    return add


def _limit() -> gr.Number:
    label = "Questions at most (0: all)"
    return gr.Number(0, label=label, precision=0, minimum=0, maximum=MAX_QUESTIONS, elem_id="pv-eval-limit")


def _session(request: gr.Request) -> str:
    return request.session_hash or ""


def _where(folder: Path) -> str:
    """Where manifests lie, with the home folder as "~": whoever may use the app may know it."""
    shown = folder.absolute()
    if shown.is_relative_to(Path.home()):
        shown = Path("~") / shown.relative_to(Path.home())
    return f'<p class="pv-dim">Manifests (JSON files or folders) lie in <code>{escape(shown)}</code></p>'


def _told(folder: Path) -> str:
    return "Pick a manifest and evaluate: numbers and a report appear here." if evaluation.manifests(folder) else _NONE


def _drawn(desk: Desk, jobs: list[Any], session: str, folder: Path) -> str:
    if not jobs:
        return cards.empty(_told(folder))
    results = {job.id: _result(desk, job, session) for job in jobs}
    return jobcards.job_list(jobs, [desk.jobs.ahead_of(job) for job in jobs], results)


def _result(desk: Desk, job: Any, session: str) -> str:
    """The headline numbers and the link to the report of a finished run."""
    report = evaluation.report_of(job)
    if report is None:
        return ""
    url = desk.sessions.of(session).link_once(report, "text/html")
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in evaluation.columns())
    rows = "".join(_row(name, measures) for name, measures in evaluation.headline(job))
    return (
        f'<div class="pv-table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        f'<p class="pv-dim">1.00 is best; small figures: 95 % intervals. '
        f'<a href="{url}" target="_blank" rel="noopener">Open the whole report</a></p>'
        f'<iframe class="pv-report" src="{url}" sandbox title="Report of {escape(job.name)}" loading="lazy"></iframe>'
    )


def _row(name: str, measures: list[tuple[str, str]]) -> str:
    cells = "".join(f'<td>{escape(value)}<span class="pv-dim">{escape(near)}</span></td>' for value, near in measures)
    ours = ' class="pv-ours"' if name.startswith("ours") else ""
    return f"<tr{ours}><td>{escape(name)}</td>{cells}</tr>"
