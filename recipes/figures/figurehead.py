"""The small network that reads a drawn face's maps (`perception/experts/facemaps.py`, "learned").

In: maps of many copies of every face. Out: its arrays. Each batch holds several pictures of some characters, and
several copies of faces of whom nobody knows who they are: each of those is a character of its own (supervised
contrastive loss, Khosla et al. 2020). The colours of hair and eyes, which those are tagged with, are guessed beside
it: that is what tells drawn characters apart, and few characters are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.facemaps import CELLS, CHANNELS
from pvchat.schemas import FloatArray
from recipes.figures.figurefits import descend

if TYPE_CHECKING:
    import torch

Arrays = dict[str, FloatArray]
_WIDTH, _LOOKS, _OUT = 64, 4, 64  # channels, places that are looked at, width of what comes out
_STEPS = 900
_RATE, _DECAY, _DROPPED = 2e-3, 1e-3, 0.2
_TEMPERATURE, _COLOURS, _EYES = 0.12, 0.5, 0.5  # weights of the colours' loss, and in it of the eyes'
_CHARACTERS, _PICTURES = 24, 4  # of a batch
_UNKNOWN, _COPIES = 40, 3


@dataclass(frozen=True)
class Copies:
    """C copies of each of P pictures, the first as it is.

    Attributes:
        maps: [C, P, 152, 8, 8].
        character: [P] of whom it is; -1: nobody knows.
        hair, eyes: [P] number of the colour; -1: nobody said.
    """

    maps: NDArray[np.float16]
    character: NDArray[np.int64]
    hair: NDArray[np.int64]
    eyes: NDArray[np.int64]


def fit_learned(copies: Copies, seed: int, steps: int = _STEPS) -> Arrays:
    """The arrays "learned.…"; about three minutes of one core.

    Args:
        copies: of drawn faces.
        seed: of the weights and the draws.
        steps: batches.
    """
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        some = copies.maps[:4, ::7].astype(np.float32).reshape(-1, CHANNELS, CELLS, CELLS)
        mean, spread = some.mean((0, 2, 3)), some.std((0, 2, 3)) + 0.02
        net = _network(int(copies.hair.max()) + 1, int(copies.eyes.max()) + 1)
        optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, steps)
        for _ in range(steps):
            copy, picture = _batch(copies.character, len(copies.maps), rng)
            x = (copies.maps[copy, picture].astype(np.float32) - mean[:, None, None]) / spread[:, None, None]
            loss = _loss(net(torch.from_numpy(x)), copies, picture)
            descend(optimiser, loss)
            schedule.step()
        return arrays_of_network(net, mean, spread)


def _network(hairs: int, eyes: int) -> torch.nn.Module:
    import torch
    from torch import Tensor, nn
    from torch.nn.functional import dropout, dropout2d, normalize

    class Head(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(CHANNELS, _WIDTH, 1), nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)
            self.place = nn.Parameter(torch.zeros(_WIDTH, CELLS, CELLS))
            self.look = nn.Conv2d(_WIDTH, _LOOKS, 1)
            self.out, self.hair, self.eyes = (nn.Linear(_WIDTH * _LOOKS, n) for n in (_OUT, hairs, eyes))

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            x = (self.first(dropout2d(x, _DROPPED, self.training)) + self.place).relu()
            x = x + self.second(x).relu()
            share = self.look(x).flatten(2).softmax(2)
            seen = torch.einsum("bkn,bcn->bkc", share, x.flatten(2)).flatten(1)
            seen = dropout(seen, _DROPPED, self.training)
            return normalize(self.out(seen), dim=1), self.hair(seen), self.eyes(seen)

    return Head()


def _batch(
    character: NDArray[np.int64], copies: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which copy of which picture: pictures of some characters, copies of some faces of unknown ones."""
    known, unknown = np.unique(character[character >= 0]), np.flatnonzero(character < 0)
    copy: list[NDArray[np.int64]] = []
    picture: list[NDArray[np.int64]] = []
    for one in rng.permutation(known)[:_CHARACTERS]:
        picture.append(rng.permutation(np.flatnonzero(character == one))[:_PICTURES])
        copy.append(rng.integers(copies, size=len(picture[-1])))
    for one in rng.permutation(unknown)[:_UNKNOWN]:
        copy.append(rng.permutation(copies)[:_COPIES])
        picture.append(np.full(len(copy[-1]), one))
    return np.concatenate(copy), np.concatenate(picture)


def _loss(out: tuple[torch.Tensor, ...], copies: Copies, picture: NDArray[np.int64]) -> torch.Tensor:
    """Contrast of the batch's vectors, and the colours that are known."""
    import torch
    from torch.nn.functional import cross_entropy

    vectors, *colours = out
    character = copies.character[picture]
    label = np.where(character >= 0, character, copies.character.max() + 1 + picture)
    loss = _contrast(vectors, torch.from_numpy(label))
    for guess, truth, weight in zip(colours, (copies.hair, copies.eyes), (_COLOURS, _COLOURS * _EYES), strict=True):
        told = torch.from_numpy(truth[picture])
        loss = loss + weight * cross_entropy(guess[told >= 0], told[told >= 0])
    return loss


def _contrast(vectors: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Supervised contrastive loss of vectors [B, D] of length 1."""
    import torch

    itself = torch.eye(len(vectors), dtype=torch.bool)
    same = (label[:, None] == label[None]) & ~itself
    like = (vectors @ vectors.T / _TEMPERATURE).masked_fill(itself, -1e9)
    share = like - like.logsumexp(1, keepdim=True)
    return -((share * same).sum(1) / same.sum(1).clamp_min(1)).mean()


def arrays_of_network(net: torch.nn.Module, mean: FloatArray, spread: FloatArray) -> Arrays:
    """The network's weights, the standardisation of the input folded into the first layer."""
    w = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    first = w["first.weight"] / spread[None, :, None, None]
    return {
        "learned.0.weight": first, "learned.0.bias": w["first.bias"] - first[:, :, 0, 0] @ mean,
        "learned.1.weight": w["second.weight"], "learned.1.bias": w["second.bias"], "learned.place": w["place"],
        "learned.look.weight": w["look.weight"], "learned.look.bias": w["look.bias"],
        "learned.out.weight": w["out.weight"], "learned.out.bias": w["out.bias"],
    }  # fmt: skip
