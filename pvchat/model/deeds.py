"""What the Q-Former says of somebody's deed, beside the head that weighs what is measured (`perception/deeds.py`).

In: the log-odds of each deed by that head, what the queries read where she is. Out: how likely each is by both: a
product of experts, whose sharpness was fitted to people whom neither had learned from (`recipes/model/deeds.py`, ADR
0116).

Legend: C deeds, D model width.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pvchat.errors import WeightsError
from pvchat.perception.deeds import KINDS
from pvchat.perception.experts.attributes import softmax
from pvchat.schemas import FloatArray

FILE = "deeds.safetensors"  # beside the weights of the model whose queries it reads


@dataclass(frozen=True)
class DeedHead:
    """A linear head over what the queries read, as sharp as its word counts."""

    weight: FloatArray  # [C, D]
    bias: FloatArray  # [C]
    other: float  # how much the other head's log-odds count

    @classmethod
    def read(cls, folder: Path) -> DeedHead | None:
        """The head in a model's folder; None where there is none. Raises WeightsError where it tells other deeds."""
        from safetensors.numpy import load_file

        if not (folder / FILE).is_file():
            return None
        arrays = load_file(folder / FILE)
        if len(arrays["bias"]) != len(KINDS):
            hint = "Fit it again: recipes/model/deeds.py in the source."
            raise WeightsError("made for other deeds", subject=str(folder / FILE), hint=hint)
        weight, bias = (arrays[name].astype(np.float32) for name in ("weight", "bias"))
        return cls(weight, bias, float(arrays["other"][0]))

    def weighed(self, logits: FloatArray, read: FloatArray) -> dict[str, float]:
        """How likely each of KINDS is by both, of the other head's log-odds [C] and of what the queries read [D]."""
        both = softmax(self.other * logits + self.weight @ read + self.bias)
        return dict(zip(KINDS, both.tolist(), strict=True))
