"""Connectors: every expert's tokens brought to one width and merged across experts.

In: `ClipFeatures`. Out: `VisualTokens`, once a clip: MoEC (`moec.py`), places in time, frame and track, HGA (`hga.py`).
MoVA's gate (`mova.py`) weighs them for one question afterwards.

Legend: B batch, N tokens, D model width.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pvchat.model.cliptokens import SCENE
from pvchat.model.config import ModelConfig
from pvchat.model.features import ClipFeatures, ExpertTokens
from pvchat.model.hga import group_aggregate
from pvchat.model.moec import MixtureConnector
from pvchat.model.visual import VisualTokens

CONTEXT = 0.02  # spread of place, track and kind weights at the start (BERT's initializer_range)
OCTAVES = 6  # of the Fourier features of a token's place


class Connectors(nn.Module):
    """All experts' connectors, their places in time, frame and track, and HGA over the whole.

    Args:
        config: sizes.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        mixed = {} if config.moec else {"experts": 1}
        self.names, self.hga, self.max_tracks = list(config.experts), config.hga, config.max_tracks
        self.connectors = nn.ModuleDict(
            {
                name: MixtureConnector(e.width, config.connector_hidden, config.width, **mixed)
                for name, e in config.experts.items()
            }
        )
        self.place = nn.Linear(5 * 2 * OCTAVES, config.width)
        self.track = nn.Embedding(config.max_tracks + 1, config.width)
        self.kind = nn.Embedding(len(self.names), config.width)
        self.norm = nn.LayerNorm(config.width, elementwise_affine=False)
        self._quieten()

    def forward(self, features: ClipFeatures) -> VisualTokens:
        """Tokens [B, N, D] of all experts; experts that the batch lacks are left out."""
        parts, numbers, aux = [], [], []
        present = [(i, name) for i, name in enumerate(self.names) if name in features.experts]
        for i, name in present:
            expert = features.experts[name]
            tokens, losses = self._connect(name, expert)
            parts.append(self.placed(i, tokens, expert))
            numbers.append(torch.full((tokens.shape[1],), i, device=tokens.device))
            aux.append(losses)
        chosen = [features.experts[name] for _, name in present]
        mask = torch.cat([e.mask for e in chosen], dim=1)
        tokens, number = torch.cat(parts, dim=1), torch.cat(numbers)
        track = torch.cat([e.track for e in chosen], dim=1)
        mean = {key: torch.stack([a[key] for a in aux]).mean() for key in ("balance", "z")}
        return VisualTokens(self.mixed(tokens, number, mask), mask, number, track, mean, features.analyses)

    def placed(self, number: int, tokens: Tensor, expert: ExpertTokens) -> Tensor:
        """One expert's tokens [B, N, D], at the model's width already, with what they know of themselves."""
        return self.norm(self.norm(tokens) + self._context(number, expert))

    def mixed(self, raw: Tensor, expert: Tensor, mask: Tensor) -> Tensor:
        """Tokens [B, N, D] as the Q-Former reads them."""
        return self.norm(group_aggregate(raw, expert, mask) if self.hga else raw)

    @torch.no_grad()
    def _quieten(self) -> None:
        """Start place, track and kind small beside what the tokens show.

        As torch draws them their spread is ten times that of the connectors' output: all pictures then look the same
        to the Q-Former (cosine .9998 between pictures' outputs), and contrastive training stays at chance.
        """
        for embedding in (self.track, self.kind):
            nn.init.normal_(embedding.weight, std=CONTEXT)
        nn.init.normal_(self.place.weight, std=CONTEXT)
        nn.init.zeros_(self.place.bias)

    def _connect(self, name: str, expert: ExpertTokens) -> tuple[Tensor, dict[str, Tensor]]:
        """One expert's tokens at the model's width [B, N, D]; padding is not computed."""
        made, losses = self.connectors[name](expert.tokens[expert.mask])
        out = made.new_zeros(*expert.mask.shape, made.shape[-1])
        return out.masked_scatter(expert.mask[..., None], made), losses

    def _context(self, number: int, expert: ExpertTokens) -> Tensor:
        """What a token knows of itself: place, track, kind [B, N, D]."""
        track = expert.track.clamp(SCENE, self.max_tracks - 1) + 1
        return self.place(fourier(expert.where)) + self.track(track) + self.kind.weight[number]


def fourier(where: Tensor) -> Tensor:
    """Sine and cosine of places at doubling frequencies: […, 5] to […, 5 · 2 · OCTAVES]."""
    angle = where[..., None] * (math.pi * 2.0 ** torch.arange(OCTAVES, device=where.device))
    return torch.cat([angle.sin(), angle.cos()], dim=-1).flatten(-2)
