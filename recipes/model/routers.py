"""Other routers of mixed heads than the one that ships, for ablations: on no set did one of them win (ADR 0057).

Whoever imports this can name them in a configuration (`ModelConfig.router`); `recipes.model.made` does.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model.heads import ROUTERS

TINY = 1e-6  # guards a division by zero; below it a root mean square counts as zero


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


ROUTERS["topk"] = lambda routed, k: TopKRouter(k)
ROUTERS["relu_norm"] = lambda routed, k: ReluNormRouter(routed)
