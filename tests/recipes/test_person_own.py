"""A person trained on our own model through the service: what is stored, resumed and evaluated."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from make_person import analysis, augmentation, tiny
from make_sets import encode
from make_studio import ANA, BEN, Studio, open_chat
from safetensors.torch import save_file

from pvchat.cli.main import main
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.eval.worker import EvalOptions
from pvchat.identity.enroll import enroll
from pvchat.model.checkpoint import adapters_of
from pvchat.model.config import ANSWERING
from pvchat.model.describer import STAMP, Describer
from pvchat.model.people import People
from pvchat.model.personlora import projections
from pvchat.model.pvchat import PVChatModel
from pvchat.model.trained import TrainedModel
from pvchat.train.config import PersonConfig
from pvchat.train.examples import TrainingSet
from pvchat.train.signals import ALONE, TrainingSession
from pvchat.train.stages import Trained
from recipes.model.made import save_model
from recipes.model.person import own
from recipes.model.person.own import learn, passed


@pytest.fixture
def chat() -> SimpleNamespace:
    """What training asks of the service."""
    return SimpleNamespace(describer=None, settings=Settings(), networks=SimpleNamespace(narrator=None))


def test_without_a_trained_model_it_says_so(chat: SimpleNamespace) -> None:
    with pytest.raises(SettingsError, match="no trained model"):
        learn(chat, enroll(analysis(1, 1), "Ana"), TrainingSet([], [], lambda s: None), None, ALONE)


def lessons(chat: SimpleNamespace):
    """A tiny model behind the chat, Ana as it remembers her, and a data set about her."""
    trained = TrainedModel(Path("nowhere"), "cpu", tiny())
    trained.stamp = "0123456789abcdef"
    chat.describer = Describer(trained, encode)
    samples, rows, seen = augmentation("Ana", 16)
    return enroll(seen[samples[2].id], "Ana"), TrainingSet(samples, rows, lambda s: seen[s.id])


def test_who_was_stored_when_training_was_cut_ends_the_same(chat: SimpleNamespace, tmp_path: Path) -> None:
    """What is stored of her then are the tokens of the best step: a resumed run starts where the cut one did."""
    person, data = lessons(chat)
    config = PersonConfig(image_steps=2, video_steps=4, batch=4, validate_every=2, lr=0.05, z_lr=0.05)
    straight, whole = learn(chat, person, data, config, ALONE)
    stop = threading.Event()

    def cut(what: str, done: float, total: float) -> None:
        if done >= 3:
            stop.set()

    session = TrainingSession(folder=tmp_path, stop=stop, progress=cut)
    stored, told = learn(chat, person, data, config, session)
    assert not told["done"]
    resumed, told = learn(chat, stored, data, config, TrainingSession(folder=tmp_path, resume=True))
    for name in ("tokens", "z"):
        np.testing.assert_array_equal(resumed.arrays[name], straight.arrays[name])
    assert told["gate"]["after"] == whole["gate"]["after"]
    assert told["gate"]["before"]["score"] < whole["gate"]["before"]["score"]  # of what was stored of the cut one


@pytest.mark.parametrize("lora", [0, 1])
def test_a_worse_state_never_replaces_a_better_one(chat: SimpleNamespace, tmp_path: Path, lora: int) -> None:
    """Neither that of a new run nor, where she was trained otherwise in between, that of a resumed one."""
    person, data = lessons(chat)
    short = PersonConfig(image_steps=0, video_steps=2, batch=4, validate_every=1, lr=0.01, z_lr=0.01, lora=lora)
    stop = threading.Event()
    session = TrainingSession(folder=tmp_path, stop=stop, progress=lambda what, done, total: stop.set())
    _, told = learn(chat, person, data, short, session)
    assert not told["done"]
    better, told = learn(chat, person, data, replace(short, video_steps=16, lr=0.05, z_lr=0.05), ALONE)
    assert told["kept"]
    least = replace(short, video_steps=1, lr=1e-6, z_lr=1e-6, lora_lr=1e-6)
    for config, how in ((short, TrainingSession(folder=tmp_path, resume=True)), (least, ALONE)):
        same, again = learn(chat, better, data, config, how)
        assert again["gate"]["before"] == told["gate"]["after"]
        assert same is better
        assert not again["kept"]


def test_what_answers_held_out_questions_no_better_is_discarded(
    chat: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, data = lessons(chat)
    held_back = [sample for sample in data.samples if sample.split == "val"]
    apart = {held_back[0].id, held_back[1].id}  # one with her, one without
    rows = [replace(row, split="test") if row.sample in apart else row for row in data.rows]
    asked, config = [], PersonConfig(image_steps=0, video_steps=2, batch=4, validate_every=2, validate_rows=8)
    before, after = {"score": 2.0, "lm": 1.5, "first": 0.5}, {"score": 1.9, "lm": 1.2, "first": 0.7}

    def losses(trainee: object, examined: object, questions: list) -> dict[str, float]:
        asked.append({example.split for example in questions})
        return before if len(asked) == 1 else after

    monkeypatch.setattr(own, "losses_of", losses)
    same, told = learn(chat, person, replace(data, rows=rows), config, ALONE)
    assert same is person
    assert not told["kept"]
    assert asked == [{"test"}, {"test"}]
    assert not passed({"before": before, "after": before})  # nothing was learnt
    assert passed({"before": after, "after": {"score": 1.8, "lm": 1.2, "first": 0.6}})


def test_tokens_and_z_are_trained_and_stamped(chat: SimpleNamespace) -> None:
    """The others' files and the base stay as they are."""
    person, data = lessons(chat)
    describer = chat.describer
    before = {k: v.clone() for k, v in describer.trained.model.state_dict().items()}
    config = PersonConfig(image_steps=2, video_steps=6, batch=4, validate_every=2, lr=0.05, z_lr=0.05, lora=1)
    deeper, told = learn(chat, person, data, config, ALONE)
    assert deeper.extra[STAMP] == describer.trained.stamp
    assert told["best"] <= told["start"]
    assert not np.allclose(deeper.arrays["tokens"], describer.state(person).tokens.numpy(), atol=1e-3)
    assert any(key.startswith("lora.") for key in deeper.arrays)
    layer = projections(describer.trained.model.llm, "q_proj")[0]
    for one, hers in ((deeper, True), (replace(deeper, extra={STAMP: "0" * 16}), False)):
        with describer.adapted([one]):
            assert bool(layer._forward_hooks) is hers  # a LoRA of other weights speaks of nobody
    without = own.with_state(deeper, Trained(describer.state(deeper), {}, 1.0, 0.5, 2, True), describer)
    assert not any(key.startswith("lora.") for key in without.arrays)  # it belonged to the earlier tokens
    state = describer.state(deeper)
    np.testing.assert_allclose(state.tokens.numpy(), deeper.arrays["tokens"].astype(np.float32))
    assert all(torch.equal(v, before[k]) for k, v in describer.trained.model.state_dict().items())


