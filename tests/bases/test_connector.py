"""Our experts' tokens beside a base's own: nothing changes at first, what only they see is learned, saved, loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from make_bases import FAMILIES
from torch.nn import functional as F

from pvchat.bases.connector import ConnectorConfig, attach, connector_of, looking_at
from pvchat.bases.loading import Base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import BasePrompt, inputs_of, yes_no
from pvchat.bases.shared import add_shared, shared_parameters
from pvchat.errors import WeightsError
from pvchat.schemas import ClipAnalysis
from recipes.bases.sharing import save_shared

SMALL = ConnectorConfig(width=16, heads=2, hidden=8)
ASKED = BasePrompt("Is it her?", brief="")


@pytest.fixture
def vector() -> torch.Tensor:
    """A question's sentence vector [1, 384]."""
    return torch.randn(1, 384, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_fresh_connector_changes_nothing_and_a_trained_one_something(
    family: str, open_base: Callable[..., Base], clip: Visuals, make_analysis: Callable[[int], ClipAnalysis], vector
) -> None:
    base = open_base(family, bare=True)
    inputs, analysis = inputs_of(base, clip, BasePrompt("Is Ana there?")), make_analysis(0)
    with torch.inference_mode():
        before = base.model(**inputs).logits
    connector = attach(base, SMALL)
    assert connector_of(base) is connector
    with looking_at(base, analysis, vector):
        loss = base.model(**inputs).logits
        assert torch.equal(loss, before)
        loss.square().mean().backward()
    assert bool(connector.out.weight.grad.any())
    torch.nn.init.normal_(connector.out.weight, std=0.2)
    with torch.inference_mode():
        with looking_at(base, analysis, vector):
            seen = base.model(**inputs).logits
        assert (seen - before).abs().max() > 1e-4
        with looking_at(base, make_analysis(1), vector):
            assert not torch.equal(base.model(**inputs).logits, seen)
        assert torch.equal(base.model(**inputs).logits, before)  # it looks at no clip any more


def test_it_learns_what_only_the_experts_see(
    open_base: Callable[..., Base], clip: Visuals, make_analysis: Callable[[int], ClipAnalysis], vector, tmp_path: Path
) -> None:
    """The frames are the same in every clip; whose face our experts saw decides the answer."""
    base = add_shared(open_base("llava_onevision", bare=True))
    attach(base, SMALL)
    inputs, seen = inputs_of(base, clip, ASKED), [make_analysis(who) for who in (0, 1)]
    before = {k: v.clone() for k, v in base.model.state_dict().items() if "connector" not in k}
    values = {k: v.requires_grad_(True) for k, v in shared_parameters(base).items() if k.startswith("connector")}
    start = {k: v.detach().clone() for k, v in values.items()}
    optimizer, losses = torch.optim.Adam(list(values.values()), lr=0.01), []

    def odds(one: Base, who: int) -> torch.Tensor:
        with looking_at(one, seen[who], vector):
            return yes_no(one, inputs)

    for _ in range(40):
        loss = F.softplus(-odds(base, 0)) + F.softplus(odds(base, 1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.2 < 1.0 < losses[0]
    moved = {key.split(".")[1] for key, value in values.items() if not torch.equal(value, start[key])}
    assert moved == {"connectors", "gate", "norm", "query", "read", "out"}  # MoEC, MoVA's gate, what reads them
    with torch.no_grad():
        assert float(odds(base, 0)) > 0 > float(odds(base, 1))
    assert all(torch.equal(base.model.state_dict()[k], v) for k, v in before.items())

    save_shared(base, tmp_path)
    fresh = open_base("llava_onevision", bare=True)
    again = add_shared(replace(fresh, source=replace(fresh.source, trained=tmp_path)))
    with torch.no_grad():
        assert float(odds(again, 1)) == pytest.approx(float(odds(base, 1)), abs=1e-5)
    other = open_base("smolvlm", bare=True)
    with pytest.raises(WeightsError, match="another base"):
        add_shared(replace(other, source=replace(other.source, trained=tmp_path)))
