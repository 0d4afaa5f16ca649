"""Faces of single frames become tracks: one track a person, through cuts and gaps.

In: the `DetectedFaces` of the T sampled frames, and in which shot each frame is. Out: index lists, one per track:
(frame, face) pairs in time order.

Neighbouring frames of one shot are linked by overlap and identity (Hungarian assignment). A shot's tracklets are then
merged by the distance of their means, so that a person who leaves and comes back stays one track. Across a cut a place
in the frame says nothing: there only what is close merges, for a wrong merge gives one person another's face.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.boxes import overlap
from pvchat.schemas import BODY, FloatArray, IntArray, Track

if TYPE_CHECKING:
    from pvchat.perception.experts.faces import DetectedFaces

# Descriptor distances: dlib calls two faces one person below 0.6; a track's next sighting may differ more when the box
# overlaps, and must be closer when it jumps (docs/adr/0074-measured-constants.md).
LINK_OVERLAPPING = 0.65
_LINK_JUMPING = 0.42
_MERGE = 0.50
# Across cuts, where both have a good sighting and where one has none: blurred faces all look alike.
_MERGE_SHOTS, _MERGE_WEAK = 0.42, 0.30
_GOOD = 0.3  # quality of a track's best sighting
# The more people, the nearer: each doubling beyond two makes the limit this much stricter.
_STRICTER, _STRICTEST = 0.025, 0.28
FARTHEST = 0.50  # between any two tracklets of one person: a mean of many is near to everybody
MIN_OVERLAP = 0.2
MAX_GAP = 2  # sampled frames that a face may be missed for
_MIN_SCORE = 0.85  # mean detector score of a track: hands and cloth that look like a face score lower

Sighting = tuple[int, int]  # frame, index of the face or figure in that frame


def link(faces: Sequence[DetectedFaces], shots: IntArray) -> list[list[Sighting]]:
    """Link the faces of each of T frames into tracks, lists of (frame, face) in time order, the most prominent first.

    `shots` [T] numbers the shot that each frame is in, ascending.
    """
    within: list[list[Sighting]] = []
    for shot in np.unique(shots):
        found = _tracklets(faces, np.flatnonzero(shots == shot))
        within += _merge(found, faces, lambda _: _MERGE, np.inf)
    if len(np.unique(shots)) > 1:
        within = _merge(within, faces, partial(merge_limit, people=len(within)), FARTHEST)
    kept = [t for t in within if np.mean([faces[f].scores[i] for f, i in t]) >= _MIN_SCORE]
    return sorted(kept, key=lambda t: -screen_weight(t, faces))


def screen_weight(track: Sequence[Sighting], faces: Sequence[DetectedFaces]) -> float:
    """How far in front a track is listed: sum over its sightings of face height (pixels) times quality.

    Without the detector's score, unlike `subjects.prominence`, which picks one: a half hidden face keeps its place.
    """
    heights = np.array([faces[f].boxes[i, 3] - faces[f].boxes[i, 1] for f, i in track])
    quality = np.array([faces[f].quality[i] for f, i in track])
    return float((heights * (0.2 + quality)).sum())


def new_track(
    kind: Literal["face", "figure"],
    sightings: Sequence[int],
    boxes: FloatArray,
    scores: FloatArray,
    quality: FloatArray,
    identity: FloatArray,
) -> Track:
    """A track of n sightings, in these frames, as long as neither points nor body and pose are known."""
    n = len(sightings)
    return Track(
        kind, np.array(sightings, np.int64), boxes, np.full((n, 5, 2), np.nan, np.float32), scores, quality, identity,
        body_boxes=boxes, body=np.zeros((n, BODY), np.float32), pose=np.full((n, 33, 4), np.nan, np.float32),
    )  # fmt: skip


def mean_identity(identity: FloatArray, quality: FloatArray) -> FloatArray:
    """Quality-weighted mean descriptor [D] of n sightings: identity [n, D], quality [n]."""
    weight = quality + 1e-3
    return (identity * weight[:, None]).sum(0) / weight.sum()


def _tracklets(faces: Sequence[DetectedFaces], frames: IntArray) -> list[list[Sighting]]:
    """The faces of one shot's frames, linked from frame to frame."""
    done: list[list[Sighting]] = []
    open_: list[list[Sighting]] = []
    for frame in map(int, frames):
        found = faces[frame]
        done += [t for t in open_ if frame - t[-1][0] > MAX_GAP]
        open_ = [t for t in open_ if frame - t[-1][0] <= MAX_GAP]
        taken = _assign(open_, found, faces)
        for track, face in taken:
            open_[track].append((frame, face))
        started = set(range(len(found))) - {face for _, face in taken}
        open_ += [[(frame, face)] for face in sorted(started)]
    return done + open_


