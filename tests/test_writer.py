"""Writing answers from one source of words: what is streamed, when its first piece is there."""

from __future__ import annotations

import time

from make_analysis import make_analysis, make_track

from pvchat.chat.question import Conversation, Viewed
from pvchat.chat.writer import Writer
from pvchat.schemas import PersonFacts, PersonPresence


def scene(decision: str = "present") -> Viewed:
    """Ana on one track, sitting and talking."""
    analysis = make_analysis(make_track(1))
    analysis.tracks[0].facts = PersonFacts(pose="sitting", gestures=["talking"])
    ana = PersonPresence("Ana", decision, 0.9, [(0.0, 1.0)], 0)
    return Viewed(analysis, [ana], conversation=Conversation(["Ana"]))


QUESTION = "What is Ana doing?"


def test_the_answer_is_streamed_word_by_word() -> None:
    pieces: list[str] = []
    answer = Writer("facts", None).write(QUESTION, scene(), pieces.append)
    assert "".join(pieces) == answer.text
    assert len(pieces) > 2


def test_the_first_piece_is_timed_where_it_is_made() -> None:
    """Before anybody listens to it: a slow listener doesn't make the answer late."""
    heard: list[float] = []
    writer = Writer("facts", None)
    assert writer.write(QUESTION, scene(), lambda piece: heard.append(time.perf_counter())).first_at <= heard[0]


def test_people_are_those_asked_about() -> None:
    found = [*scene().presences, PersonPresence("Ben", "absent", 0.1)]
    both = Viewed(scene().analysis, found, conversation=Conversation(["Ana", "Ben"]))
    for question, names in (("Where is Ben?", ["Ben"]), ("Who is there?", ["Ana", "Ben"])):
        written = Writer("facts", None).write(question, both)
        assert [p.name for p in written.known.people] == names
