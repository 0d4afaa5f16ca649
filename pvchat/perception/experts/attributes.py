"""Small heads on EfficientNet features: what a head wears, indoors/outdoors, drawn or photo.

In: pooled features [B, 1280] of the right crop. Out: probabilities a label, and claims: the labels whose probability
passes the threshold at which validation precision was measured (`attributes.json`). Two sources: linear heads of ours
(`recipes/looks/attributes.py`) and the ImageNet classifier that belongs to the features, for a few of its 1000 classes
that mean clothes, things or places.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pvchat.assets.weights import member_path
from pvchat.config import home
from pvchat.perception.experts.headfiles import arrays_of, sigmoid, softmax
from pvchat.schemas import FloatArray
from pvchat.storage import tensorfile

_FILE = Path(__file__).with_name("attributes.safetensors")
SETTINGS = Path(__file__).with_name("settings.safetensors")  # made by `recipes/looks/settings.py`


@dataclass(frozen=True)
class Attribute:
    """A label that may be spoken of, and its probability."""

    label: str
    confidence: float


class AttributeExpert:
    """The trained heads of a safetensors file; its card lies beside it as .json."""

    def __init__(self, weights: Path = _FILE) -> None:
        arrays, self.card = arrays_of(weights), json.loads(weights.with_suffix(".json").read_text())
        self._weight = {head: arrays[f"{head}.weight"] for head in self.card["heads"]}
        self._bias = {head: arrays[f"{head}.bias"] for head in self.card["heads"]}

    def probabilities(self, head: str, features: FloatArray) -> FloatArray:
        """[B, 1280] pooled features to [B, C] independent probabilities of the labels of "head" or "frame"."""
        return sigmoid(features @ self._weight[head].T + self._bias[head])

    def of_label(self, head: str, label: str, features: FloatArray) -> FloatArray:
        """[B] the probabilities of one label."""
        return self.probabilities(head, features)[:, list(self.card["heads"][head]).index(label)]

    def claims(self, head: str, features: FloatArray) -> list[Attribute]:
        """What may be said when all B crops show the same thing."""
        if len(features) == 0:
            return []
        p = sigmoid((features @ self._weight[head].T + self._bias[head]).mean(0))
        return claimed(self.card["heads"][head], p)


def claimed(rows: dict[str, dict[str, float]], p: FloatArray) -> list[Attribute]:
    """The labels of a card whose probability [C] reaches the one from which it is told, the likeliest first."""
    found = [
        Attribute(label, float(v)) for (label, row), v in zip(rows.items(), p, strict=True) if v >= row["threshold"]
    ]
    return sorted(found, key=lambda claim: -claim.confidence)


class ImageNetHead:
    """The 1000-way classifier of EfficientNet-Lite0 itself: the last two tensors of the .pth that `FrameExpert` reads.

    They are kept beside the converted networks: importing torch to read them takes seconds.
    """

    def __init__(self, weights: Path | None = None) -> None:
        weights = weights or member_path("frames", "efficientnet-lite0-57934424.pth")
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        kept = home() / "weights" / "networks" / f"classifier-{digest[:16]}.safetensors"

        def last_layer() -> dict[str, FloatArray]:
            import torch

            *_, weight, bias = torch.load(weights, map_location="cpu", weights_only=True).values()
            if weight.shape != (1000, 1280):
                raise ValueError(f"{weights}: the last layer is {tuple(weight.shape)}, not (1000, 1280)")
            return {"weight": weight.numpy(), "bias": bias.numpy()}

        tensors = tensorfile.load_or_make(kept, ("weight", "bias"), last_layer)
        self.weight, self.bias = tensors["weight"], tensors["bias"]

    def probabilities(self, features: FloatArray) -> FloatArray:
        """[B, 1280] pooled features to [B, 1000] softmax over the ImageNet-1k classes (their usual order)."""
        return softmax(features @ self.weight.T + self.bias)
