"""A base behind `ask`: whom it is shown, what of its words passes, streaming, follow-ups, what it is never asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.assets import packages
from pvchat.bases.marking import boxes_at
from pvchat.bases.prompts import BasePrompt
from pvchat.config import Settings
from pvchat.schemas import PersonPresence

SAID = "The woman is riding a bike. She wears a red hat."


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, BasePrompt]]:
    """What the base was shown and asked."""
    from pvchat.bases import prompts

    seen: list[tuple[Any, BasePrompt]] = []
    build = prompts.inputs_of
    monkeypatch.setattr(prompts, "inputs_of", lambda b, s, a, *r: seen.append((s, a)) or build(b, s, a, *r))
    return seen


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts words into the base's mouth; they come letter by letter."""

    def put(text: str) -> None:
        def reply(base: Any, inputs: Any, max_tokens: int = 0, heard: Any = None) -> str:
            for end in range(1, len(text) + 1):
                if heard is not None and heard(text[:end]):
                    return text[:end]
            return text

        monkeypatch.setattr("pvchat.bases.prompts.reply", reply)

    return put


@pytest.fixture
def chat(studio: Studio, folder_of: Any) -> PVChat:
    """Ana and Ben are enrolled; a tiny Qwen3-VL answers."""
    chat = PVChat(Settings(device="cpu", model=str(folder_of("qwen3_vl"))))
    chat.enroll(studio.clip("ana", ANA), "Ana")
    chat.enroll(studio.clip("ben", BEN), "Ben")
    return chat


def test_it_answers_about_those_who_are_there(studio: Studio, chat: PVChat, asked: Any, says: Any) -> None:
    says(SAID)
    answer = chat.ask(studio.clip("new", BEN, ANA), "What is Ana doing?")
    assert answer.answer == "Ana is riding a bike. She wears a red hat."
    assert [(p.name, p.decision) for p in answer.people] == [("Ana", "present")]
    shown, question = asked[0]
    assert [p.name for p in shown.people] == ["Ana"]
    assert shown.outlined
    assert shown.crop is not None
    assert "Ana is wearing a blue jacket" in question.measured


def test_the_real_base_says_nothing_that_passes(studio: Studio, chat: PVChat) -> None:
    answer = chat.ask(studio.clip("new", ANA), "What is Ana wearing?")
    assert answer.answer == "Ana is wearing a red jacket."  # random weights babble: the plain sentence stands
    assert answer.to_dict()["timing"].keys() == {"decode_s", "experts_s", "total_s", "first_token_s"}


def test_the_absent_are_never_shown_or_described(studio: Studio, chat: PVChat, asked: Any, says: Any) -> None:
    says(SAID)
    clip = studio.clip("new", BEN)
    for question in ("What is Ana doing?", "Describe Ana.", "Is Ana wearing a hat?", "Where is Ana?"):
        answer = chat.ask(clip, question).answer
        assert "not in this video" in answer
        assert "bike" not in answer
    assert asked == []
    answer = chat.ask(clip, "What are Ana and Ben doing?").answer
    assert (
        answer
        == "Ben is riding a bike. She wears a red hat. Ana is not in this video, so I can't say what Ana is doing."
    )
    assert [p.name for p in asked[0][0].people] == ["Ben"]


@pytest.mark.parametrize("question", ["Is Ana there?", "Who is in this video?", "How many people are there?",
                                      "When is Ana seen?", "Is Ana wearing a jacket?", "hello"])  # fmt: skip
def test_what_is_measured_is_not_asked(studio: Studio, chat: PVChat, asked: Any, says: Any, question: str) -> None:
    says(SAID)
    assert "bike" not in chat.ask(studio.clip("new", ANA), question).answer
    assert asked == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Ana is riding a bike. Ben is next to her.", "Ana is riding a bike."),
        ("Ana is riding a bike. She is not Ben.", "Ana is riding a bike."),
        ("The person in the red outline is riding a bike.", "Ana is riding a bike."),
        ("Ana is riding a bike. The outline is red.", "Ana is riding a bike."),
        ("Ana is riding a bike. Ana is riding a bike.", "Ana is riding a bike."),
        ("Ana is riding a bike. She looks", "Ana is riding a bike."),
        ("Ben is riding a bike.", "Ana sits and talks."), ("a a a a a a a a a a a a a.", "Ana sits and talks."),
        ("Ana is standing.", "Ana sits and talks."), ("", "Ana sits and talks."),
    ],
)  # fmt: skip
def test_each_sentence_passes_the_guard_or_ends_the_answer(
    studio: Studio, chat: PVChat, says: Any, said: str, kept: str
) -> None:
    says(said)
    assert chat.ask(studio.clip("new", ANA), "What is Ana doing?").answer == kept


