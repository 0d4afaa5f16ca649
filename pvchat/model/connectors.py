"""Connectors: every expert's tokens brought to one width, merged across experts, and weighed for one question.

In: an analysed clip. Out: `VisualTokens`, once a clip: MoEC, one mixture of small MLPs for each vision expert (MoCHA,
arXiv 2507.22805: top-2 of 4, softmax renormalised), places in time, frame and track, HGA; for one question MoVA's gate
(arXiv 2404.13046) weighs the experts, with a zero-init adapter.

HGA is MoCHA's hierarchical group attention, a graph without parameters over tokens. As MoCHA's code has it and ours,
each token gets the weighted mean of its most alike tokens, and a gate g = σ(10 (mean |x - mean| - 0.2)) says how much
of the token is replaced by it: it smooths what stands out and doesn't merge duplicates. With tokens normalised to a
variance of 1, as ours are, most are nearly wholly replaced (docs/adr/0011-connectors.md). MoCHA's factor exp(1 / mean
norm) of all cosines of a clip is left out: min-max scaling takes it out again.

Legend: B batch, n tokens of an expert, N of all, W width of an expert, D model width, E MLPs, V vision experts, S
sentence width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model.cliptokens import SCENE, clip_tokens
from pvchat.model.config import ModelConfig
from pvchat.schemas import ClipAnalysis

CONTEXT = 0.02  # spread of place, track and kind weights at the start (BERT's initializer_range)
OCTAVES = 6  # of the Fourier features of a token's place: sine and cosine at doubling frequencies
NEIGHBOURS, SAME_GROUP = 20, 0.7  # of HGA: neighbours of a token, share of them from its own expert
SHARPNESS, DIFFERENCE = 10.0, 0.2  # of HGA's gate
_HIDDEN = 128  # width inside MoVA's gate and adapter


@dataclass
class VisualTokens:
    """All experts' tokens of a batch of clips, ready for the Q-Former."""

    tokens: Tensor  # [B, N, D]
    mask: Tensor  # [B, N] True for real tokens
    expert: Tensor  # [N] which vision expert a token comes from (index into the configuration's experts)
    aux: dict[str, Tensor] = field(default_factory=dict)  # connector losses, where a training made them
    analyses: tuple[ClipAnalysis | None, ...] = ()  # B, in which people are recognised; empty: nobody is looked for


