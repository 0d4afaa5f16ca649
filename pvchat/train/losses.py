"""Losses on routing, each one function with a gradient; and how well yes and no are told apart.

In: `RoutingStats` of all routed modules of one forward pass. Out: scalar tensors.

Smooth proximity regularisation (SPR) and head activation enhancement (HAE) are PVChat's (arXiv 2503.17069, Sec. 3). The
authors' HAE is a constant as far as autograd can see; ours passes the gradient of σ(10 · logit) straight through the
hard share, and shares are pooled over modules. The weight β of SPR is one buffer for all modules, saved in checkpoints;
it moves in training mode only.

Legend: B batch, Q queries, R routed heads, E experts, S active share, R_s = 1 - S real sparsity, T_s its target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from pvchat.errors import SettingsError
from pvchat.model.heads import RoutingStats

BETA_START = 1e-8  # PVChat code and ReMoE
BETA_MIN, BETA_MAX = 1e-15, 10.0  # PVChat code
RATE = 0.8  # k of PVChat; its later code uses 0.1
HAE_WEIGHT = 0.5  # PVChat code
STEEPNESS = 10.0  # of the sigmoid that stands in for "active" in the backward pass
MODES = ("none", "spr", "both")


def active_share(stats: Sequence[RoutingStats]) -> Tensor:
    """S, the share of active (token, head) pairs pooled over modules; no gradient. 1 when nothing is routed."""
    pooled = _pooled(stats, lambda s: s.tokens(s.active()).float())
    return pooled.mean().detach() if len(pooled) else torch.ones(())


def spr_loss(stats: Sequence[RoutingStats], beta: Tensor | float) -> Tensor:
    """β · mean_i f_i · g_i over all routed heads of all modules.

    f_i is the share of tokens with head i on (no gradient), g_i its mean gate: ReMoE's load-balanced form of the
    paper's L1 norm, as in the authors' code, which sums over heads and modules where this takes the mean.
    """
    terms = [s.head_share().detach() * s.tokens(s.gates).mean(0) for s in stats if s.adaptive]
    return beta * torch.cat(terms).mean() if terms else torch.zeros(())


def hae_loss(stats: Sequence[RoutingStats], target: float = 0.5) -> Tensor:
    """Give w · (exp(2 (R_s - T_s)) - 1) when R_s > T_s, else 0: pushes heads on again when too many went off.

    Forward the share is the hard one, backward the mean of σ(`STEEPNESS` · logit).
    """
    stats = [s for s in stats if s.adaptive]
    if not stats:
        return torch.zeros(())
    soft = _pooled(stats, lambda s: torch.sigmoid(STEEPNESS * s.tokens(s.logits))).mean()
    excess = (1 - (active_share(stats) + (soft - soft.detach()))) - target
    return HAE_WEIGHT * torch.expm1(2 * excess) if float(excess.detach()) > 0 else excess * 0.0


class SparsityController(nn.Module):
    """SPR and HAE with their one β, for all routed modules of a model; the mode is one of `MODES`, `target` T_s.

    Call it on the statistics of every forward pass and add the result to the loss; call `step()` once after each
    optimiser step. Shares of the micro-batches in between are averaged. In evaluation mode nothing moves.
    """

    beta: Tensor

    def __init__(self, mode: str = "both", *, target: float = 0.5, beta: float = BETA_START) -> None:
        super().__init__()
        if mode not in MODES:
            raise SettingsError(f"unknown sparsity mode '{mode}'", hint=f"Use one of {', '.join(MODES)}.")
        if not 0 <= target <= 1:
            raise SettingsError(f"the target sparsity is a share of the routed heads: 0 to 1, not {target}")
        self.mode, self.target = mode, target
        self.register_buffer("beta", torch.tensor(beta, dtype=torch.float32))
        self._shares: list[Tensor] = []

    def forward(self, stats: Sequence[RoutingStats]) -> dict[str, Tensor]:
        """The losses to add, by name ("spr", "hae"); empty in mode "none" or when nothing is routed."""
        stats = [s for s in stats if s.adaptive]
        if self.mode == "none" or not stats:
            return {}
        if self.training:
            self._shares.append(active_share(stats))
        losses = {"spr": spr_loss(stats, self.beta.to(stats[0].gates.dtype))}
        if self.mode == "both":
            losses["hae"] = hae_loss(stats, self.target)
        return losses

    @torch.no_grad()
    def step(self) -> None:
        """Move β by the active share seen since the last step, by PVChat's rule: β · exp(k (T_s - R_s)), clamped."""
        if self.training and self._shares:
            sparsity = 1 - torch.stack(self._shares).mean()
            grown = self.beta * torch.exp(RATE * (self.target - sparsity.to(self.beta)))
            self.beta.copy_(grown.clamp(BETA_MIN, BETA_MAX))
        self._shares.clear()


def balanced_accuracy(odds: Sequence[float], truth: Sequence[bool]) -> tuple[float, float]:
    """Mean of the share of right yes and of right no, by log-odds of yes; and the mean loss of both sides' answers.

    A side without answers doesn't count; without any the accuracy is chance, the loss 0.
    """
    right = np.where(truth, odds, np.negative(odds))  # log-odds of the right answer
    shares = [float(np.mean(right[np.equal(truth, side)] > 0)) for side in (True, False) if side in truth]
    return float(np.mean(shares or [0.5])), float(np.logaddexp(0, -right).mean()) if len(right) else 0.0


def _pooled(stats: Sequence[RoutingStats], values: Callable[[RoutingStats], Tensor]) -> Tensor:
    """`values(s)` of all modules in one row."""
    return torch.cat([values(s).flatten() for s in stats]) if stats else torch.zeros(0)
