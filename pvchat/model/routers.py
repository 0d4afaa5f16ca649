"""Routers of mixed heads: logits in, gates out; and what they did (`RoutingStats`).

Every router gives gates of exactly 1 for logits that are all 1, so a fresh module is dense attention (`heads.py`).

Legend: B batch, Q queries, R routed heads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.errors import SettingsError

TINY = 1e-6  # guards a division by zero; below it a root mean square counts as zero


@dataclass
class RoutingStats:
    """What the routers of one module did, for losses and plots; gradients flow through `logits` and `gates`."""

    logits: Tensor  # [B, Q, R] before the router's non-linearity
    gates: Tensor  # [B, Q, R] non-negative; zero means that the head is off for this token
    alphas: Tensor  # [B, Q, 2] weights of the shared and the routed branch, already times 2 (1 is neutral)
    mask: Tensor | None = None  # [B, Q] True for real tokens, or None when all are real
    adaptive: bool = True  # whether the number of active heads is free (ReLU routers) or not (top-k)

    def active(self) -> Tensor:
        """[B, Q, R] bool: the head is on for the token."""
        return self.gates > 0

    def tokens(self, values: Tensor) -> Tensor:
        """The rows of `values` [B, Q, …] that belong to real tokens: [n, …]."""
        return values.flatten(0, 1) if self.mask is None else values[self.mask]

    def head_share(self) -> Tensor:
        """[R] share of the real tokens for which each routed head is on."""
        return self.tokens(self.active()).float().mean(0)


class ReluRouter(nn.Module):
    """gate = ReLU(logit): any number of heads may be on (PVChat; ReMoE, arXiv 2412.14711)."""

    adaptive = True

    def forward(self, logits: Tensor) -> Tensor:
        """[…, R] logits to […, R] gates."""
        return F.relu(logits)


class TopKRouter(nn.Module):
    """The k best heads, softmax over them times their number (MoH, arXiv 2410.11842, with the authors' rescaling).

    A head that ties with the k-th best is on too: so the router is dense, not arbitrary, while all logits are equal.
    """

    adaptive = False

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, logits: Tensor) -> Tensor:
        """[…, R] logits to […, R] gates; they sum to the number of heads that are on."""
        kth = logits.topk(self.k, dim=-1).values[..., -1:]
        chosen = logits >= kth
        share = logits.masked_fill(~chosen, float("-inf")).softmax(-1)
        return share * chosen.sum(-1, keepdim=True).to(share.dtype)


class ReluNormRouter(nn.Module):
    """gate = γ · RMSNorm(ReLU(logit)): ReLU chooses, the norm sets the size (BlockFFN, arXiv 2507.08771).

    The mean square is bounded from below before its root is taken, so a token without any active head gives gates of
    zero and a finite gradient instead of NaN. γ is kept non-negative by its absolute value.
    """

    adaptive = True

    def __init__(self, routed: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(routed))

    def forward(self, logits: Tensor) -> Tensor:
        """[…, R] logits to […, R] gates; all zero where no logit is positive."""
        chosen = F.relu(logits)
        mean_square = chosen.square().mean(-1, keepdim=True).clamp_min(TINY**2)
        return chosen * mean_square.rsqrt() * self.scale.abs()


ROUTERS: dict[str, Callable[[int, int], nn.Module]] = {
    "relu": lambda routed, k: ReluRouter(),
    "topk": lambda routed, k: TopKRouter(k),
    "relu_norm": lambda routed, k: ReluNormRouter(routed),
}


def make_router(name: str, routed: int, top_k: int) -> Any:
    """The router of that name: a module from logits […, R] to gates […, R], `adaptive` where any number may be on.

    Raises:
        SettingsError: unknown name, or `top_k` outside 1..routed.
    """
    if name not in ROUTERS:
        raise SettingsError(f"unknown router '{name}'", hint=f"Use one of {', '.join(sorted(ROUTERS))}.")
    if not 1 <= top_k <= routed:
        raise SettingsError(f"top_k must lie in 1..{routed}, not {top_k}")
    return ROUTERS[name](routed, top_k)
