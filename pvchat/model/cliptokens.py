"""A clip's tokens as the trained model takes them, without torch: an analysis in, vectors with their places out.

Every token carries `where` = (t, x0, y0, x1, y1): its time as a share of the clip and its box as fractions of the
frame, and the track it belongs to (-1 for tokens of the whole scene), so that face, body and pose of one person stay
together. `connectors.py` takes them, `trained.py` shows them to its converted form.

Legend: T frames, N cells, n tokens, W width of an expert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import SettingsError
from pvchat.model.config import ANOTHER_VERSION, BODY_WIDTH, IDENTITY_WIDTH, POSE_WIDTH, ModelConfig
from pvchat.schemas import ClipAnalysis, Flags, FloatArray, IntArray, Track

SCENE = -1  # track number of tokens that belong to nobody
_Row = tuple[FloatArray, FloatArray, int]  # a token, where, track


@dataclass
class TokenRows:
    """One expert's tokens of one clip."""

    tokens: FloatArray  # [n, W]; n may be 0
    where: FloatArray  # [n, 5] t, x0, y0, x1, y1, all 0..1
    track: IntArray  # [n], `SCENE` for none

    def arrays(self) -> tuple[FloatArray, FloatArray, IntArray, Flags]:
        """A batch of one: tokens, where, track, and which are real; a masked token stands for none at all."""
        if len(self.track):
            return self.tokens[None], self.where[None], self.track[None], np.ones((1, len(self.track)), bool)
        blank = np.zeros((1, 1, self.tokens.shape[1]), np.float32), np.zeros((1, 1, 5), np.float32)
        return *blank, np.full((1, 1), SCENE), np.zeros((1, 1), bool)


def clip_tokens(analysis: ClipAnalysis, config: ModelConfig) -> dict[str, TokenRows]:
    """One analysed clip by expert ("frame", "body", "face", "pose") in the model's order, of its longest tracks. Raises
    SettingsError where the model wants another expert.
    """
    duration = max(analysis.duration_s, 1e-6)
    times = np.asarray(analysis.times, np.float32) / duration
    made = {"frame": scene_rows(analysis.frame_features, times[analysis.feature_frames], config.frame_segments)}
    tracks = [analysis.tracks[i] for i in kept_tracks(analysis, config.max_tracks)]
    rows: dict[str, list[_Row]] = {"body": [], "face": [], "pose": []}
    for number, track in enumerate(tracks):
        for part in stretches(times[track.frames], config.track_segments):
            _add_track_tokens(rows, track, part, times, number)
    for name, width in (("body", BODY_WIDTH), ("face", IDENTITY_WIDTH), ("pose", POSE_WIDTH)):
        made[name] = _to_rows(rows[name], width)
    if unknown := sorted(config.experts.keys() - made.keys()):
        raise SettingsError(f"there is no expert '{unknown[0]}'", subject=config.name, hint=ANOTHER_VERSION)
    return {name: made[name] for name in config.experts}


def scene_rows(grid: NDArray[Any], times: FloatArray, segments: int) -> TokenRows:
    """Tokens of whole frames [segments · N, W], averaged within stretches of time, each with its cell as box.

    The grid [T, N, W] has a square number of cells, row-major; times [T] are 0..1. Fewer frames give fewer stretches.
    """
    side = int(round(grid.shape[1] ** 0.5))
    low = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="xy"), -1).reshape(-1, 2) / side
    cells = np.concatenate([low, low + 1 / side], axis=1)[: grid.shape[1]]  # [N, 4] x0, y0, x1, y1
    rows = []
    for part in stretches(times, segments):
        mean = grid[part].astype(np.float32).mean(0)
        t = np.full((len(cells), 1), times[part].mean())
        rows += [(mean[i], w, SCENE) for i, w in enumerate(np.concatenate([t, cells], axis=1).astype(np.float32))]
    return _to_rows(rows, grid.shape[2])


