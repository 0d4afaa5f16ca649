"""Questions of every kind that users ask, in many wordings: those of training and those kept back share none.

In: a kind, names, words about what was measured. Out: the plain wording, which the rules read for certain (they are the
teacher), and the wording that the model is asked with, which they may misread. The wordings lie in
`questionbank.json`, several in one text between bars.

{0} and {1} are names, {x} is what is asked for ("a red top", "sitting", "left"). A pronoun may stand for {0}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

About = Literal["one", "two", "clip"]


@dataclass(frozen=True)
class QuestionWording:
    """One kind of question: about whom, as the rules read it, and other words of training and validation."""

    about: About
    plain: str
    training: tuple[str, ...]
    kept_back: tuple[str, ...]

    def draw(self, rng: np.random.Generator, validation: bool) -> str:
        """A wording: of validation one that training never saw."""
        pool = self.kept_back if validation else (self.plain, *self.training)
        return pool[int(rng.integers(len(pool)))]


@lru_cache(maxsize=1)
def bank() -> Mapping[str, QuestionWording]:
    """Every kind of question by name."""
    rows = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return {
        kind: QuestionWording(
            row["about"], row["plain"], *(tuple(row[k].split(" | ")) for k in ("training", "kept_back"))
        )
        for kind, row in rows.items()
    }


def kinds(about: About) -> tuple[str, ...]:
    """The kinds about one person, about two, or about the clip."""
    return tuple(kind for kind, wording in bank().items() if wording.about == about)
