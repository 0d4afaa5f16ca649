"""Deep enrollment: storing, stopping, forgetting; others are never touched."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from make_analysis import made_up_model, make_analysis, make_track
from make_augmented import person_of, samples_of
from make_people import files_below

from pvchat.errors import PeopleError, SettingsError
from pvchat.identity.presence import PresenceModel
from pvchat.people.corrections import Correction, Example, examples_of, with_examples
from pvchat.people.person import Person
from pvchat.storage import temporary
from pvchat.train import deep
from pvchat.train.deep import RECORD
from pvchat.train.signals import TrainingSession


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    return made_up_model()


class Chat:
    """What `deep` asks of the service, without experts."""

    def __init__(self, store, model: PresenceModel, narrator=None) -> None:
        from pvchat.config import Settings

        self.people, self.describer, self.settings = store, None, Settings()
        self.networks = SimpleNamespace(presence=model, narrator=narrator)


@pytest.fixture
def chat(tmp_path: Path, model: PresenceModel) -> Chat:
    from pvchat.people.store import PeopleStore

    return Chat(PeopleStore(tmp_path / "people"), model, narrator=object())


@pytest.fixture
def augmented(monkeypatch: pytest.MonkeyPatch):
    """An augmentation and a training that take no time."""
    samples, seen = samples_of()
    monkeypatch.setattr("pvchat.augment.steps.augment", lambda clip, name, out, *_: Path(out))
    monkeypatch.setattr(deep, "read", lambda folder, name: (samples, [object()]))
    monkeypatch.setattr(
        "pvchat.train.person.train_on_base", lambda chat, person, *_: (with_tokens(person), {"steps": 1})
    )
    monkeypatch.setattr("pvchat.augment.augmentation.AnalysisCache", lambda *_: lambda s: seen[s.id])


def with_tokens(person: Person) -> Person:
    return replace(person, arrays={**person.arrays, "tokens": np.ones((16, 8), np.float16)})


def test_without_a_pretrained_base_nobody_is_trained(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> Path:
        raise AssertionError("nothing is augmented")

    monkeypatch.setattr("pvchat.augment.steps.augment", never)
    enrolled, chat.networks.narrator = chat.people.add(person_of()), None
    assert deep.deepen(chat, "x.mp4", enrolled).depth == "instant"
    with pytest.raises(SettingsError, match="no model is here"):
        deep.train_on(chat, enrolled, Path("nowhere"))


@pytest.mark.usefixtures("augmented")
def test_a_deep_person_takes_the_place_of_the_instant_one(chat: Chat) -> None:
    enrolled = chat.people.add(replace(person_of(), aliases=["Annie"]))
    done = deep.deepen(chat, "x.mp4", enrolled)
    assert (done.depth, done.name, done.aliases, done.created) == ("deep", "Ana", ["Annie"], enrolled.created)
    assert [p.depth for p in chat.people.all()] == ["deep"]
    assert "tokens" in chat.people.get("Ana").arrays
    assert set(done.extra[RECORD]) == {"samples", "questions", "training", "seconds"}
    assert done.bytes_on_disk < 1_000_000
    assert not deep.folder_of(enrolled).exists()
    assert not deep.folder_of(done).exists()


@pytest.mark.usefixtures("augmented")
def test_renamed_meanwhile_keeps_the_new_name_and_forgotten_meanwhile_stays_forgotten(chat: Chat) -> None:
    enrolled = chat.people.add(person_of())
    chat.people.rename("Ana", "Bea")
    assert deep.deepen(chat, "x.mp4", enrolled).name == "Bea"
    enrolled = chat.people.get("Bea")
    chat.people.forget("Bea")
    with pytest.raises(PeopleError, match="forgotten"):
        deep.deepen(chat, "x.mp4", enrolled)
    assert chat.people.names() == []
    assert not deep.folder_of(enrolled).exists()


@pytest.mark.usefixtures("augmented")
@pytest.mark.parametrize("what", ["forgotten", "another"])
def test_who_goes_at_the_very_end_does_not_come_back(chat: Chat, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Between the last look at who is stored and the write."""
    look = deep.stored

    def and_then_goes(chat: Chat, person: Person) -> Person:
        found = look(chat, person)
        chat.people.forget("Ana")
        if what == "another":
            chat.people.add(person_of(2))
        return found

    monkeypatch.setattr(deep, "stored", and_then_goes)
    enrolled = chat.people.add(person_of())
    with pytest.raises(PeopleError, match="isn.t enrolled any more"):
        deep.deepen(chat, "x.mp4", enrolled)
    assert [person.depth for person in chat.people.all()] == ([] if what == "forgotten" else ["instant"])


@pytest.mark.usefixtures("augmented")
def test_who_was_trained_otherwise_meanwhile_keeps_that(chat: Chat, tmp_path: Path) -> None:
    """The gate compared with what was stored before."""
    enrolled = chat.people.add(person_of())
    first = deep.train_on(chat, enrolled, tmp_path)
    with pytest.raises(PeopleError, match="trained otherwise"):
        deep.train_on(chat, enrolled, tmp_path)
    assert chat.people.get("Ana").extra == first.extra


