"""What one page does while another does something else: nothing is lost, half read, or left behind."""

from __future__ import annotations

import io
import itertools
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from make_analysis import make_analysis, make_track
from make_app import ANA, BEN, Scenery, upload
from make_people import find_traces
from PIL import Image
from pvchat_app import evidence, forgetting
from pvchat_app.backend import Backend
from pvchat_app.conversation import SessionClip, keys_of
from pvchat_app.jobs import Job, Jobs
from pvchat_app.progress import CallProgress
from pvchat_app.sessions import Session

from pvchat.schemas import PersonPresence
from pvchat.storage import temporary

CEM = 3


class Meanwhile:
    """A call that is made by another thread, once, when `now` says so; it may wait for the one that says it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._thread = threading.Thread(target=lambda: setattr(self, "given", call()))
        self.given: Any = None

    def now(self) -> None:
        if self._thread.ident is None:
            self._thread.start()
            self._thread.join(0.5)

    def result(self) -> Any:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.given


@pytest.fixture
def session(backend: Backend, party: Path) -> Session:
    """With a clip that was uploaded."""
    made = backend.sessions.of("one")
    made.keep(backend.receive(made, upload(backend, party)))
    return made


def test_a_link_that_is_made_while_dead_ones_go_leads_somewhere(
    backend: Backend, session: Session, party: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, exists = party.with_name("shown.mp4"), Path.exists
    shown.touch()
    session.link(shown, "video/mp4")
    meanwhile = Meanwhile(lambda: session.link(party, "video/mp4"))

    def slowly(path: Path, **options: Any) -> bool:
        if path == shown:
            meanwhile.now()
        return exists(path, **options)

    monkeypatch.setattr(Path, "exists", slowly)
    session.prune()
    assert backend.sessions.find(meanwhile.result().rsplit("/", 1)[1])


def test_a_question_that_comes_while_others_go_is_kept(backend: Backend, session: Session) -> None:
    first = backend.pose(session, "Is Ana there?")
    meanwhile = Meanwhile(lambda: backend.pose(session, "Where is she?"))

    class Known(dict[str, str]):
        def keys(self) -> Any:
            meanwhile.now()
            return super().keys()

    forgetting.tidy(session, Known())
    second = meanwhile.result()
    assert session.turns == [first, second]


def forgetting_while_it_answers(backend: Backend, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another page forgets somebody when an answer is made and not yet shown."""
    chat, ask = backend.engine.chat, backend.engine.chat.ask

    def answered(*given: Any, **options: Any) -> Any:
        answer = ask(*given, **options)
        if name in chat.people.names():
            backend.forget(name)
        return answer

    monkeypatch.setattr(chat, "ask", answered)


