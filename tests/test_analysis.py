"""A clip becomes what the experts say: made-up experts, so that it is known what they must have been asked."""

from __future__ import annotations

import io
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from make_analysis import HEIGHT, WIDTH, box_at, identity_of, make_analysis, make_clip, make_faces, make_track
from make_experts import FacesByFrame, experts_of
from PIL import Image

from pvchat.perception import analysis as module
from pvchat.perception import measuring, posture
from pvchat.perception.analysis import drawn_probability, portrait, recognise, spread
from pvchat.perception.experts.faces import DetectedFaces
from pvchat.perception.experts.objects import Detection
from pvchat.perception.motion import BodyMeasures
from pvchat.perception.scan import PART_DEPTH
from pvchat.perception.sightings import Pictured
from pvchat.schemas import ClipAnalysis, PersonFacts, SceneFacts
from pvchat.video import Clip

NOBODY = make_faces()
BODY = Detection("person", np.float32([0.1, 0.1, 0.9, 0.9]), 0.9)


def analyse(clip: Clip, experts: Any, progress: Any = None) -> ClipAnalysis:
    """Both stages, one after the other."""
    return measuring.measure(clip, recognise(clip, experts, progress), experts, progress)


@pytest.fixture(autouse=True)
def facts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Facts and motion are measured elsewhere: here only that they are asked for the right things."""
    asked: list[Any] = []

    def recognise_person(clip: Clip, track: Any, found: ClipAnalysis, **_: Any) -> PersonFacts:
        assert track.body.shape == (len(track), 1280)
        assert track.thumbnail
        return PersonFacts(where="in the middle of the frame", confidence={"where": 0.7})

    def measure_person(clip: Clip, seen: Pictured, found: ClipAnalysis, **_: Any) -> PersonFacts:
        asked.append(seen.track)
        return PersonFacts.from_dict(asdict(seen.track.facts))

    def find_faces(images: np.ndarray, shots: np.ndarray, expert: FacesByFrame, tell: Any) -> list[DetectedFaces]:
        assert len(images) == len(shots)
        tell(len(images))
        return expert.find_many(images)

    monkeypatch.setattr(module, "find_faces", find_faces)  # of which tests/test_search.py has the real one
    monkeypatch.setattr("pvchat.perception.facts.recognise_person", recognise_person)
    monkeypatch.setattr("pvchat.perception.facts.measure_person", measure_person)
    monkeypatch.setattr(
        "pvchat.perception.places.measure_scene",
        lambda clip, grid, drawn, **_: SceneFacts(place="an office", drawn=drawn),
    )
    monkeypatch.setattr("pvchat.perception.places.tell_place", lambda analysis: analysis)
    monkeypatch.setattr("pvchat.perception.deeds.tell_deed", lambda *_: None)
    words = (["talking"], {})
    monkeypatch.setattr("pvchat.perception.posture.postures", lambda *_: {"standing": 0.8, "sitting": 0.2})
    monkeypatch.setattr(measuring, "measure_body", lambda *_: BodyMeasures())
    monkeypatch.setattr(measuring, "describe_motion", lambda part, times, measures, aspect: words)
    return asked


def asked_once(asked: list[Any], people: list[Any]) -> bool:
    """Whether each was asked about once, in any order: two threads take them as they come."""
    return sorted(map(id, asked)) == sorted(map(id, people))


def two_people(frames: int) -> list[DetectedFaces]:
    """Ana on the left all the time, Ben on the right from frame 2 on and smaller."""
    ana = [(box_at(80), identity_of(1, 0.15, f)) for f in range(frames)]
    ben = [(box_at(240, side=24), identity_of(2, 0.15, f)) for f in range(frames)]
    return [make_faces(ana[f], *ben[f : f + (f >= 2)]) for f in range(frames)]


def test_tracks_are_consistent() -> None:
    clip = make_clip(10)
    found = analyse(clip, experts_of(two_people(10)))
    assert (found.key, found.duration_s, found.width, found.height) == (clip.key, 2.5, WIDTH, HEIGHT)
    np.testing.assert_array_equal(found.times, clip.times)
    assert [len(t) for t in found.tracks] == [10, 8]
    for track in found.tracks:
        n = len(track)
        shapes = {
            "frames": (n,), "boxes": (n, 4), "points": (n, 5, 2), "scores": (n,), "quality": (n,),
            "identity": (n, 128), "body_boxes": (n, 4), "body": (n, 1280), "pose": (n, 33, 4),
        }  # fmt: skip
        assert {name: getattr(track, name).shape for name in shapes} == shapes
        assert track.kind == "face"
        assert (np.diff(track.frames) > 0).all()
        assert track.boxes.min() >= 0
        assert track.boxes.max() <= 1
        assert (track.boxes[:, 2:] > track.boxes[:, :2]).all()
        assert (track.points >= track.boxes[:, None, :2]).all()
        assert (track.points <= track.boxes[:, None, 2:]).all()
        assert (track.body_boxes[:, 3] > track.boxes[:, 3]).all()  # the body goes on below the face
    share = np.array(box_at(80)) / [WIDTH, HEIGHT, WIDTH, HEIGHT]
    np.testing.assert_allclose(found.tracks[0].boxes[0], share, atol=1e-5)
    np.testing.assert_array_equal(found.tracks[1].frames, np.arange(2, 10))


def test_a_frame_is_searched_for_persons_once_for_everybody_in_it() -> None:
    """Ana is posed in all ten frames, Ben in the last eight."""
    experts = experts_of(two_people(10))
    analyse(make_clip(10), experts)
    assert len(experts.body.asked) == 18
    assert experts.body.searched == 10


def test_frame_features_are_few_small_and_spread() -> None:
    found = analyse(make_clip(30), experts_of([NOBODY] * 30))
    assert found.frame_features.shape == (12, 49, 1280)
    assert found.frame_features.dtype == np.float16
    assert analyse(make_clip(5), experts_of([NOBODY] * 5)).frame_features.shape == (5, 49, 1280)


def test_every_sighting_has_the_body_of_the_nearest_described_one() -> None:
    """Frames of rising brightness: the features tell which frame was described."""
    count = 20
    clip = make_clip(count)
    clip.images[:] = np.arange(count, dtype=np.uint8)[:, None, None, None] * 10
    experts = experts_of([make_faces((box_at(160), identity_of(1, 0.1, f))) for f in range(count)])
    (track,) = analyse(clip, experts).tracks
    described = np.unique(track.body[:, 0])
    assert len(described) == 6
    shown = np.abs(described[None] / 10 - np.arange(count)[:, None])
    np.testing.assert_allclose(np.abs(track.body[:, 0] / 10 - np.arange(count)), shown.min(1), atol=1e-4)
    assert (track.body == track.body[:, :1]).all()


def test_bodies_are_cut_out_of_the_picture() -> None:
    """The crop for a face of 40 pixels is its torso: far more than a pixel, less than the frame."""
    experts = experts_of([make_faces((box_at(160), identity_of(1)))] * 3)
    analyse(make_clip(3), experts)
    for cut in experts.frames.crops:
        assert 80 <= cut.shape[0] < HEIGHT
        assert 100 <= cut.shape[1] < WIDTH


def test_thumbnails_are_jpegs_of_the_best_sighting() -> None:
    clip = make_clip(4)
    clip.images[:] = 40
    clip.images[2] = 200
    faces = [make_faces((box_at(160), identity_of(1)), quality=0.9 if f == 2 else 0.3) for f in range(4)]
    (track,) = analyse(clip, experts_of(faces)).tracks
    picture = Image.open(io.BytesIO(track.thumbnail))
    assert picture.format == "JPEG"
    assert 40 < max(picture.size) <= 192  # head and shoulders of a face of 40 pixels
    assert np.asarray(picture).mean() == pytest.approx(200, abs=3)


def test_thumbnail_of_a_face_at_the_border() -> None:
    clip = make_clip(2)
    for box in ((-0.1, -0.1, 0.1, 0.2), (0.95, 0.9, 1.2, 1.3), (0, 0, 1, 1), (0.5, 0.5, 0.501, 0.501)):
        picture = Image.open(io.BytesIO(portrait(clip.images[0], np.array(box, np.float32))))
        assert min(picture.size) >= 1
        assert max(picture.size) <= 192


def test_a_photo_is_a_clip_of_one_frame() -> None:
    found = analyse(make_clip(1), experts_of([make_faces((box_at(160), identity_of(1)))]))
    (track,) = found.tracks
    assert len(track) == 1
    assert found.frame_features.shape == (1, 49, 1280)
    assert track.body.shape == (1, 1280)
    assert found.spans(track.frames) == [(0.0, 0.25)]


def test_an_empty_clip() -> None:
    experts = experts_of([NOBODY] * 4, figures=0)
    found = analyse(make_clip(4), experts)
    assert found.tracks == []
    assert found.scene.place == "an office"
    assert not found.scene.drawn
    assert experts.figures.searched == 4  # without a face a figure is looked for, whatever the clip looks like


def test_facts_and_motion_are_measured_for_everyone(facts: list[Any]) -> None:
    found = analyse(make_clip(8), experts_of(two_people(8)))
    assert asked_once(facts, found.tracks)
    for track in found.tracks:
        assert track.facts.where == "in the middle of the frame"
        assert track.facts.pose == "standing"
        assert track.facts.gestures == ["talking"]
        assert track.facts.confidence == {"where": 0.7, "pose": 0.8}


def test_talking_is_not_read_off_a_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pvchat.perception.facts.measure_person", lambda *_, **__: PersonFacts(features=["a face mask"])
    )
    found = analyse(make_clip(4), experts_of(two_people(4)))
    assert [t.facts.gestures for t in found.tracks] == [[], []]


def test_poses_fill_the_sightings_they_were_seen_in() -> None:
    (track,) = analyse(make_clip(6), experts_of([make_faces((box_at(160), identity_of(1)))] * 6)).tracks
    assert np.isnan(track.pose[0]).all()  # nothing was seen there
    assert (track.pose[1:] == 0.5).all()


def test_in_a_crowd_only_the_most_prominent_are_posed() -> None:
    crowd = [
        make_faces(*((box_at(30 + 50 * i, side=40 - 2 * i), identity_of(i, 0.1, f)) for i in range(6)))
        for f in range(4)
    ]
    found = analyse(make_clip(4), experts_of(crowd))
    posed = [bool(np.isfinite(t.pose).any()) for t in found.tracks]
    assert posed == [True] * 4 + [False] * 2
    assert [t.facts.gestures for t in found.tracks] == [["talking"]] * 6  # the others' faces are measured all the same


def test_a_drawn_clip_gives_figures_of_the_right_frames() -> None:
    found = analyse(make_clip(40), experts_of([NOBODY] * 40, drawn=0.9))
    (track,) = found.tracks
    assert found.scene.drawn
    assert track.kind == "figure"
    assert track.frames[0] == 0
    assert track.frames[-1] == 39  # indices into the clip's frames, not into those that were searched
    assert np.isnan(track.pose).all()
    assert np.isfinite(track.body).all()
    assert np.ptp(track.body) > 0
    assert track.facts.where
    assert track.thumbnail[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("drawn", "searched", "is_drawn"),
    [(0.01, 0, False), (0.34, 0, False), (0.36, 6, False), (0.67, 6, False), (0.69, 6, True), (0.99, 6, True)],
)
def test_how_drawn_it_looks_decides_about_figures_beside_faces(drawn: float, searched: int, is_drawn: bool) -> None:
    """A face that holds does not veto: drawings have such faces, too, but none that the detector is quite sure of."""
    experts = experts_of(two_people(8), drawn=drawn)
    experts.things.people = lambda image: [BODY]
    found = analyse(make_clip(8), experts)
    assert bool(found.bodies) != is_drawn, "film that looks a little drawn has bodies, too"
    assert experts.figures.searched == searched
    assert [t.kind for t in found.tracks] == ["face", "face", *["figure"] * bool(searched)]
    assert found.scene.drawn == is_drawn
    assert found.scene.confidence["drawn"] == pytest.approx(drawn, abs=0.001)


@pytest.mark.parametrize(("score", "frames", "real"), [(0.999, 8, True), (0.99, 8, False), (0.999, 3, False)])
def test_a_face_beyond_doubt_makes_a_clip_real(score: float, frames: int, real: bool) -> None:
    seen = [replace(faces, scores=np.full(len(faces), score, np.float32)) for faces in two_people(8)[:frames]]
    found = analyse(make_clip(8), experts_of([*seen, *[NOBODY] * (8 - frames)], drawn=0.9))
    assert found.scene.drawn != real
    assert any(track.kind == "figure" for track in found.tracks) != real


@pytest.mark.parametrize(("drawn", "bodies"), [(0.01, []), (0.36, [BODY])])
def test_a_clip_without_faces_is_searched_but_not_called_drawn(drawn: float, bodies: list[Detection]) -> None:
    experts = experts_of([NOBODY] * 8, drawn=drawn)
    experts.things.people = lambda image: bodies
    found = analyse(make_clip(8), experts)
    assert ([t.kind for t in found.tracks], found.bodies) == (["figure"], [])
    assert not found.scene.drawn


@pytest.mark.parametrize(
    ("one", "other", "both"), [(0.9, 0.9, 0.9), (0.9, 0.1, 0.5), (0.1, 0.9, 0.5), (0.5, 0.8, 2 / 3), (0.2, 0.5, 1 / 3)]
)
def test_drawn_is_the_mean_log_odds_of_two_heads(one: float, other: float, both: float) -> None:
    pooled = np.zeros((5, 1280), np.float32)
    assert drawn_probability(pooled, experts_of([], drawn=one, photo_head=other)) == pytest.approx(both, abs=1e-4)


@pytest.mark.parametrize("sure", [1e-13, 1.0])
def test_a_head_that_is_quite_sure_gives_a_probability(sure: float) -> None:
    """1e-13 is where a head's log-odds are clipped; single precision rounds its opposite to 1."""
    for other in (0.0, 0.3, 1.0):
        found = drawn_probability(np.zeros((2, 1280), np.float32), experts_of([], drawn=sure, photo_head=other))
        assert 0 <= found <= 1


