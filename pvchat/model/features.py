"""Precomputed expert features as the model takes them: tokens, where they come from, masks; padded batches.

In: a `ClipAnalysis`. Out: `ClipFeatures` (a batch, also when it holds one clip) and
`PersonFeatures` (an enrollment as the aligner takes it). Everything here is cheap: no expert runs.

Every token carries `where` = (t, x0, y0, x1, y1): its time as a share of the clip and its box as fractions of the
frame, and the track it belongs to (-1 for tokens of the whole scene), so that face, body and pose of one person stay
together.

Legend: B clips, T frames, N tokens, W width of an expert, J tracks, n sightings of a track or of an enrollment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pvchat.model.config import BODY_WIDTH, IDENTITY_WIDTH, POSE_WIDTH, ModelConfig
from pvchat.schemas import ClipAnalysis, Track

Array = NDArray[np.float32]
SCENE = -1  # track number of tokens that belong to nobody
PERSON_SIGHTINGS = 8  # of an enrollment that the aligner sees


@dataclass
class ExpertTokens:
    """One expert's tokens of a batch of clips.

    Attributes:
        tokens: [B, N, W] float32.
        where: [B, N, 5] t, x0, y0, x1, y1, all 0..1.
        track: [B, N] int64, `SCENE` for none.
        mask: [B, N] bool, True for real tokens.
    """

    tokens: Tensor
    where: Tensor
    track: Tensor
    mask: Tensor

    def to(self, device: torch.device | str) -> ExpertTokens:
        """The same on another device."""
        return ExpertTokens(*(getattr(self, f.name).to(device) for f in fields(self)))


@dataclass
class ClipFeatures:
    """A batch of clips: each expert's tokens by name."""

    experts: dict[str, ExpertTokens]

    def __len__(self) -> int:
        return len(next(iter(self.experts.values())).mask)

    def to(self, device: torch.device | str) -> ClipFeatures:
        """The same on another device."""
        return ClipFeatures({name: e.to(device) for name, e in self.experts.items()})


@dataclass
class PersonFeatures:
    """A batch of enrollments.

    Attributes:
        identity: [B, n, 128] L2-normalised face vectors.
        identity_mask: [B, n] bool; all False for a figure without a face.
        body: [B, n, 1280] pooled features of the person's region.
        body_mask: [B, n] bool.
    """

    identity: Tensor
    identity_mask: Tensor
    body: Tensor
    body_mask: Tensor

    def __len__(self) -> int:
        return len(self.identity)

    def to(self, device: torch.device | str) -> Self:
        """The same on another device."""
        return type(self)(*(getattr(self, f.name).to(device) for f in fields(self)))


def from_analysis(analysis: ClipAnalysis, config: ModelConfig) -> ClipFeatures:
    """One analysed clip (or photo: T = 1) as a batch of one.

    Args:
        analysis: from `analysis.py`; tracks beyond `config.max_tracks` are left out, the longest stay.
        config: names the experts wanted ("frame", "body", "face", "pose") and how finely time is cut.
    """
    duration = max(analysis.duration_s, 1e-6)
    times = np.asarray(analysis.times, np.float32) / duration
    made: dict[str, ExpertTokens] = {}
    if "frame" in config.experts:
        grid = np.asarray(analysis.frame_features)  # of fewer frames than times, spread evenly (`analysis.py`)
        shown = np.linspace(0, len(times) - 1, len(grid)).round().astype(int)
        made["frame"] = scene_tokens(grid, times[shown], config.frame_segments)
    tracks = [analysis.tracks[i] for i in kept_tracks(analysis, config.max_tracks)]
    rows: dict[str, list[tuple[Array, Array, int]]] = {"body": [], "face": [], "pose": []}
    for number, track in enumerate(tracks):
        for part in _stretches(times[track.frames], config.track_segments):
            _add_track_tokens(rows, track, part, times, number)
    for name, width in (("body", BODY_WIDTH), ("face", IDENTITY_WIDTH), ("pose", POSE_WIDTH)):
        if name in config.experts:
            made[name] = _tokens(rows[name], width)
    return ClipFeatures(made)


def scene_tokens(grid: NDArray[Any], times: Array, segments: int) -> ExpertTokens:
    """Tokens of whole frames, averaged within stretches of time: segments · cells of them at most.

    Args:
        grid: [T, N, W] an expert's tokens of each frame, N a square number of cells, row-major.
        times: [T] 0..1.
        segments: stretches of time; fewer frames give fewer.

    Returns:
        Tokens [1, segments · N, W], each with its cell as box.
    """
    side = int(round(grid.shape[1] ** 0.5))
    low = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="xy"), -1).reshape(-1, 2) / side
    cells = np.concatenate([low, low + 1 / side], axis=1)[: grid.shape[1]]  # [N, 4] x0, y0, x1, y1
    rows = []
    for part in _stretches(times, segments):
        mean = grid[part].astype(np.float32).mean(0)
        t = np.full((len(cells), 1), times[part].mean())
        rows += [(mean[i], w, SCENE) for i, w in enumerate(np.concatenate([t, cells], axis=1).astype(np.float32))]
    return _tokens(rows, grid.shape[2])


