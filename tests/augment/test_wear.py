"""Masks, glasses and caps on the painted face."""

from __future__ import annotations

import numpy as np
import pytest
from make_profile import HEIGHT, WIDTH, make_profile, mesh_at, paint

from pvchat.augment.positives import head as heads
from pvchat.augment.positives.head import face_brightness
from pvchat.augment.positives.wear import ACCESSORIES, accessory_clip, draw_accessory, lay_on_head

# A mesh point that each thing hides, and one that it must leave free.
PLACES = {"mask": (13, 9), "sunglasses": (230, 152), "cap": (10, 152), "scrubs": (10, 152)}


def colours_at(image, mesh, index):
    x, y = np.round(mesh[index, :2] * [WIDTH, HEIGHT]).astype(int)
    return image[y - 1 : y + 2, x - 1 : x + 2].astype(int).mean((0, 1))


@pytest.mark.parametrize("thing", sorted(PLACES))
@pytest.mark.parametrize("yaw", [-20.0, 0.0, 15.0])
def test_an_accessory_hides_what_is_under_it_and_nothing_else(thing, yaw):
    mesh = mesh_at(yaw=yaw)
    image, _ = paint(mesh)
    head = heads.build_head(mesh, WIDTH, HEIGHT)
    out = lay_on_head(image, head, draw_accessory(thing, head.local, np.random.default_rng(0)), 1.0)
    hidden, free = PLACES[thing]
    assert np.abs(colours_at(out, mesh, hidden) - colours_at(image, mesh, hidden)).max() > 25
    assert np.abs(colours_at(out, mesh, free) - colours_at(image, mesh, free)).max() < 8
    assert (out[-30:] == image[-30:]).all()


def test_glasses_leave_the_eyes_visible():
    mesh = mesh_at()
    image, _ = paint(mesh)
    head = heads.build_head(mesh, WIDTH, HEIGHT)
    out = lay_on_head(image, head, draw_accessory("glasses", head.local, np.random.default_rng(0)), 1.0)
    for eye in ((33, 133), (362, 263)):
        x, y = (mesh[list(eye), :2] * [WIDTH, HEIGHT]).mean(0).round().astype(int)
        assert out[y - 1 : y + 2, x - 1 : x + 2].mean() < 90  # the dark pupil
    assert (out != image).any(2).sum() > 100


def test_things_are_as_bright_as_the_face():
    mesh = mesh_at()
    image, _ = paint(mesh)
    head = heads.build_head(mesh, WIDTH, HEIGHT)
    assert face_brightness(image // 3, head) < 0.5 < face_brightness(image, head)


@pytest.mark.parametrize("kind", ACCESSORIES)
def test_samples_say_what_is_worn(kind):
    made = accessory_clip(make_profile(), 2, np.random.default_rng(0), kind)
    assert made.notes["appearance"].startswith("wears ")
    assert ("mouth" in made.covers) == (kind in ("mask", "scrubs"))
    assert ("eyes" in made.covers) == ("sunglasses" in made.notes["appearance"])


def test_masks_of_other_seeds_have_other_colours():
    worn = [accessory_clip(make_profile(4), 1, np.random.default_rng(s), "mask").images[0] for s in range(6)]
    x, y = 112, 92
    assert len({tuple(image[y, x] // 20) for image in worn}) > 2
