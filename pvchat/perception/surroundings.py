"""Features for posture and deeds: where in the frame somebody is, and what the picture network sees of her.

In: one track and its clip's analysis. Out: numbers for a linear head. A chair, a table's edge or a bed is in the cells
of the frame below a face, bent knees are in the strip of the legs; nothing is looked at anew.

Legend: n sightings, G frames whose grid is kept, 7 by 7 cells of each.
"""

from __future__ import annotations

import numpy as np

from pvchat.schemas import BODY, STRIPS, ClipAnalysis, FloatArray, IntArray, Track

PLACEMENT = 7  # numbers that tell where the face is, and what of the body is seen
_CELLS = 7
_WIDE, _DEEP, _CHIN, _LOWEST = 2.2, 7.0, 0.5, 0.93  # what lies below a face, in its heights; where it starts at most
_ENDS = (2.0, 4.0)  # face heights below the chin within which the frame may end


def surroundings(track: Track, analysis: ClipAnalysis, seen: IntArray) -> FloatArray:
    """[7 + 3 * 1280]: size and place of the face, whether a body was found, whether the frame ends below, whether it is
    drawn; then features of what is below the face in sightings [n], of torso, of legs.
    """
    _, top, _, chin = np.median(track.boxes, 0)
    ends = [is_cut_off(track, deep) for deep in _ENDS]
    placement = [np.log(chin - top), top, chin, len(track.looks) > 0, *ends, analysis.scene.drawn]
    strips = np.zeros((STRIPS, BODY), np.float32)
    if len(track.looks):
        strips = np.asarray(track.looks[:, : STRIPS * BODY], np.float32).mean(0).reshape(STRIPS, BODY)
    below = _features_below_face(track, analysis, seen)
    return np.concatenate([placement, below, *strips[1:]]).astype(np.float32)


def is_cut_off(track: Track, deep: float) -> bool:
    """Whether the frame ends within so many face heights below the chin."""
    _, top, _, chin = np.median(track.boxes, 0)
    return bool(chin + deep * (chin - top) > 1)


def nearest_kept_frames(track: Track, analysis: ClipAnalysis, seen: IntArray) -> IntArray:
    """Index [n] of the frame with kept features that is nearest to each of these sightings [n]."""
    kept = np.linspace(0, len(analysis.times) - 1, len(analysis.frame_features)).round()
    return np.asarray(np.abs(kept[None] - track.frames[seen][:, None]).argmin(1), np.int64)


def _features_below_face(track: Track, analysis: ClipAnalysis, seen: IntArray) -> FloatArray:
    """[1280] mean features of the cells below the face, by how much of each lies there."""
    box = track.boxes[seen]
    height, middle = box[:, 3] - box[:, 1], (box[:, 0] + box[:, 2]) / 2
    wide = _WIDE * height * analysis.height / analysis.width
    top = np.minimum(box[:, 3] + _CHIN * height, _LOWEST)
    below = np.stack([middle - wide, top, middle + wide, box[:, 3] + _DEEP * height], 1)
    weights = _cell_shares(np.asarray(below, np.float32))
    by_frame = np.zeros((len(analysis.frame_features), _CELLS**2))
    np.add.at(by_frame, nearest_kept_frames(track, analysis, seen), weights / len(seen))
    rows = np.flatnonzero(by_frame.any(1))
    found = np.einsum("gc,gcd->d", by_frame[rows], np.asarray(analysis.frame_features[rows], np.float32))
    return np.asarray(found, np.float32)


def _cell_shares(boxes: FloatArray) -> FloatArray:
    """[n, 49] share of boxes [n, 4] (fractions of the frame) that lies in each cell."""
    inside = np.clip(boxes, 0, 1)
    edges = np.linspace(0, 1, _CELLS + 1)
    across, down = (
        np.clip(np.minimum(inside[:, k + 2, None], edges[1:]) - np.maximum(inside[:, k, None], edges[:-1]), 0, None)
        for k in (0, 1)
    )
    shares = (down[:, :, None] * across[:, None, :]).reshape(len(boxes), -1)
    return np.asarray(shares / np.maximum(shares.sum(1, keepdims=True), 1e-6), np.float32)
