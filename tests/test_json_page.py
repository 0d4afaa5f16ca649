"""docs/json.md names every field of what `--json` writes."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from make_people import make_person

from pvchat.augment.lines import Problem
from pvchat.bases.models import base_rows
from pvchat.bases.sources import list_bases
from pvchat.chat.query import Query
from pvchat.chat.timeline import ArchiveFinding, Seen, Video
from pvchat.cli import token
from pvchat.errors import Candidate, SettingsError
from pvchat.library import scan
from pvchat.library.asking import LibraryAnswer
from pvchat.library.library import Status
from pvchat.library.reel import Moment, Reel
from pvchat.library.sources import Source
from pvchat.people.corrections import Correction
from pvchat.people.person import Notes, describe
from pvchat.schemas import Answer, PersonPresence
from pvchat.schemas.answer import AnswerGround, Decision, QuestionType, Reason, Why
from pvchat.schemas.facts import Ground
from pvchat.storage import tokens

PAGE = Path(__file__).parents[1] / "docs" / "json.md"
WHY = Why("small", ("small",), 1.0, 20, "", "Her face is small.")
PERSON = PersonPresence("Ana", "unsure", 0.5, [(0.0, 1.0)], why=WHY)
GROUND = AnswerGround("Ana", "a hat", Ground(0.5, (0.0, 0.0, 1.0, 1.0), 0.5))


def words(section: str) -> set[str]:
    """What stands in backticks in one section, bare words only."""
    text = next(part for part in PAGE.read_text(encoding="utf-8").split("\n## ") if part.startswith(section))
    return {word.strip('"') for quoted in re.findall(r"`([^`]+)`", text) for word in re.findall(r'"?\w+"?', quoted)}


@pytest.mark.parametrize(
    ("section", "row"),
    [
        ("An error", SettingsError("is off").to_dict()),
        ("A library", LibraryAnswer("", ArchiveFinding(Query("exists"), 1, "yes", number=1.0)).to_dict()),
        ("A library", Seen(Video(1, "", "", datetime(2026, 1, 1), "file", 1.0)).to_dict()),
        ("A library", vars(scan.Report())),
        ("A library", asdict(Status([], 0, 0.0, 0, 0, 0, 0, 0, 0))),
        ("A library", vars(Source("", "", 0, 0, 0.0, 0))),
        ("A library", Moment("", "", datetime(2026, 1, 1), 0.0, 1.0, True).to_dict()),
        ("A library", vars(Reel("", 0, 0.0))),
        ("A person", Correction(True, "", 0.0).to_dict()),
        ("Tokens", token._row(tokens.ApiToken("", "", (), "", ""))),
        ("An error", vars(Candidate(1, 1.0, "left", "a.jpg"))),
        ("`ask`", Answer("Yes.", "existence", [PERSON], {}, evidence=[GROUND], damaged=True).to_dict()),
        ("`ask`", PERSON.to_dict()), ("`ask`", WHY.to_dict()), ("`ask`", GROUND.to_dict()),
        ("`ask`", dict.fromkeys((*get_args(Decision), *get_args(QuestionType), *get_args(Reason)))),
        ("A person", describe(make_person())), ("A person", Notes().to_dict()), ("Data sets", vars(Problem("a", "b"))),
    ],
)  # fmt: skip
def test_every_field_is_named(section: str, row: dict[str, object]) -> None:
    assert set(row) - words(section) == set()


def test_the_fields_of_a_base_are_named() -> None:
    assert list_bases()
    for row in base_rows():
        assert set(row) - words("Data sets") == set()
