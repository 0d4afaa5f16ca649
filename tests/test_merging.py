"""Two enrollments of one person become one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from make_analysis import identity_of
from make_studio import ANA, Studio

from pvchat import PVChat
from pvchat.errors import PeopleError
from pvchat.people.corrections import Correction, Example, corrections_of, shares_vectors, with_corrections
from pvchat.people.folders import People
from pvchat.people.parts import MOST_ROWS, is_one_face, merge_people, parts_of
from pvchat.people.person import MAX_ALIASES, Person, checked


def person(name: str, who: int, rows: int = 3, **fields) -> Person:
    prototypes = np.stack([identity_of(who, 0.15, seed=i + 10 * len(name)) for i in range(rows)])
    arrays = {"prototypes": prototypes, "body": np.zeros((2, 1280), np.float16)}
    return Person(name, arrays=arrays, extra={"sightings": 5}, **fields)


def test_the_prototypes_of_both_are_kept() -> None:
    one, two = person("Ana", 1), person("Ana 2", 1, confidence=0.5)
    both = merge_people(one, two)
    assert both.name == "Ana"
    np.testing.assert_array_equal(both.arrays["prototypes"][:3], one.arrays["prototypes"])
    np.testing.assert_array_equal(both.arrays["prototypes"][3:], two.arrays["prototypes"])
    assert both.extra["sightings"] == 10
    assert both.extra["clips"] == 2
    assert both.confidence == 1.0
    assert len(one.arrays["prototypes"]) == 3  # the parts are as they were


def test_a_deep_state_stays_whoever_has_it() -> None:
    deep = person("Ana 2", 1, depth="deep")
    deep.arrays["tokens"] = np.ones((16, 8), np.float32)
    both = merge_people(person("Ana", 1), deep)
    assert both.depth == "deep"
    assert "tokens" in both.arrays
    assert both.name == "Ana"


def test_a_better_clip_lifts_the_quality() -> None:
    poor, good = person("Ana", 1), person("Ana 2", 1)
    poor.extra["quality"], good.extra["quality"] = 0.3, 0.9
    assert merge_people(poor, good).extra["quality"] == 0.9
    assert merge_people(good, poor).extra["quality"] == 0.9


def test_many_merges_stay_small() -> None:
    both = merge_people(person("Ana", 1, rows=50), person("Ana 2", 1, rows=50))
    assert len(both.arrays["prototypes"]) == MOST_ROWS


def test_one_person_or_two_kinds_are_refused(chat: PVChat) -> None:
    with pytest.raises(PeopleError, match="one person already"):
        chat.merge("Ana", "ana")
    with pytest.raises(PeopleError, match="can't be one"):
        merge_people(person("Ana", 1), person("Toon", 2, kind="figure"))


def figure(name: str, who: int, rows: int = 3) -> Person:
    found = person(name, who, rows, kind="figure")
    found.arrays["frame"] = np.zeros(1280, np.float16)
    found.extra |= {"drawn": True, "quality": 1.0}
    return found


def computer_generated(name: str, face: int, drawing: int) -> Person:
    """Enrolled from a drawn clip by face and as a figure."""
    found = person(name, face)
    found.arrays["figure"] = person(name, drawing).arrays["prototypes"]
    found.extra |= {"drawn": True, "quality": 0.3}
    return found


@pytest.mark.parametrize("first", ["both", "figure"])
def test_a_figure_joins_that_of_somebody_who_has_a_face_too(first: str) -> None:
    """Of a computer-generated person one clip shows the face clearly, and the next doesn't."""
    two = {"both": computer_generated("Mei", 1, 2), "figure": figure("Mei 2", 2)}
    kept, gone = two.pop(first), two.popitem()[1]
    made = merge_people(kept, gone)
    assert (made.name, made.kind, made.drawn, made.quality) == (kept.name, "face", True, 0.3)
    np.testing.assert_array_equal(made.figure, np.concatenate([kept.figure, gone.figure]))
    (view,) = parts_of(made)
    assert len(view.rows) == 3
    assert len(made.arrays["body"]) == 2
    checked(replace(made, extra={**made.extra}))
    assert shares_vectors(made, gone)
    assert shares_vectors(made, kept)
    assert not shares_vectors(made, figure("Toon", 5))


def test_what_was_said_of_a_figure_stays_said_where_it_joins_a_face() -> None:
    toon, rows = figure("Mei 2", 2), [person("Mei", who, 1).arrays["prototypes"] for who in (3, 4)]
    for her, row in zip((True, False), rows, strict=True):
        toon = with_corrections(toon, Example(Correction(her, "c" * 64, 1.0), row))
    made = merge_people(toon, computer_generated("Mei", 1, 2))
    assert [one.her for one in corrections_of(made)] == [False]
    np.testing.assert_allclose(made.figure[3:4], rows[0], atol=1e-3)


