"""Recipes of what tells drawn figures: where their faces are, and who they are in another light."""

from __future__ import annotations

import numpy as np

from pvchat.perception.experts import facemaps
from pvchat.perception.experts import figures as looks
from pvchat.perception.experts.figures import FigureExpert
from recipes.figures import figurefits
from recipes.figures.figurehead import Copies, fit_learned
from recipes.figures.figures import mark


def test_a_locator_learns_where_faces_are():
    """Faces are where one channel is on; what it says without the standardisation is what it learned with it."""
    rng = np.random.default_rng(7)
    box = np.array([[0.25, 0.25, 0.55, 0.55]], np.float32)
    target, edges = mark(box)
    maps = rng.normal(3, 2, (8, 472, 20, 20)).astype(np.float16)
    maps[:4, 0] = np.where(target == 1, 60, 0)
    marked = [mark(box if k < 4 else np.zeros((0, 4), np.float32)) for k in range(8)]
    wanted = np.stack([t for t, _ in marked]), np.stack([e for _, e in marked])
    arrays = figurefits.fit_locator(maps, *wanted, seed=0, steps=15)
    expert = FigureExpert(arrays=arrays | {"frame.mean": np.zeros(1280, np.float32)})
    found = [expert.cells(one.astype(np.float32))[0] for one in maps]
    assert min(f[target == 1].mean() for f in found[:4]) > max(f[target == 1].mean() for f in found[4:]) + 1


def _maps(rng, n):
    return rng.normal(size=(n, facemaps.CHANNELS, facemaps.CELLS, facemaps.CELLS)).astype(np.float32)


def test_it_learns_what_stays_of_a_face_in_another_light():
    """Every face has a pattern of its own; each copy is brighter or darker by far more than faces differ."""
    rng = np.random.default_rng(3)
    faces = np.repeat(_maps(rng, 20)[None], 6, 0)
    light = rng.normal(0, 3, (6, 20, facemaps.CHANNELS, 1, 1)).astype(np.float32)
    character = np.r_[np.arange(4).repeat(2), np.full(12, -1)]
    colours = np.where(character < 0, np.arange(20) % 3, -1)
    copies = Copies((faces + light).astype(np.float16), character, colours, colours)
    arrays = fit_learned(copies, seed=0, steps=40)
    one, other = (looks.by_learning(arrays, copies.maps[k, 8:].astype(np.float32)) for k in (0, 1))
    like = one @ other.T
    assert np.diag(like).mean() > like[~np.eye(12, dtype=bool)].mean() + 0.3
