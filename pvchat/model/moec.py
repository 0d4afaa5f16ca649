"""MoEC: one mixture of small MLPs for each vision expert (MoCHA, arXiv 2507.22805): top-2 of 4, softmax renormalised.

Legend: n tokens, W width of an expert, D model width, E MLPs.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class MixtureConnector(nn.Module):
    """MoEC: each token goes through its `top_k` best of E small MLPs from W to D; one makes it a plain MLP."""

    def __init__(self, in_width: int, hidden: int, width: int, *, experts: int = 4, top_k: int = 2) -> None:
        super().__init__()
        self.width, self.top_k = width, min(top_k, experts)
        self.norm = nn.LayerNorm(in_width, elementwise_affine=False)
        self.gate = nn.Linear(in_width, experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(in_width, hidden), nn.GELU(), nn.Linear(hidden, width)) for _ in range(experts)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Map real tokens [n, W] to [n, D]; also "balance" (E · Σ density · probability) and "z" (router z-loss)."""
        x = self.norm(x)
        logits = self.gate(x).float()
        probability = logits.softmax(-1)
        weight, chosen = probability.topk(self.top_k, dim=-1)
        weight = (weight / weight.sum(-1, keepdim=True)).to(x.dtype)
        out = x.new_zeros(x.shape[0], self.width)  # not len(x), which a trace would take for a constant
        for i, expert in enumerate(self.experts):
            token, place = (chosen == i).nonzero(as_tuple=True)
            out = out.index_add(0, token, expert(x[token]) * weight[token, place, None])
        return out, self._losses(logits, probability, chosen)

    def _losses(self, logits: Tensor, probability: Tensor, chosen: Tensor) -> dict[str, Tensor]:
        """MoCHA's balance loss and the router z-loss (ST-MoE, arXiv 2202.08906, eq. 5)."""
        if not len(logits):
            return {"balance": logits.sum(), "z": logits.sum()}
        density = F.one_hot(chosen, probability.shape[1]).float().sum(1).mean(0) / self.top_k
        balance = probability.shape[1] * (density * probability.mean(0)).sum()
        return {"balance": balance, "z": logits.logsumexp(-1).square().mean()}
