"""Who comes or goes in a library: the clips that are recognised anew are those in which a decision changes."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pvchat import PVChat, Settings
from pvchat.cli import main as cli
from pvchat.identity.presence import PresenceModel
from pvchat.library import asking, odds, records
from pvchat.library import recognise as recognising
from pvchat.library.recognise import follow, recognise
from pvchat.people.corrections import Correction, Example, with_corrections
from pvchat.people.person import Person
from pvchat.people.store import PeopleStore
from pvchat.perception.experts.faceprint import nobody
from pvchat.schemas import LOOKS, ClipAnalysis, PersonFacts, SceneFacts, SceneSpan, Track
from pvchat.storage.clips import ClipCache
from pvchat.storage.library import connect, transaction
from pvchat.storage.stores import library_of
from pvchat.video import Recorded

PEOPLE, CLIPS = 6, 60


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    return PresenceModel.load()


def vectors(model: PresenceModel, who: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Identity vectors [count, 128] and faceprints [count, 512] of somebody, who is a mixture of two of the cohort."""
    assert model.prints is not None
    drawn, moved = np.random.default_rng(who), np.random.default_rng((who, seed))
    found = []
    for cohort, spread in ((model.cohort, 0.025), (model.prints.cohort, 0.03)):
        a, b = cohort[drawn.choice(len(cohort), 2, replace=False)]
        mixed = cohort.mean(0) + 1.2 * ((a + b) / 2 - cohort.mean(0))
        found.append(np.float32(mixed + spread * moved.standard_normal((count, cohort.shape[1]))))
    identity, prints = found
    return identity, np.float32(prints / np.linalg.norm(prints, axis=1, keepdims=True))


def room(number: int) -> np.ndarray:
    """Mean frame of one of seven places."""
    return np.random.default_rng(number % 7).random(1280).astype(np.float16)


def looks(who: int, seed: int) -> np.ndarray:
    """Hair and clothes of somebody."""
    worn = np.random.default_rng(who).random(LOOKS) + 0.1 * np.random.default_rng((who, seed)).random(LOOKS)
    return worn.astype(np.float16)


def drawing(who: int, count: int = 4) -> np.ndarray:
    """Identity vectors [count, 128] of a drawn figure."""
    rows = np.random.default_rng(who).standard_normal(128) + 0.2 * np.random.default_rng(0).random((count, 128))
    return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def person(model: PresenceModel, who: int) -> Person:
    """Every fifth is computer-generated, and enrolled as a face and as a figure."""
    identity, prints = vectors(model, who, 5, 10**6)
    arrays = {"prototypes": identity, "prints": prints.astype(np.float16), "body": np.zeros((1, 1280), np.float16)}
    arrays |= {"frame": room(who), "looks": looks(who, 0)[None]} | ({} if who % 5 else {"figure": drawing(who)})
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    return Person(f"Person {who}", arrays=arrays, extra={"quality": 0.8, "drawn": True}, thumbnail=picture.getvalue())


def clip(model: PresenceModel, number: int, strangers: int = 3 * PEOPLE) -> ClipAnalysis:
    """Three faces, of people or so many strangers, clear or blurred, some masked; every third is a long video.

    Every fourth is drawn: of these every other one has a figure, too, and the others no clear face.
    """
    random, tracks = np.random.default_rng(number), []
    for place in range(3):
        who, count = int(random.integers(PEOPLE + strangers)), int(random.integers(1, 12))
        identity, prints = vectors(model, who, count, number)
        box = np.tile(np.float32([0.3 * place, 0.2, 0.3 * place + 0.2, 0.6]), (count, 1))
        empty = np.zeros((count, 0), np.float32)
        quality = np.float32(random.uniform(0.1, 1.0, count))
        facts = PersonFacts(features=["a face mask"] if random.random() < 0.2 else [])
        tracks.append(
            Track("face", np.arange(count), box, empty, np.ones(count, np.float32), quality, identity, box, empty,
                  empty, prints=prints[:6].astype(np.float16), facts=facts,
                  looks=looks(who, number)[None] if random.random() < 0.5 else np.zeros((0, 0), np.float16))
        )  # fmt: skip
    key = hashlib.sha256(str(number).encode()).hexdigest()
    if not number % 8:
        figure = replace(
            tracks[0], kind="figure", identity=drawing(number % 16, len(tracks[0])), looks=tracks[0].looks[:0]
        )
        tracks.append(figure)
    elif not number % 4:
        tracks = [replace(track, prints=nobody()[:1].astype(np.float16)) for track in tracks]
    scenes = [] if number % 3 else [SceneSpan(0.0, 6.0, SceneFacts())]
    times, frame = np.arange(0.25, 6, 0.5, np.float32), room(number)[None, None]
    scene = SceneFacts(drawn=not number % 4)
    return ClipAnalysis(key, 6.0, 640, 360, times, frame, tracks, scene, scenes=scenes)


