"""Postures by the joints that are seen and by looks, and when they are told."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from make_analysis import make_analysis
from test_facts import track_at
from test_sleeves import JOINTS

from pvchat.perception import bodyfeatures, posture
from pvchat.perception.bodyfeatures import PLACEMENT, body_description, geometry, surroundings
from pvchat.perception.deeds import tell_actions
from pvchat.perception.posture import TOLD, tell_posture
from pvchat.schemas import Thing
from recipes.posture import by_eye
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
    shares = dict.fromkeys(TOLD, 0.0) | {name.replace("_", " "): p for name, p in likely.items()}
    monkeypatch.setattr(posture, "postures", lambda *_: shares)
    tell_posture(track, footage(track))
    return track.facts


def footage(track, **others):
    return make_analysis(track) if not others else replace(make_analysis(track), **others)


def test_a_posture_is_told_when_it_is_likely_and_probably_below_that(monkeypatch):
    assert clip(track_at(FACE), monkeypatch, sitting=0.55, standing=0.45).pose is None
    assert clip(track_at(FACE), monkeypatch, sitting=0.55, standing=0.2).pose == "probably sitting"
    assert clip(track_at(FACE), monkeypatch, sitting=0.45, standing=0.1).pose is None
    assert clip(track_at(FACE), monkeypatch, sitting=0.65, standing=0.35).pose == "probably sitting"
    told = clip(track_at(FACE), monkeypatch, sitting=0.85, standing=0.15)
    assert (told.pose, told.confidence["pose"]) == ("sitting", 0.85)
    assert clip(track_at(FACE), monkeypatch, bending=0.9).pose is None


def test_a_drawn_figure_probably_stands_if_more_than_its_face_is_seen(monkeypatch):
    for face, likely, said in (
        (FACE, "standing", "probably standing"),
        (FACE * 3, "standing", None),
        (FACE * 3, "lying down", "probably lying down"),
    ):
        monkeypatch.setattr(posture, "postures", lambda *_, likely=likely: {likely: 0.9})
        track = track_at(np.float32(face))
        analysis = footage(track)
        analysis.scene.drawn = True
        tell_posture(track, analysis)
        assert track.facts.pose == said


def test_somebody_seen_without_the_chest_stands_less_surely_but_sits_or_lies_as_anybody(monkeypatch):
    close = np.float32([0.3, 0.2, 0.7, 0.7])  # 0.6 face heights are seen below the chin
    for face, likely, said in (
        (close, {"standing": 0.9}, "probably standing"),
        (close, {"standing": 0.7}, None),
        (close, {"sitting": 0.9}, "sitting"),
        (FACE, {"standing": 0.9}, "standing"),
    ):
        assert clip(track_at(face), monkeypatch, **likely).pose == said


def test_each_of_a_clips_people_is_described_once(monkeypatch):
    tracks, seen = [track_at(FACE + np.float32(0.1 * k)) for k in range(3)], []
    described = lambda track, analysis: seen.append(id(track)) or body_description(track, analysis)  # noqa: E731
    monkeypatch.setattr(bodyfeatures, "body_description", described)
    tell_actions(replace(footage(tracks[0]), tracks=tracks))
    assert sorted(seen) == sorted(map(id, tracks))


def test_what_was_told_before_is_told_anew(monkeypatch):
    track = track_at(FACE)
    track.facts.pose, track.facts.movement = "standing", "walking or running"
    track.facts.confidence |= {"pose": 0.9, "movement": 0.9}
    facts = clip(track, monkeypatch, standing=0.5, sitting=0.5)
    assert (facts.pose, facts.movement, facts.confidence) == (None, None, {})


def test_nobody_has_a_seat_who_is_no_longer_told_to_sit(monkeypatch):
    hardly = {"sitting": 0.55, "standing": 0.45}
    for likely, seat in (({"sitting": 0.65}, "on a sofa"), ({"standing": 0.9}, None), (hardly, None)):
        track = track_at(FACE)
        track.facts.pose, track.facts.seat = "sitting", "on a sofa"
        assert clip(track, monkeypatch, **likely).seat == seat


def test_who_strides_walks_or_runs(monkeypatch):
    facts = clip(track_at(FACE), monkeypatch, striding=0.65, standing=0.35)
    assert (facts.pose, facts.movement, facts.confidence["movement"]) == (None, "walking or running", 0.65)


def test_postures_are_told_of_measured_clips_that_are_no_long_videos(monkeypatch):
    monkeypatch.setattr(posture, "postures", lambda *_: {"sitting": 0.9})
    for others, told in (({}, "sitting"), ({"stage": "who"}, None)):
        track = track_at(FACE)
        tell_actions(footage(track, **{"stage": "what"} | others))
        assert track.facts.pose == told


def test_of_figures_without_a_body_and_of_unseen_frames_nothing_is_likely():
    track = track_at(FACE)
    analysis = footage(track)
    assert sum(posture.postures(track, analysis).values()) == pytest.approx(1, abs=1e-4)
    assert posture.postures(track, replace(analysis, frame_features=analysis.frame_features[:0])) == {}
    track.kind = "figure"
    assert posture.postures(track, analysis) == {}
    analysis.scene.drawn = True
    assert sum(posture.postures(track, analysis).values()) == pytest.approx(1, abs=1e-4)


def test_what_others_of_the_same_frames_seem_to_do_counts():
    track, other, later = track_at(FACE), track_at(FACE + np.float32(0.1)), track_at(FACE)
    later.frames = later.frames + 100
    first = np.zeros((6, 56 + 1280 + 1), np.float32)
    first[1, -1] = 9.0  # says of everybody that she sits
    for tracks, told in (([track], [0] * 7), ([track, later], [0] * 7), ([track, other], [0, 1, 0, 0, 0, 0, 1])):
        shown = posture.posture_features(track, replace(footage(track), tracks=tracks), first)
        assert shown[-posture.OTHERS :] == pytest.approx(told, abs=1e-3)
        assert len(shown) == sum(count for count, _ in by_eye.DECAY)


def test_what_lies_below_a_face_is_weighed():
    """A face high in the middle: of the 7 by 7 cells those below its chin count, wherever the head is not."""
    track = track_at(FACE)
    analysis = footage(track)
    grid = np.zeros((1, 7, 7, 1280), np.float16)
    grid[:, :2], grid[:, 3:] = 1, 2
    around = surroundings(track, replace(analysis, frame_features=grid.reshape(1, 49, 1280)))
    below, strips = around[PLACEMENT : PLACEMENT + 1280], around[PLACEMENT + 1280 :]
    assert 1.2 < below.mean() < 2
    assert not strips.any()  # no body was described
    assert around[:3] == pytest.approx([np.log(0.14), 0.1, 0.24], abs=1e-4)


def test_the_outline_is_read_beside_the_joints():
    track = track_at(FACE)
    track.pose = np.stack([pose()] * len(track))
    analysis = footage(track)
    alone = body_description(track, analysis)
    tall = Thing("person", 0.9, [int(track.frames[0])], [[0.3, 0.05, 0.7, 0.98]], [0.9])
    both = body_description(track, replace(analysis, bodies=[tall]))
    assert alone.shape == both.shape == (56 + 7 + 1 + 1280,)
    assert not alone[56:63].any()
    assert both[56:63][[0, 3]].tolist() == [1, 1]  # there is a body, and the frame cuts it off


def test_the_second_step_starts_from_the_first_heads_word():
    random, people = np.random.default_rng(0), []
    for k in range(60):
        seen = random.normal(0, 1, sum(count for count, _ in by_eye.DECAY)).astype(np.float32)
        seen[1] = 4.0 if k % 2 else -4.0  # sits, says the first head
        people.append(by_eye.Seen("sitting" if k % 2 else "standing", "film", str(k), seen))
    card = by_eye.judge(people, by_eye.told_by_others(people, 0))
    assert card["right"] >= 0.9
    weight = by_eye.learn(people)["weight"]
    assert weight.shape == (5, len(people[0].described))
    assert not weight[:, 6 : 6 + bodyfeatures.JOINTS].any()  # the joints speak by that word alone


def test_labels_name_postures_and_places_in_frames():
    for name, clips in json.loads(by_eye.FILE.read_text(encoding="utf-8")).items():
        for told in clips.values():
            assert name == by_eye.FOOTAGE or told["frames"]
            for word, frame, x, y in told["people"]:
                assert word in TOLD
                assert frame >= 0
                assert 0 <= x <= 1
                assert 0 <= y <= 1.1


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
