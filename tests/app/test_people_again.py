"""Somebody who is enrolled already is noticed, gets one more clip, is merged and made two again."""

from __future__ import annotations

import pytest
from make_app import ANA, BEN, Scenery, built, session_enrolling
from pvchat_app import cards, people_tab
from pvchat_app.backend import Backend
from pvchat_app.person_choices import choice_value
from pvchat_app.wording import escape

from pvchat.errors import PeopleError


def test_who_is_enrolled_already_is_noticed(backend: Backend, scenery: Scenery) -> None:
    session = session_enrolling(backend, scenery.clip("both", ANA, BEN))
    analysis = session.enrolling.analysis
    known = [backend.looks_like(analysis, track) for track in backend.subjects(session.enrolling)[0]]
    assert sorted(person.name for person in known if person) == ["Ana"]
    backend.forget("Ana")
    assert backend.looks_like(analysis, analysis.tracks[0]) is None


def test_a_clip_is_added_to_who_is_known(backend: Backend, scenery: Scenery) -> None:
    before = backend.engine.people.get("Ana")
    session = session_enrolling(backend, scenery.clip("ana again", ANA))
    after = backend.enroll(session, "Ana", add=True)
    assert backend.engine.people.names() == ["Ana"]
    assert after.aliases == []
    assert after.extra["clips"] == 2
    assert len(after.arrays["prototypes"]) > len(before.arrays["prototypes"])
    assert "2 clips" in cards.added_notice(after)
    session = session_enrolling(backend, scenery.clip("ana", ANA))
    with pytest.raises(PeopleError, match="this very clip"):
        backend.enroll(session, "Ana", add=True)


def test_a_merge_is_undone_and_both_are_as_they_were(backend: Backend, scenery: Scenery) -> None:
    backend.enroll(session_enrolling(backend, scenery.clip("ana again", ANA)), "Ana 2")
    before = {person.name: person for person in backend.engine.people.all()}
    backend.merge("Ana", "Ana 2")
    assert backend.engine.people.names() == ["Ana"]
    join = backend.merges.undo(backend.engine.people)
    assert (join.kept.name, join.gone.name) == ("Ana", "Ana 2")
    after = {person.name: person for person in backend.engine.people.all()}
    assert list(after) == ["Ana", "Ana 2"]
    for name, person in after.items():
        assert person.arrays["prototypes"].tolist() == before[name].arrays["prototypes"].tolist()
        assert (person.aliases, person.created) == (before[name].aliases, before[name].created)
    with pytest.raises(PeopleError, match="no merge to undo"):
        backend.merges.undo(backend.engine.people)


@pytest.mark.parametrize("change", ["rename", "forget", "forget the other name"])
def test_what_was_changed_or_forgotten_since_is_not_brought_back(
    backend: Backend, scenery: Scenery, change: str
) -> None:
    backend.enroll(session_enrolling(backend, scenery.clip("ana again", ANA)), "Ana 2")
    backend.merge("Ana", "Ana 2")
    if change == "rename":
        backend.rename("Ana", "Anna")
    else:
        backend.forget("Ana" if change == "forget" else "Ana 2")
    with pytest.raises(PeopleError, match="no merge to undo"):
        backend.merges.undo(backend.engine.people)
    assert backend.engine.people.names() == (["Anna"] if change == "rename" else [])


def test_before_a_merge_both_faces_are_shown_and_whether_they_are_one(backend: Backend, scenery: Scenery) -> None:
    backend.enroll(session_enrolling(backend, scenery.clip("ana again", ANA)), "Ana 2")
    backend.enroll(session_enrolling(backend, scenery.clip("ben", BEN)), "Ben")
    ana, again, ben = map(choice_value, backend.engine.people.all())
    shown = built(people_tab.PeopleTab, backend).show_pick
    same, other = (shown(ana, one)[-1] for one in (again, ben))
    assert same.count("<img") == 2
    assert "look like one person" in same
    assert "look like two people" in other


def test_who_is_forgotten_is_who_was_asked_about(backend: Backend) -> None:
    """Not whoever is picked by then: the lists may have been drawn anew."""
    ana = choice_value(backend.engine.people.get("Ana"))
    asked = built(people_tab.PeopleTab, backend).show_pick(ana, None)[2]
    assert "Forget Ana?" in asked
    assert f'data-forget="{escape(ana)}"' in asked  # what its button sends
