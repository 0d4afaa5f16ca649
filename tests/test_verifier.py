"""A person's own verification: what is learned from an augmentation, and what it changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_analysis import identity_of, make_analysis, make_track
from make_verification import ELSEWHERE, HERE, as_deep, fitted, make_model, person_of, samples_of

from pvchat.augment.schemas import Sample
from pvchat.identity.enroll import enroll
from pvchat.identity.measures import measures
from pvchat.identity.presence import PresenceModel
from pvchat.identity.verify import MASKED, MOST, PROTOTYPES, RECORD, Verifier, beyond, scene_likeness
from pvchat.people.store import Person
from pvchat.schemas import ClipAnalysis, Track
from pvchat.train.person import verifier


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    return make_model()


def test_an_instant_person_has_no_verification(model: PresenceModel) -> None:
    found = fitted(model)
    assert Verifier.of(person_of()) is None
    assert Verifier.of(found.person) is None  # instant still
    own = Verifier.of(as_deep(found))
    assert own is not None
    assert len(own.prototypes) >= len(person_of().arrays["prototypes"])
    assert len(own.masked) >= len(person_of().arrays["masked"])
    refused = as_deep(found)
    refused.extra[RECORD] = {**found.record, "accepted": False}
    assert Verifier.of(refused) is None


def test_what_is_stored_are_added_rows_only(model: PresenceModel) -> None:
    found, instant = fitted(model), person_of()
    np.testing.assert_array_equal(found.person.arrays["prototypes"], instant.arrays["prototypes"])
    assert len(found.person.arrays[PROTOTYPES]) <= verifier.MOST_ADDED
    assert len(found.person.arrays[MASKED]) <= verifier.MOST_ADDED
    assert sum(a.nbytes for a in found.person.arrays.values()) < 100_000


def test_prototypes_are_added_only_where_that_clearly_pays(
    model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Candidates come simplest first; a loss that is hardly smaller doesn't choose a later one."""
    losses = iter([(True, 0.10), (True, 0.095), (True, 0.05), (True, 0.045), (False, 0.01)])

    def judged(person: Person, own: Verifier, *_: object) -> verifier.Fitted:
        accepted, loss = next(losses)
        return verifier.Fitted(person, accepted, loss, {"rows": len(own.prototypes)})

    monkeypatch.setattr(verifier, "judge", judged)
    monkeypatch.setattr(verifier, "fit_bias", lambda *_: 0.0)
    rows = np.asarray(person_of().arrays["prototypes"], np.float32)
    candidates = [Verifier(np.repeat(rows[:1], n, 0), rows[:0]) for n in range(1, 6)]
    chosen = verifier.best(candidates, person_of(), [], model)
    assert (chosen.loss, chosen.record["rows"]) == (0.05, 3)


