"""Identity episodes for a base: somebody's tokens from some pictures, then other pictures of her, or of somebody alike.

In: image sets with identities, each a folder with a `metadata.jsonl`. Out: `IdentityEpisode`s, drawn with the step as
seed. Half are her, half are others; half of the others are the nearest by the base's own visual tokens (hard
negatives).

Legend: W width of the base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pvchat.augment.lines import read_lines
from pvchat.bases.loading import Base
from pvchat.bases.marking import Frames
from pvchat.bases.soft import personal_start, visual_tokens
from pvchat.errors import SettingsError
from pvchat.train.examples import ALIASES

REFERENCES = 2  # pictures that tokens are made of
NEAREST = 3  # identities that count as alike
_SIDE = 160  # pixels of a picture


@dataclass(frozen=True)
class Identity:
    """One identity: her pictures, and whether training may see her."""

    name: str
    files: tuple[Path, ...]
    held_back: bool


@dataclass(frozen=True)
class IdentityEpisode:
    """One question: is the identity of this number, under this name, in this picture?"""

    identity: int
    name: str
    picture: Path
    present: bool


class Identities:
    """Identities of some sets below a folder, their tokens and who looks like whom, made once for a base.

    Raises:
        SettingsError: fewer than two identities with enough pictures.
    """

    def __init__(self, root: Path, sets: Sequence[str], base: Base, held_back: bool) -> None:
        self.base = base
        self.all = [one for one in read_identities(root, sets) if one.held_back == held_back]
        if len(self.all) < 2:
            hint = f"--data needs two people with {REFERENCES + 1} pictures each in every split."
            raise SettingsError("too few identities", subject=str(root), hint=hint)
        self._tokens: dict[int, Tensor] = {}

    def tokens(self, number: int) -> Tensor:
        """[16, W] tokens of an identity, from its first pictures."""
        if number not in self._tokens:
            pictures = [read_picture(path) for path in self.all[number].files[:REFERENCES]]
            self._tokens[number] = personal_start(self.base, pictures)
        return self._tokens[number]

    def draw(self, step: int, seed: int, count: int) -> list[IdentityEpisode]:
        """Episodes of one step: her and others in turn."""
        rng = np.random.default_rng([seed, step, int(self.all[0].held_back)])
        return [self._episode(rng, i) for i in range(count)]

    def _episode(self, rng: np.random.Generator, place: int) -> IdentityEpisode:
        number = int(rng.integers(len(self.all)))
        shown = number if place % 2 == 0 else self._other_identity(number, rng, hard=place % 4 == 1)
        files = self.all[shown].files[REFERENCES:]
        name = ALIASES[rng.integers(len(ALIASES))]
        return IdentityEpisode(number, name, files[rng.integers(len(files))], shown == number)

    def _other_identity(self, number: int, rng: np.random.Generator, hard: bool) -> int:
        far = self._distances[number].clone()
        far[number] = torch.inf
        alike = far.argsort()[: min(NEAREST, len(self.all) - 1)].tolist()
        pool = alike if hard else [i for i in range(len(self.all)) if i != number]
        return int(pool[rng.integers(len(pool))])

    @cached_property
    def _distances(self) -> Tensor:
        pictures = [read_picture(one.files[0]) for one in self.all]
        means = torch.stack([visual_tokens(self.base, [p]).mean(0) for p in pictures])
        return torch.cdist(means, means).cpu()


def read_identities(root: Path, sets: Sequence[str]) -> list[Identity]:
    """Everyone of some sets with more pictures than tokens are made of."""
    found: dict[tuple[str, str], list[tuple[Path, bool]]] = {}
    for name in sets:
        if (root / name).is_dir():
            for row in read_lines(root / name / "metadata.jsonl"):
                if row.get("identity"):
                    place = root / name / row["file"]
                    found.setdefault((name, str(row["identity"])), []).append((place, row["split"] == "val"))
    kept = {key: sorted(files) for key, files in sorted(found.items()) if len(files) > REFERENCES}
    return [Identity(key[1], tuple(f for f, _ in files), files[0][1]) for key, files in kept.items()]


def read_picture(path: Path) -> Frames:
    """A picture, its longer side `_SIDE` pixels at most; raises SettingsError where it is unreadable."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            small = image.convert("RGB")
    except OSError as error:
        raise SettingsError("this picture can't be read", subject=str(path)) from error
    small.thumbnail((_SIDE, _SIDE))
    return np.array(small)  # writable: processors make tensors of it
