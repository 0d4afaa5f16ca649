"""The enroll tab: clip or photo in, people found as thumbnails, name, consent, and the deep training that may follow.

In: a `Desk`. Out: Gradio components and their events. What an event does is `Desk`'s; here it becomes updates of the
page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pvchat.errors import NoSubjectError, PeopleError, PVChatError
from pvchat_app import cards, jobcards
from pvchat_app.desk import Desk
from pvchat_app.sessions import Session

CLIPS = ["video", "image"]
PRIVATE: dict[str, Any] = {"api_visibility": "private", "api_name": "page"}
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1, **PRIVATE}
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
MOST_JOBS = 6  # shown, newest first
POLL_S = 1.5  # of running trainings; nothing is polled while none runs
_NOTHING = (
    "Upload or record one clip of the person: a few seconds in which the face can be seen. A photo works too.",
    "Give the person a name.",
    "Ask about other clips in the Chat tab.",
)
_PICK = """element.addEventListener('change', (event) => {
  if (event.target.name === 'pv-subject') trigger('click', {pick: event.target.value}); });"""
CANCEL = """element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-cancel]');
  if (button && !button.disabled) { button.disabled = true; trigger('click', {job: button.dataset.cancel}); } });"""


FOLLOW = """() => { let tries = 0; const look = () => {
  const link = document.querySelector('#WHERE a');
  if (link && link.href !== window.pvFollowed) { window.pvFollowed = link.href; link.click(); }
  else if (tries++ < 100) setTimeout(look, 100); }; look(); }"""


@dataclass
class EnrollTab:
    """The components that other parts of the page need."""

    jobs: gr.HTML
    timer: gr.Timer
    enrolled: Any  # the event after which lists of people are out of date
    held: list[Any]  # what shows the clip that was enrolled from, see `redrawn`


def build(desk: Desk, browser: gr.BrowserState) -> EnrollTab:
    """Lay the tab out and connect it.

    Args:
        desk: does the work.
        browser: the key by which a browser knows its trainings again after a reload.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=300):
            upload = gr.File(label="Clip or photo of a person", file_types=CLIPS, elem_id="pv-enroll-file", height=130)
            with gr.Accordion("Or record with the camera", open=False):
                camera = _camera()
            shown = gr.HTML(cards.steps(*_NOTHING), elem_id="pv-enroll-player")
        with gr.Column(scale=1, min_width=300):
            found = gr.HTML("", elem_id="pv-subjects", js_on_load=_PICK)
            name = gr.Textbox(
                label="Name", placeholder="What the person is called in questions", max_length=200, elem_id="pv-name"
            )
            depth = gr.Radio(
                [("Instant (seconds)", "instant"), ("Instant, then deep in the background (minutes)", "deep")],
                value="instant", label="Depth", elem_id="pv-depth",
            )  # fmt: skip
            consent = gr.Checkbox(
                label="This person has agreed to be enrolled (or it is me)", value=False, elem_id="pv-consent"
            )
            replace = gr.Checkbox(label="Replace the person who has this name", visible=False, elem_id="pv-replace")
            button = gr.Button("Enroll", variant="primary", elem_id="pv-enroll")
            result = gr.HTML("", elem_id="pv-enroll-result")
            jobs = gr.HTML("", elem_id="pv-jobs", js_on_load=CANCEL)
    timer = gr.Timer(POLL_S, active=False)

    see = _seeing(desk)
    for source in (upload, camera):
        source.change(see, source, [shown, found, result], show_progress_on=shown, **MODEL)
    found.click(_picking(desk), None, None, **QUICK)
    inputs = [name, consent, replace, depth, browser]
    outputs = [result, replace, jobs, timer]
    clicks = [button.click, name.submit]
    enrolled = gr.on(clicks, _enrolling(desk), inputs, outputs, show_progress_on=result, **MODEL)
    timer.tick(_watching(desk), browser, [jobs, timer], **QUICK)
    jobs.click(_cancelling(desk), browser, [jobs, timer], **QUICK)
    return EnrollTab(jobs, timer, enrolled, [upload, shown, found, result])


def redrawn(session: Session) -> tuple[Any, ...]:
    """Upload, player, people found and result, after somebody may have been forgotten."""
    if session.enrolling is not None:
        return gr.skip(), gr.skip(), gr.skip(), gr.skip()
    return None, cards.steps(*_NOTHING), "", ""


def sent(event: gr.EventData, key: str) -> str:
    """What a component's own script sent along with its event, as text; "" where it sent nothing of the kind."""
    return str((event._data or {}).get(key, ""))  # Gradio's `event.key` fails where nothing at all was sent