@pytest.fixture
def chat(model: PresenceModel, tmp_path: Path) -> PVChat:
    """A library of clips in which everybody but the last person is enrolled and known."""
    return filled(model, tmp_path, range(PEOPLE - 1))


def filled(
    model: PresenceModel, folder: Path, enrolled: Iterable[int], clips: Iterable[ClipAnalysis] | None = None
) -> PVChat:
    """A library of clips that knows some people."""
    home = PeopleStore(folder / "people")
    chat = PVChat(Settings(device="cpu"), people=home, cache=ClipCache(folder / "clips"))
    for who in enrolled:
        chat.people.add(person(model, who))
    (folder / "videos").mkdir(parents=True)
    chat.library.add([folder / "videos"])
    with changing(chat) as tables:
        for seen in (clip(model, number) for number in range(CLIPS)) if clips is None else clips:
            records.write_clip(tables, seen, Recorded(datetime(2026, 11, 29), "name"))
    chat.library.follow()
    return chat


def test_many_faces_at_once_are_as_like_her_as_one_by_one(chat: PVChat, model: PresenceModel) -> None:
    tables, her = connect(chat.people.root), [person(model, PEOPLE - 1), person(model, PEOPLE)]
    numbers, at_once = odds.logits_of_tracks(tables, model, her)
    seen = [records.analysis_of(tables, number + 1) for number in range(CLIPS)]
    tables.close()
    assert numbers.tolist() == [track for _, tracks in seen for track in tracks]
    alone = np.concatenate([model.solo_logits(her, analysis) for analysis, _ in seen], 1)
    np.testing.assert_allclose(at_once, alone, atol=5e-3)


@contextmanager
def changing(chat: PVChat) -> Iterator[sqlite3.Connection]:
    """The tables, in one transaction."""
    with closing(connect(chat.people.root)) as tables, transaction(tables):
        yield tables


def read(chat: PVChat, words: str) -> list[tuple[Any, ...]]:
    """The rows that a SELECT gives."""
    with closing(connect(chat.people.root)) as tables:
        return tables.execute(words).fetchall()


Decisions = dict[tuple[int, int], tuple[str, float, str]]


def decisions(chat: PVChat) -> Decisions:
    rows = read(chat, "SELECT clip, who, decision, probability, tracks FROM appearances WHERE who > 0")
    return {(clip, who): tuple(row) for clip, who, *row in rows}


def facts(chat: PVChat) -> list[tuple[object, ...]]:
    return read(chat, "SELECT * FROM facts ORDER BY clip, number")


def enroll(chat: PVChat, model: PresenceModel) -> None:
    chat.people.add(person(model, PEOPLE - 1))


def forget(chat: PVChat, model: PresenceModel) -> None:
    chat.people.forget("Person 1")


def deny(chat: PVChat, model: PresenceModel) -> None:
    """Of a clip in which she surely is it is said that this isn't her."""
    first = min(place[0] for place, one in decisions(chat).items() if place[1] == 3 and one[0] == "present")
    analysis, her = clip(model, first - 1), chat.people.get("Person 2")
    track = min(analysis.tracks, key=lambda one: np.linalg.norm(one.identity[0] - her.arrays["prototypes"][0]))
    example = Example(Correction(False, analysis.key, 1.0), np.float16(track.identity))
    chat.people.revise("Person 2", lambda her: with_corrections(her, replace(example, prints=track.prints)))


def join(chat: PVChat, model: PresenceModel) -> None:
    chat.merge("Person 0", "Person 3")


