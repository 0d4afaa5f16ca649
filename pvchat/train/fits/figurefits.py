"""What is fitted for drawn figures: locator, identity projections, drawn-or-photo, cohort, calibration; and the
measures.

In: numpy features (`figures.Samples`). Out: arrays for `perception/experts/figures.safetensors`. Every fit takes its
own seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.figures import cohort_score, unit
from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    import torch

Arrays = dict[str, FloatArray]
_HALF = 64  # width of each half of the identity vector
_TEMPERATURE = 0.1  # Khosla et al. 2020, supervised contrastive learning
_STEPS_LOCATOR, _STEPS_CONTRAST, _STEPS_DRAWN = 700, 150, 300


def fit_locator(cells: NDArray[np.float16], target: NDArray[np.int8], edges: FloatArray, seed: int) -> Arrays:
    """Two layers on grid tokens [N, 1280]: is this cell on a face (cross-entropy), log distances to its edges."""
    import torch
    from torch import nn
    from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        x, t = torch.from_numpy(cells.astype(np.float32)), torch.from_numpy(target.astype(np.float32))
        log_edges = torch.from_numpy(np.log(np.maximum(edges, 0.02)).astype(np.float32))
        mean, spread = x.mean(0), x.std(0) + 0.05
        x = (x - mean) / spread
        hidden, out_layer = nn.Linear(1280, 96), nn.Linear(96, 5)
        model = nn.Sequential(nn.Dropout(0.3), hidden, nn.ReLU(), nn.Dropout(0.2), out_layer)
        optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
        on, off = (t == 1).nonzero()[:, 0], (t == 0).nonzero()[:, 0]
        for _ in range(_STEPS_LOCATOR):
            faces = on[torch.randint(len(on), (128,))]
            batch = torch.cat([faces, off[torch.randint(len(off), (384,))]])
            out = model(x[batch])
            loss = binary_cross_entropy_with_logits(out[:, 0], t[batch])
            loss = loss + smooth_l1_loss(out[:128, 1:], log_edges[faces], beta=0.2)
            _step(optimiser, loss)
        return _fold(hidden, out_layer, mean, spread)


def _fold(hidden: torch.nn.Linear, out: torch.nn.Linear, mean: torch.Tensor, spread: torch.Tensor) -> Arrays:
    """The layers as arrays, the standardisation of the input folded into the first."""
    weight = hidden.weight.detach() / spread
    return {
        "locator.hidden.weight": weight.numpy(),
        "locator.hidden.bias": (hidden.bias.detach() - weight @ mean).numpy(),
        "locator.out.weight": out.weight.detach().numpy(),
        "locator.out.bias": out.bias.detach().numpy(),
    }


def _step(optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def fit_identity(spread: FloatArray, identity: NDArray[np.int64], source: NDArray[np.int64], seed: int) -> Arrays:
    """The two projections of spread looks [N, L]: main directions of the features, and a contrastive one
    of everything.
    """
    features = spread.copy()
    features[:, 1280:] = 0
    return {
        "identity.features": _directions(features, _HALF),
        "identity.contrast": fit_contrast(spread, identity, source, seed),
    }


def fit_contrast(spread: FloatArray, identity: NDArray[np.int64], source: NDArray[np.int64], seed: int) -> FloatArray:
    """Supervised contrastive projection, from the main directions and not far from them (few steps, a pull back).

    Two crops of one picture are no pair: they would teach the background.
    """
    import torch
    from torch.nn.functional import dropout, normalize

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        x, y, s = (torch.from_numpy(v) for v in (20 * spread.astype(np.float32), identity, source))
        start = torch.from_numpy(_directions(spread, _HALF))
        weight = start.clone().requires_grad_(True)
        optimiser = torch.optim.AdamW([weight], lr=1e-3, weight_decay=0)
        for _ in range(_STEPS_CONTRAST):
            i = torch.randint(len(x), (384,))
            z = normalize(dropout(x[i], 0.3) @ weight.T)
            skipped = s[i][:, None] == s[i][None]
            same = (y[i][:, None] == y[i][None]) & ~skipped
            logits = (z @ z.T / _TEMPERATURE).masked_fill(skipped, -1e4)
            log_p = logits - logits.logsumexp(1, keepdim=True)
            loss = -((log_p * same).sum(1) / same.sum(1).clamp_min(1)).mean()
            _step(optimiser, loss + 0.02 * (weight - start).square().sum())
        return weight.detach().numpy()


def _directions(x: FloatArray, count: int) -> FloatArray:
    """Principal directions [count, L] of rows [N, L]."""
    return np.ascontiguousarray(np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:count], np.float32)


def fit_logistic(x: FloatArray, y: NDArray[np.int8], seed: int, decay: float) -> tuple[FloatArray, FloatArray]:
    """Class-balanced logistic regression on [N, D]: weight [D], bias [1] (in the units of x)."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        mean, spread = x.mean(0), x.std(0) + 0.05
        inputs, target = torch.from_numpy((x - mean) / spread).float(), torch.from_numpy(y).float()
        balance = torch.where(target == 1, 0.5 / target.mean(), 0.5 / (1 - target.mean()))
        weight, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
        optimiser = torch.optim.AdamW([weight, bias], lr=0.02, weight_decay=0)
        for _ in range(_STEPS_DRAWN):
            loss = binary_cross_entropy_with_logits(inputs @ weight + bias, target, balance)
            _step(optimiser, loss + decay * weight.square().sum())
        scaled = weight.detach().numpy() / spread
        return scaled.astype(np.float32), (bias.detach().numpy() - scaled @ mean).astype(np.float32)


