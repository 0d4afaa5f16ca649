"""Routers of mixed heads beyond `pvchat/model/routers.py`, to compare on deeds: each a `HeadMixer`, dense at its start.

In: query tokens. Out: weights of all heads and `RoutingStats`, as `HeadMixer` gives them.

Legend: B batch, Q queries, R routed heads, D width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model.heads import HeadMixer, MixtureOfHeadsAttention
from pvchat.model.routers import RoutingStats

HIDDEN = 16  # of the recurrent router
ENTROPY, FLAT, MASS, KEPT = 1.1, 0.9, 0.75, 2  # Tsallis' q; share of the most from which all are on; top-p; least


class OtherMixer(HeadMixer):
    """A mixer whose subclass says how logits and gates come about.

    Args:
        width: D.
        heads: all of them.
        shared: of these, always on.
        state: the modules of one model share it.
    """

    adaptive = True

    def __init__(self, width: int, heads: int, shared: int, state: State) -> None:
        super().__init__(width, heads, shared)
        self.state = state

    def route(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and gates [B, Q, R] of tokens [B, Q, D]."""
        raise NotImplementedError

    def forward(self, x: Tensor, z: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, RoutingStats]:
        """Weights [B, Q, H] and statistics; a person's offsets `z` aren't taken."""
        logits, gates = self.route(x)
        alphas = 2 * self.alpha(x).softmax(-1)
        shared = alphas[..., :1].expand(*alphas.shape[:-1], self.shared)
        weights = torch.cat([shared, alphas[..., 1:] * gates], -1)
        return weights, RoutingStats(logits, gates, alphas, mask, self.adaptive)


class State(nn.Module):
    """What the mixers of one model share: a GRU over the modules and its state; what is added to the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRUCell(HIDDEN, HIDDEN)
        self.hidden: Tensor | None = None
        self.losses: list[Tensor] = []

    def begin(self) -> None:
        """Forget the last forward pass."""
        self.hidden, self.losses = None, []


class Random(OtherMixer):
    """Half of the routed heads, drawn anew for each token."""

    adaptive = False

    def route(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Gates of 0 and 2."""
        logits = self.logit(x)
        return logits, 2.0 * (torch.rand_like(logits) < 0.5)


class Graph(OtherMixer):
    """Graph of Tokens: tokens that are alike share their logits, row-normalised by softmax(x xᵀ / √D)."""

    def route(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """ReLU of the shared logits."""
        alike = (x @ x.transpose(1, 2) / x.shape[-1] ** 0.5).softmax(-1)
        logits = alike @ self.logit(x)
        return logits, F.relu(logits)


class Recurrent(OtherMixer):
    """RMoE: one GRU goes over the modules, each token with its own state, and says the logits."""

    def __init__(self, width: int, heads: int, shared: int, state: State) -> None:
        super().__init__(width, heads, shared, state)
        self.begin = nn.Linear(width, HIDDEN)
        self.logit = nn.Linear(HIDDEN, self.routed)
        nn.init.zeros_(self.logit.weight)
        nn.init.ones_(self.logit.bias)

    def route(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """ReLU of logits out of the state."""
        found = self.state.gru(self.begin(x).flatten(0, 1), self.state.hidden)
        self.state.hidden = found
        logits = self.logit(found).unflatten(0, x.shape[:2])
        return logits, F.relu(logits)


class Hybrid(OtherMixer):
    """DynMoLE: all heads softly where the router is unsure (Tsallis entropy), else those that hold most of the mass."""

    adaptive = False

    def route(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Softmax gates times the number of heads that are on; the entropy goes to the losses."""
        logits = self.logit(x)
        share, count = logits.softmax(-1), self.routed
        most = (1 - count ** (1 - ENTROPY)) / (ENTROPY - 1)
        entropy = (1 - share.pow(ENTROPY).sum(-1, keepdim=True)) / (ENTROPY - 1) / most
        self.state.losses.append(entropy.mean())
        ordered = share.sort(-1, descending=True)
        before = ordered.values.cumsum(-1) - ordered.values
        on = (before < MASS) | (torch.arange(count) < KEPT)
        kept = torch.zeros_like(on).scatter(-1, ordered.indices, on) | (entropy > FLAT)
        gates = share * kept
        return logits, gates / gates.sum(-1, keepdim=True) * kept.sum(-1, keepdim=True)


class Halves(OtherMixer):
    """Union of Experts: scores normalised over the tokens, and of each token the better half of its heads."""

    adaptive = False

    def route(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Ties stay on."""
        logits = self.logit(x)
        scores = logits.softmax(1) * x.shape[1]
        least = scores.topk(self.routed // 2, -1).values[..., -1:]
        return logits, scores * (scores >= least)


OTHERS: dict[str, Callable[[int, int, int, State], OtherMixer]] = {
    "random": Random, "graph": Graph, "recurrent": Recurrent, "hybrid": Hybrid, "halves": Halves,
}  # fmt: skip


def exchange(model: nn.Module, name: str) -> State:
    """Put mixers of another router into a model, in place; what they share.

    Args:
        model: with mixed heads.
        name: a key of `OTHERS`.
    """
    state = State()
    for module in model.modules():
        if isinstance(module, MixtureOfHeadsAttention) and module.mixer is not None:
            old = module.mixer
            module.mixer = OTHERS[name](old.logit.in_features, old.heads, old.shared, state)
    return state