def following(where: str) -> str:
    """A script that follows the link that is about to appear in an element: what was asked for is saved at once."""
    return FOLLOW.replace("WHERE", where)


def show_jobs(desk: Desk, owner: str) -> tuple[str, Any]:
    """This browser's trainings, and whether to look again soon."""
    jobs = desk.jobs.of(owner) if owner else []
    for job in jobs:
        if job.state == "running":
            jobcards.preview(job, desk.samples_of(job))
    shown = jobs[:MOST_JOBS]
    html = jobcards.job_list(shown, [desk.jobs.ahead_of(job) for job in shown], {job.id: job.preview for job in shown})
    return html, gr.Timer(active=any(job.active for job in jobs))


def _camera() -> gr.Video:
    """The camera. Its recording is taken as it is: Gradio would run a separate ffmpeg over it to drop the sound."""
    camera = gr.Video(
        sources=["webcam"], label="Camera", include_audio=False, elem_id="pv-camera", height=260,
        webcam_options=gr.WebcamOptions(mirror=False),
    )  # fmt: skip

    def as_it_is(payload: Any) -> str | None:
        return None if payload is None else str(payload.path)

    camera.preprocess = as_it_is  # a subclass would make Gradio write a stub file beside this one
    return camera


def _seeing(desk: Desk) -> Callable[..., Any]:
    def see(upload: str | None, request: gr.Request, progress: gr.Progress = gr.Progress()) -> tuple[str, str, str]:  # noqa: B008
        """Show the clip and who is in it."""
        session = desk.sessions.of(request.session_hash or "")
        if session.enrolling is not None:
            session.drop(session.enrolling)
        session.enrolling, session.pick = None, 1
        if not upload:
            return cards.steps(*_NOTHING), "", ""
        try:
            progress(0.0, desc="reading the clip")
            clip = desk.receive(session, upload)
            session.enrolling = clip
            desk.look(clip, reporter(progress))
            tracks, seconds = desk.subjects(clip)
        except NoSubjectError as error:
            return cards.player(clip), "", cards.error_card(error)
        except Exception as error:
            return cards.steps(*_NOTHING), "", cards.error_card(error)
        return cards.player(clip), cards.subjects(tracks[:8], seconds[:8], 1), ""

    return see


def _picking(desk: Desk) -> Callable[..., None]:
    def pick(event: gr.EventData, request: gr.Request) -> None:
        """Note which of the people found is meant."""
        picked = sent(event, "pick")
        if picked.isdigit() and 1 <= int(picked) <= 8:
            desk.sessions.of(request.session_hash or "").pick = int(picked)

    return pick


def _enrolling(desk: Desk) -> Callable[..., Any]:
    def enroll(
        name: str, consent: bool, replace: bool, depth: str, owner: str, request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, ...]:  # fmt: skip
        """Enroll at once; begin the deep training if it was asked for."""
        session = desk.sessions.of(request.session_hash or "")
        try:
            if not consent:
                raise PeopleError("the consent tick is missing.", hint="Tick it if the person has agreed.")
            person = desk.enroll(session, name, replace, reporter(progress))
            if depth == "deep":
                desk.train(session, person, owner)
        except PVChatError as error:
            taken = isinstance(error, PeopleError) and "replace" in error.hint.lower()
            return cards.error_card(error), gr.Checkbox(visible=taken or replace), *show_jobs(desk, owner)
        except Exception as error:
            return cards.error_card(error), gr.Checkbox(), *show_jobs(desk, owner)
        told = cards.enrolled(person, depth == "deep")
        return told, gr.Checkbox(value=False, visible=False), *show_jobs(desk, owner)

    return enroll


def _watching(desk: Desk) -> Callable[..., Any]:
    def watch(owner: str) -> tuple[str, Any]:
        """Where this browser's trainings are."""
        return show_jobs(desk, owner)

    return watch


def _cancelling(desk: Desk) -> Callable[..., Any]:
    def cancel(owner: str, event: gr.EventData) -> tuple[str, Any]:
        """Stop a training of this browser."""
        desk.jobs.cancel(sent(event, "job"), owner or "")
        return show_jobs(desk, owner)

    return cancel


def reporter(progress: gr.Progress) -> Callable[[str, float, float], None]:
    """PVChat's progress on Gradio's bar."""

    def tell(what: str, done: float, total: float) -> None:
        progress(min(1.0, done / total) if total else 0.0, desc=what)

    return tell
