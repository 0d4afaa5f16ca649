"""Reading captions, order, augmentation, questions out of captions, cached features, episodes."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import torch
from make_sets import encode, make_captioned, make_config
from PIL import Image

from pvchat.errors import PVChatError
from pvchat.schemas import ClipAnalysis
from recipes.model.base import captions, data, features, identity
from recipes.model.base.contrast import bank_loss
from recipes.model.base.data import Photo, Shuffle
from recipes.model.base.episodes import Cast
from recipes.model.base.features import FaceVectors, GridFeatures
from recipes.model.base.identity import IdentityPhase
from recipes.model.base.report import caption_scores, recall
from recipes.model.batches import collate, from_analysis
from recipes.model.made import create_model, preset


def photo(*texts, auto=False):
    return Photo("s", "f.jpg", False, tuple(data.tidy(t) for t in texts), auto, {})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a dog in the water .", "A dog in the water."), ("Two men  play", "Two men play."), ("Really ?", "Really?")],
)
def test_tidy(text, wanted):
    assert data.tidy(text) == wanted


def test_the_order_is_a_function_of_the_position():
    one, two = Shuffle(7, 3), Shuffle(7, 3)
    straight = one.take(0, 21)
    two.take(14, 7)  # looked ahead: nothing changes by it
    assert straight == [i for start in (0, 7, 14) for i in two.take(start, 7)]
    assert straight[9:12] == one.take(9, 3)
    assert all(sorted(straight[e : e + 7]) == list(range(7)) for e in (0, 7, 14))
    assert straight[:7] != straight[7:14]
    with pytest.raises(PVChatError):
        Shuffle(0, 0)


def test_mirrored_twice_is_the_same():
    grid = np.arange(49 * 2, dtype=np.float32).reshape(49, 2)
    assert not np.array_equal(data.mirrored(grid), grid)
    assert np.array_equal(data.mirrored(data.mirrored(grid)), grid)
    assert np.array_equal(data.mirrored(grid)[:7], grid[6::-1])


def test_augment_leaves_sided_pictures_unmirrored_and_shows_something():
    grids = np.random.default_rng(0).random((16, 49, 8)).astype(np.float32)
    free = [i % 2 == 0 for i in range(16)]
    shown, keep = data.augment(grids, free, 0.45, 0.0, np.random.default_rng(1))
    assert all(np.array_equal(shown[i], grids[i]) for i in range(16) if not free[i])
    assert any(not np.array_equal(shown[i], grids[i]) for i in range(16) if free[i])
    assert keep.any(1).all()
    assert 0.3 < keep.mean() < 0.8


def test_pictures_look_like_analysed_photos():
    config = preset("tiny")
    grid = np.random.default_rng(0).random((2, 49, 1280)).astype(np.float32)
    ours = data.picture_features(grid, None, config)
    analyses = [ClipAnalysis("", 1.0, 4, 4, np.float32([0.5]), g[None], []) for g in grid]
    theirs = collate([from_analysis(a, config) for a in analyses])
    for name in config.experts:
        for part in ("tokens", "where", "track", "mask"):
            assert torch.equal(getattr(ours.experts[name], part), getattr(theirs.experts[name], part)), (name, part)


def test_questions_say_what_captions_say():
    asked = captions.questions(
        photo("a man in a red shirt is throwing a ball in the park .", "A dog runs"), np.random.default_rng(0)
    )
    words = {(a.kind, a.question, a.answer) for a in asked}
    assert ("appearance", "What is the man wearing?", "The man is wearing a red shirt.") in words
    assert ("action", "What is the man doing?", "The man is throwing a ball in the park.") in words
    assert ("location", "Where was the video taken?", "In the park.") in words
    assert ("existence", "Is there a dog in the video?", "Yes, there is a dog in the video.") in words
    denied = [a for a in asked if a.answer.startswith("No")]
    assert denied
    assert not any(re.search(r"\b(man|dog|ball)\b", a.question) for a in denied)


def test_no_caption_invents_a_deed():
    asked = captions.questions(photo("A dog with a red collar.", "A brown dog."), np.random.default_rng(0))
    assert not [a for a in asked if a.kind in ("action", "location")]


def test_caption_scores_and_recall():
    truth = [["A dog runs on the beach.", "A dog is running."], ["Two men play chess in the park."]]
    perfect = caption_scores([t[0] for t in truth], truth)
    assert perfect["bleu4"] == pytest.approx(100)
    assert perfect["rouge_l"] == pytest.approx(100)
    assert caption_scores(["A cat.", "Nothing at all."], truth)["bleu4"] < 20
    scores = torch.tensor([[0.1, 0.9, 0.3], [0.2, 0.1, 0.8]])
    assert recall(scores, np.array([0, 1, 1]), 1) == 0.5
    assert recall(scores, np.array([0, 1, 1]), 3) == 1.0


class _Bright:
    """An extractor whose tokens are the pictures' mean brightness; it counts what it saw."""

    def __init__(self):
        self.seen = 0

    def grid(self, images):
        self.seen += len(images)
        return np.stack([np.full((49, 1280), im.mean() / 255, np.float32) for im in images])


