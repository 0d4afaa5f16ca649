"""What one person is trained on, on our own model: every clip's visual tokens, made once; questions as vectors.

In: a `TrainingSet`, the frozen model. Out: `PersonData`.

Legend: C clips, S width of a sentence vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.model.connectors import VisualTokens
from pvchat.model.sentences import Encode
from pvchat.schemas import ClipAnalysis
from pvchat.train.examples import TrainingData, TrainingSet, examples_about
from recipes.model.batches import collate, encode_clips, from_analysis

_CLIPS = 16  # encoded at a time


@dataclass(kw_only=True)
class PersonData(TrainingData):
    """Everything one person is trained on."""

    visual: VisualTokens  # [C, …] of all clips, without gradients
    vectors: dict[str, Tensor]  # sentence vector [S] of every question

    def arrays(self) -> list[Any]:
        """See `TrainingData`."""
        return [self.visual.tokens.cpu().float().numpy()]


def make_data(name: str, data_set: TrainingSet, model: Any, encode: Encode) -> PersonData:
    """Prepare an augmentation for training the person of that name; raises SettingsError where no question can be
    trained on.
    """
    examples = examples_about(name, data_set)
    asked = sorted({e.question for e in examples})
    vectors = torch.from_numpy(np.asarray(encode(asked), np.float32)).to(model.device)
    visual = encode_all([data_set.analyses(s) for s in data_set.samples], model)
    rows = dict(zip(asked, vectors, strict=True))
    return PersonData(name, examples, visual=visual, vectors=rows)


@torch.no_grad()
def encode_all(analyses: Sequence[ClipAnalysis], model: Any) -> VisualTokens:
    """Visual tokens of all clips, padded alike, so that any of them can be batched.

    Nobody is recognised in them: where that tells who is there, a person's tokens would have nothing to learn.
    """
    whole = collate([from_analysis(a, model.config) for a in analyses])
    parts = []
    for start in range(0, len(analyses), _CLIPS):
        at = slice(start, start + _CLIPS)
        some = {k: type(e)(*(getattr(e, f.name)[at] for f in fields(e))) for k, e in whole.experts.items()}
        parts.append(encode_clips(model, type(whole)(some)))
    first = parts[0]
    rows = ("tokens", "mask")
    joined = {name: torch.cat([getattr(part, name) for part in parts]) for name in rows}
    return replace(first, **joined, aux={})
