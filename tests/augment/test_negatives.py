"""Negatives: never the subject, half of them hard, cut so that the subject isn't in the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_analysis import identity_of, make_analysis, make_track
from make_crowd import Crowd, off, staged, track_of

from pvchat import video
from pvchat.augment.negatives import search as negatives
from pvchat.augment.negatives import strangers
from pvchat.augment.negatives.strangers import Negative, SubjectClip, crop_without_subject, excerpt_times, seen_together
from pvchat.augment.schemas import AugmentConfig
from pvchat.config import home
from pvchat.identity.enroll import enroll
from pvchat.perception.experts.figures import FigureExpert


@pytest.fixture
def crowd(tmp_path, monkeypatch) -> Crowd:
    return staged(tmp_path / "clips", monkeypatch)


def populate(made: Crowd) -> dict[str, list[str]]:
    """The subject's other clips, one of them a side view, look-alikes and strangers; their keys by kind."""
    other = off(made.enrolled, 0.45, 7)
    side = off(other, 0.35, 8)
    side = np.float32(side + 0.9 * (side - made.enrolled) * max(0.0, 0.72 / np.linalg.norm(side - made.enrolled) - 1))
    groups = {
        "own": [track_of(off(made.enrolled, 0.2 + 0.04 * i, 20 + i), 20 + i) for i in range(5)] + [track_of(other, 7)],
        "side": [track_of(side, 8)],
        "lookalike": [track_of(off(made.enrolled, 0.73, 40 + i), 40 + i) for i in range(8)],
        "stranger": [track_of(identity_of(100 + i), 100 + i) for i in range(24)],
    }
    keys: dict[str, list[str]] = {}
    for group, tracks in groups.items():
        for i, track in enumerate(tracks):
            path = made.clip(f"{group}-{i}", track)
            keys.setdefault(group, []).append(video.content_key(path))
    return keys


def test_the_subject_is_never_their_own_negative(crowd, monkeypatch):
    subject, keys = crowd.subject(), populate(crowd)
    config = AugmentConfig(negatives=24, others=(crowd.folder,))
    found, dropped = negatives.find_negatives(subject, crowd.chat, config)
    chosen = {c.key for c in found}
    assert not chosen & {*keys["own"], subject.analysis.key}
    assert {c.key for c in found if c.recipe == "lookalike"} >= set(keys["lookalike"])
    assert dropped["may be the subject"] >= 6
    # and it is the threshold that keeps them out: without it they come first
    monkeypatch.setattr(strangers, "MAX_PROBABILITY", 1.0)
    monkeypatch.setattr(strangers, "MIN_DISTANCE", 0.0)
    careless, _ = negatives.find_negatives(subject, crowd.chat, config)
    assert {c.key for c in careless[:6]} == set(keys["own"])
    assert keys["side"][0] in {c.key for c in careless}


def test_half_are_hard_and_the_nearest_come_first(crowd):
    subject, _ = crowd.subject(), populate(crowd)
    found, _ = negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=12, others=(crowd.folder,)))
    assert len(found) == 12
    recipes = [c.recipe for c in found]
    assert recipes == ["lookalike"] * 6 + ["random"] * 6
    hard, rest = ([c.distance for c in found if (c.recipe == "lookalike") == h] for h in (True, False))
    assert max(hard) < min(np.median(rest), 0.8)
    assert all(c.distance >= 0.5 for c in found)
    assert len({(c.key, c.start_s) for c in found}) == 12


def test_the_seed_decides_on_the_random_ones_alone(crowd):
    subject, _ = crowd.subject(), populate(crowd)
    one, same, other = (
        negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=12, others=(crowd.folder,)), s)[0]
        for s in (1, 1, 2)
    )
    assert one == same
    assert one[:6] == other[:6]
    assert {c.key for c in one[6:]} != {c.key for c in other[6:]}


