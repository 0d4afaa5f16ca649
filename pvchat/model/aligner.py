"""The aligner: an enrollment's features to 16 personal tokens and router offsets z, in one forward pass.

In: `PersonFeatures`. Out: tokens and z of each: what an instant enrollment has when the language model is to speak of
her (`describer.py`), and where training of a person on our model starts (`recipes/model/person`).

A small perceiver: learned queries cross-attend to the identity and body vectors of the sightings (arXiv 2103.03206, as
PLVM's aligner, arXiv 2412.17610, does for images). z starts at zero, so a fresh aligner leaves all heads as they are.

Legend: B people, n sightings, I personal tokens, D width, M routed modules, R routed heads.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from typing import Self

import torch
from torch import Tensor, nn

from pvchat.model.config import BODY_WIDTH, IDENTITY_WIDTH, ModelConfig
from pvchat.model.heads import Heads
from pvchat.model.qformer import INIT_STD, QFormerLayer


@dataclass
class PersonFeatures:
    """A batch of enrollments."""

    identity: Tensor  # [B, n, 128] L2-normalised face vectors
    identity_mask: Tensor  # [B, n] bool; all False for a figure without a face
    body: Tensor  # [B, n, 1280] pooled features of the person's region
    body_mask: Tensor  # [B, n] bool

    def __len__(self) -> int:
        return len(self.identity)

    def to(self, device: torch.device | str) -> Self:
        """The same on another device."""
        return type(self)(*(getattr(self, f.name).to(device) for f in fields(self)))


class Aligner(nn.Module):
    """Personal tokens and z from identity and body vectors."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.identity = nn.Linear(IDENTITY_WIDTH, config.width)
        self.body_in = nn.LayerNorm(BODY_WIDTH, elementwise_affine=False)
        self.body = nn.Linear(BODY_WIDTH, config.width)
        self.kind = nn.Parameter(torch.zeros(3, config.width))  # identity, body, and a token that is always there
        self.norm = nn.LayerNorm(config.width)
        self.queries = nn.Parameter(torch.zeros(config.personal_tokens, config.width))
        layer = partial(QFormerLayer, config.width, Heads(config.heads), config.ffn, context_width=config.width)
        self.layers = nn.ModuleList(layer(dropout=config.dropout) for _ in range(config.aligner_layers))
        self.z = nn.Linear(config.width, config.routed_modules * config.routed_heads) if config.routed_modules else None
        nn.init.normal_(self.kind, std=INIT_STD)
        nn.init.normal_(self.queries, std=INIT_STD)
        if self.z is not None:
            nn.init.zeros_(self.z.weight)
            nn.init.zeros_(self.z.bias)

    def forward(self, features: PersonFeatures) -> tuple[Tensor, Tensor]:
        """Tokens [B, I, D] and z [B, M, R] of each enrollment."""
        identity = self.identity(features.identity) * IDENTITY_WIDTH**0.5 + self.kind[0]
        body = self.body(self.body_in(features.body)) + self.kind[1]
        rest = self.kind[2].expand(len(features), 1, -1)  # a token that is always there
        mask = [features.identity_mask, features.body_mask, features.body_mask.new_ones(len(features), 1)]
        seen = self.norm(torch.cat([identity, body, rest], dim=1))
        x = self.queries.expand(len(seen), -1, -1)
        for layer in self.layers:
            x, _ = layer(x, seen, torch.cat(mask, dim=1))
        shape = (len(x), self.config.routed_modules, self.config.routed_heads)
        return x, x.new_zeros(shape) if self.z is None else self.z(x.mean(1)).view(shape)
