"""What somebody does over time: a small video Q-Former over what she shows at eight moments.

In: `Moments` of people (`perception/moments.py`). Out: logits of each deed of `deeds.json`. Four kinds of evidence (the
quarters of her crop, what changes in it, the whole frame, her joints) come through a MoEC each (`moec.py`) to one
width, know their time and kind, and are read by a few queries through layers with mixed heads (`qformer.py`). The
queries start from a summary: how each quarter looks on the whole, how it looks late less how it looked early.

Legend: B people, M moments (8), S stretches of them (4), W features, P their principal components, N tokens, D width,
Q queries, K deeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pvchat.model.heads import Heads
from pvchat.model.moec import MixtureConnector
from pvchat.model.qformer import INIT_STD, Context, QFormerLayer
from pvchat.model.routers import RoutingStats
from pvchat.perception.moments import FEATURES, POSE, QUARTERS

STRETCHES = 4
_OCTAVES = 4  # of the Fourier features of a moment's time
KINDS = ("quarters", "motion", "change", "frame", "pose")


@dataclass(frozen=True)
class DeedConfig:
    """Sizes; `without` names kinds of evidence that aren't looked at (for ablations)."""

    deeds: int
    components: int = 256
    width: int = 96
    hidden: int = 64
    connector_experts: int = 4
    heads: int = 8
    shared_heads: int = 4  # equal to heads: dense attention
    router: str = "relu"
    layers: int = 2
    queries: int = 4
    dropout: float = 0.3
    without: tuple[str, ...] = ()


