"""The trained model's passes that answers need, as modules of plain tensors: what `frozen.py` has converted.

One clip, one question at a time: how many tokens there are is free, everything else is fixed.

Legend: n tokens of an expert, N of all of them, D model width, S sentence width, Q queries.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pvchat.model.features import ExpertTokens
from pvchat.model.pvchat import PVChatModel
from pvchat.model.visual import VisualTokens


class Connecting(nn.Module):
    """A clip's tokens at one width, before any are mixed.

    Args:
        model: whose connectors.
    """

    def __init__(self, model: PVChatModel) -> None:
        super().__init__()
        self.connectors = model.connectors

    def forward(self, *parts: Tensor) -> Tensor:
        """[1, N, D] of tokens [1, n, W], where [1, n, 5] and track [1, n] of each expert, one after the other."""
        made = []
        for number, name in enumerate(self.connectors.names):
            tokens, where, track = parts[3 * number : 3 * number + 3]
            wide, _ = self.connectors.connectors[name](tokens[0])
            expert = ExpertTokens(tokens, where, track, torch.ones_like(track, dtype=torch.bool))
            made.append(self.connectors.placed(number, wide[None], expert))
        return torch.cat(made, dim=1)


class Looking(nn.Module):
    """What the queries see of a clip with a question in mind, in sentence space.

    Args:
        model: the whole model.
    """

    def __init__(self, model: PVChatModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, raw: Tensor, expert: Tensor, mask: Tensor, question: Tensor) -> Tensor:
        """Sentence vectors [1, Q, S], unit length.

        Args:
            raw: [1, N, D] as `Connecting` made them.
            expert: [1, N] which expert a token comes from.
            mask: [1, N] which tokens are looked at; at least one.
            question: [1, S].
        """
        number = expert[0]
        tokens = self.model.connectors.mixed(raw, number, mask)
        nobody = torch.full_like(expert, -1)
        visual = VisualTokens(tokens, mask, number, nobody, {})
        return self.model.read(visual, question).sentences
