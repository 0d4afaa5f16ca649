"""What forgetting leaves is said, and evaluations that name whoever is forgotten are listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_people import make_person

from pvchat.cli import main as cli
from pvchat.people.store import PeopleStore


@pytest.fixture
def store(pvchat_home: Path) -> PeopleStore:
    store = PeopleStore()
    store.add(make_person("Ana Lopez", 1, aliases=["Annie"]))
    store.add(make_person("Ben", 2))
    for folder, name in (("first", "annie"), ("second", "Ben"), ("broken", "")):
        place = pvchat_home / "evaluations" / folder
        place.mkdir(parents=True)
        row = json.dumps({"people": [name], "present": {name: True}}) if name else "{"
        (place / "questions.jsonl").write_text(row + "\n")
    return store


@pytest.mark.parametrize("name", ["Ana Lopez", "Annie"])
def test_forget_says_what_it_leaves(
    store: PeopleStore, pvchat_home: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    first = str(pvchat_home / "evaluations" / "first")
    assert cli.main(["people", "forget", name, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["forgotten"], row["left"]) == (name, [first])
    assert "evaluations (eval --out)" in row["note"]


def test_the_sentence(store: PeopleStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["people", "forget", "Ben"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Ben is forgotten" in said
    assert "Not deleted" in said
    assert "evaluations (eval --out)" in said
    assert "second" in said
    assert "first" not in said
