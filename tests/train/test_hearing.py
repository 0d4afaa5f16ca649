"""Where a language model begins to hear a yes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pvchat.model.printmatch import PrintMatch
from pvchat.train.base import hearing


@pytest.mark.parametrize(
    ("said", "where"), [((-2.0, -1.0, 1.0, 3.0), 0.5), ((-3.0, -2.0, -1.0, -0.5), 3.0), ((1.0, 2.0, 2.0, 3.0), 0.0)]
)
def test_where_a_line_crosses(said: tuple[float, ...], where: float) -> None:
    assert hearing.crossing((0.0, 0.3, 0.7, 3.0), said) == pytest.approx(where)


def test_what_is_told_stands_in_the_place_of_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    prints = PrintMatch()

    def yes_no(features: object, prompts: object, **named: object) -> torch.Tensor:
        return prints.certain(torch.tensor([5.0])) * 3  # as if it said what it is told

    model = SimpleNamespace(prints=prints, yes_no=yes_no)
    batch = SimpleNamespace(features=None, prompts=None, question=None)
    phase = SimpleNamespace(collate=lambda *_: batch)
    monkeypatch.setattr(hearing, "people_of", lambda *_: None)
    plans = [SimpleNamespace(lessons=[])] * 2
    found = hearing.said_when_told(model, phase, plans, -1.0)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, 3 * np.tanh([-0.5, -0.5]), rtol=1e-5)
    assert float(prints.certain(torch.tensor(5.0)).detach()) == pytest.approx(np.tanh(2.5), rel=1e-5)


def test_what_is_heard_is_shifted() -> None:
    prints = PrintMatch()
    with torch.no_grad():
        prints.heard.copy_(torch.tensor([2.0, -1.0]))
        assert float(prints.certain(torch.tensor(-0.5))) == pytest.approx(0.0)
        assert float(prints.certain(torch.tensor(1.0))) == pytest.approx(np.tanh(1.5))