def test_words_are_streamed_as_their_sentence_passes(studio: Studio, chat: PVChat, monkeypatch: Any) -> None:
    order: list[str] = []

    def reply(base: Any, inputs: Any, max_tokens: int, heard: Any) -> str:
        for end in range(1, len(SAID) + 1):
            order.append(SAID[end - 1])
            heard(SAID[:end])
        return SAID

    monkeypatch.setattr("pvchat.bases.prompts.reply", reply)
    pieces: list[str] = []

    def stream(piece: str) -> None:
        pieces.append(piece)
        order.append(f"<{piece.strip()}>")

    answer = chat.ask(studio.clip("new", ANA), "What is Ana doing?", stream=stream)
    assert "".join(pieces) == answer.answer
    assert len(pieces) > 5
    assert order.index("<Ana>") < len(order) - len("She wears a red hat.")  # before the second sentence was there
    assert 0 <= answer.timing["first_token_s"] <= answer.timing["total_s"]


def test_follow_ups_bring_the_turns_before(studio: Studio, chat: PVChat, asked: Any, says: Any) -> None:
    says("She is smiling.")
    clip = studio.clip("new", ANA)
    turns = [("What is Ana doing?", "Ana rides."), "Is she there?"]
    answer = chat.ask(clip, "And how does she look?", history=turns)
    assert answer.answer == "Ana is smiling."
    assert asked[0][1].history == (("What is Ana doing?", "Ana rides."),)


def test_questions_nothing_measured_speaks_to(studio: Studio, chat: PVChat, says: Any) -> None:
    says("No, she is not holding anything.")
    assert chat.ask(studio.clip("new", ANA), "Is Ana juggling?").answer == "No, Ana is not holding anything."


def test_a_scene_without_anybody_known(studio: Studio, chat: PVChat, asked: Any, says: Any) -> None:
    says("Two dogs run on the beach. Ben is behind them.")
    answer = chat.ask(studio.clip("empty"), "What is going on here?").answer
    assert answer == "Nobody I know is in this video. Two dogs run on the beach."
    assert not asked[0][0].outlined


@pytest.mark.parametrize(("show", "outlined", "crop"), [("plain", False, False), ("marks", True, False),
                                                        ("crop", True, True), ("auto", True, True)])  # fmt: skip
def test_how_people_are_shown_can_be_chosen(
    studio: Studio, chat: PVChat, asked: Any, says: Any, show: str, outlined: bool, crop: bool
) -> None:
    says(SAID)
    other = PVChat(replace(chat.settings, show=show))
    other.ask(studio.clip("new", ANA), "What is Ana doing?")
    shown = asked[0][0]
    assert (shown.outlined, shown.crop is not None) == (outlined, crop)


def test_measured_facts_need_no_base(studio: Studio, chat: PVChat, asked: Any) -> None:
    other = PVChat(replace(chat.settings, answers="facts"))
    assert other.networks.narrator is None
    assert other.ask(studio.clip("new", ANA), "What is Ana doing?").answer == "Ana sits and talks."
    assert asked == []


def test_the_language_model_is_not_fetched_for_it(folder_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[list[str]] = []
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda table: table)
    monkeypatch.setattr(
        "pvchat.assets.weights.fetch", lambda progress, table: fetched.append([row.role for row in table])
    )
    PVChat.from_pretrained(f"hub:{folder_of('smolvlm')}", Settings(device="cpu"))
    assert fetched == [[row.role for row in packages.table("embedded")]]


def test_boxes_are_those_near_in_time(studio: Studio, chat: PVChat) -> None:
    analysis = chat.analyse(studio.clip("new", BEN, ANA))
    times = np.float32([analysis.times[0], analysis.times[3], 60.0])
    boxes = boxes_at(analysis, PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 1, (1,)), times)
    assert np.isfinite(boxes[:2]).all()
    assert np.isnan(boxes[2]).all()
    track = analysis.tracks[1]
    assert (boxes[0, :2] <= track.boxes[0, :2] + 1e-6).all()
    assert (boxes[0, 2:] >= track.body_boxes[0, 2:] - 1e-6).all()


def test_forgetting_does_not_wait_for_a_training(studio: Studio, chat: PVChat) -> None:
    """A training holds the base and looks at clips; forgetting holds the experts: they waited for each other."""
    looked, clip = threading.Event(), studio.clip("sample", ANA)

    def train() -> None:
        with chat.networks.narrator.lock:
            forgetting.start()
            forgetting.join(5)
            chat.analyse(clip)
            looked.set()

    forgetting = threading.Thread(target=chat.forget, args=("Ben",), daemon=True)
    threading.Thread(target=train, daemon=True).start()
    assert looked.wait(120)
    forgetting.join(120)
    assert not forgetting.is_alive()
    assert chat.people.names() == ["Ana"]
