"""The enroll tab: clip or photo in, people found as thumbnails, name, consent, and the deep training that may follow.

In: a `Desk`. Out: Gradio components and their events. What an event does is `Desk`'s; here it becomes updates of the
page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from pvchat.errors import PeopleError, PVChatError, SubjectError
from pvchat.identity.reasons import notes_on
from pvchat.people.person import Person, name_key
from pvchat.schemas import ClipAnalysis, Progress, Track
from pvchat_app import cards, jobcards
from pvchat_app.desk import Desk
from pvchat_app.jobs import Job
from pvchat_app.languages import worded
from pvchat_app.page_events import CLIPS, CONSENT, MODEL, POLL_S, QUICK, Updates, clicks, job_rows, require_filled, sent
from pvchat_app.picks import name_of, pick, picked_person
from pvchat_app.progress import watched
from pvchat_app.sessions import Session
from pvchat_app.wording import percent

MOST = 12  # people of a clip that can be picked
_ENROLL = worded("Enroll")
OTHER = " other"  # "another person": no name begins with a space
_DEEP = "Deep trains personal tokens, which a pretrained base answers by."
_NOTHING = (
    "Upload or record one clip of the person: a few seconds in which the face can be seen. A photo works too.",
    "Give the person a name.",
    "Ask about other clips in the Chat tab, about whole folders in Library.",
)
_PICK = """element.addEventListener('change', (event) => {
  if (event.target.name === 'pv-subject') trigger('click', {pick: event.target.value}); });"""


class EnrollTab:
    """The tab's components, laid out and connected; most public methods are events."""

    def __init__(self, desk: Desk, browser: gr.BrowserState) -> None:
        """Build it; `browser` holds the key by which a browser knows its trainings again after a reload."""
        self.desk = desk
        with gr.Row(equal_height=False):
            with gr.Column(scale=1, min_width=300):
                self.upload = gr.File(
                    label="Clip or photo of a person", file_types=CLIPS, elem_id="pv-enroll-file", height=130
                )
                with gr.Accordion("Or record with the camera", open=False):
                    self.camera = _camera()
                self.player = gr.HTML(cards.steps(*_NOTHING), elem_id="pv-enroll-player")
            with gr.Column(scale=1, min_width=300):
                self._lay_out_form()
        self.timer = gr.Timer(POLL_S, active=False)  # `show_jobs` fills it, and `jobs`
        self.held = [self.upload, self.player, self.found, self.result]  # what `redrawn` fills
        self._about = [self.hints, self.whose, self.name, self.consent, self.button, self.depth]  # of who is picked
        self.taken = [self.upload, self.player, self.found, self.result, *self._about]  # what `take` fills
        self._connect(browser)

    def _lay_out_form(self) -> None:
        self.found = gr.HTML("", elem_id="pv-subjects", js_on_load=_PICK)
        self.hints = gr.HTML("", elem_id="pv-enroll-hints")
        self.whose = gr.Radio([], label="Known already?", visible=False, elem_id="pv-whose")
        self.name = gr.Textbox(
            label="Name", placeholder="What the person is called in questions", max_length=200, elem_id="pv-name"
        )
        self.depth = gr.Radio(
            [("Instant (seconds)", "instant"), ("Instant, then deep in the background (minutes)", "deep")],
            value="instant", label="Depth", elem_id="pv-depth", info=_DEEP, visible=False,
        )  # fmt: skip
        self.consent = gr.Checkbox(
            label="This person has agreed to be enrolled, face and voice (or it is me)",
            value=False,
            elem_id="pv-consent",
        )
        self.replace = gr.Checkbox(label="Replace the person who has this name", visible=False, elem_id="pv-replace")
        self.button = gr.Button(_ENROLL, variant="primary", elem_id="pv-enroll")
        self.result = gr.HTML("", elem_id="pv-enroll-result")
        self.jobs = gr.HTML("", elem_id="pv-jobs", js_on_load=clicks("cancel"))

    def _connect(self, browser: gr.BrowserState) -> None:
        for event, source in ((self.upload.upload, self.upload), (self.upload.clear, self.upload),
                              (self.camera.change, self.camera)):  # fmt: skip
            event(self.see, source, self.taken[1:], show_progress="hidden", **MODEL)
        self.found.click(self.choose, None, [self.result, *self._about], **QUICK)
        self.whose.input(_named, self.whose, [self.name, self.button], **QUICK)
        inputs = [self.name, self.whose, self.consent, self.replace, self.depth, browser]
        outputs = [self.result, self.found, self.replace, self.jobs, self.timer, *self._about]
        enrolls = [self.button.click, self.name.submit]
        # The event after which lists of people are out of date
        self.enrolled = gr.on(enrolls, self.enroll, inputs, outputs, show_progress="hidden", **MODEL)
        self.timer.tick(self.show_jobs, browser, [self.jobs, self.timer], **QUICK)
        self.jobs.click(self.cancel, browser, [self.jobs, self.timer], **QUICK)

    def redrawn(self, session: Session) -> Updates:
        """Upload, player, people found and result, after somebody may have been forgotten."""
        emptied = {self.upload: None, self.player: cards.steps(*_NOTHING), self.found: "", self.result: ""}
        return emptied if session.enrolling is None else {}

    def show_jobs(self, owner: str) -> tuple[str, Any]:
        """This browser's trainings, and whether to look again soon."""

        def samples(job: Job) -> str:
            if job.state == "running":
                jobcards.preview(job, self.desk.samples_of(job))
            return job.preview

        return job_rows(self.desk.jobs, owner, "deep", under=samples)

    def cancel(self, owner: str, event: gr.EventData) -> tuple[str, Any]:
        """Stop a training of this browser."""
        self.desk.jobs.cancel(sent(event, "cancel"), owner or "")
        return self.show_jobs(owner)

    def see(self, upload: str | None, request: gr.Request) -> Iterator[Updates]:
        """Show the clip and who is in it; consent is asked for anew."""
        session = self.desk.sessions.asking(request)
        if session.enrolling is not None:
            session.drop(session.enrolling)
        session.enrolling, session.pick = None, 1
        emptied = {self.player: cards.steps(*_NOTHING), self.found: "", self.result: ""}
        yield {**emptied, **self._picked(session), self.name: gr.Textbox(value="", visible=True)}
        if not upload:
            return
        try:
            clip = session.enrolling = self.desk.receive(session, upload)
            yield {self.player: cards.player(clip)}
            for bar in watched("looking at the clip", lambda tell: self.desk.look(clip, tell)):
                yield {self.found: bar}
            yield {self.found: self._subjects(session), **self._picked(session)}
        except Exception as error:
            yield {self.found: "", self.result: cards.error_card(error)}

    def take(self, request: gr.Request) -> Updates:
        """The chat's clip is the one to enroll from, its first stranger the one meant; consent is asked for anew."""
        session = self.desk.sessions.asking(request)
        try:
            clip = self.desk.take_for_enrolling(session)
            known = self._known(session)
            session.pick = known.index("") + 1 if "" in known else 1
            about = {self.found: self._subjects(session), **self._picked(session)}
        except PVChatError as error:
            return {self.found: "", self.result: cards.error_card(error)}
        return {self.upload: None, self.player: cards.player(clip), self.result: "", **about}

    def choose(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Note which of the people found is meant; consent is asked for anew."""
        session, picked = self.desk.sessions.asking(request), sent(event, "pick")
        if picked.isdigit() and 1 <= int(picked) <= MOST:
            session.pick = int(picked)
        return {self.result: "", **self._picked(session)}

    def enroll(
        self, name: str, whose: str | None, consent: bool, replace: bool, depth: str, owner: str, request: gr.Request
    ) -> Iterator[Updates]:
        """Enroll at once, or add the clip to who is known; begin the deep training if it was asked for."""
        session, desk = self.desk.sessions.asking(request), self.desk
        add, made = whose not in (None, OTHER), list[Person]()
        try:
            self._check(session, name, whose, consent)

            def work(tell: Progress) -> None:
                made.append(desk.add_clip(session, picked_person(desk.engine.people, whose).name, tell) if add
                            else desk.enroll(session, name, replace, tell))  # fmt: skip

            for bar in watched("enrolling", work):
                yield {self.result: bar}
            if deep := depth == "deep" and not add and desk.engine.trains:
                desk.train(session, made[0], owner)
        except Exception as error:
            taken = isinstance(error, PeopleError) and "replace" in error.hint.lower()
            again = self._picked(session) if add else {}  # she isn't as the page shows her, or can't take a clip now
            again.pop(self.consent, None)
            yield {self.result: cards.error_card(error), self.replace: gr.Checkbox(visible=taken or replace), **again}
            return
        jobs, timer = self.show_jobs(owner)
        yield {
            self.result: cards.added(made[0]) if add else cards.enrolled(made[0], deep),
            self.found: self._subjects(session), self.jobs: jobs, self.timer: timer, self.button: gr.Button(_ENROLL),
            self.name: gr.Textbox(value="", visible=True), self.whose: gr.Radio(visible=False, value=None),
            self.consent: gr.Checkbox(value=False), self.replace: gr.Checkbox(value=False, visible=False),
        }  # fmt: skip

    def _subjects(self, session: Session) -> str:
        """Who is in the enrollment clip, and whom of them one knows; raises NoSubjectError where there is nobody."""
        clip = session.enrolling
        analysis = clip.analysis if clip is not None else None
        if clip is None or analysis is None:
            return ""
        tracks, seconds = self.desk.subjects(clip)
        more = max(0, len(tracks) - MOST)
        return cards.subjects(tracks[:MOST], seconds[:MOST], session.pick, self._known(session), more)

    def _known(self, session: Session) -> list[str]:
        """Who of those enrolled each of the people found is, "" for nobody; there is a clip that was looked at."""
        clip = session.enrolling
        assert clip is not None
        assert clip.analysis is not None
        alike = [self.desk.looks_like(clip.analysis, track) for track in self.desk.subjects(clip)[0][:MOST]]
        return [one.name if one is not None and one.decision == "present" else "" for one in alike]

    def _picked(self, session: Session) -> Updates:
        """What follows who is picked: hints, whether she is known, and what follows that; consent is asked for anew.

        Only a pretrained base is trained on somebody: an instant enrollment is all that the shipped model takes.
        """
        hints: list[str] = []
        clip, known, whose = session.enrolling, None, gr.Radio(visible=False, choices=[], value=None)
        analysis = clip.analysis if clip is not None else None
        if clip is not None and analysis is not None:
            track = self.desk.subjects(clip)[0][session.pick - 1]
            hints, known = _hints(analysis, track), self.desk.looks_like(analysis, track)
        person = self.desk.engine.people.find(known.name) if known is not None else None
        if known is not None and person is not None:
            looks = "This looks like" if known.decision == "present" else "This may be"
            whose = gr.Radio(
                [(f"Add this clip to {known.name}", pick(person)), ("Another person", OTHER)], value=None, visible=True,
                label=f"{looks} {known.name}, who is enrolled ({percent(known.probability)})",
            )  # fmt: skip
        depth = gr.Radio(visible=clip is not None and self.desk.engine.trains)
        return {
            self.hints: cards.hints(hints), self.whose: whose, self.name: gr.Textbox(visible=True), self.depth: depth,
            self.consent: gr.Checkbox(value=False), self.button: gr.Button(_ENROLL),
        }  # fmt: skip

    def _check(self, session: Session, name: str, whose: str | None, consent: bool) -> None:
        """Nobody is enrolled without consent, nor under a new name before the user said that it is another person."""
        clip = session.enrolling
        named = bool(name.strip()) or whose not in (None, OTHER)
        require_filled({"a clip": clip is not None, "a name": named, CONSENT: consent})
        analysis = clip.analysis if clip is not None else None
        if whose is not None or clip is None or analysis is None:
            return
        known = self.desk.looks_like(analysis, self.desk.subjects(clip)[0][session.pick - 1])
        if known is not None and name_key(known.name) != name_key(name):
            what = f"this looks like {known.name}, who is enrolled already."
            raise SubjectError(what, hint=f"Say above whether it is {known.name} or another person.")


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


def _named(whose: str | None) -> tuple[Any, Any]:
    """A name is needed for another person only."""
    add = whose not in (None, OTHER)
    return gr.Textbox(visible=not add), gr.Button(worded("Add to", f" {name_of(whose)}") if whose and add else _ENROLL)


def _hints(analysis: ClipAnalysis, track: Track) -> list[str]:
    """What makes a clip a poor one to enroll one of its people from, and what would help."""
    if track.kind == "figure":
        return ["No face was found, so recognition is by appearance: a clip that shows the face would be surer."]
    return notes_on(track, analysis).sentences("the person")
