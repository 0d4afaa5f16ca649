from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from pvchat.perception import facts, garments, gender, sightings
from pvchat.perception.experts.attributes import Attribute
from pvchat.perception.experts.collection import Experts
from pvchat.perception.experts.headfiles import arrays_of
from pvchat.perception.experts.headlooks import SeenAtHead
from pvchat.perception.places import measure_scene
from pvchat.schemas import ClipAnalysis, PersonFacts, SceneFacts, Track

WIDTH, HEIGHT = 320, 240
SKIN, RED, NAVY, WALL, HAIR = (210, 155, 130), (190, 25, 35), (20, 30, 80), (128, 128, 128), (25, 20, 18)


class StubHeads:
    def __init__(self, **said):
        self.said = said

    def claims(self, head, features):
        return [Attribute(label, p) for label, p in self.said.get(head, []) if p >= 0.5 or label == "a face mask"]


class StubHeadLooks:
    def __init__(self, said, colour=None):
        self.shown = [Attribute(label, p) for label, p in said if p >= 0.5 or label == "a face mask"]
        self.lacking, self.colour = [label for label, p in said if p < 0.05], colour

    def look(self, heads, features):
        return SeenAtHead(self.shown, self.lacking, self.colour)


class StubImageNet:
    def __init__(self, **p):
        self.p = np.zeros(1000, np.float32)
        for index, value in p.items():
            self.p[int(index[1:])] = value

    def probabilities(self, features):
        return np.repeat(self.p[None], len(features), 0)


def experts(imagenet=None, **said):
    found, frames = Experts(), SimpleNamespace(pooled=lambda images: np.zeros((len(images), 1280), np.float32))
    settings = StubHeads(photo=said.pop("photo", [("indoors", 0.7)]), drawn=said.pop("drawn", []))
    headlooks = StubHeadLooks(said.pop("second", []), said.pop("colour", None))
    heads, imagenet = StubHeads(**said), imagenet or StubImageNet()
    found.__dict__.update(frames=frames, clothes=frames, heads=heads, headlooks=headlooks, settings=settings)
    found.__dict__["imagenet"] = imagenet
    return found


