"""A clip as the Q-Former reads it: every expert's tokens at one width, and where they come from.

Legend: B batch, N tokens, D model width, F face tokens, J tracks.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pvchat.model.marks import Marks


@dataclass
class VisualTokens:
    """All experts' tokens of a batch of clips, ready for the Q-Former.

    Attributes:
        tokens: [B, N, D].
        mask: [B, N] True for real tokens.
        expert: [N] which vision expert a token comes from (index into the configuration's experts).
        track: [B, N] track number, -1 for the scene.
        faces: [B, F, 128] raw face vectors of the face expert's tokens (F may be 0).
        face_track: [B, F] their tracks; -1 for padding.
        raw: [B, N, D] the tokens before any was mixed with others.
        aux: connector losses, "balance" and "z".
        marks: [B, J] by which tracks are recognised, those that tokens show first, under their numbers (J may be 0).
    """

    tokens: Tensor
    mask: Tensor
    expert: Tensor
    track: Tensor
    faces: Tensor
    face_track: Tensor
    raw: Tensor
    aux: dict[str, Tensor]
    marks: Marks

    def select(self, clip: Tensor) -> VisualTokens:
        """Rows by clip index [b]: several questions share one clip's visual pass."""
        return VisualTokens(
            self.tokens[clip], self.mask[clip], self.expert, self.track[clip],
            self.faces[clip], self.face_track[clip], self.raw[clip], self.aux,
            self.marks[clip],
        )  # fmt: skip


@dataclass(frozen=True)
class View:
    """What of a clip is looked at.

    Attributes:
        track: whose tokens, by the number they carry, beside the scene's; other tracks are hidden, their faces too.
            The cells of whole frames still show everybody. None looks at everyone; a number that no token carries
            leaves the scene.
        experts: names of those whose tokens are looked at; empty, or where none of theirs is there, for all.
    """

    track: int | None = None
    experts: tuple[str, ...] = ()