def kept_tracks(analysis: ClipAnalysis, most: int) -> list[int]:
    """Indices into `analysis.tracks` of the longest tracks, in the analysis' order: token track numbers count these."""
    longest = sorted(range(len(analysis.tracks)), key=lambda i: (-len(analysis.tracks[i]), i))[:most]
    return sorted(longest)


def person_from_track(track: Track, sightings: int = PERSON_SIGHTINGS) -> PersonFeatures:
    """An enrollment out of one track: its best sightings, spread over time; a batch of one."""
    chosen = np.array([p[np.argmax(track.quality[p])] for p in _stretches(np.arange(len(track)), sightings)])
    faces = track.kind == "face" and track.identity.shape[1] == IDENTITY_WIDTH
    identity = track.identity[chosen] if faces else np.zeros((len(chosen), IDENTITY_WIDTH))
    identity = identity / np.maximum(np.linalg.norm(identity, axis=1, keepdims=True), 1e-6)
    return PersonFeatures(
        torch.from_numpy(identity.astype(np.float32))[None],
        torch.full((1, len(chosen)), faces),
        torch.from_numpy(track.body[chosen].astype(np.float32))[None],
        torch.ones(1, len(chosen), dtype=torch.bool),
    )


def collate(clips: Sequence[ClipFeatures]) -> ClipFeatures:
    """One padded batch out of several (all with the same experts)."""
    return ClipFeatures(
        {
            name: ExpertTokens(*_padded([c.experts[name] for c in clips], fill={"track": SCENE}))
            for name in clips[0].experts
        }
    )


def collate_people(people: Sequence[PersonFeatures]) -> PersonFeatures:
    """One padded batch out of several enrollments."""
    return PersonFeatures(*_padded(people, fill={}))


def pose_vector(track: Track, part: NDArray[np.int64]) -> Array:
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


def _add_track_tokens(
    rows: dict[str, list[tuple[Array, Array, int]]], track: Track, part: NDArray[np.int64], times: Array, number: int
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


def _tokens(rows: Sequence[tuple[Array, Array, int]], width: int) -> ExpertTokens:
    """Token rows (vector, where, track) as a batch of one; one masked token when there is none."""
    if not rows:
        empty = (torch.zeros(1, 1, width), torch.zeros(1, 1, 5), torch.full((1, 1), SCENE))
        return ExpertTokens(*empty, torch.zeros(1, 1, dtype=torch.bool))
    tokens = torch.from_numpy(np.stack([r[0] for r in rows]).astype(np.float32))
    where = torch.from_numpy(np.stack([r[1] for r in rows])).clamp(0, 1)
    track = torch.tensor([r[2] for r in rows])
    return ExpertTokens(tokens[None], where[None], track[None], torch.ones(1, len(rows), dtype=torch.bool))


def _stretches(times: NDArray[Any], most: int) -> list[NDArray[np.int64]]:
    """Indices of `times` cut into at most `most` runs of nearly equal length, none empty."""
    return [p for p in np.array_split(np.arange(len(times)), min(most, len(times))) if len(p)] if len(times) else []


def _padded(parts: Sequence[Any], fill: dict[str, int]) -> list[Tensor]:
    """Every field of the parts padded to the longest along dimension 1 and concatenated along the batch."""
    return [_pad([getattr(p, f.name) for p in parts], fill.get(f.name, 0)) for f in fields(parts[0])]


def _pad(tensors: Sequence[Tensor], fill: int) -> Tensor:
    """[b, N_i, …] tensors padded to [Σ b, max N_i, …]."""
    longest = max(t.shape[1] for t in tensors)
    out = tensors[0].new_full((sum(len(t) for t in tensors), longest, *tensors[0].shape[2:]), fill)
    row = 0
    for t in tensors:
        out[row : row + len(t), : t.shape[1]] = t
        row += len(t)
    return out


def _seen_mean(values: Array) -> Array:
    """Mean over the first axis of what was seen (not NaN); 0 where nothing was."""
    seen = np.isfinite(values)
    return np.where(seen, values, 0).sum(0) / np.maximum(seen.sum(0), 1)


def _seen_spread(values: Array) -> Array:
    """Standard deviation over the first axis of what was seen; 0 where nothing was."""
    seen = np.isfinite(values)
    off = np.where(seen, values - _seen_mean(values), 0)
    return np.sqrt(np.square(off).sum(0) / np.maximum(seen.sum(0), 1))
