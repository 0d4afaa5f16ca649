"""Frames as a base is shown them: people outlined, one of them cropped. Who they are is decided elsewhere.

In: frames [T, H, W, 3] with boxes of the people asked about. Out: marked copies, a crop. A small model can't tell who
is who from reference pictures, and is helped by a line round the person (visual prompting, as AutoAD-Zero, arXiv
2407.15850, has it); names are told in words (`prompts.py`). Never drawn: anybody who isn't surely there.

Legend: T frames, H and W pixels. Boxes are x0, y0, x1, y1 as fractions of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray

Frames = NDArray[np.uint8]
COLOURS = {"red": (255, 0, 0), "green": (0, 200, 0), "blue": (0, 80, 255), "yellow": (255, 220, 0)}
LINE = 0.01  # of the frame's width (AutoAD-Zero)
LEAST = 3  # pixels of the line after a processor has made the frame smaller …
SEEN_AT = 512  # … to this width
MARGIN = 0.25  # of a crop, of the person's box, on every side


@dataclass(frozen=True)
class Marked:
    """One person in some frames: her boxes [T, 4], NaN where she isn't seen, and the seconds in which she is."""

    name: str
    boxes: FloatArray
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Visuals:
    """What a base is shown of a clip."""

    frames: Frames  # [T, H, W, 3] RGB
    times: FloatArray  # [T] seconds from the clip's start
    people: tuple[Marked, ...] = ()  # those asked about who are there
    outlined: bool = False  # lines are drawn, of each in the colour of her place (`colour_of`)
    crop: Frames | None = None  # [h, w, 3] of the one person asked about


def colour_of(place: int) -> str:
    """The colour of the first, second … person; more than four share the last."""
    return list(COLOURS)[min(place, len(COLOURS) - 1)]


def outlined(visuals: Visuals, pair: int = 1) -> Visuals:
    """The same with lines round the people; frames that the base makes one of (`pair`) get the same box."""
    frames = visuals.frames.copy()
    for place, person in enumerate(visuals.people):
        boxes = _paired(person.boxes, pair)
        for frame, box in zip(frames, boxes, strict=True):
            if np.isfinite(box).all():
                _draw(frame, box, COLOURS[colour_of(place)])
    return replace(visuals, frames=frames, outlined=bool(visuals.people))


def cropped(visuals: Visuals) -> Frames | None:
    """A padded crop of the one person, taken where she is largest; None for none or several."""
    if len(visuals.people) != 1:
        return None
    boxes = visuals.people[0].boxes
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    if not np.isfinite(area).any():
        return None
    at = int(np.nanargmax(area))
    return crop_of(visuals.frames[at], boxes[at])


def crop_of(frame: Frames, box: FloatArray, margin: float = MARGIN) -> Frames:
    """A box of a frame with a margin, at least 8 pixels a side."""
    height, width = frame.shape[:2]
    size = np.array([width, height, width, height], np.float32)
    pad = margin * np.array([box[2] - box[0], box[3] - box[1]])
    x0, y0, x1, y1 = (np.concatenate([box[:2] - pad, box[2:] + pad]) * size).round().astype(int)
    x0, y0 = max(0, min(x0, width - 8)), max(0, min(y0, height - 8))
    return np.ascontiguousarray(frame[y0 : max(y1, y0 + 8), x0 : max(x1, x0 + 8)])


def _paired(boxes: FloatArray, pair: int) -> FloatArray:
    """Boxes [T, 4] that hold what every `pair` frames show; a frame without the person gets none."""
    joined = boxes.copy()
    for start in range(0, len(boxes), pair):
        part = boxes[start : start + pair]
        seen = np.isfinite(part).all(1)
        if seen.any():
            whole = np.concatenate([part[seen, :2].min(0), part[seen, 2:].max(0)])
            joined[start : start + pair][seen] = whole
    return joined


def _draw(frame: Frames, box: FloatArray, colour: Sequence[int]) -> None:
    """A rectangle's line into a frame, in place."""
    height, width = frame.shape[:2]
    line = max(1, int(np.ceil(max(LINE * width, LEAST * width / max(SEEN_AT, width)))))
    x0, x1 = (int(np.clip(v * width, 0, width - 1)) for v in (box[0], box[2]))
    y0, y1 = (int(np.clip(v * height, 0, height - 1)) for v in (box[1], box[3]))
    frame[y0 : y0 + line, x0:x1] = frame[max(0, y1 - line) : y1, x0:x1] = colour
    frame[y0:y1, x0 : x0 + line] = frame[y0:y1, max(0, x1 - line) : x1] = colour