def test_where_few_are_hard_random_ones_fill_up_and_the_other_way_round():
    def some(recipe, count):
        return [Negative(recipe, f"{recipe}{i}", None, 0, 0.0, 1.0, None, 0.7) for i in range(count)]

    for hard, rest, expected in ((99, 99, 5), (2, 99, 2), (99, 3, 7), (2, 3, 2), (0, 0, 0)):
        chosen = negatives.balance(some("lookalike", hard), some("random", rest), 10)
        assert sum(c.recipe == "lookalike" for c in chosen) == expected
        assert len(chosen) == min(10, hard + rest)
    twice = some("lookalike", 4)
    again = [replace(c, recipe="random") for c in twice]
    assert len(negatives.balance(twice, again, 10)) == 4  # the same excerpt isn't both


def test_figures_have_look_alikes_too(crowd):
    def figure(middle, seed, **fields):
        track = track_of(middle, seed, noise=0.05, kind="figure", **fields)
        track.identity /= np.linalg.norm(track.identity, axis=1, keepdims=True)
        return track

    unit = crowd.enrolled / np.linalg.norm(crowd.enrolled)
    crowd.enrolled = unit
    clip = crowd.clip("enrollment", figure(unit, 1))
    analysis = crowd.chat.known[str(clip)]
    analysis.scene.drawn = True
    own = crowd.clip("own", figure(off(unit, 0.3, 3), 3))
    usual = FigureExpert()._w["frame.mean"]

    def look(seed):
        return np.tile(np.float16(usual + np.random.default_rng(seed).standard_normal(1280)), (2, 49, 1))

    analysis.frame_features = crowd.chat.known[str(own)].frame_features = look(99)
    subject = SubjectClip("Ana", enroll(analysis, "Ana"), analysis, 0, clip)
    others = [crowd.clip(f"other-{i}", figure(off(unit, 1.38, 30 + i), 30 + i)) for i in range(6)]
    for i, path in enumerate(others):  # other scenes, too
        crowd.chat.known[str(path)].frame_features = look(i)
    found, dropped = negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=6, others=(crowd.folder,)))
    assert {c.clip for c in found} <= set(others)
    assert {c.recipe for c in found} == {"lookalike", "random"}
    assert dropped == {"may be the subject": 1}


# -- people of the same clip -------------------------------------------------------------------------------------------

LEFT, RIGHT = (0.1, 0.2, 0.3, 0.5), (0.6, 0.2, 0.8, 0.5)


def test_people_of_the_same_clip_are_cut_out_without_the_subject(crowd):
    other = track_of(
        off(crowd.enrolled, 0.6, 5), 5, box=RIGHT
    )  # so alike that only being seen together tells them apart
    subject = crowd.subject(other, box=LEFT)
    found, _ = negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=8))
    assert [c.recipe for c in found] == ["same-clip"]
    candidate = found[0]
    assert candidate.clip == subject.clip
    assert candidate.track == 1
    x0, y0, x1, y1 = candidate.box
    assert x0 >= LEFT[2]
    assert (x0, y0, x1, y1) == pytest.approx((0.4, 0.0, 1.0, 1.0), abs=0.03)


def test_whoever_is_never_seen_beside_the_subject_may_be_the_subject(crowd):
    other = track_of(off(crowd.enrolled, 0.6, 5), 5, frames=range(4, 8), box=RIGHT)
    subject = crowd.subject(other, box=LEFT, frames=range(4))
    found, dropped = negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=8))
    assert found == []
    assert dropped == {"in the subject's clip: may be the subject": 1}


def test_a_face_found_twice_is_not_two_people():
    one = make_track(1, box=LEFT)
    assert not seen_together(one, make_track(1, box=(0.12, 0.2, 0.32, 0.5)))
    assert seen_together(one, make_track(2, box=RIGHT))
    assert not seen_together(one, make_track(2, frames=(0, 1), box=RIGHT))