def cohort_centres(identity: FloatArray, owner: NDArray[np.int64], count: int, seed: int) -> FloatArray:
    """k-means centres [<= count, 128] of identity vectors; only those that mix at least three characters are kept."""
    from scipy.cluster.vq import kmeans2

    centres, label = kmeans2(identity.astype(np.float64), count, seed=seed, minit="++")
    mixed = [k for k in range(count) if len(set(owner[label == k].tolist())) >= 3]
    return unit(centres[mixed]).astype(np.float32)


@dataclass(frozen=True)
class Crops:
    """N crops of drawn characters as they are compared.

    Attributes:
        looks: [N, 128] identity vectors.
        pooled: [pictures in all, 1280] centred whole-picture features, by source.
        owner: [N] character.
        source: [N] picture.
    """

    looks: FloatArray
    pooled: FloatArray
    owner: NDArray[np.int64]
    source: NDArray[np.int64]


def episodes(
    crops: Crops, cohort: FloatArray, pictures: int, count: int, seed: int
) -> tuple[FloatArray, FloatArray, NDArray[np.int8]]:  # fmt: skip
    """Enrolment and clip out of `pictures` different pictures each, half of the pairs of one character.

    Args:
        crops: of all characters.
        cohort: [C, 128] as in `cohort_score`.
        pictures: different pictures a side.
        count: episodes.
        seed: of the draws.

    Returns:
        Cohort-normalised figure scores [count], whole-frame similarities [count], same character [count].
    """
    rng, owner, source = np.random.default_rng(seed), crops.owner, crops.source
    belongs = {c: np.unique(source[owner == c]) for c in np.unique(owner).tolist()}
    characters = [c for c, s in belongs.items() if len(s) >= 2 * pictures]
    scores, frames, same = [], [], []
    for k in range(count):
        a, b = rng.choice(characters, 2, replace=False)
        picked = rng.permutation(belongs[a])
        clip = picked[pictures : 2 * pictures] if k % 2 else rng.permutation(belongs[b])[:pictures]
        enrolled = picked[:pictures]
        scores.append(cohort_score(crops.looks[np.isin(source, enrolled)], crops.looks[np.isin(source, clip)], cohort))
        frames.append(float(unit(crops.pooled[enrolled].mean(0)) @ unit(crops.pooled[clip].mean(0))))
        same.append(k % 2)
    return np.array(scores, np.float32), np.array(frames, np.float32), np.array(same, np.int8)


def verification(z: FloatArray, identity: NDArray[np.int64], source: NDArray[np.int64]) -> dict[str, float]:
    """AUC, and true accept rate at 1 % false accepts, over all pairs of crops of different pictures."""
    similarity = unit(z) @ unit(z).T
    i, j = np.triu_indices(len(z), 1)
    apart = source[i] != source[j]
    i, j = i[apart], j[apart]
    same, value = identity[i] == identity[j], similarity[i, j]
    accept = np.quantile(value[~same], 0.99)
    return {"auc": round(auc(value, same), 4), "tar_at_far_1": round(float((value[same] > accept).mean()), 4)}


def auc(score: FloatArray, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, by ranks (Mann-Whitney; ties count half)."""
    from scipy.stats import rankdata

    ranks, n = rankdata(score), int(positive.sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(score) - n)))
