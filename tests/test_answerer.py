"""The trained model answers itself: each sentence checked, and the plain ones in the place of what it doesn't say."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from make_studio import ANA, BEN, Studio, open_chat
from safetensors.torch import save_file

from pvchat import PVChat
from pvchat.chat.reader.statements import sentences
from pvchat.config import Settings
from pvchat.errors import WeightsError
from pvchat.model.checkpoint import adapters_of, read_adapters, speaking_with
from pvchat.model.config import ANSWERING
from pvchat.model.pvchat import PVChatModel
from pvchat.model.speculative import Lead
from pvchat.model.trained import TrainedModel
from recipes.model.made import create_model, save_model
from recipes.model.release import save_words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved tiny model with words of its own for answering."""
    path = tmp_path_factory.mktemp("model")
    model = create_model("tiny")
    save_model(model, path)
    save_file({k: v + 0.01 for k, v in adapters_of(model).items()}, path / ANSWERING)
    return path


@pytest.fixture(scope="module")
def trained(folder: Path) -> TrainedModel:
    return TrainedModel(folder, "cpu")


@pytest.fixture
def chat(studio: Studio, folder: Path, trained: TrainedModel) -> PVChat:
    """Ana and Ben enrolled, answers spoken."""
    return open_chat(studio, trained, model=str(folder), answers="spoken")


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[tuple[str, Lead]]]:
    """Puts a text in the place of the model's own, letter by letter; gives what the model was told and led by."""
    told: list[tuple[str, Lead]] = []

    def put(text: str) -> list[tuple[str, Lead]]:
        def answer(self: PVChatModel, visual: object, question: str, facts: str, *asked: object) -> str:
            how = asked[-1]
            told.append((facts, how.lead))
            ends = (end for end in range(1, len(text) + 1) if how.on_text(text[:end]))
            return text[: next(ends, len(text))]

        monkeypatch.setattr(PVChatModel, "answer", answer)
        return told

    return put


def heard_of(chat: PVChat, clip: Path, question: str) -> str:
    """An answer, which is what was streamed."""
    heard: list[str] = []
    answer = chat.ask(clip, question, stream=heard.append).answer
    assert answer == "".join(heard)
    return answer


def test_what_the_model_says_is_shown_and_streamed(chat, studio, says):
    says("Yes, Ana is in this clip, wearing a red jacket.")
    answer = heard_of(chat, studio.clip("both", ANA, BEN), "Is Ana in this video?")
    assert answer == chat_facts(chat, studio, "Is Ana in this video?")  # that isn't all that is to be said
    says(same := answer.replace("Ana is", "Ana appears"))
    assert heard_of(chat, studio.clip("both", ANA, BEN), "Is Ana in this video?") == same != answer


@pytest.mark.parametrize(
    "said", ["No, Ana is not in this video.", "Ben is dancing.", "Carl and Ana are in this video."]
)
def test_in_the_place_of_a_wrong_answer_the_plain_one_stands(chat, studio, says, said):
    says(said)
    for question in ("Is Ana in this video?", "Who is in this video?"):
        assert heard_of(chat, studio.clip("both", ANA, BEN), question) == chat_facts(chat, studio, question)


def test_what_the_model_leaves_out_is_said_plainly_and_nothing_twice(chat, studio, says):
    question, both = "What are Ana and Ben wearing?", studio.clip("both", ANA, BEN)
    plain = chat_facts(chat, studio, question)
    first, second = sentences(plain)
    for said in (
        first,
        f"{first} {first}",
        f"{first} Ana is dancing. {second}",
        f"{second} {first}",
        f"{plain} {plain}",
    ):
        says(said)
        assert heard_of(chat, both, question) == plain


def test_small_talk_is_not_the_models(chat, studio, says):
    told = says("Hello.")
    assert heard_of(chat, studio.clip("both", ANA, BEN), "Thanks!").startswith("You're welcome")
    assert heard_of(chat, studio.clip("both", ANA, BEN), "她在做什么？").startswith("我只能看懂英文问题")
    assert told == []


def test_a_model_that_knows_nothing_changes_no_answer(chat, studio):
    """Random weights: the guard stops all that they say."""
    both = studio.clip("both", ANA, BEN)
    for question in ("Is Ben in this video?", "What is Ana wearing?", "How many people are in this video?"):
        assert chat.ask(both, question).answer == chat_facts(chat, studio, question)


def test_words_are_exchanged_for_the_while_only(trained):
    own = {k: v.clone() for k, v in adapters_of(trained.model).items()}
    with speaking_with(trained.model, trained.answering):
        inside = adapters_of(trained.model)
        assert all(torch.equal(inside[k], trained.answering[k]) for k in own)
    assert all(torch.equal(v, own[k]) for k, v in adapters_of(trained.model).items())


def test_a_model_without_such_words_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "other", ignore=shutil.ignore_patterns(ANSWERING))
    with pytest.raises(WeightsError, match="answer by itself"):
        PVChat.from_pretrained(str(tmp_path / "other"), Settings(device="cpu", answers="spoken"))


def test_words_of_another_model_are_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "other")
    save_file({"project_queries.weight": torch.zeros(2, 2)}, tmp_path / "other" / ANSWERING)
    with pytest.raises(WeightsError, match="don't fit"):
        _ = TrainedModel(tmp_path / "other", "cpu").answering


def chat_facts(chat: PVChat, studio: Studio, question: str) -> str:
    """The rules' answer about a clip of both."""
    other = PVChat(Settings(device="cpu", answers="facts"), networks=None, people=chat.people)
    other.networks.__dict__.update(chat.networks.__dict__, settings=other.settings, chosen=("facts", None))
    return other.ask(studio.clip("both", ANA, BEN), question).answer


def test_words_in_eight_bits_are_read_back_nearly_as_they_were(trained, tmp_path):
    torch.manual_seed(0)
    words = {k: v + 0.01 * torch.randn_like(v) for k, v in adapters_of(trained.model).items()}
    save_words(words, tmp_path / ANSWERING)
    back = read_adapters(trained.model, tmp_path / ANSWERING)
    assert back.keys() == words.keys()
    for key, value in words.items():
        step = value.float().abs().max() / 127 if value.dim() == 2 else value.float().abs().max() / 128
        assert (back[key].float() - value.float()).abs().max() <= 1.5 * step, key


def test_words_that_dont_fit_are_refused(trained, tmp_path):
    save_words({**adapters_of(trained.model), "llm.other": torch.zeros(1)}, tmp_path / ANSWERING)
    with pytest.raises(WeightsError, match="1 tensors don't fit"):
        read_adapters(trained.model, tmp_path / ANSWERING)


def test_whether_somebody_is_there_is_left_to_her_tokens(chat, studio, says):
    """The model is told nothing, and its yes is its own; what else is asked it is told, and led in."""
    plain = chat_facts(chat, studio, "Is Ana in this video?")
    told = says(plain)
    assert heard_of(chat, studio.clip("both", ANA, BEN), "Is Ana in this video?") == plain
    assert told == [("", Lead(given=((len("Yes"), len(plain)),)))]
    wearing = chat_facts(chat, studio, "What is Ana wearing?")
    assert heard_of(chat, studio.clip("both", ANA, BEN), "What is Ana wearing?") == wearing
    facts, lead = told[-1]
    assert wearing in facts
    assert [wearing[a:b] for a, b in lead.given] == ["Ana is ", " a red ", "."]
