"""Whom a clip shows, by faceprints: the connector between personal tokens and the face network that knows people.

In: faceprints of the people named and of a clip's tracks. Out: log-odds that each track shows each person, and that any
does. Her personal tokens read the tokens of the track that matches (`into`), and the language model is told how surely
she is there (`PVChatModel._named`): with another person's faceprints both change.

Legend: B clips, P people named, R others enrolled, J tracks, n faceprints of a track, m of a person, N visual tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.identity.measures import NEIGHBOURS
from pvchat.identity.presence import PresenceModel
from pvchat.model.people import People
from pvchat.model.visual import VisualTokens
from pvchat.schemas import FACEPRINT

# Where the log-odds start. `train/fits/printmatch.py` fits others, as good on identities held back (AUC .9897, .9893).
NEAR, APART, COMMON, BIAS = 18.0, 7.0, -17.5, -4.5
NOBODY = -4.0  # log-odds that somebody is in a clip that shows no face
_NEVER = -12.0  # log-odds of what has no faceprints


@dataclass
class Matched:
    """Who of the people named is where.

    Attributes:
        odds: [B, P] log-odds that she is in the clip.
        tracks: [B, P, J] log-odds that a track shows her.
        seen: [B, J] tracks that have faceprints.
        known: [B, P] whether faceprints can tell: she has some, and so has every clip in which a face was found.
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
    """Faceprints of people held against those of tracks, and both against strangers.

    What three measures count is trained on identity episodes: the nearest pair, the two means, and how near the track
    comes to a cohort of strangers (adaptive T-norm). A track that somebody else enrolled explains better counts against
    a person by as much. Both as in `identity/presence.py`. Weights of the faceprints' own numbers, trained along, told
    nobody better apart (docs/LOG.md).
    """

    def __init__(self) -> None:
        super().__init__()
        self.measures = nn.Parameter(torch.tensor([NEAR, APART, COMMON]))
        self.bias = nn.Parameter(torch.tensor(BIAS))
        self.nobody = nn.Parameter(torch.tensor(NOBODY))
        self.cohort: Tensor
        prints = PresenceModel.load().prints
        strangers = torch.zeros(NEIGHBOURS, FACEPRINT) if prints is None else torch.from_numpy(prints.cohort)
        self.register_buffer("cohort", F.normalize(strangers, dim=-1), persistent=False)  # [C, 512]

    @torch.autocast("cpu", enabled=False)
    @torch.autocast("cuda", enabled=False)
    def forward(self, people: People, visual: VisualTokens) -> Matched:
        """Match, in float32."""
        own = people.print_mask.any(-1)  # [B, P]
        rows, mask = visual.prints.float(), visual.print_mask
        seen = mask.any(-1)  # [B, J]
        known = own & (seen.any(1) | ~(visual.face_track >= 0).any(1))[:, None]
        named = self._tracks(people.prints.float(), people.print_mask, rows, mask)
        others = self._tracks(people.rivals.float(), people.rival_mask, rows, mask)
        tracks = _competing(named, others).masked_fill(~seen[:, None], _NEVER)
        nobody = self.nobody.expand(*own.shape, 1)
        return Matched(torch.cat([tracks, nobody], 2).amax(2), tracks, seen, known)

    def _tracks(self, prints: Tensor, print_mask: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
        """[B, P, J] of P people, before any competition; `_NEVER` for whoever has no faceprints."""
        if not rows.shape[1] * rows.shape[2]:
            return rows.new_full((*prints.shape[:2], rows.shape[1]), _NEVER)
        both = print_mask[:, :, :, None, None] & mask[:, None, None]
        near = torch.einsum("bpmd,bjnd->bpmjn", prints, rows).masked_fill(~both, -1).amax((2, 4))
        middles = _middle(prints, print_mask), _middle(rows, mask)
        apart = torch.einsum("bpd,bjd->bpj", *middles)
        common = (middles[1] @ self.cohort.T).topk(NEIGHBOURS).values.mean(-1)  # [B, J]
        found = torch.stack([near, apart, common[:, None].expand_as(near)], -1)
        return (found @ self.measures + self.bias).masked_fill(~print_mask.any(-1)[..., None], _NEVER)


def _competing(named: Tensor, others: Tensor) -> Tensor:
    """Log-odds [B, P, J] less those of all others [B, P - 1 + R, J] together, where these are above 0."""
    everybody = torch.cat([named, others], 1)
    own = torch.eye(named.shape[1], everybody.shape[1], dtype=torch.bool, device=named.device)
    rest = everybody[:, None].masked_fill(own[None, :, :, None], float("-inf")).logsumexp(2)
    return named - rest.clamp_min(0)


def _middle(rows: Tensor, mask: Tensor) -> Tensor:
    """The mean direction of the real ones of some rows […, n, 512]."""
    return F.normalize((rows * mask[..., None]).sum(-2), dim=-1)
