"""A clip as the Q-Former reads it: every expert's tokens at one width, and where they come from.

Legend: B batch, N tokens, D model width.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        raw: [B, N, D] the tokens before any was mixed with others.
        aux: connector losses, "balance" and "z".
        analyses: B of them, in which people are recognised; empty: nobody is looked for.
    """

    tokens: Tensor
    mask: Tensor
    expert: Tensor
    track: Tensor
    raw: Tensor
    aux: dict[str, Tensor]
    analyses: tuple[ClipAnalysis | None, ...] = ()

    def select(self, clip: Tensor) -> VisualTokens:
        """Rows by clip index [b]: several questions share one clip's visual pass."""
        analyses = tuple(self.analyses[i] for i in clip.tolist()) if self.analyses else ()
        return VisualTokens(
            self.tokens[clip], self.mask[clip], self.expert, self.track[clip], self.raw[clip], self.aux, analyses
        )

    def analysed(self) -> tuple[ClipAnalysis | None, ...]:
        """The analysis of each clip, None where nobody is to be looked for."""
        return self.analyses or (None,) * len(self.mask)


@dataclass(frozen=True)
class View:
    """What of a clip is looked at.

    Attributes:
        track: whose tokens, by the number they carry, beside the scene's; other tracks are hidden.
            The cells of whole frames still show everybody. None looks at everyone; a number that no token carries
            leaves the scene.
        experts: names of those whose tokens are looked at; empty, or where none of theirs is there, for all.
    """

    track: int | None = None
    experts: tuple[str, ...] = ()
