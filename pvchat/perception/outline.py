"""Posture by a body's outline, where joints don't tell it: narrow boxes stand, one that goes flat and low went down.

In: a track and the clip's bodies (`bodies.py`). Out: fields of the track's facts. A box says less than joints do, but
bodies are found where no face is seen, and behind others.

Legend: slim is height over width of a body's box, in pixels.
"""

from __future__ import annotations

import numpy as np

from pvchat.perception.heads import carries
from pvchat.schemas import ClipAnalysis, FloatArray, Thing, Track

_STANDS, _AGREE = 2.2, 0.7  # slim; share of the frames. On the tune half 7 of 7 told by it stand
_UPRIGHT, _FLAT = 1.2, 0.65  # slim of who stands or sits, and of who lies
_SINKS = 0.15  # of her height before by which the top of the body comes down
_WIDER = 1.1  # times as broad as before; who leaves the picture below isn't
_SEEN = 3  # frames that standing and lying need
_SURE = 0.7


def tell_posture(track: Track, analysis: ClipAnalysis) -> None:
    """Put into a track's facts that its person stands, or falls or lies down, as the outlines of the body tell it."""
    rows = sorted(
        (frame, box)
        for body in analysis.bodies
        for frame, box in zip(body.frames, body.boxes, strict=True)
        if _is_hers(body, track)
    )
    if not rows:
        return
    boxes = np.array([box for _, box in rows], np.float32)
    slim = (boxes[:, 3] - boxes[:, 1]) * analysis.height / ((boxes[:, 2] - boxes[:, 0]) * analysis.width)
    facts = track.facts
    if _goes_down(slim, boxes):
        facts.pose, facts.movement = None, "falling or lying down"
        facts.confidence["movement"] = _SURE
    elif facts.pose is None and len(slim) >= _SEEN and float((slim >= _STANDS).mean()) >= _AGREE:
        facts.pose, facts.confidence["pose"] = "standing", _SURE


def _goes_down(slim: FloatArray, boxes: FloatArray) -> bool:
    """Whether a body [n], [n, 4] that stood or sat is flat, lower and broader in several frames in a row."""
    width = boxes[:, 2] - boxes[:, 0]
    for first in range(1, len(slim) - _SEEN + 1):
        before, flat = int(slim[:first].argmax()), slice(first, first + _SEEN)
        height, sunk = boxes[before, 3] - boxes[before, 1], boxes[flat, 1].min() - boxes[before, 1]
        lies = slim[before] >= _UPRIGHT and slim[flat].max() <= _FLAT and width[flat].min() >= _WIDER * width[before]
        if lies and sunk >= _SINKS * height:
            return True
    return False


def _is_hers(body: Thing, track: Track) -> bool:
    """Whether a body is this track's: it carries the face somewhere, or is where the figure's body is."""
    for frame, box in zip(body.frames, body.boxes, strict=True):
        for row in np.flatnonzero(np.abs(track.frames - frame) <= (1 if track.kind == "face" else 0)):
            here = np.asarray(box, np.float32)
            if carries(here, track.boxes[row]) if track.kind == "face" else np.allclose(here, track.body_boxes[row]):
                return True
    return False
