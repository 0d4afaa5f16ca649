"""Who is in a clip: competition, thresholds, spans; people made of random descriptors and a cohort of strangers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from make_analysis import identity_of, made_up_model, make_analysis, make_track

from pvchat.config import PresenceConfig
from pvchat.identity import measures as measuring
from pvchat.identity import presence
from pvchat.identity.measures import distances, pair_features
from pvchat.identity.presence import PresenceModel
from pvchat.people.person import Person
from pvchat.perception.sightings import MASK as MASKED
from pvchat.schemas import LOOKS, SceneFacts, SceneSpan

CONFIG = PresenceConfig()

BODY = np.full(1280, 0.5, np.float32)  # mean of the made-up tracks' body features, which lie in 0..1


class FakeFigures:
    """Instead of the trained expert: cosine of the means, as a probability; a clip's frames don't matter."""

    frame_mean = np.zeros(1280, np.float32)

    def signature(self, pooled: np.ndarray) -> np.ndarray:
        return np.ones(3, np.float32)

    def probability(self, prototypes: np.ndarray, identity: np.ndarray, similarity: float | None = None) -> float:
        a, b = prototypes.mean(0), identity @ prototypes.mean(0)
        return 0.95 if b.max() > 0.5 * float(a @ a) else 0.05


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    """Cohorts of made-up people, and weights that put the border between one and two people's distances."""
    return made_up_model(figures=FakeFigures())


def enrolled(number: int, name: str = "", kind: str = "face") -> Person:
    prototypes = np.stack([identity_of(number, 0.15, seed=50 + i) for i in range(4)])
    arrays = {
        "prototypes": prototypes,
        "body": BODY[None].astype(np.float16),  # like nobody's
        "frame": np.zeros(1280, np.float16),
    }
    return Person(name or f"Person {number}", kind=kind, arrays=arrays)  # type: ignore[arg-type]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.float64(x)))


# --- the shipped model


def test_shipped_model_loads_with_its_card() -> None:
    from safetensors import safe_open

    model = PresenceModel.load()
    rows, (near, apart, cohort, _) = model.cohort, model.weights
    assert rows.ndim == 2
    assert rows.shape[1] == 128
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert len(rows) >= measuring.NEIGHBOURS
    assert near + apart < 0  # farther from the prototypes: less likely
    assert cohort > 0  # farther from everybody else: more likely
    assert model.body_mean.shape == (1280,)
    assert model.body_mean.dtype == np.float32
    assert np.isfinite(model.body_mean).all()
    with safe_open(presence.FILE, "numpy") as file:
        card = json.loads(file.metadata()["card"])
    assert card["data"]
    assert card["bare"]["validation"]["tpr"] > 0.5


def test_shipped_cohort_rows_are_all_different() -> None:
    rows = PresenceModel.load().cohort
    assert (distances(rows, rows) + np.eye(len(rows)) > 0.01).all()


# --- measures


def test_measures_tell_one_person_from_another(model: PresenceModel) -> None:
    prototypes, track, other = enrolled(1).arrays["prototypes"], make_track(1), make_track(2)
    same = pair_features(prototypes, track.identity, track.quality, model.cohort)
    different = pair_features(prototypes, other.identity, other.quality, model.cohort)
    assert same.shape == (3,)
    assert same[0] < 0.35 < 0.6 < different[0]
    assert same[1] < 0.35 < 0.6 < different[1]
    assert same[2] > same[0]


def test_near_is_the_mean_of_the_nearest_tenth(model: PresenceModel) -> None:
    prototypes = np.zeros((1, 128), np.float32)
    identity = np.zeros((20, 128), np.float32)
    identity[:, 0] = np.arange(1, 21)
    near, apart, _ = pair_features(prototypes, identity, np.ones(20, np.float32), model.cohort)
    assert near == pytest.approx(1.5)
    assert apart == pytest.approx(10.5, abs=1e-3)


