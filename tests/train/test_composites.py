"""Composites: truth agrees with pixels and geometry; scenes survive the cache."""

from __future__ import annotations

import numpy as np
import pytest

from pvchat.perception.experts.faces import Faces
from pvchat.train.base import composed, composites
from pvchat.train.base.actors import Actor, Head
from pvchat.train.base.composites import FRAME, compose
from pvchat.train.base.data import Photo
from pvchat.train.base.painting import cover

MAGENTA = (255, 0, 255)
GREY = np.full((60, 80, 3), 128, np.uint8)


def head(colour=MAGENTA, name="A"):
    """A face of one colour: where it shows, the face is."""
    image = np.full((100, 100, 3), colour, np.uint8)
    points = np.float32([[40, 42], [60, 42], [50, 55], [42, 66], [58, 66]])
    return Head(image, np.float32([30, 25, 70, 80]), points, name, f"set/{name}.jpg")


def centre_of(frame, colour):
    """Centre (fractions) of the pixels near a colour."""
    y, x = np.nonzero((np.abs(frame.astype(int) - colour) < 60).all(-1))
    return np.array([x.mean() / frame.shape[1], y.mean() / frame.shape[0]])


@pytest.mark.parametrize("camera", composites.CAMERA)
@pytest.mark.parametrize("walk", [True, False])
def test_boxes_are_where_the_face_is(camera, walk):
    found = compose(GREY, [head()], np.random.default_rng(3), camera=camera, walk=walk)
    truth = found.people[0]
    if walk or camera != "still":
        assert len(found.frames) == composites.CLIP_FRAMES
    else:
        assert len(found.frames) == 1
    shown = zip(found.frames[truth.frames], truth.boxes, strict=True)
    whole = [(frame, box) for frame, box in shown if box[0] > 0.02 and box[2] < 0.98]  # not cut off by the frame
    off = [centre_of(frame, MAGENTA)[0] - (box[0] + box[2]) / 2 for frame, box in whole]
    assert off
    assert np.abs(off).max() < 0.05
    assert found.frames.shape[1:] == (FRAME[1], FRAME[0], 3)


def test_movement_is_what_the_boxes_do():
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = compose(GREY, [head()], rng, camera="still", walk=True)
        truth = found.people[0]
        first, last = (centre_of(found.frames[i], MAGENTA)[0] for i in (0, -1))
        assert truth.movement == ("from left to right" if last > first else "from right to left")
    still = compose(GREY, [head()], rng, camera="still", walk=False)
    assert still.people[0].movement == ""


@pytest.mark.parametrize(("camera", "way"), [("pans to the right", -1), ("pans to the left", 1)])
def test_a_pan_moves_what_is_seen_the_other_way(camera, way):
    moved = []
    for seed in range(6):
        truth = compose(GREY, [head()], np.random.default_rng(seed), camera=camera, walk=False).people[0]
        moved.append(truth.boxes[-1, 0] - truth.boxes[0, 0])
    assert all(np.sign(m) == way for m in moved if m)
    assert any(moved)


def test_a_face_behind_another_person_is_not_claimed():
    back = Actor(head(), 40.0, np.float32([[100, 80]] * 4), "red", "shirt", (0, 0, 0), "", (0, 0, 0), False)
    near = [np.float32([[x, 80]] * 4) for x in (105, 260)]
    front = [Actor(head(name="B"), 90.0, p, "red", "shirt", (0, 0, 0), "", (0, 0, 0), False) for p in near]
    windows = composites.camera_path("still", FRAME)
    assert len(composites.truth_of(back, windows, [front[0]]).frames) == 0
    assert len(composites.truth_of(back, windows, [front[1]]).frames) == 4


def test_zooming_in_makes_faces_larger():
    sizes = {}
    for camera in ("zooms in", "zooms out"):
        boxes = compose(GREY, [head()], np.random.default_rng(2), camera=camera, walk=False).people[0].boxes
        sizes[camera] = (boxes[-1, 3] - boxes[-1, 1]) / (boxes[0, 3] - boxes[0, 1])
    assert sizes["zooms in"] > 1.2 > 0.85 > sizes["zooms out"]


