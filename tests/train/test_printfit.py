"""The fit that the trained model's match of faceprints starts from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pvchat.perception.experts.figurelooks import unit
from pvchat.train.fits import printmatch


def prints_of(person: int, photos: int, spread: float) -> np.ndarray:
    """[photos, 2, 512] around somebody's own direction; the degraded ones lie twice as far from it."""
    rng = np.random.default_rng(person)
    own = rng.standard_normal(512)
    noise = rng.standard_normal((photos, 2, 512)) * np.array([spread, 2 * spread])[None, :, None]
    return unit((own + noise).astype(np.float32))


@pytest.fixture
def cohort() -> np.ndarray:
    return unit(np.random.default_rng(99).standard_normal((60, 512)).astype(np.float32))


def test_the_fit_tells_the_same_from_others(cohort: np.ndarray) -> None:
    people = [prints_of(i, 4, 0.8) for i in range(30)]
    weights = printmatch.fit(*printmatch.episodes(people, cohort, 600, seed=0))
    rows, same = printmatch.episodes([prints_of(i, 4, 0.8) for i in range(50, 80)], cohort, 300, seed=1)
    odds = rows @ weights
    assert (odds[same] > 0).mean() > 0.9
    assert (odds[~same] < 0).mean() > 0.9
    assert weights[0] > 0 or weights[1] > 0


def test_nobody_is_shown_the_photo_that_was_enrolled(cohort: np.ndarray) -> None:
    people = [prints_of(i, 3, 0.5) for i in range(15)]
    rows, same = printmatch.episodes(people, cohort, 200, seed=2)
    assert rows[same, 0].max() < 0.999


def test_photos_are_read_by_split_and_name(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    prints = np.concatenate([prints_of(1, 2, 0.5), prints_of(2, 1, 0.5), prints_of(3, 2, 0.5)])
    rows = [{"identity": n, "split": s} for n, s in zip("aabcc", ["train"] * 3 + ["val"] * 2, strict=True)]
    file = tmp_path / "lfw.identity.safetensors"
    save_file({"prints": prints.astype(np.float16)}, file)
    file.with_suffix(".json").write_text(json.dumps(rows))
    assert [len(p) for p in printmatch.people_of(file, "train")] == [2]  # one photo alone says nothing
    np.testing.assert_allclose(printmatch.people_of(file, "val")[0], prints[3:], atol=1e-3)
