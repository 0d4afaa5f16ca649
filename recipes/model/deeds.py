"""Fit what the Q-Former says of deeds, and how much that counts (`pvchat/model/pretrained/embedded/deeds.safetensors`).

    python -m recipes.model.deeds TRAINDATA --out pvchat/model/pretrained/embedded/deeds.safetensors

In: the people of `recipes/deeds`, whose deeds were read by eye. Out: the head that `pvchat/model/deeds.py` reads, and a
card. The model stays as it is: a linear softmax learns from the mean of its queries, where somebody is. Of people from
other films and photos than it learned from, it and the head over measurements say how sharp each must be for their
product to be the likeliest. Run it anew whenever that head or the model changes.

Legend: n people, C deeds, D model width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from pvchat.model.config import PRETRAINED
from pvchat.model.describer import Describer
from pvchat.model.sentences import SentenceEncoder
from pvchat.model.trained import TrainedModel
from pvchat.perception.deeds import KINDS
from pvchat.perception.experts.attributes import ImageNetHead
from pvchat.schemas import FloatArray
from recipes.deeds.train import Seen, learn, look, prior, truth_of, worth_of
from recipes.heads import STEPS, arguments, softmax_head, write_head
from recipes.posture.by_eye import FOLDS

DECAY, LEAST_SPREAD = 0.006, 0.05  # of the head over the queries
PULL = 0.02  # towards nothing added


def main(words: list[str] | None = None) -> None:
    """Look at all that was read, fit, write the head and its card."""
    args, people, read = arguments(__doc__ or "", words), list[Seen](), list[FloatArray]()
    describer = Describer(TrainedModel(PRETRAINED / "embedded", "cpu"), SentenceEncoder().encode)
    for number, (one, analysis, track) in enumerate(look(args.traindata)):
        alone = replace(analysis, key=str(number), tracks=[track])  # what is kept of a clip is kept by its key
        people, read = [*people, one], [*read, describer.mean_query(alone, 0)]
    fold, things = folds(people, args.seed), ImageNetHead().weight
    measured = np.zeros((len(people), len(KINDS)), np.float32)
    for k in range(FOLDS):
        head = learn([one for one, f in zip(people, fold, strict=True) if f != k], things)
        mine_of = np.stack([one.described for one, f in zip(people, fold, strict=True) if f == k])
        measured[fold == k] = mine_of @ head["weight"].T + head["bias"]
    arrays, card = fit(people, np.stack(read), measured, fold)
    write_head(args.out, arrays, card)


def folds(people: Sequence[Seen], seed: int) -> NDArray[np.int64]:
    """[n] which fold each is in: all of a film or photo in one."""
    sources = np.unique([f"{one.set} {one.source}" for one in people], return_inverse=True)[1]
    return np.random.default_rng(seed).integers(0, FOLDS, sources.max() + 1)[sources]


def fit(
    people: list[Seen], read: FloatArray, measured: FloatArray, fold: NDArray[np.int64]
) -> tuple[dict[str, NDArray[np.float16]], dict[str, object]]:
    """The head and its card.

    Args:
        people: n.
        read: [n, D] of the queries.
        measured: [n, C] log-odds as stated, of each by a head over measurements that learned from other folds.
        fold: [n].
    """
    truth = np.stack([truth_of(one) for one in people])
    worth = worth_of(people, truth)
    said, before = np.zeros_like(truth), np.zeros_like(truth)
    for k in np.unique(fold):
        rest = fold != k
        counted = worth_of([one for one, f in zip(people, fold, strict=True) if f != k], truth[rest])
        weight, bias = softmax_head(read[rest], truth[rest], counted, DECAY, LEAST_SPREAD)
        said[~rest], before[~rest] = read[~rest] @ weight.T + bias, prior(truth[rest], counted)
    words = [measured - before, said]
    (other, own), more = together(words, truth, worth)
    weight, bias = softmax_head(read, truth, worth, DECAY, LEAST_SPREAD)
    bias = own * bias + more + (1 - other) * prior(truth, worth)
    arrays = {"weight": own * weight, "bias": bias, "other": np.array([other])}
    card = {
        "labels": KINDS, "people": len(people), "other": round(other, 3), "own": round(own, 3),
        "log-loss of the other alone": _loss(words[0], truth, worth),
        "log-loss of both": _loss(other * words[0] + own * said + more, truth, worth),
    }  # fmt: skip
    return {name: one.astype(np.float16) for name, one in arrays.items()}, card


def together(words: Sequence[FloatArray], truth: FloatArray, worth: FloatArray) -> tuple[list[float], FloatArray]:
    """How much each of several log-odds [n, C] counts, and what is added [C], for the least log-loss of the sum."""
    rows, shares, counted = [torch.from_numpy(one) for one in words], torch.from_numpy(truth), torch.from_numpy(worth)
    count, more = torch.full((len(rows),), 0.5, requires_grad=True), torch.zeros(truth.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([count, more], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        both = torch.stack([much * one for much, one in zip(count, rows, strict=True)]).sum(0) + more
        found = (-(torch.log_softmax(both, 1) * shares).sum(1) * counted).mean() + PULL * (more**2).sum()
        torch.autograd.backward(found)
        return found

    optimiser.step(loss)
    return [float(one) for one in count.detach()], more.detach().numpy()


def _loss(odds: FloatArray, truth: FloatArray, worth: FloatArray) -> float:
    """The weighed log-loss of log-odds [n, C]."""
    shares = torch.log_softmax(torch.from_numpy(odds), 1).numpy()
    return round(float((-(shares * truth).sum(1) * worth).mean()), 4)


if __name__ == "__main__":
    main()
