"""By what somebody is recognised: faceprints, a drawn figure's looks, hair and clothes; of people and of tracks alike.

In: numpy rows of a stored person or of a clip's tracks. Out: padded tensors that `printmatch.py` holds against each
other. They aren't trained on, and no language model reads them.

Legend: … any leading dimensions (B clips, P people, J tracks), n rows, of each kind as many as the longest has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pvchat.identity.competition import shown_together
from pvchat.identity.examples import is_masked
from pvchat.identity.measures import made_out
from pvchat.model.cliptokens import kept_tracks
from pvchat.schemas import BODY, FACEPRINT, LOOKS, ClipAnalysis, Track

FIGURE = 128  # width of a drawn figure's identity vectors


@dataclass
class Marks:
    """What is held against each other.

    Attributes:
        prints: […, n, 512] faceprints, of unit length.
        print_mask: […, n] which are real.
        figures: […, n, 128] identity vectors of a drawn figure, of unit length.
        figure_mask: […, n] which are real.
        looks: […, n, LOOKS] hair, clothes and build.
        look_mask: […, n] which are real.
        place: […, 1280] mean frame of the clip that it is from.
        quality: […] of the best sighting of the face, 0..1.
        sure: […] that there is a drawn figure, the locator's mean score, 0..1.
        behind: […] whether the face is behind a mask.
        shown: […] the same number for tracks of a clip that show one figure.
    """

    prints: Tensor
    print_mask: Tensor
    figures: Tensor
    figure_mask: Tensor
    looks: Tensor
    look_mask: Tensor
    place: Tensor
    quality: Tensor
    sure: Tensor
    behind: Tensor
    shown: Tensor

    @classmethod
    def of(
        cls,
        *,
        prints: Any = (),
        figures: Any = (),
        looks: Any = (),
        place: Any = (),
        quality: float = 1.0,
        sure: float = 1.0,
        behind: bool = False,
        shown: int = 0,
    ) -> Self:
        """One person's or one track's, from rows [n, W], any of which may be none."""
        kinds = ((prints, FACEPRINT), (figures, FIGURE), (looks, LOOKS))
        parts = [part for rows, width in kinds for part in _rows(rows, width)]
        where = torch.as_tensor(place).float() if len(place) else torch.zeros(BODY)
        return cls(
            parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], where,
            torch.tensor(float(quality)), torch.tensor(float(sure)), torch.tensor(bool(behind)), torch.tensor(shown),
        )  # fmt: skip

    @classmethod
    def nothing(cls, *leading: int) -> Self:
        """Of nobody, with leading dimensions; () is one."""
        return cls.of()._each(lambda part: part.expand(*leading, *part.shape) if leading else part)

    @classmethod
    def stacked(cls, marks: Sequence[Marks]) -> Self:
        """[k, …] of k that have the same number of leading dimensions; rows are padded."""
        return cls(*(_stacked([getattr(one, f.name) for one in marks]) for f in fields(cls)))

    @classmethod
    def joined(cls, marks: Sequence[Marks]) -> Self:
        """[Σ b, J, …] of clips [b, J_i, …]."""
        return cls.stacked([one[i] for one in marks for i in range(len(one))])

    def __len__(self) -> int:
        return len(self.quality)

    def __getitem__(self, index: Any) -> Self:
        """Of a part of the leading dimensions."""
        return self._each(lambda part: part[index])

    def to(self, device: torch.device | str) -> Self:
        """The same on another device."""
        return self._each(lambda part: part.to(device))

    def expanded(self, count: int) -> Self:
        """[count, …] of the same ones again and again; nothing is copied."""
        return self._each(lambda part: part.expand(count, *part.shape))

    def only(self, shown: Tensor) -> Self:
        """Without what is hidden; shown […]."""
        kept = self[...]
        for name in ("print_mask", "figure_mask", "look_mask"):
            setattr(kept, name, getattr(kept, name) & shown[..., None])
        return kept

    @property
    def told(self) -> Tensor:
        """[…] whether anybody could be recognised by them: there are faceprints, or a drawn figure's looks."""
        return self.print_mask.any(-1) | self.figure_mask.any(-1)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Self:
        return type(self)(*(change(getattr(self, f.name)) for f in fields(self)))


def clip_marks(analysis: ClipAnalysis, most: int) -> Marks:
    """[J] of an analysed clip's tracks; those that tokens show (`kept_tracks`) come first, under their numbers.

    Faceprints in which nothing can be made out are left out, unless a track has no others.
    """
    kept = kept_tracks(analysis, most)
    order = [*kept, *sorted(set(range(len(analysis.tracks))).difference(kept))]
    groups, place = shown_together(analysis.tracks), analysis.mean_frame if order else ()
    found = [_of_track(analysis.tracks[i], place, int(groups[i])) for i in order]
    return Marks.stacked(found) if found else Marks.nothing(0)


def _of_track(track: Track, place: Any, shown: int) -> Marks:
    behind, prints = is_masked(track), track.prints.astype(np.float32)
    return Marks.of(
        prints=made_out(prints, behind)[0] if track.kind == "face" and len(prints) else (),
        figures=track.identity if track.kind == "figure" and track.identity.shape[1] == FIGURE else (),
        looks=track.looks.astype(np.float32), place=place, quality=track.quality.max(initial=0.0),
        sure=track.scores.mean() if len(track) else 0.0, behind=behind, shown=shown,
    )  # fmt: skip


def middle(rows: Tensor, mask: Tensor) -> Tensor:
    """The mean direction […, W] of the real ones of some rows […, n, W]."""
    return F.normalize((rows * mask[..., None]).sum(-2), dim=-1)


def _rows(rows: Any, width: int) -> tuple[Tensor, Tensor]:
    """[n, width] float32 and [n] which are real: one that isn't where there is none."""
    if not len(rows):
        return torch.zeros(1, width), torch.zeros(1, dtype=torch.bool)
    found = torch.as_tensor(rows).float()
    return found, torch.ones(len(found), dtype=torch.bool, device=found.device)


def _stacked(parts: Sequence[Tensor]) -> Tensor:
    """Tensors of one number of dimensions, padded with zeros to the largest and stacked."""
    sizes = [max(sizes) for sizes in zip(*(part.shape for part in parts), strict=True)]
    out = parts[0].new_zeros(len(parts), *sizes)
    for whole, part in zip(out, parts, strict=True):
        whole[tuple(slice(n) for n in part.shape)] = part
    return out
