"""Gestures of one person from measured series: mouth, eyes, head and hands over time.

In: `Series`, arrays over the n sightings of a track. Out: verb phrases that complete "is ...", with confidences.
Changes over time are only looked for between neighbouring sightings of one shot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pvchat.perception.experts import body
from pvchat.perception.experts.hands import FINGERTIPS, MIDDLE_TIP, PALM, WRIST
from pvchat.perception.experts.headfiles import sigmoid
from pvchat.schemas import Flags, FloatArray, IntArray

_MOST = 0.6  # share of the sightings that a lasting state needs
_FEW = 3  # measured sightings that a state needs
# Log-odds of talking by the logarithm of the spread of the mouth's opening (face heights), by the square of how
# probably there is a smile, for who laughs opens the mouth, too, and of neither (ADR 0115); sightings that it needs.
_TALK, _TALK_LEAST = (2.56, -7.34, 12.76), 5
_MOUTH, _BEFORE = 0.27, 0.3  # face heights below the face's middle; a hand nearer than this covers the mouth
SMILES = 0.8  # probability
# Probability of eyes that are cast down, and from which they look neither at the camera nor ahead (ADR 0115).
DOWNCAST, _LOW = 0.45, 0.3
# Degrees; the mesh's pitch is coarse: faces that look into a camera above or below them read -25 to 15.
AHEAD, _PROFILE, _DOWN, _UP = 17.0, 55.0, -30.0, 20.0
_FACING_YAW, _FACING_PITCH = 10.0, (-25.0, 15.0)
_KEPT = 5.0  # degrees of yaw about its median within which a head is kept still
MOVES = 0.30  # face heights a hand moves between sightings, on average, when it gestures
# Share of the sightings of a wrist in which the hand itself must be found, for wrists alone flicker where somebody
# types, holds a gun or runs; face heights below its shoulder from which a hand hangs.
_HAND_SHARE, _HANGS = 1 / 3, 2.5
_TOUCH = 0.65  # face heights from the face's middle within which fingertips touch the face
# Where no fingers are found: a hand reaches so far from its wrist, along the forearm; within so many face heights of
# the face's middle it is held to it, in that share of the sightings, if the wrist is no further below.
_REACH, _HELD, _ALWAYS, _BESIDE_FACE = 0.4, 0.9, 0.7, 0.6
# Face heights by which a wrist is above its elbow where the forearm is upright; fingertips this far below the shoulder,
# or, of another arm, this far above it, are raised.
_UPRIGHT, _FIST, _RAISED = 0.8, 0.25, 0.1
_CHEST = 1.4  # face heights below the shoulders within which a hand is before the chest
_HAND = (0.3, 1.4)  # plausible lengths of a hand, wrist to tip of the middle finger, in face heights
_TOGETHER = 0.9  # face heights between the middles of two hands that are held together


@dataclass
class Series:
    """n sightings. Lengths are face heights from the face's middle, x to the right, y down; NaN: not measured."""

    shot: IntArray  # [n] in which shot each is
    joints: FloatArray  # [n, 33, 2] only joints that are seen
    hands: FloatArray  # [n, 2, 21, 2] left and right hand, of a size that fits the face (`plausible_hands`)
    mouth_open: FloatArray  # [n] as in `experts.mesh.Mesh`, like the other measures
    smile: FloatArray  # [n] probability of a smile
    downcast: FloatArray  # [n] probability that the eyes are cast down or shut
    yaw: FloatArray  # these two by five points where the mesh fits no face, and no eyes are measured
    pitch: FloatArray


def gestures(series: Series, live: bool) -> list[tuple[str, float]]:
    """All gestures that can be told; only lasting states where the picture isn't `live`, as a photo."""
    found = [*_state("smiling", series.smile, series.smile >= SMILES), *_gaze(series), *_hand_states(series)]
    if live and (talks := talking(series)) >= 0.5:
        found.append(("talking", round(talks, 3)))
    return found + (list(_hand_changes(series)) if live else [])


