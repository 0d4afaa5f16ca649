"""A stricter distance limit for faces in the very place where somebody was enrolled.

In: how near a face track comes to a person, how well it is seen, how alike the two clips' scenes are. Out: log-odds to
take away. Before the same camera, in the same light, people look alike from one clip to the next: a face there that
stays farther away than `REACH` is somebody else's (trial-based calibration: McLaren et al., 2014). Elsewhere nothing
changes, nor in long videos, of which only the mean of all scenes is known. One value for all does as well as one
measured for each person (docs/adr/0032-deep.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray, Track

REACH = 0.4  # Euclidean distance of identity vectors (near, of `measures.distance_features`)
_SAME_SCENE, _OTHER_SCENE = 0.9, 0.6  # cosine of two clips' mean frames: surely one place; surely another
_STEEPNESS = 90.0  # log-odds that one unit of distance beyond the reach costs in the same scene
MOST = 6.0  # log-odds that the scene can cost
COVERS = ("a face mask", "a hat", "sunglasses")  # features of `PersonFacts` that hide part of a face
# Best quality of a track up to which its distance isn't trusted, and from which it is.
_SEEN = 0.25, 0.4


def distance_penalty(
    near: FloatArray, quality: FloatArray, scene: FloatArray, hidden: NDArray[np.bool_] | bool = False
) -> FloatArray:
    """Log-odds [P, N] that a distance beyond the reach costs: 0..MOST, nothing in another scene.

    Args:
        near: [P, N] distance of each of N tracks' nearest sightings to each of P people.
        quality: [N] of the tracks' best sightings, 0..1.
        scene: [P, 1] or [P, N] cosine of the clips' mean frames (`scene_likeness`).
        hidden: [N] a part of the face is covered: then the distance says less, and nothing is taken away.
    """
    alike = np.clip((scene - _OTHER_SCENE) / (_SAME_SCENE - _OTHER_SCENE), 0.0, 1.0)
    badly, well = _SEEN
    trust = np.clip((quality - badly) / (well - badly), 0.0, 1.0)
    return np.where(hidden, 0.0, np.minimum(MOST, _STEEPNESS * alike * trust * np.maximum(0.0, near - REACH)))


def is_covered(track: Track) -> bool:
    """Whether a mask, a hat or sunglasses hide part of a track's face."""
    return any(feature in COVERS for feature in track.facts.features)
