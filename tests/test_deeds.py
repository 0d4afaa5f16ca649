"""Deeds by all that an analysis holds: what is told how surely, what speaks against it, what the head reads."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from make_analysis import make_analysis
from make_asked import read_question
from test_facts import track_at
from test_posture import FACE, footage, pose

from pvchat.chat.clip_timeline import PROBABLY, facts_as_rows
from pvchat.chat.query import Has
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Entity, Row, Timeline, says
from pvchat.perception import deeds
from pvchat.perception.deeds import (
    HANDS,
    TOLD,
    UNTOLD,
    HandSigns,
    _attention,
    _company,
    _hands,
    likeliest,
    share_pose,
    tell_actions,
    tell_deed,
)
from pvchat.schemas import Ground, PersonFacts
from recipes.deeds import train


def told(monkeypatch, shares, **facts):
    track = track_at(FACE)
    track.facts = PersonFacts(**facts)
    monkeypatch.setattr(deeds, "deed_shares", lambda *_: dict(shares))
    tell_deed(track, footage(track))
    return track.facts.deed


def test_what_is_likely_is_told_with_probably(monkeypatch):
    assert told(monkeypatch, {"drinking": 0.9}) == "drinking"
    assert told(monkeypatch, {"drinking": 0.5}) == "probably drinking"
    assert told(monkeypatch, {"drinking": 0.2}) is None
    assert told(monkeypatch, {"nothing": 0.9}) is None
    assert told(monkeypatch, {"fighting": 0.9}) is None  # known, so that it isn't taken for a hug


def test_two_that_are_hard_to_tell_apart_are_told_together(monkeypatch):
    assert likeliest({"eating": 0.3, "drinking": 0.3}) == ("eating or drinking", pytest.approx(0.6))
    assert likeliest({"eating": 0.5, "drinking": 0.3}) == ("eating", 0.5)
    assert likeliest({"eating": 0.1, "drinking": 0.1}) is None
    (row,) = facts_as_rows("Ana", PersonFacts(deed="probably eating or drinking"))
    assert (row.attribute, row.value, row.probability) == ("deed", "eating or drinking", PROBABLY)


def test_who_talks_on_the_phone_uses_it():
    calls, texts, types = (Row("Ana", "deed", deed) for deed in ("talking on the phone", "using a phone", "typing"))
    assert says(Has("deed", "using a phone"), calls, True) == "yes"
    assert says(Has("deed", "talking on the phone"), texts, True) == "unknown"  # she may write
    assert says(Has("deed", "working at a computer"), types, True) == "yes"
    assert says(Has("deed", "drinking"), calls, True) == "unknown"


def answered(question: str, deed: str) -> str:
    timeline = Timeline(
        0.0, 10.0, (Entity("Ana"),),
        tuple(replace(row, start_s=0.0, end_s=10.0)
              for row in (Row("Ana", "present"), *facts_as_rows("Ana", PersonFacts(deed=deed)))), measured=True,
    )  # fmt: skip
    return say(run(read_question(question, ("Ana",), (), timeline).query, timeline), timeline)


@pytest.mark.parametrize(
    ("deed", "question", "answer"),
    [
        ("probably posing for a photo", "Is anybody posing for a photo?", "Probably yes: Ana is posing for a photo."),
        ("posing for a photo", "Is Ana posing?", "Yes, Ana is posing for a photo."),
        ("working at a computer", "Who is working at a computer?", "Ana is working at a computer."),
        ("working at a computer", "Is Ana using a laptop?", "Yes, Ana is working at a computer."),
        ("playing music", "Who is playing music?", "Ana is playing music."),
        ("talking on the phone", "Is Ana on the phone?", "Yes, Ana is using a phone."),
        ("holding a gun", "Is Ana holding a gun?", "Yes, Ana is holding a gun."),
        ("probably holding a gun", "What is Ana holding?", "Ana is probably holding a gun."),
        ("probably holding a gun", "What is Ana doing?", "Ana probably holds a gun."),
        ("eating or drinking", "What is Ana doing?", "Ana probably eats or drinks."),
        ("eating or drinking", "Who is eating or drinking?", "Ana is probably eating or drinking."),
        ("eating", "Who is eating or drinking?", "Ana is eating."),
    ],
)
def test_deeds_are_asked_for_by_name(deed: str, question: str, answer: str) -> None:
    assert answered(question, deed) == answer


def test_of_two_that_are_told_together_neither_is_told_alone() -> None:
    told = answered("Is Ana eating?", "probably eating or drinking")
    assert told.endswith("I can't tell whether Ana is eating. Ana probably eats or drinks.")


@pytest.mark.parametrize("gesture", ["talking", "gesturing with a hand", "looking up", "looking to the left"])
def test_who_talks_or_looks_aside_poses_for_nobody(monkeypatch, gesture):
    posing = {"posing for a photo": 0.9}
    assert told(monkeypatch, posing, gestures=["smiling", "facing the camera"]) == "posing for a photo"
    assert told(monkeypatch, posing, gestures=[gesture]) is None
    assert told(monkeypatch, posing, movement="walking or running") is None


@pytest.mark.parametrize(("posing", "said"), [(3, "probably posing for a photo"), (2, None)])
def test_where_half_of_a_group_poses_all_do_but_who_talks(posing, said):
    tracks = [track_at(FACE + np.float32(0.1 * k)) for k in range(posing + 2)]
    for track in tracks[:posing]:
        track.facts.deed = "probably posing for a photo"
    tracks[-2].facts.gestures, tracks[-1].facts.gestures = ["looking to the right"], ["talking"]
    share_pose(replace(footage(tracks[0]), tracks=tracks))
    assert [track.facts.deed for track in tracks[posing:]] == [said, None]
    assert bool(said) == ("deed" in tracks[-2].facts.grounds)


@pytest.mark.parametrize(("gesture", "said"), [("looking ahead", None), ("looking down", "using a phone")])
def test_what_is_in_a_hand_and_not_looked_at_is_no_phone(monkeypatch, gesture, said):
    assert told(monkeypatch, {"using a phone": 0.9}, gestures=[gesture]) == said
    assert told(monkeypatch, {"talking on the phone": 0.9}, gestures=[gesture]) == "talking on the phone"


def test_a_phone_counts_for_more_where_it_is_looked_down_at():
    things = np.zeros((10, 3), np.float32)
    things[0] = 3.0
    hands = HandSigns(*[0.5] * HANDS)
    level, bent = (_attention(hands, np.float32([1, 0, 0, pitch, 0, 0, 0, 0]), things) for pitch in (0.5, 0.8))
    assert level[:6] == [0] * 6
    assert bent[0] == 1
    assert bent[4] == 3
    assert level[6] == bent[6] == 1.5  # at the ear, wherever she looks
    assert _attention(hands, np.float32([0, 0, 0, 0.8, 0, 0, 0, 0]), things)[:6] == [0] * 6  # no face is seen


def test_deeds_are_told_whenever_an_analysis_is_looked_at():
    track = track_at(FACE)
    track.facts.deed = "told by an earlier head"
    tell_actions(footage(track))
    assert track.facts.deed != "told by an earlier head"
    analysis = make_analysis(track_at(FACE))
    analysis.tracks[0].facts.deed = "smoking"
    tell_actions(replace(analysis, stage="who"))
    assert analysis.tracks[0].facts.deed == "smoking"  # nothing was measured: nothing is told anew


def test_the_head_tells_shares_of_photographed_people():
    track = track_at(FACE)
    analysis = footage(track)
    shares = deeds.deed_shares(track, analysis)
    assert set(shares) == {*TOLD, *UNTOLD}
    logits = deeds.deed_logits(track, analysis)
    assert logits.shape == (len(deeds.KINDS),)
    assert max(shares, key=shares.get) == deeds.KINDS[int(logits.argmax())]
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
    analysis.scene.drawn = True
    assert deeds.deed_shares(track, analysis) == {}
    assert deeds.deed_logits(track, analysis) is None


def test_a_hand_at_the_mouth_and_others_near_are_seen():
    track, other = track_at(FACE), track_at(FACE + np.float32([0.1, 0, 0.1, 0]))
    track.pose = np.stack([pose(j15=(0.5, 0.19), j19=(0.5, 0.19), j9=(0.49, 0.2), j10=(0.51, 0.2))] * len(track))
    seen = np.arange(len(track))
    assert HandSigns(*_hands(track, seen, 1.8)).at_mouth > 0.8
    assert not _company(track, footage(track), 1.8).any()
    near = _company(track, replace(footage(track), tracks=[track, other]), 1.8)
    assert near[0] == 1
    assert 0.1 < near[1] < near[3]


def test_the_recipe_learns_what_is_stated():
    random, people, width = np.random.default_rng(0), [], sum(count for count, _ in train.DECAY)
    for k in range(40):
        seen = random.normal(0, 1, width).astype(np.float32)
        seen[0] = 4.0 if k % 4 == 0 else -4.0
        people.append(train.Seen(("drinking",) if k % 4 == 0 else (), "film", str(k), seen))
    things = random.normal(0, 0.01, (1000, train.BODY)).astype(np.float32)
    head = train.learn(people, things)
    assert head["weight"].shape == (len(train.KINDS), width)
    shares = train.softmax(np.stack([one.described for one in people]) @ head["weight"].T + head["bias"])
    assert any(train.held_back(one) for one in people)
    drinking = shares[:, train.KINDS.index("drinking")]
    assert drinking[::4].min() > drinking[1::4].max()


def test_labels_name_deeds_and_places_in_frames():
    stated = json.loads(train.STATED.read_text(encoding="utf-8"))
    assert set(stated) == set(train.KINDS)
    for clips in json.loads(train.FILE.read_text(encoding="utf-8")).values():
        for read in clips.values():
            for names, frame, x, y in read["people"]:
                assert set(names) <= set(train.KINDS)
                assert 0 <= frame < max(len(read["frames"]), 1)
                assert 0 <= x <= 1
                assert -0.1 <= y <= 1.1


def test_a_deed_told_of_a_kept_analysis_is_shown_where_it_is_seen(monkeypatch):
    track = track_at(FACE)
    track.facts.grounds["deed"] = Ground(9.0, (0.0, 0.0, 1.0, 1.0), 0.99)  # of what an earlier head told
    monkeypatch.setattr(deeds, "deed_shares", lambda *_: {"drinking": 0.5})
    tell_actions(footage(track))
    assert track.facts.grounds["deed"].score == 0.5
    monkeypatch.setattr(deeds, "deed_shares", lambda *_: {})
    tell_actions(footage(track))
    assert "deed" not in track.facts.grounds
