"""Deep enrollment on a base, from an augmentation's folder to the answer: files, crops, the gate, what is stored."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from make_lessons import PEOPLE, STRANGERS, shown

from pvchat.bases.soft import TOKENS
from pvchat.bases.states import STATE, fits
from pvchat.chat.speakers.narrator import Narrator
from pvchat.config import Settings, VideoConfig
from pvchat.errors import SettingsError
from pvchat.people.store import PeopleStore
from pvchat.train import person as training
from pvchat.train.config import ON_BASE, USUAL, PersonConfig, add_options, from_words
from pvchat.train.examples import TrainingSet, make_base_data
from pvchat.train.person import Gate
from pvchat.train.signals import TrainingSession
from pvchat.video import save_clip

sys.path.append(str(Path(__file__).parents[1] / "recipes"))
from make_people import make_person  # noqa: E402
from make_person import augmentation  # noqa: E402

GOOD = Gate(1.0, 1.0, 1.0, 0.0, 48, 2, 1.0, 0.0, 0.2)
BAD, SURER = replace(GOOD, no_recall=0.0), replace(GOOD, loss=0.1)
QUICK = PersonConfig(image_steps=1, video_steps=1, batch=2, validate_every=1, validate_rows=4)


@pytest.fixture
def told(tmp_path: Path) -> TrainingSet:
    """A data set of twelve small clips and stills with their files."""
    samples, rows, seen = augmentation("Ana", 12)
    (tmp_path / "media").mkdir()
    for i, sample in enumerate(samples):
        who = PEOPLE["Ana"] if sample.people["Ana"] else STRANGERS[i % len(STRANGERS)]
        small = shown(who, i, 1 if sample.stage == "image" else 3).frames
        save_clip(tmp_path / sample.media, small.repeat(4, axis=1).repeat(4, axis=2), 2.0)
    return TrainingSet(samples, rows, lambda s: seen[s.id], tmp_path)


@pytest.fixture
def chat(tmp_path: Path, folder_of, open_base, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What training asks of the service, around a loaded base."""
    settings = Settings(device="cpu", model=str(folder_of("llava_onevision")))
    base = open_base("llava_onevision")
    narrator = Narrator(base.source, settings, "cpu", lambda texts: np.zeros((len(texts), 384), np.float32))
    narrator._base = base
    people = PeopleStore(tmp_path / "people")
    return SimpleNamespace(settings=settings, networks=SimpleNamespace(narrator=narrator), people=people)


def test_an_augmentation_becomes_frames_questions_and_crops(told: TrainingSet) -> None:
    data = make_base_data(make_person("Ana"), told, 4, VideoConfig(), {})
    assert len(data.visuals) == 12
    assert all(0 < len(one.frames) <= 4 for one in data.visuals)
    assert {e.type for e in data.part("image", "train")} <= {"existence", "appearance"}
    assert {e.type for e in data.part("video", "train")} == {"existence", "appearance", "action", "location"}
    assert 0 < len(data.crops) <= 4
    assert data.fingerprint() == make_base_data(make_person("Ana"), told, 4, VideoConfig(), {}).fingerprint()
    with pytest.raises(SettingsError, match="asks nothing"):
        make_base_data(make_person("Cy"), told, 4, VideoConfig(), {})


def test_nobody_is_trained_where_no_base_answers(tmp_path: Path) -> None:
    plain = SimpleNamespace(settings=Settings(), networks=SimpleNamespace(narrator=None))
    data = TrainingSet([], [], lambda sample: pytest.fail("nothing is looked at"), tmp_path)
    with pytest.raises(SettingsError, match="no pretrained base"):
        training.train_on_base(plain, make_person("Ana"), data, None, TrainingSession())


def test_nobody_is_taught_without_anybody_else(told, chat) -> None:
    alone = replace(told, rows=[r for r in told.rows if any(r.present.values())])
    with pytest.raises(SettingsError, match="anybody else"):
        training.train_on_base(chat, make_person("Ana"), alone, QUICK, TrainingSession())


@pytest.mark.parametrize("gate", [GOOD, BAD])
def test_what_passes_its_gate_is_kept_and_the_rest_discarded(told, chat, monkeypatch, gate) -> None:
    monkeypatch.setattr(training, "examine", lambda trainee, data, seed=0: gate)
    person, record = training.train_on_base(chat, make_person("Ana"), told, QUICK, TrainingSession())
    stored = chat.people.add(person)
    assert record["kept"] is gate.passed
    assert record["gate"]["yes_recall"] == 1.0
    assert fits(chat.networks.narrator.base, stored) is gate.passed
    assert (STATE in stored.extra) is gate.passed
    if gate.passed:
        assert stored.arrays["base.tokens"].shape == (TOKENS, chat.networks.narrator.base.width)
        assert stored.bytes_on_disk < 1_000_000
    assert record["best"] <= record["start"]


@pytest.mark.parametrize(("stored", "new", "kept"), [(SURER, GOOD, False), (GOOD, SURER, True)])
def test_what_she_had_stays_unless_the_new_is_better(told, chat, monkeypatch, stored, new, kept) -> None:
    monkeypatch.setattr(training, "examine", lambda trainee, data, seed=0: GOOD)
    had, _ = training.train_on_base(chat, make_person("Ana"), told, QUICK, TrainingSession())
    examined = []

    def examine(trainee, data, seed=0) -> Gate:
        examined.append(trainee.person["tokens"].detach().numpy().astype(np.float16))
        return (new, stored)[len(examined) - 1]

    monkeypatch.setattr(training, "examine", examine)
    again, record = training.train_on_base(chat, had, told, replace(QUICK, seed=1), TrainingSession())
    assert record["kept"] is kept
    assert again.extra[STATE]["loss"] == (new if kept else GOOD).loss
    assert not np.array_equal(*examined)
    np.testing.assert_array_equal(examined[1], had.arrays["base.tokens"])
    np.testing.assert_array_equal(again.arrays["base.tokens"], examined[0 if kept else 1])


@pytest.mark.parametrize("kept", [True, False])
def test_a_deep_enrollment_trains_the_base_that_answers(told, chat, tmp_path, monkeypatch, kept) -> None:
    from pvchat.train import deep

    seen = []
    monkeypatch.setattr(
        training, "train_on_base", lambda chat, person, *rest: seen.append(rest) or (person, {"kept": kept})
    )
    monkeypatch.setattr(deep, "read", lambda folder, name: (told.samples, told.rows))
    chat.people.add(make_person("Ana"))
    chat.beside = lambda cache, video: chat
    person = deep.train_on(chat, chat.people.get("Ana"), tmp_path, QUICK)
    assert person.depth == ("deep" if kept else "instant")
    assert person.extra[deep.RECORD]["training"] == {"kept": kept}
    assert seen[0][0].rows == told.rows
    assert seen[0][1] == QUICK


def test_what_the_command_leaves_out_is_as_usual_on_a_base() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, USUAL, ON_BASE, ("seed",))
    parser.set_defaults(seed=3)
    said = from_words(parser.parse_args(["--lr", "0.5", "--no-z"]), ON_BASE)
    assert said == replace(ON_BASE, lr=0.5, use_z=False, seed=3)
    assert from_words(parser.parse_args([]), USUAL) == replace(USUAL, seed=3)
