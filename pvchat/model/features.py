"""Precomputed expert features as the model takes them: tokens, where they come from, masks; padded batches.

In: a `ClipAnalysis`. Out: `ClipFeatures` (a batch, also when it holds one clip) and
`PersonFeatures` (an enrollment as the aligner takes it). Everything here is cheap: no expert runs.

Every token carries `where` = (t, x0, y0, x1, y1): its time as a share of the clip and its box as fractions of the
frame, and the track it belongs to (-1 for tokens of the whole scene), so that face, body and pose of one person stay
together.

Legend: B clips, T frames, N tokens, W width of an expert, n sightings of an enrollment.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import torch
from numpy.typing import NDArray
from torch import Tensor

from pvchat.model.cliptokens import Array, TokenRows, clip_tokens, scene_rows
from pvchat.model.config import ModelConfig
from pvchat.schemas import ClipAnalysis

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


def _batch_of_one(rows: TokenRows) -> ExpertTokens:
    arrays = [torch.from_numpy(part) for part in rows.arrays()]
    return ExpertTokens(*arrays)
