"""What the recipes of small heads share: their command line, draws of rows, a softmax, the two files that they write.

In: words of the command line; features and what they show. Out: weights; a safetensors file with a card beside it.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pvchat.schemas import FloatArray

STEPS = 60  # of LBFGS


def arguments(doc: str, words: Sequence[str] | None) -> argparse.Namespace:
    """`TRAINDATA --out FILE [--seed N]` of a recipe with this docstring; None reads the process's own words."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("traindata", type=Path, help="folder of image sets, each with a metadata.jsonl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn, where a recipe fixes none")
    return parser.parse_args(words)


def drawn(rows: Sequence[Any], most: int, random: np.random.Generator) -> list[Any]:
    """At most so many of the rows, in random order."""
    return [rows[i] for i in random.permutation(len(rows))[:most]]


def is_held_back(name: str, source: str) -> bool:
    """Whether a film or photo of a set is of the quarter from which nothing is learned, for the cards."""
    return zlib.crc32(f"{name} {source}".encode()) % 4 == 0


def softmax_head(
    x: FloatArray,
    truth: FloatArray,
    worth: FloatArray,
    decay: float | FloatArray,
    least_spread: float,
    word: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """A linear softmax on standardised features, by LBFGS.

    Args:
        x: [N, D] features.
        truth: [N, C] how likely each label is.
        worth: [N] how much a row counts, 1 in the mean.
        decay: L2 strength, one or [D].
        least_spread: added to the features' standard deviations.
        word: [N, C] log-odds that what is learned is added to.

    Returns:
        Weights [C, D] and biases [C] for raw features.
    """
    mean, spread = x.mean(0), x.std(0) + least_spread
    rows, shares = torch.from_numpy(((x - mean) / spread).astype(np.float32)), torch.from_numpy(truth)
    counted, pull = torch.from_numpy(worth.astype(np.float32)), torch.as_tensor(decay, dtype=torch.float32)
    said = torch.zeros(truth.shape) if word is None else torch.from_numpy(word)
    weight = torch.zeros(truth.shape[1], x.shape[1], requires_grad=True)
    bias = torch.zeros(truth.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        wrong = -(torch.log_softmax(said + rows @ weight.T + bias, 1) * shares).sum(1)
        found = (wrong * counted).mean() + (pull * weight**2).sum()
        torch.autograd.backward(found)
        return found

    optimiser.step(loss)
    raw = weight.detach().numpy() / spread
    return raw, bias.detach().numpy() - raw @ mean


def write_head(out: Path, arrays: Mapping[str, NDArray[Any]], card: dict[str, Any]) -> None:
    """The weights as safetensors, and their card beside them as JSON."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, out)
    out.with_suffix(".json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
