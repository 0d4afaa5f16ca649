"""Enrolled people as the model takes them: `PersonState` (one state, well under 1 MB) and `People` (a padded batch).

A person is 16 personal tokens, offsets z to the router logits, prototypes (face vectors) and marks to match tracks by
(`marks.py`). Names are plain text, bound to the tokens in the prompt: renaming retrains nothing. No base weights are in
here.

Legend: B batch, P people named in a question, I personal tokens, D width, M routed modules, R routed heads or rivals,
n prototypes, F face tokens of a clip, N visual tokens, J tracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.identity.measures import NEIGHBOURS
from pvchat.identity.presence import PresenceModel
from pvchat.model.config import IDENTITY_WIDTH, ModelConfig
from pvchat.model.marks import Marks
from pvchat.model.visual import VisualTokens

USUAL = 0.945  # mean cosine of a usual person with the nearest of the cohort (validation identities)
SPREAD = 0.05  # four standard deviations of it: what lies farther off is no face of the kind that the cohort shows


@dataclass
class PersonState:
    """One person.

    Attributes:
        name: as it is written into prompts.
        tokens: [I, D].
        z: [M, R].
        prototypes: [n, 128] L2-normalised face vectors; n may be 0.
        marks: by which tracks of hers are recognised.
    """

    name: str
    tokens: Tensor
    z: Tensor
    prototypes: Tensor
    marks: Marks = field(default_factory=Marks.nothing)


@dataclass
class People:
    """The people named in each example of a batch.

    Attributes:
        names: B lists of names, in order.
        tokens: [B, P, I, D].
        z: [B, P, M, R].
        prototypes: [B, P, n, 128].
        prototype_mask: [B, P, n].
        marks: [B, P].
        mask: [B, P] True for real people.
        rivals: [B, R] marks of others who are enrolled, and whom a track may show instead.
    """

    names: list[list[str]]
    tokens: Tensor
    z: Tensor
    prototypes: Tensor
    prototype_mask: Tensor
    marks: Marks
    mask: Tensor
    rivals: Marks

    @classmethod
    def batch(
        cls, rows: Sequence[Sequence[PersonState]], config: ModelConfig, rivals: Sequence[Marks] = ()
    ) -> People | None:
        """Pad lists of people to one batch; gradients flow to each person's tensors. None when nobody is named.

        Args:
            rows: for each example the people named in it, possibly none.
            config: gives the shapes.
            rivals: marks of each of the others who are enrolled.
        """
        most = max((len(row) for row in rows), default=0)
        everyone = [person for row in rows for person in row]
        if not most:
            return None
        like = everyone[0].tokens
        blank = PersonState(
            "",
            like.new_zeros(config.personal_tokens, config.width),
            like.new_zeros(config.routed_modules, config.routed_heads),
            like.new_zeros(0, IDENTITY_WIDTH),
        )
        padded = [[*row, *[blank] * (most - len(row))] for row in rows]
        return cls(
            [[p.name for p in row] for row in rows],
            torch.stack([torch.stack([p.tokens for p in row]) for row in padded]),
            torch.stack([torch.stack([p.z for p in row]) for row in padded]),
            *_filled([[p.prototypes for p in row] for row in padded]),
            Marks.stacked([Marks.stacked([p.marks for p in row]) for row in padded]).to(like.device),
            torch.tensor([[i < len(row) for i in range(most)] for row in rows]).to(like.device),
            Marks.stacked(list(rivals) or [blank.marks]).to(like.device).expanded(len(rows)),
        )


class PersonParameters(nn.Module):
    """One person's tokens and z as parameters: what per-person training trains (everything else stays frozen).

    Args:
        person: where to start from, usually the aligner's result.
    """

    def __init__(self, person: PersonState) -> None:
        super().__init__()
        self.name = person.name
        self.tokens = nn.Parameter(person.tokens.detach().clone())
        self.z = nn.Parameter(person.z.detach().clone())
        self.prototypes: Tensor
        self.register_buffer("prototypes", person.prototypes.detach().clone())

    def forward(self) -> PersonState:
        """The person, with gradients to the parameters; without marks, which would leave them nothing to learn."""
        return PersonState(self.name, self.tokens, self.z, self.prototypes)


class IdentityMatch(nn.Module):
    """How well each track's face fits each person: σ(scale · (best cosine - offset - relief · commonness)).

    A learned, calibrated start for what the attention would otherwise have to find by itself: which track's tokens a
    person's tokens should read. Commonness is how near a person comes to the presence score's cohort of strangers, less
    what is usual: who looks like many must be matched more closely (Z-norm of speaker verification, Auckenthaler et
    al., 2000).

    Args:
        offset, scale, relief: where they start.
    """

    def __init__(self, offset: float, scale: float, relief: float = 0.0) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.tensor(offset))
        self.scale = nn.Parameter(torch.tensor(scale))
        self.relief = nn.Parameter(torch.tensor(relief))
        self.cohort: Tensor
        strangers = F.normalize(torch.from_numpy(PresenceModel.load().cohort), dim=-1)
        self.register_buffer("cohort", strangers, persistent=False)  # [C, 128]

    def forward(self, people: People, visual: VisualTokens) -> tuple[Tensor, Tensor]:
        """Match.

        Returns:
            match [B, P, N] of the track that each visual token belongs to, 0.5 (neutral) where nothing is known; and
            best [B, P], the best track's match minus a half, times 2: -1 without any face, 0 for a person without
            prototypes.
        """
        known = people.prototype_mask.any(-1)  # [B, P]
        tracks = int(visual.track.max()) + 1 if visual.track.numel() else 0
        if visual.faces.shape[1] == 0 or tracks == 0:
            neutral = people.tokens.new_full((*known.shape, visual.tokens.shape[1]), 0.5)
            return neutral, -known.to(people.tokens.dtype)
        per_track, seen = self._tracks(people, visual, tracks)  # [B, P, J], [B, J]
        index = visual.track.clamp_min(0)[:, None].expand(-1, known.shape[1], -1)
        usable = (visual.track >= 0) & seen.gather(1, visual.track.clamp_min(0))
        match = torch.where(usable[:, None] & known[..., None], per_track.gather(2, index), 0.5)
        best = per_track.masked_fill(~seen[:, None], 0).amax(-1)
        return match, torch.where(known, 2 * best - 1, 0.0)

    @torch.autocast("cpu", enabled=False)
    @torch.autocast("cuda", enabled=False)
    def _tracks(self, people: People, visual: VisualTokens, tracks: int) -> tuple[Tensor, Tensor]:
        """Match of each track [B, P, J], which tracks have a face [B, J]; in float32, for strangers differ by .01."""
        prototypes, faces = people.prototypes.float(), visual.faces.float()
        cosine = torch.einsum("bpnd,bfd->bpnf", prototypes, faces)
        cosine = cosine.masked_fill(~people.prototype_mask[..., None], -1).amax(2)  # [B, P, F]
        owner = visual.face_track[:, :, None] == torch.arange(tracks, device=cosine.device)  # [B, F, J]
        best = torch.where(owner[:, None], cosine[..., None], torch.full_like(cosine[..., None], -1)).amax(2)
        middle = F.normalize((prototypes * people.prototype_mask[..., None]).sum(2), dim=-1)
        common = ((middle @ self.cohort.T).topk(NEIGHBOURS).values.mean(-1) - USUAL).clamp(-SPREAD, SPREAD)  # [B, P]
        needed = self.offset + self.relief * common
        return torch.sigmoid(self.scale * (best - needed[..., None])), owner.any(1)


def _filled(rows: Sequence[Sequence[Tensor]]) -> tuple[Tensor, Tensor]:
    """Rows [n, W] of everybody padded with zeros to [B, P, max n, W], at least one each, and which are real."""
    most = max(1, *(len(own) for line in rows for own in line))
    padded = [[torch.cat([own, own.new_zeros(most - len(own), own.shape[1])]) for own in line] for line in rows]
    mask = torch.tensor([[[i < len(own) for i in range(most)] for own in line] for line in rows])
    return torch.stack([torch.stack(line) for line in padded]), mask.to(rows[0][0].device)