def test_somebody_real_one_of_whose_clips_is_drawn_over_is_at_home_in_both_worlds() -> None:
    ana, filtered = person("Ana", 1), computer_generated("Ana", 1, 2)
    assert (ana.drawn, filtered.drawn) == (False, True)
    assert merge_people(ana, filtered).drawn is merge_people(filtered, ana).drawn is None
    assert merge_people(merge_people(ana, filtered), filtered).drawn is None
    assert merge_people(filtered, computer_generated("Ana", 1, 3)).drawn is True


def test_likeness_tells_one_person_from_two() -> None:
    assert is_one_face(person("Ana", 1), person("Ana 2", 1))
    assert is_one_face(person("Ana", 1), person("Ben", 2)) is False
    assert is_one_face(person("Ana", 1), person("Toon", 2, kind="figure")) is None
    prints = np.eye(2, 512, dtype=np.float16)  # of two sisters who look alike
    ana, eve = (replace(one := person("Ana", 1), arrays={**one.arrays, "prints": prints[[k]]}) for k in (0, 1))
    assert (is_one_face(ana, ana), is_one_face(ana, eve)) == (True, False)


def test_which_clip_a_row_is_of_stays_known() -> None:
    one, two, three = (person(f"Ana {i}", 1, rows=i + 1) for i in range(3))
    all_three = merge_people(merge_people(one, two), three)
    assert [len(view.rows) for view in parts_of(all_three)] == [1, 2, 3]
    np.testing.assert_array_equal(parts_of(all_three)[1].rows, two.arrays["prototypes"])
    many = merge_people(person("Ana", 1, rows=50), person("Ana 2", 1, rows=50))
    assert [len(view.rows) for view in parts_of(many)] == [50, MOST_ROWS - 50]
    for broken in ("x", [[1]], [[7, -1]], [[3, 0]]):
        all_three.extra["parts"] = broken
        with pytest.raises(PeopleError):
            checked(all_three)


def test_too_many_names_are_refused_before_anything_changes(studio: Studio, chat: PVChat) -> None:
    for number in range(MAX_ALIASES):
        chat.people.alias("Ana", f"Alias {number}")
    chat.enroll(studio.clip("again", ANA), "Ana 2")
    before = [(one.name, one.id) for one in chat.people.all()]
    with pytest.raises(PeopleError, match="aliases"):
        chat.merge("Ana", "Ana 2")
    assert [(one.name, one.id) for one in chat.people.all()] == before


def test_what_another_process_writes_of_her_meanwhile_is_not_lost(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.enroll(studio.clip("again", ANA), "Ana 2")
    writing = chat.people._writing

    def waits(name: str) -> AbstractContextManager[People]:
        monkeypatch.setattr(chat.people, "_writing", writing)
        chat.people.revise("Ana", lambda one: replace(one, extra={**one.extra, "model": "new"}))
        return writing(name)

    monkeypatch.setattr(chat.people, "_writing", waits)
    merged = chat.merge("Ana", "Ana 2")
    assert merged.extra["model"] == "new"
    assert merged.aliases == ["Ana 2"]


def test_a_merge_that_is_cut_short_can_be_repeated(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.enroll(studio.clip("again", ANA), "Ana 2")
    rows = [len(chat.people.get(name).arrays["prototypes"]) for name in ("Ana", "Ana 2")]
    with monkeypatch.context() as full:
        full.setattr(chat.people, "forget", Mock(side_effect=OSError("disk full")))
        with pytest.raises(PeopleError, match="disk full"):
            chat.merge("Ana", "Ana 2")
    assert chat.people.get("Ana 2").name == "Ana 2"
    merged = chat.merge("Ana", "Ana 2")
    assert merged.aliases == ["Ana 2"]
    assert len(merged.arrays["prototypes"]) == sum(rows)
    assert chat.people.get("Ana 2").id == merged.id


def test_clips_that_were_looked_at_stay_so(studio: Studio, chat: PVChat) -> None:
    """Whoever is merged goes on: nothing of anybody who was forgotten is kept, and no clip is looked at again."""
    chat.enroll(studio.clip("again", ANA), "Ana 2")
    party = studio.clip("party", ANA)
    chat.ask(party, "Is Ana there?")
    before = len(studio.analysed)
    chat.merge("Ana", "Ana 2")
    assert chat.ask(party, "Is Ana there?").answer.startswith("Yes")
    assert PVChat(chat.settings).ask(party, "Is Ana there?").answer.startswith("Yes")
    assert len(studio.analysed) == before
