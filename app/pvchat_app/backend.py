"""What the app can do, without its page: receive a clip, analyse it, enroll, ask, manage people, train.

In: a session and what the user gave. Out: clips, turns, people; every user error is a PVChatError. The page, the HTTP
API and the endpoints all call this; it calls the one PVChat of the engine.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as changed
from functools import partial
from pathlib import Path
from typing import Any

from pvchat import video
from pvchat.config import MAX_QUESTION
from pvchat.errors import PeopleError, VideoReadError
from pvchat.identity.enroll import choose, subjects_of
from pvchat.library.scan import Scanning
from pvchat.people.parts import require_unlike
from pvchat.people.person import Person, clean_name
from pvchat.people.store import Snapshot
from pvchat.schemas import ClipAnalysis, PersonPresence, Progress, Track
from pvchat.service.answering import Asking
from pvchat.storage import temporary
from pvchat.train.deep import folder_of
from pvchat.video.sound import has_sound
from pvchat_app import cards, evidence, export, forgetting
from pvchat_app.analysing import RunningAnalyses
from pvchat_app.conversation import History, SessionClip, Turn, keys_of
from pvchat_app.engine import Engine
from pvchat_app.jobs import Job, Jobs
from pvchat_app.merges import Merges
from pvchat_app.progress import BEAT_S, CancellableCalls, streamed_pieces
from pvchat_app.sessions import Session, Sessions
from pvchat_app.timeline import timeline
from pvchat_app.wording import explained_error

SCAN = "scan"  # kind of the jobs that look through the library


class Backend:
    """Every action of the page, the HTTP API and the endpoints."""

    def __init__(self, engine: Engine, sessions: Sessions, jobs: Jobs) -> None:
        self.engine, self.sessions, self.jobs, self.merges = engine, sessions, jobs, Merges()
        self.analyses, self.cancellable = RunningAnalyses(engine, self.drop), CancellableCalls()
        self.changing = threading.Lock()  # held from checking who is picked until the change is made
        self.ends = list[Callable[[], None]]()  # what else has to be stopped with the server
        self._speaking = threading.Lock()  # one answer at a time: they share one model

    # -- clips --------------------------------------------------------------------------------------------------------

    def receive(self, session: Session, upload: str | Path) -> SessionClip:
        """Take an upload into the session and find out what it holds."""
        config = self.engine.chat.settings.video
        path = session.claim(upload)
        try:
            probe = video.probe(path, config)
            shown, media = evidence.playable(path, probe, config, path.parent)
        except VideoReadError:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        sound, url = has_sound(path, config), session.link(shown, media)
        return SessionClip(path, path.name, url, probe, media, copied=shown != path, has_sound=sound)

    def remove(self, session: Session, clip: SessionClip) -> None:
        """Delete a clip with its files and pictures, and its analysis unless another session has the same clip."""
        self.analyses.stop(clip)
        session.remove(clip)
        if (analysis := clip.analysis) is not None:
            self.drop(analysis.key)

    def drop_enrollment_clip(self, session: Session) -> None:
        """Delete the clip on the enroll tab, if there is one, and stop its analysis; the first subject is picked."""
        if session.enrolling is not None:
            self.analyses.stop(session.enrolling)
            session.remove(session.enrolling)
        session.enrolling, session.pick = None, 1

    def analyse(self, clip: SessionClip, progress: Progress | None = None) -> ClipAnalysis:
        """The analysis of a clip; starts it if need be, and waits for it."""
        while (analysis := clip.analysis) is None:
            self.analyses.of(clip).wait(progress)
        return analysis

    def timeline(self, clip: SessionClip, everyone: Sequence[PersonPresence] | None = None) -> str:
        """The timeline of a clip as far as it is analysed, as HTML; `everyone`: presences, where they are known."""
        seen = self.analyses.seen(clip)
        if seen is None or clip.probe.kind == "photo":
            return ""
        length = seen.duration_s if clip.analysis is not None else clip.probe.duration_s
        return timeline(seen, self.engine.chat.presence(seen) if everyone is None else everyone, length, clip.url)

    def found_cards(self, clip: SessionClip) -> tuple[str, str]:
        """One line about who is in an analysed clip, and its timeline, as HTML."""
        analysis = self.analyse(clip)  # anew where somebody was just forgotten
        everyone = self.engine.chat.presence(analysis)
        return cards.found_line(analysis, everyone), self.timeline(clip, everyone)

    def subjects(self, clip: SessionClip) -> tuple[list[Track], list[float]]:
        """Tracks of those who can be enrolled from a clip, most prominent first, and how long each is seen."""
        analysis = self.analyse(clip)
        choose(analysis, 1, clip.name)  # says what is missing where there is nobody
        tracks = subjects_of(analysis)
        lasts = clip.probe.kind != "photo"
        return tracks, [sum(b - a for a, b in analysis.spans(track.shown_in)) * lasts for track in tracks]

    def take_for_enrolling(self, session: Session) -> SessionClip:
        """Make the clip of the Chat tab the one to enroll from."""
        if (clip := session.clip) is None:
            raise VideoReadError("there is no clip yet.", hint="Upload one in the Chat tab first.")
        self.analyse(clip)
        self.drop_enrollment_clip(session)
        session.enrolling = session.second_copy(clip)
        return session.enrolling

    # -- enrolling ----------------------------------------------------------------------------------------------------

    def enroll(
        self, session: Session, name: str, *, replace: bool = False, add: bool = False, progress: Progress | None = None
    ) -> Person:
        """Enroll the picked subject of the enrollment clip, at once, or add it to a person who is enrolled already."""
        clip = session.enrolling
        if clip is None:
            raise VideoReadError("there is no clip yet.", hint="Upload or record one first.")
        with self.engine.reporting_to(progress):
            person = self.enroll_from(clip.path, name, session.pick, replace=replace, add=add)
        forgetting.mark_clip(session, clip, [person.id])
        return person

    def enroll_from(self, path: Path, name: str, track: int | None, *, replace: bool, add: bool) -> Person:
        """Enroll a subject of a clip, or add it to a person; the training of whoever had the name ends first."""
        name = clean_name(name)
        if replace:
            self.end_training(name)
        if add:
            self.jobs.require_untrained(name)
        return self.engine.chat.enroll(path, name, track=track, replace=replace, add=add)

    def looks_like(self, analysis: ClipAnalysis, track: Track) -> PersonPresence | None:
        """Which enrolled person a track of an enrollment clip is, or may be; None: nobody."""
        people = self.engine.people.all()
        if not people:
            return None
        found = self.engine.chat.score(people, changed(analysis, tracks=[track]))
        likest = max(found, key=lambda person: person.probability)
        return likest if likest.decision != "absent" else None

    def train(self, session: Session, person: Person, owner: str) -> Job:
        """Begin the deep enrollment of a person who was just enrolled; the clip outlives the session for it."""
        assert session.enrolling is not None
        folder = self.sessions.root / "jobs" / f"{secrets.token_hex(16)}-{person.id}"
        folder.mkdir(parents=True, mode=0o700)
        clip = folder / session.enrolling.path.name
        shutil.copyfile(session.enrolling.path, clip)
        pick = session.pick

        def work(stop: threading.Event, progress: Progress) -> None:
            made = self.engine.chat.deepen(clip, person, track=pick, stop=stop, progress=progress)
            if made.depth == "instant" and not stop.is_set():
                raise PeopleError("what was trained is discarded, it didn't pass its gate.", subject=person.name)

        clean_up = partial(shutil.rmtree, folder, ignore_errors=True)
        return self.jobs.add(Job(owner, person.name, work, clean_up))

    def end_training(self, name: str) -> None:
        """Stop a person's training; raises PeopleError where it doesn't stop yet."""
        if not self.jobs.stop_person(name):
            raise PeopleError("is being trained and doesn't stop yet.", subject=name, hint="Try again in a minute.")

    def samples_of(self, job: Job) -> Path | None:
        """The folder of a running training's augmented samples; None while there are none."""
        person = self.engine.people.find(job.name)
        folder = folder_of(person) if person else None
        return folder if folder and folder.is_dir() else None

    # -- asking -------------------------------------------------------------------------------------------------------

    def pose(self, session: Session, question: str, start: str = "", end: str = "") -> Turn:
        """Add a question to the conversation, before it is answered; `start`, `end`: the part asked about, as typed."""
        self.tidy(session)
        with session.lock:
            clip = session.clip
            turn = Turn.posed(clip, question[:MAX_QUESTION], start, end)
            if session.deleted_clip and clip is None:
                why = "is deleted: it showed somebody who was forgotten. Upload it again to ask."
                turn.error = f"{session.deleted_clip} {why}"
            session.turns = [*(earlier for earlier in session.turns if earlier.source), turn]
        return turn

    def ask(self, session: Session, question: str, start: str = "", end: str = "") -> Iterator[Turn]:
        """`pose` and `answer`."""
        yield from self.answer(session, self.pose(session, question, start, end))

    def answer(self, session: Session, turn: Turn) -> Iterator[Turn]:
        """Answer a question; yields its turn when something came: text, presence, pictures. Errors: `turn.error`."""
        self.tidy(session)
        clip = turn.clip
        if turn.done or clip is None:
            yield turn
            return
        history, before = session.history(clip, turn), self.engine.people.snapshot()
        try:
            yield from self._while_analysed(session, turn, history, before)
            for piece in streamed_pieces(lambda stream: self._answer(clip, turn, history, stream)):
                turn.text += piece
                yield turn
            assert turn.answer is not None
            turn.take(turn.answer, turn.duration_s)
            forgetting.note_people(session, clip, turn, self.engine.people, before)
            yield turn
            evidence.illustrate(session, clip, turn, self.engine.chat.settings.video)
        except Exception as error:  # said where the answer would stand
            if turn.clip is not None:
                turn.error = explained_error(error)
                forgetting.note_people(session, clip, turn, self.engine.people, before)
            elif turn.answer is None:
                turn.error = "The clip was removed before this was answered."
        turn.done = True
        yield turn

    def _while_analysed(self, session: Session, turn: Turn, history: History, before: Snapshot) -> Iterator[Turn]:
        """While a clip is analysed: its progress, and for a long video answers from the part known so far."""
        clip = turn.clip
        assert clip is not None
        running, next_s = self.analyses.of(clip), 0.0
        while not running.over.wait(BEAT_S):
            seen = running.so_far
            turn.status = running.progress.text
            if seen is not None and seen.duration_s >= next_s:
                next_s = 2 * seen.duration_s
                for _ in streamed_pieces(partial(self._answer_from_part, clip, turn, history, seen)):
                    yield turn
                forgetting.note_people(session, clip, turn, self.engine.people, before)
            yield turn
        turn.status = ""
        if running.failure is not None:
            raise running.failure

    def _answer_from_part(
        self, clip: SessionClip, turn: Turn, history: History, seen: ClipAnalysis, _: Callable[[str], None]
    ) -> None:
        """Answer from the part of a long video that is analysed; it is answered again when more is known."""
        whole_s = clip.probe.duration_s
        with self._speaking:
            asking = Asking(turn.between, whole_s=whole_s, seen=seen)
            turn.take(self.engine.chat.answer(clip.path, turn.question, history, asking), whole_s)

    def _answer(self, clip: SessionClip, turn: Turn, history: History, stream: Callable[[str], None]) -> None:
        def tell(what: str, done: float, total: float) -> None:
            turn.status = f"{what} … {100 * done / total:.0f} %" if total else f"{what} …"

        turn.duration_s = self.analyse(clip, tell).duration_s
        with self._speaking, self.engine.reporting_to(tell):
            turn.text = ""  # replace the answer from the part that was known
            turn.answer = self.engine.chat.ask(
                clip.path, turn.question, history=history, stream=stream, between=turn.between
            )

    def save_conversation(self, session: Session) -> tuple[str, int]:
        """Write the conversation as a zip file; returns its link and its size in bytes."""
        self.tidy(session)
        if not any(turn.answer for turn in session.turns):
            raise PeopleError("there is nothing to export yet.", hint="Ask a question first.")
        path = session.ensure_folder() / f"conversation-{temporary.ANYONE}.zip"
        path.write_bytes(export.pack(session.turns))
        return session.link(path, "application/zip", "pvchat-conversation.zip"), path.stat().st_size

    def scan(self, owner: str) -> Job:
        """Scan the library in the background, unless a scan of this owner runs already; the result is JSON."""

        def work(stop: threading.Event, progress: Progress) -> dict[str, Any]:
            with self.engine.reporting_to(progress):
                return vars(self.engine.chat.library.scan(Scanning(progress=progress, stop=stop)))

        running = next((job for job in self.jobs.of(owner, SCAN) if job.active), None)
        return running or self.jobs.add(Job(owner, "Library", work, kind=SCAN, main="looking through videos"))

    # -- people -------------------------------------------------------------------------------------------------------

    def rename(self, old: str, new: str) -> Person:
        """Rename a person, given by name or id; refused while a training uses the old name."""
        person = self.engine.people.get(old)
        self.jobs.require_untrained(person.name)
        return self.engine.people.rename(person.id, new)

    def merge(self, name: str, other: str) -> Person:
        """Merge two enrollments of the same person, given by names or ids."""
        for one in (name, other):
            self.jobs.require_untrained(self.engine.people.get(one).name)
        return self.merges.merge(self.engine.chat, name, other)

    def forget(self, who: str) -> str:
        """Delete everything about a person, given by name or id; her training is stopped first. As `PVChat.forget`."""
        person = self.engine.people.find(who)
        name = person.name if person else who
        self.end_training(name)
        self.merges.forget(name)
        goes_on = self.engine.chat.forget(person.id if person else who)
        self.jobs.forget(name)
        for clip in self.sessions.clips():
            clip.analysis = None
        for session in self.sessions.all():
            session.library_questions = []  # a question that is being answered goes into the old list
            self.tidy(session)
        return goes_on

    def tidy(self, session: Session) -> None:
        """Remove from a session what it still has of people who were forgotten, here or by another process."""
        forgetting.tidy(session, self.engine.people.ids())

    def take_person(self, upload: str | Path, name: str = "", replace: bool = False) -> Person:
        """Import an uploaded person file; the upload is deleted."""
        if not self.sessions.is_upload(upload):
            raise PeopleError("the file didn't arrive whole.", hint="Upload it again.")
        try:
            people, name = self.engine.people, name.strip()
            return people.import_(upload, replace=replace, name=name or None, check=require_unlike)
        finally:
            self.sessions.discard(upload)

    def end_session(self, name: str) -> None:
        """End the session of a browser that is gone: delete its files, and analyses that no other session needs."""
        if name not in self.sessions:
            return
        clips = self.sessions.of(name).all_clips()
        for clip in clips:
            self.analyses.stop(clip)
        self.sessions.end(name)
        for key in keys_of(clips):
            self.drop(key)

    def drop(self, key: str) -> None:
        """Delete the analysis of a clip, by its key, unless a session has that clip."""
        if key not in keys_of(self.sessions.clips()):
            self.engine.chat.forget_clip(key)
