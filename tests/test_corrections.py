"""Corrections: "that is Ana", "that is not Ana" are kept with her, used at once, and go with her."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_people import find_traces, make_person
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.errors import NoSubjectError, PeopleError, SettingsError, SeveralSubjectsError, SubjectError
from pvchat.identity.corrections import corrected_tracks, example_of, index_of_number, rejection_cost, tracks_meant
from pvchat.people import corrections
from pvchat.people.corrections import (
    Correction,
    Example,
    corrections_that_may_show,
    examples_of,
    shareable,
    with_corrections,
    without_correction,
)
from pvchat.people.person import Person, checked
from pvchat.schemas import LOOKS

CLEO = 3


def decision(chat: PVChat, clip: Path, name: str = "Ana") -> str:
    return chat.ask(clip, f"Is {name} in this video?").people[0].decision


def example(her: bool, clip: str, seed: int = 0, rows: int = 2) -> Example:
    vectors = np.random.default_rng(seed).standard_normal((rows, 128)).astype(np.float16)
    return Example(Correction(her, clip, 1.0, "party.mp4"), vectors)


# --- used at once


@pytest.mark.parametrize(
    ("theirs", "hers", "fall"), [(8.0, 3.0, 7.0), (8.0, 8.0, 2.0), (6.0, 9.0, 2.0), (8.0, -9.0, 10.0), (-1.0, 3.0, 0.0)]
)
def test_a_word_weighs_less_than_all_the_frames_that_look_like_her(theirs: float, hers: float, fall: float) -> None:
    """What is more like somebody who isn't her isn't her; what is as like her may be: the word may be a mistake."""
    track = make_track(ANA)
    wrong = with_corrections(
        make_person("Ana"), replace(example(False, "c"), faces=track.identity[:1].astype(np.float16))
    )
    assert rejection_cost(wrong, [track], np.array([hers]), lambda view, shown: theirs) == pytest.approx([fall])


def test_that_is_not_her_holds_in_this_clip_and_in_others(studio: Studio, chat: PVChat) -> None:
    first, other = studio.clip("first", ANA), studio.clip("other", ANA)
    assert decision(chat, first) == decision(chat, other) == "present"
    before = chat.ask(other, "Is Ana in this video?").people[0].probability
    (said,) = chat.correct("Ana", first, False)
    assert not said.her
    assert said.source == "first.mp4"
    assert decision(chat, first) == "absent"
    assert (
        chat.ask(other, "Is Ana in this video?").people[0].probability < before
    )  # a face as like her as it is like that
    assert decision(chat, studio.clip("third", BEN), "Ben") == "present"


def test_that_is_her_holds_in_this_clip_and_in_others(studio: Studio, chat: PVChat) -> None:
    first, other = studio.clip("first", CLEO), studio.clip("other", CLEO)
    assert decision(chat, first) == decision(chat, other) == "absent"
    chat.correct("Ana", first, True)
    assert decision(chat, first) == decision(chat, other) == "present"
    assert decision(chat, studio.clip("hers", ANA)) == "present"
    assert decision(chat, studio.clip("else", 9)) == "absent"


def test_that_is_her_takes_the_face_from_whom_it_was_taken_for(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("first", BEN)
    assert decision(chat, clip, "Ben") == "present"
    chat.correct("Ana", clip, True)
    assert decision(chat, clip, "Ana") == "present"
    assert decision(chat, clip, "Ben") == "absent"


def test_an_alias_and_a_moment_do(studio: Studio, chat: PVChat) -> None:
    chat.people.alias("Ana", "Mum")
    (said,) = chat.correct("mum", studio.clip("first", ANA), False, at=1.0)
    assert said.at_s == pytest.approx(0.88)  # the nearest sighting


def test_whom_nobody_would_have_taken_for_her_must_be_picked(studio: Studio) -> None:
    """Of strangers one is always likelier; who is told "that is Ana" can't know which of them is meant."""
    two = make_analysis(make_track(ANA), make_track(CLEO))
    with pytest.raises(SeveralSubjectsError, match="2 people could be meant"):
        tracks_meant(make_person("Ana"), two, np.float32([-6.0, -3.0]), her=True)
    assert tracks_meant(make_person("Ana"), two, np.float32([-3.0, 2.0]), her=True) == [1]  # she is seen: she is meant
    assert tracks_meant(make_person("Ana"), make_analysis(make_track(CLEO)), np.float32([-6.0]), her=True) == [0]


