"""dlib's published face recognition network, which our own was trained from, read from its own serialisation.

In: the .dat file (CC0; `faceteachers.TEACHERS`). Out: the network in PyTorch. dlib's own inference is several times
slower and can't be batched or moved to a GPU (docs/adr/0004-identity-network.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pvchat.perception.experts.identitylayers import WIDTH, ResNet


def descriptor(weights: Path) -> nn.Module:
    """The network with the weights of a .dat file.

    Raises:
        ValueError: the file is cut, or another network's.
    """
    net = ResNet()
    _fill(net, weights.read_bytes())
    return net.eval().requires_grad_(False)


def _convolutions(net: ResNet) -> Iterator[nn.Conv2d]:
    for module in net.modules():  # in the order they were made, which is dlib's
        if isinstance(module, nn.Conv2d):
            yield module


@torch.no_grad()
def _fill(net: ResNet, data: bytes) -> None:
    """Copy dlib's tensors into the network; each affine layer (gamma, beta) goes into the convolution before it."""
    position = 0
    for conv in _convolutions(net):
        width, size = conv.out_channels, conv.weight.numel()
        values, position = _tensor(data, (size + width, 1, 1, 1), position)
        affine, position = _tensor(data, (2 * width, 1, 1, 1), position)
        gamma, beta = affine[:width], affine[width:]
        conv.weight.copy_(values[:size].view_as(conv.weight) * gamma.view(-1, 1, 1, 1))
        assert conv.bias is not None
        conv.bias.copy_(values[size:] * gamma + beta)
    values, position = _tensor(data, (net.project.in_features, WIDTH, 1, 1), position)
    net.project.weight.copy_(values.view(net.project.in_features, WIDTH).T)


def _tensor(data: bytes, shape: tuple[int, int, int, int], start: int) -> tuple[Tensor, int]:
    """The next serialised tensor of that shape: its float32 values and the position after it.

    dlib writes version 2, then samples, k, rows and columns (each a byte count and that many little-endian bytes), then
    the values. Between the tensors lie layer settings of varying length, so the header is searched for.
    """
    header = b"".join(_integer(n) for n in (2, *shape))
    found = data.find(header, start)
    if found < 0:
        raise ValueError(f"no tensor of shape {shape} in dlib's file after byte {start}")
    count = int(np.prod(shape))
    values = np.frombuffer(data, "<f4", count, found + len(header))
    return torch.from_numpy(values.copy()), found + len(header) + 4 * count


def _integer(value: int) -> bytes:
    body = value.to_bytes((value.bit_length() + 7) // 8, "little")
    return bytes([len(body)]) + body
