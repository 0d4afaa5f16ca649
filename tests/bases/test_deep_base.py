"""Deep enrollment on a base, from an augmentation's folder to the answer: files, crops, the gate, what is stored."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from make_lessons import PEOPLE, STRANGERS, shown

from pvchat.bases.soft import TOKENS
from pvchat.chat.basestates import STATE, fits
from pvchat.chat.narrator import Narrator
from pvchat.config import Settings, VideoConfig
from pvchat.errors import SettingsError
from pvchat.identity.verify import RECORD
from pvchat.people.store import PeopleStore
from pvchat.train.bases import person as training
from pvchat.train.bases.data import make_base_data
from pvchat.train.bases.gate import Gate
from pvchat.train.person.config import PersonConfig
from pvchat.train.person.course import Session
from pvchat.train.person.trainingset import TrainingSet
from pvchat.video import save_clip

sys.path.append(str(Path(__file__).parents[1] / "train"))
from make_people import make_person  # noqa: E402
from make_person import augmentation  # noqa: E402

GOOD, BAD = Gate(1.0, 1.0, 1.0, 0.0, 2, 1.0, 0.0), Gate(1.0, 0.0, 1.0, 0.0, 2, 1.0, 0.0)
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
    return SimpleNamespace(settings=settings, narrator=narrator, people=people, describer=None)


def test_an_augmentation_becomes_frames_questions_and_crops(told: TrainingSet) -> None:
    data = make_base_data(make_person("Ana"), told, 4, VideoConfig(), {})
    assert len(data.shown) == 12
    assert all(0 < len(one.frames) <= 4 for one in data.shown)
    assert {e.type for e in data.part("image", "train")} <= {"existence", "appearance"}
    assert {e.type for e in data.part("video", "train")} == {"existence", "appearance", "action", "location"}
    assert 0 < len(data.crops) <= 4
    assert data.fingerprint() == make_base_data(make_person("Ana"), told, 4, VideoConfig(), {}).fingerprint()
    with pytest.raises(SettingsError, match="asks nothing"):
        make_base_data(make_person("Cy"), told, 4, VideoConfig(), {})


@pytest.mark.parametrize("gate", [GOOD, BAD])
def test_what_passes_its_gate_is_kept_and_the_rest_discarded(told, chat, monkeypatch, gate) -> None:
    monkeypatch.setattr(training, "examine", lambda trainee, data, seed=0: gate)
    person, record = training.train_on_base(chat, make_person("Ana"), told, QUICK, Session())
    stored = chat.people.add(person)
    assert record["kept"] is gate.passed
    assert record["gate"]["yes_recall"] == 1.0
    assert fits(chat.narrator.base, stored) is gate.passed
    assert (STATE in stored.extra) is gate.passed
    if gate.passed:
        assert stored.arrays["base.tokens"].shape == (TOKENS, chat.narrator.base.width)
        assert stored.bytes_on_disk < 1_000_000
    assert record["best"] <= record["start"]


def test_learning_goes_through_the_service_as_ever(told, chat, monkeypatch) -> None:
    """`deep.learn` fits her verification, then trains on the base that answers."""
    from make_verification import make_model

    from pvchat.train.person import deep

    chat.presence_model = make_model()
    seen = []
    monkeypatch.setattr(
        training, "train_on_base", lambda chat, person, *rest: seen.append(rest) or (person, {"kept": False})
    )
    monkeypatch.setattr("pvchat.train.person.verifier.fit",
                        lambda person, *_: SimpleNamespace(person=person, record={}))  # fmt: skip
    person = deep.learn(chat, make_person("Ana"), told, deep.DeepOptions(config=QUICK))
    assert person.depth == "deep"
    assert person.extra[RECORD]["training"] == {"kept": False}
    assert seen[0][0] is told
