"""The recipe of the presence model on made-up people: nobody's own vector ships, episodes are labelled rightly."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from PIL import Image  # noqa: E402

from pvchat.identity.measures import distances  # noqa: E402
from pvchat.identity.presence import PresenceModel  # noqa: E402
from pvchat.train.degrade import degrade_face  # noqa: E402
from pvchat.train.fits import presence as recipe  # noqa: E402


def people_of(count: int, photos: int = 4, seed: int = 0, noise: float = 0.25) -> list[np.ndarray]:
    """[photos, 3, 128] a person: her descriptor plus noise, as is, degraded, and with a mask's shift."""
    rng = np.random.default_rng(seed)
    length = 0.85 / np.sqrt(2)
    found = []
    for _ in range(count):
        middle = rng.standard_normal(128)
        spread = rng.standard_normal((photos, 3, 128)) * noise / np.sqrt(128)
        found.append(np.float32(length * middle / np.linalg.norm(middle) + spread))
        found[-1][:, 2, :4] += 0.4
    return found


@pytest.mark.parametrize("count", [3, 5, 6, 7, 11, 23, 100])
def test_every_cohort_row_stands_for_three_people_or_more(count: int) -> None:
    """People are unit vectors of a space of as many dimensions, so that a row shows how much of whom is in it."""
    people = [np.tile(row, (2, 2, 1)) for row in np.eye(count, 128, dtype=np.float32)]
    rows = recipe.cohort(people)
    members = (rows > 1e-6).sum(1)
    assert members.min() >= 3
    assert members.max() <= 5
    assert ((rows > 1e-6).sum(0)[:count] == 1).all()  # each person in one row
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-5)  # each weighs the same within it


def test_tracks_may_be_seen_otherwise_than_people_are_enrolled() -> None:
    """The track behind a mask, the enrollment bare."""
    people = people_of(12, noise=0.1)
    masked = list(recipe.episodes(recipe.bare(people), shown=recipe.masked(people)))
    hidden = np.concatenate([p[:, 2] for p in people])
    assert len(masked) > 30
    assert {label for *_, label in masked} == {-1, 0, 1}
    for enrolled, track, _ in masked:
        assert distances(track, hidden).min(1).max() < 5e-3  # every row is a masked one, but for rounding
        assert distances(enrolled, hidden).min() > 1e-2


def test_no_row_is_a_photo() -> None:
    people = people_of(40)
    rows = recipe.cohort(people)
    photos = np.concatenate(people).reshape(-1, 128)
    assert distances(rows, photos).min() > 0.2


def test_like_people_share_a_row() -> None:
    """Two families far apart never mix."""
    rng = np.random.default_rng(0)
    families = [np.float32(side * 5 + rng.standard_normal((2, 2, 128))) for side in (0, 1) for _ in range(12)]
    means = recipe.cohort(families).mean(1)
    assert ((np.abs(means) < 0.5) | (np.abs(means - 5) < 0.5)).all()


def test_episodes_are_labelled_by_who_is_in_them() -> None:
    people = people_of(30, noise=0.1)
    middles = np.stack([p[:, :2].mean((0, 1)) for p in people])

    def who(vectors: np.ndarray) -> int:
        assert vectors.ndim == 2
        assert vectors.shape[1] == 128
        return int(distances(vectors.mean(0)[None], middles)[0].argmin())

    labels = []
    for enrolled, track, label in recipe.episodes(recipe.bare(people)):
        assert (who(enrolled) == who(track)) == (label == 1)
        if label == 1:  # no photo is on both sides
            assert distances(enrolled, track).min() > 1e-6
        labels.append(label)
    assert labels.count(1) == 30
    assert labels.count(-1) == 60
    assert 90 <= labels.count(0) <= 120


def test_look_alikes_are_nearer_than_strangers() -> None:
    people = people_of(60, noise=0.05)
    apart: dict[int, list[float]] = {1: [], 0: [], -1: []}
    for enrolled, track, label in recipe.episodes(recipe.bare(people)):
        apart[label].append(float(np.linalg.norm(enrolled.mean(0) - track.mean(0))))
    assert np.mean(apart[1]) < np.mean(apart[-1]) < np.mean(apart[0])


