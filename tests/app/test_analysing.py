"""A clip is looked at behind the page: answers from what was seen so far, and what they become."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_app import ANA, BEN, WAIT_S, Scenery, built, upload, wait_for
from pvchat_app import chat_tab, page
from pvchat_app.backend import Backend
from pvchat_app.chat_tab import ChatTab
from pvchat_app.conversation import SessionClip
from pvchat_app.evidence import best_sightings
from pvchat_app.sessions import Session
from pvchat_app.turncard import turn_card

from pvchat.errors import VideoReadError
from pvchat.schemas import ClipAnalysis, SceneFacts, SceneSpan

PAGE = SimpleNamespace(session_hash="one")  # what Gradio tells of who asks


class Slow:
    """PVChat's `analyse` of a film of 40 s that is seen in parts of 10 s, each when it is let through."""

    def __init__(self, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        ana, ben = make_track(ANA, range(0, 40)), make_track(BEN, range(50, 80))
        self.whole = make_analysis(ana, ben, frames=80, step=0.5, key="film")
        self.whole.scenes = [SceneSpan(0, 40, SceneFacts())]
        self.steps, self.calls = threading.Semaphore(0), 0
        self.failure: Exception | None = None
        monkeypatch.setattr(backend.engine.chat, "analyse", self.analyse)
        monkeypatch.setattr("pvchat_app.progress.BEAT_S", 0.02)
        monkeypatch.setattr("pvchat_app.backend.BEAT_S", 0.02)
        monkeypatch.setattr("pvchat_app.chat_tab.BEAT_S", 0.02)
        self._backend = backend

    def analyse(self, clip: Path, partial=None) -> ClipAnalysis:
        self.calls += 1
        for part in range(1, 4):
            assert self.steps.acquire(timeout=WAIT_S)
            self._backend.engine.tell("looking through film.mp4", 10 * part, 40)
            partial(self.whole.between(0, 10 * part))
        assert self.steps.acquire(timeout=WAIT_S)
        if self.failure is not None:
            raise self.failure
        self._backend.engine.chat._clips._recent[self._backend.engine.chat._clips._keys.of(clip)] = self.whole
        return self.whole


@pytest.fixture
def slow(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(backend, monkeypatch)


@pytest.fixture
def clip(backend: Backend, scenery: Scenery) -> SessionClip:
    session = backend.sessions.of("one")
    clip = backend.receive(session, upload(backend, scenery.clip("film", ANA, BEN)))
    object.__setattr__(clip.probe, "duration_s", 40.0)
    session.keep(clip)
    return clip


def session_of(backend: Backend) -> Session:
    return backend.sessions.of("one")


def ahead(turns, until) -> None:
    """Let a turn go on until something holds of it."""
    for turn in turns:
        if until(turn):
            return
    pytest.fail("it ended before that")


def test_the_answer_comes_while_the_rest_is_looked_at_and_is_refined(backend: Backend, slow: Slow, clip) -> None:
    turns = backend.ask(session_of(backend), "When does Ana appear?")
    ahead(turns, lambda turn: turn.status.startswith("Looking at the clip"))
    slow.steps.release()
    ahead(turns, lambda turn: turn.text)
    turn = session_of(backend).turns[-1]
    assert turn.text.startswith("Seen so far, up to 0:10 of 0:40: Ana is in this part of the video the whole time")
    assert turn.status.startswith("Looking through film.mp4")
    assert turn.status in turn_card(turn).replace("&#x27;", "'")
    assert not turn.done
    slow.steps.release()
    ahead(turns, lambda turn: "up to 0:20 of 0:40" in turn.text)  # twice as much: told anew
    slow.steps.release(2)
    *_, turn = turns
    assert turn.done
    assert turn.text == "Ana is in this video from 0:00 to 0:20."
    assert turn.status == ""
    assert "pv-wait" not in turn_card(turn)
    assert slow.calls == 1


def test_a_later_part_is_waited_for(backend: Backend, slow: Slow, clip) -> None:
    turns = backend.ask(session_of(backend), "Is Ana there at 0:30?")
    slow.steps.release()
    ahead(turns, lambda turn: turn.text == "Seen so far, up to 0:10 of 0:40: I haven't come to that part yet.")
    assert not session_of(backend).turns[-1].done
    slow.steps.release(3)
    *_, turn = turns
    assert turn.text.startswith("No, Ana is not in this part of the video.")


def test_a_shot_that_was_not_come_to_is_waited_for(backend: Backend, slow: Slow, clip) -> None:
    turns = backend.ask(session_of(backend), "Is Ana there in shot 7?")
    slow.steps.release()
    ahead(turns, lambda turn: turn.text.endswith("I haven't come to that part yet."))
    slow.steps.release(3)
    *_, turn = turns
    assert "there is no such shot" in turn.error


def test_another_session_waits_for_no_film(backend: Backend, slow: Slow, clip, scenery: Scenery) -> None:
    long = backend.ask(session_of(backend), "Is Ana there?")
    ahead(long, lambda turn: turn.status)
    other, path = backend.sessions.of("two"), scenery.clip("short", BEN)
    other.keep(backend.receive(other, upload(backend, path)))
    other.clips[-1].analysis = backend.engine.chat._clips.look(other.clips[-1].path).analysis
    *_, turn = backend.ask(other, "Is Ana there?")
    assert turn.text.startswith("No, Ana is not in this video.")
    assert not session_of(backend).turns[-1].done
    slow.steps.release(4)
    *_, turn = long
    assert turn.done


def test_a_removed_clip_is_looked_at_no_further(backend: Backend, slow: Slow, clip, monkeypatch) -> None:
    gone: list[str] = []
    monkeypatch.setattr(backend.engine.chat, "forget_clip", gone.append)
    key, looking = backend.engine.chat.key_of(clip.path), backend.analyses.of(clip)
    slow.steps.release()
    wait_for(lambda: looking.so_far is not None)
    backend.remove(session_of(backend), clip)
    slow.steps.release(3)
    assert looking.over.wait(WAIT_S)
    assert clip.analysis is None
    assert gone == [key]


def test_a_failure_is_told_to_all_who_wait_and_the_next_look_begins_anew(backend: Backend, slow: Slow, clip) -> None:
    slow.failure = VideoReadError("it is damaged.", subject="film.mp4")
    slow.steps.release(4)
    *_, turn = backend.ask(session_of(backend), "Is Ana there?")
    assert "it is damaged" in turn.error
    slow.failure = None
    slow.steps.release(4)
    *_, turn = backend.ask(session_of(backend), "Is Ana there?")
    assert turn.text.startswith("Yes, Ana")
    assert slow.calls == 2


def test_the_timeline_grows_with_what_was_seen(backend: Backend, slow: Slow, clip) -> None:
    assert backend.timeline(clip) == ""
    looking = backend.analyses.of(clip)
    slow.steps.release()
    wait_for(lambda: looking.so_far is not None)
    assert "seen so far: up to 0:10 of 0:40" in backend.timeline(clip)
    slow.steps.release(3)
    backend.analyse(clip)
    assert "pv-unseen" not in backend.timeline(clip)
    assert "Ana: present, 1 time, 20 seconds in all" in backend.timeline(clip)


def test_pictures_are_of_the_part_that_was_asked_about() -> None:
    track = make_track(ANA, range(20))
    times = np.arange(20, dtype=np.float32)
    track.quality[:] = 0.5
    track.quality[3] = track.quality[12] = 0.9
    assert best_sightings(track, 1, times) in ([3], [12])
    assert best_sightings(track, 1, times, [(10.0, 15.0)]) == [12]
    assert best_sightings(track, 2, times, [(0.0, 5.0), (10.0, 15.0)]) == [3, 12]
    assert len(best_sightings(track, 3, times, [(50.0, 60.0)])) == 3  # thinned out there: others stand for it


def test_an_event_with_nothing_to_do_leaves_the_page_as_it_is(backend: Backend) -> None:
    chat = built(ChatTab, backend)
    for event in (chat.answer, chat.answer_patiently, chat.resume):
        rows = list(event(PAGE))
        assert rows  # of a generator that yields nothing Gradio empties conversation and timeline
        assert all(part == gr.skip() or part["keys"] == [] for row in rows for part in row.values())


def test_an_upload_is_one_event_and_answers_what_was_asked_before_it(backend: Backend, scenery: Scenery) -> None:
    session = session_of(backend)
    turn, chat = backend.pose(session, "Is Ana there?"), built(ChatTab, backend)
    *_, last = chat.receive_clip(upload(backend, scenery.clip("film", ANA)), PAGE)
    assert turn.text.startswith("Yes, Ana is in this video")
    assert turn.text in last[chat.log]["turns"][turn.key]
    assert last[chat.timeline] == backend.timeline(session.clips[-1])
    *_, last = chat.receive_clip(upload(backend, scenery.clip("other", BEN)), PAGE)
    assert chat.log not in last  # nothing waits, nothing is answered


def test_a_page_that_was_loaded_anew_goes_on_with_look_and_answer(backend: Backend, slow: Slow, clip) -> None:
    turn = backend.pose(session_of(backend), "Is Ana there?")
    turn.taken, chat = True, built(ChatTab, backend)  # the page before still answers it
    assert len(list(chat.answer(PAGE))) == 1
    answers, looks = chat.answer_patiently(PAGE), chat.resume(PAGE)
    next(answers)
    assert turn.key in next(answers)[chat.log]["turns"]
    turn.taken = False  # it lets go
    next(looks)
    slow.steps.release()
    ahead(looks, lambda row: "seen so far: up to 0:10" in str(row[chat.timeline]))
    slow.steps.release(3)
    list(answers)
    assert "Yes, Ana is in this video" in str(chat_tab.conversation_view(session_of(backend)))
    assert turn.done
    *_, row = looks
    assert "2 people found, among them Ana" in row[chat.note]
    *_, again = chat.resume(PAGE)  # also where a question was faster than the look
    assert all(again[part] == row[part] for part in (chat.note, chat.timeline))


def test_a_page_that_was_loaded_anew_shows_what_the_page_before_answers_to_the_end(
    backend: Backend, clip, monkeypatch
) -> None:
    monkeypatch.setattr(chat_tab, "BEAT_S", 0.0)
    turns = [backend.pose(session_of(backend), question) for question in ("Is Ana there?", "Where is Ana?")]
    for turn in turns:
        turn.taken = True
    chat = built(ChatTab, backend)
    answers = chat.answer_patiently(PAGE)
    next(answers)
    next(answers)
    for turn in turns:
        turn.text, turn.done, turn.taken = f"Yes, {turn.key}.", True, False
    shown = [updates[chat.log]["turns"] for updates in answers]
    assert all(any(f"Yes, {turn.key}." in turns.get(turn.key, "") for turns in shown) for turn in turns)


def test_a_second_question_is_answered_while_the_first_one_still_is(backend: Backend, slow: Slow, clip) -> None:
    first, second = (backend.pose(session_of(backend), question) for question in ("Is Ana there?", "Where is Ana?"))
    chat = built(ChatTab, backend)
    events = [chat.answer(PAGE) for _ in range(2)]
    for event in events:
        next(event)
        next(event)
    slow.steps.release()
    ahead(events[0], lambda row: first.text.startswith("Seen so far"))
    ahead(events[1], lambda row: second.text.startswith("Seen so far"))
    left = chat.answer(PAGE)
    third = backend.pose(session_of(backend), "How many people?")
    ahead(left, lambda row: third.status.startswith("Looking through"))
    left.close()  # its page went away
    assert (third.status, third.taken) == ("Waiting for its turn", False)
    slow.steps.release(3)
    for event in events:
        list(event)
    assert third.done
    assert first.done
    assert second.done
    waits = [
        d for d in page.build(backend, backend.sessions.root).config["dependencies"] if d["trigger_after"] is not None
    ]
    assert (
        sum(d["trigger_mode"] == "multiple" for d in waits) == 4
    )  # after typing, a suggestion, a correction, a reload
