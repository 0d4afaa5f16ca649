"""How a drawn face is read: parts, the small network, both together; and how that network is fitted."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file

from pvchat.perception.experts import figurelooks as looks
from pvchat.perception.experts.figures import FigureExpert
from pvchat.train.fits import figurehead
from pvchat.train.fits.drawnfaces import changed, harmed, relit
from pvchat.train.fits.figurehead import Copies, fit_learned
from pvchat.train.fits.figurelikeness import copies_of


def _maps(rng, n):
    return rng.normal(size=(n, looks.CHANNELS, looks.CELLS, looks.CELLS)).astype(np.float32)


@pytest.fixture(scope="module")
def shipped():
    return FigureExpert()._w


def test_identity_vectors_have_length_one_and_no_face_has_none(shipped):
    maps = _maps(np.random.default_rng(0), 3)
    found = looks.identity(shipped, maps)
    assert found.shape == (3, looks.WIDTH)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert looks.identity(shipped, maps[:0]).shape == (0, looks.WIDTH)
    assert np.allclose(looks.identity(shipped, maps[1:2]), found[1:2], atol=1e-5)  # whoever else is in the frame


def test_where_a_colour_lies_counts():
    """Hair and eyes that change their colours are another face to the parts, though the whole has the same mean."""
    maps = np.zeros((2, looks.CHANNELS, looks.CELLS, looks.CELLS), np.float32)
    maps[0, 3, :3], maps[1, 3, 5:] = 1, 1
    one, other = looks.appearance(maps)
    assert one.shape == (7 * looks.CHANNELS,)
    assert one[3] == pytest.approx(other[3])
    assert np.abs(one - other).max() > 0.5


def test_a_cosine_is_the_weighed_mean_of_both_readings():
    rng = np.random.default_rng(1)
    parts, learned = looks.unit(rng.normal(size=(2, 128))), looks.unit(rng.normal(size=(2, 64)))
    both = looks.side_by_side(parts, learned)
    wanted = 0.85 * (parts[0] @ parts[1]) + 0.15 * (learned[0] @ learned[1])
    assert both[0] @ both[1] == pytest.approx(wanted, abs=1e-5)


def test_the_small_network_is_torchs():
    """What numpy makes of the arrays is what the network that was fitted says, standardisation included."""
    rng = np.random.default_rng(2)
    torch.manual_seed(0)
    net = figurehead._network(3, 2).eval()
    torch.nn.init.normal_(net.place)
    mean, spread = rng.normal(size=looks.CHANNELS), rng.uniform(0.5, 2, looks.CHANNELS)
    maps = _maps(rng, 4)
    x = ((maps - mean[:, None, None]) / spread[:, None, None]).astype(np.float32)
    theirs = net(torch.from_numpy(x))[0].detach().numpy()
    arrays = figurehead._arrays(net, mean.astype(np.float32), spread.astype(np.float32))
    assert np.allclose(looks.by_learning(arrays, maps), theirs, atol=1e-4)


def test_it_learns_what_stays_of_a_face_in_another_light():
    """Every face has a pattern of its own; each copy is brighter or darker by far more than faces differ."""
    rng = np.random.default_rng(3)
    faces = np.repeat(_maps(rng, 20)[None], 6, 0)
    light = rng.normal(0, 3, (6, 20, looks.CHANNELS, 1, 1)).astype(np.float32)
    character = np.r_[np.arange(4).repeat(2), np.full(12, -1)]
    colours = np.where(character < 0, np.arange(20) % 3, -1)
    copies = Copies((faces + light).astype(np.float16), character, colours, colours)
    arrays = fit_learned(copies, seed=0, steps=40)
    one, other = (looks.by_learning(arrays, copies.maps[k, 8:].astype(np.float32)) for k in (0, 1))
    like = one @ other.T
    assert np.diag(like).mean() > like[~np.eye(12, dtype=bool)].mean() + 0.3


def test_a_batch_holds_several_of_each():
    rng = np.random.default_rng(4)
    character = np.r_[np.arange(5).repeat(6), np.full(50, -1)]
    copy, picture = figurehead._batch(character, 4, rng)
    known = picture[character[picture] >= 0]
    assert np.bincount(character[known]).tolist() == [4] * 5
    assert len(set(known.tolist())) == 20  # different pictures
    unknown = list(zip(copy[20:].tolist(), picture[20:].tolist(), strict=True))
    assert len(unknown) == len(set(unknown)) == 120  # different copies


def test_copies_are_pictures_and_differ():
    rng = np.random.default_rng(5)
    face = rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)
    behind = [rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)]
    for copy in (*(changed(face, rng) for _ in range(20)), *(harmed(face, behind, rng) for _ in range(40))):
        assert copy.dtype == np.uint8
        assert copy.shape[2] == 3
        assert min(copy.shape[:2]) >= 20
    lights = {relit(face, rng).mean().round(3) for _ in range(30)}
    assert 15 < len(lights) < 30  # one in five keeps its light


class _Backbone:
    """Stands in for EfficientNet: a picture's mean."""

    def maps(self, images, side):
        cells = side // 16
        return np.stack([np.full((472, cells, cells), image.mean() / 255, np.float32) for image in images])


def _picture_set(folder, rows):
    """A set of grey pictures: rows of metadata, each with the brightness of its picture."""
    folder.mkdir()
    for number, row in enumerate(rows):
        Image.new("RGB", (96, 96), (row.pop("grey"),) * 3).save(folder / f"{number}.png")
        row["file"] = f"{number}.png"
    (folder / "metadata.jsonl").write_text("\n".join(json.dumps(row) for row in rows))


def test_copies_know_whose_they_are_or_what_colours_they_have(tmp_path):
    colours = {"hair_colour": "red", "eye_colour": "blue"}
    known = [
        {"identity": who, "split": part, "grey": 90} for who, part in (("B", "train"), ("A", "train"), ("C", "val"))
    ]
    unknown = [
        {"attributes": colours | {"hair_colour": hair}, "split": "train", "grey": 150} for hair in ("red", "black")
    ]
    _picture_set(tmp_path / "anime", known)
    _picture_set(tmp_path / "anime_hair", unknown)
    for name in ("flickr8k", "houses", "places_mini", "sports100"):
        _picture_set(tmp_path / name, [{"split": "train", "grey": 20}])
    found = copies_of(tmp_path, "train", _Backbone(), harm=2, seed=0)
    assert found.maps.shape == (1 + 3 + 2, 4, looks.CHANNELS, looks.CELLS, looks.CELLS)
    assert found.character.tolist() == [1, 0, -1, -1]
    assert found.hair.tolist() == [-1, -1, 1, 0]
    assert found.eyes.tolist() == [-1, -1, 0, 0]
    assert np.allclose(found.maps[0, :, 0, 0, 0], np.array([90, 90, 150, 150]) / 255, atol=1e-3)  # the first: as it is
    assert len(set(found.maps[:, 0, 0, 0, 0].tolist())) > 2


def test_the_shipped_file_holds_what_is_read():
    from pvchat.perception.experts import figures

    held = load_file(figures._FILE)
    assert held["identity.weight"].shape == (looks.WIDTH, 192)
    assert held["parts.weight"].shape == (128, 7 * looks.CHANNELS)
    assert held["cohort"].shape[1] == looks.WIDTH
