"""Strangers of a library: grouped over clips, named, joined, ignored, merged, split, undone; nothing left of them."""

from __future__ import annotations

import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from make_analysis import identity_of
from make_studio import ANA, BEN, Studio
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from pvchat import PVChat
from pvchat.augment.watch import StoppedError, Watch
from pvchat.errors import PeopleError
from pvchat.library import Library, grouping
from pvchat.library.grouping import Faces, group
from pvchat.library.inbox import Inbox
from pvchat.storage.library import LibraryError
from pvchat.storage.stores import library_of

CARL, DORA = 3, 4


@pytest.fixture
def library(studio: Studio, chat: PVChat, tmp_path: Path) -> Library:
    """Ana and Ben are enrolled; Carl is in three clips, Dora in two, once both."""
    (tmp_path / "videos").mkdir()
    for name, people in (
        ("2026-11-01", (ANA, CARL)), ("2026-11-02", (CARL, DORA)), ("2026-11-03", (DORA,)), ("2026-11-04", (CARL,)),
        ("2026-11-05", (BEN,)), ("2026-11-06", (7,)),
    ):  # fmt: skip
        studio.clip(f"videos/{name}", *people)
    chat.library.add([tmp_path / "videos"], place="hall")
    assert chat.library.scan().added == 6
    return chat.library


@pytest.fixture
def inbox(library: Library) -> Inbox:
    return library.inbox


def days(inbox: Inbox, least: int = 2) -> dict[int, list[str]]:
    """The days on which each stranger is seen."""
    return {one.id: [s.recorded[8:10] for s in one.sightings] for one in inbox.strangers(least)}


def of(inbox: Inbox, *wanted: str) -> int:
    return next(number for number, seen in days(inbox, 1).items() if seen == list(wanted))


def test_strangers_are_grouped_over_clips_most_seen_first(inbox: Inbox) -> None:
    assert list(days(inbox).values()) == [["01", "02", "04"], ["02", "03"]]
    assert sorted(days(inbox, 1).values())[-1] == ["06"]
    carl = inbox.strangers()[0]
    assert (carl.videos, carl.seconds, carl.perhaps, carl.sightings[0].place) == (3, 6.0, [], "hall")


def test_seconds_are_those_in_which_somebody_is_seen(inbox: Inbox, library: Library) -> None:
    """A track of a film may begin in its first minute and end in its last."""
    before = inbox.strangers()[0].seconds
    with library._open() as tables:
        tables.execute("UPDATE tracks SET seen = substr(seen, 1, length(seen) / 2)")
    assert inbox.strangers()[0].seconds == before / 2


def test_a_group_keeps_its_number_as_clips_come_and_go(
    inbox: Inbox, library: Library, studio: Studio, tmp_path: Path
) -> None:
    carl, dora = days(inbox)
    studio.clip("videos/2026-10-31", DORA)
    studio.clip("videos/2026-11-07", DORA, CARL)
    (tmp_path / "videos" / "2026-11-01.mp4").unlink()
    library.scan()
    assert days(inbox) == {dora: ["31", "02", "03", "07"], carl: ["02", "04", "07"]}


def test_who_is_named_is_found_in_all_clips_and_undo_makes_her_a_stranger_again(
    inbox: Inbox, library: Library, chat: PVChat
) -> None:
    before = days(inbox, 1)
    carl = of(inbox, "01", "02", "04")
    with pytest.raises(PeopleError, match="consent"):
        inbox.name(carl, "Carl")
    assert inbox.name(carl, "Carl", consent=True).name == "Carl"
    assert chat.people.get("Carl").extra["clips"] == 3
    assert "in three of six videos" in library.ask("In which videos is Carl?").answer
    assert carl not in days(inbox, 1)
    assert inbox.undo().what == "name"
    assert chat.people.find("Carl") is None
    assert days(inbox, 1) == before


def test_a_name_that_is_taken_changes_nothing(inbox: Inbox, chat: PVChat) -> None:
    before = days(inbox)
    with pytest.raises(PeopleError, match="enrolled already.*--join"):
        inbox.name(of(inbox, "02", "03"), "Ana", consent=True)
    assert days(inbox) == before


