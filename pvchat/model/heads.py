"""Mixture-of-Heads attention: dense multi-head attention whose heads are weighed token by token.

In: query tokens and, for cross-attention, context tokens, with masks. Out: attended tokens and `RoutingStats`.

The first heads are shared (always on), the rest are routed:

    s_i = 2 α1 (shared),  2 α2 · gate_i (routed),   [α1, α2] = softmax(W_h x),   gate = router(W_r x + b_r + z)

(PVChat, arXiv 2503.17069, Sec. 3; MoH, arXiv 2410.11842, eq. 4-6). With W_r = 0, b_r = 1, W_h = 0 and the factor 2
every s_i is exactly 1, so a fresh module IS dense attention, whichever router it uses: a pretrained one keeps its
output. The router reads the query tokens, never the keys. `z` is a person's own offset to the router logits.

Without gradients, heads that nobody uses aren't computed (`skip`): see `docs/adr/0010-remoh.md` for what that saves.

Legend: B batch, Q queries, K keys, H heads, R routed heads, D width, d width of one head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.errors import SettingsError

TINY = 1e-6  # guards a division by zero; below it a root mean square counts as zero
GATHER_QUERIES = 64  # from this many queries on, picking each head's own queries pays (ADR 0010)
GATHER_SHARE = 0.5  # … if at most this share of (query, routed head) pairs is active


@dataclass
class RoutingStats:
    """What the routers of one module did, for losses and plots; gradients flow through `logits` and `gates`.

    Attributes:
        logits: [B, Q, R] router logits, before the router's non-linearity.
        gates: [B, Q, R] non-negative; zero means that the head is off for this token.
        alphas: [B, Q, 2] weights of the shared and the routed branch, already times 2 (1 is neutral).
        mask: [B, Q] True for real tokens, or None when all are real.
        adaptive: True when the number of active heads is free (ReLU routers), False for top-k.
    """

    logits: Tensor
    gates: Tensor
    alphas: Tensor
    mask: Tensor | None = None
    adaptive: bool = True

    def active(self) -> Tensor:
        """[B, Q, R] bool: the head is on for the token."""
        return self.gates > 0

    def tokens(self, values: Tensor) -> Tensor:
        """The rows of `values` [B, Q, …] that belong to real tokens: [n, …]."""
        return values.flatten(0, 1) if self.mask is None else values[self.mask]

    def head_share(self) -> Tensor:
        """[R] share of the real tokens for which each routed head is on."""
        return self.tokens(self.active()).float().mean(0)

    def example_share(self) -> Tensor:
        """[B, R] the same for each example by itself; how much padding it got doesn't count."""
        real = torch.ones_like(self.gates[..., :1]) if self.mask is None else self.mask[..., None].to(self.gates.dtype)
        return (self.active() * real).sum(1) / real.sum(1)

    def active_share(self) -> Tensor:
        """Scalar: share of active (token, routed head) pairs."""
        return self.head_share().mean()


class Router(Protocol):
    """Turns router logits into gates; all-equal logits of 1 must give gates of exactly 1."""

    adaptive: bool

    def __call__(self, logits: Tensor) -> Tensor:
        """[…, R] logits to […, R] gates, non-negative, zero for heads that are off."""
        ...


class ReluRouter(nn.Module):
    """gate = ReLU(logit): any number of heads may be on (PVChat; ReMoE, arXiv 2412.14711)."""

    adaptive = True

    def forward(self, logits: Tensor) -> Tensor:
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
        chosen = F.relu(logits)
        mean_square = chosen.square().mean(-1, keepdim=True).clamp_min(TINY**2)
        return chosen * mean_square.rsqrt() * self.scale.abs()


ROUTERS: dict[str, Callable[[int, int], nn.Module]] = {
    "relu": lambda routed, k: ReluRouter(),
    "topk": lambda routed, k: TopKRouter(k),
    "relu_norm": lambda routed, k: ReluNormRouter(routed),
}


def make_router(name: str, routed: int, top_k: int) -> Router:
    """The router of that name.

    Args:
        name: a key of `ROUTERS`.
        routed: number of routed heads.
        top_k: heads that `topk` keeps; other routers ignore it.

    Raises:
        SettingsError: unknown name, or `top_k` outside 1..routed.
    """
    if name not in ROUTERS:
        raise SettingsError(f"unknown router '{name}'", hint=f"Use one of {', '.join(sorted(ROUTERS))}.")
    if not 1 <= top_k <= routed:
        raise SettingsError(f"top_k must lie in 1..{routed}, not {top_k}")
    return cast(Router, ROUTERS[name](routed, top_k))


