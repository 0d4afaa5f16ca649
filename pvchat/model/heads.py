"""Mixture-of-Heads attention: dense multi-head attention whose heads are weighed token by token.

In: query tokens and, for cross-attention, context tokens, with masks. Out: attended tokens and `RoutingStats`.

The first heads are shared (always on), the rest are routed:

    s_i = 2 α1 (shared),  2 α2 · gate_i (routed),   [α1, α2] = softmax(W_h x),   gate = router(W_r x + b_r + z)

(PVChat, arXiv 2503.17069, Sec. 3; MoH, arXiv 2410.11842, eq. 4-6). With W_r = 0, b_r = 1, W_h = 0 and the factor 2
every s_i is exactly 1, so a fresh module IS dense attention, whichever router it uses: a pretrained one keeps its
output. The router reads the query tokens, never the keys. `z` is a person's own offset to the router logits. Routing is
computed in fp32, under autocast too. All heads are computed, those that are off too: nearly none is off for every token
(docs/adr/0063-parts.md). Every router gives gates of exactly 1 for logits that are all 1.

Legend: B batch, Q queries, K keys, H heads, R routed heads, D width, d width of one head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.errors import SettingsError


@dataclass
class RoutingStats:
    """What the routers of one module did, for losses and plots; gradients flow through `logits` and `gates`."""

    logits: Tensor  # [B, Q, R] before the router's non-linearity
    gates: Tensor  # [B, Q, R] non-negative; zero means that the head is off for this token
    mask: Tensor | None = None  # [B, Q] True for real tokens, or None when all are real
    adaptive: bool = True  # whether the number of active heads is free (ReLU) or not (top-k)

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


# By name, made for so many routed heads, of which k are on where that is fixed. `recipes/model/routers.py` adds more.
ROUTERS: dict[str, Callable[[int, int], nn.Module]] = {"relu": lambda routed, k: ReluRouter()}


def make_router(name: str, routed: int, top_k: int) -> Any:
    """The router of that name: a module from logits […, R] to gates […, R], `adaptive` where any number may be on.
    Raises SettingsError where the name is unknown, or `top_k` outside 1..routed.
    """
    if name not in ROUTERS:
        raise SettingsError(f"unknown router '{name}'", hint=f"Use one of {', '.join(sorted(ROUTERS))}.")
    if not 1 <= top_k <= routed:
        raise SettingsError(f"top_k must lie in 1..{routed}, not {top_k}")
    return ROUTERS[name](routed, top_k)


@dataclass(frozen=True)
class Heads:
    """The heads of one attention module."""

    count: int  # H
    shared: int | None = None  # the first ones, always on; None for all: dense attention, without a router
    router: str = "relu"  # of `ROUTERS`
    top_k: int = 2  # heads that a router keeps that keeps a fixed number

    @property
    def routed(self) -> int:
        """Number of routed heads, R."""
        return 0 if self.shared is None else self.count - self.shared


class HeadMixer(nn.Module):
    """The weights s_i of all heads for every token of width D; all exactly 1 at initialisation."""

    def __init__(self, width: int, heads: Heads) -> None:
        super().__init__()
        if not 0 < heads.routed <= heads.count:
            raise SettingsError(f"shared heads must lie in 0..{heads.count - 1}, not {heads.shared}")
        self.shared, self.routed = heads.count - heads.routed, heads.routed
        self.logit = nn.Linear(width, heads.routed)
        self.alpha = nn.Linear(width, 2, bias=False)
        self.router = make_router(heads.router, heads.routed, min(heads.top_k, heads.routed))
        # the dense start: W_r = 0, b_r = 1, W_h = 0
        nn.init.zeros_(self.logit.weight)
        nn.init.ones_(self.logit.bias)
        nn.init.zeros_(self.alpha.weight)

    def forward(self, x: Tensor, z: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, RoutingStats]:
        """Weights [B, Q, H] of query tokens [B, Q, D], in their type, and statistics, into which the mask [B, Q] goes.

        z [B, Q, R] are offsets to the router logits, None for none.
        """
        with torch.autocast(x.device.type, enabled=False):
            tokens = x.float()
            logits = F.linear(tokens, self.logit.weight.float(), self.logit.bias.float())
            if z is not None:
                logits = logits + z.float()
            alphas = 2 * F.linear(tokens, self.alpha.weight.float()).softmax(-1)
            gates = self.router(logits)
            shared = alphas[..., :1].expand(*alphas.shape[:-1], self.shared)
            weights = torch.cat([shared, alphas[..., 1:] * gates], dim=-1).to(x.dtype)
        return weights, RoutingStats(logits, gates, mask, self.router.adaptive)


class MixtureOfHeadsAttention(nn.Module):
    """Multi-head attention with mixed heads; plain dense attention when every head is shared.

    Queries and output have width D, and so have the context tokens unless `context_width` says otherwise.
    """

    def __init__(self, width: int, heads: Heads, *, context_width: int | None = None) -> None:
        super().__init__()
        if width % heads.count:
            raise SettingsError(f"the width {width} must be a multiple of the number of heads {heads.count}")
        self.head_width = width // heads.count
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(context_width or width, width)
        self.value = nn.Linear(context_width or width, width)
        self.out = nn.Linear(width, width)
        self.mixer = HeadMixer(width, heads) if heads.routed else None

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        z: Tensor | None = None,
        query_mask: Tensor | None = None,
    ) -> tuple[Tensor, RoutingStats | None]:
        """Attend with query tokens [B, Q, D] to context tokens [B, K, C] (None: to themselves): [B, Q, D] and the
        statistics (None for a dense module), for which `query_mask` [B, Q] says which queries are real.

        The mask is bool, True = may be looked at: [B, K] (padding) or [B, Q, K]; z [B, Q, R] are offsets to the router
        logits.
        """
        context = x if context is None else context
        pairs = (self.query, x), (self.key, context), (self.value, context)
        q, k, v = (layer(tokens).unflatten(-1, (-1, self.head_width)).transpose(1, 2) for layer, tokens in pairs)
        allowed = None if mask is None else (mask[:, None, None] if mask.dim() == 2 else mask[:, None])
        heads = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        heads, stats = heads.transpose(1, 2), None  # [B, Q, H, d]
        if self.mixer is not None:
            weights, stats = self.mixer(x, z, query_mask)
            heads = heads * weights[..., None]
        return self.out(heads.flatten(2)), stats
