"""The fit of what the trained model's match counts: photos, made clips, and that it learns from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from make_analysis import FakeDetector, FakePrinter
from PIL import Image

from pvchat.model.printmatch import PrintMatch
from pvchat.perception.experts.figurelooks import unit
from pvchat.train.fits import printmatch, printviews
from pvchat.train.fits.printviews import HARMED, MASKED, Photos


def photos_of(person: int, count: int = 4, spread: float = 0.8) -> Photos:
    """Around somebody's own direction; degraded ones lie twice as far from it, masked ones three times."""
    rng = np.random.default_rng(person)
    own = rng.standard_normal(512)
    noise = rng.standard_normal((count, 4, 512)) * (spread * np.array([1, 2, 3, 4]))[None, :, None]
    quality = np.tile(np.float32([0.8, 0.3, 0.4, 0.1]), (count, 1))
    return Photos(unit((own + noise).astype(np.float32)), quality)


@pytest.fixture
def people() -> list[Photos]:
    return [photos_of(i) for i in range(40)]


def test_a_made_clip_asks_for_one_who_is_there_or_not(people: list[Photos]) -> None:
    drawing = printmatch.Drawing(people, seed=1)
    episodes = [drawing.draw() for _ in range(200)]
    assert 0.4 < np.mean([e.there for e in episodes]) < 0.6
    assert {len(e.tracks) for e in episodes} == {1, 2, 3}
    assert max(len(e.others) for e in episodes) > 20
    assert any(bool(e.tracks.behind.any()) for e in episodes)
    for one in episodes:  # the photo that is shown isn't enrolled, and nobody is enrolled twice
        alike = torch.einsum("nd,jmd->jnm", one.asked.prints, one.tracks.prints).amax()
        assert float(alike) < 0.999
        twice = torch.einsum("nd,rmd->rnm", one.asked.prints, one.others.prints).amax()
        assert float(twice) < 0.8


def test_the_fit_learns_from_made_clips(people: list[Photos]) -> None:
    held = [photos_of(i) for i in range(50, 80)]
    model = PrintMatch()
    with torch.no_grad():
        model.faces.bare[3] -= 20.0  # finds nobody
    before = printmatch.measured(model, printmatch.Drawing(held, seed=2), 96)
    printmatch.fit(model, printmatch.Drawing(people, seed=0), steps=60, batch=16)
    after = printmatch.measured(model, printmatch.Drawing(held, seed=2), 96)
    assert after["log loss"] < before["log loss"]
    assert after["found"] > before["found"]
    assert float(model.figures.slope.detach()) == float(PrintMatch().figures.slope.detach())  # of whom nobody tells


def test_photos_are_described_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    described = []

    def views(expert: object, image: np.ndarray, *rng: object) -> tuple[np.ndarray, np.ndarray] | None:
        described.append(image.shape)
        if image.mean() < 1:  # black: no face is found
            return None
        photo = photos_of(len(described), 1)
        return photo.prints[0], photo.quality[0]

    monkeypatch.setattr(printviews, "_views", views)
    monkeypatch.setattr(printviews, "FaceExpert", lambda: None)
    for name in printviews.SETS:
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        rows = [("a", "train", 9)] * 6 + [("b", "train", 9), ("c", "train", 0), ("c", "train", 9), ("d", "val", 9)]
        lines = []
        for i, (identity, split, grey) in enumerate(rows):
            Image.new("RGB", (40, 40), (grey,) * 3).save(folder / f"{i}.png")
            lines.append(f'{{"file": "{i}.png", "identity": "{identity}", "split": "{split}"}}\n')
        (folder / "metadata.jsonl").write_text("".join(lines))
    found = printviews.people_of(tmp_path / "data", tmp_path / "cache", "train")
    assert [len(p) for p in found] == [printviews.MOST] * 3  # one photo alone says nothing
    assert found[0].prints.shape == (4, 4, 512)
    count = len(described)
    again = printviews.people_of(tmp_path / "data", tmp_path / "cache", "train")
    assert len(described) == count
    np.testing.assert_array_equal(again[0].quality, found[0].quality)


def test_a_photo_gives_four_views(monkeypatch: pytest.MonkeyPatch) -> None:
    class Expert:
        detector = FakeDetector([(60, 60, 140, 160)])
        printer = FakePrinter()

        def prints(self, images: list[np.ndarray], points: list[np.ndarray]) -> np.ndarray:
            return self.printer.describe(np.stack([np.asarray(Image.fromarray(i).resize((112, 112))) for i in images]))

    image = np.random.default_rng(0).integers(0, 256, (220, 200, 3), dtype=np.uint8)
    views = printviews._views(Expert(), image, *(np.random.default_rng(i) for i in (1, 2)))  # type: ignore[arg-type]
    assert views is not None
    prints, quality = views
    assert prints.shape == (4, 512)
    assert len({tuple(row[:4]) for row in prints}) == 4
    assert quality[HARMED] < quality[0]
    assert quality[1] < quality[0]  # small and compressed
    assert quality[MASKED] in quality[:MASKED]
    Expert.detector = FakeDetector()
    assert printviews._views(Expert(), image, *(np.random.default_rng(i) for i in (1, 2))) is None  # type: ignore[arg-type]
