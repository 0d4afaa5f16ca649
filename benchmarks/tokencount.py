"""Another number of personal tokens than the model was made with (PVChat, supplement: 0 to 20); `deep.py` runs it.

In: the model, a person's start and data (`own.training_data`), a number. Out: scores on the held-back split. Fewer
tokens are the aligner's first ones; more are its own and copies of them with a little noise; 0 tokens leave one of
zeros that isn't trained. The model is as before afterwards.

Legend: I personal tokens, D width.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pvchat.model.people import PersonState
from pvchat.train.config import PersonConfig
from recipes.model.person.data import PersonData
from recipes.model.person.stages import train_state

NOISE = 0.1  # of a token's own spread


def with_tokens(model: Any, start: PersonState, data: PersonData, config: PersonConfig, count: int) -> dict[str, float]:
    """Train with `count` tokens, from the aligner's state: the held-back loss at the "start" and at its "best"."""
    sized = replace(start, tokens=resized(start.tokens, count, config.seed))
    with token_count(model, max(1, count)):
        trained = train_state(model, data, sized, config)
    return {"start": trained.start, "best": trained.best}


@contextmanager
def token_count(model: Any, count: int) -> Iterator[None]:
    """The model with another number of personal tokens, inside the block."""
    before = model.config
    changed = replace(before, personal_tokens=count)
    try:
        _set(model, changed)
        yield
    finally:
        _set(model, before)


def resized(tokens: Tensor, count: int, seed: int = 0) -> Tensor:
    """Tokens [I, D] as [count, D]; [1, D] of zeros for 0."""
    if count == 0:
        return torch.zeros_like(tokens[:1])
    extra = tokens[torch.arange(max(0, count - len(tokens))) % len(tokens)]
    noise = torch.randn(extra.shape, generator=torch.Generator().manual_seed(seed)).to(tokens)
    return torch.cat([tokens[:count], extra + NOISE * tokens.std() * noise])


def _set(model: Any, config: Any) -> None:
    model.config = model.qformer.config = config
    if model.writer is not None:
        model.writer.personal = config.personal_tokens
