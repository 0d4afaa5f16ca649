"""The fit of what competing takes from drawn figures: made clips, and that it learns from them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pvchat.model.printmatch import PrintMatch
from pvchat.perception.experts.figurelooks import unit
from pvchat.train.fits import figurecrowd
from pvchat.train.fits.printmatch import fit, measured


@pytest.fixture
def characters() -> figurecrowd.Characters:
    """Four known characters of nine pictures each, forty of whom there is one; harmed copies lie farther away."""
    rng = np.random.default_rng(0)
    who = np.repeat([0, 1, 2, 3, -1], [9, 9, 9, 9, 40])
    own = rng.standard_normal((44, 128))[np.where(who >= 0, who, 4 + np.arange(len(who)) - 36)]
    noise = rng.standard_normal((6, len(who), 128)) * np.array([1.0] * figurecrowd.MILD + [2.0] * 2)[:, None, None]
    return figurecrowd.Characters(unit((own + noise).astype(np.float32)), who)


def test_a_made_clip_asks_for_a_character_with_several_pictures(characters: figurecrowd.Characters) -> None:
    drawing = figurecrowd.Drawing(characters, seed=1)
    episodes = [drawing.draw() for _ in range(200)]
    assert 0.4 < np.mean([e.there for e in episodes]) < 0.6
    assert {len(e.tracks) for e in episodes} == {1}
    assert max(len(e.others) for e in episodes) > 20
    assert any(not bool(e.others.told.any()) for e in episodes)  # nobody else
    near = {True: [], False: []}
    for one in episodes:
        near[one.there].append(float((one.asked.figures @ one.tracks.figures[0].T).mean()))
        seen = torch.einsum("rmd,nd->rmn", one.others.figures, one.tracks.figures[0])
        assert float(seen.amax()) < 0.999  # no picture is both enrolled and shown
    assert np.mean(near[True]) > np.mean(near[False]) + 0.2


def test_the_fit_learns_what_competing_takes(characters: figurecrowd.Characters) -> None:
    model, faces = PrintMatch(), float(PrintMatch().crowd.detach())
    with torch.no_grad():
        model.drawn_crowd.fill_(-20.0)  # finds nobody among many
    before = measured(model, figurecrowd.Drawing(characters, seed=2), 96)
    fit(model, figurecrowd.Drawing(characters, seed=0), steps=60, batch=16, start=figurecrowd.START)
    after = measured(model, figurecrowd.Drawing(characters, seed=2), 96)
    assert after["log loss"] < before["log loss"]
    assert after["found"] > before["found"]
    assert float(model.crowd.detach()) == faces  # of whom it tells nothing
