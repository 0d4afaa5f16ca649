"""Enrolled people as the model takes them: `PersonState` (one state, well under 1 MB) and `People` (a padded batch).

A person is 16 personal tokens, offsets z to the router logits, and who she is, so that she is recognised in clips
(`presence.py`). Names are plain text, bound to the tokens in the prompt: renaming retrains nothing. No base weights are
in here.

Legend: B batch, P people named in a question, I personal tokens, D width, M routed modules, R routed heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from pvchat.model.config import ModelConfig
from pvchat.people.person import Person


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
