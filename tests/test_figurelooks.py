"""How a drawn face is read: parts, the small network, both together; and how that network is fitted."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from pvchat.perception.experts import facemaps
from pvchat.perception.experts import figures as looks
from pvchat.perception.experts.figures import FigureExpert
from pvchat.perception.experts.identity import WIDTH
from recipes.figures import figurehead


def _maps(rng, n):
    return rng.normal(size=(n, facemaps.CHANNELS, facemaps.CELLS, facemaps.CELLS)).astype(np.float32)


@pytest.fixture(scope="module")
def shipped():
    return FigureExpert()._w


def test_identity_vectors_have_length_one_and_no_face_has_none(shipped):
    maps = _maps(np.random.default_rng(0), 3)
    found = looks.identity(shipped, maps)
    assert found.shape == (3, WIDTH)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert looks.identity(shipped, maps[:0]).shape == (0, WIDTH)
    assert np.allclose(looks.identity(shipped, maps[1:2]), found[1:2], atol=1e-5)  # whoever else is in the frame


def test_where_a_colour_lies_counts():
    """Hair and eyes that change their colours are another face to the parts, though the whole has the same mean."""
    maps = np.zeros((2, facemaps.CHANNELS, facemaps.CELLS, facemaps.CELLS), np.float32)
    maps[0, 3, :3], maps[1, 3, 5:] = 1, 1
    one, other = looks.appearance(maps)
    assert one.shape == (7 * facemaps.CHANNELS,)
    assert one[3] == pytest.approx(other[3])
    assert np.abs(one - other).max() > 0.5


def test_a_cosine_is_the_weighed_mean_of_both_readings():
    rng = np.random.default_rng(1)
    parts, learned = looks.unit(rng.normal(size=(2, 128))), looks.unit(rng.normal(size=(2, 64)))
    both = looks.join_readings(parts, learned)
    wanted = 0.85 * (parts[0] @ parts[1]) + 0.15 * (learned[0] @ learned[1])
    assert both[0] @ both[1] == pytest.approx(wanted, abs=1e-5)


def test_the_small_network_is_torchs():
    """What numpy makes of the arrays is what the network that was fitted says, standardisation included."""
    rng = np.random.default_rng(2)
    torch.manual_seed(0)
    net = figurehead._network(3, 2).eval()
    torch.nn.init.normal_(net.place)
    mean, spread = rng.normal(size=facemaps.CHANNELS), rng.uniform(0.5, 2, facemaps.CHANNELS)
    maps = _maps(rng, 4)
    x = ((maps - mean[:, None, None]) / spread[:, None, None]).astype(np.float32)
    theirs = net(torch.from_numpy(x))[0].detach().numpy()
    arrays = figurehead.arrays_of_network(net, mean.astype(np.float32), spread.astype(np.float32))
    assert np.allclose(looks.by_learning(arrays, maps), theirs, atol=1e-4)


def test_the_shipped_file_holds_what_is_read():
    from pvchat.perception.experts import figures

    held = load_file(figures._FILE)
    assert held["identity.weight"].shape == (WIDTH, 192)
    assert held["parts.weight"].shape == (128, 7 * facemaps.CHANNELS)
    assert held["cohort"].shape[1] == WIDTH
