"""Whom a clip shows: the connector between personal tokens and the networks that know people and drawn characters.

In: marks (`marks.py`) of the people named, of others who are enrolled, and of a clip's tracks. Out: log-odds that each
track shows each person, and that any does. Her personal tokens read the tokens of the track that matches (`into`), and
the language model is told how surely she is there (`PVChatModel._named`): with another person's marks both change.

Legend: B clips, P people named, R others enrolled, J tracks, N visual tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pvchat.identity.bodies import WORN_MOST
from pvchat.model.likeness import BodyLikeness, FaceLikeness, FigureLikeness
from pvchat.model.marks import Marks
from pvchat.model.people import People
from pvchat.model.visual import VisualTokens

EMPTY = -4.0  # log-odds that somebody is in a clip that shows nobody of her kind
CROWD = 2.57  # log-odds that competing with `MANY` others takes from the right one, too: `recipes/model/printmatch.py`
DRAWN_CROWD = 3.21  # the same for drawn figures, who compete among themselves: `recipes/model/figurecrowd.py`
MANY = 4.0  # ln(1 + others) that counts as 1: some fifty people
_NEVER = -12.0  # log-odds of what can't be compared


@dataclass
class Matched:
    """Who of the people named is where.

    Attributes:
        odds: [B, P] log-odds that she is in the clip.
        tracks: [B, P, J] log-odds that a track shows her.
        seen: [B, J] tracks that have faceprints or a drawn figure's looks.
        known: [B, P] whether they can tell: she has some, and so has every clip in which a face was found.
    """

    odds: Tensor
    tracks: Tensor
    seen: Tensor
    known: Tensor

    def into(self, match: Tensor, visual: VisualTokens) -> Tensor:
        """A match [B, P, N] of each visual token's track, in its place how surely the track is hers, where known."""
        if not self.tracks.shape[2]:
            return match
        track = visual.track.clamp(0, self.tracks.shape[2] - 1)
        usable = (visual.track == track) & self.seen.gather(1, track)
        own = self.tracks.gather(2, track[:, None].expand(-1, match.shape[1], -1)).sigmoid()
        return torch.where(usable[:, None] & self.known[..., None], own, match)


class PrintMatch(nn.Module):
    """Marks of people held against those of tracks; a track shows one person.

    Faces, drawn figures and bodies are compared by `likeness.py`. A track that somebody else enrolled explains better
    counts against a person by as much; the tracks of one drawn figure compete as one. What bodies add lifts nobody
    above `WORN_MOST`. All as in `identity/presence.py`. Weights of the faceprints' own numbers, trained along, told
    nobody better apart (docs/LOG.md).
    """

    def __init__(self) -> None:
        super().__init__()
        self.faces, self.figures, self.bodies = FaceLikeness(), FigureLikeness(), BodyLikeness()
        self.empty = nn.Parameter(torch.tensor(EMPTY))
        self.crowd, self.drawn_crowd = nn.Parameter(torch.tensor(CROWD)), nn.Parameter(torch.tensor(DRAWN_CROWD))
        self.heard = nn.Parameter(torch.tensor([1.0, 0.0]))  # times, less: so that its yes begins at 0

    def certain(self, odds: Tensor) -> Tensor:
        """Log-odds […] as a language model is told them, -1..1 (`recipes/answering/hearing.py`)."""
        return torch.tanh((self.heard[0] * odds - self.heard[1]) / 2)

    @torch.autocast("cpu", enabled=False)
    @torch.autocast("cuda", enabled=False)
    def forward(self, people: People, visual: VisualTokens) -> Matched:
        """Match, in float32."""
        own, rivals, tracks = people.marks, people.rivals, visual.marks
        known = own.told & (tracks.told.any(1) | ~(visual.face_track >= 0).any(1))[:, None]
        named, others = self._alike(own, tracks), self._alike(rivals, tracks)
        seen, whole = (_competing(a, b, tracks.shown) for a, b in zip(named, others, strict=True))
        odds = torch.minimum(whole, seen.clamp_min(WORN_MOST)) + self._taken(own, rivals)[..., None]
        empty = self.empty.expand(*known.shape, 1)
        return Matched(torch.cat([odds, empty], 2).amax(2), odds, tracks.told, known)

    def _taken(self, own: Marks, rivals: Marks) -> Tensor:
        """[B, P] log-odds that competing takes from the right one, too: the more, the more others are enrolled.

        Of drawn figures only others count: no real person takes their tracks. For faces that made no difference
        (docs/adr/0034-drawn-crowd.md).
        """
        drawn = [marks.figure_mask.any(-1) for marks in (own, rivals)]
        figures, everybody = ((a.sum(1) + b.sum(1) - 1).clamp_min(0) for a, b in (drawn, (own.told, rivals.told)))
        faces, among = (self.crowd * everybody.float().log1p(), self.drawn_crowd * figures.float().log1p())
        return torch.where(drawn[0], among[:, None], faces[:, None]) / MANY

    def _alike(self, marks: Marks, tracks: Marks) -> tuple[Tensor, Tensor]:
        """[B, P, J] by faces and drawn figures, and with bodies; `_NEVER` for what can't be compared."""
        faces, figures, bodies = (_both(marks, tracks, name) for name in ("print_mask", "figure_mask", "look_mask"))
        drawn = torch.where(figures, self.figures(marks, tracks), _NEVER)
        seen = torch.where(faces, self.faces(marks, tracks), drawn)
        worn = self.bodies(marks, tracks)
        return seen, torch.where(bodies & ~faces & ~figures, worn, seen + worn)


def _both(marks: Marks, tracks: Marks, name: str) -> Tensor:
    """[B, P, J] whether both have rows of a kind."""
    return getattr(marks, name).any(-1)[:, :, None] & getattr(tracks, name).any(-1)[:, None]


def _competing(named: Tensor, others: Tensor, shown: Tensor) -> Tensor:
    """Log-odds [B, P, J] less those of all others [B, P - 1 + R, J] together, where these are above 0.

    Args:
        named: of the people asked about.
        others: [B, R, J].
        shown: [B, J] the same number for tracks that show one figure: each counts as the most like of them.
    """
    everybody = torch.cat([named, others], 1)
    one = shown[:, :, None] == shown[:, None]  # [B, J, J]
    best = everybody[:, :, None].masked_fill(~one[:, None], float("-inf")).amax(-1) if len(shown.T) else everybody
    own = torch.eye(named.shape[1], everybody.shape[1], dtype=torch.bool, device=named.device)
    rest = best[:, None].masked_fill(own[None, :, :, None], float("-inf")).logsumexp(2)
    return named - rest.clamp_min(0)
