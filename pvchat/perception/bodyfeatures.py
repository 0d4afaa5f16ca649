"""What heads read of somebody's body and surroundings, to tell postures (`posture.py`) and deeds (`deeds.py`).

In: one track, posed, the clip's bodies (`bodies.py`) and frame features. Out: numbers: where the joints are, the body's
outline, what is seen of and below her: a chair or a bed is in the cells of the frame below a face, bent knees are in
the strip of the legs. Legend: n sightings; `aspect` is width over height of the frame.
"""

from __future__ import annotations

import numpy as np

from pvchat.perception.bodyfaces import holds_face
from pvchat.perception.boxes import areas
from pvchat.perception.experts import body
from pvchat.schemas import BODY, GRID_CELLS, STRIPS, ClipAnalysis, FloatArray, IntArray, Thing, Track

JOINTS = 56  # numbers of `geometry`
_PAIRS = (body.SHOULDERS, body.ELBOWS, body.WRISTS, body.HIPS, body.KNEES, body.ANKLES)  # left and right
CUT = 0.97  # where a body's box ends that the frame cuts off
# Surroundings: how many numbers tell where the face is and what of the body is seen; what lies below a face, in its
# heights, and where it starts at most; face heights below the chin within which the frame may end.
PLACEMENT = 7
_WIDE, _DEEP, _CHIN, _LOWEST = 2.2, 7.0, 0.5, 0.93
_ENDS = (2.0, 4.0)
Descriptions = dict[int, FloatArray]  # the `body_description` of a clip's people, by the `id` of their track


def is_readable(track: Track, analysis: ClipAnalysis) -> bool:
    """Whether heads can tell of somebody: a face or a body was found, or it is drawn, and frames are kept."""
    seen = track.kind == "face" or len(track.looks) or analysis.scene.drawn
    return bool(seen and len(analysis.frame_features))


def posed_sightings(track: Track) -> IntArray:
    """Sightings with a pose; where there is none, all."""
    found = np.flatnonzero(~np.isnan(track.pose).any((1, 2)))
    return np.asarray(found if len(found) else np.arange(len(track)), np.int64)


def cached_description(track: Track, analysis: ClipAnalysis, known: Descriptions | None) -> FloatArray:
    """`body_description`, taken from `known` if it is there, else added to it."""
    known = {} if known is None else known
    if id(track) not in known:
        known[id(track)] = body_description(track, analysis)
    return known[id(track)]


def body_description(track: Track, analysis: ClipAnalysis) -> FloatArray:
    """[1344] joints, outline, whether there is a face, and frame features: means over the sightings with a pose."""
    seen, aspect = posed_sightings(track), analysis.width / analysis.height
    joints = np.mean([geometry(track.pose[i], track.boxes[i], aspect) for i in seen], 0)
    boxes, outline = body_boxes(track, analysis), [0.0] * 7
    if len(boxes):  # size and shape of the body, relative to those of the face
        (width, height), (wide, tall) = (np.median(some[:, 2:] - some[:, :2], 0) for some in (track.boxes, boxes))
        low, shape = float(np.median(boxes[:, 3])), float(np.log(np.median(slimness(boxes, analysis))))
        outline = [1.0, shape, low, low > CUT, float(np.log(tall / height)), float(np.log(wide / width)), float(tall)]
    looks = analysis.pooled_frames[nearest_kept_frames(track, analysis, seen)].mean(0)
    return np.concatenate([joints, outline, [track.kind == "face"], looks]).astype(np.float32)


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
    hips, knees, feet = (float(seen[list(pair)].min()) for pair in (body.HIPS, body.KNEES, body.ANKLES))
    stance = np.subtract(*xy[list(body.ANKLES)])
    drops = sorted(float(xy[k, 1] - xy[h, 1]) / length for h, k in body.THIGHS)
    slants = sorted(float(np.arctan2(abs(xy[k, 0] - xy[h, 0]), xy[k, 1] - xy[h, 1])) for h, k in body.THIGHS)
    bends = sorted(angle(xy[h] - xy[k], xy[a] - xy[k]) for h, k, a in body.LEGS)
    return [
        lean * hips, lean * (1 - hips), *(d * knees for d in drops), *(d * (1 - knees) for d in drops),
        *(s * knees for s in slants), *(b * feet for b in bends), *(np.abs(stance) * feet / 3),
        hips, knees, feet, min(length, 6.0) / 4 * hips,
    ]  # fmt: skip


