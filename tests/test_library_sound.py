"""Words that were heard, in a library: kept with their clip, asked over all of them, and gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from make_library import made_library
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.chat.sounds import rows_of_sound
from pvchat.chat.timeline import Entity, Row, Timeline
from pvchat.library import Library
from pvchat.schemas import Look, Sound, SoundState, SpokenWord, Utterance
from pvchat.storage import conversion, keys
from pvchat.storage.stores import library_of

NOW = datetime(2026, 11, 29, 10, 30)  # a Sunday


def utterance(text: str, start_s: float, **fields: Any) -> Utterance:
    words = text.split()
    spoken = tuple(SpokenWord(word, start_s + 0.2 * i, start_s + 0.2 * (i + 1)) for i, word in enumerate(words))
    return Utterance(start_s, start_s + 0.2 * len(words), spoken, **fields)


# -- what is found ----------------------------------------------------------------------------------------------------


def video(
    *said: tuple[str, str, float], sound: SoundState | Literal[""] = "heard", people: str = "Ana Ben"
) -> Timeline:
    """A minute in which these people are seen, and say something: who ("": nobody knows), the words, from when on."""
    there = people.split()
    entities = tuple(Entity(name, decision="present" if name in there else "absent") for name in ("Ana", "Ben"))
    tracks = {"Ana": 0, "Ben": 1, "": None}
    heard = Sound("heard", tuple(utterance(text, start, track=tracks[who]) for who, text, start in said))
    rows = [Row(name, "present", "", 0.0, 60.0) for name in there] + [*rows_of_sound(heard, {0: "Ana", 1: "Ben"})]
    return Timeline(0.0, 60.0, entities, tuple(rows), ((0.0, 60.0),), sound=sound)


VIDEOS = [  # by number
    ("kitchen", "2026-11-23T09:00:00", video(("Ana", "Happy birthday, Ben!", 3.0), ("Ben", "Thank you.", 6.0))),
    ("garden", "2026-11-24T14:00:00", video(("", "I am at the doctor now.", 2.0))),
    ("kitchen", "2026-11-27T10:00:00", video(("Ana", "Call the doctor.", 5.0), ("Ana", "The doctor is late.", 20.0))),
    ("hall", "2026-11-28T08:00:00", video(sound="none")),
    ("hall", "2026-11-28T09:00:00", video(sound="")),
    ("kitchen", "2026-11-29T08:05:00", video(("", "It's my birthday today.", 1.0), ("Ben", "Coffee?", 9.0))),
    ("hall", "2026-11-29T09:00:00", video(("Ben", "The doctor called.", 4.0), people="Ben")),
]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Made once: nothing changes it."""
    with made_library(tmp_path_factory.mktemp("spoken"), VIDEOS) as made:
        yield made


def told(question: str, library: Library) -> dict[str, Any]:
    found = library.ask(question, now=NOW).finding
    videos = [(one.video.number, [text for *_, text in one.quotes]) for one in found.seen]
    return {"videos": videos, "names": list(found.names), "verdict": found.verdict, "number": found.number}


FOUND: dict[str, dict[str, Any]] = {
    "In which videos does somebody say 'birthday'?":
        {"videos": [(1, ["Happy birthday, Ben!"]), (6, ["It's my birthday today."])], "number": 2},
    "When did Ana say 'doctor'?": {"videos": [(3, ["Call the doctor.", "The doctor is late."])], "names": ["Ana"]},
    "When did Ana last say 'doctor'?": {"videos": [(3, ["Call the doctor.", "The doctor is late."])]},
    "What was said in the kitchen this morning?": {"videos": [(6, ["It's my birthday today.", "Coffee?"])]},
    "What did Ben say on Monday?": {"videos": [(1, ["Thank you."])]},
    "Who said 'doctor'?": {"names": ["Ana", "Ben"]},
    "Did Ben ever say 'birthday'?": {"verdict": "unknown", "videos": []},
    "Was 'coffee' mentioned in the garden?": {"verdict": "no"},
    "Was 'thank you' said on Monday?": {"verdict": "yes"}, "Was 'tea' said on Saturday?": {"verdict": "unknown"},
    "How often did Ana say 'doctor'?": {"number": 1},
    "Was there no music on Monday?": {"verdict": "yes", "videos": []},
    "Was there no music on Saturday?": {"verdict": "unknown", "videos": []},  # one wasn't listened to
    "Does everybody speak?": {"verdict": "yes", "names": ["Ben", "Ana"]},
    "Did everybody speak on Friday?": {"verdict": "no", "names": ["Ana"]},
    "Did everybody speak on Tuesday?": {"verdict": "unknown", "names": []},  # nobody knows who does
    "Did everybody speak this morning?": {"verdict": "unknown", "names": ["Ben"]},
    "In which room was 'doctor' said most often?": {"names": ["Ana", "Ben"]},
}  # fmt: skip


