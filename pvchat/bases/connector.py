"""Our experts' tokens beside a base's own visual ones: identity, pose and hands, which a base sees badly.

Each expert has its mixture connector (MoCHA's MoEC, arXiv 2507.22805), tokens are joined across experts (HGA), the
question weighs the experts (MoVA's gate, arXiv 2404.13046, which is neutral at first), and at the first of the upper
layers the base's hidden states cross-attend to the result (as MoVA's adapter does) through a projection that starts at
zero: a fresh connector changes nothing, to the last bit.

Legend: B batch (1), L tokens of a prompt, N expert tokens, D width of the connector, W width of the base.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.bases.loading import Base
from pvchat.model.config import BODY_WIDTH, IDENTITY_WIDTH, POSE_WIDTH, ExpertConfig, ModelConfig
from pvchat.model.connectors import Connectors, QuestionGate
from pvchat.schemas import ClipAnalysis

EXPERTS = {"body": BODY_WIDTH, "face": IDENTITY_WIDTH, "pose": POSE_WIDTH}


@dataclass(frozen=True)
class ConnectorConfig:
    """A connector's sizes: D, heads of the cross-attention, what is hidden in the experts' connectors."""

    width: int = 256
    heads: int = 8
    hidden: int = 192

    def model(self) -> ModelConfig:
        """What `Connectors` are made from."""
        experts = {name: ExpertConfig(width) for name, width in EXPERTS.items()}
        return ModelConfig(name="connector", experts=experts, width=self.width, connector_hidden=self.hidden)


class BaseConnector(nn.Module):
    """The experts' tokens, and how a base of width W reads them."""

    def __init__(self, config: ConnectorConfig, base_width: int) -> None:
        super().__init__()
        self.config, sizes = config, config.model()
        self.connectors = Connectors(sizes)
        self.gate = QuestionGate(config.width, sizes.sentence_width, len(EXPERTS))
        self.norm = nn.LayerNorm(base_width)
        self.query = nn.Linear(base_width, config.width)
        self.read = nn.Linear(config.width, 2 * config.width)
        self.out = nn.Linear(config.width, base_width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.seen: tuple[Tensor, Tensor] | None = None  # keys and values [1, N, 2 D], mask [1, N]

    def look(self, analysis: ClipAnalysis, question: Tensor | None) -> None:
        """Take in a clip, and a question's sentence vector [1, S] or None, for the passes to come."""
        visual = self.connectors.look(analysis)
        tokens, _ = self.gate(visual, question)
        self.seen = (self.read(tokens), visual.mask) if bool(visual.mask.any()) else None

    def forward(self, hidden: Tensor) -> Tensor:
        """Hidden states [B, L, W] with what they read of the experts' tokens added."""
        if self.seen is None:
            return hidden
        tokens, mask = self.seen
        with torch.autocast(hidden.device.type, enabled=False):
            keys, values = (_split(part, self.config.heads) for part in tokens.float().chunk(2, -1))
            queries = _split(self.query(self.norm(hidden.float())), self.config.heads)
            read = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask[:, None, None])
            added = self.out(read.transpose(1, 2).flatten(2))
        return hidden + added.to(hidden.dtype)

    def before(self, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Before a layer: its hidden states with the experts' tokens read."""
        if args:
            return (self(args[0]), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": self(kwargs["hidden_states"])}


def attach(base: Base, config: ConnectorConfig) -> BaseConnector:
    """Give a base a fresh connector, which reads nothing until it looks at a clip."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = BaseConnector(config, base.width).to(base.device).eval()
    base.model.connector = made
    layers = base.decoder.layers
    layers[len(layers) // 2].register_forward_pre_hook(made.before, with_kwargs=True)
    return made


def connector_of(base: Base) -> BaseConnector | None:
    """The base's connector, None where it has none."""
    found: BaseConnector | None = getattr(base.model, "connector", None)
    return found


@contextmanager
def looking_at(base: Base, analysis: ClipAnalysis | None, question: Tensor | None = None) -> Iterator[None]:
    """The base with a clip's tokens in its connector, for prompts about it; unchanged where it has none."""
    connector = connector_of(base)
    if connector is None or analysis is None:
        yield
        return
    connector.look(analysis, question)
    try:
        yield
    finally:
        connector.seen = None


def _split(x: Tensor, heads: int) -> Tensor:
    """[B, N, D] to [B, heads, N, D / heads]."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)