def scene_with(face=(0.4, 0.2, 0.5, 0.36), cloth=RED, frames=6, collar=None, grey=False):
    """Someone in front of a wall: hair, face, torso; `face` in fractions."""
    x0, y0, x1, y1 = (round(v * n) for v, n in zip(face, (WIDTH, HEIGHT) * 2, strict=True))
    w, h = x1 - x0, y1 - y0
    image = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    image[max(0, y0 - h // 4) : y1, max(0, x0 - w // 8) : x1 + w // 8] = HAIR
    image[y0 + h // 20 : y1, x0:x1] = SKIN
    image[y1 : y1 + h // 5, x0 + w // 4 : x1 - w // 4] = SKIN
    image[y1 + h // 5 :, max(0, x0 - w) : x1 + w] = cloth
    if collar:
        middle = (x0 + x1) // 2
        image[y1 + h // 8 : y1 + h, middle - w // 4 : middle + w // 4] = collar
    images = np.repeat(image[None], frames, 0) + np.random.default_rng(0).integers(0, 4, (frames, HEIGHT, WIDTH, 1))
    images = images.clip(0, 255).astype(np.uint8)
    if grey:
        images = np.repeat(images.mean(3, keepdims=True).astype(np.uint8), 3, 3)
    return SimpleNamespace(images=images, width=WIDTH, height=HEIGHT), track_at(face, frames)


def face_of(odds):
    """A face vector [128], as long as they are, that is a man's by these log-odds."""
    head = arrays_of(gender.WEIGHTS)
    along = head["weight"] / np.linalg.norm(head["weight"])
    found = (odds - head["bias"][0]) / np.linalg.norm(head["weight"]) * along
    aside = np.eye(128)[0] - along[0] * along
    return found + np.sqrt(max(0.0, 1.96 - (found**2).sum())) * aside / np.linalg.norm(aside)


def track_at(face, n=6, kind="face"):
    boxes = np.repeat(np.float32([face]), n, 0)
    return Track(
        kind, np.arange(n), boxes, np.zeros((n, 5, 2), np.float32), np.ones(n, np.float32), np.ones(n, np.float32),
        np.repeat(face_of(0.0)[None], n, 0), boxes, np.zeros((n, 1280), np.float32),
        np.full((n, 33, 4), np.nan, np.float32),
    )  # fmt: skip


def analysis(*tracks):
    times = np.arange(6, dtype=np.float32)
    return ClipAnalysis("k", 6.0, WIDTH, HEIGHT, times, np.zeros((6, 49, 1280), np.float16), list(tracks))


def measure_person(clip, track, analysis, **experts):
    """Both stages: who it is and where, then what is worn and done."""
    told = replace(track, facts=facts.recognise_person(clip, track, analysis, **experts))
    return facts.measure_person(clip, sightings.pictured(clip, told), analysis, **experts)


def test_clothes_get_the_colour_that_was_painted():
    clip, track = scene_with()
    found = measure_person(clip, track, analysis(track), experts=experts())
    assert [(g.kind, g.colour) for g in found.clothes] == [("top", "red")]
    assert found.shot == "medium shot"
    assert (found.pose, found.movement, found.gestures) == (None, None, [])


def wearing(monkeypatch, **shares):
    """Let the head say how likely some kinds are."""
    none = dict.fromkeys((*garments.TOLD, *garments.UNTOLD), 0.0)
    told = {kind.replace("_", " "): share for kind, share in shares.items()}
    monkeypatch.setattr(garments, "garment_shares", lambda *_: none | told)


def test_claims_become_features_and_garments(monkeypatch):
    clip, track = scene_with(cloth=NAVY, collar=(235, 235, 235))
    said = {"head": [("man", 0.95), ("a hat", 0.9), ("glasses", 0.9), ("smiling", 0.9)]}
    wearing(monkeypatch, suit=0.45)
    formal = StubImageNet(i834=0.4, i906=0.3)
    found = measure_person(clip, track, analysis(track), experts=experts(formal, **said))
    assert found.gender is None  # one head's word alone isn't enough
    assert found.features == ["a hat"]  # smiling is no feature, glasses are not said (docs/LOG.md)
    assert found.confidence == {"a hat": 0.9}
    assert [(g.kind, g.colour) for g in found.clothes] == [("suit", "dark blue"), ("shirt", "white"), ("tie", None)]


def test_a_face_tells_the_gender_and_the_look_of_the_head_adds_to_it():
    clip, track = scene_with()
    told = {}
    for odds, claim in product((-4.0, -2.5, 0.5, 2.0), (None, "man", "woman")):
        track.identity[:] = face_of(odds)
        said = {"head": [(claim, 0.95)]} if claim else {}
        told[odds, claim] = facts.recognise_person(clip, track, analysis(track), experts=experts(**said)).gender
    assert {key for key, said in told.items() if said == "man"} == {(0.5, "man"), (2.0, None), (2.0, "man")}
    assert {key for key, said in told.items() if said == "woman"} == {(-4.0, None), (-4.0, "woman"), (-2.5, "woman")}


def test_what_is_no_face_has_no_gender_of_its_own():
    clip, track = scene_with()
    track.identity[:] = 0.0
    assert gender.gender_of_track(track, None) is None
    assert gender.gender_of_track(track, Attribute("woman", 0.9)) == Attribute("woman", 0.9)
    assert gender.gender_of_person(track.identity) is None


def test_a_mask_needs_both_heads():
    clip, track = scene_with()
    for second, features in (([], []), ([("a face mask", 0.4)], ["a face mask"])):
        both = experts(head=[("a face mask", 0.97)], second=second)
        assert measure_person(clip, track, analysis(track), experts=both).features == features


def test_what_one_head_alone_finds_at_a_head_is_told_and_hides_no_face():
    clip, track = scene_with()
    found = measure_person(
        clip, track, analysis(track), experts=experts(second=[("a hat", 0.9), ("a helmet", 0.7), ("long hair", 0.8)])
    )
    assert found.features == []  # faces are compared as if nothing hid them
    assert found.headwear == ["a helmet"]  # one thing on one head
    assert found.confidence["a helmet"] == 0.7
    assert found.hair == "long hair"  # whose colour a helmet hides
    second = [("sunglasses", 0.9), ("long hair", 0.8)]
    found = measure_person(clip, track, analysis(track), experts=experts(head=[("sunglasses", 0.9)], second=second))
    assert (found.features, found.headwear) == (["sunglasses"], [])  # both heads find the same pair
    assert found.hair == "long hair"
    told = experts(head=[("a hat", 0.9)], second=[("a helmet", 0.9)])
    found = measure_person(clip, track, analysis(track), experts=told)
    assert (found.features, found.headwear) == (["a hat"], [])


def test_hair_is_told_with_its_length_and_colour():
    clip, track = scene_with(cloth=NAVY)
    for length in ("long hair", "short hair"):
        told = experts(second=[(length, 0.9)], colour="blonde")
        found = facts.recognise_person(clip, track, analysis(track), experts=told)
        assert found.hair == length.replace(" ", " blonde ")
    found = facts.recognise_person(clip, track, analysis(track), experts=experts(colour="red"))
    assert found.hair == "red hair"


def test_what_a_head_surely_does_not_wear_is_lacking():
    clip, track = scene_with()
    second = [("a hat", 0.01), ("sunglasses", 0.04), ("a helmet", 0.3), ("long hair", 0.9)]
    told = experts(head=[("sunglasses", 0.9)], second=second)  # of what the first head finds nothing is denied
    assert measure_person(clip, track, analysis(track), experts=told).lacking == ["a hat"]
    seen = analysis(track)
    seen.scene.drawn = True  # which the heads weren't fitted to
    assert measure_person(clip, track, seen, experts=told).lacking == []


def test_of_drawn_pictures_nothing_is_told_by_what_was_learned_from_photos():
    clip, track = scene_with()
    seen = analysis(track)
    seen.scene.drawn = True
    found = measure_person(clip, track, seen, experts=experts(second=[("sunglasses", 0.9), ("long hair", 0.8)]))
    assert (found.headwear, found.confidence, found.hair) == ([], {}, None)


def test_nobody_wears_two_kinds_of_tie(monkeypatch):
    clip, track = scene_with(cloth=NAVY)
    wearing(monkeypatch, suit=0.9)
    formal = StubImageNet(i834=0.4, i906=0.2, i457=0.3)
    found = measure_person(clip, track, analysis(track), experts=experts(formal, head=[("man", 0.95)]))
    assert [g.kind for g in found.clothes if "tie" in g.kind] == ["bow tie"]


@pytest.mark.parametrize(
    ("shares", "classes", "kind"),
    [
        ({"suit": 0.5}, {"i834": 0.2, "i906": 0.2}, "top"),  # neither is sure
        ({"suit": 0.2, "shirt": 0.5}, {"i834": 0.4, "i906": 0.3}, "top"),  # not what the classes claim
        ({"shirt": 0.7}, {}, "shirt"),
        ({"T-shirt": 0.79}, {}, "top"),  # which other tops are taken for
        ({"T-shirt": 0.8}, {}, "T-shirt"), ({"coat": 0.3, "jacket": 0.2, "suit": 0.2}, {}, "jacket"),
        ({"white_coat": 0.7}, {}, "coat"), ({"sleeveless_top": 0.9}, {}, "top"), ({"dress": 0.7}, {}, "dress"),
        ({"dress": 0.6}, {}, "top"),  # not sure enough
        ({"uniform": 0.7}, {"i461": 0.2, "i524": 0.2}, "armour"),
        ({"robe": 0.8, "jacket": 0.2}, {"i400": 0.9}, "robe"),
    ],
)  # fmt: skip
def test_kinds_are_told_where_the_head_is_sure_or_agrees(monkeypatch, shares, classes, kind):
    clip, track = scene_with()
    wearing(monkeypatch, **shares)
    found = measure_person(clip, track, analysis(track), experts=experts(StubImageNet(**classes)))
    assert [g.kind for g in found.clothes] == [kind]


def test_a_coat_with_a_stethoscope(monkeypatch):
    clip, track = scene_with(cloth=(240, 240, 240))
    wearing(monkeypatch, white_coat=0.7)
    found = measure_person(clip, track, analysis(track), experts=experts(StubImageNet(i617=0.27, i823=0.73)))
    assert [(g.kind, g.colour) for g in found.clothes] == [("coat", "white"), ("stethoscope", None)]


def test_sleeves_and_who_it_is_exclude_kinds():
    torso = bust = np.zeros(1280, np.float32)
    plain = garments.garment_shares(torso, bust, None, None)
    assert min(plain.values()) > 0
    for sleeves, none in (("short-sleeved", "jacket"), ("sleeveless", "shirt"), ("long-sleeved", "T-shirt")):
        shares = garments.garment_shares(torso, bust, sleeves, "man")
        assert shares[none] == shares["dress"] == 0
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)


def test_a_close_up_shows_no_clothes_and_says_none():
    clip, track = scene_with(face=(0.2, 0.1, 0.8, 0.99))
    found = measure_person(clip, track, analysis(track), experts=experts())
    assert found.shot == "close-up"
    assert found.clothes == []


def test_grey_scale_footage_has_no_colours():
    """Not in the scan of a long video, either, where nothing but that is told of hair."""
    clip, track = scene_with(cloth=(60, 10, 15), grey=True)
    told = experts(second=[("short hair", 0.9)], colour="blonde")
    assert facts.recognise_person(clip, track, analysis(track), experts=told).hair == "short hair"
    found = measure_person(clip, track, analysis(track), experts=experts())
    assert [g.colour for g in found.clothes] == ["dark"]


@pytest.mark.parametrize(
    ("x", "phrase"),
    [(0.05, "on the left of the frame"), (0.45, "in the middle of the frame"), (0.85, "on the right of the frame")],
)
def test_position(x, phrase):
    track = track_at((x, 0.3, x + 0.1, 0.45))
    assert sightings.position(track, analysis(track)) == phrase


def test_foreground_and_background_are_relative_to_others():
    near, far = track_at((0.4, 0.2, 0.6, 0.6)), track_at((0.8, 0.4, 0.85, 0.5))
    both = analysis(near, far)
    assert sightings.position(near, both) == "in the middle of the frame, in the foreground"
    assert sightings.position(far, both) == "on the right of the frame, in the background"


def test_best_sightings_are_spread_and_good():
    track = track_at((0.4, 0.2, 0.5, 0.4), n=20)
    track.quality[:] = 0.1
    track.quality[[1, 6, 9, 14, 17]] = 0.9
    assert sightings.best_sightings(track).tolist() == [1, 6, 9, 14, 17]


def test_drawn_figures_get_colours_without_any_network():
    clip, _ = scene_with()
    track = track_at((0.4, 0.1, 0.5, 0.36), kind="figure")
    found = measure_person(clip, track, analysis(track), experts=None)  # none is asked
    assert found.clothes[0].colour == "red"
    assert found.gender is None
    assert found.features == []


def test_setting_and_background_of_a_scene():
    clip, _ = scene_with()
    said = [("indoors", 0.97), ("riding a bike", 0.9)]
    found = measure_scene(clip, np.zeros((2, 49, 1280)), experts=experts(frame=said))
    assert (found.place, found.setting, found.drawn) == (None, "indoors", False)
    assert found.background == "a grey background"
    assert found.confidence == {"setting": 0.97}


def test_a_drawn_scene_has_a_setting_of_its_own():
    clip, _ = scene_with()
    said = experts(frame=[("outdoors", 0.99)], drawn=[("indoors", 0.8)])
    found = measure_scene(clip, np.zeros((2, 49, 1280)), True, experts=said)
    assert (found.drawn, found.setting) == (True, "indoors")


def test_a_setting_needs_both_heads():
    clip, _ = scene_with()
    doubted = experts(frame=[("outdoors", 0.97)], photo=[("indoors", 0.6)])
    assert measure_scene(clip, np.zeros((2, 49, 1280)), experts=doubted).setting is None


def test_of_what_an_earlier_version_measured_the_rest_is_read():
    assert PersonFacts.from_dict({"pose": "sitting", "near": ["at a table"]}) == PersonFacts(pose="sitting")
    assert SceneFacts.from_dict({"place": "an office", "covered": ["curtains"]}) == SceneFacts(place="an office")


def test_dark_and_bright_scenes():
    for level, word in ((10, "dark"), (120, None), (240, "bright")):
        clip = SimpleNamespace(images=np.full((3, 60, 80, 3), level, np.uint8))
        assert measure_scene(clip, np.zeros((1, 49, 1280)), experts=experts()).light == word


def test_black_bars_are_no_background_and_no_darkness():
    clip = SimpleNamespace(images=np.zeros((3, 90, 160, 3), np.uint8))
    clip.images[:, :, 55:105] = (60, 130, 200)  # a film of a phone held upright, in a wide picture
    found = measure_scene(clip, np.zeros((1, 49, 1280)), experts=experts())
    assert (found.light, found.background) == (None, "a blue background")


def test_a_stage_is_looked_for_in_the_dark():
    grid = np.zeros((2, 49, 1280))
    grid[:, 5] = 1
    stage = SimpleNamespace(probabilities=lambda cells: 0.8 * np.eye(1000)[819 * cells[..., 0].astype(int)])
    for level, told in ((10, 0.8), (120, None)):
        clip = SimpleNamespace(images=np.full((3, 60, 80, 3), level, np.uint8))
        assert measure_scene(clip, grid, experts=experts(imagenet=stage)).confidence.get("stage") == told


class StubCells(StubImageNet):
    """Curtains in one cell of the grid only: where a feature is 1."""

    def probabilities(self, features):
        p = np.repeat(self.p[None], len(features), 0)
        p[:, 854] = 0.9 * (np.asarray(features)[:, 0] == 1)
        return p


def test_curtains_are_seen_in_a_single_cell_of_photos():
    clip, _ = scene_with()
    grid = np.zeros((6, 49, 1280), np.float16)
    grid[:, 8, 0] = 1
    assert measure_scene(clip, grid, experts=experts(StubCells())).behind == ["curtains"]
    assert measure_scene(clip, grid, True, experts=two_heads(0.5, 0.5)).behind == []  # drawn: learned from photos
    grid[:4, 8, 0] = 0  # in a third of the frames
    assert measure_scene(clip, grid, experts=experts(StubCells())).behind == []


@pytest.mark.parametrize(("top", "behind"), [((90, 150, 230), ["a blue sky"]), ((200, 200, 200), []), (WALL, [])])
def test_a_blue_sky_is_above_who_is_outdoors(top, behind):
    clip, _ = scene_with()
    clip.images[:, : HEIGHT // 4] = top
    clip.images[:, : HEIGHT // 20] = 0  # a bar
    outdoors = {"frame": [("outdoors", 0.99)], "photo": [("outdoors", 0.8)]}
    assert measure_scene(clip, np.zeros((2, 49, 1280)), experts=experts(**outdoors)).behind == behind
    assert measure_scene(clip, np.zeros((2, 49, 1280)), experts=experts()).behind == []


class Probable(StubHeads):
    """Claims nothing; says how likely outdoors and indoors are."""

    def __init__(self, outdoors, indoors):
        super().__init__()
        self.both = {"outdoors": outdoors, "indoors": indoors}

    def of_label(self, head, label, features):
        return np.full(len(features), self.both[label])


def two_heads(drawn, photo):
    """Experts for a drawn scene that is outdoors with these probabilities, by either head."""
    found = experts(StubCells())
    found.__dict__.update(settings=Probable(drawn, 1 - drawn), heads=Probable(photo, 1 - photo))
    return found


@pytest.mark.parametrize(
    ("drawn", "photo", "setting"), [(0.55, 0.8, "outdoors"), (0.5, 0.6, None), (0.4, 0.2, "indoors"), (0.4, 0.5, None)]
)
def test_of_a_drawn_scene_both_heads_together_tell_the_setting(drawn, photo, setting):
    clip, _ = scene_with()
    found = measure_scene(clip, np.zeros((2, 49, 1280)), True, experts=two_heads(drawn, photo))
    assert found.setting == setting
    assert ("setting" in found.confidence) is bool(setting)