class HeadMixer(nn.Module):
    """The weights s_i of all heads for every token; all exactly 1 at initialisation.

    Args:
        width: D of the tokens that it reads.
        heads: H, all heads.
        shared: how many of them, the first ones, are always on.
        router: a key of `ROUTERS`.
        top_k: for `topk`.
    """

    def __init__(self, width: int, heads: int, shared: int, *, router: str = "relu", top_k: int = 2) -> None:
        super().__init__()
        if not 0 <= shared < heads:
            raise SettingsError(f"shared heads must lie in 0..{heads - 1}, not {shared}")
        self.heads, self.shared, self.routed = heads, shared, heads - shared
        self.logit = nn.Linear(width, self.routed)
        self.alpha = nn.Linear(width, 2, bias=False)
        self.router = make_router(router, self.routed, min(top_k, self.routed))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """The dense start: W_r = 0, b_r = 1, W_h = 0."""
        nn.init.zeros_(self.logit.weight)
        nn.init.ones_(self.logit.bias)
        nn.init.zeros_(self.alpha.weight)

    def forward(self, x: Tensor, z: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, RoutingStats]:
        """Weigh the heads.

        Args:
            x: [B, Q, D] query tokens.
            z: [B, R] or [B, Q, R] offsets to the router logits, None for none.
            mask: [B, Q] True for real tokens (only passed on into the statistics).

        Returns:
            weights [B, Q, H] and the statistics, routing done in fp32.
        """
        logits = self.logit(x).float()
        if z is not None:
            logits = logits + (z[:, None] if z.dim() == 2 else z).float()
        alphas = 2 * self.alpha(x).float().softmax(-1)
        gates = self.router(logits)
        shared = alphas[..., :1].expand(*alphas.shape[:-1], self.shared)
        weights = torch.cat([shared, alphas[..., 1:] * gates], dim=-1).to(x.dtype)
        return weights, RoutingStats(logits, gates, alphas, mask, self.router.adaptive)


class MixtureOfHeadsAttention(nn.Module):
    """Multi-head attention with mixed heads; plain dense attention when every head is shared.

    Args:
        width: D of queries and output.
        heads: H.
        shared: heads that are always on; H (or None) makes the module dense, without a router.
        context_width: width of the context tokens, None for D.
        router: a key of `ROUTERS`.
        top_k: for `topk`.
        dropout: on attention probabilities, in training only.
        skip: "auto", "none", "heads" (leave out heads that no token of the batch uses) or "gather" (also compute a
            routed head only for the queries that use it). Skipping happens without gradients only.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        shared: int | None = None,
        *,
        context_width: int | None = None,
        router: str = "relu",
        top_k: int = 2,
        dropout: float = 0.0,
        skip: str = "auto",
    ) -> None:
        super().__init__()
        if width % heads:
            raise SettingsError(f"the width {width} must be a multiple of the number of heads {heads}")
        self.heads, self.head_width, self.dropout, self.skip = heads, width // heads, dropout, skip
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(context_width or width, width)
        self.value = nn.Linear(context_width or width, width)
        self.out = nn.Linear(width, width)
        dense = shared is None or shared == heads
        self.routed = 0 if dense else heads - cast(int, shared)
        self.mixer = None if dense else HeadMixer(width, heads, cast(int, shared), router=router, top_k=top_k)

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        bias: Tensor | None = None,
        causal: bool = False,
        z: Tensor | None = None,
        query_mask: Tensor | None = None,
    ) -> tuple[Tensor, RoutingStats | None]:
        """Attend.

        Args:
            x: [B, Q, D] query tokens.
            context: [B, K, C] tokens to look at, None for self-attention.
            mask: bool, True = may be looked at: [B, K] (padding) or [B, Q, K].
            bias: [B, Q, K] float added to the attention scores.
            causal: query i sees keys up to i (the last query sees all keys).
            z: [B, R] or [B, Q, R] offsets to the router logits.
            query_mask: [B, Q] True for real queries; only for the statistics.

        Returns:
            [B, Q, D] and the statistics (None for a dense module).
        """
        context = x if context is None else context
        allowed = attention_mask(x.shape[1], context.shape[1], mask=mask, bias=bias, causal=causal, device=x.device)
        if self.mixer is None:
            return self.out(_merge(self._attend(x, context, allowed, None))), None
        weights, stats = self.mixer(x, z, query_mask)
        plan = self._plan(weights)
        if plan == "none":
            heads = self._attend(x, context, allowed, None) * weights.transpose(1, 2)[..., None]
            return self.out(_merge(heads)), stats
        return self._attend_used(x, context, allowed, weights, gather=plan == "gather"), stats

    def _plan(self, weights: Tensor) -> str:
        """How to skip for these weights [B, Q, H]: "none", "heads" or "gather"."""
        if torch.is_grad_enabled() or self.skip == "none":
            return "none"
        if self.skip != "auto":
            return self.skip
        on = weights[..., self.heads - self.routed :] > 0
        if on.shape[1] >= GATHER_QUERIES and float(on.float().mean()) <= GATHER_SHARE:
            return "gather"
        return "none" if bool(on.flatten(0, 1).any(0).all()) else "heads"

    def _attend(self, x: Tensor, context: Tensor, allowed: Tensor | None, used: Tensor | None) -> Tensor:
        """Attention of all heads, or of the `used` ones [U]: [B, U, Q, d]."""
        q, k, v = self._project(x, context, used)
        return self._attention(q, k, v, allowed)

    def _attention(self, q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None) -> Tensor:
        """`F.scaled_dot_product_attention`, with dropout in training."""
        return F.scaled_dot_product_attention(
            q, k, v, attn_mask=_cast(allowed, q.dtype), dropout_p=self.dropout if self.training else 0.0
        )

    def _project(self, x: Tensor, context: Tensor, used: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries [B, U, Q, d], keys and values [B, U, K, d] of the `used` heads."""
        rows = None if used is None else self._rows(used)
        q, k, v = (_linear(m, t, rows) for m, t in ((self.query, x), (self.key, context), (self.value, context)))
        return _split(q, self.head_width), _split(k, self.head_width), _split(v, self.head_width)

    def _rows(self, used: Tensor) -> Tensor:
        """Rows of the projections that belong to the heads `used` [U]: [U · d]."""
        return (used[:, None] * self.head_width + torch.arange(self.head_width, device=used.device)).flatten()

    def _attend_used(self, x: Tensor, context: Tensor, allowed: Tensor | None, weights: Tensor, gather: bool) -> Tensor:
        """Output [B, Q, D] from the heads that at least one token uses."""
        used = (weights != 0).flatten(0, 1).any(0).nonzero()[:, 0]
        weights = weights[..., used].transpose(1, 2)  # [B, U, Q]
        q, k, v = self._project(x, context, used)
        if gather:
            always = int((used < self.heads - self.routed).sum())
            heads = [self._attention(q[:, :always], k[:, :always], v[:, :always], allowed)]
            for i in range(always, len(used)):
                heads.append(self._gathered(q[:, i], k[:, i], v[:, i], allowed, weights[:, i]))
            attended = torch.cat(heads, dim=1)
        else:
            attended = self._attention(q, k, v, allowed)
        merged = _merge(attended * weights[..., None])
        return F.linear(merged, self.out.weight[:, self._rows(used)], self.out.bias)

    def _gathered(self, q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None, weight: Tensor) -> Tensor:
        """One head [B, Q, d] over [B, K, d], computed only for the queries whose `weight` [B, Q] isn't zero."""
        on = weight != 0
        most = int(on.sum(1).max())  # examples with fewer are filled up with queries whose weight is zero
        picked = on.float().topk(most, dim=1).indices  # [B, most]
        index = picked[..., None].expand(-1, -1, q.shape[-1])
        if allowed is not None and allowed.shape[2] > 1:
            allowed = allowed.expand(q.shape[0], 1, -1, -1)
            allowed = allowed.gather(2, picked[:, None, :, None].expand(-1, 1, -1, allowed.shape[-1]))
        found = self._attention(q.gather(1, index)[:, None], k[:, None], v[:, None], allowed)[:, 0]
        return torch.zeros_like(q).scatter(1, index, found)[:, None]


