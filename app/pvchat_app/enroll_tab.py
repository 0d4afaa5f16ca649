"""The enroll tab: clip or photo in, people found as thumbnails, name, consent, and the deep training that may follow.

In: a `Desk`. Out: Gradio components and their events. What an event does is `Desk`'s; here it becomes updates of the
page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from pvchat.errors import PeopleError, PVChatError, SubjectError
from pvchat.people.person import Person, name_key
from pvchat.schemas import Progress
from pvchat_app import cards, jobcards
from pvchat_app.desk import Desk
from pvchat_app.enrollment import add_clip, looks_like, would_help
from pvchat_app.languages import worded
from pvchat_app.page_events import CANCEL, CLIPS, CONSENT, MODEL, POLL_S, QUICK, require_filled, same, sent
from pvchat_app.picks import name_of, pick, picked_person
from pvchat_app.progress import watched
from pvchat_app.sessions import Session
from pvchat_app.wording import percent

MOST = 12  # people of a clip that can be picked
MOST_JOBS = 6  # shown, newest first
_ENROLL = worded("Enroll")
OTHER = " other"  # "another person": no name begins with a space
_DEEP = "Deep trains personal tokens, which a pretrained base answers by."
_NOTHING = (
    "Upload or record one clip of the person: a few seconds in which the face can be seen. A photo works too.",
    "Give the person a name.",
    "Ask about other clips in the Chat tab.",
)
_PICK = """element.addEventListener('change', (event) => {
  if (event.target.name === 'pv-subject') trigger('click', {pick: event.target.value}); });"""


class EnrollTab:
    """The tab's components, laid out and connected; most public methods are events.

    Attributes:
        jobs, timer: what `show_jobs` fills.
        enrolled: the event after which lists of people are out of date.
        held: what `redrawn` fills.
        taken: what `take` fills.
    """

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
        self.timer = gr.Timer(POLL_S, active=False)
        self.held = [self.upload, self.player, self.found, self.result]
        # what follows who is picked: name and button are hidden or renamed, consent is asked for anew
        self._about = [self.hints, self.whose, self.name, self.consent, self.button, self.depth]
        self.seen = [self.player, self.found, self.result, *self._about]
        self.taken = [self.upload, *self.seen]
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
        self.jobs = gr.HTML("", elem_id="pv-jobs", js_on_load=CANCEL)

    def _connect(self, browser: gr.BrowserState) -> None:
        for event, source in ((self.upload.upload, self.upload), (self.upload.clear, self.upload),
                              (self.camera.change, self.camera)):  # fmt: skip
            event(self.see, source, self.seen, show_progress="hidden", **MODEL)
        self.found.click(self.choose, None, [self.result, *self._about], **QUICK)
        self.whose.input(_named, self.whose, [self.name, self.button], **QUICK)
        inputs = [self.name, self.whose, self.consent, self.replace, self.depth, browser]
        outputs = [self.result, self.replace, self.jobs, self.timer, self.name, self.consent, self.whose, self.button,
                   self.found]  # fmt: skip
        clicks = [self.button.click, self.name.submit]
        self.enrolled = gr.on(clicks, self.enroll, inputs, outputs, show_progress="hidden", **MODEL)
        self.timer.tick(self.show_jobs, browser, [self.jobs, self.timer], **QUICK)
        self.jobs.click(self.cancel, browser, [self.jobs, self.timer], **QUICK)

    def redrawn(self, session: Session) -> tuple[Any, ...]:
        """Upload, player, people found and result, after somebody may have been forgotten."""
        return tuple(same(4)) if session.enrolling is not None else (None, cards.steps(*_NOTHING), "", "")

    def show_jobs(self, owner: str) -> tuple[str, Any]:
        """This browser's trainings, and whether to look again soon."""
        jobs = self.desk.jobs.of(owner) if owner else []
        for job in jobs:
            if job.state == "running":
                jobcards.preview(job, self.desk.samples_of(job))
        listed = jobs[:MOST_JOBS]
        ahead, samples = [self.desk.jobs.ahead_of(job) for job in listed], {job.id: job.preview for job in listed}
        return jobcards.job_list(listed, ahead, samples), gr.Timer(active=any(job.active for job in jobs))

    def cancel(self, owner: str, event: gr.EventData) -> tuple[str, Any]:
        """Stop a training of this browser."""
        self.desk.jobs.cancel(sent(event, "job"), owner or "")
        return self.show_jobs(owner)

    def see(self, upload: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Show the clip and who is in it; consent is asked for anew."""
        session = self.desk.sessions.asking(request)
        if session.enrolling is not None:
            session.drop(session.enrolling)
        session.enrolling, session.pick = None, 1
        player = cards.steps(*_NOTHING)
        hints, whose, *_ = self._picked(session)
        name, consent = gr.Textbox(value="", visible=True), gr.Checkbox(value=False)
        yield player, "", "", hints, whose, name, consent, gr.Button(_ENROLL), gr.skip()
        if not upload:
            return
        try:
            clip = self.desk.receive(session, upload)
            session.enrolling, player = clip, cards.player(clip)
            for bar in watched("looking at the clip", lambda tell: self.desk.look(clip, tell)):
                yield player, bar, "", *same(6)
            yield player, self._subjects(session), "", *self._picked(session)
        except Exception as error:
            yield player, "", cards.error_card(error), *same(6)

    def take(self, request: gr.Request) -> tuple[Any, ...]:
        """The chat's clip is the one to enroll from, its first stranger the one meant; consent is asked for anew."""
        session = self.desk.sessions.asking(request)
        try:
            clip = self.desk.take_for_enrolling(session)
            known = self._known(session)
            session.pick = known.index("") + 1 if "" in known else 1
            found, about = self._subjects(session), self._picked(session)
        except PVChatError as error:
            return gr.skip(), gr.skip(), "", cards.error_card(error), *same(6)
        return None, cards.player(clip), found, "", *_without_consent(about)

    def choose(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Note which of the people found is meant; consent is asked for anew."""
        session, picked = self.desk.sessions.asking(request), sent(event, "pick")
        if picked.isdigit() and 1 <= int(picked) <= MOST:
            session.pick = int(picked)
        return "", *_without_consent(self._picked(session))

    def enroll(
        self, name: str, whose: str | None, consent: bool, replace: bool, depth: str, owner: str, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Enroll at once, or add the clip to who is known; begin the deep training if it was asked for."""
        session, kept, desk = self.desk.sessions.asking(request), same(5), self.desk
        add, made = whose not in (None, OTHER), list[Person]()
        try:
            self._check(session, name, whose, consent)

            def work(tell: Progress) -> None:
                made.append(add_clip(desk, session, picked_person(desk.engine.people, whose).name, tell) if add
                            else desk.enroll(session, name, replace, tell))  # fmt: skip

            for bar in watched("enrolling", work):
                yield bar, gr.skip(), *self.show_jobs(owner), *kept
            if deep := depth == "deep" and not add and desk.engine.trains:
                desk.train(session, made[0], owner)
        except Exception as error:
            taken = isinstance(error, PeopleError) and "replace" in error.hint.lower()
            if add:  # she isn't as the page shows her, or can't take a clip just now
                kept[0], kept[2], kept[3] = gr.Textbox(visible=True), self._picked(session)[1], gr.Button(_ENROLL)
            yield cards.error_card(error), gr.Checkbox(visible=taken or replace), *self.show_jobs(owner), *kept
            return
        done = cards.added(made[0]) if add else cards.enrolled(made[0], deep)
        emptied = gr.Textbox(value="", visible=True), gr.Checkbox(value=False), gr.Radio(visible=False, value=None)
        yield (done, gr.Checkbox(value=False, visible=False), *self.show_jobs(owner), *emptied, gr.Button(_ENROLL),
               self._subjects(session))  # fmt: skip

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
        alike = [looks_like(self.desk, clip.analysis, track) for track in self.desk.subjects(clip)[0][:MOST]]
        return [one.name if one is not None and one.decision == "present" else "" for one in alike]

    def _picked(self, session: Session) -> tuple[Any, ...]:
        """What follows who is picked: hints, whether she is known, what follows that (name, consent, button), depth.

        Only a pretrained base is trained on somebody: an instant enrollment is all that the shipped model takes.
        """
        hints: list[str] = []
        clip, known, whose = session.enrolling, None, gr.Radio(visible=False, choices=[], value=None)
        analysis = clip.analysis if clip is not None else None
        if clip is not None and analysis is not None:
            track = self.desk.subjects(clip)[0][session.pick - 1]
            hints, known = would_help(analysis, track), looks_like(self.desk, analysis, track)
        person = self.desk.engine.people.find(known.name) if known is not None else None
        if known is not None and person is not None:
            looks = "This looks like" if known.decision == "present" else "This may be"
            whose = gr.Radio(
                [(f"Add this clip to {known.name}", pick(person)), ("Another person", OTHER)], value=None, visible=True,
                label=f"{looks} {known.name}, who is enrolled ({percent(known.probability)})",
            )  # fmt: skip
        depth = gr.Radio(visible=clip is not None and self.desk.engine.trains)
        return cards.hints(hints), whose, gr.Textbox(visible=True), gr.skip(), gr.Button(_ENROLL), depth

    def _check(self, session: Session, name: str, whose: str | None, consent: bool) -> None:
        """Nobody is enrolled without consent, nor under a new name before the user said that it is another person."""
        clip = session.enrolling
        named = bool(name.strip()) or whose not in (None, OTHER)
        require_filled({"a clip": clip is not None, "a name": named, CONSENT: consent})
        analysis = clip.analysis if clip is not None else None
        if whose is not None or clip is None or analysis is None:
            return
        known = looks_like(self.desk, analysis, self.desk.subjects(clip)[0][session.pick - 1])
        if known is not None and name_key(known.name) != name_key(name):
            what = f"this looks like {known.name}, who is enrolled already."
            raise SubjectError(what, hint=f"Say above whether it is {known.name} or another person.")


def _without_consent(about: tuple[Any, ...]) -> tuple[Any, ...]:
    """What `EnrollTab._picked` says, with the tick taken away."""
    return *about[:3], gr.Checkbox(value=False), *about[4:]


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
