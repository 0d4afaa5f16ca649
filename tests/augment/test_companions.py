"""Companions: strangers get names, clips stand side by side, every presence combination can be asked."""

from __future__ import annotations

import re
import threading
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from make_analysis import identity_of, make_track
from make_samples import BOXES, facts, make_sample, write_set

from pvchat import video
from pvchat.augment.dataset.check import check
from pvchat.augment.questions import companions
from pvchat.augment.questions.rows import write_questions
from pvchat.augment.questions.views import Subject
from pvchat.augment.watch import UNWATCHED, StoppedError, Watch
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis

ANA = Person("Ana", arrays={"prototypes": identity_of(1)[None]})


def gathering(person, analyses, out, taken=(), watch=UNWATCHED):
    """An augmentation about somebody, among people of these names."""
    chat = SimpleNamespace(people=SimpleNamespace(names=lambda: list(taken)))
    profile = SimpleNamespace(person=person)
    return SimpleNamespace(profile=profile, analyses=analyses, out=out, seed=0, chat=chat, watch=watch)


def analyse(sample) -> ClipAnalysis:
    """Who is in a sample stands in its source: "p1" is Ana, "p2+p3" two others, "p1x" somebody quite like Ana."""
    tracks = []
    shown = re.findall(r"p(\d+)(x?)", sample.source)
    for i, (person, like) in enumerate(shown):
        track = make_track(int(person), box=BOXES[i if len(shown) > 1 else 1], noise=0.1)
        if like:
            track.identity = 0.6 * track.identity + 0.4 * identity_of(99)
        track.facts = facts(int(person), i if len(shown) > 1 else 1, None)
        tracks.append(track)
    times = (np.arange(8, dtype=np.float32) + 0.5) / 4
    return ClipAnalysis(sample.id, 2.0, 320, 240, times, np.ones((1, 49, 1280), np.float16), tracks)


