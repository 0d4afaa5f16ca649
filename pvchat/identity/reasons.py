"""What makes somebody hard to recognise: in her enrollment clip, and in a clip where she isn't found for sure.

Nothing is decided here: the reasons are what identification is known to suffer from (face height, a turned head, a
mask, blur), measured on sightings. How the limits were chosen: docs/adr/0074-measured-constants.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.identity.competition import is_clear
from pvchat.identity.corrections import corrected_tracks
from pvchat.identity.enroll import index_of, prominence, subjects_of
from pvchat.people.person import Notes, Person, Weakness
from pvchat.perception.experts.faceprint import shows_face
from pvchat.perception.sightings import is_masked
from pvchat.schemas import ClipAnalysis, PersonPresence, Reason, Track, Why

SMALL_PX = 40  # height of a face below which identity suffers
TURNED = 0.3  # the nose's distance from the middle of the eyes, in eye distances: about 30 degrees
_WORST = 0.75  # the same beyond which it is a profile
BLURRED = 0.25  # quality of the best sighting (`experts/faces.py`) below which a frontal, large face is blurred or dark
_WELL = 0.35  # quality from which a turned head does no harm
# Limits of a good clip to be enrolled from
_ENROLLED_PX = 48  # height of a face
_ENROLLED_QUALITY = 0.3  # of the best sighting
_FEW_S = 1.0  # seconds; a photo stands for as long
_ONE_ANGLE = 0.1  # range of the head's `turn`, left and right apart: some ten degrees
_BESIDE = 0.25  # share of the subject's prominence from which somebody else is more than a passer-by


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


def notes_on(subject: Track, analysis: ClipAnalysis, found: Sequence[PersonPresence] = (), added_to: str = "") -> Notes:
    """What to say about an enrollment of the `subject` of a clip in which everyone enrolled before was looked for.

    `added_to`: the enrolled person whom the clip is added to; "" for a new one.
    """
    there = [p for p in found if p.decision == "present" and index_of(analysis, subject) in p.tracks]
    others = [p for p in there if p.name != added_to]
    like = max(others, key=lambda p: p.probability).name if others else ""
    unlike = bool(added_to) and not any(p.name == added_to for p in there)
    heights = [face_height(subject, i, analysis) for i in range(len(subject))] if subject.kind == "face" else []
    return Notes(weaknesses(subject, analysis), round(float(np.median(heights))) if heights else None, like, unlike)


def weaknesses(subject: Track, analysis: ClipAnalysis) -> tuple[Weakness, ...]:
    """What makes a clip a poor one to be enrolled from, what weighs most first; of drawn figures little is known."""
    if subject.kind != "face":
        return ()
    found: list[Weakness] = []
    if np.median([face_height(subject, i, analysis) for i in range(len(subject))]) < _ENROLLED_PX:
        found.append("small")
    if is_masked(subject):
        found.append("masked")
    blank = len(subject.prints) > 0 and not is_clear(subject)
    if (subject.quality.max() < _ENROLLED_QUALITY or blank) and "small" not in found:
        found.append("blurred")
    if analysis.scene.light == "dark":
        found.append("dark")
    if sum(end - start for start, end in analysis.spans(subject.shown_in)) <= _FEW_S:
        found.append("few")
    turns = [turn(subject, i, analysis) for i in range(len(subject))]
    if np.ptp(np.percentile(turns, (5, 95))) < _ONE_ANGLE:
        found.append("one angle")
    rivals = [t for t in subjects_of(analysis) if t.thumbnail != subject.thumbnail]
    if any(prominence(t) >= _BESIDE * prominence(subject) for t in rivals):
        found.append("several people")
    return tuple(found)
