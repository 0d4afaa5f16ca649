"""Deeds by what the Q-Former reads of somebody, combined with the head over measurements (`perception/deeds.py`).

In: the log-odds of each deed by that head, the mean of the queries where she is. Out: probabilities by both, a product
of experts whose sharpness was fitted to people whom neither had learned from (`recipes/model/deeds.py`, ADR
0116).

Legend: C deeds, D model width, S width of sentence vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from pvchat.errors import WeightsError
from pvchat.perception.deeds import KINDS
from pvchat.perception.experts.headfiles import softmax
from pvchat.schemas import FloatArray

FILE = "deeds.safetensors"  # beside the weights of the model whose queries it reads
CAPTION_QUESTION = "What is happening in the video?"  # what base training asks a caption with, and a clip is read with
_VECTOR = Path(__file__).with_name("question.safetensors")


@cache
def caption_question() -> FloatArray:
    """The sentence vector [S] of CAPTION_QUESTION, kept here so that telling deeds needs no sentence network."""
    from safetensors.numpy import load_file

    return load_file(_VECTOR)["vector"]


@dataclass(frozen=True)
class DeedHead:
    """A linear head over the mean query, as sharp as it counts beside the other one."""

    weight: FloatArray  # [C, D]
    bias: FloatArray  # [C]
    measured_weight: float  # of the log-odds of the head over measurements

    @classmethod
    def read(cls, folder: Path) -> DeedHead | None:
        """The head in a model's folder; None where there is none. Raises WeightsError where it is for other deeds."""
        from safetensors.numpy import load_file

        if not (folder / FILE).is_file():
            return None
        arrays = load_file(folder / FILE)
        if len(arrays["bias"]) != len(KINDS):
            hint = "Fit it again: recipes/model/deeds.py in the source."
            raise WeightsError("made for other deeds", subject=str(folder / FILE), hint=hint)
        weight, bias = (arrays[name].astype(np.float32) for name in ("weight", "bias"))
        return cls(weight, bias, float(arrays["other"][0]))

    def probabilities(self, logits: FloatArray, query: FloatArray) -> dict[str, float]:
        """Probability of each of KINDS by both, from the other head's log-odds [C] and the mean query [D]."""
        both = softmax(self.measured_weight * logits + self.weight @ query + self.bias)
        return dict(zip(KINDS, both.tolist(), strict=True))
