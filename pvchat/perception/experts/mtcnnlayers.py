"""The layers of MTCNN's three networks, in PyTorch: what is converted, and what runs where there is no other runtime.

In: [B, 3, H, W] float32 RGB pixels, 0..255. Out: the probability of a face, box shifts and, from O-Net, five points.
Layer names are those of facenet-pytorch's weight files (`pvchat.assets.packages`, role "faces"); only the files are
used, because the package itself pins an old torch. They were trained on (pixel - 127.5) / 128, which the first layer's
weights take over: reckoned for itself it was a fifth of P-Net's time.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn


def proposal(weights: Path) -> nn.Module:
    """P-Net: scores [B, h, w] and box shifts [B, 4, h, w], a cell every 2 pixels."""
    return _filled(ProposalNet(), weights)


def refinement(weights: Path) -> nn.Module:
    """R-Net on 24-pixel crops: scores [B], box shifts [B, 4]."""
    return _filled(RefinementNet(), weights)


def output(weights: Path) -> nn.Module:
    """O-Net on 48-pixel crops: scores [B], box shifts [B, 4], points [B, 10] (five x, then five y)."""
    return _filled(OutputNet(), weights)


class ProposalNet(nn.Module):
    """P-Net: fully convolutional, a 12-pixel cell every 2 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.pool1 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures [B, 3, H, W], 0..255, to face probabilities and box offsets of a grid of cells."""
        x = self.pool1(self.prelu1(self.conv1(pixels)))
        x = self.prelu3(self.conv3(self.prelu2(self.conv2(x))))
        return self.conv4_1(x).softmax(1)[:, 1], self.conv4_2(x)


class RefinementNet(nn.Module):
    """R-Net: 24-pixel crops."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 28, 3), nn.PReLU(28)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(28, 48, 3), nn.PReLU(48)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3, self.prelu3 = nn.Conv2d(48, 64, 2), nn.PReLU(64)
        self.dense4, self.prelu4 = nn.Linear(576, 128), nn.PReLU(128)
        self.dense5_1, self.dense5_2 = nn.Linear(128, 2), nn.Linear(128, 4)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Crops [B, 3, 24, 24], 0..255, to face probabilities and box offsets [B, 4]."""
        x = self.pool1(self.prelu1(self.conv1(pixels)))
        x = self.pool2(self.prelu2(self.conv2(x)))
        x = self.prelu4(self.dense4(_flatten(self.prelu3(self.conv3(x)))))
        return self.dense5_1(x).softmax(1)[:, 1], self.dense5_2(x)


class OutputNet(nn.Module):
    """O-Net: 48-pixel crops."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.pool3 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)
        self.dense5, self.prelu5 = nn.Linear(1152, 256), nn.PReLU(256)
        self.dense6_1, self.dense6_2, self.dense6_3 = nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Crops [B, 3, 48, 48], 0..255, to face probabilities, box offsets [B, 4] and points [B, 10]."""
        x = self.pool1(self.prelu1(self.conv1(pixels)))
        x = self.pool2(self.prelu2(self.conv2(x)))
        x = self.pool3(self.prelu3(self.conv3(x)))
        x = self.prelu5(self.dense5(_flatten(self.prelu4(self.conv4(x)))))
        return self.dense6_1(x).softmax(1)[:, 1], self.dense6_2(x), self.dense6_3(x)


def _flatten(x: Tensor) -> Tensor:
    # The dense weights were converted from a column-major framework: width first, then height, then channel.
    return x.permute(0, 3, 2, 1).flatten(1)


def _filled(net: nn.Module, weights: Path) -> nn.Module:
    state = torch.load(weights, map_location="cpu", weights_only=True)
    kernel = state["conv1.weight"].double() / 128.0
    state["conv1.weight"] = kernel
    state["conv1.bias"] = state["conv1.bias"].double() - 127.5 * kernel.sum((1, 2, 3))
    net.load_state_dict(state)
    return net.eval().requires_grad_(False)
