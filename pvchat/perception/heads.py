"""Heads and bodies: whose face a body carries, and where the head is on a body that shows none.

In: bodies as things that are followed (`bodies.py`), tracks of faces. Out: the number of a track, a box. Boxes are
fractions of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.schemas import FloatArray, Thing, Track

_HEAD = 0.35  # share of a body's height in which its face begins
_HEADS = 6.0  # heads a body is tall, as far as a frame shows it


def owner(body: Thing, faces: Sequence[Track]) -> int | None:
    """The number of the face track whose body this is: the face most often in its upper part; None of nobody's."""
    together = [_shared(body, track) for track in faces]
    return int(np.argmax(together)) if max(together, default=0) else None


def head_of(box: FloatArray) -> FloatArray:
    """Where the head is on a body's box [4]: as a face's box lies."""
    side = min(float(box[3] - box[1]) / _HEADS, float(box[2] - box[0]))
    middle = float(box[0] + box[2]) / 2
    return np.array([middle - side / 2, box[1], middle + side / 2, box[1] + side], np.float32)


def _shared(body: Thing, track: Track) -> int:
    """In how many of its sightings a body carries a track's face."""
    return sum(
        carries(np.asarray(box, np.float32), track.boxes[int(np.abs(track.frames - frame).argmin())])
        for frame, box in zip(body.frames, body.boxes, strict=True)
        if np.abs(track.frames - frame).min() <= 1
    )


def carries(box: FloatArray, face: FloatArray) -> bool:
    """Whether a face's box lies in the upper part of a body's."""
    middle, height = float(face[0] + face[2]) / 2, float(box[3] - box[1])
    starts = float(face[1] - box[1]) / max(height, 1e-6)
    return bool(box[0] <= middle <= box[2] and -0.1 <= starts < _HEAD and face[3] <= box[3])
