"""PVChat answers through a trained model: a tiny one with made-up words; what it may and may not change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from make_studio import ANA, BEN, Studio, open_chat

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.errors import SettingsError, WeightsError
from pvchat.model.describer import STAMP, Describer
from pvchat.model.trained import TrainedModel
from pvchat.schemas import ClipAnalysis, PersonFacts, SceneFacts
from recipes.model.made import create_model, save_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved tiny model."""
    path = tmp_path_factory.mktemp("model")
    save_model(create_model("tiny"), path)
    return path


@pytest.fixture(scope="module")
def trained(folder: Path) -> TrainedModel:
    """The tiny model, loaded once a file."""
    return TrainedModel(folder, "cpu")


@pytest.fixture
def chat(studio: Studio, folder: Path, trained: TrainedModel) -> PVChat:
    """PVChat with the tiny model, Ana and Ben enrolled."""
    return open_chat(studio, trained, model=str(folder))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The model finds that everybody sleeps; gives the clips that it was asked about."""
    clips: list[str] = []

    def with_deeds(self: Describer, analysis: ClipAnalysis) -> ClipAnalysis:
        clips.append(analysis.key)
        tracks = [replace(t, facts=replace(t.facts, deed="sleeping", pose=None, gestures=[])) for t in analysis.tracks]
        return replace(analysis, tracks=tracks)

    monkeypatch.setattr(Describer, "with_deeds", with_deeds)
    return clips


def bare(studio: Studio, name: str, *people: int) -> Path:
    """A clip where nothing but outdoors, and places in the frame, was measured."""
    path = studio.clip(name, *people, scene=SceneFacts(setting="outdoors"))
    for analysis in studio.known.values():
        for track in analysis.tracks:
            track.facts = replace(PersonFacts(), where=track.facts.where)
    return path


# --- what is shown


def test_the_model_has_a_word_on_deeds_alone(studio: Studio, chat: PVChat, asked: list[str]) -> None:
    clip = bare(studio, "new", BEN, ANA)
    assert chat.ask(clip, "What is Ana doing?").answer == "Ana sleeps."
    assert len(asked) == 1
    assert chat.ask(clip, "Where is Ana?").answer == "Ana is outdoors, on the right, next to Ben."
    assert len(asked) == 1


@pytest.mark.parametrize(
    "question",
    ["Is Ana in this video?", "What is Ana wearing?", "What is Ana doing?", "Where is Ana?", "Describe Ana."],
)
def test_the_absent_are_never_asked_about(studio: Studio, chat: PVChat, asked: list[str], question: str) -> None:
    answer = chat.ask(bare(studio, "new", BEN), question)
    assert answer.people[0].decision == "absent"
    assert "not in this video" in answer.answer
    assert "sleep" not in answer.answer.split(". ")[0]  # whoever is there instead may be described
    assert "Ana" not in answer.answer.partition(". ")[2]


def test_the_text_is_streamed_once_it_passed(studio: Studio, chat: PVChat, asked: list[str]) -> None:
    pieces: list[str] = []
    answer = chat.ask(bare(studio, "new", ANA), "What is Ana doing?", stream=pieces.append)
    assert "".join(pieces) == answer.answer
    assert answer.timing["first_token_s"] <= answer.timing["total_s"]


def test_measured_facts_alone_leave_the_model_alone(studio: Studio, chat: PVChat, asked: list[str]) -> None:
    other = PVChat(replace(chat.settings, answers="facts"))
    assert "sleep" not in other.ask(bare(studio, "new", ANA), "What is Ana doing?").answer
    assert asked == []


# --- conversations


def test_a_turn_may_be_question_and_answer(studio: Studio, chat: PVChat, asked: list[str]) -> None:
    clip = bare(studio, "new", BEN, ANA)
    first = chat.ask(clip, "Is Ana in this video?")
    answer = chat.ask(clip, "And what is she doing?", history=[("Is Ana in this video?", first.answer)])
    assert [p.name for p in answer.people] == ["Ana"]
    assert answer.answer == "Ana sleeps."


# --- people


def test_an_enrollment_stores_no_tokens_and_a_trained_state_is_used_as_stored(chat: PVChat) -> None:
    ana, config = chat.people.get("Ana"), chat.networks.trained.model.config
    assert not {"tokens", "z"} & ana.arrays.keys()
    made = chat.describer.state(ana)
    assert made.tokens.shape == (config.personal_tokens, config.width)
    assert made.z.shape == (config.routed_modules, config.routed_heads)
    arrays = {**ana.arrays, "tokens": made.tokens.numpy() + 1, "z": made.z.numpy()}
    trained = replace(ana, arrays=arrays, extra={**ana.extra, STAMP: chat.describer.trained.stamp})
    np.testing.assert_allclose(chat.describer.state(trained).tokens, arrays["tokens"])
    foreign = replace(ana, arrays={**arrays, "tokens": np.zeros((3, 5), np.float16)}, extra={STAMP: "0" * 16})
    np.testing.assert_array_equal(chat.describer.state(foreign).tokens, made.tokens)


def test_of_a_figure_the_body_alone_makes_tokens(chat: PVChat) -> None:
    figure = replace(chat.people.get("Ana"), kind="figure", extra={}, arrays={"prototypes": np.ones((2, 64))})
    assert np.isfinite(chat.describer.state(figure).tokens.numpy()).all()


# --- settings


def test_no_weights_no_model(studio: Studio) -> None:
    chat = PVChat(Settings(device="cpu"))
    assert chat.describer is None
    assert chat.networks.trained is None
    assert chat.networks.source == "facts"
    with pytest.raises(WeightsError, match="train base"):
        PVChat.from_pretrained(settings=Settings(device="cpu", answers="model"))


def test_unknown_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="smolvlm2-500m"):
        PVChat.from_pretrained("nowhere")
    with pytest.raises(SettingsError, match="facts, model or spoken"):
        Settings(answers="guesses")


def test_the_language_model_is_loaded_for_words_alone(folder: Path) -> None:
    trained = TrainedModel(folder, "cpu")
    whole = trained.model
    assert whole.llm is not None
    assert trained.model is whole


def test_warming_up_loads_no_language_model(
    studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch, trained: TrainedModel
) -> None:
    chat = PVChat(Settings(device="cpu", model=str(folder)))
    chat.networks.trained = TrainedModel(folder, "cpu")
    monkeypatch.setattr(type(chat.networks.experts), "load", lambda self: None)
    chat.networks.load()
    assert chat.networks.trained._whole is None
