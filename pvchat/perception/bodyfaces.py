"""Which face belongs to which body, and where the head is on a body that shows no face. Boxes are fractions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

import numpy as np

from pvchat.schemas import FloatArray, IntArray, Thing, Track

_HEAD = 0.35  # share of a body's height in which its face begins
_HEADS = 6.0  # heads a body is tall, as far as a frame shows it
_PASSING = 0.2  # share of a body's faces below which somebody's are those of people behind or before it [choice]
_NOBODY = -1


def face_tracks_of(bodies: Sequence[Thing], tracks: Sequence[Track]) -> list[dict[int, int]]:
    """The face tracks that bodies belong to: for each body frame → number of the face track.

    Faces are given to bodies frame by frame, one to one. Where a body shows none, it is hers whose face it carried last
    and carries next; nobody's where these are two people, or where her face is elsewhere.
    """
    faces = _boxes_by_frame([t.frames for t in tracks], [t.boxes for t in tracks])
    boxes = _boxes_by_frame([np.array(b.frames) for b in bodies], [np.array(b.boxes, np.float32) for b in bodies])
    carried: list[dict[int, int]] = [{} for _ in bodies]
    for frame in boxes:
        for row, number in _match_faces(boxes[frame], faces.get(frame, {})).items():
            carried[row][frame] = number
    found = []
    for row, (body, one) in enumerate(zip(bodies, carried, strict=True)):
        often = {number for number, seen in Counter(one.values()).items() if seen >= _PASSING * len(one)}
        known = {frame: number for frame, number in one.items() if number in often}
        for frame in set(body.frames).difference(known):
            hers = [face for number, face in faces.get(frame, {}).items() if number in often]
            middles, box = [(face[:2] + face[2:]) / 2 for face in hers], boxes[frame][row]
            # of somebody lying the head is at the body's side, but in its box
            if not all((middle >= box[:2]).all() and (middle <= box[2:]).all() for middle in middles):
                known[frame] = _NOBODY
        found.append(_fill_gaps(body.frames, known))
    return found


def faceless(bodies: Sequence[Thing], tracks: Sequence[Track]) -> list[Thing]:
    """The bodies that carry nobody's face at any time."""
    faces = [track for track in tracks if track.kind == "face"]
    return [body for body, owners in zip(bodies, face_tracks_of(bodies, faces), strict=True) if not owners]


def head_of(box: FloatArray) -> FloatArray:
    """Where the head is on a body's box [4]: as a face's box lies."""
    side = min(float(box[3] - box[1]) / _HEADS, float(box[2] - box[0]))
    middle = float(box[0] + box[2]) / 2
    return np.array([middle - side / 2, box[1], middle + side / 2, box[1] + side], np.float32)


def holds_face(box: FloatArray, face: FloatArray) -> bool:
    """Whether a face's box lies in the upper part of a body's."""
    middle, height = float(face[0] + face[2]) / 2, float(box[3] - box[1])
    starts = float(face[1] - box[1]) / max(height, 1e-6)
    return bool(box[0] <= middle <= box[2] and -0.1 <= starts < _HEAD and face[3] <= box[3])


def _boxes_by_frame(frames: Sequence[IntArray], boxes: Sequence[FloatArray]) -> dict[int, dict[int, FloatArray]]:
    """The boxes of some tracks or bodies by frame and number."""
    found: dict[int, dict[int, FloatArray]] = {}
    for number, (at, rows) in enumerate(zip(frames, boxes, strict=True)):
        for frame, box in zip(at.tolist(), rows, strict=True):
            found.setdefault(frame, {})[number] = box
    return found


def _match_faces(bodies: dict[int, FloatArray], faces: dict[int, FloatArray]) -> dict[int, int]:
    """Body → face in one frame, each once; the pairs in which the face lies most as a head does come first."""
    there: list[tuple[float, int, int]] = []  # how far the face is from the middle of the upper edge, in body sizes
    for (i, body), (j, face) in product(bodies.items(), faces.items()):
        if holds_face(body, face):
            width, height = np.maximum(body[2:] - body[:2], 1e-6)
            aside, down = abs(face[0] + face[2] - body[0] - body[2]) / 2, abs(face[1] - body[1])
            there.append((float(aside / width + down / height), i, j))
    pairs: dict[int, int] = {}
    for _, i, j in sorted(there):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return pairs


def _fill_gaps(frames: Sequence[int], known: dict[int, int]) -> dict[int, int]:
    """The face track of a body in all of its frames, where the known frames before and after agree."""
    at, filled = np.array(sorted(known), np.int64), {}
    for frame in frames if len(at) else ():
        numbers = {known[int(f)] for f in (*at[at <= frame][-1:], *at[at >= frame][:1])}
        if len(numbers) == 1 and _NOBODY not in numbers:
            filled[frame] = numbers.pop()
    return filled