def test_figures_beyond_the_third_are_measured_without_their_bodies(facts: list[Any]) -> None:
    found = analyse(make_clip(8), experts_of([NOBODY] * 8, drawn=0.9, figures=5))
    assert [t.kind for t in found.tracks] == ["figure"] * 5
    assert asked_once(facts, found.tracks)
    assert [bool(t.body.any()) for t in found.tracks] == [True] * 3 + [False] * 2
    assert all(t.facts.where for t in found.tracks)
    assert all(t.identity.any() and t.thumbnail for t in found.tracks)


def test_figures_are_measured_however_many_faces_there_are(facts: list[Any]) -> None:
    crowd = [make_faces(*((box_at(40 + 60 * i), identity_of(i, 0.1, f)) for i in range(4))) for f in range(4)]
    found = analyse(make_clip(4), experts_of(crowd, drawn=0.9, figures=5))
    assert [t.kind for t in found.tracks] == ["face"] * 4 + ["figure"] * 5
    assert asked_once(facts, found.tracks)


def test_at_most_eight_figure_tracks_are_kept() -> None:
    assert len(analyse(make_clip(3), experts_of([NOBODY] * 3, drawn=0.9, figures=12)).tracks) == 8


def test_in_a_long_video_figures_are_looked_for_in_each_shot() -> None:
    clip, experts = replace(make_clip(8), cuts=(0.5, 0.75)), experts_of([NOBODY] * 8, drawn=0.9, figures=1)
    found = recognise(clip, experts, None, PART_DEPTH)
    searched = np.concatenate([track.frames for track in found.tracks if track.kind == "figure"])
    assert {*found.shot_of(clip.times[searched]).tolist()} == {0, 1, 2}


