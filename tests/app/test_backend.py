"""What the page can do: enroll, ask with evidence, manage people, train in the background; on made-up experts."""

from __future__ import annotations

import json
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from make_analysis import make_analysis, make_track
from make_app import ANA, BEN, Scenery, built, real_clip, session_asking, session_enrolling, upload, wait_for
from PIL import Image
from pvchat_app import cards, evidence, export, turncard
from pvchat_app.backend import Backend
from pvchat_app.enroll_tab import EnrollTab
from pvchat_app.jobs import Job

from pvchat import video
from pvchat.errors import NoSubjectError, PeopleError, VideoReadError
from pvchat.schemas import PersonPresence


def last(turns):
    *_, turn = turns
    return turn


def test_people_found_are_offered_and_the_picked_one_is_enrolled(
    backend: Backend, party: Path, scenery: Scenery
) -> None:
    session = session_enrolling(backend, party)
    tracks, seconds = backend.subjects(session.enrolling)
    assert len(tracks) == 2
    html = cards.subjects(tracks, seconds, 1)
    assert html.count('type="radio"') == 2
    assert html.count(" checked") == 1
    clip = session.enrolling
    still = SimpleNamespace(probe=SimpleNamespace(kind="photo"), analysis=clip.analysis, name="party.jpg")
    assert " s · " in html
    assert " s · " not in cards.subjects(*backend.subjects(still), 1)  # a photo lasts no seconds
    session.pick = 2
    backend.enroll(session, "Second")
    alone = session_asking(backend, scenery.clip("alone", BEN))
    there = {p.name: p.decision for p in last(backend.ask(alone, "Is Second there?")).presences}
    assert there == {"Ana": "absent", "Second": "present"}


