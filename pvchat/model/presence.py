"""Presence as an input of the trained model: log-odds that people are in a clip, by `identity/presence.py`.

In: people as they are stored, an analysed clip. Out: `PresenceMatch`. A person's tokens attend to the tokens of
the track that is hers (`token_match`), and the language model gets how surely she is there as a part of her embeddings
(`PVChatModel.embed`): with another person in her place both change. Nothing of it is trained along.

Legend: B clips, P people named, J tracks that tokens show, N visual tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from pvchat.identity.presence import PresenceModel
from pvchat.model.cliptokens import kept_tracks
from pvchat.model.connectors import VisualTokens
from pvchat.model.people import People
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis

EMPTY = -4.0  # log-odds that somebody is in a clip that shows nobody of her kind
NEUTRAL = 0.5  # match of a track of which nothing is known


@dataclass
class PresenceMatch:
    """Who of the people named is where."""

    odds: Tensor  # [B, P] log-odds that she is in the clip
    tracks: Tensor  # [B, P, J] log-odds that a track shows her, by the number that its tokens carry
    known: Tensor  # [B, P] whether she was looked for: she is enrolled, and the clip was analysed

    def token_match(self, visual: VisualTokens) -> Tensor:
        """[B, P, N] how surely the track of each visual token is hers, 0..1; `NEUTRAL` where nothing is known."""
        track = visual.track.clamp(0, self.tracks.shape[2] - 1)
        usable = (visual.track == track)[:, None] & self.known[..., None]
        own = self.tracks.gather(2, track[:, None].expand(-1, self.known.shape[1], -1)).sigmoid()
        return torch.where(usable, own, NEUTRAL)


class PresenceInput(nn.Module):
    """Log-odds of presence as the model takes them, of clips of which tokens show `most` tracks."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.heard = nn.Parameter(torch.tensor([1.0, 0.0]))  # scale, offset: so that the model's yes begins at 0

    @cached_property
    def recogniser(self) -> PresenceModel:
        """Who is in a clip: the product's."""
        return PresenceModel.load()

    def certainty(self, odds: Tensor) -> Tensor:
        """Log-odds […] squashed to -1..1 for the language model (`recipes/answering/yes_threshold.py` fits how)."""
        return torch.tanh((self.heard[0] * odds - self.heard[1]) / 2)

    def forward(self, people: People, visual: VisualTokens) -> PresenceMatch:
        """Who of the people is in which clip; whoever isn't known counts as neither there nor absent."""
        rows = [
            self._of_clip(named, people.rivals, analysis, people.mask.shape[1])
            for named, analysis in zip(people.enrolled, visual.analyses or [None] * len(people.mask), strict=True)
        ]
        like = people.tokens
        odds, tracks, known = (torch.stack(parts).to(like.device) for parts in zip(*rows, strict=True))
        neither = (self.heard[1] / self.heard[0]).detach()
        return PresenceMatch(torch.where(known, odds.to(like.dtype), neither), tracks.to(like.dtype), known)

    def _of_clip(
        self, named: Sequence[Person | None], rivals: Sequence[Person], analysis: ClipAnalysis | None, count: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Odds [P], of tracks [P, J], and who is known [P], of one clip; P is `count`."""
        odds, known = torch.full((count,), EMPTY), torch.zeros(count, dtype=torch.bool)
        tracks = torch.zeros(count, self.most)
        rows = [row for row, person in enumerate(named) if person is not None]
        if analysis is None or not rows:
            return odds, tracks, known
        known[rows] = True
        everybody = [*(person for person in named if person is not None), *rivals]
        found = torch.from_numpy(self.recogniser.odds(everybody, analysis))[: len(rows)].float()
        if analysis.tracks:
            odds[rows] = found.amax(1).clamp_min(EMPTY)
            kept = kept_tracks(analysis, self.most)
            tracks[rows, : len(kept)] = found[:, kept]
        return odds, tracks, known