@pytest.mark.weights
@pytest.mark.parametrize("question", FOUND)
def test_words_are_found_in_many_videos(spoken: Library, question: str) -> None:
    found = told(question, spoken)
    assert {name: found[name] for name in FOUND[question]} == FOUND[question], found


@pytest.mark.weights
def test_what_is_said_is_quoted_with_its_time(spoken: Library) -> None:
    answer = spoken.ask("In which videos does somebody say 'birthday'?", now=NOW)
    assert "0:03 Ana: “Happy birthday, Ben!”" in answer.answer
    assert "0:01 somebody: “It's my birthday today.”" in answer.answer
    quote = answer.to_dict()["clips"][0]["quotes"][0]
    assert (quote["who"], quote["span"][0], quote["text"]) == ("Ana", 3.0, "Happy birthday, Ben!")
    assert spoken.ask("When did Ana last say 'doctor'?", now=NOW).answer.startswith("Ana says “doctor”: last on Friday")
    assert spoken.ask("What did Ana say last?", now=NOW).answer.startswith("Ana speaks: last on Friday")
    assert "The doctor is late" in spoken.ask("Who talks about the doctor?", now=NOW).answer
    assert "Ben: “Coffee?”" in spoken.ask("What did Ben ask?", now=NOW).answer
    assert "The doctor called" in spoken.ask("What did Ben say about the doctor?", now=NOW).answer
    assert "weren't listened to" in spoken.ask("Was 'tea' said on Saturday?", now=NOW).answer
    no_music = spoken.ask("In which videos is there music on Monday?", now=NOW).answer
    assert no_music.startswith("I heard no music in ")


@pytest.mark.weights
@pytest.mark.parametrize(
    ("question", "select"),
    [
        ("Who never said 'doctor'?", "refuse"), ("In which videos does nobody say 'doctor'?", "refuse"),
        ("Who said 'never'?", "who"), ("In how many videos is 'doctor' said?", "how_often"),
    ],
)  # fmt: skip
def test_it_is_not_said_who_says_something_where_it_is_asked_who_never_does(
    spoken: Library, question: str, select: str
) -> None:
    assert spoken.ask(question, now=NOW).finding.query.select == select


# -- what is kept -----------------------------------------------------------------------------------------------------

HEARD = Sound(
    "heard", (utterance("Happy marzipan everybody.", 0.2, track=0), utterance("Thanks, walrus.", 1.2, track=1))
)


def on_disk(library: Library) -> bytes:
    """All that lies beside the library, and rows that are packed there, unpacked."""
    return b"".join(path.read_bytes() for path in sorted(library_of(library.root).parent.rglob("*")) if path.is_file())


@pytest.fixture
def pantry(studio: Studio, chat: PVChat, tmp_path: Path) -> Library:
    """One clip in which Ana and Ben speak."""
    (tmp_path / "pantry").mkdir()
    studio.clip("pantry/2026-11-28 18.00.00", ANA, BEN, sound=HEARD)
    chat.library.add([tmp_path / "pantry"], place="pantry")
    chat.library.scan()
    return chat.library


def words_of(library: Library) -> list[str]:
    with library._open() as tables:
        return [row[0] for row in tables.execute("SELECT value FROM facts WHERE attribute = 'says' ORDER BY start")]


def test_words_are_kept_with_whose_they_are(pantry: Library) -> None:
    assert words_of(pantry) == ["Happy", "marzipan", "everybody.", "Thanks,", "walrus."]
    with pantry._open() as tables:
        speaks = tables.execute("SELECT who FROM facts WHERE attribute = 'speaks' ORDER BY start").fetchall()
    assert len({*speaks}) == 2
    assert b"marzipan" in on_disk(pantry)


def test_encryption_covers_the_words(pantry: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "COST", 16)
    monkeypatch.setenv("PVCHAT_KEY", "correct horse battery")
    keys.create("correct horse battery")
    conversion.encrypt()
    assert b"marzipan" not in on_disk(pantry)
    assert "marzipan" in words_of(pantry)