def test_the_first_accepted_candidate_beats_any_refused_one(
    model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter([(False, 0.1), (False, 0.01), (True, 0.2)])
    monkeypatch.setattr(verifier, "judge", lambda person, own, *_: verifier.Fitted(person, *next(said), {}))
    monkeypatch.setattr(verifier, "fit_bias", lambda *_: 0.0)
    rows = np.asarray(person_of().arrays["prototypes"], np.float32)
    chosen = verifier.best([Verifier(rows, rows[:0])] * 3, person_of(), [], model)
    assert (chosen.accepted, chosen.loss) == (True, 0.2)


def test_deep_is_accepted_and_keeps_telling_people_apart(model: PresenceModel) -> None:
    found = fitted(model)
    assert found.accepted
    assert found.record["held_back"]["wrong"]["deep"] <= found.record["held_back"]["wrong"]["instant"]
    person = as_deep(found)
    hers, stranger = make_analysis(make_track(1), key=ELSEWHERE), make_analysis(make_track(77), key=ELSEWHERE)
    assert model.logits([person], hers).max() > 3
    assert model.logits([person], stranger).max() < -3


def near_of(model: PresenceModel, own: Verifier, analysis: ClipAnalysis) -> float:
    track = analysis.tracks[0]
    return float(measures(own.prototypes, track.identity, track.quality, model.cohort)[0])


def test_a_double_in_the_same_scene_counts_less_than_elsewhere(model: PresenceModel) -> None:
    found = fitted(model)
    person, own = as_deep(found), Verifier.of(as_deep(found))
    assert own is not None
    double = make_track(1)  # as near as strangers hardly come, yet beyond her reach
    away = identity_of(5)
    double.identity = (double.identity + 0.9 * away).astype(np.float32)
    here = make_analysis(double, key=HERE)
    assert near_of(model, own, here) > own.reach
    assert scene_likeness(person.arrays["frame"], here.frame_features.astype(np.float32).mean((0, 1)),
                          model.figures.frame_mean) > 0.99  # fmt: skip
    drop = model.face_logit(person, double, False, own, 0.0) - model.face_logit(person, double, False, own, 1.0)
    assert 0 < drop <= MOST
    assert model.face_logit(person, double, True, own, 1.0) == model.face_logit(person, double, True, own, 0.0)


@pytest.mark.parametrize(
    ("near", "quality", "scene", "cost"),
    [(0.3, 1.0, 1.0, 0.0), (0.4, 1.0, 0.5, 0.0), (0.4, 0.0, 1.0, 0.0), (0.35, 1.0, 1.0, 4.5), (0.35, 0.2, 1.0, 2.25),
     (0.35, 1.0, 0.75, 2.25), (9.0, 1.0, 1.0, MOST)],
)  # fmt: skip
def test_what_a_distance_beyond_the_reach_costs(near: float, quality: float, scene: float, cost: float) -> None:
    assert beyond(near, 0.3, quality, scene) == pytest.approx(cost)


def test_worse_on_the_held_back_split_is_refused(model: PresenceModel) -> None:
    samples, seen = samples_of()
    person = person_of()
    own = Verifier(np.asarray(person.arrays["prototypes"], np.float32), np.zeros((0, 128), np.float32), 0.0, -30.0)
    held = [s for s in verifier.look(person, samples, lambda s: seen[s.id], model) if s.split == "val"]
    judged = verifier.judge(person, own, held, model)
    assert not judged.accepted
    assert Verifier.of(replace(judged.person, depth="deep")) is None


def far_away(track: Track) -> Track:
    """The same face as hers, yet much farther away than she comes in her own scene: log-odds that the reach takes."""
    return replace(track, identity=(track.identity + 0.9 * identity_of(5)).astype(np.float32))


def held_back(recipe: str) -> tuple[list[Sample], dict[str, ClipAnalysis]]:
    """The usual samples, and two held-back ones from her own scene, far away, made by a recipe."""
    samples, seen = samples_of()
    for i in (90, 91):
        sample = replace(samples[0], id=f"{i:016x}", recipe=recipe, split="val")
        seen[sample.id] = make_analysis(far_away(make_track(1, range(4))), frames=4, key=HERE)
        samples.append(sample)
    return samples, seen


def test_a_face_that_was_bent_is_not_held_against_the_reach(model: PresenceModel) -> None:
    samples, seen = held_back("reenact:turn")
    looked = verifier.look(person_of(), samples, lambda s: seen[s.id], model)
    assert {s.scene for s in looked if s.recipe == "reenact:turn"} == {0.0}
    assert all(s.scene > 0.99 for s in looked if s.recipe == "photometric" and s.present)
    found = verifier.fit(person_of(), samples, lambda s: seen[s.id], model)
    assert found.accepted
    assert np.isfinite(found.record["reach"])


def test_where_the_reach_fails_the_prototypes_are_tried_without_it(
    model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "reach_of", lambda *_: -1.0)  # takes herself for somebody else …
    monkeypatch.setattr("pvchat.identity.verify.MOST", 60.0)  # … and surely
    found = verifier.fit(person_of(), (given := samples_of())[0], lambda s: given[1][s.id], model)
    assert found.accepted
    assert found.record["reach"] is None


def test_the_bias_stays_near_the_shared_calibration(model: PresenceModel) -> None:
    assert abs(fitted(model).record["bias"]) <= 2 * verifier.BIAS_SPREAD


def test_a_figure_gets_the_sightings_that_look_like_her(model: PresenceModel) -> None:
    def figure(who: int, seed: int, frames: int = 3) -> ClipAnalysis:
        track = make_track(who, range(frames), kind="figure")
        rng = np.random.default_rng(seed)
        rows = 1.2 * identity_of(who) / np.linalg.norm(identity_of(who)) + 0.05 * rng.standard_normal((frames, 128))
        track.identity = np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))
        return replace(make_analysis(track, frames=frames), scene=replace(make_analysis().scene, drawn=True))

    person = enroll(figure(1, 0), "Ana")
    samples, seen = [], {}
    for i in range(8):
        sample = Sample(f"{i:016x}", "positive", "subclip", "video", "media/x.mp4", HERE, "val" if i > 5 else "train",
                        {"Ana": True})  # fmt: skip
        seen[sample.id] = figure(1 if i != 2 else 9, i + 1)  # one sample shows another figure
        samples.append(sample)
    found = verifier.fit(person, samples, lambda s: seen[s.id], model)
    added = found.person.arrays[PROTOTYPES].astype(np.float32)
    assert len(added) == 5 * 3  # of six in training, the other figure left out
    middle = person.arrays["prototypes"].mean(0)
    assert (added @ middle / np.linalg.norm(middle)).min() > 0.5
