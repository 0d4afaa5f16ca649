"""Towers of hub models as experts of the connectors, behind one protocol: images in, tokens out.

The tokens of the embedded experts come with every `ClipAnalysis` ("frame", "body", "face", "pose": `features.py`).
CLIP, SigLIP and ConvNeXt are loaded here by open_clip, DINOv2 by transformers, from the hub or from a local folder in
the hub's layout; their width is read from the model. They stay frozen and in evaluation mode. `features.scene_tokens`
makes a clip's tokens of what they give.

Legend: B images, N tokens, W width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from pvchat.errors import SettingsError
from pvchat.model.config import ExpertConfig, ModelConfig

Images = NDArray[np.uint8]
POOL, STRIDE = 3, 3  # MoCHA averages ConvNeXt's map with kernel 3, stride 3
BATCH = 8


class Tower(Protocol):
    """A frozen model of whole images.

    Attributes:
        name: key in `ModelConfig.experts`.
        width: W of its tokens.
    """

    name: str
    width: int

    def tokens(self, images: Images | Sequence[Images]) -> NDArray[np.float32]:
        """[B, H, W, 3] uint8 RGB to [B, N, W] tokens, row-major."""
        ...


class OpenClipTower:
    """The image tower of an open_clip model: CLIP or SigLIP (patch tokens) or ConvNeXt (its last map, pooled 3 by 3).

    Args:
        name: key in the configuration.
        model: an architecture of open_clip, "hf-hub:owner/name", or a folder with open_clip_config.json and weights.
        pretrained: weights' tag or file for an architecture name.
        device: where it runs.
    """

    def __init__(self, name: str, model: str, pretrained: str = "", device: str = "cpu") -> None:
        open_clip = _open_clip()
        source = f"local-dir:{Path(model).expanduser()}" if Path(model).expanduser().is_dir() else model
        loaded, preprocess = _load(
            model, lambda: open_clip.create_model_from_pretrained(source, pretrained=pretrained or None)
        )
        self.name, self.device, self._preprocess = name, device, preprocess
        self._tower = loaded.visual.to(device).eval().requires_grad_(False)
        self.width = self.tokens(np.zeros((1, 32, 32, 3), np.uint8)).shape[-1]

    @torch.inference_mode()
    def tokens(self, images: Images | Sequence[Images]) -> NDArray[np.float32]:
        """[B, N, W], the class token left out."""
        from PIL import Image

        rows = []
        for start in range(0, len(images), BATCH):
            pixels = torch.stack([self._preprocess(Image.fromarray(i)) for i in images[start : start + BATCH]])
            rows.append(_tower_tokens(self._tower, pixels.to(self.device)).float().cpu())
        return torch.cat(rows).numpy()


class TransformersTower:
    """A vision model of transformers, such as DINOv2: patch tokens of its last layer.

    Args:
        name: key in the configuration.
        model: hub id or a folder in the hub's layout.
        device: where it runs.
    """

    def __init__(self, name: str, model: str, device: str = "cpu") -> None:
        from transformers import AutoImageProcessor, AutoModel

        path = str(Path(model).expanduser()) if Path(model).expanduser().is_dir() else model
        self.name, self.device = name, device
        self._processor = _load(model, lambda: AutoImageProcessor.from_pretrained(path))
        self._model = _load(model, lambda: AutoModel.from_pretrained(path)).to(device).eval().requires_grad_(False)
        self.width = int(self._model.config.hidden_size)
        # DINOv2 puts a class token first, its later versions some registers after it
        self._skip = 1 + int(getattr(self._model.config, "num_register_tokens", 0) or 0)

    @torch.inference_mode()
    def tokens(self, images: Images | Sequence[Images]) -> NDArray[np.float32]:
        """[B, N, W], class and register tokens left out."""
        rows = []
        for start in range(0, len(images), BATCH):
            batch = self._processor(images=list(images[start : start + BATCH]), return_tensors="pt").to(self.device)
            rows.append(self._model(**batch).last_hidden_state[:, self._skip :].float().cpu())
        return torch.cat(rows).numpy()


def load_tower(name: str, config: ExpertConfig, device: str = "cpu") -> Tower:
    """The hub tower of that configuration.

    Raises:
        SettingsError: it can't be loaded, or its width isn't the configured one.
    """
    if config.source == "open_clip":
        tower: Tower = OpenClipTower(name, config.model, config.pretrained, device)
    elif config.source == "transformers":
        tower = TransformersTower(name, config.model, device)
    else:
        raise SettingsError(f"expert '{name}' comes with the clip's analysis; there is nothing to load")
    if config.width not in (0, tower.width):
        raise SettingsError(f"expert '{name}' gives tokens of width {tower.width}, not {config.width}")
    return tower


def load_towers(config: ModelConfig, device: str = "cpu") -> dict[str, Tower]:
    """All hub towers of a model by the name of their expert; empty for `tiny` and `embedded`."""
    return {n: load_tower(n, e, device) for n, e in config.experts.items() if e.source != "analysis"}


def with_widths(config: ModelConfig, towers: Mapping[str, Tower]) -> ModelConfig:
    """The configuration with widths of 0 read from the loaded towers."""
    missing = [n for n, e in config.experts.items() if e.width == 0 and n not in towers]
    if missing:
        raise SettingsError(f"the width of expert '{missing[0]}' is not known", subject=config.name)
    filled = {n: replace(e, width=e.width or towers[n].width) for n, e in config.experts.items()}
    return replace(config, experts=filled)


def _open_clip() -> Any:
    try:
        import open_clip
    except ImportError as error:
        raise SettingsError("this expert needs open_clip.", hint="Install it: pip install 'pvchat[hub]'.") from error
    return open_clip


def _load(subject: str, build: Any) -> Any:
    """Run a loader; what goes wrong in it becomes a SettingsError that names the model."""
    try:
        return build()
    except (OSError, ValueError, RuntimeError) as error:
        raise SettingsError(
            f"the expert can't be loaded: {error}",
            subject=subject,
            hint="Give a folder in the hub's layout or a hub id that this machine can reach.",
        ) from error


def _tower_tokens(tower: Any, pixels: Tensor) -> Tensor:
    """Patch tokens [B, N, W] of open_clip's own ViT, or of a timm trunk (SigLIP, ConvNeXt)."""
    trunk = getattr(tower, "trunk", None)
    if trunk is not None:
        out = trunk.forward_features(pixels)
        if out.dim() == 4:  # [B, W, h, w] of a convolutional trunk
            pooled = F.avg_pool2d(out, POOL, STRIDE) if min(out.shape[2:]) >= POOL else out
            return pooled.flatten(2).transpose(1, 2)
        return out[:, getattr(trunk, "num_prefix_tokens", 0) :]
    if not hasattr(tower, "output_tokens"):
        raise SettingsError(f"open_clip tower {type(tower).__name__} gives no patch tokens")
    tower.output_tokens = True
    return tower(pixels)[1]
