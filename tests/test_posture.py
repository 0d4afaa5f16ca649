"""Postures by the joints that are seen and by looks, and when they are told."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from test_facts import track_at
from test_sleeves import JOINTS

from pvchat.perception import posture
from pvchat.perception.posture import NAMES, geometry, tell_posture
from recipes.posture.train import APART, PosedPerson, cut_off, judge, posture_of, told_by_others

FACE = np.float32([0.45, 0.1, 0.55, 0.24])


def pose(**moved):
    joints = np.zeros((33, 4), np.float32)
    for joint, place in (JOINTS | {int(k[1:]): v for k, v in moved.items()}).items():
        joints[joint] = (*place, 0, 0.99)
    return joints


def test_a_mirrored_pose_shows_the_same():
    joints = pose(j25=(0.65, 0.7), j27=(0.6, 0.9), j28=(0.4, 0.95))
    mirrored = joints.copy()
    mirrored[:, 0] = 1 - mirrored[:, 0]
    for left in range(11, 32, 2):
        mirrored[[left, left + 1]] = mirrored[[left + 1, left]]
    flipped = FACE[[2, 1, 0, 3]] * [-1, 1, -1, 1] + [1, 0, 1, 0]
    ours, theirs = geometry(joints, FACE, 1.8), geometry(mirrored, np.float32(flipped), 1.8)
    places = slice(4, 40)
    assert np.abs(ours[places].reshape(12, 3)[:, 1:]).sum() == pytest.approx(
        np.abs(theirs[places].reshape(12, 3)[:, 1:]).sum(), abs=1e-4
    )
    assert ours[40:] == pytest.approx(theirs[40:], abs=1e-4)


def test_without_a_pose_the_face_alone_is_told():
    shown = geometry(np.full((33, 4), np.nan, np.float32), FACE, 1.8)
    assert shown[0] == 1
    assert not shown[4:].any()
    assert len(shown) == len(geometry(pose(), FACE, 1.8)) == 56


def clip(track, monkeypatch, **likely):
    """A track whose postures are this likely, told."""
    shares = dict.fromkeys(NAMES, 0.0) | {name.replace("_", " "): p for name, p in likely.items()}
    monkeypatch.setattr(posture, "postures", lambda *_: shares)
    tell_posture(track, SimpleNamespace(bodies=[]))
    return track.facts


def test_who_strides_does_not_stand_and_who_fell_is_not_told_again(monkeypatch):
    track = track_at(FACE)
    track.facts.pose = "standing"
    assert clip(track, monkeypatch, walking=0.3, running=0.3, standing=0.4).pose is None
    assert clip(track_at(FACE), monkeypatch, sitting=0.65, standing=0.35).pose is None
    assert clip(track_at(FACE), monkeypatch, sitting=0.75, standing=0.25).pose == "probably sitting"
    told = clip(track_at(FACE), monkeypatch, sitting=0.85, standing=0.15)
    assert (told.pose, told.confidence["pose"]) == ("sitting", 0.85)
    assert clip(track_at(FACE), monkeypatch, standing=0.45, walking=0.4, sitting=0.15).pose == "standing"
    fallen = track_at(FACE)
    fallen.facts.movement = "falling or lying down"
    assert clip(fallen, monkeypatch, standing=0.9).pose is None


def test_who_surely_strides_walks_or_runs_the_way_she_moves(monkeypatch):
    for moves, told in (
        (None, "walking or running"),
        ("standing still", "walking or running"),
        ("moving to the left", "walking or running to the left"),
        ("walking to the left", "walking to the left"),
    ):
        track = track_at(FACE)
        track.facts.movement = moves
        facts = clip(track, monkeypatch, walking=0.4, running=0.25, standing=0.35)
        assert (facts.pose, facts.movement, facts.confidence["movement"]) == (None, told, 0.65)
    assert clip(track_at(FACE), monkeypatch, walking=0.3, running=0.25, standing=0.45).movement is None


def test_who_stands_with_hips_in_the_picture_is_told_sooner(monkeypatch):
    assert clip(track_at(FACE), monkeypatch, standing=0.75, sitting=0.25).pose is None
    whole = track_at(FACE)
    whole.pose = np.stack([pose()] * len(whole))
    assert clip(whole, monkeypatch, standing=0.75, sitting=0.25).pose == "standing"
    below = track_at(FACE)
    below.pose = np.stack([pose(j23=(0.55, 1.1), j24=(0.45, 1.1))] * len(below))
    assert clip(below, monkeypatch, standing=0.75, sitting=0.25).pose is None


def test_who_sits_by_guessed_knees_must_be_likely_to_sit_and_by_seen_ones_not_unlikely(monkeypatch):
    """Whatever else the joints show is not overruled."""
    for joints, sure, likely, told in (
        ("sitting", 0.5, {"sitting": 0.5, "standing": 0.5}, "sitting"),
        ("sitting", 0.5, {"sitting": 0.35, "standing": 0.65}, None),
        ("sitting", 0.5, {"sitting": 0.1, "standing": 0.9}, "standing"),
        ("sitting", 0.9, {"sitting": 0.35, "standing": 0.65}, "sitting"),
        ("sitting", 0.9, {"sitting": 0.25, "standing": 0.75}, None),
        ("sitting", 0.9, {"sitting": 0.1, "standing": 0.9}, "standing"),
        ("standing", 0.9, {"sitting": 0.7, "standing": 0.3}, "standing"),
        ("lying down", 0.7, {"sitting": 0.05, "standing": 0.95}, "lying down"),
    ):
        track = track_at(FACE)
        track.facts.pose, track.facts.confidence["pose"] = joints, sure
        assert clip(track, monkeypatch, **likely).pose == told


def test_nothing_is_told_of_whom_no_face_is_seen():
    track = track_at(FACE)
    analysis = SimpleNamespace(
        frame_features=np.zeros((2, 49, 1280)), times=np.arange(6), width=320, height=180, tracks=[track]
    )
    assert sum(posture.postures(track, analysis).values()) == pytest.approx(1, abs=1e-4)
    track.kind = "figure"
    assert posture.postures(track, analysis) is None


def test_the_recipe_learns_what_tells_sitting_from_standing():
    """Of each set by the others alone."""
    random, people = np.random.default_rng(0), []
    for k in range(60):
        sits = bool(k % 2)
        knees = {"j25": (0.6, 0.64), "j26": (0.4, 0.64)} if sits else {}
        shown = geometry(pose(**knees) + random.normal(0, 0.004, (33, 4)).astype(np.float32), FACE, 1.8)
        frame = random.normal(0, 1, 1280).astype(np.float32)
        people.append(PosedPerson("sitting" if sits else "standing", APART[k % 3][0], shown, frame))
    card = judge(people, told_by_others(people))
    assert card["people"] == 60
    assert card["sitting or not"] >= 0.9


def test_who_is_cut_off_ends_below_the_chest():
    """A face of 20 rows in a picture of 200: at least 1.2 and at most 4 of them are left below the chin."""
    box = SimpleNamespace(faces=lambda image, least: (np.float32([[0.4, 0.1, 0.6, 0.2]]), None, np.ones(1)))
    image = np.arange(200, dtype=np.uint8)[:, None, None].repeat(120, 1).repeat(3, 2)
    lowest = [int(cut_off(image, box, np.random.default_rng(seed)).max()) for seed in range(8)]
    assert 40 + 24 - 1 <= min(lowest) < max(lowest) <= 40 + 80
    low = SimpleNamespace(faces=lambda image, least: (np.float32([[0.4, 0.8, 0.6, 0.9]]), None, np.ones(1)))
    assert cut_off(image, low, np.random.default_rng(0)) is None


def test_captions_name_a_posture_where_most_of_them_agree():
    assert posture_of(["A man sits on a bench .", "A man sitting in a park", "a person reads"]) == "sitting"
    assert posture_of(["A man sits", "A man stands"]) is None
    assert posture_of(["Two men sitting", "A group of people sitting on a wall", "A man sits"]) is None
