"""What a person does, as far as face and hands show it: gestures, each with a confidence.

In: one track's arrays, `BodyMeasures` of its sightings. Out: words for `PersonFacts`, none where joints aren't seen or
numbers lie near their threshold; a photo that is panned over does nothing that takes time. Lengths are in face heights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pvchat.perception.experts.attributes import Attribute
from pvchat.perception.experts.collection import Experts
from pvchat.perception.experts.facemaps import looks_of_face
from pvchat.perception.experts.glasses import glasses_log_odds
from pvchat.perception.experts.hands import MIDDLE_TIP
from pvchat.perception.experts.mesh import SMALLEST_MOUTH, downcast
from pvchat.perception.gestures import MOVES, Series, gestures, moving_hands, plausible_hands
from pvchat.schemas import HANDS, FloatArray, IntArray, Pixels, Track

_SEEN = 0.6  # visibility from which a joint counts as seen
_FAR = 0.08  # face height over frame height below which hands are too small to follow
_FEW = 3  # sightings that motion needs
_MAY_MOVE = 0.5  # how sure it is of a hand that moves by its wrist alone
# Mean log-odds from which glasses are told, and up to which that there are none; the share of a track's meshes that
# must be measured.
GLASSES, BARE, _GLASSES_SEEN = 1.0, -1.5, 0.4
NO_SMILE = 0.2  # probability of a smile up to which there surely is none
# Mean probabilities: of a beard, from which there is one, and up to which a moustache stands alone; of either of the
# two, up to which there surely is neither, and from which there is one.
BEARD, NO_BEARD, HAIR_ON_FACE = 0.6, 0.2, (0.05, 0.8)
# Degrees of yaw for a nose that lies beside the way from the eyes to the mouth by all its length, of pitch for one that
# lies further down by as much, the pitch of one at the eyes, and where a nose can be.
_YAW_BY_NOSE, _PITCH_BY_NOSE, _LEVEL_NOSE, _NOSE = 85.0, 115.0, 55.0, (0.2, 1.0)
# A filmed photo stays below these; people are above one of them, however still they sit.
_LIVE_MOUTH, _LIVE_HEAD = 0.003, 1.0  # spread of the mouth's opening, of the head's angles in degrees
_LIFTS = 1.0  # face heights that a hand goes up or down of somebody alive whose face is too small for that, or masked


@dataclass
class BodyMeasures:
    """One sighting's face, as in `experts.mesh.Mesh`, and left and right hand [2, 21, 3] (fractions); NaN: unknown."""

    mouth_open: float = np.nan  # not of a small face
    smile: float = np.nan  # probability (`experts.facemaps`), as the next two; of faces that a mesh fits
    beard: float = np.nan
    hair: float = np.nan  # of a beard or a moustache
    downcast: float = np.nan  # probability (`mesh.downcast`)
    glasses: float = np.nan  # log-odds that they are worn (`experts.glasses`)
    yaw: float = np.nan
    pitch: float = np.nan
    hands: FloatArray = field(default_factory=lambda: np.full((2, 21, 3), np.nan, np.float32))


def measure_body(
    image: Pixels, box: FloatArray, points: FloatArray, joints: FloatArray, experts: Experts
) -> BodyMeasures:
    """Measure face and hands in one sighting of a track.

    `image`: [H, W, 3], the frame; `box`: [4] of the face, and `points`: [5, 2] in it, as fractions (NaN for figures: no
    face is measured then); `joints`: [33, 4] pose (NaN: none was found, and no hands are measured then).
    """
    out = BodyMeasures()
    if np.isfinite(points).all() and (face := experts.mesh.mesh(image, box, points)) is not None:
        out.mouth_open, out.yaw, out.pitch = face.mouth_open, face.yaw, face.pitch
        height, width = image.shape[:2]
        if (box[3] - box[1]) * height < SMALLEST_MOUTH:
            out.mouth_open = np.nan
        pixels = face.points * np.array([width, height, width], np.float32)
        out.downcast = downcast(pixels)
        out.smile, out.beard, out.hair = looks_of_face(image, box, experts.frames).tolist()
        out.glasses = glasses_log_odds(image, face.points, face.yaw)
    if np.isfinite(joints).all():
        out.hands = experts.hands.hands(image, joints)
    return out


def describe_motion(
    track: Track, shots: IntArray, measures: Sequence[BodyMeasures], aspect: float
) -> tuple[list[str], dict[str, float]]:
    """A track's gestures, surest first, and their confidences; also of HANDS where hands may move.

    `shots` [T]: of each frame; `aspect`: of the frame, width over height.
    """
    series, large = _series(track, shots, measures, aspect), any(np.isfinite(one.mouth_open) for one in measures)
    ways = [high[np.isfinite(high)] for high in series.hands[:, :, MIDDLE_TIP, 1].T]
    lifts = not large and any(len(way) and np.ptp(way) > _LIFTS for way in ways)
    live = lifts or is_live(track, shots, measures)
    found = sorted(gestures(series, live), key=lambda pair: -pair[1])
    confidence = dict(found)
    if (live or not large) and (moving_hands(series) > MOVES).any():  # a small face doesn't tell whether it lives
        confidence[HANDS] = _MAY_MOVE
    return [phrase for phrase, _ in found], confidence


