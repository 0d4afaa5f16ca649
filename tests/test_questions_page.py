"""docs/questions.md promises only what is answered: every question on it is asked, every answer on it is what came."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import make_questions
import pytest
from make_asked import read_question

TEXT = make_questions.PAGE.read_text(encoding="utf-8")
ROWS = list(make_questions.rows(TEXT))


def test_every_question_of_the_page_gets_the_answer_that_stands_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(ROWS) >= 100
    again = "run `python tests/make_questions.py`, and read what changed"
    assert make_questions.page(TEXT, *make_questions.made(tmp_path, monkeypatch)) == TEXT, again


def test_sections_are_by_what_a_question_selects() -> None:
    for selects, rows in groupby(ROWS, lambda row: row.selects):
        read = {read_question(row.question, ["Ana", "Ben", "Cleo"]).query.select for row in rows}
        assert not selects or read == set(selects)


@pytest.mark.parametrize("row", [row for row in ROWS if "Cleo" in row.question], ids=lambda row: row.question)
def test_whoever_is_not_in_the_clip_is_never_described(row: make_questions.Row) -> None:
    if not row.question.startswith("Forget"):
        refusal = next(sentence for sentence in row.answer.split(". ") if "Cleo" in sentence)
        assert "Cleo is not in this video" in refusal
        assert "jacket" not in refusal
