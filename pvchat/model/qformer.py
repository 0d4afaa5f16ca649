"""The Q-Former: learned queries and personal tokens read the visual tokens; mixed heads in the upper half.

In: visual tokens, the question's sentence vector, the people named. Out: query outputs and each person's outputs.

Layers are BERT's (post-norm), as in BLIP-2's Q-Former (arXiv 2301.12597); with every head shared they equal the ones of
transformers. The sequence is [question, queries, person 1's tokens, person 2's tokens, …]. A person's tokens see
question, queries and their own only, and nobody else sees them: what is said of one person doesn't change with who else
is named. A person's z shifts the router logits at that person's tokens.

Legend: B batch, L sequence, Q queries, P people, I personal tokens, N visual tokens, D width, M routed modules,
R routed heads.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model.config import ModelConfig
from pvchat.model.heads import Heads, MixtureOfHeadsAttention, RoutingStats
from pvchat.model.people import People

NORM_EPS = 1e-12  # BERT
INIT_STD = 0.02  # BERT


class QFormerLayer(nn.Module):
    """Self-attention, cross-attention where there is one, feed-forward; each with a residual and a norm after it.

    A context width of 0 makes a layer without cross-attention. Dropout is on sub-layer outputs, not on attention
    probabilities, which would rule the fused kernels out.
    """

    def __init__(self, width: int, heads: Heads, ffn: int, *, context_width: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = MixtureOfHeadsAttention(width, heads)
        self.attention_norm = nn.LayerNorm(width, eps=NORM_EPS)
        self.cross: MixtureOfHeadsAttention | None = None
        if context_width:
            self.cross = MixtureOfHeadsAttention(width, heads, context_width=context_width)
            self.cross_norm = nn.LayerNorm(width, eps=NORM_EPS)
        self.up, self.down = nn.Linear(width, ffn), nn.Linear(ffn, width)
        self.ffn_norm = nn.LayerNorm(width, eps=NORM_EPS)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        context_mask: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        z: Sequence[Tensor] = (),
        query_mask: Tensor | None = None,
    ) -> tuple[Tensor, list[RoutingStats]]:
        """Tokens [B, L, D] through the layer, and its statistics, for which `query_mask` [B, L] says which are real.

        It looks at a context [B, N, C], with a mask [B, N] (None: all are real). The other mask is [B, L, L] or [B, L];
        both are bool. z are router offsets [B, L, R] of its routed modules, self then cross.
        """
        offsets = iter(z)
        routing = []
        out, stats = self.attention(x, mask=mask, z=next(offsets, None), query_mask=query_mask)
        x = self.attention_norm(x + self.dropout(out))
        routing.append(stats)
        if self.cross is not None and context is not None:
            out, stats = self.cross(x, context, mask=context_mask, z=next(offsets, None), query_mask=query_mask)
            x = self.cross_norm(x + self.dropout(out))
            routing.append(stats)
        x = self.ffn_norm(x + self.dropout(self.down(F.gelu(self.up(x)))))
        return x, [s for s in routing if s is not None]


class QFormer(nn.Module):
    """Queries, question and personal tokens through all layers."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.queries = nn.Parameter(torch.zeros(config.queries, config.width))
        self.question = nn.Linear(config.sentence_width, config.width)
        self.no_question = nn.Parameter(torch.zeros(config.width))
        self.norm = nn.LayerNorm(config.width, eps=NORM_EPS)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList()
        for i, cross in enumerate(config.has_cross):
            shared = config.shared_heads if i >= config.moh_from else None
            looked_at = config.width if cross else 0
            heads = Heads(config.heads, shared, config.router, config.top_k)
            layer = QFormerLayer(config.width, heads, config.ffn, context_width=looked_at, dropout=config.dropout)
            self.layers.append(layer)
        self.apply(_initialise)
        nn.init.normal_(self.queries, std=INIT_STD)
        nn.init.normal_(self.no_question, std=INIT_STD)

    def forward(
        self, context: Tensor, context_mask: Tensor, question: Tensor | None = None, people: People | None = None
    ) -> tuple[Tensor, Tensor, list[RoutingStats]]:
        """Read the visual tokens [B, N, D] that a mask [B, N] shows, with questions (sentence vectors [B, S]) and the
        people named in mind, or without: outputs of the queries [B, Q, D] and of personal tokens [B, P, I, D] (P is 0
        when nobody is named), and one `RoutingStats` a routed module, self before cross, layer by layer: the order of
        z's modules.
        """
        first = self.no_question.expand(len(context), -1) if question is None else self.question(question)
        parts = [first[:, None], self.queries.expand(len(context), -1, -1)]
        # whose token it is: 0 for question and queries, 1… for people, negative for padding
        owner = torch.zeros(len(context), 1 + self.config.queries, dtype=torch.long, device=context.device)
        offsets: tuple[Tensor, ...] = ()  # to the routers' logits [B, L, R], one a routed module
        if people is not None:
            parts.append(people.tokens.flatten(1, 2))
            number = torch.arange(1, people.mask.shape[1] + 1, device=context.device)
            owner = self._by_token(torch.where(people.mask, number, -number))
            offsets = self._by_token(people.z).unbind(2)
        x = self.dropout(self.norm(torch.cat(parts, dim=1)))
        real = owner >= 0
        # Who sees whom: padding only itself (a row without keys would be NaN), and nobody padding.
        mask = (owner[:, :, None] == owner[:, None]) | (real[:, :, None] & (owner[:, None] == 0))
        routing: list[RoutingStats] = []
        for layer in self.layers:
            x, stats = layer(x, context, context_mask, mask=mask, z=offsets[len(routing) :], query_mask=real)
            routing += stats
        queries, rest = x[:, 1 : 1 + self.config.queries], x[:, 1 + self.config.queries :]
        named = 0 if people is None else people.mask.shape[1]
        return queries, rest.unflatten(1, (named, self.config.personal_tokens)), routing

    def _by_token(self, values: Tensor) -> Tensor:
        """What each person has [B, P, …] at each of her tokens, 0 at question and queries: [B, L, …]."""
        own = values.repeat_interleave(self.config.personal_tokens, dim=1)
        return torch.cat([own.new_zeros(len(own), 1 + self.config.queries, *own.shape[2:]), own], dim=1)


def _initialise(module: nn.Module) -> None:
    """BERT's initialisation; routers keep their dense start."""
    layers: tuple[nn.Linear, ...] = ()
    if isinstance(module, MixtureOfHeadsAttention):
        layers = module.query, module.key, module.value, module.out
    elif isinstance(module, QFormerLayer):
        layers = module.up, module.down
    for layer in layers:
        nn.init.normal_(layer.weight, std=INIT_STD)
        nn.init.zeros_(layer.bias)
