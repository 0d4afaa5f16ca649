"""The layers of dlib's face recognition network, in PyTorch: 29 layers, dnn_face_recognition_ex.cpp of dlib's examples.

Why not dlib itself, which is slower: docs/adr/0004-identity-network.md.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, pad
from torch.nn.utils import convert_conv2d_weight_memory_format

from pvchat.storage import tensorfile

WIDTH = 128
# (blocks, width, first block halves the side) from the image upwards: alevel4 … alevel0 of dlib's definition.
_STAGES = ((3, 32, False), (4, 64, True), (3, 128, True), (3, 256, True), (1, 256, True))
_MEAN = (122.782, 117.001, 104.298)  # dlib's input_rgb_image averages; it divides by 256


def trained(weights: Path) -> nn.Module:
    """The network with weights of our own (safetensors in half precision, by `recipes/faces/facefiles.py`)."""
    net = ResNet()
    arrays = tensorfile.unpack(weights.read_bytes())
    net.load_state_dict({name: torch.from_numpy(value).float() for name, value in arrays.items()})
    return convert_conv2d_weight_memory_format(net.eval().requires_grad_(False), torch.channels_last)


class _Block(nn.Module):
    """conv-affine-relu-conv-affine plus the input; a halving block average-pools the input and zero-extends it."""

    def __init__(self, width_in: int, width: int, halve: bool) -> None:
        super().__init__()
        stride, border = (2, 0) if halve else (1, 1)  # dlib pads only convolutions of stride 1
        self.conv1, self.conv2 = nn.Conv2d(width_in, width, 3, stride, border), nn.Conv2d(width, width, 3, 1, 1)
        self.halve = halve

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same, or to half the size and twice the channels."""
        y = self.conv2(self.conv1(x).relu())
        if self.halve:
            x = avg_pool2d(x, 2)
            height, width = max(x.shape[2], y.shape[2]), max(x.shape[3], y.shape[3])
            x, y = (pad(t, (0, width - t.shape[3], 0, height - t.shape[2], 0, y.shape[1] - t.shape[1])) for t in (x, y))
        return (x + y).relu()


class ResNet(nn.Module):
    """dlib's network with its affine layers folded into the convolutions."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, 2)
        blocks, width_in = [], 32
        for count, width, halve in _STAGES:
            for i in range(count):
                blocks.append(_Block(width_in, width, halve and i == 0))
                width_in = width
        self.blocks = nn.Sequential(*blocks)
        self.project = nn.Linear(width_in, WIDTH, bias=False)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Chips [B, 150, 150, 3] uint8 RGB to descriptors [B, 128]."""
        x = ((pixels.permute(0, 3, 1, 2).float() - self.mean) / 256.0).contiguous(memory_format=torch.channels_last)
        x = max_pool2d(self.stem(x).relu(), 3, 2)
        return self.project(self.blocks(x).mean((2, 3)))
