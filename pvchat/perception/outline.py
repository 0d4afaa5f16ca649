"""Posture by a body's outline, where joints don't tell it: narrow boxes stand, low and broad ones lie, and a tall one
that gets low and broad went down.

In: a track and the clip's bodies (`bodytracks.py`). Out: fields of the track's facts. A box says less than joints do,
but bodies are found where no face is seen, and behind others.

Legend: slim is height over width of a body's box, in pixels.
"""

from __future__ import annotations

import numpy as np

from pvchat.perception.heads import carries
from pvchat.schemas import ClipAnalysis, FloatArray, Thing, Track

_STANDS, _AGREE = 2.2, 0.7  # slim; share of the frames. On the tune half 7 of 7 told by it stand
# Slim at the most and at last, and the second's share of the first, of somebody who goes down; share of the frame's
# height by which the head comes down. On the tune half 4 bodies of 91 clips went down so, and all four people fell.
_UPRIGHT, _DOWN, _FLATTER, _SINKS = 1.5, 0.9, 0.5, 0.25
# Slim at most in so many of the frames, and a box no higher than that share of the frame (a face that fills it is
# broad, too), of somebody who lies: 2 bodies of 91 clips, both lie.
_FLAT, _MOSTLY, _LOW = 0.6, 0.7, 0.55
_SEEN, _FEW = 3, 4  # frames that standing needs, that lying and going down need
_SURE = 0.7


def tell_posture(track: Track, analysis: ClipAnalysis) -> None:
    """Put into a track's facts that its person stands, lies, or falls or lies down, as the body's outlines tell it."""
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
    elif _lies(slim, boxes):
        facts.pose, facts.confidence["pose"] = "lying down", _SURE
    elif facts.pose is None and len(slim) >= _SEEN and float((slim >= _STANDS).mean()) >= _AGREE:
        facts.pose, facts.confidence["pose"] = "standing", _SURE


def _goes_down(slim: FloatArray, boxes: FloatArray) -> bool:
    if len(slim) < _FEW:
        return False
    tallest, last = int(slim[:-2].argmax()), float(slim[-2:].max())
    flat = slim[tallest] >= _UPRIGHT and last <= min(_DOWN, _FLATTER * slim[tallest])
    return bool(flat and boxes[-2:, 1].min() - boxes[tallest, 1] >= _SINKS)


def _lies(slim: FloatArray, boxes: FloatArray) -> bool:
    low = float(np.median(boxes[:, 3] - boxes[:, 1])) <= _LOW
    return len(slim) >= _FEW and low and float((slim <= _FLAT).mean()) >= _MOSTLY


def _is_hers(body: Thing, track: Track) -> bool:
    """Whether a body is this track's: it carries the face somewhere, or is where the figure's body is."""
    for frame, box in zip(body.frames, body.boxes, strict=True):
        for row in np.flatnonzero(np.abs(track.frames - frame) <= (1 if track.kind == "face" else 0)):
            here = np.asarray(box, np.float32)
            if carries(here, track.boxes[row]) if track.kind == "face" else np.allclose(here, track.body_boxes[row]):
                return True
    return False