def test_grids_are_kept_and_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "PART", 4)
    folder = tmp_path / "set"
    folder.mkdir()
    for i in range(10):
        Image.new("RGB", (20, 20), (20 * i,) * 3).save(folder / f"{i}.png")
    (folder / "metadata.jsonl").write_text("".join(json.dumps({"file": f"{i}.png"}) + "\n" for i in range(10)))
    expert = _Bright()
    found = features.extract_grids(folder, tmp_path / "cache", expert)
    assert np.allclose(found.read(["9.png", "0.png"])[:, 0, 0], [180 / 255, 0], atol=1e-3)
    (tmp_path / "cache" / "set.grid" / "0001.safetensors").unlink()
    partial = GridFeatures(tmp_path / "cache" / "set.grid")
    assert sorted(partial.row) == [f"{i}.png" for i in (0, 1, 2, 3, 8, 9)]
    features.extract_grids(folder, tmp_path / "cache", expert)
    assert expert.seen == 14


def test_views_are_random_crops_shown_beside_the_pictures(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    half = Image.new("RGB", (40, 40), (0,) * 3)
    half.paste((255,) * 3, (0, 0, 20, 40))
    half.save(folder / "0.png")
    (folder / "metadata.jsonl").write_text(json.dumps({"file": "0.png"}))
    for view in range(3):
        features.extract_grids(folder, tmp_path, _Bright(), view)
    photo = Photo("set", "0.png", False, ("A.",), False, {})
    pictures, rng = data.Pictures([photo], tmp_path, preset("tiny"), 2), np.random.default_rng(0)
    shown = {float(pictures.grids([0], rng)[0, 0, 0]) for _ in range(30)}
    assert len(shown) == 3
    assert {float(pictures.grids([0])[0, 0, 0]) for _ in range(5)} == {0.5}
    again = [features.random_view(np.asarray(half), np.random.default_rng(7)) for _ in range(2)]
    assert np.array_equal(*again)
    assert 0.3 < again[0].shape[0] * again[0].shape[1] / 1600 <= 1


def test_sentence_vectors_are_computed_once(tmp_path):
    calls = []

    def counted(texts):
        calls.extend(texts)
        return encode(texts)

    first = features.sentence_vectors(["a", "b", "a"], tmp_path, counted)
    again = features.sentence_vectors(["c", "a"], tmp_path, counted)
    assert calls == ["a", "b", "c"]
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(again, encode(["c", "a"]))


def test_a_picture_without_features_is_left_out(tmp_path):
    make_captioned(tmp_path, tmp_path, count=8)
    photos = data.read_photos(tmp_path, ["photos"])
    gone = Photo("photos", "train/none.jpg", False, ("A.",), False, {})
    assert len(data.Pictures([*photos, gone], tmp_path, preset("tiny"))) == 8


def test_degraded_faces_are_small():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (200, 160, 3), dtype=np.uint8)
    small, scale = features.degrade_face(image, 100.0, rng)
    assert 0.22 <= scale <= 0.7
    assert small.shape[:2] == (round(200 * scale), round(160 * scale))


