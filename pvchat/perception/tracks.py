"""Faces of single frames become tracks: one track a person, through cuts and gaps.

Neighbouring frames of one shot are linked by overlap and identity (Hungarian assignment). A shot's tracklets are then
merged by the distance of their means, so that a person who leaves and comes back stays one track. Across a cut a place
in the frame says nothing: there only what is close merges, for a wrong merge gives one person another's face.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set, Sized
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pvchat.perception.boxes import overlap
from pvchat.schemas import BODY, Flags, FloatArray, IntArray, Track

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
Part = tuple[FloatArray, FloatArray, Set[int]]  # of a tracklet: identity [n, D], quality [n], frames that show it
Limit = Callable[[FloatArray], FloatArray | float]


def link(faces: Sequence[DetectedFaces], shots: IntArray) -> list[list[Sighting]]:
    """Link the faces of each of T frames into tracks, lists of (frame, face) in time order, the most prominent first.

    `shots` [T] numbers the shot that each frame is in, ascending.
    """
    within: list[list[Sighting]] = []
    for shot in np.unique(shots):
        found = chain_sightings(np.flatnonzero(shots == shot).tolist(), faces, partial(_match, faces))
        within += _merge(found, faces, lambda _: _MERGE)
    if len(np.unique(shots)) > 1:
        within = _merge(within, faces, partial(merge_limit, people=len(within)), FARTHEST)
    kept = [t for t in within if rows_of(faces, "scores", t).mean() >= _MIN_SCORE]
    return sorted(kept, key=lambda t: -screen_weight(t, faces))


def chain_sightings(
    frames: Iterable[int], found: Sequence[Sized], match: Callable[[list[list[Sighting]], int], list[tuple[int, int]]]
) -> list[list[Sighting]]:
    """What was found in frame after frame, as chains of sightings, those that begin first before others.

    `match`: pairs (chain so far, sighting of a frame) that belong together; a sighting that is in none begins a chain.
    """
    chains: list[list[Sighting]] = []
    for frame in frames:
        pairs = match(chains, frame)
        for chain, i in pairs:
            chains[chain].append((frame, i))
        chains += [[(frame, i)] for i in sorted(set(range(len(found[frame]))) - {i for _, i in pairs})]
    return chains


def rows_of(found: Sequence[Any], name: str, sightings: Sequence[Sighting]) -> FloatArray:
    """The rows [n, …] that sightings have in one of the arrays of their frames."""
    return np.stack([getattr(found[f], name)[i] for f, i in sightings])


def screen_weight(track: Sequence[Sighting], faces: Sequence[DetectedFaces]) -> float:
    """How far in front a track is listed: without the detector's score, unlike `prominence_of_sightings`, so that a
    half hidden face keeps its place.
    """
    boxes = rows_of(faces, "boxes", track)
    return float(((boxes[:, 3] - boxes[:, 1]) * (0.2 + rows_of(faces, "quality", track))).sum())


def prominence_of_sightings(track: Track) -> FloatArray:
    """[n] how much each sighting of a track fills its frame: box height (share of the frame) times quality."""
    return (track.boxes[:, 3] - track.boxes[:, 1]) * track.scores * (0.2 + track.quality)


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


def _match(faces: Sequence[DetectedFaces], chains: list[list[Sighting]], frame: int) -> list[tuple[int, int]]:
    """Pairs (chain, new face) that belong together, each used once."""
    found, recent = faces[frame], [n for n, chain in enumerate(chains) if frame - chain[-1][0] <= MAX_GAP]
    if not recent or not len(found):
        return []
    last = [chains[n][-1] for n in recent]
    near = overlap(rows_of(faces, "boxes", last), found.boxes)
    apart = np.linalg.norm(rows_of(faces, "identity", last)[:, None] - found.identity[None], axis=2)
    allowed = ((near > MIN_OVERLAP) & (apart < LINK_OVERLAPPING)) | (apart < _LINK_JUMPING)
    return [(recent[row], face) for row, face in cheapest_pairs(apart + (1 - near), allowed)]


def cheapest_pairs(cost: FloatArray, allowed: Flags) -> list[tuple[int, int]]:
    """Pairs (row, column) of [n, m] that are allowed, each used once, at the least cost (Hungarian assignment)."""
    from scipy.optimize import linear_sum_assignment  # a second; who is only asked for needs none of it

    rows, columns = linear_sum_assignment(np.where(allowed, cost, 1e3))
    return [(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if allowed[i, j]]


def merge_limit(quality: FloatArray, people: int) -> FloatArray:
    """The largest identity distance at which tracks of different shots merge, by the worse one's best `quality`."""
    limit = np.where(quality >= _GOOD, _MERGE_SHOTS, _MERGE_WEAK) - _STRICTER * np.log2(max(1.0, people / 2))
    return np.maximum(limit, _STRICTEST).astype(np.float32)


def group_tracklets(parts: Sequence[Part], limit: Limit, farthest: float = np.inf) -> list[list[int]]:
    """Which of N tracklets are one person's: their numbers, group by group, by centroid linkage, the most alike first.

    Means merge up to a `limit` of their distance, by the best quality of the worse one [N, N]; no two of a group share
    a frame or are farther apart than `farthest`.
    """
    groups = [[number] for number in range(len(parts))]
    if len(groups) < 2:
        return groups
    means = np.stack([mean_identity(identity, quality) for identity, quality, _ in parts])
    best = np.array([quality.max() for _, quality, _ in parts], np.float32)
    apart = np.linalg.norm(means[:, None] - means[None], axis=2)
    widest = apart.copy()
    barred = np.array([[bool(one & other) for *_, other in parts] for *_, one in parts])  # the diagonal, too
    while True:
        allowed = ~barred & (apart <= limit(np.minimum(best[:, None], best[None]))) & (widest <= farthest)
        if not allowed.any():
            return [group for group in groups if group]
        a, b = np.unravel_index(int(np.where(allowed, apart, np.inf).argmin()), apart.shape)  # a < b
        groups[a], groups[b] = groups[a] + groups[b], []
        identity, quality = (np.concatenate([parts[i][k] for i in groups[a]]) for k in (0, 1))
        means[a], best[a] = mean_identity(identity, quality), max(best[a], best[b])
        apart[a] = apart[:, a] = np.linalg.norm(means - means[a], axis=1)
        widest[a] = widest[:, a] = np.maximum(widest[a], widest[b])
        barred[a] = barred[:, a] = barred[a] | barred[b]
        barred[b] = barred[:, b] = True


def _merge(
    tracklets: list[list[Sighting]], faces: Sequence[DetectedFaces], limit: Limit, farthest: float = np.inf
) -> list[list[Sighting]]:
    """The tracklets of each person as one, its sightings in order of time."""
    parts = [(rows_of(faces, "identity", t), rows_of(faces, "quality", t), {f for f, _ in t}) for t in tracklets]
    return [sorted(one for i in group for one in tracklets[i]) for group in group_tracklets(parts, limit, farthest)]
