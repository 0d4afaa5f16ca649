"""Parts of the trained model, switched off for a while: what is trained stays as it is.

In: a model. Out: context managers, for `parts.py` and `answering.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch

from pvchat.model.heads import HeadMixer


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
