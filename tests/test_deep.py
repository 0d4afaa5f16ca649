"""Deep enrollment: a person's own verification, storing, stopping, forgetting; others are never touched."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from make_analysis import identity_of, make_analysis, make_track
from make_people import files_below

from pvchat import deep
from pvchat.augment.schemas import Sample
from pvchat.enroll import enroll
from pvchat.errors import PeopleError, SettingsError
from pvchat.people import Person
from pvchat.presence import PresenceModel, measures
from pvchat.schemas import ClipAnalysis, Track
from pvchat.train import verifier
from pvchat.verify import MASKED, MOST, PROTOTYPES, RECORD, Verifier, beyond, scene_likeness

ELSEWHERE, HERE = "c" * 64, "a" * 64  # other keys make other scenes


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    """A cohort of made-up people, and weights that put the border between one and two people's distances."""
    cohort = np.stack([identity_of(500 + i) for i in range(60)])
    weights = (-10.0, -10.0, 4.0, 9.0)
    return PresenceModel(cohort, weights, cohort, weights, np.full(1280, 0.5, np.float32))


def person_of(who: int = 1) -> Person:
    return enroll(make_analysis(make_track(who), key=HERE), "Ana")


def samples_of(who: int = 1, count: int = 36) -> tuple[list[Sample], dict[str, ClipAnalysis]]:
    """Half positives (own scene, noisier with every sample), half strangers elsewhere; every third is held back."""
    samples, seen = [], {}
    for i in range(count):
        there = i % 2 == 0
        split = "val" if i % 3 == 2 else "train"
        recipe = "wear:mask" if i % 10 == 0 else "photometric"
        sample = Sample(f"{i:016x}", "positive" if there else "negative", recipe, "video", f"media/{i}.mp4", HERE,
                        split, {"Ana": there})  # fmt: skip
        track = make_track(who if there else 40 + i, range(4), noise=0.2 + 0.005 * i)
        seen[sample.id] = make_analysis(track, frames=4, key=HERE if there else f"{i:064x}")
        samples.append(sample)
    return samples, seen


def fitted(model: PresenceModel, who: int = 1) -> verifier.Fitted:
    samples, seen = samples_of(who)
    return verifier.fit(person_of(who), samples, lambda s: seen[s.id], model)


def as_deep(found: verifier.Fitted) -> Person:
    return replace(found.person, depth="deep")


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
    monkeypatch.setattr("pvchat.verify.MOST", 60.0)  # … and surely
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


class Chat:
    """What `deep` asks of the service, without experts."""

    def __init__(self, store, model: PresenceModel, describer=None) -> None:
        from pvchat.config import Settings

        self.people, self.presence_model, self.describer, self.settings = store, model, describer, Settings()


@pytest.fixture
def chat(tmp_path: Path, model: PresenceModel) -> Chat:
    from pvchat.people import PeopleStore

    return Chat(PeopleStore(tmp_path / "people"), model)


@pytest.fixture
def augmented(monkeypatch: pytest.MonkeyPatch):
    """An augmentation that takes no time."""
    samples, seen = samples_of()
    monkeypatch.setattr("pvchat.augment.steps.augment", lambda clip, name, out, chat, **_: Path(out))
    monkeypatch.setattr(deep, "read", lambda folder, name: (samples, []))
    monkeypatch.setattr("pvchat.augment.steps.Analyses", lambda *_: lambda s: seen[s.id])


@pytest.mark.usefixtures("augmented")
def test_a_deep_person_takes_the_place_of_the_instant_one(chat: Chat) -> None:
    enrolled = chat.people.add(replace(person_of(), aliases=["Annie"]))
    done = deep.deepen(chat, "x.mp4", enrolled)
    assert (done.depth, done.name, done.aliases, done.created) == ("deep", "Ana", ["Annie"], enrolled.created)
    assert [p.depth for p in chat.people.all()] == ["deep"]
    assert Verifier.of(chat.people.get("Ana")) is not None
    assert done.bytes_on_disk < 1_000_000
    assert not deep.workplace(enrolled).parent.joinpath(done.id).exists()


