"""What a model is made of, as frozen dataclasses that check themselves; read from and written to JSON. Torch-free.

Every folder in `pretrained/` is a preset: a model that ships. What is trained from is in `recipes/model/presets/`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pvchat.errors import SettingsError, WeightsError

CONFIG, WEIGHTS = "config.json", "model.safetensors"  # a model's folder
ANSWERING = "answering.safetensors"  # adapters and projectors for answering, beside a model that they fit
ANOTHER_VERSION = "A model of another version of PVChat has to be trained again."
PRETRAINED = Path(__file__).parent / "pretrained"
IDENTITY_WIDTH = 128  # of a face vector (`perception/experts/identity.py`)
BODY_WIDTH = 1280  # EfficientNet-Lite0, pooled
POSE_WIDTH = 222  # `cliptokens.pose_vector`


@dataclass(frozen=True)
class ExpertConfig:
    """One frozen expert's tokens, as the connectors see them; they come with every `ClipAnalysis`."""

    width: int  # of its tokens


@dataclass(frozen=True)
class LoraConfig:
    """Low-rank adapters on the language model (peft); rank 0 switches them off."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")


@dataclass(frozen=True)
class ModelConfig:
    """One model, whole. Field defaults are those of the `embedded` preset."""

    name: str = "embedded"
    # experts and connectors
    experts: dict[str, ExpertConfig] = field(default_factory=dict)
    connector_hidden: int = 192
    moec: bool = True  # False: one MLP an expert in the place of four with a router
    hga: bool = True
    mova: bool = True
    frame_segments: int = 4  # a clip's frames are averaged within so many stretches of time
    track_segments: int = 2
    max_tracks: int = 8
    # Q-Former
    width: int = 384
    heads: int = 12
    shared_heads: int = 8  # equal to heads: dense attention everywhere
    router: str = "relu"
    top_k: int = 2
    layers: int = 6
    moh_from: int = 3  # the first layer with mixed heads
    cross_every: int = 2  # layers cross_every-1, 2·cross_every-1, … look at the visual tokens
    ffn: int = 768
    queries: int = 32
    personal_tokens: int = 16
    dropout: float = 0.1
    sentence_width: int = 384  # MiniLM
    aligner_layers: int = 2
    # language model
    llm: str = "embedded"  # "embedded", "none", a local folder or a hub id
    lora: LoraConfig = field(default_factory=LoraConfig)
    system: str = "You describe videos."
    max_length: int = 512  # tokens of one prompt with its answer

    def __post_init__(self) -> None:
        if not self.experts:
            raise SettingsError("a model needs at least one expert", subject=self.name)
        if not 0 < self.shared_heads <= self.heads:
            raise SettingsError(f"shared_heads must lie in 1..{self.heads}, not {self.shared_heads}", subject=self.name)

    @property
    def has_cross(self) -> list[bool]:
        """For each layer: does it look at the visual tokens?"""
        return [(i + 1) % self.cross_every == 0 for i in range(self.layers)]

    @property
    def routed_modules(self) -> int:
        """M: attention modules with mixed heads, self and cross."""
        if self.shared_heads == self.heads:
            return 0
        return sum(1 + cross for i, cross in enumerate(self.has_cross) if i >= self.moh_from)

    @property
    def routed_heads(self) -> int:
        """R: routed heads of one such module."""
        return self.heads - self.shared_heads

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> ModelConfig:
        """The configuration in a JSON object; raises SettingsError for a key that doesn't exist."""
        try:
            experts = {name: ExpertConfig(**expert) for name, expert in row.get("experts", {}).items()}
            lora = LoraConfig(**row.get("lora", {}))
            return cls(**{**row, "experts": experts, "lora": replace(lora, targets=tuple(lora.targets))})
        except TypeError as error:
            raise SettingsError(f"configuration: {error}", subject=row.get("name", ""), hint=ANOTHER_VERSION) from error


def read_config(folder: Path) -> ModelConfig:
    """The configuration in a model's folder; raises WeightsError where it is unreadable."""
    try:
        return ModelConfig.from_dict(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError) as error:
        raise WeightsError("no readable model here", subject=str(folder), hint=f"Expected {CONFIG}.") from error


def list_models() -> list[str]:
    """Names of all presets, sorted."""
    return sorted(path.parent.name for path in PRETRAINED.glob(f"*/{CONFIG}"))


def pretrained_folder(name: str) -> Path | None:
    """Where a preset's shipped weights lie, None when it has none."""
    folder = PRETRAINED / name
    return folder if (folder / WEIGHTS).is_file() else None