class MixtureConnector(nn.Module):
    """MoEC: each token goes through its `top_k` best of E small MLPs from W to D; one makes it a plain MLP."""

    def __init__(self, in_width: int, hidden: int, width: int, *, experts: int = 4, top_k: int = 2) -> None:
        super().__init__()
        self.width, self.top_k = width, min(top_k, experts)
        self.norm = nn.LayerNorm(in_width, elementwise_affine=False)
        self.gate = nn.Linear(in_width, experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(in_width, hidden), nn.GELU(), nn.Linear(hidden, width)) for _ in range(experts)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Map real tokens [n, W] to [n, D]; also the losses "balance", MoCHA's (E · Σ density · probability), and "z",
        of the router (ST-MoE, arXiv 2202.08906, eq. 5).
        """
        x = self.norm(x)
        logits = self.gate(x).float()
        probability = logits.softmax(-1)
        weight, chosen = probability.topk(self.top_k, dim=-1)
        weight = (weight / weight.sum(-1, keepdim=True)).to(x.dtype)
        out = x.new_zeros(x.shape[0], self.width)  # not len(x), which a trace would take for a constant
        for i, expert in enumerate(self.experts):
            token, place = (chosen == i).nonzero(as_tuple=True)
            out = out.index_add(0, token, expert(x[token]) * weight[token, place, None])
        if not len(logits):
            return out, {"balance": logits.sum(), "z": logits.sum()}
        density = F.one_hot(chosen, probability.shape[1]).float().sum(1).mean(0) / self.top_k
        balance = probability.shape[1] * (density * probability.mean(0)).sum()
        return out, {"balance": balance, "z": logits.logsumexp(-1).square().mean()}


class Connectors(nn.Module):
    """All experts' connectors, their places in time, frame and track, and HGA over the whole."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config, self.hga, self.connectors = config, config.hga, nn.ModuleDict()
        for name, one in config.experts.items():
            mlps = 4 if config.moec else 1
            self.connectors[name] = MixtureConnector(one.width, config.connector_hidden, config.width, experts=mlps)
        self.place = nn.Linear(5 * 2 * OCTAVES, config.width)
        self.track = nn.Embedding(config.max_tracks + 1, config.width)
        self.kind = nn.Embedding(len(config.experts), config.width)
        self.norm = nn.LayerNorm(config.width, elementwise_affine=False)
        # small beside what tokens show: as torch draws them, all pictures look alike
        for layer in (self.track, self.kind, self.place):
            nn.init.normal_(layer.weight, std=CONTEXT)
        nn.init.zeros_(self.place.bias)

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The tokens of one clip [1, N, D], in which people can be recognised."""
        device = self.kind.weight.device
        experts = clip_tokens(analysis, self.config).values()
        rows = [[torch.from_numpy(part).to(device) for part in expert.arrays()] for expert in experts]
        raw = self(*(part for tokens, where, track, _ in rows for part in (tokens, where, track)))
        mask = torch.cat([row[3] for row in rows], dim=1)
        number = torch.cat([torch.full_like(row[2][0], i) for i, row in enumerate(rows)])
        return VisualTokens(self.mixed(raw, number, mask), mask, number, analyses=(analysis,))

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
        angle = where[..., None] * (math.pi * 2.0 ** torch.arange(OCTAVES, device=where.device))
        fourier = torch.cat([angle.sin(), angle.cos()], dim=-1).flatten(-2)  # […, 5 · 2 · OCTAVES]
        return self.norm(self.norm(tokens) + self.place(fourier) + own + self.kind.weight[number])

    def mixed(self, raw: Tensor, expert: Tensor, mask: Tensor) -> Tensor:
        """Tokens [B, N, D] as the Q-Former reads them: by HGA drawn to their like, where it is on."""
        return self.norm(group_aggregate(raw, expert, mask) if self.hga else raw)


class QuestionGate(nn.Module):
    """MoVA: weighs the vision experts by the question, then adapts tokens; exactly neutral at initialisation.

    The last layers of gate and adapter start at zero: every weight is then exactly 1, and nothing is added.
    """

    def __init__(self, width: int, sentence_width: int, experts: int) -> None:
        super().__init__()
        self.experts = experts
        self.null = nn.Parameter(torch.zeros(sentence_width))  # stands for "no question"
        self.gate = nn.Sequential(nn.Linear(sentence_width + width, _HIDDEN), nn.GELU(), nn.Linear(_HIDDEN, experts))
        self.token = nn.Linear(width, _HIDDEN)
        self.sentence = nn.Linear(sentence_width, _HIDDEN)
        self.out = nn.Linear(_HIDDEN, width, bias=False)
        for layer in (self.gate[-1], self.out):
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, visual: VisualTokens, question: Tensor | None) -> tuple[Tensor, Tensor]:
        """Tokens [B, N, D] weighed for questions (sentence vectors [B, S], or None), and the experts' weights [B, V].

        These are softmax over uniform softmax: 1 in the mean over the experts present, and 0 for absent ones.
        """
        x, mask = visual.tokens, visual.mask
        question = self.null.expand(len(x), -1) if question is None else question
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp_min(1)
        owner = F.one_hot(visual.expert, self.experts).bool()  # [N, V]
        present = (mask[:, :, None] & owner).any(1)  # [B, V]
        logits = self.gate(torch.cat([question, mean], dim=-1)).float()
        share, uniform = (one.masked_fill(~present, -1e4).softmax(-1) for one in (logits, torch.zeros_like(logits)))
        weight = torch.where(present, share / uniform.clamp_min(1e-9), torch.zeros_like(share)).to(x.dtype)
        adapted = self.out(F.silu(self.token(x) + self.sentence(question)[:, None]))
        return x * weight[:, visual.expert, None] + adapted, weight


def group_aggregate(x: Tensor, group: Tensor, mask: Tensor) -> Tensor:
    """Every token drawn to the mean of its nearest neighbours, the more the farther it is from it.

    14 neighbours of the token's own expert (`group` [N]) and 6 of others; edge weights min-max scaled over the clip and
    made symmetric. A token without neighbours stays as it is; those outside the mask [B, N] neither give nor take.
    """
    unit = F.normalize(x, dim=-1, eps=1e-6)
    affinity = unit @ unit.transpose(1, 2)
    other = ~torch.eye(x.shape[1], dtype=torch.bool, device=mask.device) & mask[:, None] & mask[:, :, None]
    same, near = (group[:, None] == group)[None], round(NEIGHBOURS * SAME_GROUP)
    edge = _nearest(affinity, other & same, near) | _nearest(affinity, other & ~same, NEIGHBOURS - near)
    low = affinity.masked_fill(~edge, float("inf")).amin((1, 2), keepdim=True)
    high = affinity.masked_fill(~edge, float("-inf")).amax((1, 2), keepdim=True)
    scaled = (affinity - low) / (high - low).clamp_min(1e-6)
    weight = torch.where(edge, scaled, torch.zeros_like(scaled))
    edges = (weight + weight.transpose(1, 2)) / 2
    total = edges.sum(-1, keepdim=True)
    mean = torch.where(total > 0, edges @ x / total.clamp_min(1e-6), x)
    gate = torch.sigmoid(SHARPNESS * ((x - mean).abs().mean(-1, keepdim=True) - DIFFERENCE))
    return (1 - gate) * x + gate * mean


def _nearest(affinity: Tensor, allowed: Tensor, count: int) -> Tensor:
    """Bool [B, N, N]: the `count` allowed tokens of highest affinity for each token."""
    score = affinity.detach().masked_fill(~allowed, float("-inf"))
    chosen = score.topk(min(count, score.shape[-1]), dim=-1).indices
    return (torch.zeros_like(score).scatter(-1, chosen, 1.0) > 0) & allowed
