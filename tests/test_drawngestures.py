"""What is told of the faces of drawn figures: several sightings decide together; and the network that reads them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from real_weights import WEIGHTS_HOME
from safetensors.numpy import load_file

from pvchat.perception.drawnheads import DRAWN_LOOKS, EXPRESSIONS, LOOKS, SHOWN, drawn_gestures, drawn_looks
from pvchat.perception.experts import facemaps, headfiles
from pvchat.perception.experts.facemaps import CELLS, CHANNELS, face_maps, probabilities
from recipes.looks import drawnlooks
from recipes.looks import expressions as recipe


def sightings(*rows: dict[str, float]) -> np.ndarray:
    return np.float32([[{"face": 1.0, **row}.get(name, 0.0) for name in SHOWN] for row in rows])


def told(*rows: dict[str, float], shots: list[int] | None = None) -> list[str]:
    return [phrase for phrase, _ in drawn_gestures(sightings(*rows), np.array(shots or [0] * len(rows)))]


def test_most_sightings_must_agree():
    assert told(*[{"smile": 0.9}] * 3) == ["smiling"]
    assert told({"smile": 0.9}, {"smile": 0.1}, {"smile": 0.1}) == []
    assert told(*[{"shut": 0.9}] * 2) == ["closing the eyes"]
    assert told(*[{"shut": 0.9, "ahead": 0.95}] * 2) == ["closing the eyes"]
    assert told(*[{"ahead": 0.95}] * 2) == ["looking ahead"]


def test_who_smiles_with_the_mouth_open_and_the_eyes_shut_laughs():
    laugh = {"smile": 0.95, "open": 0.9, "laugh": 0.9}
    assert told(*[laugh] * 3) == ["smiling"]
    assert told(*[laugh | {"shut": 0.9}] * 3) == ["laughing", "closing the eyes"]


def test_who_talks_opens_and_shuts_the_mouth_in_one_shot():
    assert told({"open": 0.9}, {"open": 0.1}, {"open": 0.9}) == ["talking"]
    assert told({"open": 0.9}, {"open": 0.1}, {"open": 0.1}, shots=[0, 1, 1]) == []
    assert told(*[{"open": 0.9}] * 4) == []
    assert told({"open": 0.9}, {"open": 0.1}) == []  # too few
    assert told({"open": 0.9, "smile": 0.9}, {"open": 0.1, "smile": 0.9}, {"smile": 0.9}) == ["smiling"]


def test_what_shows_no_face_does_not_count():
    none = {"face": 0.1, "smile": 0.0}
    assert told({"smile": 0.9}, {"smile": 0.9}, none) == ["smiling"]
    assert told({"smile": 0.9}, none, none) == []
    assert drawn_gestures(np.zeros((0, len(SHOWN)), np.float32), np.zeros(0, np.int64)) == []


def test_the_network_reads_maps_of_any_number(monkeypatch: pytest.MonkeyPatch):
    maps = np.random.default_rng(0).normal(size=(2, CHANNELS, CELLS, CELLS)).astype(np.float32)
    found = probabilities(maps, EXPRESSIONS)
    assert found.shape == (2, len(SHOWN))
    assert (found >= 0).all()
    assert (found <= 1).all()
    assert probabilities(maps[:0], EXPRESSIONS).shape == (0, len(SHOWN))
    still = {name: np.zeros_like(array) for name, array in headfiles.arrays_of(EXPRESSIONS).items()}
    monkeypatch.setattr(facemaps, "arrays_of", lambda file: still)
    nothing = probabilities(maps, EXPRESSIONS)  # without what it learned it tells of nobody anything
    assert drawn_gestures(nothing, np.zeros(2, np.int64)) == []
    assert drawn_gestures(nothing, np.zeros(2, np.int64)) != drawn_gestures(
        sightings(*[{"smile": 0.9}] * 2), np.zeros(2, np.int64)
    )


def test_man_or_woman_and_the_hair_are_told_by_the_sightings_that_show_a_face():
    looks = np.zeros((3, len(LOOKS)), np.float32)
    looks[:2, 0], looks[:2, LOOKS.index("pink")], looks[2, LOOKS.index("green")] = 0.05, 0.8, 1.0
    looks[2, 0] = 1.0
    faces = sightings({}, {}, {"face": 0.0})
    assert drawn_looks(faces, looks) == ("woman", pytest.approx(0.95), "pink")
    assert drawn_looks(faces[:2], 1 - looks[:2])[0] == "man"
    looks[:, 0], looks[:, 1:] = 0.5, 0.2
    assert drawn_looks(faces, looks)[::2] == (None, None)
    assert drawn_looks(faces[2:], looks[2:]) == (None, 0.0, None)


def test_the_card_of_looks_is_of_the_weights():
    card = json.loads(DRAWN_LOOKS.with_suffix(".json").read_text(encoding="utf-8"))
    assert tuple(card["labels"]) == LOOKS
    assert len(load_file(DRAWN_LOOKS)["learned.out.bias"]) == len(LOOKS)
    for name, least in (("woman", 0.9), ("man", 0.75), ("hair", 0.8)):
        row = card["held back"][f"{name}, clips"]
        assert row["right"] / row["told"] >= least


def test_labels_of_looks_say_what_they_were_read_as():
    truth, known = drawnlooks.read_label("svmpnn")
    assert [name for name, holds in zip(LOOKS, truth, strict=True) if holds] == ["man", "pink"]
    assert all(known)
    assert drawnlooks.read_label("svfmnn")[1] == [True, *[False] * 12]
    assert not any(drawnlooks.read_label("zz")[1])


def test_the_card_is_of_the_weights():
    card = json.loads(EXPRESSIONS.with_suffix(".json").read_text(encoding="utf-8"))
    assert tuple(card["labels"]) == SHOWN
    assert len(load_file(EXPRESSIONS)["learned.out.bias"]) == len(SHOWN)
    for name in SHOWN:
        row = card["held back"][f"{name}, clips"]
        assert row["right"] / row["told"] >= 0.8


def drawn_face(mouth: int, eyes: int) -> np.ndarray:
    """A face of 128 pixels as a child draws it: the mouth and the eyes so many pixels high."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (128, 128), (120, 170, 220))
    pen = ImageDraw.Draw(image)
    pen.ellipse((10, 2, 118, 112), fill=(90, 50, 30))
    pen.ellipse((22, 26, 106, 122), fill=(250, 224, 200), outline=(60, 30, 20))
    for x in (46, 82):
        pen.ellipse((x - 10, 66 - eyes, x + 10, 66 + eyes), fill=(40, 60, 150), outline=(20, 10, 10), width=2)
    pen.ellipse((52, 102 - mouth, 76, 102 + mouth), fill=(150, 30, 40), outline=(60, 20, 20))
    return np.asarray(image)