def test_episodes_depend_on_the_seed_alone() -> None:
    people = people_of(10)
    first, again, other = (list(recipe.episodes(people, seed)) for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        assert (a[0] == b[0]).all()
        assert (a[1] == b[1]).all()
        assert a[2] == b[2]
    assert any(a[0].shape != b[0].shape or (a[0] != b[0]).any() for a, b in zip(first, other, strict=False))


@pytest.mark.parametrize("views", [recipe.bare, recipe.masked])
def test_fit_separates_made_up_people(views) -> None:  # noqa: ANN001
    rows = recipe.cohort(views(people_of(40, seed=1)))
    weights = recipe.fit([rows], views(people_of(40, seed=2)))
    assert weights[0] + weights[1] < 0  # farther away: less likely the same
    measured = recipe.measure([rows], weights, views(people_of(40, seed=3)))
    assert measured["tpr"] > 0.95
    assert measured["tnr_strangers"] > 0.95
    assert measured["tnr_lookalikes"] > 0.9
    guess = recipe.measure([rows], (0.0, 0.0, 0.0, 1.0), views(people_of(40, seed=3)))
    assert guess["tpr"] == 1.0
    assert guess["tnr_strangers"] == 0.0


def with_faceprints(people: list[np.ndarray], seed: int = 0, noise: float = 0.5) -> list[np.ndarray]:
    """[photos, 3, 128 + 512] a person: a made-up faceprint behind each descriptor."""
    rng, found = np.random.default_rng(seed), []
    for person in people:
        middle = rng.standard_normal(512) / np.sqrt(512)
        prints = middle + rng.standard_normal((*person.shape[:2], 512)) * noise / np.sqrt(512)
        found.append(np.float32(np.concatenate((person, prints), 2)))
    return found


def test_faceprints_tell_those_apart_whom_identity_vectors_dont() -> None:
    blurred = [[*with_faceprints(people_of(40, seed=s, noise=3.0), s)] for s in (1, 2, 3)]
    own, prints = ([p[..., part] for p in blurred[0]] for part in (slice(recipe.FACE), slice(recipe.FACE, None)))
    rows = [recipe.cohort(recipe.bare(own)), recipe.cohort(recipe.bare(prints))]
    alone, both = (recipe.fit(held, recipe.bare(blurred[1])) for held in (rows[:1], rows))
    assert (len(alone), len(both)) == (4, 7)
    blind, seen = (recipe.measure(held, w, recipe.bare(blurred[2])) for held, w in ((rows[:1], alone), (rows, both)))
    assert seen["tpr"] + seen["tnr_strangers"] > blind["tpr"] + blind["tnr_strangers"] + 0.1


def test_views_are_kept_apart() -> None:
    (person,) = people_of(1)
    np.testing.assert_array_equal(recipe.bare([person])[0], person[:, :2])
    np.testing.assert_array_equal(recipe.masked([person])[0], person[:, 2:])


def test_body_mean_is_over_the_first_photos_of_the_clothing_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Frames:
        def pooled(self, images: list[np.ndarray]) -> np.ndarray:
            assert all(image.shape == (96, 96, 3) for image in images)
            return np.stack([np.full(1280, image.mean(), np.float32) for image in images])

    monkeypatch.setattr("pvchat.perception.experts.efficientnet.FrameExpert", Frames)
    folder = tmp_path / "ccp_clothes" / "train"
    folder.mkdir(parents=True)
    for i, level in enumerate((10, 30, 80)):
        Image.new("RGB", (96, 96), (level,) * 3).save(folder / f"{i}.jpg")
    rows = [{"file": f"train/{i}.jpg", "split": "train"} for i in range(3)] + [{"file": "val/0.jpg", "split": "val"}]
    (folder.parent / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    np.testing.assert_allclose(recipe.body_mean(tmp_path), np.full(1280, 40.0), atol=1)
    np.testing.assert_allclose(recipe.body_mean(tmp_path, count=2), np.full(1280, 20.0), atol=1)


def test_identities_are_kept_apart_by_split() -> None:
    vectors = np.arange(6 * 3 * 128, dtype=np.float32).reshape(6, 3, 128)
    found = recipe.Identities(
        vectors, np.array(["a", "a", "b", "a", "c", "c"]), np.array(["train", "train", "train", "val", "val", "val"])
    )
    train = found.people("train")
    assert [len(p) for p in train] == [2, 1]
    np.testing.assert_array_equal(train[0], vectors[:2])
    assert [len(p) for p in found.people("train", fewest=2)] == [2]
    assert [len(p) for p in found.people("val")] == [1, 2]


def test_degraded_photo_and_points_fit_together() -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 240, 3), dtype=np.uint8)
    for seed in range(6):
        small, ratio = degrade_face(image, 150.0, np.random.default_rng(seed))
        assert small.dtype == np.uint8
        assert 22 <= 150 * ratio <= 70
        assert small.shape[0] == pytest.approx(300 * ratio, abs=1)
        assert small.shape[1] == pytest.approx(240 * ratio, abs=1)
    small, ratio = degrade_face(image, 10.0, np.random.default_rng(0))
    assert ratio == 1.0  # never enlarged


