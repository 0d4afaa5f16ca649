"""What a phase of base training is: it makes batches, gives a loss, and validates.

    1 contrastive   pictures against MiniLM vectors of their captions, and their words out of the queries alone
                    (`contrast.py`)
    2 generation    questions about pictures, answered through the language model (`generation.py`)
    3 identity      episodes: enroll on some photos, ask about a scene with look-alikes (`identity.py`)

A phase's batch is a function of the step (and the seed), so a resumed run sees what a straight one would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pvchat.model.pvchat import Reading
from pvchat.model.sentences import Encode
from pvchat.train.losses import SparsityController
from recipes.model.base.config import BaseConfig
from recipes.model.base.grounding import CaptionDecoder, WordNaming

VALIDATION_BATCH = 64
LOG_SCALE = math.log(1 / 0.07)  # CLIP's inverse temperature at the start


@dataclass
class StepLoss:
    """One batch's loss, what it is made of, and the reading it came from (routing and connector losses)."""

    loss: Tensor
    reading: Reading
    parts: dict[str, float] = field(default_factory=dict)


class Objective(nn.Module):
    """What is trained or moves beside the model: temperature of the contrastive loss, β of the sparsity losses.

    Args:
        config: of the run.
        captioner: the decoder that a phase trains along, None for none.
        naming: the same for the words that queries should become.
    """

    def __init__(
        self, config: BaseConfig, captioner: CaptionDecoder | None = None, naming: WordNaming | None = None
    ) -> None:
        super().__init__()
        self.captioner, self.naming = captioner, naming
        self.log_scale = nn.Parameter(torch.tensor(LOG_SCALE))
        self.sparsity = SparsityController(config.sparsity, target=config.target)


class Phase(Protocol):
    """One phase.

    Attributes:
        score: the validation number that decides which checkpoint is best (higher is better).
        captioner, naming: modules to train along (`grounding.py`), None for none.
    """

    score: str
    captioner: CaptionDecoder | None = None
    naming: WordNaming | None = None

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None: ...

    def fingerprint(self) -> str:
        """Hash of the training data."""
        ...

    def batch(self, step: int) -> Any:
        """The batch of one step."""
        ...

    def loss(self, model: Any, objective: Objective, batch: Any) -> StepLoss:
        """Its loss."""
        ...

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        """Numbers on the validation split; model and objective are in evaluation mode, without gradients."""
        ...


def total(losses: dict[str, Tensor], reading: Reading) -> StepLoss:
    """The sum of a step's losses, told apart by name."""
    parts = {name: float(value.detach()) for name, value in losses.items()}
    first, *rest = losses.values()
    return StepLoss(sum(rest, first), reading, parts)


def head_table(reading: Reading) -> list[list[float]]:
    """[modules, heads] share of tokens for which each routed head is on."""
    return [[round(float(v), 4) for v in stats.head_share()] for stats in reading.routing]
