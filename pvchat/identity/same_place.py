"""What counts in the place where somebody was enrolled: a face must come nearer; hair, clothes and build say something.

In: an enrolled person, a clip's tracks, how alike the places of both clips are. Out: log-odds to take from the faces'
or to add to them. Faces elsewhere keep theirs, and so do those of long videos, of which only the mean of all scenes is
known.

- Before the same camera, in the same light, people look alike from one clip to the next: a face there that stays
  farther away than `REACH` is somebody else's (trial-based calibration: McLaren et al., 2014). One value for all does
  as well as one measured for each person (docs/adr/0032-deep.md).
- Looks of bodies (`perception/bodies.py`) are compared where the face says little. Clothes are no identity: they count
  as far as the place is that of the enrollment, and as far as a track is more like her than anybody who is seen beside
  it (uniforms). They lift nobody above `CLOTHES_ALONE_MAX`, which is "unsure" where nobody else is enrolled.

Legend: P people or rows of looks, N or K tracks, m rows of a track's looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pvchat.people.person import Person
from pvchat.perception.sightings import MASK
from pvchat.schemas import BODY, STRIPS, TINTS, Flags, FloatArray, Track

REACH = 0.4  # Euclidean distance of identity vectors (near, of `measures.distance_features`)
_SAME_SCENE, _OTHER_SCENE = 0.9, 0.6  # cosine of two clips' mean frames, for faces: surely one place; surely another
_STEEPNESS = 90.0  # log-odds that one unit of distance beyond the reach costs in the same scene
MOST = 6.0  # log-odds that the scene can cost
COVERS = (MASK, "a hat", "sunglasses")  # features of `PersonFacts` that hide part of a face
# Best quality of a track up to which its distance isn't trusted, and from which it is.
_SEEN = 0.25, 0.4

LOGITS_PER_UNIT = 30.0  # log-odds of one unit of cosine …
OTHER_CLOTHES_COSINE = 0.25  # … above that of people in other clothes …
MAX_UNITS = 0.3  # … and the most units that count
COLOUR_WEIGHT, COLOUR_DISTANCE = 0.01, 25.0  # cosine of one unit of Lab nearer than strangers' clothes are
SAME_PLACE_COSINE, OTHER_PLACE_COSINE = 0.7, 0.4  # the same cosine, for bodies: one place; another
CLOTHES_ALONE_MAX = 0.3  # log-odds that faces must give for more than it: a body alone, of somebody alone, is no "yes"
NO_FACE_LOGIT = 1.0  # log-odds of a body that has no face, in the same place
NO_FACE_ELSEWHERE_LOGIT = -6.0  # … and in another: nothing is known of it
CLEAR_FACE_QUALITY = 0.5  # quality of a track's best sighting from which its face speaks for itself


def distance_penalty(
    near: FloatArray, quality: FloatArray, scene: FloatArray, hidden: Flags | bool = False
) -> FloatArray:
    """Log-odds [P, N] that a distance beyond the reach costs: 0..MOST, nothing in another scene.

    `near` [P, N]: distance of each of N tracks' nearest sightings to each of P people; `quality` [N]: of the tracks'
    best sightings, 0..1; `scene` [P, 1] or [P, N]: cosine of the clips' mean frames (`scene_likeness`); `hidden` [N]: a
    part of the face is covered: then the distance says less, and nothing is taken away.
    """
    alike = np.clip((scene - _OTHER_SCENE) / (_SAME_SCENE - _OTHER_SCENE), 0.0, 1.0)
    badly, well = _SEEN
    trust = np.clip((quality - badly) / (well - badly), 0.0, 1.0)
    return np.where(hidden, 0.0, np.minimum(MOST, _STEEPNESS * alike * trust * np.maximum(0.0, near - REACH)))


def is_covered(track: Track) -> bool:
    """Whether a mask, a hat or sunglasses hide part of a track's face."""
    return any(feature in COVERS for feature in track.facts.features)


def has_clothes(person: Person) -> bool:
    """Whether hair and clothes can count: somebody real, of whom these are known, and the place."""
    return person.kind == "face" and len(person.arrays.get("looks", ())) > 0 and "frame" in person.arrays


def body_logits(person: Person, tracks: Sequence[Track], place: float, mean: FloatArray) -> FloatArray:
    """Log-odds [K] to add to those by face on K tracks; for a track without a face they are all that there is.

    `place`: how alike the two clips' places are (`scene_likeness`); `mean`: [1280] mean body features.
    """
    known = np.asarray(person.arrays.get("looks", ()), np.float32)
    same_place = float(np.clip((place - OTHER_PLACE_COSINE) / (SAME_PLACE_COSINE - OTHER_PLACE_COSINE), 0.0, 1.0))
    may_count = same_place > 0 and len(known) > 0
    compared = [body_similarity(known, t.looks, mean) if may_count and len(t.looks) else 0.0 for t in tracks]
    similarities = np.array(compared)
    out = np.zeros(len(tracks), np.float32)
    for i, track in enumerate(tracks):
        best_other = max((similarities[k] for k in range(len(tracks)) if k != i), default=0.0)
        bonus = LOGITS_PER_UNIT * same_place * min(MAX_UNITS, float(similarities[i]) - max(0.0, float(best_other)))
        if track.kind == "face":
            out[i] = bonus * max(0.0, 1.0 - float(track.quality.max()) / CLEAR_FACE_QUALITY)
        else:
            seen = same_place if len(known) and len(track.looks) else 0.0
            out[i] = bonus + NO_FACE_LOGIT * seen + NO_FACE_ELSEWHERE_LOGIT * (1.0 - seen)
    return out


def body_similarity(known: FloatArray, seen: NDArray[np.float16], mean: FloatArray) -> float:
    """How much more alike two bodies are than those of people in other clothes.

    Compared are a person's looks [P, LOOKS] and the nearest of a track's m sightings [m, LOOKS]; `mean`: [1280] mean
    body features.
    """
    one, others = known.mean(0), np.asarray(seen, np.float32)
    shades = np.linalg.norm(one[-TINTS:] - others[:, -TINTS:], axis=1)
    a = one[:-TINTS].reshape(STRIPS, BODY) - mean
    b = others[:, :-TINTS].reshape(-1, STRIPS, BODY) - mean
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=2)
    cosine = ((a * b).sum(2) / np.maximum(lengths, 1e-9)).mean(1)
    return float((cosine - OTHER_CLOTHES_COSINE + COLOUR_WEIGHT * (COLOUR_DISTANCE - shades)).max())