class DeedModel(nn.Module):
    """MoECs, places in time, and the Q-Former with its head.

    Args:
        config: sizes.
    """

    def __init__(self, config: DeedConfig) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.look = Components(config.components)
        self.changes = Components(config.components // 2)
        self.kinds = [kind for kind in KINDS if kind not in config.without]
        sizes = dict.fromkeys(("quarters", "motion", "frame"), config.components)
        sizes |= {"change": config.components // 2, "pose": POSE}
        self.connectors = nn.ModuleDict(
            {
                kind: MixtureConnector(sizes[kind], config.hidden, width, experts=config.connector_experts)
                for kind in self.kinds
            }
        )
        self.kind = nn.Embedding(len(KINDS), width)
        self.quarter = nn.Embedding(QUARTERS, width)
        self.time = nn.Linear(2 * _OCTAVES, width)
        self.norm = nn.LayerNorm(width)
        self.summary = Summary(sizes)
        self.begin = nn.Linear(self.summary.width, width)
        self.plain = nn.Linear(self.summary.width, config.deeds)
        self.queries = nn.Parameter(torch.randn(config.queries, width) * INIT_STD)
        heads = Heads(config.heads, config.shared_heads, config.router)
        self.layers = nn.ModuleList(
            QFormerLayer(width, heads, 2 * width, context_width=width, dropout=config.dropout)
            for _ in range(config.layers)
        )
        self.start = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.queries * width, config.deeds)
        for embedding in (self.kind, self.quarter):
            nn.init.normal_(embedding.weight, std=INIT_STD)

    def forward(self, quarters: Tensor, change: Tensor, frame: Tensor, pose: Tensor, posed: Tensor) -> Tensor:
        """Logits [B, K].

        Args:
            quarters: [B, M, 4, W] features of the quarters of her crop.
            change: [B, M, W] mean absolute change of the crop's cells since the moment before.
            frame: [B, M, W] features of the whole frame.
            pose: [B, M, P] joints.
            posed: [B, M] where there are any.
        """
        return self.read(self.evidence(quarters, change, frame, pose), posed)[0]

    def evidence(self, quarters: Tensor, change: Tensor, frame: Tensor, pose: Tensor) -> dict[str, Tensor]:
        """What comes to the connectors, by kind: principal components of the features, the joints as they are."""
        look = self.look(quarters)
        whole = look.mean(2)
        return {
            "quarters": look.unflatten(1, (STRETCHES, -1)).mean(2),
            "motion": whole[:, 1:] - whole[:, :-1],
            "change": self.changes(change[:, 1:]),
            "frame": self.look(frame).unflatten(1, (STRETCHES, -1)).mean(2),
            "pose": pose,
        }

    def read(
        self, evidence: Mapping[str, Tensor], posed: Tensor, kept: Mapping[str, Tensor] | None = None
    ) -> tuple[Tensor, list[RoutingStats], Tensor]:
        """Logits [B, K], what the routers did, and the balance loss of the connectors.

        Args:
            evidence: as above.
            posed: [B, M].
            kept: by kind, [B, tokens] which of its tokens are shown; None shows all.
        """
        tokens, masks, balance = [], [], posed.new_zeros((), dtype=torch.float32)
        for kind in self.kinds:
            rows, mask, loss = self._tokens(kind, evidence[kind], posed)
            tokens.append(rows)
            masks.append(mask if kept is None else mask & kept[kind])
            balance = balance + loss
        summary = self.dropout(self.summary(evidence, posed))
        logits, routing = self.answer(self.norm(torch.cat(tokens, 1)), torch.cat(masks, 1), summary)
        return logits + self.plain(summary), routing, balance

    def answer(self, tokens: Tensor, mask: Tensor, summary: Tensor) -> tuple[Tensor, list[RoutingStats]]:
        """Logits [B, K] and what the routers did, of tokens [B, N, D], which are real [B, N], and the summary."""
        x = self.start(self.queries + self.begin(summary)[:, None])
        routing: list[RoutingStats] = []
        for layer in self.layers:
            x, stats = layer(x, Context(tokens, mask))
            routing += stats
        return self.head(self.dropout(x.flatten(1))), routing

    def _tokens(self, kind: str, found: Tensor, posed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One kind's tokens [B, n, D], which are real [B, n], and its connector's balance loss."""
        steps = found.shape[1]
        made, losses = self.connectors[kind](self.dropout(found).flatten(0, -2))
        made = made.unflatten(0, found.shape[:-1]) + self.kind.weight[KINDS.index(kind)]
        time = self.time(_times(steps, found.device))
        made = (made + self.quarter.weight + time[:, None]).flatten(1, 2) if kind == "quarters" else made + time
        mask = posed if kind == "pose" else torch.ones_like(made[..., 0], dtype=torch.bool)
        return made, mask, losses["balance"]


class Summary(nn.Module):
    """All evidence without its order: means, spreads, late less early; scaled as the recipe fits it.

    Args:
        sizes: width of each kind of evidence.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, sizes: Mapping[str, int]) -> None:
        super().__init__()
        quarters, pose = 3 * QUARTERS * sizes["quarters"], 3 * sizes["pose"]
        self.width = quarters + pose + sizes["change"] + sizes["motion"] + sizes["frame"]
        self.register_buffer("mean", torch.zeros(self.width))
        self.register_buffer("scale", torch.ones(self.width))

    def parts(self, evidence: Mapping[str, Tensor], posed: Tensor) -> list[Tensor]:
        """Before scaling, part by part [B, …]."""
        pose = evidence["pose"] * posed[..., None]
        quarters = (part.flatten(1) for part in _over_time(evidence["quarters"]))
        rest = evidence["change"].mean(1), evidence["motion"].abs().mean(1), evidence["frame"].mean(1)
        return [*quarters, *_over_time(pose), *rest]

    def forward(self, evidence: Mapping[str, Tensor], posed: Tensor) -> Tensor:
        """[B, width]."""
        return (torch.cat(self.parts(evidence, posed), 1) - self.mean) * self.scale


def _over_time(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, late less early, and standard deviation over the second axis."""
    half, mean = x.shape[1] // 2, x.mean(1)
    return mean, x[:, half:].mean(1) - x[:, :half].mean(1), ((x - mean[:, None]).square().mean(1) + 1e-8).sqrt()


class Components(nn.Module):
    """Features [..., W] as their principal components [..., P], fixed; fitted by the recipe."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("directions", torch.zeros(count, FEATURES))

    mean: Tensor
    directions: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """[..., W] to [..., P]."""
        return (x - self.mean) @ self.directions.T


def _times(steps: int, device: torch.device) -> Tensor:
    """[steps, 2 · octaves] Fourier features of times from 0 to 1."""
    at = torch.linspace(0, 1, steps, device=device)[:, None]
    angle = at * (math.pi * 2.0 ** torch.arange(_OCTAVES, device=device))
    return torch.cat([angle.sin(), angle.cos()], -1)
