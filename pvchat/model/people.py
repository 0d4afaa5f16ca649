"""Enrolled people as the model takes them: `PersonState` (one, well under 1 MB), `People` (a padded batch).

A person is 16 personal tokens, offsets z to the router logits, and who she is, so that she is recognised in clips.
Names are plain text, bound to the tokens in the prompt: renaming retrains nothing. No base weights are in here.

How surely people are in a clip is told by `identity/presence.py`: the language model gets it (`PresenceInput`) as a
part of their embeddings (`PVChatModel.embed`); with another person in her place it changes. Nothing of it is trained
along.

Legend: B batch, P people named in a question, I personal tokens, D width, M routed modules, R routed heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from pvchat.identity.presence import PresenceModel
from pvchat.model.config import ModelConfig
from pvchat.model.connectors import VisualTokens
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis

EMPTY = -4.0  # log-odds that somebody is in a clip that shows nobody of her kind


@dataclass
class PersonState:
    """One person."""

    name: str  # as it is written into prompts
    tokens: Tensor  # [I, D]
    z: Tensor = field(default_factory=lambda: torch.zeros(0, 0))  # [M, R]; empty: heads are as anybody's
    enrolled: Person | None = None  # who she is, where she is to be recognised in clips; None: nobody is looked for


@dataclass
class People:
    """The people named in each of B examples, in order."""

    names: list[list[str]]
    tokens: Tensor  # [B, P, I, D]
    z: Tensor  # [B, P, M, R]
    mask: Tensor  # [B, P] True for real people
    enrolled: list[list[Person | None]]
    rivals: Sequence[Person] = ()  # others who are enrolled, and whom a track may show instead

    @classmethod
    def batch(
        cls, rows: Sequence[Sequence[PersonState]], config: ModelConfig, rivals: Sequence[Person] = ()
    ) -> People | None:
        """Pad each example's people to one batch, through which gradients flow to them; None when nobody is named."""
        most = max((len(row) for row in rows), default=0)
        everyone = [person for row in rows for person in row]
        if not most:
            return None
        like = everyone[0].tokens
        tokens = like.new_zeros(config.personal_tokens, config.width)
        blank = PersonState("", tokens, like.new_zeros(config.routed_modules, config.routed_heads))
        padded = [[*row, *[blank] * (most - len(row))] for row in rows]
        return cls(
            [[p.name for p in row] for row in rows],
            torch.stack([torch.stack([p.tokens for p in row]) for row in padded]),
            torch.stack([torch.stack([p.z for p in row]) for row in padded]),
            torch.tensor([[i < len(row) for i in range(most)] for row in rows]).to(like.device),
            [[p.enrolled for p in row] for row in rows],
            rivals,
        )


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
