"""What the log-odds of `model/printmatch.py` count: fitted to made clips of photo identities in which many compete.

    python -m recipes.model.printmatch ../shared/traindata --cache runs/printviews

In: faceprints of photos as they are, degraded, masked and harmed (`printviews.py`). Out: the values of the parameters,
and what they do on identities that nothing was fitted on; both are printed.

A made clip shows one to three people, one photo each. Somebody is asked about who is in half of the clips; enrolled on
one to three photos, as are up to sixty others: whoever else is shown half of the time, look-alikes, and anybody. So
the fit knows what competition takes from the right one: thresholds fitted to pairs alone find too few (docs/LOG.md).
Nobody tells what drawn figures and bodies count here: these stay as `model/likeness.py` has them. What competing takes
from drawn figures is `figurecrowd.py`'s.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pvchat.identity.measures import made_out
from pvchat.model.marks import Marks
from pvchat.model.printmatch import PrintMatch
from pvchat.perception.experts.figurelooks import unit
from recipes.figures.figurefits import auc, descend
from recipes.model.printviews import AS_IS, DEGRADED, HARMED, MASKED, Photos, people_of

_FACES = (18.0, 7.0, -17.5, -4.5)  # a fit to pairs of photos
START = {"faces.bare": _FACES, "faces.masked": _FACES, "faces.poor": (0.0, 0.0), "crowd": 0.0}
STEPS, BATCH, HELD_BACK = 800, 32, 2_000
_RATE, _LAST = 0.03, 0.02  # of Adam, times how large a parameter starts; what is left of it at the end
_SHOWN, _ENROLLED, _OTHERS = 3, 3, 60  # people of a clip, photos of an enrollment, others enrolled: at most
_KNOWN = 0.5  # share of the others shown who are enrolled
_ALIKE, _ALIKE_SHARE = 10, 0.3  # people among whom look-alikes are drawn; share of those shown who are one
_COPIES = {MASKED: 0.14, AS_IS: 0.28, DEGRADED: 0.29, HARMED: 0.29}  # shares of the faces shown
_POORLY_ENROLLED = 0.3  # share of enrollments that are degraded


@dataclass(frozen=True)
class Episode:
    """A question: marks of whoever is asked about, of the others [R], of the tracks [J], whether she is there."""

    asked: Marks
    others: Marks
    tracks: Marks
    there: bool


class Draws(Protocol):
    """Whatever makes clips."""

    def draw(self) -> Episode:
        """One."""
        ...


class Drawing:
    """Made clips of the people of a split.

    Args:
        people: everybody's photos.
        seed: of the draws.
    """

    def __init__(self, people: Sequence[Photos], seed: int) -> None:
        self.people, self.rng = people, np.random.default_rng(seed)
        middles = np.stack([unit(p.prints[:, AS_IS].mean(0)) for p in people])
        self.alike = np.argsort(-(middles @ middles.T - 2 * np.eye(len(people))), axis=1)[:, :_ALIKE]

    def draw(self) -> Episode:
        """One."""
        rng, asked = self.rng, int(self.rng.integers(len(self.people)))
        there = bool(rng.random() < 0.5)
        count = int(rng.integers(1, _SHOWN + 1))
        beside = {self._other(asked) for _ in range(count - there)}
        shown = [*([asked] if there else []), *beside]
        known = {i for i in beside if rng.random() < _KNOWN}
        others = int(np.expm1(rng.uniform(0, np.log1p(_OTHERS))))
        drawn = rng.choice(len(self.people), min(others, len(self.people) // 2), replace=False)
        enrolled = known | set(drawn.tolist()) - {asked} - beside
        order = {i: rng.permutation(len(self.people[i])) for i in {asked, *shown, *enrolled}}
        tracks = Marks.stacked([self._track(i, int(order[i][-1]), at) for at, i in enumerate(shown)])
        rivals = [self._enrolled(i, order[i][:-1]) for i in enrolled] or [Marks.nothing()]
        return Episode(self._enrolled(asked, order[asked][:-1]), Marks.stacked(rivals), tracks, there)

    def _other(self, asked: int) -> int:
        """Somebody who is shown beside or in the place of whoever is asked about."""
        if self.rng.random() < _ALIKE_SHARE:
            return int(self.rng.choice(self.alike[asked]))
        return (asked + int(self.rng.integers(1, len(self.people)))) % len(self.people)

    def _enrolled(self, who: int, photos: Any) -> Marks:
        """Marks of somebody, of some of these photos [k], each as it is or degraded."""
        rows = photos[: int(self.rng.integers(1, min(_ENROLLED, len(photos)) + 1))]
        copy = DEGRADED if self.rng.random() < _POORLY_ENROLLED else AS_IS
        own = self.people[who]
        return Marks.of(prints=made_out(own.prints[rows, copy], False)[0], quality=float(own.quality[rows, copy].max()))

    def _track(self, who: int, photo: int, number: int) -> Marks:
        rng, own = self.rng, self.people[who]
        copy = int(rng.choice(list(_COPIES), p=list(_COPIES.values())))
        quality = float(own.quality[photo, copy])
        return Marks.of(prints=own.prints[photo, copy][None], quality=quality, behind=copy == MASKED, shown=number)


def odds(model: PrintMatch, episodes: Sequence[Episode]) -> Tensor:
    """[n] log-odds that whoever is asked about is there."""
    people = SimpleNamespace(
        marks=Marks.stacked([e.asked for e in episodes])[:, None], rivals=Marks.stacked([e.others for e in episodes])
    )
    tracks = Marks.stacked([e.tracks for e in episodes])
    return model(people, SimpleNamespace(marks=tracks, face_track=torch.zeros(len(episodes), 1).long())).odds[:, 0]


def fit(
    model: PrintMatch,
    drawing: Draws,
    steps: int = STEPS,
    batch: int = BATCH,
    start: Mapping[str, Any] = START,
) -> None:
    """Fit the parameters of `start`, in place, by cross-entropy."""
    fitted = {name: p for name, p in model.named_parameters() if name in start}
    with torch.no_grad():
        for name, p in fitted.items():
            p.copy_(torch.tensor(start[name]))
    groups = [{"params": [p], "lr": _RATE * max(1.0, float(p.detach().abs().max()))} for p in fitted.values()]
    optimiser = torch.optim.Adam(groups)
    slower = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, _LAST, steps)
    for _ in range(steps):
        episodes = [drawing.draw() for _ in range(batch)]
        target = torch.tensor([float(e.there) for e in episodes])
        loss = F.binary_cross_entropy_with_logits(odds(model, episodes), target)
        descend(optimiser, loss)
        slower.step()


def measured(model: PrintMatch, drawing: Draws, count: int = HELD_BACK) -> dict[str, float]:
    """AUC, log loss, share found and share kept out at 0, of some episodes."""
    episodes = [drawing.draw() for _ in range(count)]
    there = np.array([e.there for e in episodes])
    with torch.no_grad():
        found = torch.cat([odds(model, episodes[i : i + BATCH]) for i in range(0, count, BATCH)]).numpy()
    loss = float(np.logaddexp(0, np.where(there, -found, found)).mean())
    parts = {"AUC": auc(found, there), "log loss": loss, "found": (found[there] > 0).mean()}
    return {**parts, "kept out": (found[~there] <= 0).mean()}


def main(argv: list[str] | None = None) -> None:
    """Fit on the training identities, measure on the others, print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs/printviews"))
    args = parser.parse_args(argv)
    train, val = (people_of(args.traindata, args.cache, split) for split in ("train", "val"))
    model = PrintMatch()
    for title in ("as it is", "fitted"):
        if title == "fitted":
            fit(model, Drawing(train, seed=0))
            for name in START:
                values = model.get_parameter(name).detach().reshape(-1).tolist()
                sys.stdout.write(f"{name}: {', '.join(f'{value:.2f}' for value in values)}\n")
        scores = measured(model, Drawing(val, seed=5))
        sys.stdout.write(f"{title}, held back: {', '.join(f'{k} {v:.4f}' for k, v in scores.items())}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
