"""What a person does, as far as it can be measured: movement and gestures, each with a confidence.

In: one track's arrays, `BodyMeasures` of its sightings (filled in at analysis time by `measure_body`) and `Camera`.
Out: words for `PersonFacts`. Everything is silent when the joints it needs are not seen or the numbers lie near their
threshold: half a body claims neither sitting nor standing, a photo that the camera pans over claims no movement.
Lengths are in face heights, so that thresholds hold for near and far people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.camera import Camera
from pvchat.perception.experts.glasses import glasses_log_odds
from pvchat.perception.experts.hands import HandExpert
from pvchat.perception.experts.mesh import SMALLEST_MOUTH, MeshExpert
from pvchat.perception.experts.smiles import downcast, smiling
from pvchat.perception.gestures import MOVES, Series, confidence_beyond, gestures, moving_hands, plausible_hands
from pvchat.perception.posture import stands_by_joints
from pvchat.schemas import HANDS, FloatArray, IntArray, Track

_SEEN = 0.6  # visibility from which a joint counts as seen
_FAR = 0.08  # face height over frame height below which hands are too small to follow
_FEW = 3  # sightings that motion needs
_WALK, _STILL = 1.0, 0.35  # face heights of travel: above moves, below stands still
_STEADY_TRAVEL = 0.85  # correlation of the way with time from which it is a movement, not swaying
_MAY_MOVE = 0.5  # how sure it is of a hand that moves by its wrist alone
# Mean log-odds from which glasses are told, and the share of a track's meshes that must be measured.
GLASSES, _GLASSES_SEEN = 1.0, 0.4
# Degrees of yaw for a nose that lies beside the way from the eyes to the mouth by all its length, of pitch for one that
# lies further down by as much, the pitch of one at the eyes, and where a nose can be.
_YAW_BY_NOSE, _PITCH_BY_NOSE, _LEVEL_NOSE, _NOSE = 85.0, 115.0, 55.0, (0.2, 1.0)
_NEARER = 1.3  # growth of the face from which someone comes closer
# A filmed photo stays below these; people stay above one of them, however still they sit.
_LIVE_MOUTH, _LIVE_HEAD = 0.003, 1.0  # spread of the mouth's opening, of the head's angles in degrees
_LIVE_SCENE = 0.03  # share of the frame that does not follow the camera, with the head's angles at a third of theirs


@dataclass
class BodyMeasures:
    """One sighting's face, as in `experts.mesh.Mesh`, and left and right hand [2, 21, 3] (fractions); NaN: unknown."""

    mouth_open: float = np.nan  # not of a small face
    smile: float = np.nan  # probability (`experts.smiles`), as the next
    downcast: float = np.nan
    glasses: float = np.nan  # log-odds that they are worn (`experts.glasses`)
    yaw: float = np.nan
    pitch: float = np.nan
    hands: FloatArray = field(default_factory=lambda: np.full((2, 21, 3), np.nan, np.float32))


def measure_body(
    image: NDArray[np.uint8],
    box: FloatArray,
    points: FloatArray,
    joints: FloatArray,
    mesh: MeshExpert,
    hands: HandExpert,
) -> BodyMeasures:
    """Measure face and hands in one sighting of a track.

    `image`: [H, W, 3] uint8 RGB, the frame; `box`: [4] face box as fractions; `points`: [5, 2] face points as fractions
    (NaN for figures: no face is measured then); `joints`: [33, 4] pose, NaN where none was found (no hands are measured
    then).
    """
    out = BodyMeasures()
    if np.isfinite(points).all() and (face := mesh.mesh(image, box, points)) is not None:
        for name in ("mouth_open", "yaw", "pitch"):
            setattr(out, name, float(getattr(face, name)))
        height, width = image.shape[:2]
        if (box[3] - box[1]) * height < SMALLEST_MOUTH:
            out.mouth_open = np.nan
        pixels = face.points * np.array([width, height, width], np.float32)
        out.smile, out.downcast = smiling(pixels), downcast(pixels)
        out.glasses = glasses_log_odds(image, face.points, face.yaw)
    if np.isfinite(joints).all():
        out.hands = hands.hands(image, joints)
    return out


