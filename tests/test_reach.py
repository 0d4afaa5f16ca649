"""In the very place she was enrolled in, a face that stays too far from her is somebody else's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_analysis import identity_of, made_up_model, make_analysis, make_track
from make_augmented import HERE, person_of

from pvchat.identity.measures import pair_features
from pvchat.identity.presence import PresenceModel
from pvchat.identity.same_place import MOST, REACH, distance_penalty, is_covered
from pvchat.schemas import ClipAnalysis, SceneSpan, Track


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    return made_up_model()


@pytest.fixture
def double() -> Track:
    """As near to her as strangers hardly come, yet beyond the reach."""
    track = make_track(1)
    track.identity = (track.identity + 0.9 * identity_of(5)).astype(np.float32)
    return track


def shown(track: Track, elsewhere: bool = False) -> ClipAnalysis:
    """A clip of the place where she was enrolled, or of another one."""
    here = make_analysis(track, key=HERE)
    return replace(here, frame_features=-here.frame_features) if elsewhere else here


def logit(model: PresenceModel, analysis: ClipAnalysis) -> float:
    return float(model.solo_logits([person_of()], analysis)[0, 0])


def test_a_double_in_the_same_place_counts_less_than_elsewhere(model: PresenceModel, double: Track) -> None:
    person = person_of()
    near = pair_features(person.arrays["prototypes"], double.identity, double.quality, model.cohort)[0]
    assert near > REACH
    here, away = shown(double), shown(double, elsewhere=True)
    assert model.scene_likeness(person, here.mean_frame) > 0.99
    assert model.scene_likeness(person, away.mean_frame) < 0.6
    assert 1 < logit(model, away) - logit(model, here) <= MOST + 1e-4


def test_she_herself_loses_nothing_in_her_own_place(model: PresenceModel) -> None:
    hers = make_track(1)
    assert logit(model, shown(hers)) == pytest.approx(logit(model, shown(hers, elsewhere=True)))


def test_a_long_video_is_no_place(model: PresenceModel, double: Track) -> None:
    here = shown(double)
    film = replace(here, scenes=[SceneSpan(0.0, here.duration_s, here.scene)])
    assert logit(model, film) == logit(model, shown(double, elsewhere=True)) > logit(model, here)


def test_a_covered_face_loses_nothing(model: PresenceModel, double: Track) -> None:
    double.facts.features = ("a hat",)
    assert is_covered(double)
    assert logit(model, shown(double)) == logit(model, shown(double, elsewhere=True))


def test_an_enrollment_without_a_frame_is_compared_as_anywhere(model: PresenceModel, double: Track) -> None:
    person = person_of()
    del person.arrays["frame"]
    here, away = (model.solo_logits([person], shown(double, elsewhere))[0, 0] for elsewhere in (False, True))
    assert here == away


@pytest.mark.parametrize(
    ("past", "quality", "scene", "cost"),
    [(0.0, 1.0, 1.0, 0.0), (0.1, 1.0, 0.5, 0.0), (0.1, 0.0, 1.0, 0.0), (0.05, 1.0, 1.0, 4.5),
     (0.05, 0.325, 1.0, 2.25), (0.05, 0.25, 1.0, 0.0),
     (0.05, 1.0, 0.75, 2.25), (9.0, 1.0, 1.0, MOST)],
)  # fmt: skip
def test_what_a_distance_beyond_the_reach_costs(past: float, quality: float, scene: float, cost: float) -> None:
    assert distance_penalty(REACH + past, quality, scene) == pytest.approx(cost)
    assert distance_penalty(REACH + past, quality, scene, hidden=True) == 0.0


def test_scenes_are_compared_without_what_all_share(model: PresenceModel) -> None:
    centre, (along, across) = model.figures.frame_mean, np.eye(2, 1280, dtype=np.float32)
    person = replace(person_of(), arrays={"frame": centre + along})
    assert model.scene_likeness(person, centre + 2 * along) == pytest.approx(1.0, abs=1e-5)
    assert model.scene_likeness(person, centre + across) == pytest.approx(0.0, abs=1e-5)