def test_who_is_joined_is_her_from_then_on(inbox: Inbox, library: Library, chat: PVChat) -> None:
    before = days(inbox)
    inbox.correct(of(inbox, "02", "03"), "Ana", is_her=True)
    assert "in three of six videos" in library.ask("In which videos is Ana?").answer
    assert "02" not in [day for seen in days(inbox).values() for day in seen if len(seen) == 2]
    assert inbox.undo().what == "join"
    assert chat.corrections("Ana") == []
    assert days(inbox) == before


def test_not_her_stays_a_negative_until_it_is_undone(inbox: Inbox, chat: PVChat) -> None:
    inbox.correct(of(inbox, "02", "03"), "Ana", is_her=False)
    assert [said.her for said in chat.corrections("Ana")] == [False, False]
    assert len(days(inbox)) == 2
    inbox.undo()
    assert chat.corrections("Ana") == []


def test_who_was_changed_elsewhere_is_not_undone(inbox: Inbox, chat: PVChat, tmp_path: Path) -> None:
    carl, dora = of(inbox, "01", "02", "04"), of(inbox, "02", "03")
    inbox.ignore(dora)
    inbox.name(carl, "Carl", consent=True)
    chat.correct("Carl", tmp_path / "videos" / "2026-11-05.mp4", is_her=False, track=1)
    with pytest.raises(LibraryError, match="changed or forgotten since"):
        inbox.undo()
    assert chat.people.find("Carl") is not None
    assert inbox.undo().what == "ignore"  # what was done before can still be taken back
    assert dora in days(inbox)


def test_who_is_ignored_stays_away_in_new_clips_too(inbox: Inbox, library: Library, studio: Studio) -> None:
    carl = of(inbox, "01", "02", "04")
    inbox.ignore(carl)
    studio.clip("videos/2026-11-07", CARL)
    library.scan()
    assert list(days(inbox, 1).values()) == [["02", "03"], ["06"]]
    inbox.undo()
    assert days(inbox)[carl] == ["01", "02", "04", "07"]