def test_episodes_keep_their_rules(tmp_path):
    config = make_config(tmp_path, phase=3)
    phase = IdentityPhase(config, create_model("tiny", llm="random"), encode)
    rng = np.random.default_rng(0)
    drawn = [phase.parts[False].draw(rng) for _ in range(200)]
    faces = phase.parts[False].cast.faces
    for e in drawn:
        there = {p.identity: p.file for p in e.scene.people}
        owners = [faces.names[rows[0]] for rows in e.enrolled]
        assert [owner in there for owner in owners] == e.present
        for owner, rows, present, alike in zip(owners, e.enrolled, e.present, e.alike, strict=True):
            assert {faces.names[r] for r in rows} == {owner}
            assert not any(faces.validation[r] for r in rows)
            assert there.get(owner) not in {faces.files[r] for r in rows}
            assert not (present and alike)
        if not e.question.startswith("Are "):  # a question about one person: the first one named
            assert ("not in the video" in e.answer) == (not e.present[0])
    assert 0.3 < np.mean([p for e in drawn for p in e.present]) < 0.6
    assert any(any(e.alike) for e in drawn)
    assert any(len(e.names) > 1 for e in drawn)
    assert any(len(e.scene.analysis.times) > 1 for e in drawn)
    held_back = [phase.parts[True].draw(rng) for _ in range(40)]
    assert all(faces.validation[r] for e in held_back for rows in e.enrolled for r in rows)


def test_what_the_language_model_says_of_presence_is_scored(tmp_path, monkeypatch):
    model = create_model("tiny", llm="random").eval()
    phase = IdentityPhase(make_config(tmp_path, phase=3), model, encode)
    for sign, right in ((1, 1.0), (-1, 0.0)):

        def yes_no(_, asked, sign=sign):
            return torch.tensor([sign if p.answer.startswith("Yes") else -sign for p in asked.prompts])

        monkeypatch.setattr(identity, "yes_no", yes_no)
        found = phase.validate(model)
        assert found["said_balanced_accuracy"] == right
        assert found["told_balanced_accuracy"] == 1.0  # these generated faces are easy to tell apart
        assert found["said_as_told"] == right


def test_own_captions_among_the_others_are_no_negatives():
    seen = torch.nn.functional.normalize(torch.randn(3, 8, generator=torch.Generator().manual_seed(0)), dim=1)
    seen.requires_grad_()
    log_scale = torch.tensor(1.0, requires_grad=True)
    others, own = seen.detach().flip(0), torch.eye(3, dtype=torch.bool).flip(1)
    loss = bank_loss((seen * seen.detach()).sum(1), seen @ others.T, own, log_scale)
    loss.backward()
    assert torch.isfinite(seen.grad).all()
    assert torch.isfinite(log_scale.grad)
    mine = (seen @ seen.T).detach() * math.e
    wanted = [math.log(sum(math.exp(v) for v in row)) - row[i] for i, row in enumerate(mine.tolist())]
    assert float(loss.detach()) == pytest.approx(sum(wanted) / 3, rel=1e-5)


def test_look_alikes_are_the_nearest():
    angles = np.deg2rad([0, 10, 90, 100, 200])
    vectors = np.zeros((10, 2, 128), np.float32)
    for i, a in enumerate(np.repeat(angles, 2)):
        vectors[i, :, :2] = np.cos(a), np.sin(a)
    names = [f"P{i // 2}" for i in range(10)]
    rest = np.zeros((10, 2, 512)), np.zeros((10, 8))
    cast = Cast(FaceVectors(vectors, *rest, names, names, np.zeros(10, bool), np.ones((10, 2), np.float32)), False)
    assert [cast.names[i] for i in cast.alike[:4, 0]] == ["P1", "P0", "P3", "P2"]


def test_sentences_kept_by_a_process_that_died_between_its_two_files_stay_right(tmp_path):
    features.sentence_vectors(["a dog", "a cat"], tmp_path, encode)
    table = (tmp_path / "sentences.json").read_bytes()
    features.sentence_vectors(["a boat"], tmp_path, encode)
    (tmp_path / "sentences.json").write_bytes(table)  # the vectors were written, their texts were not
    np.testing.assert_array_equal(
        features.sentence_vectors(["a horse", "a cat"], tmp_path, encode), encode(["a horse", "a cat"])
    )
    (tmp_path / "sentences.safetensors").write_bytes(b"cut off")
    np.testing.assert_array_equal(features.sentence_vectors(["a horse"], tmp_path, encode), encode(["a horse"]))