@pytest.mark.parametrize("change", [enroll, forget, deny, join])
def test_decisions_are_those_of_all_clips_gone_through_anew(
    chat: PVChat, model: PresenceModel, change: Callable[[PVChat, PresenceModel], None]
) -> None:
    before = decisions(chat)
    change(chat, model)
    tables = connect(chat.people.root)
    follow(tables, chat, wholly=False)
    soon, behind = decisions(chat), tables.execute("SELECT count(*) FROM clips WHERE stale").fetchone()[0]
    tables.close()
    assert chat.library.follow() == behind
    followed, known = decisions(chat), facts(chat)
    assert {place: one[0] for place, one in followed.items()} != {place: one[0] for place, one in before.items()}
    all_again(chat)
    assert behind < chat.library.follow() == CLIPS
    anew = decisions(chat)
    for place in soon | anew:
        one, other = (found.get(place, ("absent", 0.0, "")) for found in (soon, anew))
        assert one[0] == other[0] or min(abs(max(one[1], other[1]) - limit) for limit in (0.4, 0.52)) < 0.0125
    assert known == facts(chat)
    assert_alike(followed, anew)
    assert chat.library.follow() == 0


def test_in_long_videos_who_is_on_several_tracks_is_decided_exactly_when_they_are_opened(
    model: PresenceModel, tmp_path: Path
) -> None:
    films = [clip(model, 3 * number, strangers=-4) for number in range(CLIPS)]  # two people, on three tracks
    chat = filled(model, tmp_path, (0, 2, 3), films)
    before = places(decisions(chat))
    chat.people.add(person(model, 1))
    tables = connect(chat.people.root)
    opened = follow(tables, chat, wholly=False)
    tables.close()
    assert opened <= sum(any(track.kind == "figure" for track in film.tracks) for film in films) < CLIPS / 2
    soon = places(decisions(chat))
    assert soon != before
    assert CLIPS / 4 < chat.library.follow() < CLIPS
    followed, expected = decisions(chat), anew(chat)
    assert_alike(followed, expected)


def assert_alike(followed: Decisions, expected: Decisions) -> None:
    """The same decisions by the same tracks, and nearly the same probabilities."""
    decided, wanted = ({place: (one[0], one[2]) for place, one in some.items()} for some in (followed, expected))
    assert decided == wanted
    assert max(abs(one[1] - expected[place][1]) for place, one in followed.items()) < 0.005


def all_again(chat: PVChat) -> None:
    with changing(chat) as tables:
        tables.execute("UPDATE clips SET stale = 1")


def test_a_question_opens_a_clip_as_it_would_be_recognised_anew(chat: PVChat, model: PresenceModel) -> None:
    with changing(chat) as tables:
        tables.execute("INSERT INTO files SELECT id || '.mp4', 1, 1, 1, id, '' FROM clips")
    enroll(chat, model)
    chat.library.ask("Who was seen?")
    asked = facts(chat)
    all_again(chat)
    chat.library.follow()
    assert asked == facts(chat)


