"""Which yes or no is the model's to find."""

from __future__ import annotations

import pytest
from make_asked import read_question

from pvchat.chat.verdict import verdict_in
from pvchat.schemas import PersonPresence


@pytest.mark.parametrize(
    ("text", "plain", "decision", "end"),
    [
        ("Is Ana in this video?", "Yes, Ana is in this video, on the left, from 0:02 to 0:09.", "present", 3),
        ("Can you see Ana?", "No, Ana is not in this video.", "absent", 2),
        ("Is Ana in this video?", "I'm not sure whether Ana is in this video: the face is small.", "unsure", 0),
        ("Ana isn't in this one, right?", "Yes, Ana is in this video.", "present", 0),
        ("Are Ana and Bo in this video?", "Yes, both Ana and Bo are in this video.", "present", 0),
        ("Is Ana wearing red?", "No, Ana is wearing blue.", "present", 0),
        ("Is Ana missing?", "No, Ana is in this video.", "present", 0),
        ("Who is in this video?", "Ana is in this video.", "present", 0),
    ],
)
def test_where_the_models_own_yes_or_no_ends(text, plain, decision, end):
    people = [PersonPresence(name, decision, 0.9) for name in ("Ana", "Bo")]
    assert verdict_in(read_question(text, ["Ana", "Bo"]), people, plain) == end
