"""Precomputed expert features as the model takes them: tokens, where they come from, masks; padded batches.

In: a `ClipAnalysis`. Out: `ClipFeatures` (a batch, also when it holds one clip) and
`PersonFeatures` (an enrollment as the aligner takes it). Everything here is cheap: no expert runs.

Every token carries `where` = (t, x0, y0, x1, y1): its time as a share of the clip and its box as fractions of the
frame, and the track it belongs to (-1 for tokens of the whole scene), so that face, body and pose of one person stay
together.

Legend: B clips, T frames, N tokens, W width of an expert, n sightings of an enrollment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pvchat.model.cliptokens import SCENE, Array, TokenRows, clip_tokens, scene_rows, stretches
from pvchat.model.config import IDENTITY_WIDTH, ModelConfig
from pvchat.schemas import ClipAnalysis, Track

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
    """A batch of clips.

    Attributes:
        experts: each expert's tokens by name.
        analyses: B of them, in which people are recognised; empty: nobody is looked for.
    """

    experts: dict[str, ExpertTokens]
    analyses: tuple[ClipAnalysis | None, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.experts.values())).mask)

    def to(self, device: torch.device | str) -> ClipFeatures:
        """The same on another device."""
        return ClipFeatures({name: e.to(device) for name, e in self.experts.items()}, self.analyses)


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
    return ClipFeatures(
        {name: _batch_of_one(rows) for name, rows in clip_tokens(analysis, config).items()}, (analysis,)
    )


def scene_tokens(grid: NDArray[Any], times: Array, segments: int) -> ExpertTokens:
    """`cliptokens.scene_rows` [1, segments · N, W] as a batch of one."""
    return _batch_of_one(scene_rows(grid, times, segments))


def person_from_track(track: Track, sightings: int = PERSON_SIGHTINGS) -> PersonFeatures:
    """An enrollment out of one track: its best sightings, spread over time; a batch of one."""
    chosen = np.array([p[np.argmax(track.quality[p])] for p in stretches(np.arange(len(track)), sightings)])
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
    experts = {
        name: ExpertTokens(*_padded([c.experts[name] for c in clips], fill={"track": SCENE}))
        for name in clips[0].experts
    }
    return ClipFeatures(experts, tuple(one for c in clips for one in c.analyses or (None,) * len(c)))


def collate_people(people: Sequence[PersonFeatures]) -> PersonFeatures:
    """One padded batch out of several enrollments."""
    return PersonFeatures(*_padded(people, fill={}))


def _batch_of_one(rows: TokenRows) -> ExpertTokens:
    arrays = [torch.from_numpy(part) for part in rows.arrays()]
    return ExpertTokens(*arrays)


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
