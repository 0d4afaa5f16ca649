"""The enroll tab: a clip or photo, the people found in it, name and consent, and perhaps a deep training.

In: a `Backend`, which does what an event asks for. Out: Gradio components, and the events that update them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from pvchat.augment.watch import StoppedError
from pvchat.errors import PeopleError, PVChatError, SubjectError
from pvchat.identity.reasons import notes_on
from pvchat.people.person import Person, name_key
from pvchat.schemas import ClipAnalysis, PersonPresence, Progress, Track
from pvchat_app import cards, jobcards, page_events
from pvchat_app.backend import Backend
from pvchat_app.conversation import SessionClip
from pvchat_app.jobs import Job
from pvchat_app.page_events import MODEL, QUICK, Updates
from pvchat_app.person_choices import choice_value, name_of, picked_person
from pvchat_app.progress import progress_bars
from pvchat_app.sessions import Session
from pvchat_app.wording import percent

MAX_SUBJECTS = 12  # people of a clip that can be picked
_ENROLL = "Enroll"
OTHER = " other"  # the value of "Another person": no name begins with a space
_DEEP = "Deep trains personal tokens, which a pretrained base answers by."
_NOTHING = (
    "Upload or record one clip of the person: a few seconds in which the face can be seen. A photo works too.",
    "Type the person’s name, tick that he or she has agreed, and press Enroll.",
    "Ask about other clips in the Chat tab, about whole folders in Library.",
)
_PICK = """element.addEventListener('change', (event) => {
  if (event.target.name === 'pv-subject') trigger('click', {pick: event.target.value}); });"""


class EnrollTab:
    """The tab's components, laid out and connected; most public methods are events."""

    def __init__(self, backend: Backend, browser: gr.BrowserState) -> None:
        """Build it; `browser` holds the key by which a browser finds its trainings again after a reload."""
        self.backend = backend
        with gr.Row(equal_height=False):
            with gr.Column(scale=1, min_width=300):
                self.upload = gr.File(label="Clip or photo of a person", elem_id="pv-enroll-file", height=130)
                with gr.Accordion("Or record with the camera", open=False):
                    self.camera = _camera()
                self.player = gr.HTML(cards.first_steps(*_NOTHING), elem_id="pv-enroll-player")
            with gr.Column(scale=1, min_width=300):
                self._lay_out_form()
        self.timer = gr.Timer(page_events.POLL_S, active=False)  # `show_jobs` updates it, and `jobs`
        self.fields = [self.name, self.known, self.consent, self.replace, self.depth, browser]  # what `enroll` reads
        self.clip_outputs = [self.upload, self.player, self.found, self.result]  # what `emptied` updates
        self._form = [self.hints, self.known, self.name, self.consent, self.button, self.depth]  # `_form_for_pick`
        self.outputs = [*self.clip_outputs, *self._form]  # what `take_chat_clip` updates
        self._connect(browser)

    def _lay_out_form(self) -> None:
        self.found = gr.HTML("", elem_id="pv-subjects", js_on_load=_PICK)
        self.hints = gr.HTML("", elem_id="pv-enroll-hints")
        self.known = gr.Radio([], label="Known already?", visible=False, elem_id="pv-whose")
        self.name = gr.Textbox(
            label="Name", placeholder="What the person is called in questions", max_length=200, elem_id="pv-name"
        )
        self.depth = gr.Radio(
            [("Instant (seconds)", "instant"), ("Instant, then deep in the background (minutes)", "deep")],
            value="instant", label="Depth", elem_id="pv-depth", info=_DEEP, visible=False,
        )  # fmt: skip
        self.consent = gr.Checkbox(label=page_events.AGREED, value=False, elem_id="pv-consent")
        self.replace = gr.Checkbox(label="Replace the person who has this name", visible=False, elem_id="pv-replace")
        self.button = gr.Button(_ENROLL, variant="primary", elem_id="pv-enroll")
        self.result = gr.HTML("", elem_id="pv-enroll-result")
        self.jobs = gr.HTML("", elem_id="pv-jobs")

    def _connect(self, browser: gr.BrowserState) -> None:
        for event, source in ((self.upload.upload, self.upload), (self.camera.change, self.camera)):
            event(self.receive_clip, source, self.outputs, show_progress="hidden", **MODEL)
        self.upload.clear(self.remove_clip, None, self.outputs, **QUICK)
        self.found.click(self.pick_subject, None, [self.result, *self._form], **QUICK)
        self.known.input(_name_and_button, self.known, [self.name, self.button], **QUICK)
        outputs = [self.result, self.found, self.replace, self.jobs, self.timer, *self._form]
        enrolls = [self.button.click, self.name.submit]
        # The event after which lists of people are out of date
        self.enrolled = gr.on(enrolls, self.enroll, {*self.fields}, outputs, show_progress="hidden", **MODEL)
        self.timer.tick(self.show_jobs, browser, [self.jobs, self.timer], **QUICK)

    def emptied(self, session: Session) -> Updates:
        """Empty upload, player, people found and result, if somebody in the clip was forgotten and it is gone."""
        return {self.upload: None, **self._no_clip()} if session.enrolling is None else {}

    def show_jobs(self, owner: str) -> tuple[str, Any]:
        """This browser's trainings, and the timer that looks for news while one is active."""

        def samples(job: Job) -> str:
            if job.state == "running":
                jobcards.preview(job, self.backend.samples_of(job))
            return job.preview

        return page_events.job_rows(self.backend.jobs, owner, "deep", under=samples)

    def receive_clip(self, upload: str | None, request: gr.Request) -> Iterator[Updates]:
        """Show an uploaded or recorded clip and who is in it; consent has to be given again."""
        session = self.backend.sessions.of_request(request)
        yield self.remove_clip(request)
        if not upload:
            return
        try:
            clip = session.enrolling = self.backend.receive(session, upload)
        except Exception as error:
            yield {self.result: cards.error_card(error)}
            return
        yield {self.player: cards.player(clip)}
        yield from self._look_at(session, clip)

    def remove_clip(self, request: gr.Request) -> Updates:
        """Remove the clip from the page, the disk and memory (the cross of the upload)."""
        session = self.backend.sessions.of_request(request)
        self.backend.drop_enrollment_clip(session)
        return {**self._no_clip(), **self._form_for_pick(session), self.name: gr.Textbox(value="", visible=True)}

    def _look_at(self, session: Session, clip: SessionClip) -> Iterator[Updates]:
        """Show the progress of a clip's analysis, then who is in it; where that is cancelled, the clip goes."""
        try:
            bars, look = self.backend.cancellable.bars, partial(self.backend.analyse, clip)
            for bar in bars("looking at the clip", look):
                if session.enrolling is not clip:
                    return
                yield {self.found: bar}
            yield {self.found: self._subjects(session), **self._form_for_pick(session)}
        except Exception as error:
            if session.enrolling is not clip:  # it was removed meanwhile
                return
            yield {self.found: "", self.result: cards.error_card(error)}
            if isinstance(error, StoppedError):
                self.backend.drop_enrollment_clip(session)
                yield self.emptied(session)

    def take_chat_clip(self, request: gr.Request) -> Updates:
        """Enroll from the Chat tab's clip; its first stranger is picked, and consent has to be given again."""
        session = self.backend.sessions.of_request(request)
        try:
            clip = self.backend.take_for_enrolling(session)
            known = self._known_names(session)
            session.pick = known.index("") + 1 if "" in known else 1
            about = {self.found: self._subjects(session), **self._form_for_pick(session)}
        except PVChatError as error:
            return {self.found: "", self.result: cards.error_card(error)}
        return {self.upload: None, self.player: cards.player(clip), self.result: "", **about}

    def pick_subject(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Note which of the people found is meant; consent has to be given again."""
        session, picked = self.backend.sessions.of_request(request), page_events.sent_value(event, "pick")
        if picked.isdigit() and 1 <= int(picked) <= MAX_SUBJECTS:
            session.pick = int(picked)
        return {self.result: "", **self._form_for_pick(session)}

    def enroll(self, filled: Updates, request: gr.Request) -> Iterator[Updates]:
        """Enroll, or add the clip to who is known; train if that is wanted. `filled`: the values of `fields`."""
        name, known, consent, replace, depth, owner = (filled[one] for one in self.fields)
        session, adds, made = self.backend.sessions.of_request(request), known not in (None, OTHER), list[Person]()

        def work(tell: Progress) -> None:
            whose = picked_person(self.backend.engine.people, known).name if adds else name
            made.append(self.backend.enroll(session, whose, replace=replace and not adds, add=adds, progress=tell))

        try:
            there, named = session.enrolling is not None, bool(name.strip()) or adds
            page_events.require_filled({"a clip": there, "a name": named, page_events.CONSENT: consent})
            if known is None:
                self._require_unlike(session, name)
            for bar in progress_bars("enrolling", work):
                yield {self.result: bar}
            if deep := depth == "deep" and not adds and self.backend.engine.can_train:
                self.backend.train(session, made[0], owner)
        except Exception as error:
            taken = isinstance(error, PeopleError) and "replace" in error.hint.lower()
            again = self._form_for_pick(session) if adds else {}  # she was changed meanwhile, or can't take a clip
            again.pop(self.consent, None)
            shown = gr.Checkbox(visible=taken or replace)
            yield {self.result: cards.error_card(error), self.replace: shown, **again}
            return
        jobs, timer = self.show_jobs(owner)
        yield {
            self.result: cards.added_notice(made[0]) if adds else cards.enrolled_notice(made[0], deep),
            self.found: self._subjects(session), self.jobs: jobs, self.timer: timer, self.button: gr.Button(_ENROLL),
            self.name: gr.Textbox(value="", visible=True), self.known: gr.Radio(visible=False, value=None),
            self.consent: gr.Checkbox(value=False), self.replace: gr.Checkbox(value=False, visible=False),
        }  # fmt: skip

    def _no_clip(self) -> Updates:
        return {self.player: cards.first_steps(*_NOTHING), self.found: "", self.result: ""}

    def _subjects(self, session: Session) -> str:
        """The people in the enrollment clip, as HTML; raises NoSubjectError where there is nobody."""
        clip = session.enrolling
        if clip is None or clip.analysis is None:
            return ""
        tracks, seconds = self.backend.subjects(clip)
        more = max(0, len(tracks) - MAX_SUBJECTS)
        shown = tracks[:MAX_SUBJECTS], seconds[:MAX_SUBJECTS]
        return cards.subjects(*shown, session.pick, self._known_names(session), more)

    def _known_names(self, session: Session) -> list[str]:
        """Who each of the people found surely is, of those enrolled; "" for nobody. The clip is analysed."""
        clip = session.enrolling
        assert clip is not None
        assert (analysis := clip.analysis) is not None
        alike = [self.backend.looks_like(analysis, one) for one in self.backend.subjects(clip)[0][:MAX_SUBJECTS]]
        return [one.name if one is not None and one.decision == "present" else "" for one in alike]

    def _picked(self, session: Session) -> tuple[ClipAnalysis, Track, PersonPresence | None] | None:
        """The analysed clip, the track that is picked, which enrolled person it is or may be; None without a clip."""
        clip = session.enrolling
        if clip is None or (analysis := clip.analysis) is None:
            return None
        track = self.backend.subjects(clip)[0][session.pick - 1]
        return analysis, track, self.backend.looks_like(analysis, track)

    def _form_for_pick(self, session: Session) -> Updates:
        """The form for the person who is picked: hints, whether she may be known; consent has to be given again.

        The depth is offered only where a pretrained base answers: the shipped model isn't trained on a person.
        """
        hints: list[str] = []
        alike, known = None, gr.Radio(visible=False, choices=[], value=None)
        if (picked := self._picked(session)) is not None:
            analysis, track, alike = picked
            hints = notes_on(track, analysis).sentences("the person")
            if track.kind == "figure":
                seen = "No face was found, so recognition is by appearance"
                hints = [f"{seen}: a clip that shows the face would be surer."]
        person = self.backend.engine.people.find(alike.name) if alike is not None else None
        if alike is not None and person is not None:
            looks = "This looks like" if alike.decision == "present" else "This may be"
            offered = [(f"Add this clip to {alike.name}", choice_value(person)), ("Another person", OTHER)]
            label = f"{looks} {alike.name}, who is enrolled ({percent(alike.probability)})"
            known = gr.Radio(offered, value=None, visible=True, label=label)
        depth = gr.Radio(visible=session.enrolling is not None and self.backend.engine.can_train)
        return {
            self.hints: cards.hints(hints), self.known: known, self.name: gr.Textbox(visible=True), self.depth: depth,
            self.consent: gr.Checkbox(value=False), self.button: gr.Button(_ENROLL),
        }  # fmt: skip

    def _require_unlike(self, session: Session, name: str) -> None:
        """Refuse a new name for a known face until the user said that it is another person."""
        picked = self._picked(session)
        alike = picked[2] if picked is not None else None
        if alike is not None and name_key(alike.name) != name_key(name):
            what = f"this looks like {alike.name}, who is enrolled already."
            raise SubjectError(what, hint=f"Say above whether it is {alike.name} or another person.")


def _camera() -> gr.Video:
    """The camera. Its recording is taken as it is: Gradio would run a separate ffmpeg over it to drop the sound."""
    camera = gr.Video(
        sources=["webcam"], label="Camera", include_audio=False, elem_id="pv-camera", height=260,
        webcam_options=gr.WebcamOptions(mirror=False),
    )  # fmt: skip
    # a subclass would make Gradio write a stub file beside this one
    camera.preprocess = lambda payload: None if payload is None else str(payload.path)
    return camera


def _name_and_button(known: str | None) -> tuple[Any, Any]:
    """The name's field, needed for another person only, and the button's text."""
    add = known not in (None, OTHER)
    text = f"Add to {name_of(known)}" if known and add else _ENROLL
    return gr.Textbox(visible=not add), gr.Button(text)
