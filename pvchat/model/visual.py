"""A clip as the Q-Former reads it: every expert's tokens at one width, and where they come from.

Legend: B batch, N tokens, D model width.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from pvchat.schemas import ClipAnalysis


@dataclass
class VisualTokens:
    """All experts' tokens of a batch of clips, ready for the Q-Former.

    Attributes:
        tokens: [B, N, D].
        mask: [B, N] True for real tokens.
        expert: [N] which vision expert a token comes from (index into the configuration's experts).
        track: [B, N] track number, -1 for the scene.
        aux: connector losses, "balance" and "z", where a training made them.
        analyses: B of them, in which people are recognised; empty: nobody is looked for.
    """

    tokens: Tensor
    mask: Tensor
    expert: Tensor
    track: Tensor
    aux: dict[str, Tensor] = field(default_factory=dict)
    analyses: tuple[ClipAnalysis | None, ...] = ()

    def analysed(self) -> tuple[ClipAnalysis | None, ...]:
        """The analysis of each clip, None where nobody is to be looked for."""
        return self.analyses or (None,) * len(self.mask)
