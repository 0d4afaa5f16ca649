"""What the app does, without its page: receive a clip, look at it, enroll, ask, manage people, train in the background.

In: a session and what the user gave. Out: clips, turns, people; every user error is a PVChatError. Heavy calls go to
the one PVChat of the engine.
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
from pvchat.identity.importing import require_unlike
from pvchat.identity.subjects import choose, subjects_of
from pvchat.library.scan import Scanning
from pvchat.people.person import Person, clean_name
from pvchat.people.store import Snapshot
from pvchat.schemas import ClipAnalysis, PersonPresence, Progress, Track
from pvchat.storage import temporary
from pvchat.train.deep import folder_of
from pvchat.video.sound import has_sound
from pvchat_app import cards, evidence, export, forgetting
from pvchat_app.conversation import History, SessionClip, Turn, keys_of
from pvchat_app.engine import Engine
from pvchat_app.jobs import Job, Jobs
from pvchat_app.looking import Looks, answer_now
from pvchat_app.merges import Merges
from pvchat_app.progress import BEAT_S, DEEP_PLAN, SCAN_PLAN, streamed
from pvchat_app.sessions import Session, Sessions
from pvchat_app.timeline import timeline
from pvchat_app.wording import explained_error

SCAN = "scan"  # kind of the jobs that look through the library


class Desk:
    """Everything the page and the endpoints can do, by the PVChat of an engine, once that is loaded."""

    def __init__(self, engine: Engine, sessions: Sessions, jobs: Jobs) -> None:
        self.engine, self.sessions, self.jobs, self.merges = engine, sessions, jobs, Merges()
        self.looks = Looks(engine, self.drop)
        self.changing = threading.Lock()  # held from the look at who is meant until she is changed
        self.ends = list[Callable[[], None]]()  # what else is to be ended with the server
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
        """Take a clip away: its files and pictures go, and its analysis unless another session has the same clip."""
        self.looks.stop(clip)
        session.remove(clip)
        if (analysis := clip.analysis) is not None:
            self.drop(analysis.key)

    def look(self, clip: SessionClip, progress: Progress | None = None) -> ClipAnalysis:
        """Let the experts look at a clip, unless they did; wait until they have. What they said."""
        while (analysis := clip.analysis) is None:
            self.looks.of(clip).wait(progress)
        return analysis

    def timeline(self, clip: SessionClip, everyone: Sequence[PersonPresence] | None = None) -> str:
        """The timeline of the whole clip as far as it was seen, as HTML; "" for a photo and as long as nothing was.

        `everyone`: presences of everyone enrolled in it, where they are known.
        """
        seen = self.looks.seen(clip)
        if seen is None or clip.probe.kind == "photo":
            return ""
        length = seen.duration_s if clip.analysis is not None else clip.probe.duration_s
        return timeline(seen, self.engine.chat.presence(seen) if everyone is None else everyone, length, clip.url)

    def found_cards(self, clip: SessionClip) -> tuple[str, str]:
        """One line about who is in a clip that was looked at, and its timeline, as HTML."""
        analysis = self.look(clip)  # anew where somebody was just forgotten
        everyone = self.engine.chat.presence(analysis)
        return cards.found_line(analysis, everyone), self.timeline(clip, everyone)

    def subjects(self, clip: SessionClip) -> tuple[list[Track], list[float]]:
        """Who can be enrolled from a clip, most prominent first, and how many seconds each is seen."""
        analysis = self.look(clip)
        choose(analysis, 1, clip.name)  # says what is missing where there is nobody
        tracks = subjects_of(analysis)
        return tracks, [sum(b - a for a, b in analysis.spans(track.shown_in)) for track in tracks]

    def take_for_enrolling(self, session: Session) -> SessionClip:
        """Let somebody be enrolled from the clip that is asked about."""
        if (clip := session.clip) is None:
            raise VideoReadError("there is no clip yet.", hint="Upload one in the Chat tab first.")
        self.look(clip)
        if session.enrolling is not None:
            session.drop(session.enrolling)
        session.enrolling, session.pick = session.second_copy(clip), 1
        return session.enrolling

    # -- enrolling ----------------------------------------------------------------------------------------------------

    def enroll(self, session: Session, name: str, replace: bool = False, progress: Progress | None = None) -> Person:
        """Enroll the picked subject of the session's enrollment clip, at once."""
        clip = session.enrolling
        if clip is None:
            raise VideoReadError("there is no clip yet.", hint="Upload or record one first.")
        name = clean_name(name)
        if replace:
            self.end_training(name)
        with self.engine.listening(progress):
            person = self.engine.chat.enroll(clip.path, name, track=session.pick, replace=replace)
        forgetting.shows(session, clip, [person.id])
        return person

    def looks_like(self, analysis: ClipAnalysis, track: Track) -> PersonPresence | None:
        """Who of those enrolled somebody in an enrollment clip is, or may be; None: nobody."""
        people = self.engine.people.all()
        if not people:
            return None
        found = self.engine.chat.score(people, changed(analysis, tracks=[track]))
        likest = max(found, key=lambda person: person.probability)
        return likest if likest.decision != "absent" else None

    def add_clip(self, session: Session, name: str, progress: Progress | None = None) -> Person:
        """One more clip of somebody who is enrolled: the picked subject's views join hers."""
        clip, chat = session.enrolling, self.engine.chat
        if clip is None:
            raise VideoReadError("there is no clip yet.", hint="Upload or record one first.")
        self.jobs.require_untrained(name)
        if chat.people.get(name).clip_key == self.look(clip, progress).key:
            raise PeopleError("is enrolled from this very clip.", subject=name, hint="Another clip would add more.")
        with self.engine.listening(progress):
            person = chat.enroll(clip.path, name, track=session.pick, add=True)
        forgetting.shows(session, clip, [person.id])
        return person

    def train(self, session: Session, person: Person, owner: str) -> Job:
        """Begin the deep enrollment of a person who was just enrolled; the clip outlives the session for it."""
        assert session.enrolling is not None
        folder = self.sessions.root / "jobs" / f"{secrets.token_hex(16)}-{person.id}"
        folder.mkdir(parents=True, mode=0o700)
        clip = folder / session.enrolling.path.name
        shutil.copyfile(session.enrolling.path, clip)
        pick = session.pick

        def work(stop: threading.Event, progress: Progress) -> None:
            self.engine.chat.deepen(clip, person, track=pick, stop=stop, progress=progress)

        return self.jobs.add(
            owner, person.name, work, lambda: shutil.rmtree(folder, ignore_errors=True), plan=DEEP_PLAN
        )

    def end_training(self, name: str) -> None:
        """Stop a person's training; raises PeopleError where it doesn't stop yet."""
        if not self.jobs.stop_person(name):
            raise PeopleError("is being trained and doesn't stop yet.", subject=name, hint="Try again in a minute.")

    def samples_of(self, job: Job) -> Path | None:
        """Where the training that runs keeps its augmented samples; None while it has none."""
        person = self.engine.people.find(job.name)
        folder = folder_of(person) if person else None
        return folder if folder and folder.is_dir() else None

    # -- asking -------------------------------------------------------------------------------------------------------

    def pose(self, session: Session, question: str, start: str = "", end: str = "") -> Turn:
        """Put a question about the session's clip into the conversation, where it is seen before it is answered.

        `start`, `end`: of the part of the clip that is asked about, as typed; "" is the clip's.
        """
        self.tidy(session)
        with session.lock:
            clip = session.clip
            turn = Turn.posed(clip, question[:MAX_QUESTION], start, end)
            if session.lost and clip is None:
                turn.error = f"{session.lost} is deleted: it showed somebody who was forgotten. Upload it again to ask."
            session.turns = [*(earlier for earlier in session.turns if earlier.source), turn]
        return turn

    def ask(self, session: Session, question: str, start: str = "", end: str = "") -> Iterator[Turn]:
        """`pose` and `answer`."""
        yield from self.answer(session, self.pose(session, question, start, end))

    def answer(self, session: Session, turn: Turn) -> Iterator[Turn]:
        """Answer a question; yields its turn again whenever more of it is there.

        First the text as it streams, then presence and timeline, then the pictures. Errors become `turn.error`.
        """
        self.tidy(session)
        clip = turn.clip
        if turn.done or clip is None:
            yield turn
            return
        history, before = session.history(clip, turn), self.engine.people.snapshot()
        try:
            yield from self._so_far(session, turn, history, before)
            for piece in streamed(lambda stream: self._answer(clip, turn, history, stream)):
                turn.text += piece
                yield turn
            assert turn.answer is not None
            turn.take(turn.answer, turn.duration_s)
            forgetting.note(session, clip, turn, self.engine.people, before)
            yield turn
            evidence.illustrate(session, clip, turn, self.engine.chat.settings.video)
        except Exception as error:  # said where the answer would stand
            if turn.clip is not None:
                turn.error = explained_error(error)
                forgetting.note(session, clip, turn, self.engine.people, before)
            elif turn.answer is None:
                turn.error = "The clip was removed before this was answered."
        turn.done = True
        yield turn

    def _so_far(self, session: Session, turn: Turn, history: History, before: Snapshot) -> Iterator[Turn]:
        """While a clip is looked at: how far that is; of a long video answers from what was seen so far, ever later."""
        clip = turn.clip
        assert clip is not None
        looking, next_s = self.looks.of(clip), 0.0
        while not looking.over.wait(BEAT_S):
            seen = looking.so_far
            turn.status = looking.watch.text  # read later: it is told earlier
            if seen is not None and seen.duration_s >= next_s:
                next_s = 2 * seen.duration_s
                for _ in streamed(partial(answer_now, self.engine.chat, seen, turn, history, self._speaking)):
                    yield turn
                forgetting.note(session, clip, turn, self.engine.people, before)
            yield turn
        turn.status = ""
        if looking.failure is not None:
            raise looking.failure

    def _answer(self, clip: SessionClip, turn: Turn, history: History, stream: Callable[[str], None]) -> None:
        def tell(what: str, done: float, total: float) -> None:
            turn.status = f"{what} … {100 * done / total:.0f} %" if total else f"{what} …"

        turn.duration_s = self.look(clip, tell).duration_s
        with self._speaking, self.engine.listening(tell):
            turn.text = ""  # of an answer from what was seen so far
            turn.answer = self.engine.chat.ask(
                clip.path, turn.question, history=history, stream=stream, between=turn.between
            )

    def save_conversation(self, session: Session) -> tuple[str, int]:
        """The conversation as a zip in the session's folder; returns its link and its bytes."""
        self.tidy(session)
        if not any(turn.answer for turn in session.turns):
            raise PeopleError("there is nothing to export yet.", hint="Ask a question first.")
        path = session.made_folder() / f"conversation-{temporary.ANYONE}.zip"
        path.write_bytes(export.pack(session.turns))
        return session.link(path, "application/zip", "pvchat-conversation.zip"), path.stat().st_size

    def scan(self, owner: str) -> Job:
        """Begin to look through the library in the background, if this owner doesn't already; the result is JSON."""

        def work(stop: threading.Event, progress: Progress) -> dict[str, Any]:
            with self.engine.listening(progress):
                return self.engine.chat.library.scan(Scanning(progress=progress, stop=stop)).to_dict()

        running = next((job for job in self.jobs.of(owner, SCAN) if job.active), None)
        return running or self.jobs.add(owner, "Library", work, kind=SCAN, plan=SCAN_PLAN)

    # -- people -------------------------------------------------------------------------------------------------------

    def rename(self, old: str, new: str) -> Person:
        """Another name for a person, given by name or id; refused while she is trained under the old one."""
        person = self.engine.people.get(old)
        self.jobs.require_untrained(person.name)
        return self.engine.people.rename(person.id, new)

    def merge(self, name: str, other: str) -> Person:
        """Two enrollments of one person, given by names or ids, become one."""
        for one in (name, other):
            self.jobs.require_untrained(self.engine.people.get(one).name)
        return self.merges.merge(self.engine.chat, name, other)

    def forget(self, who: str) -> None:
        """Everything about a person, given by name or id, goes; a training of hers is stopped first."""
        person = self.engine.people.find(who)
        name = person.name if person else who
        self.end_training(name)
        self.merges.forget(name)
        self.engine.chat.forget(person.id if person else who)
        self.jobs.forget(name)
        for clip in self.sessions.clips():
            clip.analysis = None
        for session in self.sessions.all():
            session.asked = []  # a question that is being answered enters itself into the old one
            self.tidy(session)

    def tidy(self, session: Session) -> None:
        """Drop what a session still has of people who were forgotten, here or by another process."""
        forgetting.tidy(session, self.engine.people.ids())

    def take_person(self, upload: str | Path, name: str = "", replace: bool = False) -> Person:
        """Import an uploaded person file, which is deleted then."""
        if not self.sessions.is_upload(upload):
            raise PeopleError("the file didn't arrive whole.", hint="Upload it again.")
        try:
            people, name = self.engine.people, name.strip()
            return people.import_(upload, replace=replace, name=name or None, check=require_unlike)
        finally:
            self.sessions.discard(upload)

    def end_session(self, name: str) -> None:
        """A browser is gone: its files go, and the analyses of clips that no other session has."""
        if name not in self.sessions:
            return
        clips = self.sessions.of(name).all_clips()
        for clip in clips:
            self.looks.stop(clip)
        self.sessions.end(name)
        for key in keys_of(clips):
            self.drop(key)

    def drop(self, key: str) -> None:
        """Forget what was seen of a clip, unless a session has it."""
        if key not in keys_of(self.sessions.clips()):
            self.engine.chat.forget_clip(key)
