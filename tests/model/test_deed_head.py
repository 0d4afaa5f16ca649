"""Deeds by the queries and by the head over measurements: a product of both, on copies, for questions that ask."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from make_asked import read_question
from safetensors.numpy import save_file
from test_facts import track_at
from test_posture import FACE, footage

from pvchat.chat.question import asks_of_deeds
from pvchat.errors import WeightsError
from pvchat.model import describer as looking
from pvchat.model.deeds import FILE, DeedHead
from pvchat.model.describer import Describer
from pvchat.perception.deeds import KINDS
from pvchat.schemas import FloatArray

DRINKS = KINDS.index("drinking")


def logits(**said: float) -> FloatArray:
    """Log-odds of these probabilities; all other deeds are alike."""
    rest = (1 - sum(said.values())) / (len(KINDS) - len(said))
    return np.log([said.get(name, rest) for name in KINDS]).astype(np.float32)


def head(measured_weight: float = 1.0) -> DeedHead:
    weight = np.zeros((len(KINDS), 2), np.float32)
    weight[DRINKS, 0] = 1.0
    return DeedHead(weight, np.zeros(len(KINDS), np.float32), measured_weight)


def test_where_the_queries_say_nothing_the_other_head_decides() -> None:
    before = logits(drinking=0.3, nothing=0.5)
    shares = dict(zip(KINDS, np.exp(before).tolist(), strict=True))
    assert head().probabilities(before - 3, np.zeros(2, np.float32)) == pytest.approx(shares, abs=1e-5)


def test_what_the_queries_read_moves_the_odds() -> None:
    after = head().probabilities(logits(drinking=0.3), np.array([2.0, 0.0], np.float32))
    odds = [np.log(share / (1 - share)) for share in (0.3, after["drinking"])]
    assert odds[1] - odds[0] == pytest.approx(2.0, abs=1e-4)
    assert sum(after.values()) == pytest.approx(1.0, abs=1e-5)


def test_a_head_for_other_deeds_is_refused(tmp_path) -> None:
    assert DeedHead.read(tmp_path) is None
    arrays = {"weight": np.zeros((3, 2)), "bias": np.zeros(3), "other": np.ones(1)}
    save_file({name: one.astype(np.float16) for name, one in arrays.items()}, tmp_path / FILE)
    with pytest.raises(WeightsError, match="other deeds"):
        DeedHead.read(tmp_path)


def test_deeds_are_decided_on_a_copy_of_the_analysis(monkeypatch) -> None:
    track = track_at(FACE)
    clip = footage(track)
    clip.stage = "what"
    describer = Describer(
        SimpleNamespace(config=SimpleNamespace(max_tracks=8)), lambda texts: np.zeros((len(texts), 2))
    )
    describer.__dict__["deeds"] = head()
    monkeypatch.setattr(looking, "deed_logits", lambda *_: logits(drinking=0.3, nothing=0.4))
    monkeypatch.setattr(describer, "mean_query", lambda *_: np.array([3.0, 0.0], np.float32))
    told = describer.with_deeds(clip)
    assert told.tracks[0].facts.deed == "drinking"
    assert "deed" in told.tracks[0].facts.grounds
    assert track.facts.deed is None


def test_where_half_of_a_group_poses_by_its_word_all_do(monkeypatch) -> None:
    tracks = [track_at(FACE + np.float32(0.1 * k)) for k in range(4)]
    clip = replace(footage(tracks[0]), tracks=tracks, stage="what")
    describer = Describer(SimpleNamespace(config=SimpleNamespace(max_tracks=8)), lambda texts: np.zeros((1, 2)))
    describer.__dict__["deeds"] = head()
    pose, nothing = logits(**{"posing for a photo": 0.6}), logits(nothing=0.6)
    monkeypatch.setattr(looking, "deed_logits", lambda track, _: nothing if track is tracks[3] else pose)
    monkeypatch.setattr(describer, "mean_query", lambda *_: np.zeros(2, np.float32))
    said = [track.facts.deed for track in describer.with_deeds(clip).tracks]
    assert said == ["probably posing for a photo"] * 4
    assert [track.facts.deed for track in tracks] == [None] * 4


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("What is Ana doing?", True), ("Is anybody drinking?", True), ("Who is on the phone?", True),
        ("What is Ana holding?", True), ("Describe Ana.", True), ("Is Ana in this video?", False),
        ("What is Ana wearing?", False), ("How many people are there?", False), ("Where is Ana?", False),
    ],
)  # fmt: skip
def test_the_model_looks_at_people_only_for_questions_of_deeds(question: str, asks: bool) -> None:
    assert asks_of_deeds(read_question(question, ["Ana"]).query) is asks