def kept_tracks(analysis: ClipAnalysis, most: int) -> list[int]:
    """Indices into `analysis.tracks` of the longest tracks, in the analysis' order: token track numbers count these."""
    longest = sorted(range(len(analysis.tracks)), key=lambda i: (-len(analysis.tracks[i]), i))[:most]
    return sorted(longest)


def pose_vector(track: Track, part: IntArray) -> FloatArray:
    """Pose, its motion, the face's five points and their motion over some sightings: [222], box-relative.

    33 joints x, y, z, visibility (132) and how much x and y vary (66); how the box moves and grows (4); five face
    points (10) and how much they vary (10): mouth and head movements. Joints and points count from the centre of the
    sighting's box in box heights; what wasn't seen is 0.
    """
    boxes = track.boxes[part]
    centre, height = (boxes[:, :2] + boxes[:, 2:]) / 2, np.maximum(boxes[:, 3] - boxes[:, 1], 1e-3)
    joints = track.pose[part].copy()  # [n, 33, 4]
    joints[..., :2] = (joints[..., :2] - centre[:, None]) / height[:, None, None]
    points = (track.points[part] - centre[:, None]) / height[:, None, None]  # [n, 5, 2]
    size = np.log(height)
    moved = np.array([*(centre[-1] - centre[0]), size[-1] - size[0], centre.std()])
    pieces = [_seen_mean(joints), _seen_spread(joints[..., :2]), moved, _seen_mean(points), _seen_spread(points)]
    return np.clip(np.concatenate([p.ravel() for p in pieces]), -10, 10).astype(np.float32)


def stretches(times: NDArray[Any], most: int) -> list[IntArray]:
    """Indices of `times` cut into at most `most` runs of nearly equal length, none empty."""
    return [p for p in np.array_split(np.arange(len(times)), min(most, len(times))) if len(p)] if len(times) else []


def _add_track_tokens(
    rows: dict[str, list[_Row]], track: Track, part: IntArray, times: FloatArray, number: int
) -> None:
    """One token of each track expert for the sightings `part` of a track."""
    weight = track.quality[part] + 1e-3
    t = np.array([times[track.frames[part]].mean()])
    face_at = np.concatenate([t, track.boxes[part].mean(0)]).astype(np.float32)
    body_at = np.concatenate([t, track.body_boxes[part].mean(0)]).astype(np.float32)
    rows["body"].append((np.average(track.body[part], axis=0, weights=weight), body_at, number))
    rows["pose"].append((pose_vector(track, part), body_at, number))
    if track.kind == "face" and track.identity.shape[1] == IDENTITY_WIDTH:
        mean = np.average(track.identity[part], axis=0, weights=weight)
        rows["face"].append((mean / max(float(np.linalg.norm(mean)), 1e-6), face_at, number))


def _to_rows(rows: Sequence[_Row], width: int) -> TokenRows:
    if not rows:
        return TokenRows(np.zeros((0, width), np.float32), np.zeros((0, 5), np.float32), np.zeros(0, np.int64))
    tokens = np.stack([token for token, _, _ in rows]).astype(np.float32)
    where = np.stack([place for _, place, _ in rows]).astype(np.float32).clip(0, 1)
    return TokenRows(tokens, where, np.array([number for _, _, number in rows], np.int64))


def _seen_mean(values: FloatArray) -> FloatArray:
    """Mean over the first axis of what was seen (not NaN); 0 where nothing was."""
    seen = np.isfinite(values)
    return np.where(seen, values, 0).sum(0) / np.maximum(seen.sum(0), 1)


def _seen_spread(values: FloatArray) -> FloatArray:
    """Standard deviation over the first axis of what was seen; 0 where nothing was."""
    seen = np.isfinite(values)
    off = np.where(seen, values - _seen_mean(values), 0)
    return np.sqrt(np.square(off).sum(0) / np.maximum(seen.sum(0), 1))
