"""What deep enrollment left of a person for one base: her arrays in, tokens and z (and her LoRA) for a prompt out.

A state belongs to one base with what was trained into it (`shared.stamp_of`); for another one she is as enrolled
instantly. Her name is bound to her tokens by the prompt alone: renaming her changes nothing here.

Legend: I personal tokens, W width of the base, M modules with mixed heads, R routed heads of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.people.person import Person

if TYPE_CHECKING:
    from pvchat.bases.loading import Base
    from pvchat.model.people import PersonState

STATE = "base"  # key in `Person.extra`: "stamp" and "name" of the base, and the numbers of the gate that she passed
TOKENS, Z, LORA = "base.tokens", "base.z", "base.lora."  # among her arrays: [I, W], [M, R], by name


def fits(base: Base, person: Person) -> bool:
    """Whether she was trained on this very base."""
    from pvchat.bases.shared import stamp_of

    state = person.extra.get(STATE)
    return isinstance(state, dict) and TOKENS in person.arrays and state.get("stamp") == stamp_of(base)


def personal_of(base: Base, people: Sequence[Person]) -> list[PersonState]:
    """Those of the people who were trained on this base."""
    import torch

    from pvchat.model.people import PersonState

    found = []
    for person in people:
        if fits(base, person):
            own = (person.arrays[TOKENS], person.arrays.get(Z, np.zeros((0, 0))))
            tokens, z = (torch.from_numpy(array.astype(np.float32)).to(base.device) for array in own)
            found.append(PersonState(person.name, tokens, z))
    return found


def adapted(base: Base, people: Sequence[Person]) -> AbstractContextManager[None]:
    """The base with a person's own LoRA while she alone is spoken of."""
    from pvchat.model.personlora import spoken_of

    return spoken_of(upper_layers(base), people if len(people) == 1 and fits(base, people[0]) else (), LORA)


def upper_layers(base: Base) -> Any:
    """The upper half of the decoder's layers, where heads are mixed and a person's LoRA works."""
    from torch import nn

    layers = list(base.decoder.layers)
    return nn.ModuleList(layers[len(layers) // 2 :])
