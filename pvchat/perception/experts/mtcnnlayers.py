"""The layers of MTCNN's three networks, in PyTorch: what is converted, and what runs on other devices than the CPU.

In: [B, 3, H, W] float32 RGB pixels, 0..255. Out: the probability of a face, box shifts and, from O-Net, five points.
Layer names are those of facenet-pytorch's weight files (`pvchat.assets.packages`, role "faces"). They were trained on
(pixel - 127.5) / 128, which the first layer's weights take over.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

Layers = dict[str, nn.Module]  # by the names in the weight files


class CascadeNet(nn.Module):
    """Layers one after the other, then heads side by side, of which the first tells a face from none."""

    def __init__(self, layers: Layers, heads: Layers) -> None:
        super().__init__()
        for name, layer in (layers | heads).items():
            self.add_module(name, layer)
        self._layers, self._heads = tuple(layers), tuple(heads)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Pixels to the probability of a face, and what the other heads say."""
        for name in self._layers:
            x = getattr(self, name)(x)
        score, *others = (getattr(self, name)(x) for name in self._heads)
        return score.softmax(1)[:, 1], *others


class _Flat(nn.Module):
    """Flattens as a column-major framework does, whose dense weights these are: width first, height, then channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 3, 2, 1).flatten(1)


def proposal() -> CascadeNet:
    """P-Net: scores [B, h, w] and box shifts [B, 4, h, w], a 12-pixel cell every 2 pixels."""
    layers = _conv(1, 3, 10) | _pool(1, 2) | _conv(2, 10, 16) | _conv(3, 16, 32)
    return CascadeNet(layers, {"conv4_1": nn.Conv2d(32, 2, 1), "conv4_2": nn.Conv2d(32, 4, 1)})


def refinement() -> CascadeNet:
    """R-Net on 24-pixel crops: scores [B], box shifts [B, 4]."""
    layers = _conv(1, 3, 28) | _pool(1, 3) | _conv(2, 28, 48) | _pool(2, 3) | _conv(3, 48, 64, 2) | _dense(4, 576, 128)
    return CascadeNet(layers, {f"dense5_{n}": nn.Linear(128, width) for n, width in enumerate((2, 4), 1)})


def output() -> CascadeNet:
    """O-Net on 48-pixel crops: scores [B], box shifts [B, 4], points [B, 10] (five x, then five y)."""
    layers = _conv(1, 3, 32) | _pool(1, 3) | _conv(2, 32, 64) | _pool(2, 3) | _conv(3, 64, 64) | _pool(3, 2)
    layers |= _conv(4, 64, 128, 2) | _dense(5, 1152, 256)
    return CascadeNet(layers, {f"dense6_{n}": nn.Linear(256, width) for n, width in enumerate((2, 4, 10), 1)})


NETS: dict[str, Callable[[], CascadeNet]] = {"pnet": proposal, "rnet": refinement, "onet": output}


def trained(name: str, weights: Path) -> CascadeNet:
    """One of `NETS` with the weights of its file."""
    net, state = NETS[name](), torch.load(weights, map_location="cpu", weights_only=True)
    kernel = state["conv1.weight"].double() / 128.0
    state["conv1.weight"] = kernel
    state["conv1.bias"] = state["conv1.bias"].double() - 127.5 * kernel.sum((1, 2, 3))
    net.load_state_dict(state)
    return net.eval().requires_grad_(False)


def _conv(number: int, ins: int, outs: int, side: int = 3) -> Layers:
    return {f"conv{number}": nn.Conv2d(ins, outs, side), f"prelu{number}": nn.PReLU(outs)}


def _pool(number: int, side: int) -> Layers:
    return {f"pool{number}": nn.MaxPool2d(side, 2, ceil_mode=True)}


def _dense(number: int, ins: int, outs: int) -> Layers:
    return {"flat": _Flat(), f"dense{number}": nn.Linear(ins, outs), f"prelu{number}": nn.PReLU(outs)}