def wears_glasses(measures: Sequence[BodyMeasures]) -> bool | None:
    """Whether one track's measures show glasses, or a bare face: in two sightings at least, and not in a few lucky ones
    only. None where they don't tell.
    """
    meshes = sum(np.isfinite(m.yaw) for m in measures)
    odds = [m.glasses for m in measures if np.isfinite(m.glasses)]
    if len(odds) < max(2, _GLASSES_SEEN * meshes) or BARE < (mean := float(np.mean(odds))) < GLASSES:
        return None
    return mean >= GLASSES


def facial_hair(measures: Sequence[BodyMeasures]) -> tuple[list[Attribute], list[str]]:
    """A beard or a moustache that one track's measures show, and which of the two surely aren't there."""
    beards, hairs = ([getattr(m, name) for m in measures] for name in ("beard", "hair"))
    if np.isfinite(beards).sum() < 2:
        return [], []
    beard, hair = float(np.nanmean(beards)), float(np.nanmean(hairs))
    if beard >= BEARD:
        return [Attribute("a beard", round(beard, 3))], []
    if hair >= HAIR_ON_FACE[1] and beard < NO_BEARD:
        return [Attribute("a moustache", round(hair, 3))], []
    return [], ["a beard", "a moustache"] if hair < HAIR_ON_FACE[0] else []


def is_earnest(measures: Sequence[BodyMeasures]) -> bool:
    """Whether somebody surely doesn't smile in any sighting."""
    smiles = [m.smile for m in measures if np.isfinite(m.smile)]
    return len(smiles) >= _FEW and max(smiles) < NO_SMILE


def is_live(track: Track, shots: IntArray, measures: Sequence[BodyMeasures]) -> bool:
    """Whether this person moves by themselves (arguments as above): false for a photo that the camera moves over."""
    scenes, counts = np.unique(shots[track.frames], return_counts=True)
    rows = np.flatnonzero(shots[track.frames] == scenes[counts.argmax()])  # the sightings of the longest
    mouth, *head = (
        np.array([getattr(measures[i], n) for i in rows.tolist()], np.float32) for n in ("mouth_open", "yaw", "pitch")
    )
    turns = np.isfinite(mouth).any() and max(map(_spread, head)) > _LIVE_HEAD  # the angles of small faces flicker
    return bool(turns or _spread(mouth) > _LIVE_MOUTH)


def _spread(values: FloatArray) -> float:
    """Standard deviation of a measure [n]; 0 where it was measured too seldom."""
    values = values[np.isfinite(values)]
    return float(np.std(values)) if len(values) >= _FEW else 0.0


def _series(track: Track, shots: IntArray, measures: Sequence[BodyMeasures], aspect: float) -> Series:
    """The track's measures as arrays, hands and joints relative to the face in face heights."""
    scale = np.array([aspect, 1.0], np.float32)
    centres = (track.boxes[:, :2] + track.boxes[:, 2:]) / 2 * scale
    heights = np.maximum(track.boxes[:, 3] - track.boxes[:, 1], 1e-6)
    # One face height for all the clip: a box that flickers would shake every length measured by it.
    unit = np.maximum(heights, float(np.median(heights)))[:, None, None]
    joints = (track.pose[:, :, :2] * scale - centres[:, None]) / unit
    inside = ((track.pose[:, :, :2] > 0) & (track.pose[:, :, :2] < 1)).all(2)
    inside &= (heights >= _FAR)[:, None]
    joints = np.where((inside & (track.pose[:, :, 3] >= _SEEN))[..., None], joints, np.nan)
    hands = np.stack([m.hands[..., :2] for m in measures]) * scale
    hands = plausible_hands((hands - centres[:, None, None]) / unit[..., None])
    face = {
        name: np.array([getattr(m, name) for m in measures], np.float32)
        for name in ("mouth_open", "smile", "downcast", "yaw", "pitch")
    }
    for name, angle in zip(("yaw", "pitch"), head_angles(track.points * scale), strict=True):
        face[name] = np.where(np.isfinite(face[name]), face[name], angle)
    return Series(shots[track.frames], joints.astype(np.float32), hands.astype(np.float32), **face)


def head_angles(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Yaw and pitch [n] (degrees, as `experts.mesh.Mesh`) of heads that no mesh fits, by points [n, 5, 2] or NaN."""
    eyes, mouth = points[:, :2].mean(1), points[:, 3:].mean(1)
    down, nose = mouth - eyes, points[:, 2] - eyes
    length = np.maximum((down**2).sum(1), 1e-9)
    along, across = (nose * down).sum(1) / length, (nose[:, 0] * down[:, 1] - nose[:, 1] * down[:, 0]) / length
    there = (along > _NOSE[0]) & (along < _NOSE[1])
    turned, bowed = _YAW_BY_NOSE * across, _LEVEL_NOSE - _PITCH_BY_NOSE * along
    return np.where(there, turned, np.nan).astype(np.float32), np.where(there, bowed, np.nan).astype(np.float32)
