"""Whatever is done to a person can be bound to her, not to her name: another page may have renamed her meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_people import make_person
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.errors import PeopleError, UnknownPersonError
from pvchat.people.corrections import without_correction
from pvchat.people.person import Person
from pvchat.people.store import PeopleStore, PersonRef

Act = Callable[[PVChat, PersonRef, Path], Any]
ACTIONS: dict[str, Act] = {
    "rename": lambda chat, who, clip: chat.people.rename(who, "Penny B"),
    "alias": lambda chat, who, clip: chat.people.alias(who, "Pen"),
    "export": lambda chat, who, clip: chat.people.export(who, clip.with_suffix(".pvperson")),
    "forget": lambda chat, who, clip: chat.forget(who),
    "merge": lambda chat, who, clip: chat.merge(who, "Ben"),
    "merge into": lambda chat, who, clip: chat.merge("Ben", who),
    "correct": lambda chat, who, clip: chat.correct(who, clip, False),
    "corrections": lambda chat, who, clip: chat.corrections(who),
    "undo": lambda chat, who, clip: chat.people.revise(who, lambda one: without_correction(one, 1)),
    "revise": lambda chat, who, clip: chat.people.revise(who, lambda one: one),
}


def everybody(chat: PVChat) -> list[tuple[str, list[str], str]]:
    return [(one.name, one.aliases, one.id) for one in chat.people.all()]


@pytest.mark.parametrize("what", ACTIONS)
def test_who_was_renamed_meanwhile_is_not_touched_nor_is_who_has_her_name_now(
    studio: Studio, chat: PVChat, what: str
) -> None:
    shown, clip = PersonRef(chat.people.get("Ana").id, "Ana"), studio.clip("new", ANA)
    PeopleStore().rename("Ana", "Penny")
    PeopleStore().rename("Ben", "Ana")
    PeopleStore().add(make_person("Ben", 5))
    before = everybody(chat)
    with pytest.raises(PeopleError, match="is called 'Penny' now") as caught:
        ACTIONS[what](chat, shown, clip)
    assert "Nothing was changed" in caught.value.hint
    assert everybody(chat) == before


@pytest.mark.parametrize("what", ACTIONS)
def test_who_is_gone_is_not_taken_for_whoever_has_her_name_now(studio: Studio, chat: PVChat, what: str) -> None:
    shown, clip = PersonRef(chat.people.get("Ana").id, "Ana"), studio.clip("new", ANA)
    PeopleStore().forget("Ana")
    PeopleStore().add(make_person("Ana", 5))
    before = everybody(chat)
    with pytest.raises(UnknownPersonError, match="isn't enrolled any more"):
        ACTIONS[what](chat, shown, clip)
    assert everybody(chat) == before


def test_she_is_found_by_any_id_of_hers(studio: Studio, chat: PVChat) -> None:
    ana = chat.people.get("Ana")
    chat.correct(PersonRef(ana.id, "Ana"), studio.clip("new", BEN), False)  # which gives her another id
    assert chat.people.get("Ana").id != ana.id
    assert len(chat.corrections(PersonRef(ana.id, "Ana"))) == 1
    chat.people.revise(PersonRef(ana.id), lambda one: without_correction(one, 1))
    assert chat.people.rename(PersonRef(ana.id, "Ana"), "Penny").name == "Penny"
    assert chat.people.get(PersonRef(ana.id)).name == "Penny"  # whatever she is called
    assert chat.merge(PersonRef(ana.id, "Penny"), PersonRef(chat.people.get("Ben").id)).aliases == ["Ben"]
    chat.forget(PersonRef(ana.id, "Penny"))
    assert chat.people.names() == []


def test_a_correction_finds_whom_it_was_about_though_she_is_renamed_while_the_clip_is_looked_at(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = chat.analyse

    def renamed_meanwhile(clip: Path) -> Any:
        PeopleStore().rename("Ana", "Penny")
        PeopleStore().rename("Ben", "Ana")
        return look(clip)

    monkeypatch.setattr(chat, "analyse", renamed_meanwhile)
    chat.correct("Ana", studio.clip("new", BEN), False)
    assert [len(chat.corrections(name)) for name in ("Penny", "Ana")] == [1, 0]


def test_an_id_is_nobodys_name(pvchat_home: Path) -> None:
    store = PeopleStore()
    ana = store.add(make_person("Ana", 1))
    store.add(Person(ana.id, arrays=make_person("Eve", 2).arrays))
    assert store.get(ana.id).id == store.get(PersonRef(ana.id)).id == ana.id
