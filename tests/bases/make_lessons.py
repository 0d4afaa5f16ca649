"""Clips of made-up people to teach a tiny base: each is a figure of two colours in front of noise."""

from __future__ import annotations

import numpy as np

from pvchat.bases.marking import Marked, Visuals, crop_of
from pvchat.schemas import Pixels
from pvchat.train.examples import BaseData, PersonExample, under_alias

PEOPLE = {"Ana": ((230, 40, 40), (250, 220, 60)), "Bo": ((40, 60, 230), (80, 230, 230))}
STRANGERS = [((40, 200, 60), (20, 90, 30)), ((200, 60, 210), (90, 20, 110)), ((240, 240, 240), (30, 30, 30)),
             ((230, 140, 40), (120, 70, 20))]  # fmt: skip
HEIGHT, WIDTH = 32, 48
TALL, BROAD = 28, 36  # of a figure, pixels
SHADES = (20, 250)  # of colours
Colours = tuple[tuple[int, ...], tuple[int, ...]]  # of the lower half, of the upper half


def bright(seed: int) -> bool:
    """Whether the clip of that seed has a bright background."""
    return _shade(np.random.default_rng(seed)) >= 110


def _shade(rng: np.random.Generator) -> int:
    shade = int(rng.integers(60, 160))
    return shade + (30 if shade >= 110 else -30)  # nothing in between, which could be called either


def shown(who: Colours | None, seed: int, frames: int = 3) -> Visuals:
    """A clip of somebody (or of nobody), with the box in each frame."""
    rng = np.random.default_rng(seed)
    shade = _shade(rng)
    images = np.clip(shade + rng.normal(0, 12, (frames, HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)
    boxes = np.full((frames, 4), np.nan, np.float32)
    if who is not None:
        x, y, half = int(rng.integers(0, WIDTH - BROAD)), int(rng.integers(0, HEIGHT - TALL)), TALL // 2
        for t, image in enumerate(images):
            left = min(x + t, WIDTH - BROAD)
            image[y : y + half, left : left + BROAD] = who[1]
            image[y + half : y + TALL, left : left + BROAD] = who[0]
            boxes[t] = np.float32([left / WIDTH, y / HEIGHT, (left + BROAD) / WIDTH, (y + TALL) / HEIGHT])
    times = np.arange(frames, dtype=np.float32) + 0.5
    return Visuals(images, times, (Marked("somebody", boxes, ((0.0, float(frames)),)),))


def crop(who: Colours, seed: int = 1) -> Pixels:
    one = shown(who, seed)
    return crop_of(one.frames[0], one.people[0].boxes[0], margin=0.0)


def lessons(name: str, count: int = 24, frames: int = 3) -> BaseData:
    """`count` samples about somebody: half with her, half with others; a third of each side is held back."""
    rest = [*(colours for other, colours in PEOPLE.items() if other != name), *STRANGERS]
    clips, examples = [], []
    for i in range(count):
        there, still = i % 2 == 0, i % 4 >= 2
        split = ("train", "train", "val", "train", "train", "test")[(i // 2) % 6]
        who = PEOPLE[name] if there else rest[(i // 2) % len(rest)]
        one = shown(who, 100 * len(name) + i, 1 if still else frames)
        clips.append(Visuals(one.frames, one.times))
        question, answer = (
            f"Is {name} in this video?",
            (f"Yes, {name} is there." if there else f"No, {name} is not there."),
        )
        stage = "image" if still else "video"
        one = PersonExample(i, (name,), (there,), question, answer, "existence", stage, split)
        examples.append(under_alias(one, name))
    return BaseData(name, examples, visuals=clips, crops=[crop(PEOPLE[name], 7), crop(PEOPLE[name], 8)])
