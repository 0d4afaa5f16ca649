"""One person's parameters beside a frozen model: tokens, head offsets, a small LoRA of her own where asked for.

In: where she starts, what is to be trained. Out: a module without the model in it, so that no optimiser, checkpoint or
wrapper of it can reach the model. `train/bases` asks a pretrained base with it, `recipes/model/person` our own model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from pvchat.model.people import PersonParameters, PersonState
from pvchat.model.personlora import PersonLora
from pvchat.train.person.config import PersonConfig


class Learner(nn.Module):
    """What one person's training changes.

    Args:
        start: where tokens and z begin.
        config: `use_tokens` and `use_z` say what is trained (the rest stays where it starts), `lora` the rank of a LoRA
            of the person's own, `seed` its start.
        layers: on which the LoRA works; None where there is no language model.
    """

    def __init__(self, start: PersonState, config: PersonConfig, layers: nn.Module | None) -> None:
        super().__init__()
        self.person = PersonParameters(start)
        self.person.z.requires_grad_(config.use_z and start.z.numel() > 0)
        self.person.tokens.requires_grad_(config.use_tokens)
        self.lora = None
        if config.lora and layers is not None:
            self.lora = PersonLora(layers, config.lora, config.seed).to(start.tokens.device)

    @contextmanager
    def adapted(self, layers: nn.Module | None) -> Iterator[None]:
        """The language model with her LoRA, where she has one."""
        if self.lora is None or layers is None:
            yield
            return
        with self.lora.applied(layers):
            yield
