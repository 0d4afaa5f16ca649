"""Parts of the trained model, switched off for a while, and other evidence in a clip's place.

In: a model. Out: context managers. In: a clip, and another. Out: what the model is shown instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from pvchat.model.heads import HeadMixer
from pvchat.schemas import ClipAnalysis, Track


@contextmanager
def changed(*fields: tuple[Any, str, Any]) -> Iterator[None]:
    """Fields of objects as they are given, for the while."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in fields]
    for owner, name, value in fields:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


@contextmanager
def equal_shares(model: Any) -> Iterator[None]:
    """Every token through all MLPs of its connector alike."""
    mixtures = list(model.connectors.connectors.values())
    weights = [m.gate.weight.detach().clone() for m in mixtures]
    with changed(*((m, "top_k", len(m.experts)) for m in mixtures)):
        for m in mixtures:
            m.gate.weight.data.zero_()
        yield
    for m, weight in zip(mixtures, weights, strict=True):
        m.gate.weight.data.copy_(weight)


class Fixed(torch.nn.Module):
    """A router that says the same always."""

    adaptive = True

    def __init__(self, gate: float) -> None:
        super().__init__()
        self.gate = gate

    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        """One gate for all."""
        return torch.full_like(logits, self.gate)


def routed(model: Any, gate: float) -> AbstractContextManager[None]:
    """All routed heads at one gate, whatever their router says."""
    mixers = [m for m in model.modules() if isinstance(m, HeadMixer)]
    return changed(*((m, "router", Fixed(gate)) for m in mixers))


@contextmanager
def silent(model: Any) -> Iterator[None]:
    """Connectors whose output is 0: a token says only where it is and of what kind."""
    with ExitStack() as stack:
        for mixture in model.connectors.connectors.values():
            hook = mixture.register_forward_hook(lambda _, __, out: (out[0] * 0, out[1]))
            stack.callback(hook.remove)
        yield


def shuffled(clip: ClipAnalysis, _: ClipAnalysis) -> ClipAnalysis:
    """The moments of a clip in another order, each person's too."""
    rng = np.random.default_rng(0)
    tracks = [with_looks(t, rng.permutation(len(t.frames)), t) for t in clip.tracks]
    return replace(clip, frame_features=rng.permutation(clip.frame_features), tracks=tracks)


def swapped(clip: ClipAnalysis, after: ClipAnalysis) -> ClipAnalysis:
    """Everybody with the looks of the next person in the clip, of the next clip where she is alone."""
    others = clip.tracks[1:] + clip.tracks[:1] if len(clip.tracks) > 1 else after.tracks[:1] or clip.tracks
    tracks = [
        with_looks(track, np.linspace(0, len(other.frames) - 1, len(track.frames)).astype(int), other)
        for track, other in zip(clip.tracks, others, strict=True)
    ]
    return replace(clip, tracks=tracks)


def with_looks(track: Track, order: Any, other: Track) -> Track:
    """A track with what the experts saw of another, or of itself in another order."""
    return replace(track, body=other.body[order], pose=other.pose[order])


def dark(clip: ClipAnalysis, _: ClipAnalysis) -> ClipAnalysis:
    """A clip of which the experts saw nothing."""
    tracks = [replace(track, body=np.zeros_like(track.body)) for track in clip.tracks]
    return replace(clip, frame_features=np.zeros_like(clip.frame_features), tracks=tracks)