def test_forgetting_somebody_takes_the_words_of_her_clips_along(
    pantry: Library, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others' words too; and no scan listens to them again, not one of a later version either."""
    chat.people.forget("Ana")
    assert b"marzipan" not in on_disk(pantry)
    assert b"walrus" not in on_disk(pantry)
    pantry.follow()
    assert words_of(pantry) == []
    with pantry._open() as tables:
        assert tables.execute("SELECT sound FROM clips").fetchone() == (b"",)
    monkeypatch.setattr("pvchat.library.records.VERSION", "later")
    assert pantry.scan().added == 1
    assert words_of(pantry) == []


def test_a_clip_that_is_removed_leaves_no_word(pantry: Library, tmp_path: Path) -> None:
    pantry.remove(tmp_path / "pantry")
    assert b"marzipan" not in on_disk(pantry)


def test_who_is_somebody_else_takes_her_words_along(pantry: Library, chat: PVChat) -> None:
    chat.people.rename("Ana", "Anna")
    pantry.follow()
    with pantry._open() as tables:
        count = tables.execute("SELECT count(*) FROM facts JOIN people ON people.id = who WHERE attribute = 'says'")
        assert count.fetchone() == (5,)


def test_what_could_not_be_heard_at_first_is_heard_later(
    studio: Studio, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [Sound("unfetched"), HEARD]
    monkeypatch.setattr(type(chat), "listen", lambda _, clip, seen: Look(replace(seen.analysis, sound=states[0])))
    library = chat.library
    library.add([studio.clip("2026-11-28 18.00.00", ANA, BEN)])
    assert library.scan().added == 1
    assert words_of(library) == []
    del states[0]
    assert library.scan().added == 0  # what hearing needs isn't here
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda **_: [])
    assert library.scan().added == 1
    assert len(words_of(library)) == 5
    assert library.scan().added == 0


UNFETCHED = Sound("unfetched")


@pytest.fixture
def deaf(studio: Studio, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A clip of each of two folders that could not be listened to yet."""
    monkeypatch.setattr(type(chat), "listen", lambda _, clip, seen: Look(replace(seen.analysis, sound=UNFETCHED)))
    for name in ("pantry", "hall"):
        (tmp_path / name).mkdir()
        studio.clip(f"{name}/2026-11-28 18.00.00", *((ANA, BEN) if name == "pantry" else (BEN,)))
        chat.library.add([tmp_path / name], place=name)
    assert chat.library.scan().added == 2
    return chat.library


def hear(monkeypatch: pytest.MonkeyPatch, sound: Sound) -> None:
    """What hearing needs is here from now on; where clips are looked at they sound like this."""
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda **_: [])
    monkeypatch.setattr(PVChat, "listen", lambda _, clip, seen: Look(replace(seen.analysis, sound=sound)))


def test_clips_stay_in_the_library_until_they_are_listened_to(
    deaf: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(monkeypatch, HEARD)
    assert (deaf.status().clips, deaf.status().waiting) == (2, 0)
    deaf.remove(tmp_path / "hall")
    assert deaf.status().clips == 1
    assert "Yes" in deaf.ask("Was Ana seen?", now=NOW).answer
    assert (deaf.scan().added, len(words_of(deaf))) == (1, 5)


def test_nobody_who_was_forgotten_comes_back_when_there_is_something_to_hear_with(
    deaf: Library, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Her clip isn't looked at again: her face would be found in it, too."""

    def tracks() -> list[tuple[int, int]]:
        with deaf._open() as tables:
            words = "SELECT clips.id, count(tracks.id) FROM clips LEFT JOIN tracks ON clip = clips.id GROUP BY 1"
            return tables.execute(words).fetchall()

    before = tracks()
    chat.forget("Ana")
    left = tracks()
    assert sum(count for _, count in left) == sum(count for _, count in before) - 1
    hear(monkeypatch, HEARD)
    report = deaf.scan()
    assert (report.added, report.kept) == (1, 1)
    assert [count for _, count in tracks()] == [count for _, count in left]


def test_a_worker_that_can_not_listen_is_told_of_and_not_waited_for(
    deaf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(monkeypatch, UNFETCHED)
    assert len(deaf.waiting()[0]) == 2
    report = deaf.scan()
    assert (report.added, len(report.failed)) == (2, 2)
    assert "not listened to" in next(iter(report.failed.values()))
    assert deaf.waiting() == ([], [])
    assert (deaf.scan().failed, deaf.status().clips) == ({}, 2)
