"""A person's own small LoRA on the frozen language model, there only while she alone is spoken of.

In: the language model, a person's arrays. Out: a block in which the model's queries and values are changed a little.

Legend: r rank, L layers of the language model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pvchat.errors import SettingsError
from pvchat.people.person import Person

LORA_TARGETS = ("q_proj", "v_proj")
LORA_SCALE = 2.0  # alpha / rank, as in LoRA's and PVChat's settings
ARRAYS = "lora."  # names of a person's arrays begin with it


class PersonLora(nn.Module):
    """A person's own low-rank change of the language model's queries and values (LoRA, arXiv 2106.09685).

    It works by hooks that are there while `applied` lasts; the language model, which gives the places and shapes, is
    never changed. The change is zero until trained.
    """

    def __init__(self, llm: nn.Module, rank: int, seed: int = 0) -> None:
        super().__init__()
        self.down, self.up = nn.ParameterDict(), nn.ParameterDict()
        generator = torch.Generator().manual_seed(seed)
        for target in LORA_TARGETS:
            layers: list[Any] = projections(llm, target)
            if not layers:
                raise SettingsError(f"this language model has no '{target}' layers", hint="Train without --lora.")
            outs, ins = getattr(layers[0], "base_layer", layers[0]).weight.shape  # of the layer that peft has wrapped
            spread = torch.randn(len(layers), rank, ins, generator=generator) / ins**0.5
            self.down[target], self.up[target] = (
                nn.Parameter(t) for t in (spread, torch.zeros(len(layers), outs, rank))
            )

    @classmethod
    def of(cls, llm: nn.Module, person: Person, lead: str = ARRAYS) -> PersonLora | None:
        """A person's LoRA, from her arrays whose names begin with `lead`; None: she has none, or another model's."""
        rows = {k.removeprefix(lead): v for k, v in person.arrays.items() if k.startswith(lead)}
        if not rows:
            return None
        made = cls(llm, min(rows[k].shape[1] for k in rows if k.startswith("down")))
        own = made.state_dict()
        if own.keys() != rows.keys() or any(own[k].shape != rows[k].shape for k in own):
            return None
        made.load_state_dict({k: torch.from_numpy(np.asarray(v, np.float32)) for k, v in rows.items()})
        return made.to(next(llm.parameters()).device).requires_grad_(False)

    @contextmanager
    def applied(self, llm: nn.Module) -> Iterator[None]:
        """The language model with this change, inside the block only."""
        with ExitStack() as hooks:
            for target in LORA_TARGETS:
                for i, module in enumerate(projections(llm, target)):
                    hooks.enter_context(module.register_forward_hook(self._hook(target, i)))
            yield

    def _hook(self, target: str, layer: int) -> Callable[..., Tensor]:
        def add(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            down, up = (side[target][layer].to(output.dtype) for side in (self.down, self.up))
            return output + LORA_SCALE * (inputs[0].to(output.dtype) @ down.T) @ up.T

        return add


@contextmanager
def spoken_of(llm: nn.Module, people: Sequence[Person], lead: str = ARRAYS) -> Iterator[None]:
    """The language model with the LoRA of the one person who is spoken of; unchanged for several people."""
    own = PersonLora.of(llm, people[0], lead) if len(people) == 1 else None
    with nullcontext() if own is None else own.applied(llm):
        yield


def projections(llm: nn.Module, target: str) -> list[nn.Module]:
    """The language model's layers of this name, first to last."""
    return [m for n, m in llm.named_modules() if n.endswith(f".{target}")]