@pytest.mark.usefixtures("augmented")
def test_renamed_meanwhile_keeps_the_new_name_and_forgotten_meanwhile_stays_forgotten(chat: Chat) -> None:
    enrolled = chat.people.add(person_of())
    chat.people.rename("Ana", "Bea")
    assert deep.deepen(chat, "x.mp4", enrolled).name == "Bea"
    enrolled = chat.people.get("Bea")
    chat.people.forget("Bea")
    with pytest.raises(PeopleError, match="forgotten"):
        deep.deepen(chat, "x.mp4", enrolled)
    assert chat.people.names() == []
    assert files_below(deep.workplace(enrolled)) == []


def test_a_stop_before_anything_was_learnt_leaves_the_instant_person(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pvchat.augment.steps import StoppedError

    def stopped(*_, **__):
        raise StoppedError("stopped")

    monkeypatch.setattr("pvchat.augment.steps.augment", stopped)
    enrolled, stop = chat.people.add(person_of()), threading.Event()
    assert deep.deepen(chat, "x.mp4", enrolled, stop=stop).depth == "instant"


@pytest.mark.usefixtures("augmented")
def test_others_answer_bit_identically_after_forgetting(chat: Chat, model: PresenceModel) -> None:
    for who, name in ((2, "Bo"), (3, "Cy")):
        chat.people.add(replace(person_of(who), name=name))
    clips = [make_analysis(make_track(who), make_track(9), key=f"{who:064x}") for who in (1, 2, 3)]
    files = {p: p.read_bytes() for p in files_below(chat.people.root) if p.parent != chat.people.root}

    def said() -> list[list]:
        return [model.score(chat.people.all(), clip, chat.settings.presence) for clip in clips]

    before = said()
    deep.deepen(chat, "x.mp4", chat.people.add(person_of()))
    during = said()
    assert during[0][-1].name == "Ana"
    chat.people.forget("Ana")
    assert said() == before
    assert {p: p.read_bytes() for p in files} == files


def test_leftovers_are_swept_but_not_what_is_being_worked_on() -> None:
    kept, gone, killed = (replace(person_of(), id=c * 32) for c in "abc")
    for person in (gone, killed):
        (deep.workplace(person) / "media").mkdir()
    with deep.working(kept) as folder:
        deep.sweep([kept.id, killed.id])
        assert list(folder.parent.glob("*/")) == [folder]
        with pytest.raises(PeopleError, match="being trained"), deep.working(kept):
            pass
        assert folder.is_dir()
    assert list(folder.parent.iterdir()) == []


def test_a_folder_without_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no finished augmentation"):
        deep.read(tmp_path, "Ana")


@pytest.mark.usefixtures("augmented")
def test_the_command_trains_on_a_folder(chat: Chat, tmp_path: Path) -> None:
    from argparse import Namespace
    from dataclasses import asdict

    from pvchat.deepcommands import train
    from pvchat.errors import UnknownPersonError
    from pvchat.train.personconfig import PersonConfig

    chat.people.add(person_of())
    words = {"name": "ana", "data": str(tmp_path), "out": None, "resume": False, **asdict(PersonConfig())}
    row = train(chat, Namespace(**words), lambda *_: None)
    assert (row["name"], row["depth"], row["training"]["samples"]) == ("Ana", "deep", 36)
    with pytest.raises(SettingsError, match="--out"):
        train(chat, Namespace(**{**words, "resume": True}), lambda *_: None)
    with pytest.raises(UnknownPersonError):
        train(chat, Namespace(**{**words, "name": "Nobody"}), lambda *_: None)


def test_merging_keeps_what_both_brought(model: PresenceModel) -> None:
    from pvchat.merging import merge

    deeper, other = as_deep(fitted(model)), replace(person_of(2), name="Bo")
    merged, own = merge(deeper, other), Verifier.of(deeper)
    both = Verifier.of(merged)
    assert own is not None
    assert both is not None
    assert len(both.prototypes) == len(own.prototypes) + len(other.arrays["prototypes"])


def test_training_tokens_goes_with_the_verification(chat: Chat) -> None:
    """With a trained model tokens and z are trained and stamped; the others' files and the base stay as they are."""
    torch = pytest.importorskip("torch")
    import sys

    sys.path.insert(0, str(Path(__file__).parent / "train"))
    from make_person import augmentation, tiny
    from make_sets import encode

    from pvchat.describe import STAMP, Describer
    from pvchat.train.personconfig import PersonConfig

    describer = Describer(Path("nowhere"), "cpu", encode)
    describer.__dict__.update(model=tiny(), stamp="0123456789abcdef")
    chat.describer = describer
    samples, rows, seen = augmentation("Ana", 16)
    who = enroll(seen[samples[2].id], "Ana")
    person = describer.remember(who)
    before = {k: v.clone() for k, v in describer.model.state_dict().items()}
    config = PersonConfig(image_steps=2, video_steps=6, batch=4, validate_every=2, lr=0.05, z_lr=0.05, lora=1)
    deeper = deep.learn(chat, person, samples, rows, lambda s: seen[s.id], config)
    assert deeper.depth == "deep"
    assert deeper.extra[STAMP] == describer.stamp
    assert deeper.extra[RECORD]["training"]["best"] <= deeper.extra[RECORD]["training"]["start"]
    assert not np.array_equal(deeper.arrays["tokens"], person.arrays["tokens"])
    assert any(key.startswith("lora.") for key in deeper.arrays)
    state = describer.state(deeper)
    np.testing.assert_allclose(state.tokens.numpy(), deeper.arrays["tokens"].astype(np.float32))
    assert all(torch.equal(v, before[k]) for k, v in describer.model.state_dict().items())
    stored = chat.people.add(deeper)
    assert stored.bytes_on_disk < 1_000_000


def test_companions_are_known_from_the_data_set_or_from_the_store() -> None:
    """The aligner makes a companion's state from a sample that shows her alone; else the stored one serves."""
    torch = pytest.importorskip("torch")
    import sys

    sys.path.insert(0, str(Path(__file__).parent / "train"))
    from make_person import analysis, augmentation, tiny
    from make_sets import encode

    from pvchat.describe import Describer
    from pvchat.model.features import collate_people, person_from_track

    describer = Describer(Path("nowhere"), "cpu", encode)
    describer.__dict__.update(model=tiny(), stamp="0123456789abcdef")
    samples, rows, seen = augmentation("Ana", 16)
    alone = samples[1]  # Kim's only clip
    for sample in samples:
        sample.people |= {"Kim": sample is alone, "Lee": False, "Max": False}
    for i, row in enumerate(rows):
        other = ("Kim", "Lee", "Max")[i % 3]
        row.people, row.present = ["Ana", other], {**row.present, other: other == "Kim" and row.sample == alone.id}
    person = enroll(seen[samples[2].id], "Ana")
    lee, kim = enroll(analysis(90, 1), "Lee"), enroll(analysis(91, 2), "Kim")
    _, data = deep.training_data(describer, person, samples, rows, lambda s: seen[s.id], [person, lee, kim])
    assert set(data.others) == {"Kim", "Lee"}
    assert data.left_out == sum("Max" in row.people for row in rows)
    assert {n for e in data.examples for n in e.names} > {"Kim", "Lee"}
    features = collate_people([person_from_track(seen[alone.id].tracks[0])])
    with torch.no_grad():
        own = describer.model.aligner.people(features, ["Kim"])[0]
    assert torch.equal(data.others["Kim"].tokens, own.tokens)  # not the stored namesake's
    assert torch.equal(data.others["Lee"].tokens, describer.state(lee).tokens)
