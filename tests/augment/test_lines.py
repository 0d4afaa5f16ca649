"""JSON lines: whatever their texts hold comes back."""

from __future__ import annotations

from pvchat.augment import lines


def test_a_text_may_hold_any_character(tmp_path):
    """A file's name may hold what ends lines elsewhere."""
    rows = [{"id": "1", "text": "one\u2028line\u0085"}, {"id": "2", "text": "another"}]
    lines.write_lines(tmp_path / "rows.jsonl", rows)
    assert lines.read_lines(tmp_path / "rows.jsonl") == rows