def made_up(splits=("train", "val", "test")):
    """Per split four clips of Ana and two each of the strangers 2, 3 (fewer) and 4."""
    out = []
    for split in splits:
        for person, count in ((1, 4), (2, 2), (3, 2), (4, 1)):
            for _ in range(count):
                out.append(make_sample(len(out), {"Ana": person == 1}, split, source=f"p{person}{split}"))
    return out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Media are read as grey frames of any size, and written for real."""

    class Read:
        def __init__(self, path: Path) -> None:
            rng = np.random.default_rng(int(path.stem, 16))
            self.images = rng.integers(0, 256, (3 + path.stat().st_size % 4, 48, 64, 3), np.uint8)

    (tmp_path / "media").mkdir()
    monkeypatch.setattr(video, "load", lambda path, config: Read(path))
    return tmp_path


def put(folder: Path, samples) -> None:
    for sample in samples:
        (folder / sample.media).write_bytes(sample.id.encode() * (1 + int(sample.id, 16)))


def test_nobody_is_called_by_a_word_of_another_name() -> None:
    samples = made_up()
    person = Person("Lee Kim", arrays=ANA.arrays)
    found = companions.find_companions(samples, {s.id: analyse(s) for s in samples}, person, ["Noa Lopez"])
    assert [c.name for c in found] == ["Sam", "Ida", "Tom"]


def test_every_presence_combination_of_the_subject_and_two_companions(folder: Path) -> None:
    samples = made_up()
    put(folder, samples)
    new = companions.add_companions(samples, gathering(ANA, analyse, folder))
    assert [s.dropped for s in new] == [None] * len(new)
    assert all((folder / s.media).is_file() and s.recipe == "together" for s in new)
    rows = write_questions([*samples, *new], Subject("Ana", ANA), analyse)
    for split in ("train", "val", "test"):
        names = sorted({n for s in samples if s.split == split for n in s.people})
        assert names == ["Ana", "Kim", "Lee"]
        for kind, size in (("pair", 2), ("triple", 3)):
            some = [r for r in rows if (r.split, r.kind) == (split, kind)]
            found = {tuple(r.present[n] for n in sorted(r.people)) for r in some}
            assert found == set(product((True, False), repeat=size)), (split, kind)
    write_set(folder, [*samples, *new], rows)
    assert check(folder) == []


def test_a_name_is_one_person_and_never_given_twice(folder: Path) -> None:
    samples = made_up()
    put(folder, samples)
    new = companions.add_companions(samples, gathering(ANA, analyse, folder, taken=("kim",)))
    for sample in [*samples, *new]:
        shown = set(re.findall(r"p\d", sample.source))
        for name, person in (("Ana", "p1"), ("Lee", "p2"), ("Noa", "p3")):
            assert sample.people[name] is (person in shown)
        assert "Kim" not in sample.people


def test_who_is_like_the_subject_gets_no_name_and_doubt_says_nothing(folder: Path) -> None:
    samples = [make_sample(0, {"Ana": True}, source="p1"), make_sample(1, {"Ana": False}, source="p1x")]
    put(folder, samples)
    assert companions.add_companions(samples, gathering(ANA, analyse, folder)) == []
    assert [list(s.people) for s in samples] == [["Ana"], ["Ana"]]
    other = companions.Companion("Kim", identity_of(2))
    for share, told in ((0.0, True), (0.35, None), (1.0, False)):
        track = make_track(2, noise=0.0)
        track.identity = np.tile((1 - share) * identity_of(2) + share * identity_of(5), (8, 1)).astype(np.float32)
        far = np.linalg.norm(track.identity[0] - identity_of(2))
        expected = True if far < 0.5 else False if far > 0.6 else None
        found = companions.shows(other, ClipAnalysis("k", 2.0, 1, 1, np.zeros(8), np.zeros((0, 49, 1280)), [track]))
        assert found is expected
        assert share == 0.35 or found is told


def test_clips_in_which_not_everyone_is_found_are_dropped(folder: Path) -> None:
    samples = made_up(("train",))
    put(folder, samples)

    def blind(sample):
        found = analyse(sample)
        if sample.recipe == "together":
            found.tracks = found.tracks[:1]
        return found

    new = companions.add_companions(samples, gathering(ANA, blind, folder))
    assert new
    assert {s.dropped for s in new} == {"faces"}
    assert not any((folder / s.media).exists() for s in new)


def test_the_same_call_makes_the_same_and_drawn_figures_have_no_companions(folder: Path) -> None:
    one, two = made_up(), made_up()
    put(folder, one)
    first = companions.add_companions(one, gathering(ANA, analyse, folder))
    times = {s.id: (folder / s.media).stat().st_mtime_ns for s in first}
    assert companions.add_companions(two, gathering(ANA, analyse, folder)) == first
    assert {s.id: (folder / s.media).stat().st_mtime_ns for s in first} == times, "what is made isn't made again"
    assert companions.add_companions(made_up(), gathering(Person("Ana", kind="figure"), analyse, folder)) == []


def test_a_stop_is_obeyed_between_groups(folder: Path) -> None:
    samples = made_up()
    put(folder, samples)

    stop = threading.Event()
    watch = Watch(lambda what, done, total: done == 2 and stop.set(), stop)
    with pytest.raises(StoppedError):
        companions.add_companions(samples, gathering(ANA, analyse, folder, watch=watch))
    assert len(list(folder.glob("media/*.mp4"))) == len(samples) + 3  # it was set before the third was made


def test_clips_side_by_side_have_one_height_and_the_longest_length() -> None:
    one, two = np.full((5, 48, 64, 3), 10, np.uint8), np.full((2, 96, 64, 3), 200, np.uint8)
    found = companions.side_by_side([one, two], height=24)
    assert found.shape == (5, 24, 32 + 16, 3)
    assert (found[:, :, :32] == 10).all()
    assert (found[:, :, 32:] == 200).all()
