"""What forgetting leaves is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_people import make_person

from pvchat.cli import main as cli
from pvchat.people.store import PeopleStore


@pytest.mark.parametrize("name", ["Ana Lopez", "Annie"])
def test_forget_says_what_it_leaves(pvchat_home: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    PeopleStore().add(make_person("Ana Lopez", 1, aliases=["Annie"]))
    assert cli.main(["people", "forget", name, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["forgotten"] == name
    assert "evaluations (eval --out; the app's lie in $PVCHAT_HOME/evaluations)" in row["note"]


def test_the_sentence(pvchat_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    PeopleStore().add(make_person("Ben", 2))
    assert cli.main(["people", "forget", "Ben"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Ben is forgotten" in said
    assert "Not deleted" in said
    assert "evaluations (eval --out; the app's lie in $PVCHAT_HOME/evaluations)" in said
