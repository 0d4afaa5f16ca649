"""Captioned pictures as batches for the model, out of cached features.

In: metadata of image sets and `features.GridFeatures`. Out: batches of `ClipFeatures` with sentences, drawn in an
order that is a function of (seed, step) alone: a run that stopped goes on exactly there by remembering the step.

Augmentation of a picture's grid tokens: mirrored (unless its caption speaks of left or right), cells hidden, noise.

Legend: B batch, N cells of a grid, W width, S sentence width.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pvchat.errors import SettingsError
from pvchat.model.cliptokens import SCENE, scene_rows
from pvchat.model.config import ModelConfig
from pvchat.schemas import FloatArray
from recipes.model.base.features import GridFeatures, grid_folder
from recipes.model.batches import ClipFeatures, ExpertTokens, alone
from recipes.pictures import read_metadata

SIDED = re.compile(r"\b(left|right)\b", re.IGNORECASE)  # a caption that a mirrored picture would contradict
_SPACED = re.compile(r"\s+([.,;:!?])")


@dataclass(frozen=True)
class Photo:
    """One captioned picture.

    Attributes:
        set, file: where it lies.
        validation: belongs to the validation split.
        captions: tidied; empty for pictures with labels only.
        auto: no person wrote captions: a template or labels.
        row: its line of `metadata.jsonl`.
    """

    set: str
    file: str
    validation: bool
    captions: tuple[str, ...]
    auto: bool
    row: dict[str, Any]


class Shuffle:
    """An endless shuffled order of n examples: epoch e is the permutation that (seed, e) gives."""

    def __init__(self, count: int, seed: int) -> None:
        if count < 1:
            raise SettingsError("no training examples were found", hint="Check --data and the sets asked for.")
        self.count, self.seed = count, seed
        self._epoch, self._permutation = -1, np.zeros(0, np.int64)

    def take(self, start: int, count: int) -> list[int]:
        """The examples at positions start … start + count - 1."""
        return [self._at(position) for position in range(start, start + count)]

    def _at(self, position: int) -> int:
        epoch, place = divmod(position, self.count)
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, epoch])
            self._epoch, self._permutation = epoch, rng.permutation(self.count)
        return int(self._permutation[place])


class Pictures:
    """Photos with their grids.

    Args:
        photos: some or all of their sets' pictures.
        cache: the folder with `<set>.grid`.
        config: of the model that reads them.
        views: random crops of each picture, as far as the cache has them.
    """

    def __init__(self, photos: Sequence[Photo], cache: Path, config: ModelConfig, views: int = 0) -> None:
        self.config = config
        names = sorted({p.set for p in photos})
        self._grids = {name: GridFeatures(grid_folder(cache, name)) for name in names}
        self.photos = [p for p in photos if p.file in self._grids[p.set].row]
        crops = [(name, grid_folder(cache, name, view)) for name in names for view in range(1, views + 1)]
        self._views: dict[str, list[GridFeatures]] = {name: [] for name in names}
        for name, folder in crops:
            if folder.is_dir():
                self._views[name].append(GridFeatures(folder))

    def __len__(self) -> int:
        return len(self.photos)

    def grids(self, rows: Sequence[int], rng: np.random.Generator | None = None) -> FloatArray:
        """Grid tokens [B, N, W] float32; with a generator of the picture or one of its views, by chance."""
        chosen = [self.photos[i] for i in rows]
        return np.concatenate([self._features_of(p, rng).read([p.file]) for p in chosen]).astype(np.float32)

    def _features_of(self, photo: Photo, rng: np.random.Generator | None) -> GridFeatures:
        """The features that show a photo: its own or a view's."""
        views = [v for v in self._views[photo.set] if photo.file in v.row]
        number = 0 if rng is None or not views else int(rng.integers(len(views) + 1))
        return views[number - 1] if number else self._grids[photo.set]

    def fingerprint(self) -> str:
        """Hash of the pictures and their captions: a resumed run must see the same."""
        text = "\n".join(f"{p.set}/{p.file} {len(p.captions)}" for p in self.photos)
        return sha256(text.encode()).hexdigest()[:16]