@pytest.mark.usefixtures("augmented")
def test_what_was_said_of_her_at_the_very_end_stays(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    look = deep.stored

    def and_then_is_corrected(chat: Chat, person: Person) -> Person:
        found = look(chat, person)
        said = Correction(her=True, clip="c" * 64, at_s=1.0, faces=1)
        rows = np.ones((1, 128), np.float16)
        chat.people.revise("Ana", lambda one: with_examples(one, [Example(said, rows)]))
        return found

    monkeypatch.setattr(deep, "stored", and_then_is_corrected)
    done = deep.deepen(chat, "x.mp4", chat.people.add(person_of()))
    assert (done.depth, len(examples_of(done))) == ("deep", 1)


def test_a_stop_before_anything_was_learnt_leaves_the_instant_person(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pvchat.augment.watch import StoppedError

    def stopped(*_, **__):
        raise StoppedError("stopped")

    monkeypatch.setattr("pvchat.augment.steps.augment", stopped)
    enrolled, stop = chat.people.add(person_of()), threading.Event()
    assert deep.deepen(chat, "x.mp4", enrolled, session=TrainingSession(stop=stop)).depth == "instant"


@pytest.mark.usefixtures("augmented")
def test_others_answer_bit_identically_after_forgetting(chat: Chat, model: PresenceModel) -> None:
    for who, name in ((2, "Bo"), (3, "Cy")):
        chat.people.add(replace(person_of(who), name=name))
    clips = [make_analysis(make_track(who), make_track(9), key=f"{who:064x}") for who in (1, 2, 3)]
    files = {p: p.read_bytes() for p in files_below(chat.people.root) if p.parent != chat.people.root}

    def said() -> list[list]:
        return [model.score(chat.people.all(), clip, chat.settings.presence) for clip in clips]

    before = said()
    deep.deepen(chat, "x.mp4", chat.people.add(person_of()))
    during = said()
    assert during[0][-1].name == "Ana"
    chat.people.forget("Ana")
    assert said() == before
    assert {p: p.read_bytes() for p in files} == files


def test_leftovers_are_swept_but_not_what_is_being_worked_on() -> None:
    kept, gone, killed = (replace(person_of(), id=c * 32) for c in "abc")
    for person in (gone, killed):
        (deep.folder_of(person) / "media").mkdir(parents=True)
        Path(f"{deep.folder_of(person)}.lock").touch()  # nobody holds it
    with deep.working(kept) as folder:
        temporary.sweep()
        assert list(folder.parent.glob("*/")) == [folder]
        with pytest.raises(PeopleError, match="being trained"), deep.working(kept):
            pass
        assert folder.is_dir()
    assert list(folder.parent.iterdir()) == []


def test_a_folder_without_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no dataset.jsonl"):
        deep.read(tmp_path, "Ana")


@pytest.mark.usefixtures("augmented")
def test_the_command_trains_on_a_folder(chat: Chat, tmp_path: Path) -> None:
    from argparse import Namespace
    from dataclasses import asdict

    from pvchat.cli.train import train_person
    from pvchat.errors import UnknownPersonError
    from pvchat.train.config import PersonConfig

    chat.people.add(person_of())
    words = {"name": "ana", "data": str(tmp_path), "out": None, "resume": False, **asdict(PersonConfig())}
    row = train_person(chat, Namespace(**words), lambda *_: None)
    assert (row["name"], row["depth"], row["training"]["samples"]) == ("Ana", "deep", 36)
    with pytest.raises(SettingsError, match="--out"):
        train_person(chat, Namespace(**{**words, "resume": True}), lambda *_: None)
    with pytest.raises(UnknownPersonError):
        train_person(chat, Namespace(**{**words, "name": "Nobody"}), lambda *_: None)


@pytest.mark.parametrize("off", [{"lr": float("nan")}, {"z_lr": float("inf")}, {"anchor": float("nan")}])
def test_a_rate_that_is_no_number_is_told(off: dict[str, float]) -> None:
    from pvchat.train.config import PersonConfig

    with pytest.raises(SettingsError, match=next(iter(off)).replace("_", "-")):
        PersonConfig(**off)


@pytest.mark.usefixtures("augmented")
def test_a_training_that_was_cut_says_so(chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from pvchat.cli import console
    from pvchat.cli import main as cli
    from pvchat.runtime import ProgressDisplay

    told = {"steps": 7, "done": False}
    monkeypatch.setattr("pvchat.train.person.train_on_base", lambda chat, person, *_: (with_tokens(person), told))
    monkeypatch.setattr(console, "open_chat", lambda args: (chat, ProgressDisplay()))
    chat.people.add(person_of())
    words = ["train", "person", "Ana", "--data", str(tmp_path), "--out", str(tmp_path / "run")]
    assert cli.main(words) == 0
    ended = "7 steps: stopped, or out of time (--minutes), with the best until then; go on with --resume."
    assert ended in capsys.readouterr().out
    told["steps"] = 0  # nothing was kept to go on from
    assert cli.main(words) == 0
    assert "with the best until then.\n" in capsys.readouterr().out
    told["done"] = True
    assert cli.main(words) == 0
    assert capsys.readouterr().out == "Ana is trained on 36 samples.\n"
    told["kept"] = False
    assert cli.main(words) == 0
    discarded = "What was trained of Ana is discarded, it didn't pass its gate."
    assert capsys.readouterr().out == f"{discarded} What was trained before stays.\n"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.safetensors").touch()
    assert cli.main(words) == 1
    assert "holds a run" in capsys.readouterr().err
