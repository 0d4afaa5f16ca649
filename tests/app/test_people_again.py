"""Somebody who is enrolled already is noticed, gets one more clip, is merged and made two again."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_app import ANA, BEN, Scenery, built, upload
from pvchat_app import cards, page, people_tab
from pvchat_app.desk import Desk
from pvchat_app.picks import pick

from pvchat.errors import PeopleError


def enrolling(desk: Desk, path: Path):
    session = desk.sessions.of("one")
    session.enrolling = desk.receive(session, upload(desk, path))
    desk.look(session.enrolling)
    return session


def test_who_is_enrolled_already_is_noticed(desk: Desk, scenery: Scenery) -> None:
    session = enrolling(desk, scenery.clip("both", ANA, BEN))
    analysis = session.enrolling.analysis
    known = [desk.looks_like(analysis, track) for track in desk.subjects(session.enrolling)[0]]
    assert sorted(person.name for person in known if person) == ["Ana"]
    desk.forget("Ana")
    assert desk.looks_like(analysis, analysis.tracks[0]) is None


def test_a_clip_is_added_to_who_is_known(desk: Desk, scenery: Scenery) -> None:
    before = desk.engine.people.get("Ana")
    session = enrolling(desk, scenery.clip("ana again", ANA))
    after = desk.add_clip(session, "Ana")
    assert desk.engine.people.names() == ["Ana"]
    assert after.aliases == []
    assert after.extra["clips"] == 2
    assert len(after.arrays["prototypes"]) > len(before.arrays["prototypes"])
    assert "2 clips" in cards.added(after)
    session = enrolling(desk, scenery.clip("ana", ANA))
    with pytest.raises(PeopleError, match="this very clip"):
        desk.add_clip(session, "Ana")


def test_a_merge_is_undone_and_both_are_as_they_were(desk: Desk, scenery: Scenery) -> None:
    desk.enroll(enrolling(desk, scenery.clip("ana again", ANA)), "Ana 2")
    before = {person.name: person for person in desk.engine.people.all()}
    desk.merge("Ana", "Ana 2")
    assert desk.engine.people.names() == ["Ana"]
    join = desk.merges.undo(desk.engine.people)
    assert (join.kept.name, join.gone.name) == ("Ana", "Ana 2")
    after = {person.name: person for person in desk.engine.people.all()}
    assert list(after) == ["Ana", "Ana 2"]
    for name, person in after.items():
        assert person.arrays["prototypes"].tolist() == before[name].arrays["prototypes"].tolist()
        assert (person.aliases, person.created) == (before[name].aliases, before[name].created)
    with pytest.raises(PeopleError, match="no merge to undo"):
        desk.merges.undo(desk.engine.people)


@pytest.mark.parametrize("change", ["rename", "forget", "forget the other name"])
def test_what_was_changed_or_forgotten_since_is_not_brought_back(desk: Desk, scenery: Scenery, change: str) -> None:
    desk.enroll(enrolling(desk, scenery.clip("ana again", ANA)), "Ana 2")
    desk.merge("Ana", "Ana 2")
    if change == "rename":
        desk.rename("Ana", "Anna")
    else:
        desk.forget("Ana" if change == "forget" else "Ana 2")
    with pytest.raises(PeopleError, match="no merge to undo"):
        desk.merges.undo(desk.engine.people)
    assert desk.engine.people.names() == (["Anna"] if change == "rename" else [])


def test_before_a_merge_both_faces_and_the_mean_distance_are_shown(desk: Desk, scenery: Scenery) -> None:
    desk.enroll(enrolling(desk, scenery.clip("ana again", ANA)), "Ana 2")
    desk.enroll(enrolling(desk, scenery.clip("ben", BEN)), "Ben")
    ana, again, ben = map(pick, desk.engine.people.all())
    same, other = (people_tab.likeness_of(desk, ana, one) for one in (again, ben))
    assert same.count("<img") == 2
    assert "Mean face distance" in same
    assert "look like one person" in same
    assert "look like two people" in other


def test_who_is_forgotten_is_who_was_asked_about(desk: Desk) -> None:
    """Not whoever is picked by then: the lists may have been drawn anew."""
    config = page.build(desk, desk.sessions.root).config
    kinds = {part["id"]: part["type"] for part in config["components"]}
    (yes,) = (part["id"] for part in config["components"] if part["props"].get("elem_id") == "pv-forget-yes")
    (event,) = (event for event in config["dependencies"] if [yes, "click"] in [list(to) for to in event["targets"]])
    assert [kinds[given] for given in event["inputs"]] == ["state"]
    ana = pick(desk.engine.people.get("Ana"))
    assert built(people_tab.PeopleTab, desk).ask_forget(ana)[-1] == ana