def test_several_could_be_meant(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("two", CLEO, 9)
    with pytest.raises(SeveralSubjectsError, match="could be meant") as caught:
        chat.correct("Ana", clip, True)
    picked = caught.value.candidates[1]
    assert Path(picked.thumbnail).is_file()
    chat.correct("Ana", clip, True, track=picked.number)
    assert decision(chat, clip) == "present"
    assert decision(chat, studio.clip("her", 9 if picked.number == 2 else CLEO)) == "present"
    assert not Path(picked.thumbnail).is_file()


def mei(figure: np.ndarray) -> Person:
    """Enrolled by face and as this figure."""
    person = make_person("Mei", 1)
    person.arrays["figure"] = figure
    return person


def test_that_is_not_her_may_mean_her_figure() -> None:
    face, figure, body = make_track(BEN), make_track(CLEO, kind="figure"), make_track(ANA, kind="figure")
    body.looks = np.ones((1, LOOKS), np.float16)  # somebody who turns away
    her, clip, odds = mei(figure.identity), make_analysis(face, figure, body), np.float32([-9, 5, -9])
    assert tracks_meant(her, clip, odds, her=False) == [1]
    assert tracks_meant(her, clip, odds, her=True) == [0]  # what is hers is kept as a face
    assert tracks_meant(her, make_analysis(figure), odds[1:2], her=False) == [0]
    assert index_of_number(her, clip, 2, "", her=False) == 1
    with pytest.raises(SubjectError, match="no track 4"):
        index_of_number(her, clip, 4, "", her=False)
    wrong = with_corrections(her, example_of(figure, False, clip, ""))
    assert corrected_tracks(wrong, clip) == {1: False}
    fall = rejection_cost(wrong, clip.tracks, odds, lambda view, track: 8.0 if track.kind == "figure" else -9.0)
    assert fall.tolist() == [0.0, 5.0, 0.0]


@pytest.mark.parametrize("turned", [True, False])
def test_a_body_or_figure_of_somebody_with_a_face_is_not_meant(turned: bool) -> None:
    """Nothing could be learned of clothes or of a drawing for other clips."""
    ana, body = make_person("Ana", 1), make_track(BEN, kind="figure")
    if turned:
        body.looks = np.ones((1, LOOKS), np.float16)
    clip = make_analysis(body, make_track(CLEO))
    for her in (True, False):
        assert tracks_meant(ana, clip, np.float32([5, -8]), her=her) == [1]
        with pytest.raises(NoSubjectError, match="nobody's face"):
            tracks_meant(ana, make_analysis(body), np.float32([5]), her=her)
        with pytest.raises(SubjectError, match="no track 1"):
            index_of_number(ana, clip, 1, "", her=her)


def test_what_is_kept_of_one_word_is_all_that_is_handed_back(studio: Studio, chat: PVChat) -> None:
    chat.correct("Ana", studio.clip("older", CLEO), False, track=1)
    both = studio.clip("both", ANA, ANA)  # two tracks of one face
    kept = chat.correct("Ana", both, False)
    assert {one.source for one in kept} == {"both.mp4"}
    assert [one.source for one in chat.corrections("Ana")] == ["older.mp4", *(one.source for one in kept)]


def test_an_example_of_somebodys_figure_goes_with_her() -> None:
    figure = make_track(CLEO, kind="figure")
    example = example_of(figure, False, make_analysis(figure), "")
    toon = make_person("Toon", 2, kind="figure", arrays={"prototypes": figure.identity})
    for person, other in ((make_person("Ben", 3, kind="figure"), mei(figure.identity)), (mei(toon.figure + 9), toon)):
        assert len(corrections_that_may_show(with_corrections(person, example), other)) == 1
        assert corrections_that_may_show(with_corrections(person, example), make_person("Eve", 4)) == []


def test_what_cant_be_corrected(studio: Studio, chat: PVChat) -> None:
    with pytest.raises(NoSubjectError, match="nobody's face is seen in the clip"):
        chat.correct("Ana", studio.clip("empty"), True)
    with pytest.raises(SettingsError, match="long"):
        chat.correct("Ana", studio.clip("first", ANA), False, at=90.0)
    with pytest.raises(PeopleError):
        chat.correct("Nobody", studio.clip("first", ANA), False)
    for at in (None, 1.0):
        with pytest.raises(NoSubjectError, match="nobody in it is taken for Ana"):
            chat.correct("Ana", studio.clip("second", BEN), False, at=at)
    assert chat.corrections("Ana") == []


# --- undone, listed, carried along


def test_undone_it_is_as_before(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("first", ANA)
    before = chat.people.get("Ana")
    chat.correct("Ana", clip, False)
    assert [c.her for c in chat.corrections("Ana")] == [False]
    chat.people.revise("Ana", lambda one: without_correction(one, 1))
    assert chat.corrections("Ana") == []
    assert decision(chat, clip) == "present"
    after = chat.people.get("Ana")
    assert after.arrays.keys() == before.arrays.keys()
    assert (after.extra, after.created, after.aliases) == (before.extra, before.created, before.aliases)
    with pytest.raises(PeopleError, match="no correction 1"):
        chat.people.revise("Ana", lambda one: without_correction(one, 1))


def test_the_later_word_about_a_track_counts(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("first", ANA)
    chat.correct("Ana", clip, False)
    chat.correct("Ana", clip, True)
    assert [c.her for c in chat.corrections("Ana")] == [True]
    assert decision(chat, clip) == "present"


def test_forgotten_with_her(studio: Studio, chat: PVChat) -> None:
    chat.correct("Ana", studio.clip("first", CLEO), False, track=1)
    wanted = {str(i): row.tobytes() for i, row in enumerate(examples_of(chat.people.get("Ana"))[0].faces)}
    home = chat.people.root.parent
    assert find_traces(home, wanted)
    chat.forget("Ana")
    assert find_traces(home, wanted) == []


def test_a_face_goes_with_its_owner_where_it_was_somebody_elses_example(studio: Studio, chat: PVChat) -> None:
    chat.correct("Ana", studio.clip("first", BEN), False, track=1)
    chat.correct("Ana", studio.clip("second", CLEO), False, track=1)
    chat.forget("Ben")
    left = chat.corrections("Ana")
    assert [c.source for c in left] == ["second.mp4"]


def test_merged_with_her(studio: Studio, chat: PVChat) -> None:
    chat.enroll(studio.clip("again", ANA), "Ana 2")
    chat.correct("Ana 2", studio.clip("first", CLEO), True)
    chat.correct("Ben", studio.clip("second", ANA), False, track=1)
    chat.merge("Ana", "Ana 2")
    assert [c.her for c in chat.corrections("Ana")] == [True]
    assert len(chat.corrections("Ben")) == 1  # Ana goes on, so that this isn't Ben is still known
    assert decision(chat, studio.clip("third", CLEO)) == "present"


def test_given_away_without_other_peoples_faces(studio: Studio, chat: PVChat, tmp_path: Path) -> None:
    chat.correct("Ana", studio.clip("first", BEN), False, track=1)
    chat.correct("Ana", studio.clip("second", CLEO), True)
    file = chat.people.export("Ana", tmp_path / "ana.pvperson")
    chat.forget("Ana")
    chat.people.import_(file)
    (said,) = chat.corrections("Ana")
    assert said.her
    assert said.source == ""
    assert decision(chat, studio.clip("third", CLEO)) == "present"


# --- the record


def test_rows_belong_to_their_correction() -> None:
    person = make_person()
    for seed in range(3):
        person = with_corrections(person, example(seed % 2 == 0, f"{seed:064x}", seed, rows=seed + 1))
    person = without_correction(person, 2)
    assert [e.correction.her for e in examples_of(person)] == [True, True]
    np.testing.assert_array_equal(examples_of(person)[1].faces, example(True, "", 2, rows=3).faces)
    assert [e.correction.her for e in examples_of(shareable(person))] == [True, True]


@pytest.mark.parametrize(
    "record", ["x", [1], [{"her": True}], *([{"her": her, "clip": "", "at_s": 0.0}] for her in (3, True))]
)
def test_a_record_that_doesnt_add_up_is_refused(record: Any) -> None:
    person = with_corrections(make_person(), example(True, "a" * 64))
    assert len(examples_of(checked(person))) == 1
    person.extra[corrections.RECORD] = record
    with pytest.raises(PeopleError):
        checked(person)


def test_there_is_an_end_to_it() -> None:
    person = make_person()
    for seed in range(corrections.MOST):
        person = with_corrections(person, example(False, f"{seed:064x}", seed))
    with pytest.raises(PeopleError, match="no room"):
        with_corrections(person, example(False, "f" * 64, 999))
