"""docs/questions.md promises only what is answered: every question on it is asked, every answer on it is what came."""

from __future__ import annotations

from pathlib import Path

import make_questions
import pytest
from make_asked import read_question


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    return make_questions.made(tmp_path, monkeypatch)


def test_the_page_is_what_the_script_makes(studio) -> None:
    again = "run `python tests/make_questions.py`, and read what changed"
    assert make_questions.page(*studio) == make_questions.PAGE.read_text(encoding="utf-8"), again


def test_sections_are_by_what_a_question_selects() -> None:
    for part in make_questions.PARTS:
        read = [read_question(question, ["Ana", "Ben", "Cleo"]).query.select for question in part.questions]
        assert not part.selects or set(read) == set(part.selects), part.title


def test_whoever_is_not_in_the_clip_is_never_described(studio) -> None:
    for table in make_questions.rows(make_questions.PAGE.read_text(encoding="utf-8")):
        for question, answer in table:
            if "Cleo" in question and not question.startswith("Forget"):
                refusal = next(sentence for sentence in answer.split(". ") if "Cleo" in sentence)
                assert "Cleo is not in this video" in refusal
                assert "jacket" not in refusal
