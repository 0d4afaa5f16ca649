"""Writing answers from one source of words: what is streamed, when its first piece is there, which model is called."""

from __future__ import annotations

import time

import pytest
from make_analysis import make_analysis, make_track

from pvchat.chat.question import Conversation, Viewed
from pvchat.chat.writer import Writer
from pvchat.schemas import PersonFacts, PersonPresence


class Parrot:
    """A language model that always says the same."""

    def __init__(self, text: str) -> None:
        self.text = text

    def generate(self, messages, max_new_tokens=64, seed=0, stream=None) -> str:
        return self.text


def scene(decision: str = "present") -> Viewed:
    """Ana on one track, sitting and talking."""
    analysis = make_analysis(make_track(1))
    analysis.tracks[0].facts = PersonFacts(pose="sitting", gestures=["talking"])
    ana = PersonPresence("Ana", decision, 0.9, [(0.0, 1.0)], 0)
    return Viewed(analysis, [ana], conversation=Conversation(["Ana"]))


QUESTION = "What is Ana doing?"


@pytest.fixture
def plain() -> str:
    return Writer("facts", None, lambda: pytest.fail("no language model is needed")).write(QUESTION, scene()).text


@pytest.mark.parametrize(("said", "passes"), [("Ana sits and is talking.", True), ("Ana sits and eats.", False)])
def test_only_what_the_guard_passed_is_streamed(said: str, passes: bool, plain: str) -> None:
    pieces: list[str] = []
    answer = Writer("reworded", None, lambda: Parrot(said)).write(QUESTION, scene(), pieces.append)
    assert answer.text == (said if passes else plain)
    assert "".join(pieces) == answer.text
    assert len(pieces) > 2


@pytest.mark.parametrize("decision", ["absent", "unsure"])
def test_a_refusal_loads_no_language_model(decision: str) -> None:
    writer = Writer("reworded", None, lambda: pytest.fail("nothing is there to be worded"))
    assert "Ana" in writer.write(QUESTION, scene(decision)).text


def test_the_first_piece_is_timed_where_it_is_made() -> None:
    """Before anybody listens to it: a slow listener doesn't make the answer late."""
    heard: list[float] = []
    writer = Writer("facts", None, lambda: None)
    assert writer.write(QUESTION, scene(), lambda piece: heard.append(time.perf_counter())).first_at <= heard[0]


def test_people_are_those_asked_about() -> None:
    found = [*scene().presences, PersonPresence("Ben", "absent", 0.1)]
    both = Viewed(scene().analysis, found, conversation=Conversation(["Ana", "Ben"]))
    for question, names in (("Where is Ben?", ["Ben"]), ("Who is there?", ["Ana", "Ben"])):
        written = Writer("facts", None, lambda: None).write(question, both)
        assert [p.name for p in written.known.people] == names
