"""Under what conditions a clip shows people: what results are sliced by beyond the manifest's own labels.

In: a clip's analysis, the enrolled people, who is truly in it. Out: numbers by the experts' measure, not annotations:
how many faces at once, how large the largest face is, how alike a present person's body looks to her enrollment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray, Track

FACE_SIZES = ((0.0, "no face"), (0.12, "small"), (0.3, "middle"), (9.9, "large"))  # up to this share of frame height
ALIKE = 0.3  # cosine of mean-free body features that strangers reach too (as in presence.py)


def measure(
    analysis: ClipAnalysis, people: Sequence[Person], present: Sequence[str], body_mean: FloatArray
) -> dict[str, Any]:
    """The conditions of one clip as JSON.

    Args:
        analysis: of the clip.
        people: everyone enrolled.
        present: who is truly in it.
        body_mean: [1280] what all bodies share, taken away before they are compared.
    """
    faces = [t for t in analysis.tracks if t.kind == "face"]
    heights = [float(np.median(t.boxes[:, 3] - t.boxes[:, 1])) for t in faces]
    likeness = {p.name: _likeness(p, faces, body_mean) for p in people if p.name in present and p.kind == "face"}
    return {
        "key": analysis.key,
        "duration_s": round(float(analysis.duration_s), 2),
        "faces_at_once": _at_once(faces),
        "face_height": round(max(heights, default=0.0), 3),
        "drawn": bool(analysis.scene.drawn),
        "body_likeness": {name: value for name, value in likeness.items() if value is not None},
    }


def face_size(height: float) -> str:
    """Words for the largest face's share of the frame's height."""
    return next(word for limit, word in FACE_SIZES if height <= limit)


def _at_once(faces: Sequence[Track]) -> int:
    """The most faces in any one sampled frame."""
    frames = np.concatenate([np.unique(t.frames) for t in faces]) if faces else np.zeros(0, np.int64)
    return int(np.bincount(frames).max()) if len(frames) else 0


def _likeness(person: Person, faces: Sequence[Track], body_mean: FloatArray) -> float | None:
    """Cosine of the bodies at the face nearest to the person's; None where the clip has no face."""
    if not faces or "body" not in person.arrays:
        return None
    middle = np.asarray(person.arrays["prototypes"], np.float32).mean(0)
    track = min(faces, key=lambda t: float(np.linalg.norm(t.identity - middle, axis=1).min()))
    known, seen = np.asarray(person.arrays["body"], np.float32) - body_mean, track.body - body_mean
    norms = np.linalg.norm(known, axis=1)[:, None] * np.linalg.norm(seen, axis=1)
    return round(float((known @ seen.T / np.maximum(norms, 1e-9)).max(initial=-1.0)), 3)