def test_progress_runs_to_its_end() -> None:
    told: list[tuple[str, float, float]] = []
    analyse(make_clip(5), experts_of(two_people(5)), lambda *row: told.append(row))
    for what in {row[0] for row in told}:
        done = [row[1] for row in told if row[0] == what]
        assert done == sorted(done)
        assert done[-1] == next(row[2] for row in told if row[0] == what)
    assert len({row[0] for row in told}) == 3


def test_only_who_is_in_the_same_shot_is_company(facts: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody stands in front of somebody in another shot; and nobody is followed into it."""
    company: list[int] = []

    def recognise_person(clip: Clip, track: Any, found: ClipAnalysis, **_: Any) -> PersonFacts:
        company.append(len(found.tracks))
        assert any(t is track for t in found.tracks)
        return PersonFacts()

    monkeypatch.setattr("pvchat.perception.facts.recognise_person", recognise_person)
    left = [make_faces((box_at(80), identity_of(1)), (box_at(240), identity_of(2)))] * 4
    clip = replace(make_clip(8), cuts=(1.0,))
    found = analyse(clip, experts_of([*left, *[make_faces((box_at(80), identity_of(3)))] * 4]))
    assert [t.frames.tolist() for t in found.tracks] == [[0, 1, 2, 3], [0, 1, 2, 3], [4, 5, 6, 7]]
    assert company == [2, 2, 1]
    np.testing.assert_allclose(found.shots, [[0, 1], [1, 2]])


def test_who_is_there_is_known_before_anything_is_measured(facts: list[Any]) -> None:
    """The first stage has all that presence and enrolling read; the second changes none of it."""
    clip, experts = make_clip(8), experts_of(two_people(8))
    who = recognise(clip, experts)
    assert who.stage == "who"
    assert facts == []
    assert experts.body.asked == []
    kept = [PersonFacts.from_dict(asdict(t.facts)) for t in who.tracks]
    what = measuring.measure(clip, who, experts)
    assert what.stage == "what"
    for one, other, before in zip(who.tracks, what.tracks, kept, strict=True):
        for name in ("frames", "boxes", "identity", "quality", "body", "thumbnail"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert one.facts == before  # what was kept in a cache stays as it is
        assert np.isnan(one.pose).all()
        assert np.isfinite(other.pose).any()
    assert (who.scene, who.duration_s) == (what.scene, what.duration_s)


def test_only_those_asked_for_are_measured(facts: list[Any]) -> None:
    clip, experts = make_clip(4), experts_of(two_people(4))
    found = measuring.measure(clip, recognise(clip, experts), experts, only=(1,))
    assert facts == [found.tracks[1]]
    assert [t.facts.pose for t in found.tracks] == [None, "standing"]


def test_hands_are_looked_at_when_the_pose_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whoever is posed, and before deeds are told of it; of drawn figures never."""
    posed: list[bool] = []

    def look(images: np.ndarray, track: Any, expert: Any) -> None:
        posed.append(bool(np.isfinite(track.pose).any()))

    monkeypatch.setattr("pvchat.perception.handled.look_at_hands", look)
    monkeypatch.setattr("pvchat.perception.deeds.tell_deed", lambda *_: posed.append(len(posed) >= 2))
    analyse(make_clip(4), experts_of(two_people(4)))
    assert posed == [True] * 4
    posed.clear()
    analyse(make_clip(4), experts_of([NOBODY] * 4, drawn=0.9))
    assert len(posed) == 1  # the figure's deed


def test_the_place_is_told_before_what_people_sit_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was told of the clip before: a sofa in a bedroom is taken for the bed."""
    places: list[str | None] = []
    monkeypatch.setattr(
        "pvchat.perception.places.tell_place", lambda seen: replace(seen, scene=SceneFacts(place="a bedroom"))
    )
    monkeypatch.setattr("pvchat.perception.things.tell_things", lambda track, seen: places.append(seen.scene.place))
    assert analyse(make_clip(4), experts_of(two_people(4))).scene.place == "a bedroom"
    assert places == ["a bedroom"] * 2


@pytest.mark.parametrize(("count", "most"), [(1, 6), (5, 6), (6, 6), (7, 6), (1000, 24)])
def test_spread(count: int, most: int) -> None:
    found = spread(count, most)
    assert found[0] == 0
    assert found[-1] == count - 1
    assert len(found) == min(count, most)
    assert (np.diff(found) > 0).all()
    assert np.ptp(np.diff(found)) <= 1 if len(found) > 2 else True


def test_a_body_without_a_face_has_a_pose_and_no_gestures() -> None:
    body, drawn = make_track(kind="figure"), make_track(kind="figure")
    body.looks = np.zeros((1, 4), np.float16)
    _, posed, _ = measuring._plan([body, drawn], module.WHOLE, None)
    assert posed == [0]
    upright = {11: (0.55, 0.3), 12: (0.45, 0.3), 23: (0.53, 0.5), 24: (0.47, 0.5), 25: (0.53, 0.68), 26: (0.47, 0.68)}
    body.pose[:] = 0
    for joint, place in upright.items():
        body.pose[:, joint] = (*place, 0, 0.95)
    seen = np.arange(len(body))
    clip = make_clip(len(body))
    frames = measuring._FrameMeasures(clip, np.zeros(len(body), np.int64), None)
    measuring._fill_motion(body, seen, [], frames, drawn=False)
    posture.tell_posture(body, make_analysis(body))
    assert (body.facts.pose, body.facts.gestures, body.facts.movement) == ("probably standing", [], None)


@pytest.mark.parametrize(("drawn", "lacking"), [(False, ["glasses", "smiling"]), (True, [])])
def test_a_drawn_scene_lacks_nothing(monkeypatch: pytest.MonkeyPatch, drawn: bool, lacking: list[str]) -> None:
    monkeypatch.setattr(measuring, "describe_motion", lambda *_: ([], {}))
    monkeypatch.setattr(measuring, "wears_glasses", lambda _: False)
    monkeypatch.setattr(measuring, "is_earnest", lambda _: True)
    face = make_track()
    frames = measuring._FrameMeasures(make_clip(len(face)), np.zeros(len(face), np.int64), None)
    measuring._fill_motion(face, np.arange(len(face)), [], frames, drawn)
    assert face.facts.lacking == lacking


@pytest.mark.parametrize("odds", [2.0, -2.0])
def test_glasses_are_told_where_the_measures_show_them(facts: list[Any], monkeypatch: Any, odds: float) -> None:
    monkeypatch.setattr(measuring, "measure_body", lambda *_: BodyMeasures(glasses=odds, yaw=0.0))
    clip, experts = make_clip(8), experts_of(two_people(8))
    measured = measuring.measure(clip, recognise(clip, experts), experts)
    assert all(("glasses" in track.facts.features) is (odds > 0) for track in measured.tracks)