def describe_motion(
    track: Track, shots: IntArray, measures: Sequence[BodyMeasures], camera: Camera
) -> tuple[str | None, list[str], dict[str, float]]:
    """A track's movement and gestures in words, from n sightings with their `measures`; `shots` [T]: of each frame.

    Returns:
        movement (or None), gestures, surest first, and confidences 0..1 by "movement", each gesture's own phrase, and
        by HANDS where hands may move.
    """
    confidence: dict[str, float] = {}
    live = is_live(track, shots, measures, camera)
    movement, moved = _movement(track, camera) if live else (None, 0.0)
    walking = movement is not None and movement.startswith("walking")
    series = _series(track, shots, measures, camera.aspect)
    found = sorted(gestures(series, live, walking), key=lambda pair: -pair[1])
    if live and not walking and (moving_hands(series) > MOVES).any():
        confidence[HANDS] = _MAY_MOVE
    if movement == "standing still" and (HANDS in confidence or any(phrase == "waving" for phrase, _ in found)):
        movement = None  # someone who dances on the spot isn't still, nor whose arms may move
    if movement:
        confidence["movement"] = moved
    confidence.update(found)
    return movement, [phrase for phrase, _ in found], confidence


def wears_glasses(measures: Sequence[BodyMeasures]) -> bool:
    """Whether one track's measures show glasses: in two sightings at least, and not in a few lucky ones only."""
    meshes = sum(np.isfinite(m.yaw) for m in measures)
    odds = [m.glasses for m in measures if np.isfinite(m.glasses)]
    return bool(len(odds) >= max(2, _GLASSES_SEEN * meshes) and np.mean(odds) >= GLASSES)


def is_live(track: Track, shots: IntArray, measures: Sequence[BodyMeasures], camera: Camera) -> bool:
    """Whether this person moves by themselves (arguments as above): false for a photo that the camera moves over."""
    rows = _rows_of_longest(shots[track.frames])
    if len(rows) < _FEW:
        return False
    mouth, head = _spread(measures, rows, "mouth_open"), max(_spread(measures, rows, n) for n in ("yaw", "pitch"))
    frames = track.frames[rows]
    moving = float(np.mean(camera.live[frames[1:]]))
    # Without a face to measure, only the scene can tell.
    head_moves = head > _LIVE_HEAD / 3 or not any(np.isfinite(measures[row].yaw) for row in rows)
    large = any(np.isfinite(measures[row].mouth_open) for row in rows)  # the angles of small faces flicker
    return mouth > _LIVE_MOUTH or (head > _LIVE_HEAD and large) or (moving > _LIVE_SCENE and head_moves)


def _spread(measures: Sequence[BodyMeasures], rows: NDArray[np.int64], name: str) -> float:
    """Standard deviation of a measure over some sightings; 0 where it was measured too seldom."""
    values = np.array([getattr(measures[row], name) for row in rows], np.float32)
    values = values[np.isfinite(values)]
    return float(np.std(values)) if len(values) >= _FEW else 0.0


def _movement(track: Track, camera: Camera) -> tuple[str | None, float]:
    """How the face travels against the scene in the longest stretch without a cut, in words, and the confidence."""
    rows = _rows_of_longest(np.cumsum(camera.cut, dtype=np.int64)[track.frames])
    if len(rows) < _FEW:
        return None, 0.0
    stands = stands_by_joints(track.pose, camera.aspect)
    boxes, frames = track.boxes[rows], track.frames[rows]
    centres, zoom = camera.steady(frames, np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2, np.float32))
    heights = (boxes[:, 3] - boxes[:, 1]) / zoom
    unit = float(np.median(heights))
    way = np.asarray(centres * [camera.aspect, 1.0] / unit, np.float32)
    clock = np.arange(len(rows), dtype=np.float32)
    growth, growing = float(heights[-2:].mean() / heights[:2].mean()), _correlation(clock, heights)
    if abs(growing) > _STEADY_TRAVEL and max(growth, 1 / growth) > _NEARER:
        verb = "walking" if stands else "moving"
        words = f"{verb} towards the camera" if growth > 1 else f"{verb} away from the camera"
        return words, confidence_beyond(max(growth, 1 / growth), _NEARER)
    travel, steady = float(way[-2:, 0].mean() - way[:2, 0].mean()), _correlation(clock, way[:, 0])
    if abs(steady) > _STEADY_TRAVEL and abs(travel) > _WALK:
        verb = "walking" if stands and abs(travel) > 2 * _WALK else "moving"
        return f"{verb} to the {'right' if travel > 0 else 'left'}", confidence_beyond(abs(travel), _WALK)
    if stands and float(np.ptp(way, axis=0).max()) < _STILL:
        return "standing still", 0.7
    return None, 0.0


def _rows_of_longest(scenes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Indices of the sightings in the scene that has most of them; `scenes` [n]: of each sighting."""
    values, counts = np.unique(scenes, return_counts=True)
    return np.flatnonzero(scenes == values[counts.argmax()])


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


def _correlation(a: FloatArray, b: FloatArray) -> float:
    """Pearson's correlation of two series [n]; 0 where one is constant."""
    a, b = np.asarray(a, np.float64) - np.mean(a), np.asarray(b, np.float64) - np.mean(b)
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 1e-6 else 0.0
