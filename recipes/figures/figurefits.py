"""What is fitted for drawn figures: locator, identity space, drawn-or-photo, cohort, calibration; and the
measures.

In: numpy features (`figures.Samples`). Out: arrays for `perception/experts/figures.safetensors`. Every fit takes its
own seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.figures import cohort_score
from pvchat.perception.experts.headfiles import unit
from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    import torch

Arrays = dict[str, FloatArray]
_WIDTH, _HIDDEN = 96, 64  # channels of the locator's layers
_STEPS_LOCATOR, _STEPS_DRAWN = 1500, 300
_SPACE = 128  # main directions of a face's parts
_RIDGE = 1.0  # of the mean variance within a character, added before it is whitened: 34 characters don't tell it all


def fit_locator(
    maps: NDArray[np.float16], target: NDArray[np.int8], edges: FloatArray, seed: int, steps: int = _STEPS_LOCATOR
) -> Arrays:
    """Four convolutions on maps [S, C, h, w]: is a cell on a face (focal loss, Lin et al. 2017), log distances to its
    edges.

    Args:
        maps: of S scenes.
        target: [S, h, w] 1 on a face, 0 off it, -1 between.
        edges: [S, h, w, 4] left, top, right, bottom.
        seed: of the weights and the draws.
        steps: batches of 32 scenes.
    """
    import torch
    from torch import nn
    from torch.nn.functional import dropout2d

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        x, t, e = torch.from_numpy(maps), torch.from_numpy(target), torch.from_numpy(edges)
        sample = x[:400].float().permute(0, 2, 3, 1).reshape(-1, x.shape[1])
        mean, spread = sample.mean(0), sample.std(0) + 0.05
        model = nn.Sequential(
            nn.Conv2d(x.shape[1], _WIDTH, 1), nn.ReLU(), nn.Conv2d(_WIDTH, _HIDDEN, 3, padding=1), nn.ReLU(),
            nn.Conv2d(_HIDDEN, _HIDDEN, 3, padding=1), nn.ReLU(), nn.Conv2d(_HIDDEN, 5, 1),
        )  # fmt: skip
        optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.03)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
        for step in range(steps):
            i = torch.randint(len(x), (32,))
            seen, on, far = (x[i].float() - mean[:, None, None]) / spread[:, None, None], t[i], e[i]
            if step % 2:
                seen, on, far = seen.flip(3), on.flip(2), far.flip(2)[..., [2, 1, 0, 3]]
            descend(optimiser, _locating(model(dropout2d(seen, 0.1)), on, far))
            schedule.step()
        return _fold(model, mean, spread)


def _locating(out: torch.Tensor, target: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
    """Loss of out [B, 5, h, w]: balanced focal cross-entropy, and how far the logs of a face's edges are off."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

    face, known = target == 1, target >= 0
    entropy = binary_cross_entropy_with_logits(out[:, 0], face.float(), reduction="none")
    right = torch.where(face, out[:, 0].sigmoid(), 1 - out[:, 0].sigmoid())
    weight = torch.where(face, 0.75, 0.25) * (1 - right).square() * known
    found = out[:, 1:].permute(0, 2, 3, 1)[face]
    far = smooth_l1_loss(found, edges[face].clamp_min(0.01).log(), beta=0.2)
    return 4 * (weight * entropy).sum() / (face.sum() + 1) + far


def _fold(model: torch.nn.Sequential, mean: torch.Tensor, spread: torch.Tensor) -> Arrays:
    """The layers as arrays, the standardisation of the input folded into the first, which sees one cell at a time."""
    found: Arrays = {}
    layers: list[Any] = list(model)[::2]
    for number, layer in enumerate(layers):
        weight, bias = layer.weight.detach(), layer.bias.detach()
        if number == 0:
            weight = weight / spread[None, :, None, None]
            bias = bias - weight[:, :, 0, 0] @ mean
        found |= {f"locator.{number}.weight": weight.numpy(), f"locator.{number}.bias": bias.numpy()}
    return found


def descend(optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    """One step down a loss."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def fit_parts(looks: FloatArray, owner: NDArray[np.int64], others: FloatArray) -> Arrays:
    """Whitening of looks [N, L] by what varies within a character (light, size, artist), then main directions.

    Args:
        looks: appearance of N crops of known characters, light and sharpness changed in some.
        owner: [N] character.
        others: [M, L] of drawn faces of whom nobody knows who they are: what varies among characters.
    """
    mean, spread = looks.mean(0), looks.std(0)
    spread = spread + 1e-3 * looks.std()
    scaled, rest = (unit((x - mean) / spread) for x in (looks, others))
    middle = scaled.mean(0)
    apart = np.concatenate([scaled[owner == c] - scaled[owner == c].mean(0) for c in np.unique(owner)])
    within = apart.T @ apart / len(apart)
    within += _RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    whiten = np.linalg.cholesky(np.linalg.inv(within))
    everyone = (np.concatenate([scaled, rest]) - middle) @ whiten
    main = np.linalg.svd(everyone, full_matrices=False)[2][:_SPACE]
    return {"looks.mean": mean, "looks.spread": spread, "parts.mean": middle, "parts.weight": main @ whiten.T}


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
            descend(optimiser, loss + decay * weight.square().sum())
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
        owner: [N] character.
        source: [N] picture.
    """

    looks: FloatArray
    owner: NDArray[np.int64]
    source: NDArray[np.int64]


def episodes(
    crops: Crops, cohort: FloatArray, pictures: int, count: int, seed: int
) -> tuple[FloatArray, NDArray[np.int8]]:  # fmt: skip
    """Enrolment and clip out of `pictures` different pictures each, half of the pairs of one character.

    Args:
        crops: of all characters.
        cohort: [C, 128] as in `cohort_score`.
        pictures: different pictures a side.
        count: episodes.
        seed: of the draws.

    Returns:
        Cohort-normalised figure scores [count], same character [count].
    """
    rng, owner, source = np.random.default_rng(seed), crops.owner, crops.source
    belongs = {c: np.unique(source[owner == c]) for c in np.unique(owner).tolist()}
    characters = [c for c, s in belongs.items() if len(s) >= 2 * pictures]
    scores, same = [], []
    for k in range(count):
        a, b = rng.choice(characters, 2, replace=False)
        picked = rng.permutation(belongs[a])
        clip = picked[pictures : 2 * pictures] if k % 2 else rng.permutation(belongs[b])[:pictures]
        enrolled = picked[:pictures]
        scores.append(cohort_score(crops.looks[np.isin(source, enrolled)], crops.looks[np.isin(source, clip)], cohort))
        same.append(k % 2)
    return np.array(scores, np.float32), np.array(same, np.int8)


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
