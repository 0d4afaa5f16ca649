"""Recipes of the trained model: what its match counts, how far it may be believed, what ships."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pvchat.model.printmatch import PrintMatch
from pvchat.model.pvchat import PVChatModel
from pvchat.model.registry import create_model
from pvchat.perception.experts.figurelooks import unit
from recipes.model import figurecrowd, printmatch
from recipes.model.choices import SURE, least_score
from recipes.model.printviews import Photos
from recipes.model.release import release


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


@pytest.fixture
def characters() -> figurecrowd.Characters:
    """Four known characters of nine pictures each, forty of whom there is one; harmed copies lie farther away."""
    rng = np.random.default_rng(0)
    who = np.repeat([0, 1, 2, 3, -1], [9, 9, 9, 9, 40])
    own = rng.standard_normal((44, 128))[np.where(who >= 0, who, 4 + np.arange(len(who)) - 36)]
    noise = rng.standard_normal((6, len(who), 128)) * np.array([1.0] * figurecrowd.MILD + [2.0] * 2)[:, None, None]
    return figurecrowd.Characters(unit((own + noise).astype(np.float32)), who)


def test_the_fit_learns_what_competing_takes(characters: figurecrowd.Characters) -> None:
    model, faces = PrintMatch(), float(PrintMatch().crowd.detach())
    with torch.no_grad():
        model.drawn_crowd.fill_(-20.0)  # finds nobody among many
    before = printmatch.measured(model, figurecrowd.Drawing(characters, seed=2), 96)
    printmatch.fit(model, figurecrowd.Drawing(characters, seed=0), steps=60, batch=16, start=figurecrowd.START)
    after = printmatch.measured(model, figurecrowd.Drawing(characters, seed=2), 96)
    assert after["log loss"] < before["log loss"]
    assert after["found"] > before["found"]
    assert float(model.crowd.detach()) == faces  # of whom it tells nothing


def test_the_threshold_is_the_lowest_that_keeps_the_precision():
    scores, right = np.linspace(2.0, 1.0, 16), np.arange(16) < 8
    least = least_score(scores, right, SURE)
    assert right[scores >= least].mean() >= SURE
    assert right[scores >= least - 0.07].mean() < SURE


@pytest.fixture
def runs(tmp_path):
    """A saved model with a language model, and one without that trained its presence head."""
    worded = create_model("tiny")
    worded.save_pretrained(tmp_path / "worded", dtype=torch.float32)
    silent = PVChatModel.from_pretrained(tmp_path / "worded", llm="none")
    with torch.no_grad():
        silent.match_weight.fill_(7.0)
    silent.save_pretrained(tmp_path / "silent", dtype=torch.float32)
    return tmp_path / "silent", tmp_path / "worded"


def test_the_released_model_has_both_runs_parts(runs, tmp_path):
    silent, worded = runs
    release(silent, tmp_path / "out", worded)
    model = PVChatModel.from_pretrained(tmp_path / "out")
    assert model.llm is not None
    assert float(model.match_weight.detach()) == 7.0
    saved = load_file(tmp_path / "out" / "model.safetensors")
    assert {v.dtype for v in saved.values() if v.dim()} == {torch.bfloat16}
    assert saved.keys() == load_file(worded / "model.safetensors").keys()