@pytest.mark.parametrize(
    ("box", "own"),
    [
        ((0.15, 0.6, 0.25, 0.75), True),  # a print on the shirt
        ((0.28, 0.8, 0.38, 0.95), True),  # a fold of a sleeve
        (RIGHT, False),
        ((0.38, 0.05, 0.5, 0.2), False),  # behind her, higher up
        ((0.6, 0.7, 0.7, 0.9), False),
    ],
)
def test_a_face_on_the_subjects_own_body_is_nobody_else(crowd, box, own):
    other = track_of(identity_of(100), 100, box=box)
    subject = crowd.subject(other, box=LEFT)
    found, dropped = negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=8))
    assert dropped.get("in the subject's clip: on the subject's own body", 0) == own
    assert ("same-clip" in {c.recipe for c in found}) is not own


@pytest.mark.parametrize(
    ("subject", "side"),
    [(RIGHT, "left"), ((0.0, 0.2, 0.1, 0.5), "right"), ((0.35, 0.75, 0.55, 0.99), "up"), ((0.35, 0.2, 0.5, 0.6), None)],
)
def test_crops_keep_the_face_and_leave_the_subject_out(subject, side):
    who, me = make_track(2, box=(0.35, 0.25, 0.5, 0.5)), make_track(1, box=subject)
    box = crop_without_subject(make_analysis(who, me), who, me, 0.0, 2.0)
    if side is None:
        assert box is None
        return
    x0, y0, x1, y1 = box
    assert x0 <= 0.35
    assert y0 <= 0.25
    assert x1 >= 0.5
    assert y1 >= 0.5
    outside = x1 <= subject[0] or x0 >= subject[2] or y1 <= subject[1] or y0 >= subject[3]
    assert outside


# -- where nothing can be shown ----------------------------------------------------------------------------------------


def test_few_files_are_looked_at_and_nothing_is_left(crowd, monkeypatch):
    subject, keys = crowd.subject(), populate(crowd)
    bad = crowd.folder / "bad.mp4"
    bad.write_bytes(b"?")
    found, dropped = negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=12, others=(crowd.folder,)))
    assert {c.key for c in found} <= {*keys["lookalike"], *keys["side"], *keys["stranger"]}
    assert dropped["can't be read"] == 1
    assert not [p for p in (home() / "tmp").rglob("*") if p.is_file()]
    crowd.chat.looked_at.clear()
    monkeypatch.setattr(negatives, "MOST_FILES", 5)
    negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=12, others=(crowd.folder,)))
    assert len(crowd.chat.looked_at) == 5


def test_the_demos_footage_serves_where_nothing_is_named(crowd, monkeypatch):
    subject, keys = crowd.subject(), populate(crowd)
    clips = sorted(str(path) for path in crowd.folder.glob("*-[01].mp4"))
    monkeypatch.setattr("pvchat.augment.negatives.search.footage_clips", lambda: clips)
    found, _ = negatives.find_negatives(subject, crowd.chat, AugmentConfig(negatives=4))
    assert {c.recipe for c in found} == {"lookalike", "random"}
    assert not {c.key for c in found} & set(keys["own"])
    named, _ = negatives.find_negatives(
        subject, crowd.chat, AugmentConfig(negatives=4, others=(crowd.folder / "none",))
    )
    assert named == []


def test_windows_are_inside_their_spans_and_do_not_overlap():
    cut = excerpt_times([(0.0, 0.7), (2.0, 9.5)], 2.0)
    assert cut[0] == pytest.approx((4.6, 6.6), abs=0.7)  # about the middle of the longest
    assert len(cut) == 4
    assert all(end - start <= 2.01 for start, end in cut)
    ordered = sorted(cut)
    assert all(a[1] <= b[0] + 0.01 for a, b in zip(ordered, ordered[1:], strict=False))
    assert ordered[0] == (0.0, 0.7)
    assert excerpt_times([], 2.0) == []
