"""Presence as an input of the trained model: log-odds that people are in a clip, by `identity/presence.py`.

In: people as they are stored, an analysed clip. The language model gets how surely each is there as a part of her
embeddings (`PVChatModel.embed`): with another person in her place it changes. Nothing of it is trained along.

Legend: B clips, P people named.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor, nn

from pvchat.identity.presence import PresenceModel
from pvchat.model.connectors import VisualTokens
from pvchat.model.people import People
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis

EMPTY = -4.0  # log-odds that somebody is in a clip that shows nobody of her kind


class PresenceInput(nn.Module):
    """Log-odds of presence as the model takes them."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = nn.Parameter(torch.tensor([1.0, 0.0]))  # scale, offset: so that the model's yes begins at 0

    @cached_property
    def recogniser(self) -> PresenceModel:
        """Who is in a clip: the product's."""
        return PresenceModel.load()

    def certainty(self, odds: Tensor) -> Tensor:
        """Log-odds […] squashed to -1..1 for the language model (`recipes/answering/yes_threshold.py` fits how)."""
        return torch.tanh((self.heard[0] * odds - self.heard[1]) / 2)

    def forward(self, people: People, visual: VisualTokens) -> Tensor:
        """Log-odds [B, P] that each is in her clip; whoever isn't known counts as neither there nor absent."""
        rows = [
            self._of_clip(named, people.rivals, analysis, people.mask.shape[1])
            for named, analysis in zip(people.enrolled, visual.analyses or [None] * len(people.mask), strict=True)
        ]
        odds, known = (torch.stack(parts).to(people.tokens.device) for parts in zip(*rows, strict=True))
        neither = (self.heard[1] / self.heard[0]).detach()
        return torch.where(known, odds.to(people.tokens.dtype), neither)

    def _of_clip(
        self, named: Sequence[Person | None], rivals: Sequence[Person], analysis: ClipAnalysis | None, count: int
    ) -> tuple[Tensor, Tensor]:
        """Odds [P], and who is known [P]: enrolled, and looked for, of one clip; P is `count`."""
        odds, known = torch.full((count,), EMPTY), torch.zeros(count, dtype=torch.bool)
        rows = [row for row, person in enumerate(named) if person is not None]
        if analysis is None or not rows:
            return odds, known
        known[rows] = True
        everybody = [*(person for person in named if person is not None), *rivals]
        found = torch.from_numpy(self.recogniser.odds(everybody, analysis))[: len(rows)].float()
        if analysis.tracks:
            odds[rows] = found.amax(1).clamp_min(EMPTY)
        return odds, known
