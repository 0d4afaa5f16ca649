"""Men told from women, and smiles: when asked, hedged, and off by a switch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_asked import read_question

from pvchat import PVChat
from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.question import Viewed, known_of
from pvchat.chat.say.voice import TRAITS_OFF as OFF
from pvchat.chat.timeline import Timeline, without_traits
from pvchat.cli.main import build_parser
from pvchat.cli.options import settings_of
from pvchat.perception.grounds import ground_facts
from pvchat.schemas import PersonFacts, PersonPresence

PEOPLE = [
    PersonPresence("Ana", "present", 0.9, [(0, 1)], 0), PersonPresence("Ben", "present", 0.9, [(0, 1)], 1),
    PersonPresence("Cleo", "absent", 0.1),
]  # fmt: skip


def seen() -> Timeline:
    """Ana smiles and Ben doesn't; a woman and a man."""
    ana, ben = make_track(1), make_track(2)
    ben.boxes = ben.boxes + np.float32([0.4, 0, 0.4, 0])
    ana.facts = PersonFacts(gender="woman", gestures=["smiling"], confidence={"gender": 0.95, "smiling": 0.9})
    ben.facts = PersonFacts(gender="man", gestures=["talking"], confidence={"gender": 0.95, "talking": 0.9})
    analysis = make_analysis(ana, ben)
    ground_facts(ana, analysis)
    return timeline_of(PEOPLE, analysis)


def ask(question: str, traits: bool = True) -> str:
    read = read_question(question, ["Ana", "Ben", "Cleo"])
    return known_of(read, PEOPLE, seen() if traits else without_traits(seen())).plain


@pytest.mark.parametrize(
    ("question", "told", "off"),
    [
        ("Is Ana a man or a woman?", "Ana is a woman, as far as I can see.", OFF),
        ("What gender is Ben?", "Ben is a man, as far as I can see.", OFF),
        ("Is Ben a woman?", "No, Ben is a man, as far as I can see.", OFF),
        ("How many women are there?", "I see one woman in this video: Ana.", OFF),
        ("Is Ana smiling?", "Yes, Ana is smiling.", OFF),
        ("How does Ana feel?", "Ana smiles, as far as I can see, but what Ana feels I can't tell.", OFF),
        ("Is Ben angry?", "Ben is in this video, but what Ben feels I can't tell.", OFF),
        ("What is Ana doing?", "Ana smiles.", "Ana is in this video, but I can't make out what Ana is doing."),
        ("What is Ben doing?", "Ben talks.", "Ben talks."),
        ("Is Ana in this video?", "Yes, Ana is in this video", "Yes, Ana is in this video"),
    ],
)
def test_traits_are_told_when_asked_and_off_by_the_switch(question: str, told: str, off: str) -> None:
    assert ask(question).startswith(told)
    assert ask(question, traits=False).startswith(off)


def test_who_is_absent_is_refused_with_traits_on_and_off() -> None:
    for traits in (True, False):
        assert ask("Is Cleo a man or a woman?", traits).startswith("Cleo is not in this video")
        assert "feels" not in ask("How does Cleo feel?", traits)


@pytest.mark.parametrize(("words", "told"), [([], True), (["--no-traits"], False)])
def test_the_switch_reaches_the_writer(words: list[str], told: bool) -> None:
    args = build_parser("demo").parse_args(["demo", *words])
    chat = PVChat(replace(settings_of(args), answers="facts"))
    assert chat._writer.traits == told
    analysis = make_analysis(make_track(1))
    analysis.tracks[0].facts = PersonFacts(gender="woman")
    answer = chat._writer.write("Is Ana a man or a woman?", Viewed(analysis, PEOPLE[:1]))
    assert (answer.text == OFF) != told
