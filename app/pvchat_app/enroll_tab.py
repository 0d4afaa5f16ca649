"""The enroll tab: clip or photo in, people found as thumbnails, name, consent, and the deep training that may follow.

In: a `Desk`. Out: Gradio components and their events. What an event does is `Desk`'s; here it becomes updates of the
page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pvchat.chat.english import are, join
from pvchat.errors import PeopleError, PVChatError, SubjectError
from pvchat.people.person import Person, name_key
from pvchat.schemas import Progress
from pvchat_app import cards, jobcards
from pvchat_app.acquaintance import add_clip, looks_like, would_help
from pvchat_app.desk import Desk
from pvchat_app.picks import meant, name_of, pick
from pvchat_app.progress import watched
from pvchat_app.sessions import Session
from pvchat_app.timeline import percent

CLIPS = ["video", "image"]
PRIVATE: dict[str, Any] = {"api_visibility": "private", "api_name": "page"}
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1, **PRIVATE}
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
MOST = 12  # people of a clip that can be picked
MOST_JOBS = 6  # shown, newest first
CONSENT = "the consent tick"
OTHER = " other"  # "another person": no name begins with a space
POLL_S = 1.5  # of running trainings; nothing is polled while none runs
_DEEP = "Deep trains personal tokens, which a pretrained base answers by."
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
    taken: list[Any]  # what shows a clip of the chat from which somebody is to be enrolled, see `taking`


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
            hints = gr.HTML("", elem_id="pv-enroll-hints")
            whose = gr.Radio([], label="Known already?", visible=False, elem_id="pv-whose")
            name = gr.Textbox(
                label="Name", placeholder="What the person is called in questions", max_length=200, elem_id="pv-name"
            )
            depth = gr.Radio(
                [("Instant (seconds)", "instant"), ("Instant, then deep in the background (minutes)", "deep")],
                value="instant", label="Depth", elem_id="pv-depth", info=_DEEP, visible=False,
            )  # fmt: skip
            consent = gr.Checkbox(
                label="This person has agreed to be enrolled, face and voice (or it is me)",
                value=False,
                elem_id="pv-consent",
            )
            replace = gr.Checkbox(label="Replace the person who has this name", visible=False, elem_id="pv-replace")
            button = gr.Button("Enroll", variant="primary", elem_id="pv-enroll")
            result = gr.HTML("", elem_id="pv-enroll-result")
            jobs = gr.HTML("", elem_id="pv-jobs", js_on_load=CANCEL)
    timer = gr.Timer(POLL_S, active=False)

    about = [hints, whose, name, consent, button, depth]  # what follows who is picked
    see = _seeing(desk)
    for source in (upload, camera):
        source.change(see, source, [shown, found, result, *about], show_progress="hidden", **MODEL)
    found.click(_picking(desk), None, [result, *about], **QUICK)
    whose.input(_named, whose, [name, button], **QUICK)
    inputs = [name, whose, consent, replace, depth, browser]
    outputs = [result, replace, jobs, timer, name, consent, whose, button, found]
    clicks = [button.click, name.submit]
    enrolled = gr.on(clicks, _enrolling(desk), inputs, outputs, show_progress="hidden", **MODEL)
    timer.tick(_watching(desk), browser, [jobs, timer], **QUICK)
    jobs.click(_cancelling(desk), browser, [jobs, timer], **QUICK)
    return EnrollTab(jobs, timer, enrolled, [upload, shown, found, result], [shown, found, result, *about])


def redrawn(session: Session) -> tuple[Any, ...]:
    """Upload, player, people found and result, after somebody may have been forgotten."""
    if session.enrolling is not None:
        return gr.skip(), gr.skip(), gr.skip(), gr.skip()
    return None, cards.steps(*_NOTHING), "", ""


def require_filled(form: Mapping[str, Any]) -> None:
    """Raise PeopleError that says all of a form's fields that are empty, by what they are called."""
    if missing := [what for what, value in form.items() if not value]:
        hint = "Tick it if the person has agreed." if missing == [CONSENT] else ""
        raise PeopleError(f"{join(missing)} {are(missing)} missing.", hint=hint)


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
    def see(upload: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Show the clip and who is in it; consent is asked for anew."""
        session = desk.sessions.asking(request)
        if session.enrolling is not None:
            session.drop(session.enrolling)
        session.enrolling, session.pick = None, 1
        stands, same = cards.steps(*_NOTHING), [gr.skip()] * 6
        yield (
            stands,
            "",
            "",
            *_about(desk, session)[:2],
            gr.Textbox(value="", visible=True),
            gr.Checkbox(value=False),
            gr.Button("Enroll"),
            gr.skip(),
        )
        if not upload:
            return
        try:
            clip = desk.receive(session, upload)
            session.enrolling, stands = clip, cards.player(clip)
            for bar in watched("looking at the clip", lambda tell: desk.look(clip, tell)):
                yield stands, bar, "", *same
            yield stands, _found(desk, session), "", *_about(desk, session)
        except Exception as error:
            yield stands, "", cards.error_card(error), *same

    return see


def _found(desk: Desk, session: Session) -> str:
    """Who is in the enrollment clip, and whom of them one knows; raises NoSubjectError where there is nobody."""
    clip = session.enrolling
    analysis = clip.analysis if clip is not None else None
    if clip is None or analysis is None:
        return ""
    tracks, seconds = desk.subjects(clip)
    alike = [looks_like(desk, analysis, track) for track in tracks[:MOST]]
    known = [person.name if person is not None and person.decision == "present" else "" for person in alike]
    return cards.subjects(tracks[:MOST], seconds[:MOST], session.pick, known, max(0, len(tracks) - MOST))


def _about(desk: Desk, session: Session) -> tuple[Any, ...]:
    """What follows who is picked: hints, whether she is known, what follows that (name, consent, button), and depth.

    Only a pretrained base is trained on somebody: an instant enrollment is all that the shipped model takes.
    """
    hints: list[str] = []
    clip, known, whose = session.enrolling, None, gr.Radio(visible=False, choices=[], value=None)
    analysis = clip.analysis if clip is not None else None
    if clip is not None and analysis is not None:
        track = desk.subjects(clip)[0][session.pick - 1]
        hints, known = would_help(analysis, track), looks_like(desk, analysis, track)
    person = desk.engine.people.find(known.name) if known is not None else None
    if known is not None and person is not None:
        looks = "This looks like" if known.decision == "present" else "This may be"
        whose = gr.Radio(
            [(f"Add this clip to {known.name}", pick(person)), ("Another person", OTHER)], value=None, visible=True,
            label=f"{looks} {known.name}, who is enrolled ({percent(known.probability)})",
        )  # fmt: skip
    depth = gr.Radio(visible=clip is not None and desk.engine.trains)
    return cards.hints(hints), whose, gr.Textbox(visible=True), gr.skip(), gr.Button("Enroll"), depth


def _named(whose: str | None) -> tuple[Any, Any]:
    """A name is needed for another person only."""
    add = whose not in (None, OTHER)
    return gr.Textbox(visible=not add), gr.Button(f"Add to {name_of(whose)}" if whose and add else "Enroll")


def taking(desk: Desk) -> Callable[..., Any]:
    """The event of "Enroll somebody from this clip" in the chat: `EnrollTab.taken`."""

    def take(request: gr.Request) -> tuple[Any, ...]:
        """The chat's clip is the one to enroll from; consent is asked for anew."""
        session = desk.sessions.asking(request)
        try:
            clip = desk.take_for_enrolling(session)
            found, about = _found(desk, session), list(_about(desk, session))
        except PVChatError as error:
            return gr.skip(), "", cards.error_card(error), *[gr.skip()] * 6
        about[3] = gr.Checkbox(value=False)
        return cards.player(clip), found, "", *about

    return take


def _picking(desk: Desk) -> Callable[..., Any]:
    def pick(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Note which of the people found is meant."""
        session, picked = desk.sessions.asking(request), sent(event, "pick")
        if picked.isdigit() and 1 <= int(picked) <= MOST:
            session.pick = int(picked)
        hints, whose, name, _, *rest = _about(desk, session)
        return "", hints, whose, name, gr.Checkbox(value=False), *rest

    return pick


def _enrolling(desk: Desk) -> Callable[..., Any]:
    def enroll(
        name: str, whose: str | None, consent: bool, replace: bool, depth: str, owner: str, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Enroll at once, or add the clip to who is known; begin the deep training if it was asked for."""
        session, kept = desk.sessions.asking(request), list[Any]([gr.skip()] * 5)
        try:
            _check(desk, session, name, whose, consent)
            add, made = whose not in (None, OTHER), list[Person]()

            def work(tell: Progress) -> None:
                made.append(add_clip(desk, session, meant(desk.engine.people, whose).name, tell) if add
                            else desk.enroll(session, name, replace, tell))  # fmt: skip

            for bar in watched("enrolling", work):
                yield bar, gr.skip(), *show_jobs(desk, owner), *kept
            if deep := depth == "deep" and not add and desk.engine.trains:
                desk.train(session, made[0], owner)
        except PVChatError as error:
            taken = isinstance(error, PeopleError) and "replace" in error.hint.lower()
            if whose not in (None, OTHER):  # she isn't as the page shows her, or can't take a clip just now
                kept[0], kept[2], kept[3] = gr.Textbox(visible=True), _about(desk, session)[1], gr.Button("Enroll")
            yield cards.error_card(error), gr.Checkbox(visible=taken or replace), *show_jobs(desk, owner), *kept
            return
        except Exception as error:
            yield cards.error_card(error), gr.Checkbox(), *show_jobs(desk, owner), *kept
            return
        told = cards.added(made[0]) if add else cards.enrolled(made[0], deep)
        fresh = (
            gr.Textbox(value="", visible=True),
            gr.Checkbox(value=False),
            gr.Radio(visible=False, value=None),
            gr.Button("Enroll"),
            _found(desk, session),
        )
        yield told, gr.Checkbox(value=False, visible=False), *show_jobs(desk, owner), *fresh

    return enroll


def _check(desk: Desk, session: Session, name: str, whose: str | None, consent: bool) -> None:
    """Nobody is enrolled without consent, nor under a new name before the user has said that it is another person."""
    clip = session.enrolling
    named = bool(name.strip()) or whose not in (None, OTHER)
    require_filled({"a clip": clip is not None, "a name": named, CONSENT: consent})
    analysis = clip.analysis if clip is not None else None
    if whose is not None or clip is None or analysis is None:
        return
    known = looks_like(desk, analysis, desk.subjects(clip)[0][session.pick - 1])
    if known is not None and name_key(known.name) != name_key(name):
        what = f"this looks like {known.name}, who is enrolled already."
        raise SubjectError(what, hint=f"Say above whether it is {known.name} or another person.")


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
