"""A damaged person file: it is said whose it is, nobody else's answer changes, and it can be forgotten by name."""

from __future__ import annotations

import json

import pytest
from make_people import make_person
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.cli import main as cli
from pvchat.config import Settings
from pvchat.errors import PeopleError
from pvchat.people.store import PeopleStore

FILES = ("person.safetensors", "thumbnail.jpg")


def damage(chat: PVChat, file: str, name: str = "Ana") -> str:
    """Damage a file of somebody's; her folder's name."""
    folder = chat.people.get(name).version
    (chat.people.root / folder / file).write_bytes(b"{ damaged")
    return folder


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("question", ["Is Ana in this video?", "Is Mum here?", "Are Ana and Ben there?", "and Ana?"])
def test_it_is_said_whose(studio: Studio, chat: PVChat, file: str, question: str) -> None:
    chat.people.alias("Ana", "Mum")
    clip = studio.clip("new", ANA, BEN)
    folder = damage(chat, file)
    fresh = PVChat(Settings(device="cpu"))
    with pytest.raises(PeopleError, match="damaged") as caught:
        fresh.ask(clip, question, history=["Is Ben here?"])
    assert caught.value.subject == "Ana"
    assert "Forget this person" in caught.value.hint
    assert list(fresh.people.damaged()) == [folder]


@pytest.mark.parametrize("file", FILES)
def test_the_others_are_answered_for(studio: Studio, chat: PVChat, file: str) -> None:
    clip = studio.clip("new", ANA, BEN)
    damage(chat, file)
    fresh, told = PVChat(Settings(device="cpu")), list[str]()
    answer = fresh.ask(clip, "Is Ben in this video?")
    assert [(p.name, p.decision) for p in answer.people] == [("Ben", "present")]
    assert "Ana" not in answer.answer
    for question in ("Who is in this video?", "Is everyone there?"):
        answer = fresh.ask(clip, question, stream=told.append)
        assert [p.name for p in answer.people] == ["Ben"]
        assert answer.answer.endswith("Left out, since the file is damaged: Ana.")
        assert "  " not in answer.answer
    assert "".join(told).count("damaged: Ana.") == 2


def test_a_folder_of_which_no_name_is_known(studio: Studio, chat: PVChat, capsys: pytest.CaptureFixture[str]) -> None:
    clip = studio.clip("new", BEN)
    folder = damage(chat, "config.json")
    answer = PVChat(Settings(device="cpu")).ask(clip, "Who is in this video?")
    assert answer.answer.endswith(f"Left out, since the file is damaged: folder {folder}.")
    assert cli.main(["people", "list", "--json"]) == 0
    said = capsys.readouterr()
    assert [row["name"] for row in json.loads(said.out)] == ["Ben"]
    assert f"\nfolder {folder} can't be read" in said.err
    PeopleStore().forget(folder)
    assert (PeopleStore().names(), PeopleStore().damaged()) == (["Ben"], {})


@pytest.mark.parametrize("file", FILES)
def test_whoever_is_damaged_is_known_by_name(chat: PVChat, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Her name outlives what other processes write meanwhile, and goes with her."""
    folder = damage(chat, file)
    PeopleStore().rename("Ben", "Benno")
    assert cli.main(["people", "list", "--json"]) == 0
    said = capsys.readouterr()
    assert [row["name"] for row in json.loads(said.out)] == ["Benno"]
    assert f"Ana (folder {folder}) can't be read" in said.err
    with pytest.raises(PeopleError, match="enrolled already"):
        PeopleStore().add(make_person("Ana", 5))
    PeopleStore().forget("Ana")
    store = PeopleStore()
    assert (store.names(), store.damaged()) == (["Benno"], {})
    assert not (store.root / folder).exists()
