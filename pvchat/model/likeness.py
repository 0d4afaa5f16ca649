"""How alike the marks of people and of tracks are, kind by kind: log-odds by faces, by drawn figures, by bodies.

In: `Marks` of P people and of J tracks. Out: log-odds [B, P, J] of each kind, before anybody competes
(`printmatch.py`). The measures are those of the rules (`identity/presence.py`, `perception/experts/figures.py`,
`identity/bodies.py`), computed here in torch; what they count for is trained.

Legend: B clips, P people, J tracks, m rows of a person, n of a track, C of a cohort.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.identity import bodies
from pvchat.identity.measures import FADES, NEIGHBOURS
from pvchat.identity.presence import NO_FIGURE, NOTHING, PresenceModel
from pvchat.model.marks import Marks, middle
from pvchat.perception.experts.faceprint import BLANK, BLANK_MASKED, nobody
from pvchat.perception.experts.figures import TOP, FigureExpert
from pvchat.schemas import BODY, FACEPRINT, STRIPS, TINTS

# By `recipes/model/printmatch.py`: what near, apart, nearness to strangers and 1 count, for bare faces and masked ones.
BARE, MASKED = (21.1, 13.15, -29.96, -9.04), (26.72, 17.36, -25.79, -10.6)
POOR = 0.74, 3.0  # share of the log-odds that the worst quality loses, and log-odds that it wins


class FaceLikeness(nn.Module):
    """Faceprints held against each other, and both against strangers.

    Three measures: the nearest pair, the two means, and how near the track comes to a cohort of strangers (adaptive
    T-norm). A face behind a mask has weights of its own. The worse the worse of the two is seen, the less they count.
    Where nothing can be made out, likeness says nothing (Deng et al. 2023, see `experts/faceprint.py`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.bare, self.masked = nn.Parameter(torch.tensor(BARE)), nn.Parameter(torch.tensor(MASKED))
        self.poor = nn.Parameter(torch.tensor(POOR))
        self.cohort: Tensor
        self.nobody: Tensor
        prints = PresenceModel.load().prints
        strangers = torch.zeros(NEIGHBOURS, FACEPRINT) if prints is None else torch.from_numpy(prints.cohort)
        self.register_buffer("cohort", F.normalize(strangers, dim=-1), persistent=False)  # [C, 512]
        self.register_buffer("nobody", torch.from_numpy(nobody()), persistent=False)  # [2, 512]

    def forward(self, people: Marks, tracks: Marks) -> Tensor:
        """[B, P, J]; meaningless where either has no faceprints."""
        both = people.print_mask[:, :, None, :, None] & tracks.print_mask[:, None, :, None]
        near = torch.einsum("bpmd,bjnd->bpjmn", people.prints, tracks.prints).masked_fill(~both, -1).amax((3, 4))
        shown = middle(tracks.prints, tracks.print_mask)
        apart = torch.einsum("bpd,bjd->bpj", middle(people.prints, people.print_mask), shown)
        common = (shown @ self.cohort.T).topk(NEIGHBOURS).values.mean(-1)  # [B, J]
        found = torch.stack([near, apart, common[:, None].expand_as(near), torch.ones_like(near)], -1)
        odds = torch.where(tracks.behind[:, None], found @ self.masked, found @ self.bare)
        worse = 1 - torch.minimum(people.quality[:, :, None], tracks.quality[:, None])
        odds = odds * (1 - self.poor[0] * worse) + self.poor[1] * worse
        clear = torch.minimum(self._made_out(people)[:, :, None], self._made_out(tracks)[:, None])
        return odds - (1 - clear) * (odds - NOTHING).clamp_min(0)

    def _made_out(self, marks: Marks) -> Tensor:
        """[…] how well a face can be made out in the clearest faceprint, 0..1 (`identity/measures.made_out`)."""
        blank = (marks.prints @ self.nobody.T).amax(-1).masked_fill(~marks.print_mask, 1).amin(-1)
        before, beyond = FADES
        limit = torch.where(marks.behind, BLANK_MASKED, BLANK)
        return ((limit + beyond - blank) / (before + beyond)).clamp(0, 1)


class FigureLikeness(nn.Module):
    """Drawn figures: the clip's sightings most like the enrolled ones, less what either has in common with others.

    As `FigureExpert.figure_score`, from what the parts and the small network read (docs/adr/0026-drawn-likeness.md).
    What isn't surely a figure loses log-odds.
    """

    def __init__(self) -> None:
        super().__init__()
        expert = FigureExpert()
        known = expert.card["calibration"]  # characters that nothing was trained on
        self.slope, self.bias = (nn.Parameter(torch.tensor(float(known[key]))) for key in ("slope", "bias"))
        self.cohort: Tensor
        self.register_buffer("cohort", torch.from_numpy(expert.cohort), persistent=False)  # [C, 128]

    def forward(self, people: Marks, tracks: Marks) -> Tensor:
        """[B, P, J]; meaningless where either is no drawn figure."""
        enrolled = middle(people.figures, people.figure_mask)
        common = (enrolled @ self.cohort.T).mean(-1)[:, :, None, None], (tracks.figures @ self.cohort.T).mean(-1)
        alike = torch.einsum("bpd,bjnd->bpjn", enrolled, tracks.figures) - (common[0] + common[1][:, None]) / 2
        real = tracks.figure_mask[:, None].expand_as(alike)
        best, at = alike.masked_fill(~real, -2).topk(min(TOP, alike.shape[-1]))
        counted = real.gather(-1, at)
        score = (best * counted).sum(-1) / counted.sum(-1).clamp_min(1)
        return self.slope * score + self.bias - NO_FIGURE * (1 - tracks.sure[:, None])


class BodyLikeness(nn.Module):
    """Hair, clothes and build where the place is that of the enrollment: `identity/bodies.py`, with its numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.body: Tensor
        self.frame: Tensor
        model = PresenceModel.load()
        self.register_buffer("body", torch.from_numpy(model.body_mean), persistent=False)
        self.register_buffer("frame", torch.from_numpy(model.figures.frame_mean), persistent=False)

    def forward(self, people: Marks, tracks: Marks) -> Tensor:
        """[B, P, J] log-odds to add; of a track without a face all there is; 0 where either has no looks."""
        both = people.look_mask.any(-1)[:, :, None] & tracks.look_mask.any(-1)[:, None]
        alike = self._alike(people, tracks).masked_fill(~both, 0)
        own = torch.eye(alike.shape[2], dtype=torch.bool, device=alike.device)
        beside = alike[:, :, None].expand(-1, -1, len(own), -1).masked_fill(own, 0)
        most = beside.amax(-1).clamp_min(0) if len(own) else alike
        here = ((self._place(people, tracks) - bodies.ELSEWHERE) / (bodies.HERE - bodies.ELSEWHERE)).clamp(0, 1)
        counted = bodies.WORTH * here * (alike - most).clamp_max(bodies.MOST)
        faces = counted * (1 - tracks.quality / bodies.WEAK).clamp_min(0)[:, None]
        alone = counted + bodies.ALONE * here + bodies.OTHER_PLACE * (1 - here)
        return torch.where(tracks.print_mask.any(-1)[:, None], faces, alone).masked_fill(~both, 0)

    def _alike(self, people: Marks, tracks: Marks) -> Tensor:
        """[B, P, J] as `bodies.likeness`."""
        count = people.look_mask.sum(-1, keepdim=True).clamp_min(1)
        known = (people.looks * people.look_mask[..., None]).sum(-2) / count
        shades = torch.cdist(known[:, :, None, None, -TINTS:], tracks.looks[:, None, ..., -TINTS:])[..., 0, :]
        a = F.normalize(known[..., :-TINTS].unflatten(-1, (STRIPS, BODY)) - self.body, dim=-1)
        b = F.normalize(tracks.looks[..., :-TINTS].unflatten(-1, (STRIPS, BODY)) - self.body, dim=-1)
        cosine = torch.einsum("bpsd,bjnsd->bpjn", a, b) / STRIPS
        found = cosine - bodies.ALIKE + bodies.TINT * (bodies.SHADE - shades)
        return found.masked_fill(~tracks.look_mask[:, None], float("-inf")).amax(-1)

    def _place(self, people: Marks, tracks: Marks) -> Tensor:
        """[B, P, J] cosine of the two clips' mean frames less what all have in common."""
        a, b = (F.normalize(marks.place - self.frame, dim=-1) for marks in (people, tracks))
        return torch.einsum("bpd,bjd->bpj", a, b)
