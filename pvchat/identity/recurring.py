"""In a long video, tracks are also compared with tracks of that video that surely show the same person.

A film has a hundred tracks that could be taken for her, so the odds of each fall as they grow, after calibration.
Whoever is found nevertheless was seen in this light, with this hair; a track is held against those sightings as against
a second clip of hers. Both looks share the track, so two that agree count as √2 of one. People compete by what the film
says.

Legend: P people, K tracks, D vector width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pvchat.people.parts import View
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray, Track

_HALVING_TRACKS = 48  # tracks that halve the odds of each
_LONG_VIDEO_COST = 0.12  # log-odds that a track loses in a film beside that
_SURE_LOGIT = 0.38  # log-odds from which a track is hers, and says what she looks like here
_NEAR_LOGIT = -3.0  # log-odds by her enrollment that a track must have to be compared at all: most haven't
_MAX_REFERENCE_ROWS = 8  # sightings of a track that others are held against, the best
Compared = Callable[[Sequence[View], Sequence[Track]], NDArray[np.float64]]


def long_video_cost(analysis: ClipAnalysis) -> float:
    """Log-odds that each track of a long video loses, since so many tracks could be mistaken for her; 0 for a clip."""
    many = max(len(analysis.tracks), analysis.in_all)
    return float(np.log1p(many / _HALVING_TRACKS)) + _LONG_VIDEO_COST if analysis.scenes else 0.0


def with_own_sightings(
    logits: FloatArray, odds: FloatArray, people: Sequence[Person], tracks: Sequence[Track], compared: Compared
) -> FloatArray:
    """Log-odds [P, K] by enrollment and film, competition not included; drawn figures stay as they are.

    `logits` [P, K] are by people's enrollments, without competition; `odds` [P, K] are calibrated, with it; `compared`
    gives log-odds [V, N] that N face tracks show whoever looks like each of V views.
    """
    faces = np.array([track.kind == "face" for track in tracks], bool)
    out, sure = logits.copy(), (odds > _SURE_LOGIT) & faces
    for row in np.flatnonzero(sure.any(1)).tolist():
        if people[row].figure is not None:
            continue
        references, near = np.flatnonzero(sure[row]), np.flatnonzero((logits[row] > _NEAR_LOGIT) & faces)
        if len(references) == 1:
            near = near[near != references[0]]  # nothing is held against itself
        if len(near):
            views = []
            for track in (tracks[k] for k in references.tolist()):
                best = np.argsort(-track.quality, kind="stable")[:_MAX_REFERENCE_ROWS]
                views.append(View(track.identity[best], track.prints))
            alike = compared(views, [tracks[k] for k in near.tolist()])
            others = references[:, None] != near
            found = np.logaddexp.reduce(np.where(others, alike, -np.inf)) - np.log(others.sum(0))
            out[row, near] = (logits[row, near] + found) / np.sqrt(2)
    return out