def test_a_clip_that_is_deleted_while_a_question_is_answered_is_left_out(
    chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete(library: Any, chat: PVChat, clips: list[int]) -> None:
        tables.execute("DELETE FROM clips WHERE id = ?", (clips[0],))

    tables = connect(chat.people.root)
    with transaction(tables):
        tables.execute("INSERT INTO files SELECT id || '.mp4', 1, 1, 1, id, '' FROM clips")
    monkeypatch.setattr(asking, "bring_up_to_date", delete)
    looked_at = {one.video.number for one in chat.library.ask("Who was seen?").finding.seen}
    assert looked_at
    assert looked_at <= {clip for (clip,) in tables.execute("SELECT id FROM clips")}
    tables.close()


def test_another_presence_model_decides_everything_anew(
    chat: PVChat, model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, face = decisions(chat), model.calibration.face
    other = replace(model, calibration=replace(model.calibration, face=(*face[:-1], face[-1] + 1.0)))
    with monkeypatch.context() as later:
        later.setitem(vars(chat.networks), "presence", other)
        assert chat.library.follow() == CLIPS
        found = decisions(chat)
        assert places(found) != places(before)
        assert places(found) == places(anew(chat))
        assert chat.library.follow() == 0
    assert chat.library.follow() == CLIPS
    assert places(decisions(chat)) == places(before)


def test_where_everybody_is_forgotten_nobody_is_anywhere(chat: PVChat) -> None:
    for name in chat.people.names():
        chat.people.forget(name)
    chat.library.follow()
    assert decisions(chat) == {}
    assert chat.library.follow() == 0


def sums(chat: PVChat) -> dict[int, tuple[int, bytes]]:
    """Among how many people each clip was decided, and the sums of their odds."""
    return {clip: tuple(row) for clip, *row in read(chat, "SELECT clip, people, together FROM contests")}


@pytest.mark.parametrize("door", ["python", "command line"])
def test_the_sums_of_odds_are_those_of_a_library_that_never_knew_who_is_forgotten(
    model: PresenceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    monkeypatch.setenv("PVCHAT_HOME", str(tmp_path / "knew"))
    knew, never = filled(model, tmp_path / "knew", (0, 1, 90)), filled(model, tmp_path / "never", (0, 1))
    before, expected = sums(knew), sums(never)
    if door == "python":
        knew.forget("Person 90")
    else:
        assert cli.main(["people", "forget", "Person 90"]) == 0
    after = sums(knew)
    assert len(after) > CLIPS / 2  # of clips in which she was taken for somebody tracks are gone: these have none now
    for clip, (people, together) in after.items():
        assert people == 2
        np.testing.assert_allclose(np.frombuffer(together), np.frombuffer(expected[clip][1]), rtol=1e-4)
        assert (np.frombuffer(before[clip][1]) > np.frombuffer(together)).all()
    for file in library_of(knew.people.root).parent.glob("library.db*"):
        assert not any(together in file.read_bytes() for _, together in before.values())


# -- while others come and go -----------------------------------------------------------------------------------------


def anew(chat: PVChat) -> Decisions:
    """What is decided where all clips are compared and recognised anew."""
    with changing(chat) as tables:
        tables.execute("DELETE FROM contests")
        tables.execute("UPDATE clips SET stale = 1")
    chat.library.follow()
    return decisions(chat)


def places(found: Decisions) -> dict[tuple[int, int], str]:
    return {place: decision for place, (decision, *_) in found.items()}


def scanned(chat: PVChat, seen: ClipAnalysis) -> None:
    """A clip is entered as a scan does it."""
    with changing(chat) as tables:
        recognise(tables, chat, records.write_clip(tables, seen, Recorded(datetime(2026, 11, 29), "name")))


def showing(who: int) -> int:
    """The number of a clip in which somebody is on the first track."""
    return next(n for n in range(CLIPS, 999) if np.random.default_rng(n).integers(4 * PEOPLE) == who)


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Once, when faces have been compared, this happens before the library is written."""
    compared, happened = odds.logits_of_tracks, []

    def slow(*args: Any, **how: Any) -> Any:
        found = compared(*args, **how)
        if not happened:
            happened.append(True)
            happens()
        return found

    monkeypatch.setattr(odds, "logits_of_tracks", slow)


def test_who_is_forgotten_while_another_is_compared_stays_forgotten(
    chat: PVChat, model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    enroll(chat, model)
    meanwhile(monkeypatch, lambda: chat.people.forget("Person 1"))
    chat.library.follow()
    assert {ref for (ref,) in read(chat, "SELECT ref FROM people")} == {one.id for one in chat.people.all()}


def test_a_clip_that_takes_another_s_place_while_faces_are_compared_has_its_own_odds(
    chat: PVChat, model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace_last() -> None:
        with changing(chat) as tables:
            tables.execute("DELETE FROM clips WHERE id = ?", (CLIPS,))
        scanned(chat, clip(model, showing(PEOPLE - 1)))

    enroll(chat, model)
    meanwhile(monkeypatch, replace_last)
    chat.library.follow()
    assert places(decisions(chat)) == places(anew(chat))


def test_an_empty_clip_is_nothing_to_decide_again_and_again(
    chat: PVChat, model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned(chat, replace(clip(model, 99), tracks=[]))
    enroll(chat, model)
    chat.library.follow()
    monkeypatch.setattr(recognising, "decide", None)
    assert chat.library.follow() == 0


def test_whose_file_could_not_be_read_for_a_while_is_found_again(chat: PVChat, model: PresenceModel) -> None:
    her = chat.people.get("Person 2")
    file = chat.people.root / her.id / "person.safetensors"
    whole = file.read_bytes()
    file.write_bytes(b"damaged")
    later = PVChat(Settings(device="cpu"), people=PeopleStore(chat.people.root), cache=chat.cache)
    enroll(later, model)
    later.library.follow()
    assert "Person 2" in later.people.snapshot().damaged
    scanned(later, clip(model, showing(2)))
    file.write_bytes(whole)
    later.library.follow()
    assert places(decisions(later)) == places(anew(later))