@pytest.mark.weights
def test_an_open_mouth_and_shut_eyes_are_seen_in_a_drawing(monkeypatch: pytest.MonkeyPatch):
    from pvchat.perception.experts.efficientnet import FrameExpert

    monkeypatch.setenv("PVCHAT_HOME", str(WEIGHTS_HOME))
    pictures = [drawn_face(1, 14), drawn_face(12, 14), drawn_face(1, 1)]
    shut_mouth, open_mouth, shut_eyes = probabilities(face_maps(FrameExpert(), pictures), EXPRESSIONS)
    opened, shut = SHOWN.index("open"), SHOWN.index("shut")
    assert open_mouth[opened] > shut_mouth[opened]
    assert shut_eyes[shut] > shut_mouth[shut]


def test_networks_side_by_side_say_the_mean_of_their_log_odds():
    random, maps = np.random.default_rng(0), np.random.default_rng(1).normal(size=(3, CHANNELS, CELLS, CELLS))
    torch.manual_seed(0)
    spread = random.uniform(0.5, 2, CHANNELS).astype(np.float32)
    parts = [recipe.arrays_of_network(recipe.Looks(CHANNELS, len(SHOWN)), spread, spread) for _ in range(3)]
    odds = [np.log(p / (1 - p)) for p in (probabilities(maps, w) for w in [*parts, recipe.as_one(parts)])]
    assert odds[3] == pytest.approx(np.mean(odds[:3], 0), abs=1e-4)


def test_labels_say_what_they_were_read_as():
    assert recipe.read_label("lv") == ([True, True, True, False, True, True], [True] * 6)
    assert recipe.read_label("xw")[1] == [False, False, False, False, True, False]
    assert not any(recipe.read_label("zz")[0])
    named = json.loads(recipe.FILE.read_text(encoding="utf-8"))
    labels = [one for told in named.values() for one in told.values()]
    read = [label for one in labels for label in ([one] if isinstance(one, str) else [row[0] for row in one])]
    assert len(read) > 2000
    assert {label[0] for label in read} <= set("nslxoz")
    assert {label[1] for label in read} <= set("vlrudcwxz")


def test_what_is_learned_is_told_of_other_faces(monkeypatch: pytest.MonkeyPatch):
    """By the arrays that are written, as they are read."""
    random, opened = np.random.default_rng(0), SHOWN.index("open")
    maps = random.normal(size=(80, 2, CHANNELS, CELLS, CELLS)).astype(np.float16)
    truth = np.zeros((80, len(SHOWN)), np.float32)
    truth[::2, opened] = 1
    maps[::2, :, :30, 5:7, 3:5] += 3  # a mouth
    monkeypatch.setattr(recipe, "BATCH", 8)
    monkeypatch.setattr(recipe, "EPOCHS", 8)
    faces = recipe.Faces(maps[:40], truth[:40], np.ones_like(truth[:40]), np.zeros(40, np.int64), np.zeros(40, bool))
    monkeypatch.setattr(recipe, "NETWORKS", 2)
    said = probabilities(maps[40:, 0].astype(np.float32), recipe.learn(faces))[:, opened]
    assert said[::2].min() > said[1::2].max()
    card = recipe.judge(faces, faces.truth)["open, drawings"]
    assert card == {"there": 20, "told": 20, "right": 20}
