"""MoVA's gate over the vision experts, conditioned on the question (arXiv 2404.13046), with a zero-init adapter.

Legend: B batch, N tokens, D model width, V vision experts, S sentence width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model.connectors import VisualTokens

_HIDDEN = 128  # width of the gate and the adapter inside


class QuestionGate(nn.Module):
    """MoVA: weighs the vision experts by the question, then adapts tokens; exactly neutral at initialisation.

    The last layers of gate and adapter start at zero: every weight is then exactly 1, and nothing is added.
    """

    def __init__(self, width: int, sentence_width: int, experts: int) -> None:
        super().__init__()
        self.experts = experts
        self.null = nn.Parameter(torch.zeros(sentence_width))  # stands for "no question"
        self.gate = nn.Sequential(nn.Linear(sentence_width + width, _HIDDEN), nn.GELU(), nn.Linear(_HIDDEN, experts))
        self.token = nn.Linear(width, _HIDDEN)
        self.sentence = nn.Linear(sentence_width, _HIDDEN)
        self.out = nn.Linear(_HIDDEN, width, bias=False)
        for layer in (self.gate[-1], self.out):
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, visual: VisualTokens, question: Tensor | None) -> tuple[Tensor, Tensor]:
        """Weigh tokens for a question.

        Args:
            visual: tokens [B, N, D].
            question: [B, S] sentence vectors, None for none.

        Returns:
            tokens [B, N, D] and the experts' weights [B, V] (mean 1 over the experts present, 0 for absent ones).
        """
        x, mask = visual.tokens, visual.mask
        question = self.null.expand(len(x), -1) if question is None else question
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp_min(1)
        owner = F.one_hot(visual.expert, self.experts).bool()  # [N, V]
        present = (mask[:, :, None] & owner).any(1)  # [B, V]
        weight = self._weights(self.gate(torch.cat([question, mean], dim=-1)).float(), present).to(x.dtype)
        adapted = self.out(F.silu(self.token(x) + self.sentence(question)[:, None]))
        return x * weight[:, visual.expert, None] + adapted, weight

    @staticmethod
    def _weights(logits: Tensor, present: Tensor) -> Tensor:
        """Softmax over the present experts, divided by the uniform softmax: exactly 1 for equal logits."""
        share = logits.masked_fill(~present, -1e4).softmax(-1)
        uniform = torch.zeros_like(logits).masked_fill(~present, -1e4).softmax(-1)
        return torch.where(present, share / uniform.clamp_min(1e-9), torch.zeros_like(share))