def test_cohort_distance_is_over_the_nearest_neighbours() -> None:
    cohort = np.zeros((measuring.NEIGHBOURS + 5, 128), np.float32)
    cohort[:, 1] = [*[50] * 5, *range(1, measuring.NEIGHBOURS + 1)]
    zero = np.zeros((1, 128), np.float32)
    distance = pair_features(zero, zero, np.ones(1, np.float32), cohort)[2]
    assert distance == pytest.approx((measuring.NEIGHBOURS + 1) / 2)


def test_one_prototype_and_one_sighting_are_enough(model: PresenceModel) -> None:
    found = pair_features(identity_of(1)[None], identity_of(1)[None], np.zeros(1, np.float32), model.cohort)
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(0, abs=1e-3)  # the root of what float32 rounds


def test_distances() -> None:
    a, b = np.float32([[0, 0], [3, 4]]), np.float32([[0, 0], [6, 8], [3, 4]])
    np.testing.assert_allclose(distances(a, b), [[0, 10, 5], [5, 5, 0]], atol=1e-6)


# --- decisions


def test_the_right_person_is_present_and_the_others_are_absent(model: PresenceModel) -> None:
    people = [enrolled(3), enrolled(1), enrolled(2)]
    analysis = make_analysis(make_track(9, range(2)), make_track(1, range(2, 8)), frames=8)
    found = model.score(people, analysis, CONFIG)
    assert [p.name for p in found] == ["Person 3", "Person 1", "Person 2"]
    assert [p.decision for p in found] == ["absent", "present", "absent"]
    assert found[1].track == 1
    assert found[1].spans == [(0.5, 2.0)]
    assert found[1].probability > 0.9
    assert all(p.spans == [] and p.track is None and p.probability < 0.1 for p in (found[0], found[2]))


def test_many_people_at_once_are_compared_as_each_alone() -> None:
    model, people = PresenceModel.load(), [enrolled(number) for number in range(6)]
    people[4].arrays["prototypes"] = people[4].arrays["prototypes"][:2]
    analysis = make_analysis(make_track(1), make_track(5, range(3)), make_track(4, range(1)))
    alone = np.concatenate([model.solo_logits([person], analysis) for person in people])
    np.testing.assert_array_equal(model.solo_logits(people, analysis), alone)


def test_an_empty_clip_shows_nobody(model: PresenceModel) -> None:
    for person in model.score([enrolled(1), enrolled(2)], make_analysis(), CONFIG):
        assert person.decision == "absent"
        assert person.probability < 0.01
        assert person.spans == []
        assert person.track is None


def test_nobody_enrolled(model: PresenceModel) -> None:
    assert model.score([], make_analysis(make_track(1)), CONFIG) == []
    assert model.score([], make_analysis(), CONFIG) == []