def attention_mask(
    queries: int, keys: int, *, mask: Tensor | None, bias: Tensor | None, causal: bool, device: torch.device
) -> Tensor | None:
    """One mask for `F.scaled_dot_product_attention`: bool (True = look) or, with a bias, float; [B or 1, 1, Q or 1, K].

    Args:
        queries: Q.
        keys: K.
        mask: [B, K] or [B, Q, K] bool, or None.
        bias: [B, Q, K] float, or None.
        causal: the last query sees every key, each earlier one a key less.
        device: where a causal mask is made.
    """
    allowed = None if mask is None else (mask[:, None, None] if mask.dim() == 2 else mask[:, None])
    if causal:
        lower = torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)[None, None]
        allowed = lower if allowed is None else allowed & lower
    if bias is None:
        return allowed
    bias = bias[:, None]
    return bias if allowed is None else bias.masked_fill(~allowed, float("-inf"))


def _cast(allowed: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """A float mask in the queries' dtype, as scaled_dot_product_attention demands; bool masks stay."""
    return allowed if allowed is None or allowed.dtype == torch.bool else allowed.to(dtype)


def _linear(layer: nn.Linear, x: Tensor, rows: Tensor | None) -> Tensor:
    """The layer, or only some rows of its output."""
    return layer(x) if rows is None else F.linear(x, layer.weight[rows], layer.bias[rows])


def _split(x: Tensor, head_width: int) -> Tensor:
    """[B, N, H · d] to [B, H, N, d]."""
    return x.unflatten(-1, (-1, head_width)).transpose(1, 2)


def _merge(x: Tensor) -> Tensor:
    """[B, H, N, d] to [B, N, H · d]."""
    return x.transpose(1, 2).flatten(2)
