"""MiniLM in plain numpy: token ids in, the states of its last layer out; its upper layers are the reader's own.

The lower layers stay mapped from the published file, so that a question from the shell costs no import of a network
runtime and reads no more of the file than it needs. BERT's encoder (Devlin et al. 2019); one text at a time.

Legend: L tokens, D width (384), H heads.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pvchat.schemas import FloatArray

LAYERS, TUNED, HEADS, EPS = 6, 4, 12, 1e-12  # of all-MiniLM-L6-v2; how many upper layers are the reader's
Weights = Mapping[str, FloatArray]


def embedded(ids: list[int], weights: Weights) -> FloatArray:
    """What goes into the first layer [L, D]."""
    words, places, segments = (
        weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    return _norm(words[ids] + places[: len(ids)] + segments[0], weights, "embeddings")


def encoded(states: FloatArray, weights: Weights, layers: range) -> FloatArray:
    """The states [L, D] after these layers."""
    for number in layers:
        states = _layer(states, weights, f"encoder.layer.{number}")
    return states


def softmax(x: FloatArray) -> FloatArray:
    """Along the last axis, without overflow."""
    shares = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(shares / shares.sum(-1, keepdims=True), np.float32)


def _layer(states: FloatArray, weights: Weights, name: str) -> FloatArray:
    query, key, value = (
        np.stack(np.split(_linear(states, weights, f"{name}.attention.self.{part}"), HEADS, axis=1))
        for part in ("query", "key", "value")
    )  # each [H, L, D / H]
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[2]))
    seen = np.concatenate(list(softmax(scores) @ value), axis=1)
    states = _norm(
        _linear(seen, weights, f"{name}.attention.output.dense") + states, weights, f"{name}.attention.output"
    )
    inner = _gelu(_linear(states, weights, f"{name}.intermediate.dense"))
    return _norm(_linear(inner, weights, f"{name}.output.dense") + states, weights, f"{name}.output")


def _linear(states: FloatArray, weights: Weights, name: str) -> FloatArray:
    return np.asarray(states @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], np.float32)


def _norm(states: FloatArray, weights: Weights, name: str) -> FloatArray:
    centred = states - states.mean(1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + EPS)
    return np.asarray(scaled * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"], np.float32)


def _gelu(x: FloatArray) -> FloatArray:
    """X · Φ(x), with the error function of Abramowitz and Stegun, 7.1.26 (off by less than 2e-7)."""
    z = np.abs(x) / np.sqrt(np.float32(2))
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.asarray(0.5 * x * (1 + np.sign(x) * (1 - series * np.exp(-(z**2)))), np.float32)
