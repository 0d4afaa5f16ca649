"""Faceprints: made of a track's best sightings, kept with a person, and what they add when somebody is looked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from make_analysis import made_up_model, make_analysis, make_clip, make_track

from pvchat.identity.corrections import example_of
from pvchat.identity.enroll import enroll
from pvchat.identity.measures import Gallery, PrintModel, faces_of, visible_prints
from pvchat.identity.presence import UNREADABLE_LOGIT, PresenceModel
from pvchat.people import contents
from pvchat.people.corrections import examples_of, with_corrections
from pvchat.people.parts import merge_people, parts_of
from pvchat.people.person import Person
from pvchat.perception.analysis import _describe_track
from pvchat.perception.experts import faceprint
from pvchat.perception.experts.faceprint import SIDE, FaceprintNetwork
from pvchat.perception.experts.faces import FaceExpert
from pvchat.perception.joining import TrackJoiner, join
from pvchat.perception.sightings import MASK
from pvchat.schemas import FACEPRINT, Track
from pvchat.storage.clips import ClipCache


def print_of(person: int, noise: float = 0.3, seed: int = 0) -> np.ndarray:
    """A faceprint [512] of a made-up person, of unit length."""
    middle = np.random.default_rng(3000 + person).standard_normal(FACEPRINT)
    spread = np.random.default_rng(977 * person + seed).standard_normal(FACEPRINT)
    row = middle / np.linalg.norm(middle) + noise * spread / np.linalg.norm(spread)
    return np.float32(row / np.linalg.norm(row))


def printed_track(person: int, looks: int | None = None, first: int = 0) -> Track:
    """A made-up track whose faceprints are of `person`, and its identity vectors of `looks`."""
    track = make_track(person if looks is None else looks)
    track.prints = np.stack([print_of(person, seed=first + i) for i in range(4)]).astype(np.float16)
    return track


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    """Identity vectors that say little, faceprints that say much."""
    strangers = np.stack([print_of(500 + i, 0.0) for i in range(60)])
    own, both = (-1.0, -1.0, 0.4, 0.9), (-1.0, -1.0, 0.4, -6.0, -6.0, 2.0, 9.0)
    hidden = (0.0, 0.0, 0.0, -6.0, -6.0, 2.0, 11.0)
    prints = PrintModel(strangers, both, hidden)
    return made_up_model(own, prints=prints)


def enrolled(person: int, name: str = "", looks: int | None = None) -> Person:
    clip = make_analysis(printed_track(person, looks), key=f"{person:x}" * 64)
    return enroll(clip, name or f"Person {person}")


def face_logit(model: PresenceModel, person: Person, track: Track, masked: bool) -> float:
    """Log-odds that a face track shows somebody, elsewhere than where she was enrolled."""
    seen = replace(track, facts=replace(track.facts, features=[MASK] if masked else []))
    (face,) = faces_of([seen])
    return float(model.face_logits([person], Gallery([person]), face, np.zeros((1, 1)))[0, 0])


# --- what they add


def test_two_who_look_alike_are_told_apart_by_their_faceprints(model: PresenceModel) -> None:
    ana = enrolled(1)
    herself, double = printed_track(1, first=9), printed_track(2, looks=1, first=9)
    told = face_logit(model, ana, herself, False) - face_logit(model, ana, double, False)
    blind = replace(model, prints=None)
    assert told > 5
    assert abs(face_logit(blind, ana, herself, False) - face_logit(blind, ana, double, False)) < 1


def blank_prints(count: int, noise: float = 0.6) -> np.ndarray:
    """Faceprints [count, 512] of what shows no face: much alike, whatever it is."""
    rows = [faceprint.nobody()[0] + noise * print_of(40 + i) for i in range(count)]
    return np.float16([row / np.linalg.norm(row) for row in rows])


def test_two_who_cannot_be_made_out_are_not_taken_for_one(
    model: PresenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, clip = printed_track(2, looks=1), printed_track(1)
    clip.prints, seen.prints = blank_prints(4), blank_prints(8)[4:]
    ana = enroll(make_analysis(clip), "Ana")
    assert faceprint.blankness(seen.prints).min() > faceprint.BLANK_MASKED
    aware = face_logit(model, ana, seen, False)
    monkeypatch.setattr("pvchat.identity.measures.BLANK", 2.0)  # nothing is blank
    assert face_logit(model, ana, seen, False) > 0 > aware


@pytest.mark.parametrize("side", ["person", "track"])
def test_sightings_that_show_nothing_change_nothing(model: PresenceModel, side: str) -> None:
    ana, seen = enrolled(1), printed_track(1, first=9)
    before = face_logit(model, ana, seen, False)
    if side == "person":
        prints = np.concatenate((ana.arrays["prints"], blank_prints(3).astype(ana.arrays["prints"].dtype)))
        ana = replace(ana, arrays=ana.arrays | {"prints": prints})
    else:
        seen.prints = np.concatenate((blank_prints(3), seen.prints))
    assert face_logit(model, ana, seen, False) == pytest.approx(before, abs=1e-5)


def test_a_mask_may_hide_more_than_nothing_at_all(model: PresenceModel) -> None:
    half = blank_prints(20, noise=2.8)
    blank = faceprint.blankness(half)
    between = half[(blank > faceprint.BLANK) & (blank < faceprint.BLANK_MASKED)][:4]
    assert visible_prints(between.astype(np.float32), True)[1] > visible_prints(between.astype(np.float32), False)[1]


@pytest.mark.parametrize("side", ["person", "track"])
def test_what_is_said_fades_with_what_can_be_made_out(
    model: PresenceModel, monkeypatch: pytest.MonkeyPatch, side: str
) -> None:
    """Likeness counts for less and less; unlikeness isn't taken for likeness."""
    ana, same, other = enrolled(1), printed_track(1, first=9), printed_track(2, first=9)
    told = []
    for blank in (0.1, 0.25, 0.3, 0.35, 0.5):
        rows = np.asarray(ana.arrays["prints"] if side == "person" else same.prints, np.float32)
        faded = {row.tobytes(): blank for row in rows}
        monkeypatch.setattr(
            "pvchat.identity.measures.blankness",
            lambda prints, faded=faded: np.array([faded.get(row.tobytes(), 0.0) for row in prints], np.float32),
        )
        told.append(face_logit(model, ana, same, False))
        assert face_logit(model, ana, other, False) < UNREADABLE_LOGIT
    assert told[0] > told[1] > told[2] > told[3] > told[4] == pytest.approx(UNREADABLE_LOGIT)


