"""What a base is made of, before it is loaded: a `BaseSource` in, `Shape` out. Torch-free.

A preset's shape is known. A folder's comes from its config.json and the heads of its safetensors files, where tensors
are told apart by their names; what a config leaves out is taken as it usually is.

Legend: n patches of a frame (what the vision tower computes on), L tokens (what a frame becomes in a prompt).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pvchat.bases.sources import BaseSource

FRAME_TOKENS = 256  # of one frame where nothing is known
_MERGED = 4  # patches that become one token where the config doesn't say
_SEES = ("vision", "visual")  # in the names of a vision tower's tensors
_VOCABULARY = ("embed_tokens.weight", "lm_head.weight")  # ends of names


@dataclass(frozen=True)
class Shape:
    """A base's numbers.

    Attributes:
        parameters: of all of it; vision: of the vision tower.
        looked_up: of an embedding that nothing is multiplied with; words: of what scores the words (the embedding where
            they share it).
        layers, width, groups, head: decoder layers, their width, key-value heads, width of a head.
        vision_layers, vision_width: of the vision tower.
        patches: n of a frame; tokens: L of a frame.
    """

    parameters: int
    vision: int
    looked_up: int
    words: int
    layers: int
    width: int
    groups: int
    head: int
    vision_layers: int
    vision_width: int
    patches: int
    tokens: int

    @property
    def decoder(self) -> int:
        """Parameters that every token of a prompt is multiplied with; a word that is said needs `words` beside them."""
        return self.parameters - self.vision - self.looked_up - self.words


def shape_of(source: BaseSource) -> Shape | None:
    """The shape of a base; None where it can't be known without the hub."""
    if (preset := source.preset) is not None:
        return Shape(**preset.shape)
    counts = _counts(Path(source.path)) if source.local else {}
    if not counts:
        return None
    config = source.config
    text, sees = config.get("text_config") or config, config.get("vision_config") or {}
    heads, width = int(text.get("num_attention_heads", 16)), int(text.get("hidden_size", 2048))
    patches, tokens = _frame(config, sees)
    return Shape(
        **counts,
        layers=int(text.get("num_hidden_layers", 24)),
        width=width,
        groups=int(text.get("num_key_value_heads") or heads),
        head=int(text.get("head_dim") or width // heads),
        vision_layers=int(sees.get("num_hidden_layers") or sees.get("depth") or 12),
        vision_width=int(sees.get("hidden_size", 768)),
        patches=patches,
        tokens=tokens,
    )


def _frame(config: dict[str, Any], sees: dict[str, Any]) -> tuple[int, int]:
    """Patches and tokens of a frame; a tower without a fixed size (Qwen's) sees frames as they are."""
    merged = _merged(config, sees)
    side, patch = (_first(sees.get(key)) for key in ("image_size", "patch_size"))
    if not side or not patch:
        return FRAME_TOKENS * merged, FRAME_TOKENS
    patches = (side // patch) ** 2
    return patches, max(1, patches // merged)


def _merged(config: dict[str, Any], sees: dict[str, Any]) -> int:
    """Patches that become one token."""
    if scale := config.get("scale_factor") or sees.get("spatial_merge_size"):
        return int(scale) ** 2
    ratio = config.get("downsample_ratio")
    return round(1 / ratio**2) if ratio else _MERGED


def _first(value: Any) -> int:
    """A side that is written as a number or as one a direction."""
    return int(value[0] if isinstance(value, list) else value or 0)


def _counts(folder: Path) -> dict[str, int]:
    """Parameters in a folder's safetensors files by `Shape`'s names, read from their heads; empty without any."""
    found: dict[str, int] = {}
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            told: dict[str, Any] = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        found |= {name: math.prod(row["shape"]) for name, row in told.items() if name != "__metadata__"}
    if not found:
        return {}
    vision = sum(count for name, count in found.items() if any(word in name for word in _SEES))
    rows, head = (sum(count for name, count in found.items() if name.endswith(end)) for end in _VOCABULARY)
    return {
        "parameters": sum(found.values()),
        "vision": vision,
        "looked_up": rows if head else 0,
        "words": head or rows,
    }
