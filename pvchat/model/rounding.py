"""Matrices in 8 bits: a whole number an entry, and one scale a row."""

from __future__ import annotations

import torch
from torch import Tensor


def rounded(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rows [T, K] as int8 with a scale [T, 1] each: x is nearly their product."""
    scale = x.abs().amax(1, keepdim=True).clamp_min_(1e-12).div_(127)
    return (x * scale.reciprocal()).round_().to(torch.int8), scale
