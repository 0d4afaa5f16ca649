"""Why somebody was not recognised for sure: what can be seen of whoever in the clip is most like her.

In: presences and the `ClipAnalysis` that they are of. Out: a `Why` each. Nothing is decided here: the reasons are what
identification is known to suffer from (face height, a turned head, a mask, blur), measured on the best sighting.
"""

from __future__ import annotations

import numpy as np

from pvchat.identity.examples import corrected_tracks, is_masked
from pvchat.people.person import Person
from pvchat.perception.experts.faceprint import shows_face
from pvchat.schemas import ClipAnalysis, PersonPresence, Reason, Track, Why

SMALL_PX = 40  # height of a face below which identity suffers
TURNED = 0.3  # the nose's distance from the middle of the eyes, in eye distances: about 30 degrees
_WORST = 0.75  # the same beyond which it is a profile
BLURRED = 0.25  # quality of the best sighting (`experts/faces.py`) below which a frontal, large face is blurred or dark
_WELL = 0.35  # quality from which a turned head does no harm


def why_not(person: Person, presence: PersonPresence, everyone: list[PersonPresence], analysis: ClipAnalysis) -> Why:
    """Why a person isn't found present: her presence, absent or unsure, among those of everyone who is enrolled."""
    if presence.nearest is None:
        return Why("nobody")
    track = analysis.tracks[presence.nearest]
    best = best_sighting(track)
    at = round(float(analysis.times[track.frames[best]]), 2)
    height = face_height(track, best, analysis) if track.kind == "face" else None
    hard = hardships(track, analysis)
    if corrected_tracks(person, analysis).get(presence.nearest) is False:
        return Why("corrected", hard, at, height)
    rival = next((p.name for p in everyone if p.decision == "present" and presence.nearest in p.tracks), "")
    if rival:
        return Why("other", hard, at, height, like=rival)
    return Why(hard[0] if hard else "likeness", hard, at, height)


def hardships(track: Track, analysis: ClipAnalysis) -> tuple[Reason, ...]:
    """What makes a face hard to recognise, the worst first; nothing for drawn figures."""
    if track.kind != "face":
        return ()
    best = best_sighting(track)
    turned, quality = turn(track, best, analysis), float(track.quality[best])
    found: list[Reason] = ["masked"] if is_masked(track) else []
    small = face_height(track, best, analysis) < SMALL_PX
    found += ["small"] if small else []
    found += ["turned"] if turned > _WORST or (turned > TURNED and quality < _WELL) else []
    found += ["blurred"] if not found and (quality < BLURRED or not shows_face(track.prints)) else []
    return tuple(found)


def best_sighting(track: Track) -> int:
    """The row of a track's best sighting."""
    return int(np.argmax(track.quality + 1e-3 * track.scores))


def face_height(track: Track, row: int, analysis: ClipAnalysis) -> int:
    """Height of a sighting's box in pixels of the normalised clip."""
    return round(float(track.boxes[row, 3] - track.boxes[row, 1]) * analysis.height)


def turn(track: Track, row: int, analysis: ClipAnalysis) -> float:
    """How far a head is turned: the nose's distance from the middle of the eyes along their line, in eye distances."""
    points = track.points[row].astype(np.float64) * (analysis.width, analysis.height)
    if not np.isfinite(points).all():
        return 0.0
    eyes, middle = points[1] - points[0], points[:2].mean(0)
    length = float(np.linalg.norm(eyes))
    return float(abs((points[2] - middle) @ eyes)) / max(length**2, 1e-9)
