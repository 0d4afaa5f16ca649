"""People compete for tracks: if a track fits Ben better than Ana, it counts against Ana by as much as it fits better.

Fragments of one drawn figure compete as one. Legend: P people, K tracks of a clip.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.perception.boxes import inside, nesting
from pvchat.perception.experts.faceprint import BLANK, blankness
from pvchat.schemas import FloatArray, IntArray, Track

_FRAGMENT = 0.25  # share of a figure's box inside another's from which both are fragments of one figure [choice]
_OWN_FACE = 0.5  # share of a drawn face's box inside a figure's from which it is the figure's own


def figure_groups(tracks: Sequence[Track], at_once: bool = False) -> IntArray:
    """Group fragments of one drawn figure: [K], the same number for tracks that share `_FRAGMENT` of a box; with
    `at_once` only while both are seen, for in a long video others come to the same place.
    """
    numbers = np.arange(len(tracks))
    which = np.array([i for i, track in enumerate(tracks) if track.kind == "figure"], int)
    if not len(which):
        return numbers
    boxes = np.stack([np.median(tracks[i].boxes, 0) for i in which])
    first, last = (np.array([tracks[i].frames[end] for i in which]) for end in (0, -1))
    fragments = nesting(boxes, boxes) > _FRAGMENT
    if at_once:
        fragments &= (first[:, None] <= last) & (first <= last[:, None])
    for i, j in which[np.argwhere(np.triu(fragments, 1))]:
        numbers[numbers == numbers[j]] = numbers[i]
    return numbers


def is_face_of(face: Track, figure: Track) -> bool:
    """Whether a face that was found in a drawn picture lies in a figure's box where both are seen: it is its face."""
    shares = []
    for row, frame in enumerate(figure.frames):
        near = int(np.abs(face.frames - frame).argmin())
        if abs(int(face.frames[near]) - int(frame)) <= 1:
            shares.append(inside(face.boxes[near][None], figure.boxes[row][None])[0, 0])
    return bool(shares) and float(np.median(shares)) > _OWN_FACE


def is_clear(face: Track) -> bool:
    """Whether faceprints show a face track's face: in a drawn clip only those of computer-generated people do."""
    return len(face.prints) > 0 and float(np.median(blankness(face.prints))) < BLANK


def compete(logits: FloatArray, groups: IntArray | None = None) -> FloatArray:
    """Open-set competition on log-odds [P, K]; `groups` [K]: the same number for tracks that show the same figure.

    A track shows one person: where the other enrolled people together are likelier than "a stranger" (log-odds above
    0), a person's log-odds fall by as much.
    """
    if len(logits) < 2 or logits.shape[1] == 0:
        return logits
    groups = np.arange(logits.shape[1]) if groups is None else groups
    best = np.stack([logits[:, groups == number].max(1) for number in groups], 1)
    top, highest = best.argmax(0)[None], best.max(0)
    odds = np.exp(best - highest)
    others = odds.sum(0) - odds
    np.put_along_axis(odds, top, 0.0, 0)
    np.put_along_axis(others, top, odds.sum(0)[None], 0)  # exactly, however far above them the likeliest is
    with np.errstate(divide="ignore"):
        return np.asarray(logits - np.maximum(highest + np.log(others), 0.0))
