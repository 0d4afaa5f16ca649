"""Bodies: found and followed, given to the faces they carry, and counted only where a face says little."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from make_analysis import identity_of, make_analysis, make_track
from make_experts import Frames

from pvchat.config import PresenceConfig
from pvchat.identity.calibration import Calibration
from pvchat.identity.competition import compete
from pvchat.identity.presence import PresenceModel
from pvchat.identity.same_place import CLOTHES_ALONE_MAX, body_logits, body_similarity
from pvchat.people.person import Person
from pvchat.perception.analysis import WHOLE, Depth, add_bodies
from pvchat.perception.bodies import body_track, describe
from pvchat.perception.experts.objects import Detection
from pvchat.schemas import LOOKS, ClipAnalysis, Thing, Track
from pvchat.video import Clip

BODY, FACE = (0.3, 0.1, 0.6, 0.9), (0.4, 0.12, 0.5, 0.24)
MEAN = np.zeros(1280, np.float32)
HERE, ELSEWHERE = 0.9, 0.3  # cosine of mean frames


def clothes(seed: int, noise: float = 0.3, tint: float = 40.0) -> np.ndarray:
    """Two sightings [2, LOOKS] of somebody in clothes of her own, which a seed stands for."""
    rng = np.random.default_rng(seed)
    own, seen = rng.normal(size=LOOKS), np.random.default_rng(seed + 100).normal(size=(2, LOOKS))
    rows = own + noise * seen
    rows[:, -9:] = tint
    return rows.astype(np.float16)


def dressed(seed: int) -> Person:
    return Person(f"Person {seed}", arrays={"looks": clothes(seed)})


def track(seed: int, quality: float | None = None) -> Track:
    """A face of this quality in these clothes; without one a body that has no face."""
    made = make_track(1)
    made.looks = clothes(seed, tint=44.0)
    made.kind = "figure" if quality is None else "face"
    made.quality = np.full(len(made), quality or 0.0, np.float32)
    return made


def clip(count: int = 6) -> Clip:
    images = np.random.default_rng(0).integers(0, 255, (count, 90, 120, 3), dtype=np.uint8)
    times = np.arange(count, dtype=np.float32) / 4
    return Clip("a" * 64, count / 4, 120, 90, times, images)


def test_a_body_without_a_face_becomes_a_figure_with_looks() -> None:
    body = Thing("person", 0.0, [0, 2, 4], [list(BODY)] * 3, [0.6, 0.9, 0.8])
    figures = SimpleNamespace(identity=lambda looks: np.ones((len(looks), 128), np.float32))
    made = body_track(clip(), body, Frames(), figures)
    assert made.kind == "figure"
    assert made.looks.shape == (3, LOOKS)
    assert made.looks.dtype == np.float16
    np.testing.assert_allclose(made.body_boxes[0], BODY, atol=1e-6)
    assert made.boxes[0][3] < 0.3  # the head
    np.testing.assert_array_equal(describe(clip(), body, Frames()), made.looks)


def seen_in(*tracks: Track, depth: Depth = WHOLE) -> ClipAnalysis:
    """A clip of six frames in each of which one body stands, with these faces."""
    things = SimpleNamespace(people=lambda image: [Detection("person", np.float32(BODY), 0.9)])
    figures = SimpleNamespace(identity=lambda looks: np.ones((len(looks), 128), np.float32))
    made, shown = make_analysis(*tracks), clip()
    made.times = shown.times
    add_bodies(shown, made, SimpleNamespace(things=things, frames=Frames(), figures=figures), depth)  # type: ignore[arg-type]
    return made


def test_a_face_has_the_frames_and_the_looks_of_its_body() -> None:
    (her,) = seen_in(make_track(1, [1, 2], box=FACE)).tracks
    assert her.frames.tolist() == [1, 2]
    assert her.shown_in.tolist() == [0, 1, 2, 3, 4, 5]
    assert her.looks.shape == (4, LOOKS)
    (her,) = seen_in(make_track(1, [1, 2], box=FACE), depth=replace(WHOLE, faceless=False)).tracks
    assert (len(her.shown_in), len(her.looks)) == (6, 0)


def test_where_nobody_shows_a_face_bodies_are_the_tracks() -> None:
    (her,) = seen_in().tracks
    assert (her.kind, her.shown_in.tolist(), len(her.looks)) == ("figure", [0, 1, 2, 3, 4, 5], 4)
    assert not seen_in(depth=replace(WHOLE, faceless=False)).tracks


def test_the_same_clothes_are_more_alike() -> None:
    known = clothes(1).astype(np.float32)
    assert body_similarity(known, clothes(1), MEAN) > 0.5 > 0.1 > body_similarity(known, clothes(2), MEAN)
    assert body_similarity(known, clothes(1, tint=90.0), MEAN) < body_similarity(known, clothes(1), MEAN)


def test_clothes_are_not_compared_in_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvchat.identity.same_place.body_similarity", None)  # the most that forgetting somebody takes
    assert body_logits(dressed(1), [track(1, 0.1), track(2, 0.1)], ELSEWHERE, MEAN).tolist() == [0, 0]


def test_clothes_count_where_the_face_says_little_and_the_place_is_the_same() -> None:
    weak, clear = body_logits(dressed(1), [track(1, 0.1), track(2, 0.1)], HERE, MEAN)
    assert weak > 3 > 0 > clear
    assert body_logits(dressed(1), [track(1, 0.8)], HERE, MEAN)[0] == 0
    assert body_logits(dressed(1), [track(1, 0.1)], ELSEWHERE, MEAN)[0] == 0
    assert body_logits(Person("Old"), [track(1, 0.1)], HERE, MEAN)[0] == 0


def test_a_body_alone_is_nobodys_in_another_place() -> None:
    assert body_logits(dressed(1), [track(1)], HERE, MEAN)[0] > 3
    assert body_logits(dressed(1), [track(1)], ELSEWHERE, MEAN)[0] < -5
    assert body_logits(Person("Old"), [track(1)], HERE, MEAN)[0] < -5


@pytest.mark.parametrize("quality", [None, 0.1], ids=["turned away", "a weak face"])
def test_of_two_men_in_one_office_the_place_makes_the_other_no_likelier(quality: float | None) -> None:
    """Each wears clothes of his own; it is the very room in which one of them was enrolled."""
    him, other = (body_logits(dressed(1), [track(seed, quality)], HERE, MEAN)[0] for seed in (1, 2))
    assert other < 0 < him


@pytest.mark.parametrize("count", [2, 11], ids=["two nurses", "a football team"])
def test_people_in_one_uniform_do_not_become_each_other(count: int) -> None:
    """Side by side, all turned away: what they wear says of none of them that it is Ana."""
    assert body_logits(dressed(1), [track(1)] * count, HERE, MEAN).max() < 1.5
    faces = [track(1, 0.1)] * (count + 1)
    np.testing.assert_allclose(body_logits(dressed(1), faces, HERE, MEAN), 0, atol=1e-5)


def test_of_two_enrolled_in_one_uniform_a_body_is_neither() -> None:
    two, calibration = [dressed(1), dressed(1)], Calibration.load()
    logits = compete(np.stack([body_logits(person, [track(1)], HERE, MEAN) for person in two]))
    for row in logits:
        assert 1 / (1 + np.exp(-calibration.apply(row, 1)[0])) < PresenceConfig().present_from


@pytest.mark.parametrize("seen", [track(1), track(1, 0.1)], ids=["no face", "a weak face"])
def test_with_nobody_else_enrolled_a_body_is_never_enough(seen: Track) -> None:
    """Somebody else in the same uniform in the same room, whose face says nothing: no "yes"."""
    model = PresenceModel.load()
    if seen.kind == "face":  # a stranger's
        seen = replace(seen, identity=np.tile(model.cohort.mean(0) + identity_of(3), (len(seen), 1)))
    arrays = {"prototypes": model.cohort.mean(0)[None] + identity_of(7)}
    arrays |= {"body": np.ones((1, 1280), np.float16), "frame": np.ones(1280, np.float16), "looks": clothes(1)}
    person = Person("Ana", arrays=arrays)
    clip = make_analysis(seen)
    clip.frame_features = np.ones((1, 49, 1280), np.float16)
    alone = model.score([person], clip, PresenceConfig())[0]
    assert alone.decision != "present"
    bare = make_analysis(replace(seen, looks=np.zeros((0, 0), np.float16)))
    bare.frame_features = clip.frame_features
    assert model.logits([person], bare).max() < model.logits([person], clip).max() <= CLOTHES_ALONE_MAX
