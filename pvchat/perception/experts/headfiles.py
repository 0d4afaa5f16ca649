"""Weights of our own: a safetensors file each, with a JSON card of the same name beside it; and what heads end with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from pvchat.schemas import FloatArray


@cache
def arrays_of(file: Path) -> dict[str, FloatArray]:
    """The arrays of a safetensors file of ours, read once."""
    from safetensors.numpy import load_file

    return {name: array.astype(np.float32) for name, array in load_file(file).items()}


def labels_of(file: Path) -> tuple[str, ...]:
    """The labels of a head's rows, in order, by the card beside its safetensors file."""
    return tuple(json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["labels"])


def linear_head(file: Path) -> tuple[FloatArray, FloatArray]:
    """Weight [C, N] and bias [C] of a linear head (C = 1: [N] and [1])."""
    return arrays_of(file)["weight"], arrays_of(file)["bias"]


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities of logits [..., C] that exclude each other; without overflow."""
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def sigmoid(x: FloatArray) -> FloatArray:
    """Probabilities of logits, each for itself; clipped so that it can't overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))), np.float32)


def unit(x: FloatArray) -> FloatArray:
    """Vectors [..., D] at length 1; zeros stay zeros."""
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)