def _gaze(series: Series) -> list[tuple[str, float]]:
    """Where somebody looks: aside, else to the camera, else ahead, else where a head kept still at a border points."""
    yaw, pitch, meshed = series.yaw, series.pitch, np.isfinite(series.downcast)  # lids tell down where there is a mesh
    down = np.where(meshed, series.downcast >= DOWNCAST, pitch < _DOWN)
    aside = [
        *_state("looking down", pitch, down & (np.abs(yaw) < _PROFILE)),
        *_state("looking up", pitch, (pitch > _UP) & (np.abs(yaw) < _PROFILE)),
        *_state("looking to the left", yaw, yaw < -AHEAD),
        *_state("looking to the right", yaw, yaw > AHEAD),
    ]
    level = np.where(meshed, series.downcast < _LOW, pitch > _DOWN) & (pitch < _UP)
    to_camera = level & meshed & (np.abs(yaw) < _FACING_YAW) & (pitch > _FACING_PITCH[0]) & (pitch < _FACING_PITCH[1])
    facing = _state("facing the camera", yaw, to_camera, most=0.8)
    ahead = _state("looking ahead", yaw, level & (np.abs(yaw) <= AHEAD))
    middle = float(np.nanmedian(yaw)) if np.isfinite(yaw).any() else np.nan
    way = "ahead" if abs(middle) <= AHEAD else f"to the {'left' if middle < 0 else 'right'}"
    kept = _state(f"looking {way}", yaw, level & (np.abs(yaw - middle) < _KEPT), most=0.8)
    return aside or list(facing) or list(ahead) or list(kept)


def talking(series: Series) -> float:
    """The probability that somebody talks, from the standard deviation of the mouth's opening within each shot.

    Sightings with a hand before the mouth don't count; 0 if it was measured too seldom, or only opens or shuts once.
    """
    to_mouth = np.linalg.norm(series.hands - [0.0, _MOUTH], axis=3)
    open_by = np.where((to_mouth < _BEFORE).any((1, 2)), np.nan, series.mouth_open)
    shots = [open_by[(series.shot == shot) & np.isfinite(open_by)] for shot in np.unique(series.shot)]
    measured = [values - values.mean() for values in shots if len(values) >= _FEW]
    spread = float(np.std(np.concatenate(measured))) if measured else 0.0
    if sum(map(len, measured)) < _TALK_LEAST or not any(direction_changes(values, spread / 2) for values in measured):
        return 0.0
    by_spread, by_smile, offset = _TALK
    smile = float(np.nanmean(series.smile))
    return float(sigmoid(by_spread * np.log(max(spread, 1e-4)) + by_smile * smile**2 + offset))


def _hand_states(series: Series) -> Iterator[tuple[str, float]]:
    """Gestures that single sightings show: hands at the face, raised, together."""
    count = len(series.shot)
    raised = np.zeros(count, int)
    touching, held = np.zeros((2, count), bool)
    for side in (0, 1):
        (shoulder, elbow, wrist), hand = (series.joints[:, k] for k in body.ARMS[side]), series.hands[:, side]
        forearm = wrist - elbow
        upright = (forearm[:, 1] < -_UPRIGHT) & (np.abs(forearm[:, 0]) < _UPRIGHT / 2)
        level = shoulder[:, 1] + np.where(upright, _FIST, -_RAISED)
        raised += (hand[:, FINGERTIPS, 1].mean(1) < level) & (hand[:, MIDDLE_TIP, 1] < hand[:, WRIST, 1])
        touching |= (np.hypot(hand[:, FINGERTIPS, 0] / 0.8, hand[:, FINGERTIPS, 1]) < _TOUCH).sum(1) >= 2
        end = wrist + _REACH * forearm / np.linalg.norm(forearm, axis=1, keepdims=True)
        # a wrist lower down holds a microphone, an elbow higher up is that of hands behind the head
        beside = (wrist[:, 1] < _BESIDE_FACE) & (elbow[:, 1] > shoulder[:, 1])
        held |= beside & (np.hypot(end[:, 0] / 0.8, end[:, 1]) < _HELD)
    if touching.sum() >= max(2, 0.25 * count) or held.sum() >= max(2, _ALWAYS * count):
        yield "holding a hand to their face", _confidence_of_share(max(touching.sum(), held.sum()) / count)
    elif _twice_in_a_row(raised == 2):
        yield "raising both hands", _confidence_of_share((raised == 2).sum() / count)
    elif _twice_in_a_row(raised >= 1):
        yield "raising a hand", _confidence_of_share((raised >= 1).sum() / count)
    apart = np.linalg.norm(_hand_centres(series)[:, 0] - _hand_centres(series)[:, 1], axis=1)
    yield from _state("holding their hands together", apart, apart < _TOGETHER)


