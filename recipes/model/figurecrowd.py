"""What competing with many takes from a drawn figure (`model/printmatch.py`): fitted to made clips of drawn characters.

    python -m recipes.model.figurecrowd ../shared/traindata

In: the sets `anime` and `anime_hair`, of their `val` splits, which the comparison of figures was never trained on
(`figurelikeness.py`). Out: `DRAWN_CROWD` and what it does, printed.

A made clip shows one figure, on three pictures each seen twice, in copies that are harmed in half of the clips. Seven
characters have several pictures: one of them is asked about, and is there in half of the clips. In her place stands
another of them or one of whom there is a single picture. Up to sixty others are enrolled: the other characters half of
the time, and those single ones.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.model.marks import Marks
from pvchat.model.printmatch import PrintMatch
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.figures import FigureExpert
from pvchat.schemas import FloatArray
from recipes.figures.figurelikeness import copies_of
from recipes.model.printmatch import Episode, fit, measured

START = {"drawn_crowd": 0.0}
MILD = 4  # copies of a picture as it is and a little changed; the others are harmed
_HARMED, _SEED = 3, 21
_PICTURES, _TWICE = 3, 2  # pictures a side; sightings of each
_HARD = 0.5  # share of the clips that show harmed copies
_KNOWN, _UNKNOWN = 0.5, 0.5  # shares: of others who are enrolled; of those in her place of whom there is one picture
_OTHERS = 60  # others enrolled, at most
_MADE = 2_000  # clips that are measured


@dataclass(frozen=True)
class Characters:
    """Pictures of drawn characters.

    Attributes:
        vectors: [C, n, 128] identity vectors of C copies of each picture, the first `MILD` not harmed.
        who: [n] whose picture; -1 for a character of her own.
    """

    vectors: FloatArray
    who: Any

    @classmethod
    def read(cls, traindata: Path) -> Characters:
        """Those that nothing was trained on."""
        expert = FigureExpert()
        found = copies_of(traindata, "val", FrameExpert(), _HARMED, _SEED)
        vectors = np.stack([expert.identity(one.astype(np.float32)) for one in found.maps])
        return cls(vectors, found.character)


class Drawing:
    """Made clips of drawn characters.

    Args:
        of: the pictures.
        seed: of the draws.
    """

    def __init__(self, of: Characters, seed: int) -> None:
        self.of, self.rng = of, np.random.default_rng(seed)
        self.known = [np.flatnonzero(of.who == who) for who in np.unique(of.who[of.who >= 0])]
        self.single = np.flatnonzero(of.who < 0)

    def draw(self) -> Episode:
        """One."""
        rng = self.rng
        asked, other, *rest = (rng.permutation(self.known[i]) for i in rng.permutation(len(self.known)))
        there, single = bool(rng.random() < 0.5), rng.permutation(self.single)
        instead = single[:1] if rng.random() < _UNKNOWN else other[:_PICTURES]
        known = [pictures for pictures in (other[_PICTURES:], *rest) if rng.random() < _KNOWN]
        beside = [*known, *single[1:, None]][: int(np.expm1(rng.uniform(0, np.log1p(_OTHERS))))]
        rivals = [self._enrolled(pictures) for pictures in beside] or [Marks.nothing()]
        shown = self._seen(asked[_PICTURES : 2 * _PICTURES] if there else instead)
        return Episode(self._enrolled(asked), Marks.stacked(rivals), Marks.stacked([shown]), there)

    def _enrolled(self, pictures: Any) -> Marks:
        rows = pictures[:_PICTURES]
        return Marks.of(figures=self.of.vectors[int(self.rng.integers(MILD)), rows])

    def _seen(self, pictures: Any) -> Marks:
        """A track's, each sighting another copy."""
        low, high = (MILD, len(self.of.vectors)) if self.rng.random() < _HARD else (0, MILD)
        copies = [(int(self.rng.integers(low, high)), i) for i in np.repeat(pictures, _TWICE)]
        return Marks.of(figures=np.stack([self.of.vectors[copy, i] for copy, i in copies]))


def main(argv: list[str] | None = None) -> None:
    """Fit and measure, and print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("traindata", type=Path)
    args = parser.parse_args(argv)
    characters, model = Characters.read(args.traindata), PrintMatch()
    fit(model, Drawing(characters, seed=0), start=START)
    sys.stdout.write(f"drawn_crowd: {float(model.drawn_crowd.detach()):.2f}\n")
    scores = measured(model, Drawing(characters, seed=5), _MADE)
    sys.stdout.write(f"fitted, other draws: {', '.join(f'{k} {v:.4f}' for k, v in scores.items())}\n")


if __name__ == "__main__":
    main()
