"""Figures of single frames become tracks.

In: `Figures` of the T sampled frames. Out: `schemas.Track`s of kind "figure", most prominent first. Linked by overlap
and identity from frame to frame (Hungarian assignment, one figure to one track), across gaps and cuts by identity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.perception.boxes import overlap
from pvchat.perception.experts.figures import Figures
from pvchat.perception.tracks import Sighting, cheapest_pairs
from pvchat.schemas import BODY, FloatArray, IntArray, Track

# Cosines between sightings: overlap needs little likeness, a jump needs much.
_LINK_OVERLAPPING, _LINK_JUMPING = 0.35, 0.65
_MIN_OVERLAP = 0.2


def link_figures(figures: Sequence[Figures], shots: IntArray) -> list[Track]:
    """Link the figures of each of the T frames into tracks of kind "figure", by summed score times root of area.

    `shots` [T] numbers the shot that each frame is in: across a cut, place says nothing. `points` and `pose` are NaN
    and `body` is zero: the caller fills `body` from `body_boxes`.
    """
    tracks: list[list[Sighting]] = []
    for frame, found in enumerate(figures):
        here = [shots[t[-1][0]] == shots[frame] for t in tracks]
        taken = _assign(tracks, found, figures, here)
        for track, index in taken:
            tracks[track].append((frame, index))
        new = set(range(len(found))) - {index for _, index in taken}
        tracks += [[(frame, index)] for index in sorted(new)]
    return sorted((_track(t, figures) for t in tracks), key=lambda t: -figure_weight(t))


def figure_weight(track: Track) -> float:
    """How far in front a figure is listed: sum over its sightings of score times the root of the box's area.

    Drawn figures have no quality that a face's weight could be made of; wide and tall ones count alike.
    """
    return float((track.scores * np.sqrt(_areas(track.boxes))).sum())


def _assign(
    tracks: list[list[Sighting]], found: Figures, figures: Sequence[Figures], same_shot: Sequence[bool]
) -> list[tuple[int, int]]:
    """Pairs (track, new figure) that belong together, each used once; `same_shot` is about each track's last one."""
    if not tracks or not len(found):
        return []
    last = [t[-1] for t in tracks]
    near = overlap(np.stack([figures[f].boxes[i] for f, i in last]), found.boxes) * np.array(same_shot)[:, None]
    means = np.stack([np.mean([figures[f].identity[i] for f, i in t[-5:]], 0) for t in tracks])
    alike = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9) @ found.identity.T
    allowed = ((near > _MIN_OVERLAP) & (alike > _LINK_OVERLAPPING)) | (alike > _LINK_JUMPING)
    return cheapest_pairs(2 - alike - near, allowed)


def _track(sightings: list[Sighting], figures: Sequence[Figures]) -> Track:
    n = len(sightings)
    boxes = np.stack([figures[f].boxes[i] for f, i in sightings]).astype(np.float32)
    scores = np.array([figures[f].scores[i] for f, i in sightings], np.float32)
    return Track(
        kind="figure",
        frames=np.array([f for f, _ in sightings], np.int64),
        boxes=boxes,
        points=np.full((n, 5, 2), np.nan, np.float32),
        scores=scores,
        quality=(scores * np.minimum(np.sqrt(_areas(boxes)) / 0.25, 1)).astype(np.float32),
        identity=np.stack([figures[f].identity[i] for f, i in sightings]).astype(np.float32),
        body_boxes=_body_boxes(boxes),
        body=np.zeros((n, BODY), np.float32),
        pose=np.full((n, 33, 4), np.nan, np.float32),
    )


def _areas(boxes: FloatArray) -> FloatArray:
    return (boxes[:, 2:] - boxes[:, :2]).prod(1)


def _body_boxes(boxes: FloatArray) -> FloatArray:
    """Head and body: drawn heads are large, so two widths across and two and a half heights down."""
    size = boxes[:, 2:] - boxes[:, :2]
    grown = np.concatenate([boxes[:, :2] - size * [0.5, 0.1], boxes[:, 2:] + size * [0.5, 1.5]], 1)
    return np.clip(grown, 0, 1).astype(np.float32)
