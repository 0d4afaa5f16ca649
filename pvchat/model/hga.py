"""HGA, the hierarchical group attention of MoCHA (arXiv 2507.22805, hga.py): a graph without parameters over tokens.

What it does, as MoCHA's code has it and ours: each token gets the weighted mean of its most alike tokens, and a gate
g = σ(10 (mean |x - mean| - 0.2)) says how much of the token is replaced by it. The gate opens with the difference: a
token that differs from its neighbours becomes their mean, a near-duplicate of them stays what it is. So it smooths what
stands out; it does not merge duplicates, as the name of a redundancy filter may suggest. With tokens normalised to a
variance of 1, as ours are, most differ by far more than 0.2 and are nearly wholly replaced (docs/adr/0011-connectors.md
has the measured share).

MoCHA multiplies the cosine by exp(1 / mean norm). That is one number for all pairs of a clip: it moves no neighbour's
rank, and min-max scaling takes it out again. So it is left out.

Legend: B batch, N tokens, D width.
"""

from __future__ import annotations

import torch
from torch import Tensor

NEIGHBOURS, SAME_GROUP = 20, 0.7  # neighbours of a token, share of them from its own expert
SHARPNESS, DIFFERENCE = 10.0, 0.2  # of the gate


def group_aggregate(x: Tensor, group: Tensor, mask: Tensor) -> Tensor:
    """Every token drawn to the mean of its nearest neighbours, the more the farther it is from it.

    14 neighbours of the token's own expert and 6 of others; edge weights min-max scaled over the clip and made
    symmetric. A token without neighbours stays as it is.

    Args:
        x: [B, N, D].
        group: [N] the expert of each token.
        mask: [B, N] True for real tokens; others neither give nor take.

    Returns:
        [B, N, D].
    """
    edges = _edges(_cosine(x), group, mask)
    total = edges.sum(-1, keepdim=True)
    mean = torch.where(total > 0, edges @ x / total.clamp_min(1e-6), x)
    gate = torch.sigmoid(SHARPNESS * ((x - mean).abs().mean(-1, keepdim=True) - DIFFERENCE))
    return (1 - gate) * x + gate * mean


def _cosine(x: Tensor) -> Tensor:
    """Of all pairs [B, N, N]."""
    unit = x / x.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    return unit @ unit.transpose(1, 2)


def _edges(affinity: Tensor, group: Tensor, mask: Tensor) -> Tensor:
    """Symmetric min-max weights [B, N, N] of the chosen neighbours, 0 elsewhere."""
    tokens = affinity.shape[-1]
    other = ~torch.eye(tokens, dtype=torch.bool, device=mask.device) & mask[:, None] & mask[:, :, None]
    same = (group[:, None] == group)[None]
    near = round(NEIGHBOURS * SAME_GROUP)
    edge = _nearest(affinity, other & same, near) | _nearest(affinity, other & ~same, NEIGHBOURS - near)
    low = affinity.masked_fill(~edge, float("inf")).amin((1, 2), keepdim=True)
    high = affinity.masked_fill(~edge, float("-inf")).amax((1, 2), keepdim=True)
    scaled = (affinity - low) / (high - low).clamp_min(1e-6)
    weight = torch.where(edge, scaled, torch.zeros_like(scaled))
    return (weight + weight.transpose(1, 2)) / 2


def _nearest(affinity: Tensor, allowed: Tensor, count: int) -> Tensor:
    """Bool [B, N, N]: the `count` allowed tokens of highest affinity for each token."""
    score = affinity.detach().masked_fill(~allowed, float("-inf"))
    chosen = score.topk(min(count, score.shape[-1]), dim=-1).indices
    return (torch.zeros_like(score).scatter(-1, chosen, 1.0) > 0) & allowed