def test_behind_a_mask_faceprints_are_compared_with_the_bare_face(model: PresenceModel) -> None:
    """By weights of their own; without faceprints, as any face."""
    ana, seen = enrolled(1), printed_track(1, first=9)
    assert face_logit(model, ana, seen, True) != face_logit(model, ana, seen, False)
    blind = replace(model, prints=None)
    assert face_logit(blind, ana, seen, True) == face_logit(blind, ana, seen, False)


@pytest.mark.parametrize("side", ["person", "track"])
def test_without_faceprints_on_both_sides_identity_vectors_decide(model: PresenceModel, side: str) -> None:
    ana, seen = enrolled(1), printed_track(1, first=9)
    if side == "person":  # enrolled by an earlier version
        ana = replace(ana, arrays={k: v for k, v in ana.arrays.items() if "prints" not in k})
    else:
        seen.prints = np.zeros((0, 0), np.float16)
    alone = face_logit(replace(model, prints=None), enrolled(1), printed_track(1, first=9), False)
    assert face_logit(model, ana, seen, False) == pytest.approx(alone)


# --- what is kept


def test_an_enrollment_keeps_them_and_they_pass_as_a_persons_file() -> None:
    ana = enrolled(1)
    assert ana.arrays["prints"].shape == (4, FACEPRINT)
    contents.check(ana.kind, ana.arrays, ana.extra, ana.name)
    assert ana.arrays["prints"].nbytes < 20_000


def test_two_clips_of_one_person_stay_two_views() -> None:
    both = merge_people(enrolled(1, "Ana"), enrolled(2, "Anna"))
    views = parts_of(both)
    assert [len(view.prints) for view in views] == [4, 4]
    np.testing.assert_array_equal(views[1].prints, enrolled(2).arrays["prints"])


def test_one_of_two_clips_without_them_still_merges() -> None:
    before = enrolled(1, "Ana")
    before = replace(before, arrays={k: v for k, v in before.arrays.items() if "prints" not in k})
    both = merge_people(before, enrolled(2, "Anna"))
    assert [len(view.prints) for view in parts_of(both)] == [0, 4]