def test_faces_and_figures_are_never_compared(model: PresenceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure with the very vectors of a face is still no face, and the other way round."""
    face_in_clip, figure_in_clip = make_analysis(make_track(1)), make_analysis(make_track(1, kind="figure"))
    for person, analysis in ((enrolled(1, kind="figure"), face_in_clip), (enrolled(1), figure_in_clip)):
        (found,) = model.score([person], analysis, CONFIG)
        assert found.decision == "absent"
        assert found.probability < 0.01


@pytest.mark.parametrize(
    ("logit", "decision"), [(3.0, "present"), (0.09, "present"), (0.07, "unsure"), (-0.40, "unsure"), (-0.41, "absent")]
)
def test_thresholds(model: PresenceModel, monkeypatch: pytest.MonkeyPatch, logit: float, decision: str) -> None:
    """0.52 and 0.40 lie at log-odds of 0.0800 and -0.4055."""
    monkeypatch.setattr(PresenceModel, "face_logits", lambda *_: [logit])
    (found,) = model.score([enrolled(1)], make_analysis(make_track(1)), CONFIG)
    assert found.decision == decision
    assert found.probability == pytest.approx(float(sigmoid(np.float64(logit))), abs=1e-5)
    assert bool(found.spans) == (decision != "absent")


def test_thresholds_come_from_the_settings(model: PresenceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PresenceModel, "face_logits", lambda *_: 1.0)  # probability 0.731
    people, analysis = [enrolled(1)], make_analysis(make_track(1))
    for config, decision in (
        (PresenceConfig(wrong_yes=1.0, wrong_no=0.2, unsure=0.1), "unsure"),  # .9 and .5
        (PresenceConfig(wrong_yes=1.0, wrong_no=0.125, unsure=0.1), "absent"),  # .9 and .8
        (PresenceConfig(wrong_yes=0.7, wrong_no=0.3, unsure=9.0), "present"),  # never unsure: .7
    ):
        assert model.score(people, analysis, config)[0].decision == decision


def test_all_tracks_of_a_person_count_into_the_spans(model: PresenceModel) -> None:
    """She is seen twice, on tracks that could not be merged, and somebody else in between."""
    analysis = make_analysis(
        make_track(1, range(0, 4)), make_track(2, range(4, 12)), make_track(1, range(14, 20)), frames=20
    )
    (found,) = model.score([enrolled(1)], analysis, CONFIG)
    assert found.spans == [(0.0, 1.0), (3.5, 5.0)]
    assert found.track in (0, 2)


def test_a_person_keeps_to_her_own_track_among_many(model: PresenceModel) -> None:
    analysis = make_analysis(*(make_track(i) for i in range(6)))
    found = model.score([enrolled(i) for i in (5, 0, 3)], analysis, CONFIG)
    assert [p.track for p in found] == [5, 0, 3]
    assert all(p.decision == "present" for p in found)


def test_in_a_long_video_only_likely_tracks_count_into_the_spans(
    model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A track at .4 belongs to a present person in a short clip, not in a film."""
    logits = np.log(np.float32([[0.99, 0.4]]) / np.float32([[0.01, 0.6]]))
    monkeypatch.setattr(PresenceModel, "odds", lambda *_: logits)
    clip = make_analysis(make_track(3, (0, 1)), make_track(4, (5, 6)))
    (short,) = model.score([enrolled(3)], clip, PresenceConfig())
    (film,) = model.score([enrolled(3)], replace(clip, scenes=[SceneSpan(0, 2, SceneFacts())]), PresenceConfig())
    assert short.spans == [(0.0, 0.5), (1.25, 1.75)]
    assert film.spans == [(0.0, 0.5)]


def test_real_people_are_seldom_in_drawn_clips_and_the_other_way_round(model: PresenceModel) -> None:
    """Drawn faces weakly resemble many real ones; somebody real in a clip taken for drawn is still found."""

    def odds(person: Person, drawn: bool) -> float:
        analysis = make_analysis(make_track(1, kind=person.kind))
        analysis.scene.drawn = drawn
        return float(model.odds([person], analysis).max())

    real, puppet, hero, older = enrolled(1), *(enrolled(1, kind="figure") for _ in range(3))
    puppet.extra["drawn"], hero.extra["drawn"] = False, True
    for person, at_home in ((real, False), (puppet, False), (hero, True)):
        assert odds(person, not at_home) == pytest.approx(odds(person, at_home) - presence.DRAWN_MISMATCH, abs=1e-4)
    assert odds(older, True) == odds(older, False) == odds(puppet, False)
    assert odds(real, True) > 0


def test_who_is_enrolled_as_both_is_found_as_either(model: PresenceModel) -> None:
    """In a drawn clip by a face that is clear only."""
    person = enrolled(1)
    person.extra["drawn"] = True
    person.arrays["figure"] = np.stack([identity_of(2, 0.15, seed=50 + i) for i in range(4)])
    face, other, figure, worn = (
        make_track(n, kind=kind) for n, kind in ((1, "face"), (2, "face"), (2, "figure"), (2, "figure"))
    )
    worn.looks = np.ones((1, LOOKS), np.float16)  # a body that turns away is no drawn figure
    analysis = make_analysis(face, other, figure, worn)
    odds = model.odds([person], analysis)[0]
    assert (odds > 1 - presence.DRAWN_MISMATCH).tolist() == [True, False, True, False]
    analysis.scene.drawn = True
    assert (model.odds([person], analysis)[0] > 1).tolist() == [False, False, True, False]
    face.prints = np.zeros((1, 512), np.float16)
    assert (model.odds([person], analysis)[0] > 1).tolist() == [True, False, True, False]
    del person.extra["drawn"]  # somebody real, one of whose clips is drawn over
    analysis.scene.drawn = False
    np.testing.assert_allclose(model.odds([person], analysis)[0], odds + presence.DRAWN_MISMATCH, atol=1e-4)


def test_look_alikes_compete_for_one_track(model: PresenceModel) -> None:
    """Enrolled twice under two names: the clip shows one of them, nobody can say which."""
    twin = enrolled(1, "Twin")
    found = model.score([enrolled(1, "Ana"), twin], make_analysis(make_track(1)), CONFIG)
    assert [p.decision for p in found] == ["unsure", "unsure"]
    assert found[0].probability == pytest.approx(0.5, abs=1e-3)


def test_prototypes_may_be_half_precision(model: PresenceModel) -> None:
    person = enrolled(1)
    exact = model.score([person], make_analysis(make_track(1)), CONFIG)[0].probability
    person.arrays["prototypes"] = person.arrays["prototypes"].astype(np.float16)
    assert model.score([person], make_analysis(make_track(1)), CONFIG)[0].probability == pytest.approx(exact, abs=0.02)


# --- masks


def test_without_faceprints_a_masked_track_is_compared_as_any(model: PresenceModel) -> None:
    bare, masked = make_track(1), make_track(1)
    masked.facts.features = [MASKED]
    one, other = (model.logits([enrolled(1)], make_analysis(track)) for track in (bare, masked))
    np.testing.assert_array_equal(one, other)


# --- figures


def test_a_figure_is_found_at_its_own_track(model: PresenceModel) -> None:
    analysis = make_analysis(
        make_track(7), make_track(2, kind="figure"), make_track(1, range(2, 6), kind="figure"), frames=8
    )
    found = model.score([enrolled(1, kind="figure"), enrolled(5, kind="figure")], analysis, CONFIG)
    assert [p.decision for p in found] == ["present", "absent"]
    assert found[0].track == 2
    assert found[0].spans == [(0.5, 1.5)]


def test_two_figures_of_one_clip_have_a_track_each(model: PresenceModel) -> None:
    analysis = make_analysis(
        make_track(2, kind="figure", box=(0.1, 0.2, 0.3, 0.6)), make_track(1, kind="figure", box=(0.6, 0.2, 0.8, 0.6))
    )
    found = model.score([enrolled(1, kind="figure"), enrolled(2, kind="figure")], analysis, CONFIG)
    assert [(p.decision, p.track) for p in found] == [("present", 1), ("present", 0)]


def test_the_very_same_drawing_gives_finite_numbers() -> None:
    """With the shipped figure expert: nothing overflows where two clips are identical, even when two compete."""
    model = PresenceModel.load()
    looks = np.random.default_rng(0).standard_normal((4, 128)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    track = make_track(1, range(4), kind="figure")
    track.identity = looks
    analysis = make_analysis(track, frames=4)
    frame = analysis.frame_features.astype(np.float32).mean((0, 1))
    arrays = {"prototypes": np.stack([looks.mean(0)] * 2), "frame": frame.astype(np.float16)}
    people = [Person(name, kind="figure", arrays=arrays) for name in ("Ana", "Ben")]
    assert np.isfinite(model.logits(people, analysis)).all()
    assert np.isfinite(model.logits(people[:1], analysis)).all()
