"""Connectors: every expert's tokens brought to one width, merged across experts, weighed by the question.

In: `ClipFeatures`. Out: `VisualTokens` (once a clip), then tokens weighed for one question (cheap, once a question).

MoEC  one mixture of MLP experts for each vision expert (MoCHA, arXiv 2507.22805): top-2 of 4, softmax renormalised.
HGA   hierarchical group attention of MoCHA: a graph without parameters that pulls near-duplicates together.
MoVA  gate over the vision experts conditioned on the question (arXiv 2404.13046), with a zero-init adapter: exactly
      neutral at the start.

Legend: B batch, N tokens, W width of an expert, D model width, E MLP experts, V vision experts, S sentence width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model.config import ModelConfig
from pvchat.model.features import SCENE, ClipFeatures, ExpertTokens

NEIGHBOURS, SAME_GROUP = 20, 0.7  # HGA: neighbours of a token, share of them from its own expert (MoCHA, hga.py)
SHARPNESS, DIFFERENCE = 10.0, 0.2  # HGA: gate σ(10 · (mean |x - x_agg| - 0.2)) (MoCHA, hga.py)
CONTEXT = 0.02  # spread of place, track and kind weights at the start (BERT's initializer_range)
OCTAVES = 6  # of the Fourier features of a token's place


@dataclass
class VisualTokens:
    """All experts' tokens of a batch of clips, ready for the Q-Former.

    Attributes:
        tokens: [B, N, D].
        mask: [B, N] True for real tokens.
        expert: [N] which vision expert a token comes from (index into the configuration's experts).
        track: [B, N] track number, -1 for the scene.
        faces: [B, F, 128] raw face vectors of the face expert's tokens (F may be 0).
        face_track: [B, F] their tracks; -1 for padding.
        aux: connector losses, "balance" and "z".
    """

    tokens: Tensor
    mask: Tensor
    expert: Tensor
    track: Tensor
    faces: Tensor
    face_track: Tensor
    aux: dict[str, Tensor]

    def select(self, clip: Tensor) -> VisualTokens:
        """Rows by clip index [b]: several questions share one clip's visual pass."""
        tokens, mask, track = self.tokens[clip], self.mask[clip], self.track[clip]
        return VisualTokens(tokens, mask, self.expert, track, self.faces[clip], self.face_track[clip], self.aux)


class MixtureConnector(nn.Module):
    """MoEC: each token goes through its two best of four small MLPs.

    Args:
        in_width: W.
        hidden: of the MLPs.
        width: D.
        experts: E; 1 makes it a plain MLP.
        top_k: MLPs a token uses.
    """

    def __init__(self, in_width: int, hidden: int, width: int, *, experts: int = 4, top_k: int = 2) -> None:
        super().__init__()
        self.width, self.top_k = width, min(top_k, experts)
        self.norm = nn.LayerNorm(in_width, elementwise_affine=False)
        self.gate = nn.Linear(in_width, experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(in_width, hidden), nn.GELU(), nn.Linear(hidden, width)) for _ in range(experts)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Map real tokens [n, W] to [n, D]; also "balance" (E · Σ density · probability) and "z" (router z-loss)."""
        x = self.norm(x)
        logits = self.gate(x).float()
        probability = logits.softmax(-1)
        weight, chosen = probability.topk(self.top_k, dim=-1)
        weight = (weight / weight.sum(-1, keepdim=True)).to(x.dtype)
        out = x.new_zeros(len(x), self.width)
        for i, expert in enumerate(self.experts):
            token, place = (chosen == i).nonzero(as_tuple=True)
            out = out.index_add(0, token, expert(x[token]) * weight[token, place, None])
        return out, self._losses(logits, probability, chosen)

    def _losses(self, logits: Tensor, probability: Tensor, chosen: Tensor) -> dict[str, Tensor]:
        """MoCHA's balance loss and the router z-loss (ST-MoE, arXiv 2202.08906, eq. 5)."""
        if not len(logits):
            return {"balance": logits.sum(), "z": logits.sum()}
        density = F.one_hot(chosen, probability.shape[1]).float().sum(1).mean(0) / self.top_k
        balance = probability.shape[1] * (density * probability.mean(0)).sum()
        return {"balance": balance, "z": logits.logsumexp(-1).square().mean()}


class Connectors(nn.Module):
    """All experts' connectors, their places in time, frame and track, and HGA over the whole.

    Args:
        config: its experts must have their widths.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        count = config.connector_experts if config.moec else 1
        self.names, self.hga, self.max_tracks = list(config.experts), config.hga, config.max_tracks
        self.connectors = nn.ModuleDict(
            {
                name: MixtureConnector(
                    e.width, config.connector_hidden, config.width, experts=count, top_k=config.connector_top_k
                )
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
            parts.append(self.norm(self.norm(tokens) + self._context(i, expert)))
            numbers.append(torch.full((tokens.shape[1],), i, device=tokens.device))
            aux.append(losses)
        chosen = [features.experts[name] for _, name in present]
        mask = torch.cat([e.mask for e in chosen], dim=1)
        tokens, number = torch.cat(parts, dim=1), torch.cat(numbers)
        if self.hga:
            tokens = group_aggregate(tokens, number, mask)
        track = torch.cat([e.track for e in chosen], dim=1)
        faces, face_track = _faces(features, tokens)
        mean = {key: torch.stack([a[key] for a in aux]).mean() for key in ("balance", "z")}
        return VisualTokens(self.norm(tokens), mask, number, track, faces, face_track, mean)

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


class QuestionGate(nn.Module):
    """MoVA: weighs the vision experts by the question, then adapts tokens; exactly neutral at initialisation.

    The last layers of gate and adapter start at zero: every weight is then exactly 1, and nothing is added.
    """

    def __init__(self, width: int, sentence_width: int, experts: int, hidden: int = 128) -> None:
        super().__init__()
        self.experts = experts
        self.null = nn.Parameter(torch.zeros(sentence_width))  # stands for "no question"
        self.gate = nn.Sequential(nn.Linear(sentence_width + width, hidden), nn.GELU(), nn.Linear(hidden, experts))
        self.token = nn.Linear(width, hidden)
        self.sentence = nn.Linear(sentence_width, hidden)
        self.out = nn.Linear(hidden, width, bias=False)
        for layer in (self.gate[-1], self.out):
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, visual: VisualTokens, question: Tensor | None) -> tuple[Tensor, Tensor]:
        """Weigh tokens for a question.

        Args:
            visual: tokens [B, N, D].
            question: [B, S] sentence vectors, None for none.

        Returns:
            tokens [B, N, D] and the experts' weights [B, V] (mean 1 over the experts present, 0 for absent ones).
        """
        x, mask = visual.tokens, visual.mask
        question = self.null.expand(len(x), -1) if question is None else question
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp_min(1)
        owner = F.one_hot(visual.expert, self.experts).bool()  # [N, V]
        present = (mask[:, :, None] & owner).any(1)  # [B, V]
        weight = self._weights(self.gate(torch.cat([question, mean], dim=-1)).float(), present).to(x.dtype)
        adapted = self.out(F.silu(self.token(x) + self.sentence(question)[:, None]))
        return x * weight[:, visual.expert, None] + adapted, weight

    @staticmethod
    def _weights(logits: Tensor, present: Tensor) -> Tensor:
        """Softmax over the present experts, divided by the uniform softmax: exactly 1 for equal logits."""
        share = logits.masked_fill(~present, -1e4).softmax(-1)
        uniform = torch.zeros_like(logits).masked_fill(~present, -1e4).softmax(-1)
        return torch.where(present, share / uniform.clamp_min(1e-9), torch.zeros_like(share))


def group_aggregate(x: Tensor, group: Tensor, mask: Tensor) -> Tensor:
    """HGA of MoCHA: every token is drawn to the mean of its nearest neighbours, without parameters.

    Affinity = cosine · exp(τ), τ = 1 / mean norm; 14 neighbours of the token's own expert and 6 of others; edge weights
    min-max scaled and made symmetric; x ← (1 - g) x + g x_agg, g = σ(10 (mean |x - x_agg| - 0.2)). A token without
    neighbours stays as it is.

    Args:
        x: [B, N, D].
        group: [N] the expert of each token.
        mask: [B, N] True for real tokens.

    Returns:
        [B, N, D].
    """
    edges = _edges(_affinity(x, mask), group, mask)
    total = edges.sum(-1, keepdim=True)
    mean = torch.where(total > 0, edges @ x / total.clamp_min(1e-6), x)
    gate = torch.sigmoid(SHARPNESS * ((x - mean).abs().mean(-1, keepdim=True) - DIFFERENCE))
    return (1 - gate) * x + gate * mean


def fourier(where: Tensor) -> Tensor:
    """Sine and cosine of places at doubling frequencies: […, 5] to […, 5 · 2 · OCTAVES]."""
    angle = where[..., None] * (math.pi * 2.0 ** torch.arange(OCTAVES, device=where.device))
    return torch.cat([angle.sin(), angle.cos()], dim=-1).flatten(-2)


def _affinity(x: Tensor, mask: Tensor) -> Tensor:
    """Cosine · exp(1 / mean norm) of all pairs [B, N, N]."""
    norm = x.norm(dim=-1)
    mean = (norm * mask).sum(1) / mask.sum(1).clamp_min(1)
    unit = x / norm.clamp_min(1e-6)[..., None]
    return unit @ unit.transpose(1, 2) * torch.exp(1 / mean.clamp_min(0.1))[:, None, None]


def _edges(affinity: Tensor, group: Tensor, mask: Tensor) -> Tensor:
    """Symmetric min-max weights [B, N, N] of the chosen neighbours, 0 elsewhere."""
    tokens = affinity.shape[-1]
    other = ~torch.eye(tokens, dtype=torch.bool, device=mask.device) & mask[:, None] & mask[:, :, None]
    same = (group[:, None] == group)[None]
    near = round(NEIGHBOURS * SAME_GROUP)
    edge = _nearest(affinity, other & same, near) | _nearest(affinity, other & ~same, NEIGHBOURS - near)
    low = affinity.masked_fill(~edge, float("inf")).amin((1, 2), keepdim=True)
    high = affinity.masked_fill(~edge, float("-inf")).amax((1, 2), keepdim=True)
    scaled = (affinity - low) / (high - low).clamp_min(1e-6)
    weight = torch.where(edge, scaled, torch.zeros_like(scaled))
    return (weight + weight.transpose(1, 2)) / 2


def _nearest(affinity: Tensor, allowed: Tensor, count: int) -> Tensor:
    """Bool [B, N, N]: the `count` allowed tokens of highest affinity for each token."""
    score = affinity.detach().masked_fill(~allowed, float("-inf"))
    chosen = score.topk(min(count, score.shape[-1]), dim=-1).indices
    return torch.zeros_like(allowed).scatter(-1, chosen, True) & allowed


def _faces(features: ClipFeatures, like: Tensor) -> tuple[Tensor, Tensor]:
    """Raw face vectors and their tracks, -1 where there is none."""
    face = features.experts.get("face")
    if face is None:
        return like.new_zeros(len(like), 0, 1), torch.zeros(len(like), 0, dtype=torch.long, device=like.device)
    return face.tokens, face.track.masked_fill(~face.mask, SCENE)
