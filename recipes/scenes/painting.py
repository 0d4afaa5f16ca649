"""Composed scenes drawn: bodies in plain clothes of a known colour, heads pasted on, masks and caps over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from pvchat.schemas import FloatArray
from recipes.scenes.actors import COLOURS, Actor, ActorHead, Colour

FRAME = (320, 240)  # width, height of a frame
HEADS_A_BODY = 7.5  # heights of the head in a standing adult (artists' canon)


def picture(still: Image.Image, actors: Sequence[Actor], t: int, window: FloatArray) -> NDArray[np.uint8]:
    """The world at time t as the camera sees it.

    Args:
        still: the background.
        actors: the farthest first.
        t: which of the actors' places.
        window: [4] of the world that the camera shows.
    """
    world = still.copy()
    for actor in actors:
        _paste(world, actor, actor.path[t])
    x0, y0, x1, y1 = (float(v) for v in window)
    shown = world.resize(FRAME, Image.Resampling.BICUBIC, box=(x0, y0, x1, y1))
    return np.asarray(shown)


def cover(head: ActorHead, what: str, colour: Colour) -> NDArray[np.uint8]:
    """The head's picture with a mask or a cap drawn on by its five points.

    Args:
        head: the crop.
        what: "a face mask", "a cap" or "".
        colour: of it.
    """
    if not what:
        return head.image
    picture = Image.fromarray(head.image)
    draw = ImageDraw.Draw(picture)
    x0, y0, x1, y1 = (float(v) for v in head.box)
    eyes, nose = head.points[:2].mean(0), head.points[2]
    if what == "a face mask":
        outline = [(x0, eyes[1] * 0.5 + nose[1] * 0.5), (nose[0], nose[1] - 0.08 * (y1 - y0)),
                   (x1, eyes[1] * 0.5 + nose[1] * 0.5), (x1 - 0.05 * (x1 - x0), y1 - 0.12 * (y1 - y0)),
                   (head.points[3:, 0].mean(), y1 + 0.03 * (y1 - y0)),
                   (x0 + 0.05 * (x1 - x0), y1 - 0.12 * (y1 - y0))]  # fmt: skip
        draw.polygon([(float(a), float(b)) for a, b in outline], fill=colour)
    else:
        brow = float(eyes[1]) - 0.18 * (y1 - y0)
        wide = 0.08 * (x1 - x0)
        draw.pieslice(
            [x0 - wide, y0 - 0.35 * (y1 - y0), x1 + wide, 2 * brow - y0 + 0.35 * (y1 - y0)], 180, 360, fill=colour
        )
        draw.rectangle([x0 - 2.5 * wide, brow - 0.05 * (y1 - y0), x1 + 2.5 * wide, brow], fill=colour)
    return np.asarray(picture)


def _paste(world: Image.Image, actor: Actor, at: FloatArray) -> None:
    """Body, then head, then what covers it."""
    x, y, h = float(at[0]), float(at[1]), actor.height
    draw = ImageDraw.Draw(world)
    chin, feet = y + 0.5 * h, y + (HEADS_A_BODY - 0.5) * h
    hips = chin + 2.6 * h
    top = COLOURS[actor.colour]
    shade = tuple(int(0.8 * v) for v in top)
    for side in (-1, 1):
        draw.polygon([(x, hips), (x + side * 0.75 * h, hips), (x + side * 0.7 * h, feet), (x + side * 0.2 * h, feet)],
                     fill=actor.legs)  # fmt: skip
        draw.line(
            [(x + side * 0.95 * h, chin + 0.5 * h), (x + side * 1.15 * h, hips)], fill=shade, width=round(0.4 * h)
        )
    draw.rounded_rectangle([x - 1.0 * h, chin + 0.15 * h, x + 1.0 * h, hips + 0.3 * h], radius=0.45 * h, fill=top)
    face = np.asarray(actor.head.image)
    skin = tuple(int(v) for v in np.median(_middle(face, actor.head.box).reshape(-1, 3), 0))
    draw.rectangle([x - 0.22 * h, y + 0.3 * h, x + 0.22 * h, chin + 0.3 * h], fill=skin)
    covered = cover(actor.head, actor.covered, actor.cover)
    scale = h / (1.3 * float(actor.head.box[3] - actor.head.box[1]))  # a face box spans about 1/1.3 of the head
    size = [max(8, round(n * scale)) for n in covered.shape[1::-1]]
    crop = Image.fromarray(covered).resize(size, Image.Resampling.BICUBIC)
    centre = np.array([actor.head.box[[0, 2]].mean(), actor.head.box[[1, 3]].mean()]) * scale
    corner = (round(x - float(centre[0])), round(y - float(centre[1])))
    world.paste(crop, corner, _head_mask(size, centre, h))


def _head_mask(size: list[int], centre: NDArray[np.float64], h: float) -> Image.Image:
    """A soft ellipse around hair and face, a little higher than the face box."""
    mask = Image.new("L", (size[0], size[1]), 0)
    x, y = float(centre[0]), float(centre[1]) - 0.08 * h
    ImageDraw.Draw(mask).ellipse([x - 0.45 * h, y - 0.6 * h, x + 0.45 * h, y + 0.6 * h], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(0.03 * h))


def _middle(face: NDArray[np.uint8], box: FloatArray) -> NDArray[np.uint8]:
    """The middle of the face: skin."""
    x0, y0, x1, y1 = (float(v) for v in box)
    rows = slice(max(0, round(y0 + 0.5 * (y1 - y0))), max(1, round(y0 + 0.7 * (y1 - y0))))
    return face[rows, max(0, round(x0 + 0.3 * (x1 - x0))) : max(1, round(x0 + 0.7 * (x1 - x0)))]
