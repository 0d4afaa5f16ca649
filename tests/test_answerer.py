"""The trained model answers itself: two tries, each sentence checked, and the rules' sentence where both fail."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from make_studio import ANA, BEN, Studio, open_chat  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from pvchat import PVChat  # noqa: E402
from pvchat.chat.reader.statements import sentences  # noqa: E402
from pvchat.chat.speakers import answerer  # noqa: E402
from pvchat.config import Settings  # noqa: E402
from pvchat.errors import WeightsError  # noqa: E402
from pvchat.model.checkpoint import read_words, speaking_with, words_of  # noqa: E402
from pvchat.model.config import ANSWERING  # noqa: E402
from pvchat.model.drafted import Decoding  # noqa: E402
from pvchat.model.pvchat import PVChatModel  # noqa: E402
from pvchat.model.trained import TrainedModel  # noqa: E402
from recipes.model.made import create_model, save_model  # noqa: E402
from recipes.model.release import save_words  # noqa: E402

Try = Callable[[str], str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved tiny model with words of its own for answering."""
    path = tmp_path_factory.mktemp("model")
    model = create_model("tiny")
    save_model(model, path)
    save_file({k: v + 0.01 for k, v in words_of(model).items()}, path / ANSWERING)
    return path


@pytest.fixture(scope="module")
def trained(folder: Path) -> TrainedModel:
    return TrainedModel(folder, "cpu")


