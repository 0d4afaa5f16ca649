"""Faces of single frames become tracks: one track a person, through cuts and gaps.

In: the `Faces` of the T sampled frames. Out: index lists, one per track: (frame, face) pairs in time order.

Two steps. Neighbouring frames are linked by overlap and identity (Hungarian assignment, one face to one track). The
tracklets are then merged by identity with average linkage, never two that share a frame, so that a person who leaves
and comes back, or is seen from another camera, stays one track.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from pvchat.perception.boxes import overlap
from pvchat.perception.experts.faces import Faces
from pvchat.schemas import FloatArray

# Descriptor distances: dlib calls two faces one person below 0.6; a track's next sighting may differ more when the box
# overlaps, and must be closer when it jumps.
_LINK_OVERLAPPING = 0.85
_LINK_JUMPING = 0.42
_MERGE = 0.50
_MIN_OVERLAP = 0.2
_MAX_GAP = 2  # sampled frames that a face may be missed for
_MIN_SCORE = 0.85  # mean detector score of a track: hands and cloth that look like a face score lower

Sighting = tuple[int, int]  # frame, index of the face in that frame


def link(faces: Sequence[Faces]) -> list[list[Sighting]]:
    """Link faces into tracks.

    Args:
        faces: the faces of each of the T frames.

    Returns:
        One list of (frame, face) a track, in time order; the longest and largest tracks first.
    """
    tracklets = _merge(_tracklets(faces), faces)
    kept = [t for t in tracklets if np.mean([faces[f].scores[i] for f, i in t]) >= _MIN_SCORE]
    return sorted(kept, key=lambda t: -screen_weight(t, faces))


def screen_weight(track: Sequence[Sighting], faces: Sequence[Faces]) -> float:
    """How far in front a track is listed: sum over its sightings of face height (pixels) times quality.

    Without the detector's score, unlike `enroll.prominence`, which picks a subject: a half hidden face keeps its place.
    """
    heights = np.array([faces[f].boxes[i, 3] - faces[f].boxes[i, 1] for f, i in track])
    quality = np.array([faces[f].quality[i] for f, i in track])
    return float((heights * (0.2 + quality)).sum())


def mean_identity(identity: FloatArray, quality: FloatArray) -> FloatArray:
    """Quality-weighted mean descriptor [D] of n sightings: identity [n, D], quality [n]."""
    weight = quality + 1e-3
    return (identity * weight[:, None]).sum(0) / weight.sum()


def _tracklets(faces: Sequence[Faces]) -> list[list[Sighting]]:
    done: list[list[Sighting]] = []
    open_: list[list[Sighting]] = []
    for frame, found in enumerate(faces):
        done += [t for t in open_ if frame - t[-1][0] > _MAX_GAP]
        open_ = [t for t in open_ if frame - t[-1][0] <= _MAX_GAP]
        taken = _assign(open_, found, faces)
        for track, face in taken:
            open_[track].append((frame, face))
        started = set(range(len(found))) - {face for _, face in taken}
        open_ += [[(frame, face)] for face in sorted(started)]
    return done + open_


def _assign(open_: list[list[Sighting]], found: Faces, faces: Sequence[Faces]) -> list[tuple[int, int]]:
    """Pairs (open track, new face) that belong together, each used once."""
    if not open_ or not len(found):
        return []
    last = [t[-1] for t in open_]
    boxes = np.stack([faces[f].boxes[i] for f, i in last])
    identity = np.stack([faces[f].identity[i] for f, i in last])
    near = overlap(boxes, found.boxes)
    apart = np.linalg.norm(identity[:, None] - found.identity[None], axis=2)
    allowed = ((near > _MIN_OVERLAP) & (apart < _LINK_OVERLAPPING)) | (apart < _LINK_JUMPING)
    cost = np.where(allowed, apart + (1 - near), 1e3)
    rows, columns = linear_sum_assignment(cost)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if allowed[r, c]]


def _merge(tracklets: list[list[Sighting]], faces: Sequence[Faces]) -> list[list[Sighting]]:
    """Average-linkage merging of tracklets by identity; tracklets that share a frame are different people."""
    groups = [sorted(t) for t in tracklets]
    means = [_mean(t, faces) for t in groups]
    while len(groups) > 1:
        distance = np.linalg.norm(np.stack(means)[:, None] - np.stack(means)[None], axis=2)
        frames = [{f for f, _ in g} for g in groups]
        for a in range(len(groups)):
            for b in range(len(groups)):
                if a >= b or frames[a] & frames[b]:
                    distance[a, b] = np.inf
        a, b = np.unravel_index(int(distance.argmin()), distance.shape)
        if distance[a, b] > _MERGE:
            break
        groups[a] = sorted(groups[a] + groups[b])
        means[a] = _mean(groups[a], faces)
        del groups[b], means[b]
    return groups


def _mean(track: Sequence[Sighting], faces: Sequence[Faces]) -> FloatArray:
    return mean_identity(
        np.stack([faces[f].identity[i] for f, i in track]),
        np.array([faces[f].quality[i] for f, i in track], np.float32),
    )
