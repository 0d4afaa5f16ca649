"""Somebody new in a large library: the clips that are looked at anew are those in which a decision can change."""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pvchat import PVChat, Settings
from pvchat.identity.presence import PresenceModel
from pvchat.identity.shortlist import most_odds
from pvchat.library import recognise, records
from pvchat.people.person import Person
from pvchat.people.store import PeopleStore
from pvchat.schemas import ClipAnalysis, PersonFacts, SceneFacts, Track
from pvchat.storage.clips import ClipCache
from pvchat.storage.library import changing, connect
from pvchat.video import Recorded

PEOPLE, CLIPS = 6, 60


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    return PresenceModel.load()


def vectors(model: PresenceModel, who: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Identity vectors [count, 128] and faceprints [count, 512] of somebody, who is a mixture of two of the cohort."""
    assert model.prints is not None
    drawn, moved = np.random.default_rng(who), np.random.default_rng((who, seed))
    found = []
    for cohort, spread in ((model.cohort, 0.025), (model.prints.cohort, 0.03)):
        a, b = cohort[drawn.choice(len(cohort), 2, replace=False)]
        mixed = cohort.mean(0) + 1.2 * ((a + b) / 2 - cohort.mean(0))
        found.append(np.float32(mixed + spread * moved.standard_normal((count, cohort.shape[1]))))
    identity, prints = found
    return identity, np.float32(prints / np.linalg.norm(prints, axis=1, keepdims=True))


def person(model: PresenceModel, who: int) -> Person:
    identity, prints = vectors(model, who, 5, 10**6)
    arrays = {"prototypes": identity, "prints": prints.astype(np.float16), "body": np.zeros((1, 1280), np.float16)}
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    return Person(f"Person {who}", arrays=arrays, extra={"quality": 0.8}, thumbnail=picture.getvalue())


def clip(model: PresenceModel, number: int) -> ClipAnalysis:
    """Three faces, of enrolled people or strangers, clear or blurred, some masked."""
    random, tracks = np.random.default_rng(number), []
    for place in range(3):
        who, count = int(random.integers(4 * PEOPLE)), int(random.integers(1, 12))
        identity, prints = vectors(model, who, count, number)
        box = np.tile(np.float32([0.3 * place, 0.2, 0.3 * place + 0.2, 0.6]), (count, 1))
        empty = np.zeros((count, 0), np.float32)
        quality = np.float32(random.uniform(0.1, 1.0, count))
        facts = PersonFacts(features=["a face mask"] if random.random() < 0.2 else [])
        tracks.append(
            Track("face", np.arange(count), box, empty, np.ones(count, np.float32), quality, identity, box, empty,
                  empty, prints=prints[:6].astype(np.float16), facts=facts)
        )  # fmt: skip
    key = hashlib.sha256(str(number).encode()).hexdigest()
    frame = random.random((1, 1, 1280)).astype(np.float16)
    return ClipAnalysis(key, 6.0, 640, 360, np.arange(0.25, 6, 0.5, np.float32), frame, tracks, SceneFacts())


@pytest.fixture
def chat(model: PresenceModel, tmp_path: Path) -> PVChat:
    """A library of clips in which everybody but the last person is enrolled and known."""
    home = PeopleStore(tmp_path / "people")
    chat = PVChat(Settings(device="cpu"), people=home, cache=ClipCache(tmp_path / "clips"))
    for who in range(PEOPLE - 1):
        chat.people.add(person(model, who))
    (tmp_path / "videos").mkdir()
    chat.library.add([tmp_path / "videos"])
    tables = connect(chat.people.root)
    with changing(tables):
        for number in range(CLIPS):
            records.keep(tables, clip(model, number), Recorded(datetime(2026, 11, 29), "name"))
    tables.close()
    chat.library.follow()
    return chat


def test_many_faces_at_once_are_as_like_her_as_one_by_one(chat: PVChat, model: PresenceModel) -> None:
    tables, her = connect(chat.people.root), person(model, PEOPLE - 1)
    at_once: dict[int, list[float]] = {}
    for clips, faces in records.faces_of(tables):
        for number, odds in zip(clips.tolist(), most_odds(model, her, faces), strict=True):
            at_once.setdefault(number, []).append(odds)
    alone = {number: model.compared([her], records.analysis_of(tables, number)[0])[0] for number in at_once}
    tables.close()
    assert len(at_once) == CLIPS
    for number, odds in alone.items():
        np.testing.assert_allclose(sorted(at_once[number]), sorted(odds), atol=recognise.ROUNDING / 2)


def decisions(chat: PVChat) -> dict[tuple[int, int], tuple[str, float]]:
    tables = connect(chat.people.root)
    rows = tables.execute("SELECT clip, who, decision, probability FROM appearances WHERE who > 0").fetchall()
    tables.close()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def test_decisions_are_those_of_all_clips_gone_through_anew(
    chat: PVChat, model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognise, "SMALL", 0)
    chat.people.add(person(model, PEOPLE - 1))
    assert 0 < chat.library.follow() < CLIPS
    followed, tables = decisions(chat), connect(chat.people.root)
    with changing(tables):
        tables.execute("UPDATE clips SET stale = 1")
    (new,) = tables.execute("SELECT max(id) FROM people").fetchone()
    tables.close()
    assert chat.library.follow() == CLIPS
    anew = decisions(chat)
    hers = {place: one for place, one in anew.items() if place[1] == new}
    assert {one[0] for one in hers.values()} == {"present", "unsure"}
    assert {place: one for place, one in followed.items() if place[1] == new} == hers
    others = [(followed.get(place, ("absent", 0.0)), anew.get(place, ("absent", 0.0))) for place in followed | anew]
    for before, after in others:  # one more person shifts everybody's odds a little, which isn't followed
        near = min(abs(max(before[1], after[1]) - limit) for limit in (0.4, 0.52))
        assert before[0] == after[0] or near < 0.02
