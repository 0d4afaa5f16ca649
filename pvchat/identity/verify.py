"""A person's own verification, from a deep enrollment: what her augmentation taught beyond the instant prototypes.

In: a `Person` with a deep state, a track, how alike the two clips' scenes are. Out: prototypes to compare with and a
correction of the log-odds. `train/person/verifier.py` makes it; `presence.py` uses it.

- More prototypes, beside the instant ones, where held-back sightings clearly ask for them: of the whole enrollment clip
  and of its augmentation (turned, lit otherwise, small, masked), where the instant ones come from the best sightings
  alone. They bring strangers nearer too, so they aren't added for a hair's breadth.
- Reach: how near she comes to her own prototypes where only light, place or clothes were changed. A face in the very
  place she was enrolled in, before the same camera, that stays farther away than that, is somebody else's, however
  near it is as strangers go: its log-odds fall (in speaker verification: trial-based calibration, McLaren et al.,
  2014). In other places nothing is known about her reach, and nothing changes.
- A bias, from a logistic fit that is held to the shared calibration.

Legend: P prototypes, D vector width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    from pvchat.people.person import Person

PROTOTYPES, MASKED = "deep.prototypes", "deep.masked"  # arrays of a deep person: rows to add to the instant ones
RECORD = "deep"  # key in `Person.extra`
SAME_SCENE, OTHER_SCENE = 0.9, 0.6  # cosine of two clips' mean frames: surely one place; surely another
STEEPNESS = 90.0  # log-odds that one unit of distance beyond the reach costs in the same scene
MOST = 6.0  # log-odds that the scene can cost
COVERS = ("a face mask", "a hat", "sunglasses")  # features of `PersonFacts` that hide part of a face
SEEN_WELL = 0.4  # best quality of a track from which its distance is trusted fully


@dataclass(frozen=True)
class Verifier:
    """What to compare with, and how to read the comparison.

    Attributes:
        prototypes: [P, D]; masked: [P, D], of faces behind a mask, may be empty.
        reach: Euclidean distance (`measures.measures`' near) within which she stays in her own scene; inf for figures.
        bias: added to the log-odds.
    """

    prototypes: FloatArray
    masked: FloatArray
    reach: float = np.inf
    bias: float = 0.0

    @classmethod
    def of(cls, person: Person) -> Verifier | None:
        """The person's; None for an instant one, and where the held-back split spoke against it."""
        record: Any = person.extra.get(RECORD)
        if person.depth != "deep" or not isinstance(record, dict) or PROTOTYPES not in person.arrays:
            return None
        if not record.get("accepted", False):
            return None
        reach = record.get("reach")
        return cls(
            joined(person, "prototypes", PROTOTYPES),
            joined(person, "masked", MASKED),
            np.inf if reach is None else float(reach),
            float(record.get("bias", 0.0)),
        )

    def correction(self, near: float, quality: float, scene: float, covered: bool) -> float:
        """What to add to a face track's log-odds.

        Args:
            near: distance of the track's nearest sightings to the prototypes.
            quality: of the track's best sighting, 0..1.
            scene: cosine of the clips' mean frames (`scene_likeness`).
            covered: by a mask, a hat or sunglasses: the distance says less, so only the bias counts.
        """
        if covered or not np.isfinite(self.reach):
            return self.bias
        return self.bias - float(beyond(near, self.reach, quality, scene))


def joined(person: Person, instant: str, added: str) -> FloatArray:
    """Rows [P, D] of two of a person's arrays, either of which may be missing."""
    rows = [np.asarray(person.arrays[key], np.float32) for key in (instant, added) if len(person.arrays.get(key, ()))]
    return np.concatenate(rows) if rows else np.zeros((0, 128), np.float32)


def beyond(near: float, reach: float, quality: float, scene: float) -> float:
    """Log-odds that a distance beyond the reach costs: 0..MOST, nothing in another scene."""
    alike = np.clip((scene - OTHER_SCENE) / (SAME_SCENE - OTHER_SCENE), 0.0, 1.0)
    trust = min(1.0, quality / SEEN_WELL)
    return float(min(MOST, STEEPNESS * alike * trust * max(0.0, near - reach)))


def scene_likeness(one: FloatArray, other: FloatArray, centre: FloatArray) -> float:
    """Cosine of two clips' mean frame features [W] after `centre` [W] is taken away."""
    a, b = (np.asarray(x, np.float32) - centre for x in (one, other))
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9))