def test_positions_have_words():
    assert [composites.position_word(x) for x in (0.1, 0.5, 0.9)] == ["on the left", "in the middle", "on the right"]
    colours = {"A": (255, 0, 255), "B": (0, 255, 255)}
    heads = [head(c, n) for n, c in colours.items()]
    words = set()
    for seed in range(8):
        found = compose(GREY, heads, np.random.default_rng(seed), camera="still", walk=False)
        assert {t.identity for t in found.people} == set(colours)
        for truth in found.people:
            x = centre_of(found.frames[0], colours[truth.identity])[0]
            near = min(abs(x - composites.LEFT), abs(x - composites.RIGHT)) < 0.05  # either word would do
            assert near or composites.position_word(x) == truth.position
            words.add("" if near else truth.position)
    assert {"on the left", "on the right"} <= words


def test_masks_and_caps_cover_their_part():
    mask = cover(head(), "a face mask", (0, 255, 0))
    cap = cover(head(), "a cap", (0, 255, 0))
    points = head().points
    mouth, eye = points[3:].mean(0).astype(int), points[0].astype(int)
    assert tuple(mask[mouth[1], mouth[0]]) == (0, 255, 0)
    assert tuple(mask[eye[1], eye[0]]) == MAGENTA
    assert tuple(cap[25, 50]) == (0, 255, 0)
    assert tuple(cap[mouth[1], mouth[0]]) == tuple(cap[eye[1], eye[0]]) == MAGENTA
    assert np.array_equal(cover(head(), "", (0, 255, 0)), head().image)


def test_the_same_seed_gives_the_same_scene():
    one, two = (compose(GREY, [head(), head(name="B")], np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one.frames, two.frames)
    assert [t.worn for t in one.people] == [t.worn for t in two.people]


class _Experts:
    """Describes a face by its mean colour."""

    def describe(self, image, boxes, points, scores):
        x0, y0, x1, y1 = boxes[0].astype(int)
        mean = image[max(y0, 0) : max(y1, 1), max(x0, 0) : max(x1, 1)].mean((0, 1))
        vector = np.resize(mean, 128).astype(np.float32)[None]
        return Faces(boxes, points, scores, np.ones(1, np.float32), vector)

    def grid(self, images):
        return np.stack([np.full((49, 1280), im.mean(), np.float32) for im in images])

    def pooled(self, images):
        return np.stack([np.full(1280, im.mean(), np.float32) for im in images])


def test_scenes_come_back_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(composed, "PART", 3)
    from PIL import Image

    (tmp_path / "photos").mkdir()
    Image.fromarray(GREY).save(tmp_path / "photos" / "a.jpg")
    photos = [Photo("photos", "a.jpg", False, ("A street.",), False, {})]
    heads = [head(name=n) for n in "ABC"]
    studio = composed.Studio(heads, photos, tmp_path, _Experts(), _Experts(), seed=1)
    made = composed.make_scenes(studio, tmp_path / "cache", 5)
    assert len(made) == 6
    (tmp_path / "cache" / "0001.json").unlink()
    again = composed.make_scenes(studio, tmp_path / "cache", 5)
    for one, two in zip(made, again, strict=True):
        assert one.people == two.people
        assert one.captions == two.captions == ("A street.",)
        assert np.array_equal(one.analysis.frame_features, two.analysis.frame_features)
        assert len(one.people) == len(one.analysis.tracks)
        for a, b, person in zip(one.analysis.tracks, two.analysis.tracks, one.people, strict=True):
            assert np.array_equal(a.identity, b.identity)
            assert np.allclose(np.linalg.norm(a.identity, axis=1), 1, atol=1e-5)
            assert composites.position_word((a.boxes[:, 0] + a.boxes[:, 2]).mean() / 2) == person.position
    assert composed.read_scenes(tmp_path / "none") == []


def test_backgrounds_are_without_people():
    words = {"A man runs.": False, "A dog runs.": False, "Snow.": True}
    rows = [Photo("s", text, False, (text,), False, {"has_person": text == "A dog runs."}) for text in words]
    assert [p.file for p in composed.backgrounds(rows)] == [t for t, empty in words.items() if empty]
