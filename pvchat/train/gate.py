"""The gate that one person's state must pass: it tells her from others, under any name, and leaves the rest alone.

In: the trained person, her held-back clips. Out: `Gate`: numbers, whether she passes. The clips are those of the test
split, else of the validation split, which chose the best step (then the numbers flatter a little).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from pvchat.train.basedata import BaseData, generic_rows
from pvchat.train.examples import ALIASES
from pvchat.train.trainee import BaseTrainee, asks_presence

RECALL = 0.7  # of yes and of no, each for itself: "always yes" is what tokens learn without hard negatives
SWAP = 0.9  # of the decisions that stay when she is called otherwise
DRIFT = 0.01  # of the generic questions of which the base was sure may change
SURE = 0.4  # log-odds (60 : 40) from which it was
GENERIC_ROWS = 48
_Z = 1.96  # of the interval of a share (95 %)
_MOST = 48  # clips of a side
_STEPS, _PRIOR = 200, 0.05  # of the calibration's fit; weight of (scale - 1)² + bias²


@dataclass(frozen=True)
class Gate:
    """What the gate measured; calibrated log-odds are scale · odds + bias."""

    yes_recall: float  # share of the clips with her that are told right, after calibration
    no_recall: float  # of those without her
    swap: float  # share of decisions that stay under another name
    drift: float  # share of sure generic answers that change
    asked: int  # how many of these there are
    clips: int  # how many of either side
    scale: float
    bias: float

    @property
    def passed(self) -> bool:
        """Whether her state is kept."""
        recalled = min(self.yes_recall, self.no_recall) >= RECALL
        return recalled and self.swap >= SWAP and wilson_lower_bound(self.drift, self.asked) <= DRIFT and self.scale > 0

    def to_dict(self) -> dict[str, Any]:
        """All numbers, JSON-ready."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


@torch.no_grad()
def examine(trainee: BaseTrainee, data: BaseData, seed: int = 0) -> Gate:
    """Put a trained person to the test, with her best parameters; `seed` is that of the draw."""
    clips = held_out_clips(data, seed)
    alias = next(a for a in ALIASES if a not in (data.name, *data.others))
    there = np.array([side for _, side in clips], bool)
    odds = [[float(trainee.presence_odds(data, clip, name)) for clip, _ in clips] for name in (data.name, alias)]
    scale, bias = calibrate(odds[0], there.tolist())
    said, other = scale * np.array(odds) + bias > 0
    yes, no, swap = _rate(said[there]), _rate(~said[~there]), _rate(said == other)
    return Gate(yes, no, swap, *_drift(trainee, data, seed), int(there.sum()), scale, bias)


def wilson_lower_bound(share: float, count: int) -> float:
    """The lower end of a share's interval (Wilson): one answer of 48 doesn't show that more than one in 100 change."""
    if not count:
        return share
    middle, spread = share + _Z**2 / (2 * count), (share * (1 - share) / count + _Z**2 / (4 * count**2)) ** 0.5
    return max(0.0, (middle - _Z * spread) / (1 + _Z**2 / count))


def held_out_clips(data: BaseData, seed: int) -> list[tuple[int, bool]]:
    """Clips that she wasn't trained on, and whether she is in each; as many of either side, at most `_MOST`."""
    for split in ("test", "val", "train"):
        found = {e.clip: e.present[0] for e in data.examples if e.split == split and asks_presence(e)}
        sides = [[clip for clip, there in sorted(found.items()) if there == side] for side in (True, False)]
        if all(sides):
            break
    rng = np.random.default_rng([seed, 11])
    count = min(_MOST, *(len(side) for side in sides))
    return [(int(c), side) for side, clips in zip((True, False), sides, strict=True)
            for c in rng.permutation(clips)[:count]]  # fmt: skip


def calibrate(odds: list[float], truth: list[bool]) -> tuple[float, float]:
    """Scale and bias that make log-odds probabilities (Platt), with a pull to 1 and 0: few clips tell little."""
    if not odds:
        return 1.0, 0.0
    x, y = torch.tensor(odds), torch.tensor([float(t) for t in truth])
    with torch.enable_grad():
        values = torch.tensor([1.0, 0.0], requires_grad=True)
        optimizer = torch.optim.Adam([values], lr=0.05)
        for _ in range(_STEPS):
            optimizer.zero_grad()
            loss = F.binary_cross_entropy_with_logits(values[0] * x + values[1], y)
            (loss + _PRIOR * ((values[0] - 1) ** 2 + values[1] ** 2) / len(odds) ** 0.5).backward()
            optimizer.step()
    scale, bias = values.detach().tolist()
    return float(scale), float(bias)


def _drift(trainee: BaseTrainee, data: BaseData, seed: int) -> tuple[float, int]:
    """Share of the generic answers of which the base was sure before training that are others now; how many it was."""
    rows = [row for row in dict.fromkeys(generic_rows(data, "val", GENERIC_ROWS, seed)) if row in data.untrained_odds]
    sure = [row for row in rows if abs(data.untrained_odds[row]) >= SURE]
    now = trainee.generic_odds(data, sure)
    return _rate([(now[row] > 0) != (data.untrained_odds[row] > 0) for row in sure]), len(sure)


def _rate(hits: Any) -> float:
    return float(np.mean(hits)) if len(hits) else 0.0
