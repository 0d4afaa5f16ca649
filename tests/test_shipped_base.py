"""What the shipped base says about real footage, and that its own words rest on a person's tokens.

The other tests of the service run without trained weights; these run with the ones that users get.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pvchat import PVChat
from pvchat.chat.english import HEDGE
from pvchat.chat.speakers import answerer
from pvchat.chat.speakers.checking import Hearing
from pvchat.config import Settings
from pvchat.identity.enroll import enroll
from pvchat.model import describer
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis

WHERE = "Where is Carl?"
pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def chat(demo_clips: dict[str, Path]) -> PVChat:
    """PVChat as users get it; Carl is enrolled from the first half of his drive."""
    made = PVChat.from_pretrained(settings=Settings(device="cpu"))
    made.enroll(demo_clips["car-1"], "Carl")
    return made


def test_the_car_is_told_with_a_hedge(chat: PVChat, demo_clips: dict[str, Path]) -> None:
    answer = chat.ask(demo_clips["car-2"], WHERE)
    assert answer.people[0].decision == "present"
    assert answer.answer == f"Carl is {HEDGE} in a vehicle, in the middle."
    doing = chat.ask(demo_clips["car-2"], "What is Carl doing?").answer
    assert doing == "Carl talks, looks ahead and probably sits."  # measured; the model adds no deed


def test_from_facts_alone_the_head_of_places_tells_the_car(
    chat: PVChat, demo_clips: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PVCHAT_HOME", str(demo_clips["car-1"].parents[1]))  # where Carl is enrolled
    facts = PVChat(Settings(device="cpu", answers="facts"))
    answer = facts.ask(demo_clips["car-2"], WHERE)
    assert answer.people[0].decision == "present"
    assert answer.answer == f"Carl is {HEDGE} in a vehicle, in the middle."


def test_the_model_answers_by_itself_from_what_it_is_told(
    chat: PVChat, demo_clips: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--answers spoken`: its own sentences pass the guard; with the evidence taken away the first tries don't."""
    monkeypatch.setenv("PVCHAT_HOME", str(demo_clips["car-1"].parents[1]))
    own, asked = PVChat(Settings(device="cpu", answers="spoken")), ("Is Carl in this video?", WHERE, "Is Carl a man?")
    made = answers_of(monkeypatch)
    for text in asked:
        own.ask(demo_clips["car-2"], text)
    assert sum(one.own for one in made) >= 2
    refused = sum(one.refused is not None for one in made)
    made.clear()
    monkeypatch.setattr(answerer, "told_of", lambda known: "")
    monkeypatch.setattr(answerer, "given", lambda *_: ())  # nor are words of the plain answer put into its mouth
    for text in asked:
        own.ask(demo_clips["car-2"], text)
    assert sum(one.refused is not None for one in made) > refused
    assert all(one.text for one in made)  # the rules speak where the model can't


def answers_of(monkeypatch: pytest.MonkeyPatch) -> list[Hearing]:
    """A list that each spoken answer is added to."""
    plain, made = answerer.Answerer.answer, list[Hearing]()
    monkeypatch.setattr(
        answerer.Answerer, "answer", lambda *args, **named: made.append(plain(*args, **named)) or made[-1]
    )
    return made


def yes_by_tokens(chat: PVChat, analysis: ClipAnalysis, asked: Person, owner: Person) -> bool:
    """Whether the model says yes to "Is … in this video?", told nothing but the owner's tokens by the other's name."""
    import torch

    from pvchat.model.checkpoint import speaking_with
    from pvchat.model.people import People
    from recipes.model.prompts import Prompt
    from recipes.model.scoring import Asked, yes_no

    describer, trained, text = chat.describer, chat.describer.trained, f"Is {asked.name} in this video?"
    named = People.batch([[replace(describer.state(owner), name=asked.name)]], trained.config)
    with torch.inference_mode(), speaking_with(trained.model, trained.answering):
        seen = describer.look(analysis)
        odds = yes_no(trained.model, Asked(seen, [Prompt(text)], describer.vector(text), named))
    return float(odds) > 0


def test_whose_tokens_they_are_decides_yes_or_no(chat: PVChat, demo_clips: dict[str, Path]) -> None:
    """Nothing else is told: with Obama's tokens in the place of Carl's every yes is a no, and the other way round."""
    carl, obama = (
        enroll(chat.analyse(demo_clips[clip]), name) for clip, name in (("car-1", "Carl"), ("portrait", "Obama"))
    )
    for clip, there in (("car-2", carl), ("speech", obama), ("blue-room", obama)):
        analysis, away = chat.analyse(demo_clips[clip]), obama if there is carl else carl
        assert yes_by_tokens(chat, analysis, there, there), clip
        assert not yes_by_tokens(chat, analysis, away, away), clip
        assert not yes_by_tokens(chat, analysis, there, away), clip
        assert yes_by_tokens(chat, analysis, away, there), clip


def test_a_spoken_yes_is_read_from_her_tokens(
    chat: PVChat, demo_clips: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first word is the model's own: with another's tokens the first try says no, and the guard stops it."""
    monkeypatch.setenv("PVCHAT_HOME", str(demo_clips["car-1"].parents[1]))
    own, obama = PVChat(Settings(device="cpu", answers="spoken")), enroll(chat.analyse(demo_clips["portrait"]), "Obama")
    made = answers_of(monkeypatch)
    first = own.ask(demo_clips["car-2"], "Is Carl in this video?").answer
    assert (made[0].own, made[0].refused) == (1, None)
    state = describer.Describer.state
    monkeypatch.setattr(describer.Describer, "state", lambda self, p: replace(state(self, obama), name=p.name))
    assert own.ask(demo_clips["car-2"], "Is Carl in this video?").answer == first
    assert made[1].refused is not None
    assert made[1].refused[0] == "No, Carl is not in this video."
