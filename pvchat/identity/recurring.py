"""In a long video, tracks are also compared with tracks of that video that surely show the same person.

In: log-odds that each of K tracks shows each of P people, the video's analysis. Out: log-odds with both held together.
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
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray, Track

_HALVING_TRACKS = 48  # tracks that halve the odds of each
_LONG_VIDEO_COST = 0.12  # log-odds that a track loses in a film beside that
SURE_LOGIT = 0.38  # log-odds from which a track is hers, and says what she looks like here
NEAR_LOGIT = -3.0  # log-odds by her enrollment that a track must have to be compared at all: it saves nine tenths
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
    out, sure = logits.copy(), (odds > SURE_LOGIT) & faces
    for row in np.flatnonzero(sure.any(1)).tolist():
        if people[row].figure is not None:
            continue
        references, near = references_and_candidates(sure[row], (logits[row] > NEAR_LOGIT) & faces)
        if len(near):
            views = []
            for track in (tracks[k] for k in references.tolist()):
                best = np.argsort(-track.quality, kind="stable")[:_MAX_REFERENCE_ROWS]
                views.append(View(track.identity[best], track.prints))
            alike = compared(views, [tracks[k] for k in near.tolist()])
            out[row, near] = combined_logits(logits[row, near], alike, references[:, None] == near)
    return out


def references_and_candidates(sure: NDArray[np.bool_], near: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Indices of the tracks that surely show her (`sure` [K]), and of those to compare with them (`near` [K])."""
    references, held = np.flatnonzero(sure), np.flatnonzero(near)
    return references, held[held != references[0]] if len(references) == 1 else held  # nothing is held against itself


def combined_logits(logits: FloatArray, alike: NDArray[np.float64], itself: NDArray[np.bool_]) -> FloatArray:
    """Log-odds [N] by her enrollment (`logits` [N]) and by L tracks that are surely hers: `alike` [L, N] that each of N
    shows whoever lends her sightings; `itself` [L, N] where both are one track.
    """
    found = np.logaddexp.reduce(np.where(itself, -np.inf, alike)) - np.log((~itself).sum(0))
    return np.asarray((logits + found) / np.sqrt(2))