def test_the_recipe_writes_what_the_product_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people = with_faceprints(people_of(48))
    order = range(48)
    identity = np.array([f"p{i:02}" for i in range(48) for _ in range(4)])
    split = np.array(["val" if i >= 36 else "train" for i in range(48) for _ in range(4)])
    made = recipe.Identities(np.concatenate(people), identity, split)
    monkeypatch.setattr(recipe, "describe", lambda *_: made)
    body = np.linspace(0, 2, 1280, dtype=np.float32)
    monkeypatch.setattr(recipe, "body_mean", lambda *_: body)
    recipe.main([str(tmp_path), "--out", str(tmp_path / "presence.safetensors")])
    card = json.loads(capsys.readouterr().out)
    model = PresenceModel.load(tmp_path / "presence.safetensors")
    assert list(model.weights) == card["bare"]["weights"]
    assert list(model.masked_weights) == card["masked"]["weights"]
    np.testing.assert_allclose(model.body_mean, body, atol=1e-3)
    assert 0 <= card["bare"]["validation"]["tpr"] <= 1
    assert model.prints is not None
    assert list(model.prints.weights) == card["prints"]["weights"]
    assert list(model.prints.masked_weights) == card["masked_prints"]["weights"]
    for cohort, views, part in (
        (model.cohort, recipe.bare, slice(recipe.FACE)),
        (model.masked_cohort, recipe.masked, slice(recipe.FACE)),
        (model.prints.cohort, recipe.bare, slice(recipe.FACE, None)),
    ):
        own = [people[i][..., part] for i in order]
        rows, train, photos = cohort, own[:36], np.concatenate(own).reshape(-1, own[0].shape[-1])
        np.testing.assert_allclose(rows, recipe.cohort(views(train[::2])), atol=1e-3)  # never of validation people
        assert distances(rows, photos).min() > 0.2


def test_photos_are_described_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def described(folder: Path, rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[str, str]]]:
        calls.append(folder.name)
        return np.full((2, 3, 128), len(calls), np.float32), [("ana", "train"), ("ben", "val")]

    monkeypatch.setattr(recipe, "_describe_set", described)
    first, again = (recipe.describe(tmp_path / "data", tmp_path / "cache") for _ in range(2))
    assert calls == list(recipe.SETS)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert set(first.identity) == {f"{s}/{n}" for s in recipe.SETS for n in ("ana", "ben")}  # one name, two data sets


def picture(path: Path, seed: int) -> None:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG")
    path.write_bytes(buffer.getvalue())


def test_a_set_is_described_photo_by_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from make_analysis import FakeDetector, FakeNetwork, FakePrinter, FakeWide

    from pvchat.perception.experts.faces import FaceExpert

    detector = FakeDetector([[5, 5, 20, 20], [50, 45, 90, 95]])  # the second is nearer to the middle
    expert = FaceExpert(detector, FakeNetwork(), FakeWide(), printer=FakePrinter())  # type: ignore[arg-type]
    monkeypatch.setattr(recipe, "FaceExpert", lambda: expert)
    rows = [{"file": f"{i}.jpg", "identity": n, "split": "train"} for i, n in enumerate(("ana", "", "ben"))]
    (tmp_path / "metadata.jsonl").write_text("\n".join(json.dumps(r) for r in rows))
    for i in range(3):
        picture(tmp_path / f"{i}.jpg", i)
    vectors, found = recipe._describe_set(tmp_path, np.random.default_rng(0))
    assert found == [("ana", "train"), ("ben", "train")]  # the photo without an identity is left out
    assert vectors.shape == (2, 3, 128 + 512)
    assert np.isfinite(vectors).all()
    assert detector.shown == [(144, 144, 3)] * 2  # with a border