@pytest.fixture
def chat(studio: Studio, folder: Path, trained: TrainedModel) -> PVChat:
    """Ana and Ben enrolled, answers spoken."""
    return open_chat(studio, trained, model=str(folder), answers="spoken")


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts that the model says, one a try, in place of its own; gives what each try was told, in the end."""
    texts: list[str] = []

    def answer(self: PVChatModel, *asked: object) -> str:
        text, how = texts.pop(0), asked[-1]
        for end in range(1, len(text) + 1):  # as it comes, letter by letter
            if how.heard(text[:end]):
                return text[:end]
        return text

    monkeypatch.setattr(PVChatModel, "answer", answer)
    return texts


def spoken(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> list[answerer.Spoken]:
    """What `Answerer.answer` makes."""
    made: list[answerer.Spoken] = []
    plain = answerer.Answerer.answer
    monkeypatch.setattr(
        answerer.Answerer, "answer", lambda *args, **named: made.append(plain(*args, **named)) or made[-1]
    )
    return made


def test_what_the_model_says_is_shown_and_streamed(chat, studio, tries, monkeypatch):
    made = spoken(chat, monkeypatch)
    plain = chat_facts(chat, studio, "Is Ana in this video?")
    tries.append(plain)
    heard: list[str] = []
    answer = chat.ask(studio.clip("both", ANA, BEN), "Is Ana in this video?", stream=heard.append)
    assert answer.answer == plain == "".join(heard)
    assert (made[0].own, made[0].stopped, tries) == (1, [], [])


def test_a_wrong_answer_gets_a_second_try(chat, studio, tries, monkeypatch):
    made = spoken(chat, monkeypatch)
    plain = chat_facts(chat, studio, "Is Ana in this video?")
    tries += ["No, Ana is not in this video.", plain]
    heard: list[str] = []
    answer = chat.ask(studio.clip("both", ANA, BEN), "Is Ana in this video?", stream=heard.append)
    assert answer.answer == plain == "".join(heard)
    assert made[0].own == 1
    assert [sentence for sentence, _ in made[0].stopped] == ["No, Ana is not in this video."]


def test_after_two_wrong_answers_the_plain_sentence_stands(chat, studio, tries, monkeypatch):
    made = spoken(chat, monkeypatch)
    plain = chat_facts(chat, studio, "Who is in this video?")
    tries += ["Ben is dancing.", "Carl and Ana are in this video."]
    answer = chat.ask(studio.clip("both", ANA, BEN), "Who is in this video?")
    assert answer.answer == plain
    assert (made[0].own, len(made[0].stopped)) == (0, 2)


def test_who_was_spoken_of_first_is_not_told_twice(chat, studio, tries, monkeypatch):
    made = spoken(chat, monkeypatch)
    plain = chat_facts(chat, studio, "What are Ana and Ben wearing?")
    first, second = sentences(plain)
    tries += [f"{second} Ana is dancing.", f"{first} {second}"]
    heard: list[str] = []
    answer = chat.ask(studio.clip("both", ANA, BEN), "What are Ana and Ben wearing?", stream=heard.append)
    assert answer.answer == f"{second} {first}" == "".join(heard)
    assert (made[0].own, made[0].tries, len(made[0].stopped)) == (2, 2, 1)


def test_nothing_is_said_twice(chat, studio, tries, monkeypatch):
    made = spoken(chat, monkeypatch)
    plain = chat_facts(chat, studio, "What are Ana and Ben wearing?")
    first, second = sentences(plain)
    tries += [f"{first} {first}", f"{first} {second}"]
    assert chat.ask(studio.clip("both", ANA, BEN), "What are Ana and Ben wearing?").answer == plain
    assert [sentence for sentence, _ in made[0].stopped] == [first]


def test_small_talk_is_not_the_models(chat, studio, tries):
    answer = chat.ask(studio.clip("both", ANA, BEN), "Thanks!")
    assert answer.answer.startswith("You're welcome")
    assert tries == []


def test_a_model_that_knows_nothing_changes_no_answer(chat, studio):
    """Random weights: the guard stops all that they say."""
    both = studio.clip("both", ANA, BEN)
    for question in ("Is Ben in this video?", "What is Ana wearing?", "How many people are in this video?"):
        assert chat.ask(both, question).answer == chat_facts(chat, studio, question)


def test_words_are_exchanged_for_the_while_only(trained):
    own = {k: v.clone() for k, v in words_of(trained.model).items()}
    with speaking_with(trained.model, trained.answering):
        inside = words_of(trained.model)
        assert all(torch.equal(inside[k], trained.answering[k]) for k in own)
    assert all(torch.equal(v, own[k]) for k, v in words_of(trained.model).items())


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
    words = {k: v + 0.01 * torch.randn_like(v) for k, v in words_of(trained.model).items()}
    save_words(words, tmp_path / ANSWERING)
    back = read_words(trained.model, tmp_path / ANSWERING)
    assert back.keys() == words.keys()
    for key, value in words.items():
        step = value.float().abs().max() / 127 if value.dim() == 2 else value.float().abs().max() / 128
        assert (back[key].float() - value.float()).abs().max() <= 1.5 * step, key


def test_words_that_dont_fit_are_refused(trained, tmp_path):
    save_words({**words_of(trained.model), "llm.other": torch.zeros(1)}, tmp_path / ANSWERING)
    with pytest.raises(WeightsError, match="1 tensors don't fit"):
        read_words(trained.model, tmp_path / ANSWERING)


def test_whether_somebody_is_there_is_left_to_her_tokens(chat, studio, tries, monkeypatch):
    """Where her marks tell: the first try is told nothing, its yes is its own; the second is told all."""
    told: list[tuple[str, float, tuple[tuple[int, int], ...]]] = []
    said = PVChatModel.answer

    def answer(
        self: PVChatModel, visual: object, question: str, facts: str, vector: object, people: object, how: Decoding
    ) -> str:
        told.append((facts, how.lead.share, how.lead.given))
        return said(self, visual, question, facts, vector, people, how)

    monkeypatch.setattr(PVChatModel, "answer", answer)
    monkeypatch.setattr(answerer, "tokens_tell", lambda *_: True)
    plain = chat_facts(chat, studio, "Is Ana in this video?")
    tries += ["No, Ana is not in this video.", plain]
    assert chat.ask(studio.clip("both", ANA, BEN), "Is Ana in this video?").answer == plain
    (first, second), yes = told, len("Yes")
    assert first == ("", 1.0, ((yes, len(plain)),))
    assert second[0] == plain
    assert second[2][0][0] == 0  # its yes is given
    tries.append(chat_facts(chat, studio, "What is Ana wearing?"))
    chat.ask(studio.clip("both", ANA, BEN), "What is Ana wearing?")
    assert "Ana" in told[-1][0]
