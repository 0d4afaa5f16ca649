"""Scales of choices, and likeness to one of them, for tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pvchat.model.choices import Scale, choices


def scale_of(**changed: float) -> Scale:
    """One by which the likeliest choice is told; "none of these" is far away."""
    return replace(Scale(sharpness=2.0, nothing=-50.0, least=0.0, least_of_group=0.0), **changed)


def likeness_to(kind: str, said: str) -> np.ndarray:
    """[S] a clip that is near to the sentences of one choice."""
    near = [c.said == said for c in choices(kind) for _ in c.sentences]
    return np.where(near, 5.0, 0.0).astype(np.float32)
