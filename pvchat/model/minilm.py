"""MiniLM itself: token ids in, a vector for each text out; BERT's encoder (Devlin et al. 2019), without transformers.

Importing transformers costs seconds and 170 MB, for six plain layers. The weights stay mapped from their file, and no
module is made that would fill itself with random numbers first. Normalised after each addition, exact GELU, as in the
published model; its pooler is left out. `sentences.py` has it converted (`networks.py`): only that imports this file.

Legend: B texts, L tokens, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F


class MiniLM(nn.Module):
    """BERT's encoder, for texts of one segment, with the mean over tokens that the model's own card asks for.

    The weights are those of a safetensors file as transformers writes a BertModel; `config` is config.json.
    """

    def __init__(self, weights: Mapping[str, Tensor], config: dict[str, Any]) -> None:
        super().__init__()
        for name, value in weights.items():
            self.register_buffer(_key(name), value)
        self._layers, self._heads = config["num_hidden_layers"], config["num_attention_heads"]
        self._eps = config["layer_norm_eps"]

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Vectors [B, D], unit length, of token ids [B, L], and which of them are no padding [B, L] (bool)."""
        words, places, segments = (
            self._weight(f"embeddings.{name}_embeddings.weight") for name in ("word", "position", "token_type")
        )
        states = self._norm("embeddings", words[ids] + segments[0] + places[: ids.shape[1]])
        for number in range(self._layers):
            states = self._layer(f"encoder.layer.{number}", states, mask[:, None, None])
        real = mask[:, :, None].to(states.dtype)
        return F.normalize((states * real).sum(1) / real.sum(1).clamp(min=1.0), dim=1)

    def _layer(self, name: str, states: Tensor, mask: Tensor) -> Tensor:
        """Self-attention, then two linear layers, each added to what came in."""
        query, key, value = (
            self._linear(f"{name}.attention.self.{part}", states).unflatten(2, (self._heads, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).flatten(2)
        states = self._norm(f"{name}.attention.output", self._linear(f"{name}.attention.output.dense", seen) + states)
        inner = F.gelu(self._linear(f"{name}.intermediate.dense", states))
        return self._norm(f"{name}.output", self._linear(f"{name}.output.dense", inner) + states)

    def _weight(self, name: str) -> Tensor:
        weight: Tensor = getattr(self, _key(name))
        return weight

    def _linear(self, name: str, states: Tensor) -> Tensor:
        return F.linear(states, self._weight(f"{name}.weight"), self._weight(f"{name}.bias"))

    def _norm(self, name: str, states: Tensor) -> Tensor:
        weight, bias = self._weight(f"{name}.LayerNorm.weight"), self._weight(f"{name}.LayerNorm.bias")
        return F.layer_norm(states, weight.shape, weight, bias, self._eps)


def _key(name: str) -> str:
    """A weight's name as torch lets a module have it."""
    return name.replace(".", "/")
