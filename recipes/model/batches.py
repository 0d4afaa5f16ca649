"""Padded batches of several clips, and of several enrollments: what training looks at in one step.

Legend: b clips of a part, N tokens, n sightings of an enrollment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.model.cliptokens import SCENE, stretches
from pvchat.model.config import IDENTITY_WIDTH
from pvchat.model.features import PERSON_SIGHTINGS, ClipFeatures, ExpertTokens, PersonFeatures
from pvchat.schemas import Track


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
