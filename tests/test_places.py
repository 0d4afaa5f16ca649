"""Kinds of places that walls, clothes and things tell together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_analysis import make_analysis, make_track

from pvchat.library.live.live import DEPTH
from pvchat.perception import places, scan
from pvchat.perception.places import tell_place
from pvchat.schemas import PLACE_SURE, Garment, SceneFacts, SceneSpan, Thing

OFFICE, HOSPITAL = "an office or meeting room", "a hospital or doctor's office"
COAT, STETHOSCOPE = Garment("coat", "white", 0.8), Garment("stethoscope", None, 0.9)


@pytest.fixture(autouse=True)
def walls(monkeypatch):
    """What walls tell, by kind; the rest is as likely each of ten other rooms."""
    told = {HOSPITAL: 0.0, places.OTHER: 0.0}

    def shares(*_):
        return {f"room {n}": (1 - sum(told.values())) / 10 for n in range(10)} | told

    monkeypatch.setattr(places, "place_shares", shares)
    return told


def scene(*worn: Garment, setting: str | None = "indoors", things=(), features=(), sure=0.9, **more) -> SceneFacts:
    track = make_track()
    track.facts.clothes, track.facts.features = list(worn), list(features)
    analysis = make_analysis(track)
    analysis.frame_features = np.zeros((2, 49, 1280), np.float16)
    analysis.scene, analysis.stage = SceneFacts(setting=setting, confidence={"setting": sure}), "what"
    analysis.things = list(things)
    for name, value in more.items():
        setattr(analysis, name, value)
    return tell_place(analysis).scene


@pytest.mark.parametrize(
    ("worn", "told", "found"),
    [
        ([COAT, STETHOSCOPE], OFFICE, HOSPITAL), ([STETHOSCOPE], None, HOSPITAL),
        ([Garment("coat", "black", 0.8)], OFFICE, OFFICE), ([COAT], "a kitchen", "a kitchen"), ([], OFFICE, OFFICE),
    ],
)  # fmt: skip
def test_a_white_coat_or_a_stethoscope_tells_a_doctors_office(walls, worn, told, found):
    walls |= {told: 0.55} if told else {}
    assert scene(*worn).place == found


def test_not_outdoors():
    assert scene(COAT, setting="outdoors").place is None


@pytest.mark.parametrize(
    ("kind", "sure", "told"),
    [("a kitchen", 0.28, None), ("a forest", 0.9, None), ("an event", 0.9, "an event"), (places.OTHER, 0.9, None)],
)
def test_a_place_is_told_where_it_is_sure_and_the_setting_allows_it(walls, kind, sure, told):
    walls[kind] = sure
    assert scene().place == told


def test_a_place_is_told_by_what_is_beside_the_people(monkeypatch):
    seen, grid = [], np.zeros((1, 49, 1280), np.float16)
    grid.reshape(7, 7, 1280)[:, 3] = 1  # where somebody is
    monkeypatch.setattr(places, "place_shares", lambda beside, drawn: seen.append(beside.any()) or {places.OTHER: 1.0})
    for face in ((0.45, 0.0, 0.55, 0.2), (0.3, 0.0, 0.7, 0.7)):  # who fills the frame leaves nothing beside
        track = make_track()
        track.boxes[:] = face
        scene(frame_features=grid, tracks=[track])
    assert seen == [False, True]


def test_where_a_face_fills_the_picture_no_place_is_seen(walls):
    walls["an event"] = 0.9
    track = make_track()
    for face, told in (((0.3, 0.1, 0.7, 0.8), "an event"), ((0.1, 0.0, 0.8, 0.9), None)):
        track.boxes[:] = face
        assert scene(tracks=[track]).place == told


def test_kinds_that_the_setting_excludes_take_no_share(walls):
    walls |= {OFFICE: 0.55, "an event": 0.2, "a street": 0.05}
    assert scene(sure=0.6).place == scene(setting=None).place == OFFICE
    outdoors = scene(setting="outdoors")
    assert (outdoors.place, outdoors.confidence["place"]) == ("an event", 0.8)


def test_what_is_like_an_office_is_one_where_it_is_indoors_or_sure(walls):
    walls[OFFICE] = 0.4
    assert scene().place == OFFICE
    assert scene(sure=0.6).place is scene(setting=None).place is None


def test_people_who_pose_before_one_surface_are_in_a_studio(walls):
    posing, plain = make_track(), SceneFacts(setting="indoors", background="a grey background")
    posing.facts.deed = "posing for a photo"
    walls[OFFICE] = 0.4
    assert scene(tracks=[posing], scene=plain).place == "a photo studio"
    assert scene(tracks=[posing, make_track(1)], scene=plain).place == scene(tracks=[posing]).place == OFFICE
    walls[OFFICE] = 0.6
    assert scene(tracks=[posing], scene=plain).place == OFFICE


@pytest.mark.parametrize(
    ("share", "stage", "place"), [(0.4, 0.6, "on a stage at an event"), (0.4, 0.3, None), (0.6, 0.3, "an event")]
)
def test_an_event_in_the_dark_takes_a_stage_or_is_sure(walls, share, stage, place):
    walls["an event"] = share
    assert scene(scene=SceneFacts(light="dark", confidence={"stage": stage})).place == place
    assert scene(setting=None).place == "an event"


def test_rooms_at_home_count_together(walls):
    walls |= {"a living room": 0.25, "a kitchen": 0.2, OFFICE: 0.25, HOSPITAL: 0.2}
    assert scene().place == "at home"
    assert scene(setting="outdoors").place is None
    assert scene().confidence["place"] < PLACE_SURE
    walls |= {OFFICE: 0.1, HOSPITAL: 0.34}
    assert scene().place == HOSPITAL  # a kind that is likely enough says more


def test_no_home_is_told_where_an_office_is_likelier_than_any_room(walls):
    walls |= {OFFICE: 0.28, "a living room": 0.25, "a kitchen": 0.22}
    assert scene().place is None
    walls[OFFICE] = 0.35
    assert scene().place == OFFICE


def test_of_drawn_scenes_only_walls_tell(walls):
    drawn, bed = SceneFacts(drawn=True), Thing("bed", 0.9, [0, 1], [[0, 0.5, 1, 1]] * 2, [0.8, 0.8])
    walls["a bedroom"] = 0.35
    assert scene(COAT, STETHOSCOPE, things=[bed], scene=drawn).place is None
    walls["a bedroom"] = 0.45
    assert scene(scene=drawn).place == "a bedroom"
    walls |= {"a bedroom": 0.0, "a forest": 0.3, "a lake or beach": 0.3}
    told = scene(scene=drawn)
    assert told.place == "a park or the countryside"
    assert told.confidence["place"] < PLACE_SURE


def test_a_bed_tells_a_bedroom_where_walls_tell_no_more_than_a_home(walls):
    bed = Thing("bed", 0.9, [0, 1], [[0, 0.5, 1, 1]] * 2, [0.8, 0.8])
    walls |= {"a living room": 0.25, "a bedroom": 0.25}
    assert scene(things=[bed]).place == "a bedroom"
    walls[HOSPITAL] = 0.5
    assert scene(COAT, things=[bed]).place == HOSPITAL


def test_a_bed_tells_a_bedroom_in_a_part_of_a_long_video(walls, monkeypatch):
    walls |= {"a living room": 0.25, "a bedroom": 0.25}
    part = make_analysis(make_track())
    part.frame_features, part.scene = np.zeros((2, 49, 1280), np.float16), SceneFacts(setting="indoors")
    bed = Thing("bed", 0.9, [0, 1], [[0, 0.5, 1, 1]] * 2, [0.8, 0.8])
    monkeypatch.setattr(scan, "recognise", lambda *_: part)
    monkeypatch.setattr(scan, "with_things", lambda clip, seen, *_: replace(seen, things=[bed]))
    seen = scan.analyse_part(None, None)
    assert seen.scene.place == "a bedroom"


def test_walls_alone_tell_the_place_of_a_camera_s_part(walls, monkeypatch):
    walls[OFFICE] = 0.6
    part = make_analysis(make_track())
    part.frame_features, part.scene = np.zeros((2, 49, 1280), np.float16), SceneFacts(setting="indoors")
    monkeypatch.setattr(scan, "recognise", lambda *_: part)
    assert scan.analyse_part(None, None, DEPTH).scene.place == OFFICE


def test_nothing_anew_of_long_videos_and_without_frames(walls):
    walls["a kitchen"] = 0.9
    spans = [SceneSpan(0, 1, SceneFacts())]
    for more in ({"scenes": spans}, {"frame_features": np.zeros((0, 49, 1280))}):
        assert scene(**more).place is None
