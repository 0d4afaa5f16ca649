"""Use of heads, watched on a real router: right shares, hooks gone afterwards, nothing without a model."""

from __future__ import annotations

import torch
from torch import nn

from pvchat.eval.systems.ours import watched
from pvchat.model.heads import HeadMixer


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([HeadMixer(8, 6, 4), HeadMixer(8, 6, 4)])

    def forward(self, x):
        return [mixer(x)[0] for mixer in self.layers]


def test_shares_of_heads():
    model, x = Two().eval(), torch.ones(1, 3, 8)
    with torch.no_grad():
        model.layers[1].logit.bias.copy_(torch.tensor([1.0, -1.0]))  # the second head is off for every token
    with watched(model) as used:
        before = model(x)
        model(x)
    assert used == {"0": [1.0, 1.0], "1": [1.0, 0.0]}
    assert all(not mixer._forward_hooks for mixer in model.layers)
    assert all(torch.equal(a, b) for a, b in zip(before, model(x), strict=True))


def test_without_a_model_nothing_is_told():
    with watched(None) as used:
        pass
    assert used == {}
