"""A person trained on our own model through the service: what is stored, resumed, and who stands beside her."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from make_person import analysis, augmentation, tiny
from make_sets import encode

from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.identity.enroll import enroll
from pvchat.model.describer import Describer
from pvchat.model.personstates import STAMP
from pvchat.model.trained import TrainedModel
from pvchat.train.config import PersonConfig
from pvchat.train.examples import TrainingSet
from pvchat.train.signals import ALONE, TrainingSession
from recipes.model.batches import aligned, collate_people, person_from_track
from recipes.model.person.own import learn, training_data


@pytest.fixture
def chat() -> SimpleNamespace:
    """What training asks of the service."""
    people, networks = SimpleNamespace(all=list), SimpleNamespace(narrator=None)
    return SimpleNamespace(people=people, describer=None, settings=Settings(), networks=networks)


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
    assert told == whole


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
    state = describer.state(deeper)
    np.testing.assert_allclose(state.tokens.numpy(), deeper.arrays["tokens"].astype(np.float32))
    assert all(torch.equal(v, before[k]) for k, v in describer.trained.model.state_dict().items())


def test_companions_are_known_from_the_data_set_or_from_the_store() -> None:
    """The aligner makes a companion's state from a sample that shows her alone; else the stored one serves."""
    trained = TrainedModel(Path("nowhere"), "cpu", tiny())
    trained.stamp = "0123456789abcdef"
    describer = Describer(trained, encode)
    samples, rows, seen = augmentation("Ana", 16)
    alone = samples[1]  # Kim's only clip
    for sample in samples:
        sample.people |= {"Kim": sample is alone, "Lee": False, "Max": False}
    for i, row in enumerate(rows):
        other = ("Kim", "Lee", "Max")[i % 3]
        row.people, row.present = ["Ana", other], {**row.present, other: other == "Kim" and row.sample == alone.id}
    person = enroll(seen[samples[2].id], "Ana")
    lee, kim = enroll(analysis(90, 1), "Lee"), enroll(analysis(91, 2), "Kim")
    learnt_from = TrainingSet(samples, rows, lambda s: seen[s.id])
    _, data = training_data(describer, person, learnt_from, [person, lee, kim])
    assert set(data.others) == {"Kim", "Lee"}
    assert data.left_out == sum("Max" in row.people for row in rows)
    assert {n for e in data.examples for n in e.names} > {"Kim", "Lee"}
    features = collate_people([person_from_track(seen[alone.id].tracks[0])])
    with torch.no_grad():
        own = aligned(describer.trained.model, features, ["Kim"])[0]
    assert torch.equal(data.others["Kim"].tokens, own.tokens)  # not the stored namesake's
    assert torch.equal(data.others["Lee"].tokens, describer.state(lee).tokens)
