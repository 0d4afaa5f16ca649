"""The recipe of composed scenes: they come back from the cache, each person where its words say."""

from __future__ import annotations

import numpy as np

from recipes.model.base.data import Photo
from recipes.model.base.episodes import position_word, read_scenes
from recipes.scenes import making
from recipes.scenes.actors import ActorHead

MAGENTA = (255, 0, 255)
GREY = np.full((60, 80, 3), 128, np.uint8)


def head(colour=MAGENTA, name="A"):
    """A face of one colour: where it shows, the face is."""
    image = np.full((100, 100, 3), colour, np.uint8)
    points = np.float32([[40, 42], [60, 42], [50, 55], [42, 66], [58, 66]])
    return ActorHead(image, np.float32([30, 25, 70, 80]), points, name, f"set/{name}.jpg")


class _Experts:
    """Describes a face by its mean colour."""

    def vectors(self, chips):
        return np.array([np.resize(chip.mean((0, 1)), 128) for chip in chips], np.float32).reshape(-1, 128)

    def grid(self, images):
        return np.stack([np.full((49, 1280), im.mean(), np.float32) for im in images])

    def pooled(self, images):
        return np.stack([np.full(1280, im.mean(), np.float32) for im in images])


def test_scenes_come_back_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "PART", 3)
    from PIL import Image

    (tmp_path / "photos").mkdir()
    Image.fromarray(GREY).save(tmp_path / "photos" / "a.jpg")
    photos = [Photo("photos", "a.jpg", False, ("A street.",), False, {})]
    heads = [head(name=n) for n in "ABC"]
    studio = making.Studio(heads, photos, tmp_path, _Experts(), _Experts(), seed=1)
    made = making.make_scenes(studio, tmp_path / "cache", 5)
    assert len(made) == 6
    (tmp_path / "cache" / "0001.json").unlink()
    again = making.make_scenes(studio, tmp_path / "cache", 5)
    for one, two in zip(made, again, strict=True):
        assert one.people == two.people
        assert one.captions == two.captions == ("A street.",)
        assert np.array_equal(one.analysis.frame_features, two.analysis.frame_features)
        assert len(one.people) == len(one.analysis.tracks)
        for a, b, person in zip(one.analysis.tracks, two.analysis.tracks, one.people, strict=True):
            assert np.array_equal(a.identity, b.identity)
            assert np.allclose(np.linalg.norm(a.identity, axis=1), 1, atol=1e-5)
            assert position_word((a.boxes[:, 0] + a.boxes[:, 2]).mean() / 2) == person.position
    assert read_scenes(tmp_path / "none") == []


def test_backgrounds_are_without_people():
    words = {"A man runs.": False, "A dog runs.": False, "Snow.": True}
    rows = [Photo("s", text, False, (text,), False, {"has_person": text == "A dog runs."}) for text in words]
    assert [p.file for p in making.backgrounds(rows)] == [t for t, empty in words.items() if empty]
