"""Padded batches of several clips, and of several enrollments: what training looks at in one step.

In: analysed clips. Out: `ClipFeatures` (a batch, also when it holds one clip), and what the model's connectors make of
it, padding left out and with the connectors' losses; `PersonFeatures` of enrollments.

Legend: B clips, b of a part, N tokens, W width of an expert, n sightings of an enrollment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.model.aligner import PersonFeatures
from pvchat.model.cliptokens import SCENE, TokenRows, clip_tokens, stretches
from pvchat.model.config import IDENTITY_WIDTH, ModelConfig
from pvchat.model.connectors import VisualTokens
from pvchat.model.people import PersonState
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


def from_analysis(analysis: ClipAnalysis, config: ModelConfig) -> ClipFeatures:
    """One analysed clip (or photo: T = 1) as a batch of one; tracks beyond `config.max_tracks` are left out."""
    return ClipFeatures({name: alone(rows) for name, rows in clip_tokens(analysis, config).items()}, (analysis,))


def alone(rows: TokenRows) -> ExpertTokens:
    """One expert's tokens of one clip as a batch of one."""
    return ExpertTokens(*(torch.from_numpy(part) for part in rows.arrays()))


def encode_clips(model: Any, features: ClipFeatures) -> VisualTokens:
    """The visual pass, once for each of B clips; experts that the batch lacks are left out.

    Args:
        model: a `PVChatModel`.
        features: of the clips.
    """
    connectors, parts, aux = model.connectors, [], []
    present = [(i, name) for i, name in enumerate(model.config.experts) if name in features.experts]
    chosen = [features.experts[name].to(model.device) for _, name in present]
    for (i, name), expert in zip(present, chosen, strict=True):
        made, losses = connectors.connectors[name](expert.tokens[expert.mask])
        wide = made.new_zeros(*expert.mask.shape, made.shape[-1]).masked_scatter(expert.mask[..., None], made)
        parts.append(connectors.placed(i, wide, expert.where, expert.track))
        aux.append(losses)
    mask = torch.cat([e.mask for e in chosen], dim=1)
    number = torch.cat([torch.full_like(e.track[0], i) for (i, _), e in zip(present, chosen, strict=True)])
    mean = {key: torch.stack([losses[key] for losses in aux]).mean() for key in ("balance", "z")}
    tokens = connectors.mixed(torch.cat(parts, dim=1), number, mask)
    return VisualTokens(tokens, mask, number, mean, features.analyses)


def select(visual: VisualTokens, clip: Tensor) -> VisualTokens:
    """Rows by clip index [b]: several questions share one clip's visual pass."""
    analyses = tuple(visual.analyses[i] for i in clip.tolist()) if visual.analyses else ()
    return replace(visual, tokens=visual.tokens[clip], mask=visual.mask[clip], analyses=analyses)


def aligned(model: Any, features: PersonFeatures, names: Sequence[str]) -> list[PersonState]:
    """Each enrollment as the aligner makes a `PersonState` of it; gradients flow to the aligner."""
    return [PersonState(*row) for row in zip(names, *model.aligner(features), strict=True)]


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
