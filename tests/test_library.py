"""A library of made-up clips: what is kept of them, who is found in it, what is answered, what forgetting leaves."""

from __future__ import annotations

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest

pytest.importorskip("torch")

from make_studio import ANA, BEN, Studio  # noqa: E402

from pvchat import PVChat  # noqa: E402
from pvchat.errors import LockedError  # noqa: E402
from pvchat.library import Library  # noqa: E402
from pvchat.storage import keys  # noqa: E402
from pvchat.storage import library as storage  # noqa: E402
from pvchat.storage.library import LibraryError  # noqa: E402
from pvchat.storage.stores import library_of  # noqa: E402

CARL, DORA = 3, 4
NOW = datetime(2026, 11, 29, 10, 30)  # a Sunday


@pytest.fixture
def kitchen(studio: Studio, chat: PVChat, tmp_path: Path) -> Library:
    """Two folders of dated clips: the kitchen and the garden."""
    for place, name, people in (
        ("kitchen", "2026-11-24 09.15.00", (ANA,)), ("kitchen", "2026-11-28 18.00.00", (ANA, BEN)),
        ("kitchen", "2026-11-29 08.05.00", (BEN, CARL)), ("garden", "2026-11-26 12.00.00", (BEN,)),
        ("garden", "2026-11-27 12.30.00", (CARL,)),
    ):  # fmt: skip
        (tmp_path / place).mkdir(exist_ok=True)
        studio.clip(f"{place}/{name}", *people)
    library = chat.library
    library.add([tmp_path / "kitchen"], place="kitchen")
    library.add([tmp_path / "garden"], place="garden")
    assert library.scan().added == 5
    return library


def rows(library: Library) -> dict[str, list[tuple]]:
    """Everything that the tables hold, but for numbers that only count."""
    with library._open() as tables:
        return {
            name: sorted(map(repr, tables.execute(f"SELECT * FROM {name}")))
            for (name,) in tables.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%seq%'"
            )
        }


QUESTIONS = {
    "When was Ana last seen?": "Ana was last seen on Saturday 28 November 2026 at 18:00, in the kitchen",
    "When was Ana first seen?": "Ana was first seen on Tuesday 24 November 2026 at 09:15, in the kitchen",
    "Was Ana seen in the garden?": "No. Ana was not seen in any of two videos in the garden",
    "Who was in the kitchen this morning?": "Ben (one video). Somebody I don't know is in one video.",
    "How often was Ben here this week?": "Ben: in three videos, of five videos this week",
    "In which videos are Ana and Ben together?": "Ana and Ben are seen together: in one video, of five videos",
    "In which videos is Ana alone?": "Ana is alone: in one video, of five videos",
    "Was Ana seen without Ben?": "Yes",
    "Was Ben seen since yesterday?": "Yes",
    "When was Ana last seen with Ben?": "Ana and Ben are seen together: last on Saturday 28 November 2026",
    "Where was Ana last seen?": "On Saturday 28 November 2026 at 18:00, in the kitchen",
    "What was Ana wearing when she was last seen with Ben?": "red jacket",
    "What did Ana wear on Tuesday?": "On Tuesday 24 November 2026 at 09:15, in the kitchen",
    "Show me Ben talking": "Ben is talking: in three videos",
    "When was Dora last seen?": "Nobody called Dora is enrolled",
    "Was Ana there in May?": "There is no video from in May",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions(kitchen: Library, question: str) -> None:
    print(kitchen.ask(question, now=NOW).answer)
    assert QUESTIONS[question] in kitchen.ask(question, now=NOW).answer
