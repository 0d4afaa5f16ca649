"""Measures of who is there: accuracy, balanced accuracy, AUC, TPR, TNR, F1, calibration error.

Of arrays over n decisions: truth, predicted ("present"; unsure counts as not, as in a plain yes/no score), probability.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.eval.metrics.bootstrap import Array, Bootstrap, Measure, ratio, with_interval
from pvchat.schemas import Flags

BINS = 10  # of equal width, as in Guo et al. 2017 (arXiv 1706.04599), who use 15 on far larger sets


def counts(truth: Flags, predicted: Flags) -> Array:
    """[n, 4]: true positive, false positive, false negative, true negative of each row."""
    cells = truth & predicted, ~truth & predicted, truth & ~predicted, ~truth & ~predicted
    return np.stack(cells, 1).astype(np.float64)


def existence(
    boot: Bootstrap, clips: Sequence[str], truth: Flags, predicted: Flags, chance: Array
) -> dict[str, Measure]:
    """All yes/no measures of single existence questions."""
    sums = counts(truth, predicted)
    return {
        "accuracy": boot.measure(clips, sums, lambda s: ratio(np.stack([s[:, 0] + s[:, 3], s.sum(1)], 1))),
        "balanced_accuracy": boot.measure(clips, sums, balanced_accuracy),
        "auc": auc(boot, clips, truth, chance),
        "tpr": boot.measure(clips, sums, lambda s: rates(s)[:, 0]),
        "tnr": boot.measure(clips, sums, lambda s: rates(s)[:, 1]),
    }


def rates(sums: Array) -> Array:
    """TPR and TNR, NaN where no such truth occurs: [R, 2]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[:, [0, 3]] / (sums[:, [0, 3]] + sums[:, [2, 1]])


def balanced_accuracy(sums: Array) -> Array:
    """Mean of TPR and TNR; where only one truth occurs, that one's rate: [R]."""
    both = rates(sums)
    with np.errstate(invalid="ignore"):
        return np.nansum(both, 1) / np.isfinite(both).sum(1)


def f1(sums: Array) -> Array:
    """Harmonic mean of precision and recall of "present"; NaN where nobody is there and nobody was claimed: [R]."""
    return ratio(np.stack([2 * sums[:, 0], 2 * sums[:, 0] + sums[:, 1] + sums[:, 2]], 1))


def auc(boot: Bootstrap, clips: Sequence[str], truth: Flags, chance: Array) -> Measure:
    """Area under the ROC curve, ties counted half; None where only one truth occurs."""
    if not len(truth) or truth.all() or not truth.any():
        return Measure(None, None, None, len(truth), len(set(clips)))
    names, index = np.unique(np.asarray(clips), return_inverse=True)
    value = weighted_auc(np.ones((1, len(truth))), truth, chance)[0]
    drawn = weighted_auc(boot.draws(len(names))[:, index], truth, chance) if len(names) > 1 else np.zeros(0)
    return with_interval(value, drawn, len(truth), len(names))


def weighted_auc(weights: Array, truth: Flags, chance: Array) -> Array:
    """AUC with row weights [R, n]: the share of (present, absent) pairs in the right order, ties half: [R]."""
    order = np.argsort(chance, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(chance[order]) > 0])  # groups of equal chance
    up = np.add.reduceat(weights[:, order] * truth[order], starts, axis=1)
    down = np.add.reduceat(weights[:, order] * ~truth[order], starts, axis=1)
    below = np.cumsum(down, 1) - down
    with np.errstate(divide="ignore", invalid="ignore"):
        return (up * (below + down / 2)).sum(1) / (up.sum(1) * down.sum(1))


def calibration_error(boot: Bootstrap, clips: Sequence[str], truth: Flags, chance: Array) -> Measure:
    """Expected calibration error: the gap between mean probability and truth in a bin, weighted by the bin's count."""
    place = np.eye(BINS)[np.minimum((chance * BINS).astype(np.int64), BINS - 1)] if len(chance) else np.zeros((0, BINS))
    sums = np.concatenate([place * (chance - truth)[:, None], place], 1)
    return boot.measure(clips, sums, lambda s: np.abs(s[:, :BINS]).sum(1) / s[:, BINS:].sum(1))
