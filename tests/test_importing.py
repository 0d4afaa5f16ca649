"""Whoever is imported is compared with everyone enrolled, as when somebody is enrolled from a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_analysis import identity_of, made_up_model, make_analysis, make_track
from make_people import make_person

from pvchat.cli import main as cli
from pvchat.config import PresenceConfig
from pvchat.errors import PeopleError
from pvchat.identity.calibration import Calibration
from pvchat.identity.presence import PresenceModel
from pvchat.people import exchange
from pvchat.people.parts import require_unlike
from pvchat.people.person import Person
from pvchat.people.store import PeopleStore

JAN = 1


def rows(who: int, count: int = 6, noise: float = 0.15, seed: int = 50) -> np.ndarray:
    return np.stack([identity_of(who, noise, seed + i) for i in range(count)])


def enrolled(name: str, who: int, **arrays: Any) -> Person:
    person = make_person(name, who, extra={"quality": 0.8})
    person.arrays.update({"prototypes": rows(who), **arrays})
    return person


def figure(name: str, who: int) -> Person:
    person = enrolled(name, who)
    vectors = rows(who)
    person.arrays["prototypes"] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    person.kind, person.extra = "figure", {"drawn": True}
    return person


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> PresenceModel:
    """With a cohort of made-up strangers, who are as far from each other as real ones."""
    made = made_up_model(calibration=Calibration.load())
    monkeypatch.setattr(PresenceModel, "load", lambda: made)
    return made


@pytest.fixture
def store(pvchat_home: Path) -> PeopleStore:
    store = PeopleStore()
    store.add(enrolled("Jan", JAN))
    store.add(figure("Toon", 7))
    return store


def file_of(folder: Path, person: Person) -> Path:
    path = folder / "x.pvperson"
    path.unlink(missing_ok=True)
    return exchange.write(person, path)


COPIES = {
    "the same": lambda: enrolled("Copy", JAN),
    "with noise": lambda: enrolled("Copy", JAN, prototypes=rows(JAN, noise=0.25, seed=500)),
    "of a poor quality": lambda: Person(**{**vars(enrolled("Copy", JAN)), "extra": {"quality": 0.0}}),
}


@pytest.mark.parametrize("what", COPIES)
def test_a_copy_is_told_and_refused(store: PeopleStore, tmp_path: Path, what: str) -> None:
    path = file_of(tmp_path, COPIES[what]())
    with pytest.raises(PeopleError, match="looks like Jan, who is enrolled already: the same person") as caught:
        store.import_(path, check=require_unlike)
    assert "--alike" in caught.value.hint
    assert store.names() == ["Jan", "Toon"]
    assert store.import_(path).name == "Copy"


def test_somebody_else_is_taken(store: PeopleStore, tmp_path: Path) -> None:
    for number, who in enumerate((3, 4, 5)):
        path = file_of(tmp_path, enrolled(f"Other {number}", who))
        assert store.import_(path, check=require_unlike).name == f"Other {number}"
    assert store.import_(file_of(tmp_path, figure("Anton", 8)), check=require_unlike).name == "Anton"


def test_whom_she_looks_like_most_is_named(store: PeopleStore, tmp_path: Path) -> None:
    """The hint tells in whose place to put her."""
    between = identity_of(JAN) + 0.3 * (identity_of(3) - identity_of(JAN))
    store.add(enrolled("Rosa", JAN, prototypes=between[None]))
    store.add(enrolled("Copied", JAN))
    store.forget("Jan")
    with pytest.raises(PeopleError, match="looks like Copied"):
        store.import_(file_of(tmp_path, enrolled("Other", JAN)), check=require_unlike)


def test_who_takes_her_own_place_may_look_like_herself(store: PeopleStore, tmp_path: Path) -> None:
    path = file_of(tmp_path, enrolled("jan", JAN))
    assert store.import_(path, replace=True, check=require_unlike).name == "jan"
    with pytest.raises(PeopleError, match="looks like jan"):
        store.import_(path, name="Janet", check=require_unlike)


def test_copies_dont_take_her_from_her_own_clips(store: PeopleStore, tmp_path: Path, model: PresenceModel) -> None:
    """Five copies under other names made "No, Jan is not in this video"."""
    clip = make_analysis(make_track(JAN))

    def decision() -> str:
        return model.score(store.all(), clip, PresenceConfig())[0].decision

    assert decision() == "present"
    for number in range(5):
        with pytest.raises(PeopleError):
            store.import_(file_of(tmp_path, enrolled(f"Copy {number}", JAN)), check=require_unlike)
    assert decision() == "present"
    for number in range(5):
        store.import_(file_of(tmp_path, enrolled(f"Copy {number}", JAN)))
    assert decision() != "present"  # what the check is for


def test_the_command_asks(store: PeopleStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["people", "import", str(file_of(tmp_path, enrolled("Copy", JAN)))]
    assert cli.main(words) == 1
    assert "looks like Jan" in capsys.readouterr().err
    assert cli.main([*words, "--alike"]) == 0
    assert "Copy is enrolled." in capsys.readouterr().out
