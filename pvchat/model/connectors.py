"""Connectors: every expert's tokens brought to one width and merged across experts.

In: an analysed clip. Out: `VisualTokens`, once a clip: MoEC (`moec.py`), places in time, frame and track, HGA
(`hga.py`). MoVA's gate (`mova.py`) weighs them for one question afterwards.

Legend: B batch, n tokens of an expert, N of all, W width of an expert, D model width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pvchat.model.cliptokens import SCENE, clip_tokens
from pvchat.model.config import ModelConfig
from pvchat.model.hga import group_aggregate
from pvchat.model.moec import MixtureConnector
from pvchat.schemas import ClipAnalysis

CONTEXT = 0.02  # spread of place, track and kind weights at the start (BERT's initializer_range)
OCTAVES = 6  # of the Fourier features of a token's place


@dataclass
class VisualTokens:
    """All experts' tokens of a batch of clips, ready for the Q-Former."""

    tokens: Tensor  # [B, N, D]
    mask: Tensor  # [B, N] True for real tokens
    expert: Tensor  # [N] which vision expert a token comes from (index into the configuration's experts)
    track: Tensor  # [B, N] track number, -1 for the scene
    aux: dict[str, Tensor] = field(default_factory=dict)  # connector losses, where a training made them
    analyses: tuple[ClipAnalysis | None, ...] = ()  # B, in which people are recognised; empty: nobody is looked for

    def analysed(self) -> tuple[ClipAnalysis | None, ...]:
        """The analysis of each clip, None where nobody is to be looked for."""
        return self.analyses or (None,) * len(self.mask)


class Connectors(nn.Module):
    """All experts' connectors, their places in time, frame and track, and HGA over the whole."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        mixed = {} if config.moec else {"experts": 1}
        self.config, self.hga = config, config.hga
        self.connectors = nn.ModuleDict(
            {
                name: MixtureConnector(e.width, config.connector_hidden, config.width, **mixed)
                for name, e in config.experts.items()
            }
        )
        self.place = nn.Linear(5 * 2 * OCTAVES, config.width)
        self.track = nn.Embedding(config.max_tracks + 1, config.width)
        self.kind = nn.Embedding(len(config.experts), config.width)
        self.norm = nn.LayerNorm(config.width, elementwise_affine=False)
        self._quieten()

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The tokens of one clip [1, N, D], in which people can be recognised."""
        device = self.kind.weight.device
        experts = clip_tokens(analysis, self.config).values()
        rows = [[torch.from_numpy(part).to(device) for part in expert.arrays()] for expert in experts]
        raw = self(*(part for tokens, where, track, _ in rows for part in (tokens, where, track)))
        track, mask = (torch.cat([row[i] for row in rows], dim=1) for i in (2, 3))
        number = torch.cat([torch.full_like(row[2][0], i) for i, row in enumerate(rows)])
        return VisualTokens(self.mixed(raw, number, mask), mask, number, track, analyses=(analysis,))

    def forward(self, *parts: Tensor) -> Tensor:
        """[1, N, D], before any is mixed, of each expert's tokens [1, n, W], where [1, n, 5], track [1, n] in turn."""
        made = []
        for number, connector in enumerate(self.connectors.values()):
            tokens, where, track = parts[3 * number : 3 * number + 3]
            made.append(self.placed(number, connector(tokens[0])[0][None], where, track))
        return torch.cat(made, dim=1)

    def placed(self, number: int, tokens: Tensor, where: Tensor, track: Tensor) -> Tensor:
        """One expert's tokens [B, n, D], at the model's width already, with what they know of themselves."""
        own = self.track(track.clamp(SCENE, self.config.max_tracks - 1) + 1)
        return self.norm(self.norm(tokens) + self.place(fourier(where)) + own + self.kind.weight[number])

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


def fourier(where: Tensor) -> Tensor:
    """Sine and cosine of places at doubling frequencies: […, 5] to […, 5 · 2 · OCTAVES]."""
    angle = where[..., None] * (math.pi * 2.0 ** torch.arange(OCTAVES, device=where.device))
    return torch.cat([angle.sin(), angle.cos()], dim=-1).flatten(-2)