def test_an_answer_is_not_lost_when_somebody_else_is_forgotten_meanwhile(
    backend: Backend, session: Session, scenery: Scenery, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.engine.chat.enroll(scenery.clip("cem", CEM), "Cem")
    forgetting_while_it_answers(backend, "Cem", monkeypatch)
    *_, turn = backend.ask(session, "Is Ana there?")
    assert (turn.error, turn.done) == ("", True)
    assert turn.text.startswith("Yes, Ana")
    assert turn.duration_s > 0
    assert [person.name for person in turn.presences] == ["Ana"]
    assert session.turns == [turn]


def test_an_answer_about_somebody_who_is_forgotten_meanwhile_goes_with_the_clip(
    backend: Backend, session: Session, scenery: Scenery, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = backend.engine.chat.enroll(scenery.clip("ben", BEN), "Ben")
    clip = session.clip
    forgetting_while_it_answers(backend, "Ben", monkeypatch)
    *_, turn = backend.ask(session, "What is Ben wearing?")
    assert turn.done
    assert (session.turns, session.clips, turn.pictures) == ([], [], [])
    assert clip is not None
    assert not clip.path.exists()
    assert find_traces(temporary.root(), {"id": ben.id.encode(), "name": b"Ben"}) == []


def test_what_was_seen_of_a_clip_may_go_while_it_is_told(backend: Backend, session: Session) -> None:
    clip = session.clip
    assert clip is not None
    backend.analyse(clip)

    class Fading(SessionClip):
        """Somebody is forgotten after each look at it."""

        @property
        def analysis(self) -> Any:
            seen, self.__dict__["seen"] = self.__dict__.get("seen"), None
            return seen

        @analysis.setter
        def analysis(self, seen: Any) -> None:
            self.__dict__["seen"] = seen

    fading = Fading(clip.path, clip.name, clip.url, clip.probe, analysis=clip.analysis)
    assert len(keys_of([fading])) == 1
    assert keys_of([fading]) == set()
    assert "2 people found" in backend.found_cards(fading)[0]  # it is looked at once more
    assert len(backend.subjects(fading)[0]) == 2


def test_a_frame_that_another_question_is_just_writing_is_not_read_half(
    backend: Backend, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, save, saved = session.clip, Image.Image.save, itertools.count()
    assert clip is not None
    seen = backend.analyse(clip)
    found, config = [PersonPresence("Ana", "present", 0.9, [(0, 1)], track=0)], backend.engine.chat.settings.video
    last = evidence.best_sightings(seen.tracks[0], evidence.PICTURES_EACH, seen.times, [(0, 1)])[-1]

    def slowly(image: Image.Image, path: Path, *given: Any, **options: Any) -> None:
        if next(saved) != last:  # of the frames that are wanted
            return save(image, path, *given, **options)
        save(image, whole := io.BytesIO(), *given, **options)
        path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
        assert len(evidence.pictures(session, clip, found, config)) == evidence.PICTURES_EACH
        path.write_bytes(whole.getvalue())
        return None

    monkeypatch.setattr(Image.Image, "save", slowly)
    assert len(evidence.pictures(session, clip, found, config)) == evidence.PICTURES_EACH
    assert not [path for path in clip.path.parent.iterdir() if path.suffix == ".part"]


def test_a_picture_that_is_made_while_its_clip_is_removed_is_not_left(
    backend: Backend, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, rmdir = session.clip, os.rmdir
    assert clip is not None

    def late(*given: Any, **options: Any) -> None:
        with suppress(FileNotFoundError):
            (clip.path.parent / "late.jpg").write_bytes(b"somebody")
        rmdir(*given, **options)

    monkeypatch.setattr(os, "rmdir", late)
    backend.remove(session, clip)
    assert [path.name for path in session.folder.rglob("*")] == []


def test_what_cannot_be_moved_away_is_deleted_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where somebody has a file of the folder open."""

    def refused(*_: Any) -> None:
        raise PermissionError

    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "a.mp4").write_bytes(b"a")
    monkeypatch.setattr(Path, "rename", refused)
    temporary.remove(tmp_path / "clip")
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_is_removed_while_its_pictures_are_made_gets_none(
    backend: Backend, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, pictures = session.clip, evidence.pictures

    def removed(*given: Any) -> list[Any]:
        made = pictures(*given)
        backend.remove(session, clip)
        return made

    monkeypatch.setattr(evidence, "pictures", removed)
    *_, turn = backend.ask(session, "Is Ana there?")
    assert (turn.error, turn.pictures, turn.clip) == ("", [], None)


def test_whoever_sees_that_a_job_is_over_finds_it_cleaned_up() -> None:
    jobs, states = Jobs(), list[str]()
    job = jobs.add(Job("me", "Ana", lambda stop, progress: None, lambda: states.append(job.state)))
    assert job.over.wait(60)
    jobs.close()
    assert (states, job.state) == (["running"], "done")


def test_a_part_that_is_seen_while_the_status_is_told_is_answered_from_with_its_own(
    backend: Backend, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told first, then seen: an answer never stands beside what was being done before."""
    clip, text, go = session.clip, CallProgress.text.fget, threading.Event()
    assert clip is not None
    assert text is not None
    object.__setattr__(clip.probe, "duration_s", 40.0)
    whole = make_analysis(make_track(ANA, range(80)), frames=80, step=0.5, key="film")
    end = threading.Event()

    def analyse(path: Path, partial: Any) -> Any:
        assert go.wait(30)
        backend.engine.tell("looking through party.mp4", 10, 40)
        partial(whole.between(0, 10))
        assert end.wait(30)
        return whole

    def slowly(watch: CallProgress) -> str:
        told = text(watch)
        if not go.is_set():
            go.set()
            looking = backend.analyses.of(clip)
            while looking.so_far is None:
                looking.over.wait(0.01)
        return told

    monkeypatch.setattr("pvchat_app.backend.BEAT_S", 0.02)
    monkeypatch.setattr(backend.engine.chat, "analyse", analyse)
    monkeypatch.setattr(CallProgress, "text", property(slowly))
    for turn in backend.ask(session, "Is Ana there?"):
        if turn.text:
            break
    end.set()
    assert turn.text.startswith("Seen so far")
    assert turn.status.startswith("Looking through party.mp4")


def test_uploads_that_are_taken_while_old_ones_are_looked_for_disturb_nobody(backend: Backend, party: Path) -> None:
    session, uploads = backend.sessions.of("one"), [upload(backend, party) for _ in range(200)]
    for path in uploads[:100]:
        session.claim(path)
    taking = threading.Thread(target=lambda: [session.claim(path) for path in uploads[100:]])
    taking.start()
    while taking.is_alive():
        assert backend.sessions.end_idle(3600) == 0
    assert all(path.exists() for path in uploads)
