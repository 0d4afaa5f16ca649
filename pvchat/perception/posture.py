"""How likely somebody stands, sits or strides, where the angles of the joints alone don't say.

In: one track, posed, and the clip's frame features. Out: a probability for each posture. A linear head sees the
joints that are found and what the whole frame looks like; all sightings decide together. It was learned from photos and
film of people known to stand, sit, lie, walk, run or bend, whole and cut off below the chest (`recipes/posture`).

Legend: n sightings, J joints of the pose; lengths are in face heights.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from pvchat.perception.experts import body
from pvchat.perception.experts.attributes import softmax
from pvchat.schemas import ClipAnalysis, FloatArray, Track

WEIGHTS = Path(__file__).with_name("experts") / "posture.safetensors"
NAMES = ("standing", "sitting", "lying down", "walking", "running", "bending")
_PAIRS = (body.SHOULDERS, (13, 14), (15, 16), body.HIPS, body.KNEES, (27, 28))  # left and right
_CALVES = (body.LEFT_HIP, body.LEFT_KNEE, 27), (body.RIGHT_HIP, body.RIGHT_KNEE, 28)
# Probabilities from which a posture is told, by data sets that the head hadn't learned from (docs/LOG.md), and from
# which somebody in stride isn't said to stand.
_TOLD, _STRIDES = 0.7, 0.5


def tell_likely(track: Track, analysis: ClipAnalysis) -> None:
    """Put into a track's facts that its person stands or sits where that is likely enough and nothing else was told."""
    facts = track.facts
    likely = postures(track, analysis)
    if likely is None or facts.movement == "falling or lying down":
        return
    strides = likely["walking"] + likely["running"]
    if facts.pose == "standing" and strides >= _STRIDES:
        facts.pose = None
    upright = likely["standing"] + strides
    if facts.pose is not None or strides >= _STRIDES:
        return
    name, sure = max((("standing", upright), ("sitting", likely["sitting"])), key=lambda pair: pair[1])
    if sure >= _TOLD:
        facts.pose, facts.confidence["pose"] = name, round(sure, 3)


def postures(track: Track, analysis: ClipAnalysis) -> dict[str, float] | None:
    """How likely each of NAMES is, the mean of all sightings; None of whom no face is seen."""
    posed = np.flatnonzero(~np.isnan(track.pose).any((1, 2)))
    seen = posed if len(posed) else np.arange(len(track))
    if track.kind != "face" or not len(analysis.frame_features):
        return None
    frames = np.asarray(analysis.frame_features, np.float32).mean(1)
    described = np.linspace(0, len(analysis.times) - 1, len(frames)).round()
    nearest = np.abs(described[None] - track.frames[seen][:, None]).argmin(1)
    aspect = analysis.width / analysis.height
    shown = np.stack([geometry(track.pose[i], track.boxes[i], aspect) for i in seen])
    shares = likely_postures(shown, frames[nearest], _weights())
    return dict(zip(NAMES, shares.mean(0).tolist(), strict=True))


def likely_postures(shown: FloatArray, frame: FloatArray, weights: dict[str, FloatArray]) -> FloatArray:
    """[n, 6] probabilities of NAMES.

    Args:
        shown: [n, 56] from `geometry`.
        frame: [n, 1280] features of the frame.
        weights: as the recipe makes them.
    """
    logits = np.concatenate([shown, frame], 1) @ weights["weight"].T + weights["bias"]
    return np.asarray(softmax(logits), np.float32)


def geometry(joints: FloatArray, face: FloatArray, aspect: float) -> FloatArray:
    """[56] what a pose [33, 4] beside its face box [4] shows; zeros, but for the face, where there is no pose.

    Left and right are told by the picture, not by the body, so that a mirrored picture says the same.
    """
    height = float(face[3] - face[1])
    seen_face = [(1 - float(face[3])) / height / 8, 3 * height, float(np.log(height + 1e-3)) / 2]
    if np.isnan(joints).any():
        return np.array([1.0, *seen_face, *[0.0] * 52], np.float32)
    scale = np.array([aspect, 1.0])
    xy = (joints[:, :2] * scale - (face[:2] + face[2:]) / 2 * scale) / height
    seen = joints[:, 3] * ((joints[:, :2] > 0) & (joints[:, :2] < 1)).all(1)
    places = []
    for pair in _PAIRS:
        for k in sorted(pair, key=lambda k: float(xy[k, 0])):
            places += [np.clip(xy[k, 0], -5, 5) / 3 * seen[k], np.clip(xy[k, 1], -2, 9) / 5 * seen[k], seen[k]]
    return np.array([0.0, *seen_face, *places, *_angles(xy, seen)], np.float32)


def _angles(xy: FloatArray, seen: FloatArray) -> list[float]:
    """[16] lean of the trunk, thighs and knees, feet apart; each times how well its joints are seen."""
    trunk = xy[list(body.HIPS)].mean(0) - xy[list(body.SHOULDERS)].mean(0)
    length = max(float(np.linalg.norm(trunk)), 0.5)
    lean = float(np.arctan2(abs(trunk[0]), trunk[1]))
    hips, knees, feet = (float(seen[list(pair)].min()) for pair in (body.HIPS, body.KNEES, (27, 28)))
    drops = sorted(float(xy[k, 1] - xy[h, 1]) / length for h, k in body.THIGHS)
    slants = sorted(float(np.arctan2(abs(xy[k, 0] - xy[h, 0]), xy[k, 1] - xy[h, 1])) for h, k in body.THIGHS)
    bends = sorted(_angle(xy[h] - xy[k], xy[a] - xy[k]) for h, k, a in _CALVES)
    return [
        lean * hips, lean * (1 - hips), *(d * knees for d in drops), *(d * (1 - knees) for d in drops),
        *(s * knees for s in slants), *(b * feet for b in bends), *(np.abs(xy[27] - xy[28]) * feet / 3),
        hips, knees, feet, min(length, 6.0) / 4 * hips,
    ]  # fmt: skip


def _angle(a: FloatArray, b: FloatArray) -> float:
    return float(np.arccos(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-6), -1, 1)))


@lru_cache(maxsize=1)
def _weights() -> dict[str, FloatArray]:
    from safetensors.numpy import load_file

    return {name: array.astype(np.float32) for name, array in load_file(WEIGHTS).items()}