def test_another_version_that_looks_at_all_clips_anew_keeps_groups_and_what_was_said(
    inbox: Inbox, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    carl, dora = days(inbox)
    inbox.ignore(carl)
    before = days(inbox, 1)
    monkeypatch.setattr("pvchat.library.records.VERSION", "another")
    assert library.scan().added == 6
    assert days(inbox, 1) == before
    assert before[dora] == ["02", "03"]


def test_groups_that_were_merged_or_split_stay_so(inbox: Inbox, library: Library, studio: Studio) -> None:
    before = days(inbox, 1)
    carl, other = of(inbox, "01", "02", "04"), of(inbox, "06")
    inbox.merge(carl, other)
    first = inbox.strangers()[0].sightings[0].track
    made = inbox.split(carl, [first])
    studio.clip("videos/2026-11-07", DORA)
    library.scan()
    assert (days(inbox, 1)[carl], days(inbox, 1)[made]) == (["02", "04", "06"], ["01"])
    assert (inbox.undo().what, inbox.undo().what) == ("split", "merge")
    assert days(inbox, 1).keys() == before.keys()
    assert days(inbox, 1)[other] == ["06"]
    with pytest.raises(LibraryError, match="nothing to take back"):
        inbox.undo()


def test_what_cannot_be_done_is_told(inbox: Inbox) -> None:
    carl = of(inbox, "01", "02", "04")
    for act in (lambda: inbox.ignore(99), lambda: inbox.merge(carl, 99), lambda: inbox.name(99, "Zoe", consent=True)):
        with pytest.raises(LibraryError, match="no such group"):
            act()
    with pytest.raises(LibraryError, match="can't be split"):
        inbox.split(carl, [s.track for s in inbox.strangers()[0].sightings])
    with pytest.raises(LibraryError, match="one group already"):
        inbox.merge(carl, carl)
    assert inbox.last() is None


def test_forgetting_and_removing_leave_nothing_of_a_stranger_who_was_named(
    inbox: Inbox, library: Library, chat: PVChat, tmp_path: Path
) -> None:
    carl = of(inbox, "01", "02", "04")
    with library._open() as tables:
        words = 'SELECT t.identity FROM tracks AS t JOIN members AS m ON m.track = t.id WHERE m."group" = ?'
        hers = [row[0] for row in tables.execute(words, (carl,))]
    ref = inbox.name(carl, "Carl", consent=True).id
    chat.people.forget("Carl")
    left = b"".join(path.read_bytes() for path in library_of(library.root).parent.iterdir())
    assert len(hers) == 3
    assert not any(rows[at : at + 256] in left for rows in hers for at in range(0, len(rows), 256))
    assert ref.encode() not in left
    inbox.ignore(of(inbox, "02", "03"))
    library.remove(tmp_path / "videos")
    with library._open() as tables:
        for table in ("groups", "members", "acts", "members_before", "tracks"):
            assert tables.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def faces(people: list[int], apart: list[tuple[int, int]] = (), quality: list[float] | None = None) -> Faces:
    """Tracks of made-up people, each seen a little otherwise."""
    middles = np.stack([identity_of(person, 0.15, seed) for seed, person in enumerate(people)])
    clear = np.float32(quality or [0.8] * len(people))
    pairs = np.array(apart, np.intp).reshape(-1, 2)
    return Faces(middles, np.zeros((len(people), 512), np.float32), clear, pairs, np.full(len(people), -1))


def test_two_who_are_seen_at_once_are_two() -> None:
    labels = group(faces([1, 1, 1, 2]))
    assert (len(set(labels[:3])), labels[3] in labels[:3]) == (1, False)
    labels = group(faces([1, 1, 1, 2], apart=[(0, 1)]))
    assert labels[0] != labels[1]
    assert (group(faces([1, 2, 1, 2])) == [0, 1, 0, 1]).all()


def apart_one_by_one(one: Faces, middles: np.ndarray, prints: np.ndarray) -> np.ndarray:
    """By faceprints where both have them, else by identity vectors."""
    by_print = np.linalg.norm(one.prints[:, None] - prints[None], axis=2)
    by_identity = np.linalg.norm(one.middles[:, None] - middles[None], axis=2) / grouping.SHORTER
    return np.where(one.prints.any(1)[:, None] & prints.any(1)[None], by_print, by_identity)


@pytest.mark.parametrize("rows", [64, 256])
def test_groups_are_those_of_comparing_every_track_with_every_other(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """150 clear tracks and 250 others of 20 pairs of people who look alike; three of ten without faceprints."""
    monkeypatch.setattr(grouping, "_ROWS", rows)
    random, clear, count = np.random.default_rng(0), 150, 400
    people = random.integers(40, size=count)
    alike = np.repeat(random.standard_normal((20, 512)), 2, axis=0) + 0.5 * random.standard_normal((40, 512))
    prints = alike[people] + 0.7 * random.standard_normal((count, 512))
    prints = np.where(random.random((count, 1)) < 0.3, 0, prints / np.linalg.norm(prints, axis=1, keepdims=True))
    middles = np.stack([identity_of(person, 0.3, seed) for seed, person in enumerate(people.tolist())])
    quality, nobody = np.float32(np.arange(count) < clear), np.full(count, -1)
    seen = Faces(middles, np.float32(prints), quality, np.zeros((0, 2), np.intp), nobody)
    labels = group(seen)
    founders = apart_one_by_one(seen, seen.middles, seen.prints)[:clear, :clear]
    most = grouping.distance_limit(grouping.FOUNDING_DISTANCE, clear)
    founded = fcluster(linkage(squareform(founders, checks=False), "average"), most, "distance")
    assert np.array_equal(founded[:, None] == founded, labels[:clear, None] == labels[:clear])
    own = [labels[:clear] == label for label in range(labels.max() + 1)]
    means = (np.stack([rows[:clear][mine].mean(0) for mine in own]) for rows in (seen.middles, seen.prints))
    apart = apart_one_by_one(seen, *means)[clear:]
    near = apart.min(1) <= grouping.distance_limit(grouping.JOINING_DISTANCE, count)
    assert 50 < near.sum() < 200
    assert labels[clear:].tolist() == np.where(near, apart.argmin(1), -1).tolist()


def test_of_too_many_faces_that_are_near_each_other_the_best_found_groups_and_others_join(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grouping, "MOST_IN_PART", 4)
    quality = [0.9, 0.5, 0.8, 0.5, 0.9, 0.8, 0.5, 0.9]
    seen = replace(faces([1, 1, 2, 1, 1, 1, 1, 7], quality=quality), said=np.array([3, -1, 3, 4, -1, -1, 4, -1]))
    labels = group(seen)  # the user put a track of 2 to one of 1, which makes one part of both
    assert labels.tolist() == [0, 1, 0, 3, 1, 1, 3, 2]


def test_many_faces_that_are_near_each_other_take_16_bytes_a_pair() -> None:
    seen, count = faces([1] * 3000), 3000
    tracemalloc.start()
    labels = group(seen)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert set(labels.tolist()) == {0}
    assert most < 1.4 * 16 * count * (count - 1) / 2


def test_grouping_is_stopped_within_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_ROWS", 5)
    stop, told = threading.Event(), list[tuple[str, float]]()

    def progress(what: str, done: float, total: float) -> None:
        told.append((what, done))
        if ("grouping faces", 0) in told and done == 2:
            stop.set()

    with pytest.raises(StoppedError):
        group(faces([1] * 40), Watch(progress, stop))
    assert told[-3:] == [("comparing faces", 0), ("comparing faces", 1), ("comparing faces", 2)]


def test_a_blurred_face_joins_a_group_and_founds_none() -> None:
    labels = group(faces([1, 1, 1, 2, 1], apart=[(0, 4)], quality=[0.8, 0.8, 0.0, 0.0, 0.0]))
    assert labels.tolist() == [0, 0, 0, -1, -1]


def test_what_was_done_about_one_person_is_undone_step_by_step(inbox: Inbox, chat: PVChat) -> None:
    before = days(inbox, 1)
    carl, dora, other = (of(inbox, *seen) for seen in (("01", "02", "04"), ("02", "03"), ("06",)))
    inbox.name(carl, "Carl", consent=True)
    inbox.correct(other, "Carl", is_her=True)
    inbox.correct(dora, "Carl", is_her=False)
    assert [inbox.undo().what for _ in range(3)] == ["deny", "join", "name"]
    assert chat.people.find("Carl") is None
    assert days(inbox, 1) == before


def test_a_video_that_is_gone_hinders_no_join(inbox: Inbox, chat: PVChat, tmp_path: Path) -> None:
    dora = of(inbox, "02", "03")
    for day, left in (("2026-11-02", 1), ("2026-11-03", 0)):
        (tmp_path / "videos" / f"{day}.mp4").unlink()
        if left:
            inbox.correct(dora, "Ana", is_her=True)
            assert len(chat.corrections("Ana")) == 1
            inbox.undo()
    with pytest.raises(LibraryError, match="none of the videos"):
        inbox.correct(dora, "Ana", is_her=True)
    assert (chat.corrections("Ana"), inbox.last()) == ([], None)


def test_while_strangers_are_grouped_others_may_write_and_what_they_said_counts(
    inbox: Inbox, library: Library, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    carl, dora = days(inbox)
    studio.clip("videos/2026-11-07", CARL)
    calls = list[int]()

    def group_slowly(faces: Faces, watch: Watch) -> object:
        calls.append(len(faces.middles))
        if len(calls) == 1:
            inbox.merge(carl, dora)  # by another connection
        return group(faces, watch)

    monkeypatch.setattr("pvchat.library.strangers.group", group_slowly)
    library.scan()
    found = days(inbox)
    assert len(calls) == 2
    assert found == {carl: ["01", "02", "02", "03", "04", "07"]}