def _assign(open_: list[list[Sighting]], found: DetectedFaces, faces: Sequence[DetectedFaces]) -> list[tuple[int, int]]:
    """Pairs (open track, new face) that belong together, each used once."""
    if not open_ or not len(found):
        return []
    last = [t[-1] for t in open_]
    boxes = np.stack([faces[f].boxes[i] for f, i in last])
    identity = np.stack([faces[f].identity[i] for f, i in last])
    near = overlap(boxes, found.boxes)
    apart = np.linalg.norm(identity[:, None] - found.identity[None], axis=2)
    allowed = ((near > MIN_OVERLAP) & (apart < LINK_OVERLAPPING)) | (apart < _LINK_JUMPING)
    return cheapest_pairs(apart + (1 - near), allowed)


def cheapest_pairs(cost: FloatArray, allowed: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pairs (row, column) of [n, m] that are allowed, each used once, at the least cost (Hungarian assignment)."""
    from scipy.optimize import linear_sum_assignment  # a second; who is only asked for needs none of it

    rows, columns = linear_sum_assignment(np.where(allowed, cost, 1e3))
    return [(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if allowed[i, j]]


def merge_limit(quality: FloatArray, people: int) -> FloatArray:
    """The largest identity distance at which tracks of different shots merge: the better the worse one's best sighting
    (`quality`) and the fewer `people` there are, the larger.
    """
    limit = np.where(quality >= _GOOD, _MERGE_SHOTS, _MERGE_WEAK) - _STRICTER * np.log2(max(1.0, people / 2))
    return np.maximum(limit, _STRICTEST).astype(np.float32)


def _merge(
    tracklets: list[list[Sighting]],
    faces: Sequence[DetectedFaces],
    limit: Callable[[FloatArray], FloatArray | float],
    farthest: float,
) -> list[list[Sighting]]:
    """Tracklets merged by centroid linkage, up to a `limit` by the best quality of the worse one [N, N]; no two of a
    group share a frame or are farther apart than `farthest`.
    """
    groups = [sorted(t) for t in tracklets]
    if len(groups) < 2:
        return groups
    means = np.stack([_mean_of(t, faces) for t in groups])
    best = np.array([max(faces[f].quality[i] for f, i in t) for t in groups], np.float32)
    apart = np.linalg.norm(means[:, None] - means[None], axis=2)
    widest = apart.copy()
    frames = [{f for f, _ in g} for g in groups]
    barred = np.array([[bool(one & other) for other in frames] for one in frames])  # the diagonal, too
    while True:
        allowed = ~barred & (apart <= limit(np.minimum(best[:, None], best[None]))) & (widest <= farthest)
        if not allowed.any():
            return [g for g in groups if g]
        a, b = np.unravel_index(int(np.where(allowed, apart, np.inf).argmin()), apart.shape)  # a < b
        groups[a], groups[b] = sorted(groups[a] + groups[b]), []
        means[a], best[a] = _mean_of(groups[a], faces), max(best[a], best[b])
        apart[a] = apart[:, a] = np.linalg.norm(means - means[a], axis=1)
        widest[a] = widest[:, a] = np.maximum(widest[a], widest[b])
        barred[a] = barred[:, a] = barred[a] | barred[b]
        barred[b] = barred[:, b] = True


def _mean_of(track: Sequence[Sighting], faces: Sequence[DetectedFaces]) -> FloatArray:
    return mean_identity(
        np.stack([faces[f].identity[i] for f, i in track]),
        np.array([faces[f].quality[i] for f, i in track], np.float32),
    )