def read_photos(root: Path, sets: Sequence[str], *, labelled: bool = False) -> list[Photo]:
    """All captioned pictures of some sets.

    Args:
        root: the folder of sets.
        sets: their names; a set of frames of clips counts as pictures.
        labelled: also pictures with labels only.
    """
    found = []
    for name in sets:
        for row in read_metadata(root / name):
            captions = tuple(dict.fromkeys(tidy(text) for text in row.get("captions", []) if text.strip()))
            if captions or labelled:
                auto = bool(row.get("captions_auto")) or not captions
                found.append(Photo(name, row["file"], row["split"] == "val", captions, auto, row))
    return found


def tidy(text: str) -> str:
    """A caption as a sentence: no space before punctuation, a capital first, a full stop last."""
    text = _SPACED.sub(r"\1", " ".join(text.split())).strip(" \"'")
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def mirrored(grid: NDArray[Any]) -> NDArray[Any]:
    """Grid tokens [N, W] of the mirrored picture, nearly: the cells change places, what is in them doesn't."""
    side = int(round(len(grid) ** 0.5))
    return grid.reshape(side, side, -1)[:, ::-1].reshape(grid.shape)


def augment(
    grids: FloatArray, mirror: Sequence[bool], drop: float, noise: float, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Augmented grids [B, N, W] and which cells stay [B, N].

    Args:
        grids: [B, N, W].
        mirror: for each picture, may it be mirrored? Half of those are.
        drop: share of cells hidden.
        noise: standard deviation of the noise as a share of the features' own.
        rng: generator.
    """
    flip = rng.random(len(grids)) < 0.5
    out = np.stack([mirrored(g) if may and f else g for g, may, f in zip(grids, mirror, flip, strict=True)])
    keep = rng.random(out.shape[:2]) >= drop * rng.random((len(out), 1)) * 2
    keep[:, 0] |= ~keep.any(1)
    if noise:
        out = out + noise * out.std() * rng.standard_normal(out.shape, np.float32)
    return out.astype(np.float32), keep


def picture_features(
    grids: FloatArray, keep: NDArray[np.bool_] | None, config: ModelConfig, body: NDArray[np.bool_] | None = None
) -> ClipFeatures:
    """Pictures as a batch of clips of one frame.

    Args:
        grids: [B, N, W].
        keep: [B, N] cells to show, None for all.
        config: says which experts the model has.
        body: [B] pictures that are also shown as a person's region: one token of the body expert, the grid's mean (what
            that expert makes of the picture). None for no such.
    """
    count, cells, _ = grids.shape
    like = alone(scene_rows(grids[:1], np.full(1, 0.5, np.float32), 1))
    mask = np.ones((count, cells), bool) if keep is None else keep
    made: dict[str, ExpertTokens] = {}
    for name, expert in config.experts.items():
        if name == "frame":
            where = like.where.expand(count, -1, -1)
            track = torch.full((count, cells), SCENE)
            made[name] = ExpertTokens(torch.from_numpy(grids), where, track, torch.from_numpy(mask))
        elif name == "body" and body is not None:
            where, whole = torch.zeros(count, 1, 5), torch.tensor([0.5, 0.0, 0.0, 1.0, 1.0])
            seen = torch.from_numpy(body)[:, None]
            made[name] = ExpertTokens(
                torch.from_numpy(grids.mean(1, keepdims=True)), where + whole, torch.zeros(count, 1).long(), seen
            )
        else:
            made[name] = _nothing(count, expert.width)
    return ClipFeatures(made)


def to_tensor(vectors: FloatArray, device: str = "cpu") -> Tensor:
    """A float32 tensor on a device."""
    return torch.from_numpy(np.ascontiguousarray(vectors, np.float32)).to(device)


def _nothing(count: int, width: int) -> ExpertTokens:
    """One masked token a clip: the expert saw nobody."""
    where, track = torch.zeros(count, 1, 5), torch.full((count, 1), SCENE)
    return ExpertTokens(torch.zeros(count, 1, width), where, track, torch.zeros(count, 1, dtype=torch.bool))