def _hand_changes(series: Series) -> Iterator[tuple[str, float]]:
    """Gestures that only a sequence shows: hands that move."""
    middles, ways = _hand_centres(series), moving_hands(series)
    moving = [side for side in (0, 1) if ways[side] > MOVES and _is_tracked(series, middles, side)]
    if moving:
        where = " at their chest" * _at_chest(series, middles[:, moving])
        beyond = float(ways[moving].min()) / MOVES - 1  # .6 at the threshold, .95 at twice it and more
        sure = round(float(np.clip(0.6 + 0.35 * beyond, 0.6, 0.95)), 3)
        yield f"gesturing with {'both hands' if len(moving) == 2 else 'a hand'}{where}", sure


def _at_chest(series: Series, hands: FloatArray) -> bool:
    """Whether hands [n, k, 2], where they don't hang, are mostly between the shoulders, and no lower than the chest."""
    shoulders = series.joints[:, list(body.SHOULDERS)]
    aside, below = np.moveaxis(hands - shoulders.mean(1, keepdims=True), 2, 0)
    lifted = below < _HANGS - 0.5
    inside = lifted & (np.abs(aside) < 0.6 * np.abs(shoulders[:, 0] - shoulders[:, 1])[:, :1])
    mostly = inside.sum() >= max(_FEW * hands.shape[1], _ALWAYS * lifted.sum())
    return bool(mostly and 0 < np.median(below[lifted]) < _CHEST)


def moving_hands(series: Series) -> FloatArray:
    """[2] how far each hand, or its wrist, moves between sightings on average, in face heights; NaN: hardly seen."""
    middles = _hand_centres(series)
    steps = np.linalg.norm(np.diff(middles, axis=0), axis=2)[np.diff(series.shot) == 0]
    known = np.isfinite(steps).sum(0)
    return np.where(known >= _FEW, np.nansum(steps, 0) / np.maximum(known, 1), np.nan).astype(np.float32)


def direction_changes(values: FloatArray, least: float) -> int:
    """How often a series [n] changes direction, counting only swings of at least `least`."""
    count, direction, extreme = 0, 0, float(values[0]) if len(values) else 0.0
    for value in map(float, values):
        if direction >= 0 and value > extreme or direction <= 0 and value < extreme:
            direction = direction or (1 if value - extreme >= least else -1 if extreme - value >= least else 0)
            extreme = value if direction else extreme
        elif direction and abs(value - extreme) >= least:
            count, direction, extreme = count + 1, -direction, value
    return count


def _is_tracked(series: Series, middles: FloatArray, side: int) -> bool:
    """Whether the hand network finds a hand often enough (the pose only guesses it), and it doesn't hang."""
    found, known = np.isfinite(series.hands[:, side, WRIST, 0]), np.isfinite(middles[:, side, 0])
    below = middles[:, side, 1] - series.joints[:, body.SHOULDERS[side], 1]
    below = below[np.isfinite(below)]
    hangs = len(below) > 0 and float(np.median(below)) > _HANGS
    return bool(found.sum() >= max(_FEW, _HAND_SHARE * known.sum())) and not hangs


def _hand_centres(series: Series) -> FloatArray:
    """Middle of each hand [n, 2, 2]: the hand's own points, else the pose's wrist."""
    palms = series.hands[:, :, list(PALM)].mean(2)
    wrists = series.joints[:, list(body.WRISTS)]
    return np.where(np.isfinite(palms), palms, wrists)


def plausible_hands(hands: FloatArray) -> FloatArray:
    """Hands [n, 2, 21, 2] (face heights), NaN where a hand's size doesn't fit the face."""
    length = np.linalg.norm(hands[:, :, MIDDLE_TIP] - hands[:, :, WRIST], axis=-1)
    fits = (length > _HAND[0]) & (length < _HAND[1])
    return np.where(fits[..., None, None], hands, np.float32(np.nan))


def _state(phrase: str, measured: FloatArray, holds: Flags, most: float = _MOST) -> Iterator[tuple[str, float]]:
    """The phrase when `holds` in most of the sightings, and where it was measured often enough."""
    known = np.isfinite(measured)
    count = int(known.sum())
    if count >= max(1, min(_FEW, len(measured))) and count >= 0.4 * len(measured):
        share = float((holds & known).sum()) / count
        if share >= most:
            yield phrase, _confidence_of_share(share)


def _twice_in_a_row(flags: Flags) -> bool:
    """Whether the flag [n] is set in two sightings in a row."""
    return bool((flags[1:] & flags[:-1]).any())


def _confidence_of_share(share: float) -> float:
    """Confidence of a gesture that this share of the sightings shows."""
    return round(float(np.clip(0.5 + 0.45 * share, 0.5, 0.95)), 3)