def angle(a: FloatArray, b: FloatArray) -> float:
    """The angle between two vectors [2], radians."""
    return float(np.arccos(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-6), -1, 1)))


def surroundings(track: Track, analysis: ClipAnalysis) -> FloatArray:
    """[7 + 3 * 1280]: size and place of the face, whether a body was found, whether the frame ends below, whether it is
    drawn; then features of what is below the face, of torso, of legs.
    """
    _, top, _, chin = np.median(track.boxes, 0)
    ends = [is_cut_off(track, deep) for deep in _ENDS]
    placement = [np.log(chin - top), top, chin, len(track.looks) > 0, *ends, analysis.scene.drawn]
    strips = np.zeros((STRIPS, BODY), np.float32)
    if len(track.looks):
        strips = np.asarray(track.looks[:, : STRIPS * BODY], np.float32).mean(0).reshape(STRIPS, BODY)
    below = _features_below_face(track, analysis, posed_sightings(track))
    return np.concatenate([placement, below, *strips[1:]]).astype(np.float32)


def _features_below_face(track: Track, analysis: ClipAnalysis, seen: IntArray) -> FloatArray:
    """[1280] mean features of the cells below the face, by how much of each lies there."""
    box = track.boxes[seen]
    height, middle = box[:, 3] - box[:, 1], (box[:, 0] + box[:, 2]) / 2
    wide = _WIDE * height * analysis.height / analysis.width
    top = np.minimum(box[:, 3] + _CHIN * height, _LOWEST)
    below = np.stack([middle - wide, top, middle + wide, box[:, 3] + _DEEP * height], 1)
    weights = _cell_shares(np.asarray(below, np.float32))
    by_frame = np.zeros((len(analysis.frame_features), GRID_CELLS**2))
    np.add.at(by_frame, nearest_kept_frames(track, analysis, seen), weights / len(seen))
    rows = np.flatnonzero(by_frame.any(1))
    found = np.einsum("gc,gcd->d", by_frame[rows], np.asarray(analysis.frame_features[rows], np.float32))
    return np.asarray(found, np.float32)


def nearest_kept_frames(track: Track, analysis: ClipAnalysis, seen: IntArray) -> IntArray:
    """Index [n] of the frame with kept features that is nearest to each of these sightings [n]."""
    return np.asarray(np.abs(analysis.feature_frames[None] - track.frames[seen][:, None]).argmin(1), np.int64)


def _cell_shares(boxes: FloatArray) -> FloatArray:
    """[n, 49] share of boxes [n, 4] (fractions of the frame) that lies in each cell."""
    edges = np.linspace(0, 1, GRID_CELLS + 1)
    top, left = (some.ravel() for some in np.meshgrid(edges[:-1], edges[:-1], indexing="ij"))
    bottom, right = (some.ravel() for some in np.meshgrid(edges[1:], edges[1:], indexing="ij"))
    shares, *_ = areas(np.clip(boxes, 0, 1), np.stack([left, top, right, bottom], 1))
    return np.asarray(shares / np.maximum(shares.sum(1, keepdims=True), 1e-6), np.float32)


def is_cut_off(track: Track, deep: float) -> bool:
    """Whether the frame ends within so many face heights below the chin."""
    _, top, _, chin = np.median(track.boxes, 0)
    return bool(chin + deep * (chin - top) > 1)


def body_boxes(track: Track, analysis: ClipAnalysis) -> FloatArray:
    """[n, 4] the boxes of the bodies that are this track's, by frame."""
    hers = [one for one in analysis.bodies if belongs_to(one, track)]
    rows = sorted((frame, box) for one in hers for frame, box in zip(one.frames, one.boxes, strict=True))
    return np.array([box for _, box in rows], np.float32).reshape(-1, 4)


def belongs_to(one: Thing, track: Track) -> bool:
    """Whether a body is this track's: it carries the face somewhere, or is where the figure's body is."""
    for frame, box in zip(one.frames, one.boxes, strict=True):
        for row in np.flatnonzero(np.abs(track.frames - frame) <= (1 if track.kind == "face" else 0)):
            here = np.asarray(box, np.float32)
            if holds_face(here, track.boxes[row]) if track.kind == "face" else np.allclose(here, track.body_boxes[row]):
                return True
    return False


def slimness(boxes: FloatArray, analysis: ClipAnalysis) -> FloatArray:
    """Height over width [n] of a body's boxes [n, 4], in pixels."""
    size = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(size[:, 1] * analysis.height / np.maximum(size[:, 0] * analysis.width, 1e-6), np.float32)