def test_nobody_in_the_clip_and_a_taken_name_are_told(backend: Backend, scenery: Scenery, party: Path) -> None:
    session = session_enrolling(backend, scenery.clip("empty"))
    with pytest.raises(NoSubjectError):
        backend.subjects(session.enrolling)
    session = session_enrolling(backend, party)
    with pytest.raises(PeopleError, match="already"):
        backend.enroll(session, "ana")
    assert backend.enroll(session, "Ana", replace=True).name == "Ana"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text.mp4", b"this is no video\n" * 50, "text file"),
        ("empty.mp4", b"", "empty"),
        ("noise.mp4", bytes(range(256)) * 40, "video"),
    ],
)
def test_files_that_are_no_video_are_refused_and_deleted(
    backend: Backend, tmp_path: Path, name, content, message
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    session = backend.sessions.of("one")
    with pytest.raises(VideoReadError, match=message) as error:
        backend.receive(session, upload(backend, path))
    assert error.value.hint
    assert [p for p in session.folder.rglob("*") if p.is_file()] == []


def test_a_four_hour_file_is_refused_by_its_length(backend: Backend, tmp_path: Path) -> None:
    path = real_clip(tmp_path, "long", frames=240, fps=1 / 60, side=16)  # 240 frames, one a minute
    with pytest.raises(VideoReadError, match="240.0 minutes, more than the limit of 180"):
        backend.receive(backend.sessions.of("one"), upload(backend, path))


def test_an_answer_streams_and_then_gets_presence_timeline_and_boxes(backend: Backend, party: Path) -> None:
    session = session_asking(backend, party)
    texts, states = [], []
    for turn in backend.ask(session, "Is Ana there?"):
        texts.append(turn.text)
        states.append((bool(turn.presences), bool(turn.pictures)))
    assert len({t for t in texts if t}) > 2  # it grew
    assert states[-1] == (True, True)
    assert (True, False) in states  # the timeline is there before the pictures
    turn = session.turns[-1]
    assert turn.text == turn.answer.answer
    html = turncard.evidence(turn)
    assert "data-seek" in html
    assert "Ana" in html
    with Image.open(turn.pictures[0].path) as picture:
        assert picture.size == evidence.SIZE


def test_follow_ups_keep_the_context_of_their_clip(backend: Backend, party: Path, scenery: Scenery) -> None:
    session = session_asking(backend, party)
    last(backend.ask(session, "Is Ana there?"))
    follow = last(backend.ask(session, "and what is she wearing?"))
    assert follow.answer.type == "appearance"
    assert [p.name for p in follow.answer.people] == ["Ana"]
    assert "jacket" in follow.text
    session.keep(backend.receive(session, upload(backend, scenery.clip("other", BEN))))
    assert session.history(session.clips[-1]) == []


@pytest.mark.parametrize(
    ("before", "whom"),
    [("Who is on the left?", "Ana"), ("Who is on the right?", "Ben"), ("Who is wearing blue?", "Ben")],
)
def test_she_is_whom_the_answer_before_named(
    backend: Backend, party: Path, scenery: Scenery, before: str, whom: str
) -> None:
    """From the question before alone that isn't known: everybody's clothes were told."""
    backend.engine.chat.enroll(scenery.clip("ben", BEN), "Ben")
    session = session_asking(backend, party)
    assert whom in last(backend.ask(session, before)).text
    follow = last(backend.ask(session, "What is she wearing?"))
    assert [p.name for p in follow.answer.people] == [whom]
    assert follow.text.startswith(f"{whom} is wearing")


def test_a_part_of_the_clip_answers_and_stands_beside_the_question(backend: Backend, scenery: Scenery) -> None:
    """Ana until 2 s, then Ben."""
    path = scenery.clip("film", ANA, BEN)
    key = next(key for key, seen in scenery.known.items() if len(seen.tracks) == 2)
    scenery.known[key] = make_analysis(make_track(ANA, range(8)), make_track(BEN, range(8, 16)), frames=16, key=key)
    session = session_asking(backend, path)
    assert last(backend.ask(session, "Is Ana there?", "0:00", "0:02")).text.startswith("Yes")
    turn = last(backend.ask(session, "Is Ana there?", "2", ""))
    assert turn.text.startswith("No, Ana is not in this part of the video.")
    assert "from 0:02 to the end" in turncard.turn_card(turn)
    assert turn.between == (2.0, None)
    for start, end, why in (("soon", "", "'soon' is no time"), ("0:03", "0:01", "there is no such part")):
        turn = last(backend.ask(session, "Is Ana there?", start, end))
        assert why in turn.error
        assert turn.answer is None


def test_errors_stand_where_the_answer_would_be(backend: Backend, party: Path) -> None:
    assert "upload one first" in last(backend.ask(backend.sessions.of("one"), "Who is there?")).error
    turn = last(backend.ask(session_asking(backend, party), "Is Zoe there?"))
    assert turn.text.startswith("Zoe is not enrolled")


def test_a_clip_may_be_removed_while_it_is_asked_about(backend: Backend, party: Path) -> None:
    session = session_asking(backend, party)
    clip = session.clips[-1]
    for turn in backend.ask(session, "Is Ana there?"):
        if session.clips and turn.presences:
            backend.remove(session, clip)
    assert (turn.error, turn.pictures, turn.clip, turn.done) == ("", [], None, True)
    assert turn.text.startswith("Yes")
    assert not clip.path.parent.exists()


def test_an_unsure_person_gets_other_pictures_than_a_present_one(backend: Backend, party: Path) -> None:
    session = session_asking(backend, party)
    clip = session.clips[-1]
    backend.analyse(clip)
    config = backend.engine.chat.settings.video
    for decision in ("present", "unsure"):
        found = [PersonPresence("Ana", decision, 0.5, [(0, 1)], track=0)]
        assert len(evidence.pictures(session, clip, found, config)) == evidence.PICTURES_EACH
    absent = [PersonPresence("Ana", "absent", 0.1, track=0)]
    assert evidence.pictures(session, clip, absent, config) == []


def test_the_export_holds_the_conversation_and_its_pictures(backend: Backend, party: Path) -> None:
    session = session_asking(backend, party)
    with pytest.raises(PeopleError, match="Ask a question first"):
        backend.save_conversation(session)
    last(backend.ask(session, "Is Ana there? <script>alert(1)</script>"))
    url, size = backend.save_conversation(session)
    link = backend.sessions.find(url.rsplit("/", 1)[1])
    assert link.path.stat().st_size == size
    with zipfile.ZipFile(link.path) as archive:
        told = json.loads(archive.read("conversation.json"))["turns"][0]
        page = archive.read("conversation.html").decode()
        assert {e["file"] for e in told["evidence"]} <= set(archive.namelist())
    assert told["people"][0]["name"] == "Ana"
    assert told["evidence"]
    assert "<script>" not in page
    assert str(session.folder) not in page + json.dumps(told)


def test_people_are_renamed_exported_imported_merged_and_forgotten(
    backend: Backend, scenery: Scenery, party: Path
) -> None:
    backend.rename("Ana", "Anna")
    session = session_enrolling(backend, scenery.clip("ana again", ANA))
    backend.enroll(session, "Ana 2")
    before = len(backend.engine.people.get("Anna").arrays["prototypes"])
    merged = backend.merge("Anna", "Ana 2")
    assert backend.engine.people.names() == ["Anna"]
    assert len(merged.arrays["prototypes"]) > before
    assert backend.engine.people.get("Ana 2").name == "Anna"
    assert merged.extra["clips"] == 2
    url, _ = export.person(session, backend.engine.people, "Anna")
    file = backend.sessions.find(url.rsplit("/", 1)[1])
    assert file.download == "Anna.pvperson"
    back = party.with_name("back.pvperson")
    back.write_bytes(file.path.read_bytes())
    taken = upload(backend, back)
    session_asking(backend, party)
    backend.analyse(session.clips[-1])
    backend.forget("Anna")
    assert backend.engine.people.names() == []
    assert backend.sessions.find(url.rsplit("/", 1)[1]) is None
    assert session.clips[-1].analysis is None
    assert backend.take_person(taken, "Back").name == "Back"
    assert not taken.exists()


def test_deep_training_outlives_the_session_and_its_instant_person_answers(
    backend: Backend, party: Path, monkeypatch
) -> None:
    calls, go = [], threading.Event()

    def deepen(clip, person, track=None, stop=None, progress=None):
        calls.append((Path(clip).exists(), person.id, track))
        progress("augment", 1, 2)
        go.wait(300)
        return replace(person, depth="deep")

    monkeypatch.setattr(backend.engine.chat, "deepen", deepen)
    session = session_enrolling(backend, party)
    session.pick = 2
    job = backend.train(session, backend.enroll(session, "Ben"), "browser")
    wait_for(lambda: job.step == "augment")
    backend.end_session("one")
    assert backend.jobs.of("browser") == [job]
    answers = session_asking(backend, party)
    assert last(backend.ask(answers, "Is Ben there?")).answer.people[0].decision == "present"
    with pytest.raises(PeopleError, match="trained"):
        backend.rename("Ben", "Benno")
    with pytest.raises(PeopleError, match="trained"):
        backend.merge("Ana", "Ben")
    go.set()
    wait_for(lambda: job.state == "done")
    assert calls == [(True, backend.engine.people.get("Ben").id, 2)]  # it goes on from her who was enrolled
    assert not any((backend.sessions.root / "jobs").iterdir())


def test_a_training_that_is_discarded_is_not_called_done(backend: Backend, party: Path, monkeypatch) -> None:
    monkeypatch.setattr(backend.engine.chat, "deepen", lambda clip, person, **_: person)
    session = session_enrolling(backend, party)
    job = backend.train(session, backend.enroll(session, "Ben"), "browser")
    wait_for(lambda: job.state == "failed")
    assert "didn't pass its gate" in str(job.failure)


def test_forgetting_stops_the_training_first(backend: Backend, party: Path, monkeypatch) -> None:

    def deepen(clip, person, track=None, stop=None, progress=None):
        progress("train", 0, 1)
        assert stop.wait(300)
        return person

    monkeypatch.setattr(backend.engine.chat, "deepen", deepen)
    session = session_enrolling(backend, party)
    job = backend.train(session, backend.enroll(session, "Cleo"), "browser")
    wait_for(lambda: job.step == "train")
    backend.forget("Cleo")
    assert job.state == "stopped"
    assert "Cleo" not in backend.engine.people.names()


def test_clips_that_browsers_cannot_play_get_a_copy_and_the_type_comes_from_the_content(
    backend: Backend, tmp_path
) -> None:
    import av
    import numpy as np

    avi = tmp_path / "old.avi"
    with av.open(str(avi), "w") as container:
        stream = container.add_stream("mpeg4", 4)
        stream.width = stream.height = 64
        for _ in range(6):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 99, np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    clip = backend.receive(backend.sessions.of("one"), upload(backend, avi))
    assert clip.copied
    assert clip.media_type == "video/mp4"
    disguised = tmp_path / "page.html"
    disguised.write_bytes(real_clip(tmp_path, "plain").read_bytes())
    clip = backend.receive(backend.sessions.of("one"), upload(backend, disguised))
    assert not clip.copied
    assert clip.media_type == "video/mp4"


def test_samples_are_looked_for_where_deep_enrollment_makes_them(backend: Backend) -> None:
    from pvchat.train.deep import working

    job = backend.jobs.add(Job("browser", "Ana", lambda stop, progress: None))
    assert backend.samples_of(job) is None
    with working(backend.engine.people.get("Ana")) as made:
        assert backend.samples_of(job) == made
    assert backend.samples_of(job) is None


def test_only_a_pretrained_base_is_trained(backend: Backend, party: Path, monkeypatch) -> None:
    ben = backend.enroll(session_enrolling(backend, party), "Ben")
    assert not backend.engine.can_train
    monkeypatch.setitem(vars(backend.engine.chat), "describer", object())
    assert not backend.engine.can_train
    monkeypatch.setitem(vars(backend.engine.chat.networks), "narrator", object())
    assert backend.engine.can_train
    assert "until the deep one is done" in cards.enrolled_notice(ben, backend.engine.can_train)
    assert "trained" not in cards.enrolled_notice(ben, False)


def test_as_many_people_are_found_as_answers_count(backend: Backend, scenery: Scenery) -> None:
    path = scenery.clip("cut", ANA, BEN)
    key = video.content_key(path)
    again = [make_track(BEN, range(0, 3)), make_track(BEN, range(3, 6))]  # followed anew after a cut
    scenery.known[key] = make_analysis(make_track(ANA), *again, key=key)
    session = session_asking(backend, path)
    backend.analyse(session.clips[-1])
    assert "2 people found, among them Ana. Ask about it." in backend.found_cards(session.clips[-1])[0]
    assert "I see two people in this video: Ana and somebody I" in last(backend.ask(session, "How many people?")).text


def test_whom_one_knows_is_said_beside_who_was_found(backend: Backend, party: Path) -> None:
    session = session_enrolling(backend, party)
    tab = built(EnrollTab, backend, gr.BrowserState(""))
    html = tab._subjects(session)
    assert html.count("looks like Ana") == 1
    page = SimpleNamespace(session_hash="one")
    picked = tab.pick_subject(SimpleNamespace(_data={"pick": "2"}), page)
    assert picked[tab.result] == ""  # what was said of the one before
    assert session.pick == 2
    tracks, seconds = backend.subjects(session.enrolling)
    assert "others, smaller" not in html
    assert "and 3 others, smaller" in cards.subjects(tracks, seconds, 1, more=3)


def test_an_empty_form_says_all_that_is_missing(backend: Backend, party: Path) -> None:
    session, tab = backend.sessions.of("one"), built(EnrollTab, backend, gr.BrowserState(""))

    def told(name: str) -> str:
        filled = dict(zip(tab.fields, (name, None, False, False, "instant", ""), strict=True))
        return list(tab.enroll(filled, SimpleNamespace(session_hash="one")))[-1][tab.result]

    assert "A clip, a name and the consent tick are missing" in told(" ")
    session.enrolling = backend.receive(session, upload(backend, party))
    assert ">The consent tick is missing" in told("Ana")


def test_somebody_is_enrolled_from_the_clip_that_is_asked_about(backend: Backend, party: Path) -> None:
    session, page = backend.sessions.of("one"), SimpleNamespace(session_hash="one")
    tab = built(EnrollTab, backend, gr.BrowserState(""))
    assert "no clip yet" in tab.take_chat_clip(page)[tab.result]
    session.keep(backend.receive(session, upload(backend, party)))
    taken = tab.take_chat_clip(page)
    assert (taken[tab.upload], taken[tab.result], taken[tab.found].count("<img")) == (None, "", 2)
    assert "party.mp4" in taken[tab.player]
    assert session.pick == 2  # Ana is known already
    assert backend.enroll(session, "Ben").name == "Ben"
    session.drop(session.enrolling)  # its folder goes, the chat's clip stays
    assert session.clip.path.exists()
