"""Which yes or no is the model's to find."""

from __future__ import annotations

import pytest
from make_asked import read_question

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.question import known_of
from pvchat.chat.speakers.answerer import own_verdict
from pvchat.identity.evidence import Evidence
from pvchat.schemas import Decision, PersonPresence


@pytest.mark.parametrize(
    ("text", "decision", "end"),
    [
        ("Is Ana in this video?", "present", 3), ("Can you see Ana?", "absent", 2),
        ("Is Ana in this video?", "unsure", 0), ("Are Ana and Bo in this video?", "present", 0),
        ("Is Ana wearing red?", "present", 0), ("Is Ana missing?", "present", 0),
        ("Who is in this video?", "present", 0),
    ],
)  # fmt: skip
def test_where_the_models_own_yes_or_no_ends(text: str, decision: Decision, end: int) -> None:
    people = [
        PersonPresence(name, decision, 0.9, [(0.0, 4.0)] if decision == "present" else []) for name in ("Ana", "Bo")
    ]
    timeline = timeline_from(Evidence(duration_s=8.0), people)
    known = known_of(read_question(text, ["Ana", "Bo"]), people, timeline)
    assert own_verdict(known) == end
    assert known.plain[:end] in ("", "Yes", "No")