def test_that_is_her_brings_her_faceprints_from_there(model: PresenceModel) -> None:
    ana, elsewhere = enrolled(1), printed_track(7, first=20)  # she looks quite different there
    later = printed_track(7, first=30)
    before = face_logit(model, ana, later, False)
    told = with_corrections(ana, example_of(elsewhere, True, make_analysis(elsewhere, key="e" * 64), "party.mp4"))
    assert len(examples_of(told)[0].prints) == 4
    contents.check(told.kind, told.arrays, told.extra, told.name)
    assert face_logit(model, told, later, False) > before + 3


def test_joined_tracks_keep_the_faceprints_of_the_clearest() -> None:
    poor, good = printed_track(1), printed_track(1, first=9)
    poor.quality[:] = 0.1
    np.testing.assert_array_equal(join([poor, good]).prints[:4], good.prints)
    poor.prints = np.zeros((0, 0), np.float16)
    np.testing.assert_array_equal(join([poor, good]).prints, good.prints)


@pytest.mark.parametrize(
    ("here", "there", "count"),
    [((1, 1), (2, 1), 2), ((1, 1), (1, 2), 1), ((1, 1), (1, 1), 1), ((1, 1), (2, 2), 2)],
    ids=["look-alikes stay two", "light parted her", "the same", "two others"],
)
def test_parts_of_a_long_video_are_joined_by_faceprints(
    here: tuple[int, int], there: tuple[int, int], count: int
) -> None:
    """Each track: whose faceprints, whose identity vectors."""
    joiner = TrackJoiner()
    for offset, (person, looks) in ((0, here), (100, there)):
        joiner.add(make_analysis(printed_track(person, looks, first=offset)), offset)
    assert len(joiner.tracks()) == count


def test_they_are_cached_with_the_clip(tmp_path: Path) -> None:
    cache, clip = ClipCache(tmp_path), make_analysis(printed_track(1))
    cache.save(clip, "1")
    found = cache.load(clip.key, "1")
    assert found is not None
    np.testing.assert_array_equal(found.tracks[0].prints, clip.tracks[0].prints)


# --- how they are made


class Shades:
    """A network that says how bright the upper and the lower half of a crop are."""

    def describe(self, crops: np.ndarray) -> np.ndarray:
        assert crops.shape[1:] == (SIDE, SIDE, 3)
        halves = crops.reshape(len(crops), 2, -1).astype(np.float32).mean(2)
        return np.repeat(halves, FACEPRINT // 2, 1)


class Expert:
    def __init__(self) -> None:
        class Network:
            def describe(self, chips: np.ndarray) -> np.ndarray:
                return np.zeros((len(chips), 128), np.float32)

        self.faces = FaceExpert(object(), Network(), object())  # type: ignore[arg-type]
        self.faces.printer = Shades()  # type: ignore[assignment]


def test_the_best_sightings_of_all_stretches_are_printed() -> None:
    clip, track = make_clip(frames=8), make_track(1, quality=[0.1, 0.9, 0.1, 0.1, 0.8, 0.1, 0.1, 0.7])
    images = clip.images.copy()
    for number, image in enumerate(images):
        image[:] = 20 * number
    _describe_track(replace(clip, images=images), None, track, Expert(), 3, 0)  # type: ignore[arg-type]
    np.testing.assert_allclose(np.sort(track.prints[:, 0].astype(np.float32)), [20, 80, 140])


@pytest.mark.weights
def test_the_network_is_the_files_by_another_reader() -> None:
    """OpenCV reads the same ONNX file."""
    import cv2

    from pvchat.assets.weights import member_path

    crops = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    rows = FaceprintNetwork().describe(crops)
    reader = cv2.dnn.readNetFromONNX(str(member_path("faceprints", "edgeface_s_gamma_05.onnx")))
    for crop, row in zip(crops, rows, strict=True):
        reader.setInput((crop.astype(np.float32).transpose(2, 0, 1)[None] - 127.5) / 127.5)
        other = reader.forward().ravel()
        assert float(other @ row / np.linalg.norm(other)) > 0.9999
        assert float(np.linalg.norm(row)) == pytest.approx(1, abs=1e-5)
