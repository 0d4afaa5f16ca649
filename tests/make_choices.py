"""Scales of choices, and likeness to one of them, for tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pvchat.model.choices import LEVELS, SETTINGS, Scale, choices, sentences
from recipes.model.confidence import usual_scale

NEVER = {level: dict.fromkeys(SETTINGS) for level in LEVELS}


def limits(**levels: float) -> dict:
    """The same limit for both settings; levels that aren't named are never reached."""
    return NEVER | {name.replace("_", " "): dict.fromkeys(SETTINGS, limit) for name, limit in levels.items()}


def scale_of(kind: str, **changed: object) -> Scale:
    usual = np.random.default_rng(0).normal(size=(50, len(sentences(kind)))).astype(np.float32)
    return replace(usual_scale(kind, usual), sharpness=2.0, **({"least": limits(likely=0.0)} | changed))


def likeness_to(kind: str, said: str) -> np.ndarray:
    """[S] a clip that is unusually near to the sentences of one choice."""
    near = [c.said == said for c in choices(kind) for _ in c.sentences]
    return np.where(near, 5.0, 0.0).astype(np.float32)