def test_an_evaluation_asks_who_was_trained(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From `train person` to `eval --depth stored`, by the command line: her own tokens stand in the prompts."""
    model = tiny()
    save_model(model, tmp_path / "model")
    save_file(adapters_of(model), tmp_path / "model" / ANSWERING)
    named = ["--model", str(tmp_path / "model"), "--answers", "spoken", "--device", "cpu"]
    store = open_chat(studio, model=str(tmp_path / "model")).people
    samples, rows, seen = augmentation("Ana", 16)
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda *_, **__: [])
    monkeypatch.setattr("pvchat.eval.worker.EvalOptions", partial(EvalOptions, bertscore=False, resamples=20))
    monkeypatch.setattr("pvchat.train.deep.read", lambda folder, name: (samples, rows))
    monkeypatch.setattr("pvchat.augment.augmentation.AnalysisCache", lambda *_: lambda sample: seen[sample.id])
    words = ["--image-steps", "0", "--video-steps", "8", "--validate-every", "4", "--lr", ".05", "--z-lr", ".05"]
    assert main(["train", "person", "Ana", "--data", str(tmp_path), *words, *named]) == 0
    assert "Ana is trained on 16 samples" in capsys.readouterr().out

    about = [("Ana", "What is Ana doing?"), ("Ben", "What is Ben doing?"), ("Cleo", "What is Cleo doing?")]
    studio.clip("new", ANA, BEN)
    items = [
        Item(name, "s", "new.mp4", (name,), "single", "action", asked, "talks", {name: True}) for name, asked in about
    ]
    people = tuple(Subject(name, "ana.mp4", "s") for name, _ in about)  # not enrolled from there
    write(Manifest("set", studio.folder, people, tuple(items)), studio.folder)
    used: dict[str, torch.Tensor] = {}

    def answer(self: PVChatModel, visual: object, question: str, facts: str, vector: object, people: People, *_) -> str:
        used[people.names[0][0]] = people.tokens[0, 0]
        return ""

    monkeypatch.setattr(PVChatModel, "answer", answer)
    systems = ["--systems", "ours-stored", "--depth", "stored"]
    assert main(["eval", str(studio.folder), "--out", str(tmp_path / "out"), *systems, *named]) == 0
    trained, told = (
        store.get("Ana").arrays["tokens"],
        json.loads((tmp_path / "out" / "run.json").read_text())["enrolled"],
    )
    np.testing.assert_array_equal(used["Ana"].numpy(), trained.astype(np.float32))
    assert [told[name].get("depth", "error") for name, _ in about] == ["deep", "instant", "error"]
    assert used.keys() == {"Ana", "Ben"}
    assert "tokens" not in store.get("Ben").arrays
