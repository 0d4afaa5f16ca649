"""The journal of a step: whatever its texts hold comes back."""

from __future__ import annotations

from pvchat.augment import journal


def test_a_text_may_hold_any_character(tmp_path):
    """A teacher's question, or a file's name, may hold what ends lines elsewhere."""
    rows = [{"id": "1", "text": "one\u2028line\u0085"}, {"id": "2", "text": "another"}]
    journal.write_lines(tmp_path / "rows.jsonl", rows)
    assert journal.read_lines(tmp_path / "rows.jsonl") == rows
    made = journal.StepJournal(tmp_path / "step.jsonl", "input")
    for row in rows:
        made.add(row["id"], row)
    assert list(journal.StepJournal(tmp_path / "step.jsonl", "input").entries.values()) == rows
    assert journal.StepJournal(tmp_path / "step.jsonl", "another input").entries == {}
