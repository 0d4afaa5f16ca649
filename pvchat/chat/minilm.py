"""MiniLM itself: token ids in, a state for each token out; BERT's encoder (Devlin et al. 2019), without transformers.

Importing transformers costs seconds and 170 MB, for six plain layers. The weights stay mapped from their file, and no
module is made that would fill itself with random numbers first: what no text needs of the 30,522 word vectors is never
read. Normalised after each addition, exact GELU, as in the published model; its pooler is left out.

Legend: B texts, L tokens, D width.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pvchat.errors import WeightsError

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"


class MiniLM:
    """BERT's encoder, for texts of one segment.

    Args:
        weights: by the names that transformers' BertModel gives them.
        config: of the model's config.json.
    """

    def __init__(self, weights: Mapping[str, Tensor], config: dict[str, Any]) -> None:
        self._weights = dict(weights)
        self._layers, self._heads = config["num_hidden_layers"], config["num_attention_heads"]
        self._eps = config["layer_norm_eps"]

    def to(self, device: str) -> MiniLM:
        """Move the weights to a torch device."""
        self._weights = {name: value.to(device) for name, value in self._weights.items()}
        return self

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids [B, L], and which of them are no padding [B, L] (bool), as last hidden states [B, L, D]."""
        words, places, segments = (
            self._weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        states = self._norm("embeddings", words[ids] + segments[0] + places[: ids.shape[1]])
        for number in range(self._layers):
            states = self._layer(f"encoder.layer.{number}", states, mask[:, None, None])
        return states

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

    def _linear(self, name: str, states: Tensor) -> Tensor:
        return F.linear(states, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, name: str, states: Tensor) -> Tensor:
        weight, bias = self._weights[f"{name}.LayerNorm.weight"], self._weights[f"{name}.LayerNorm.bias"]
        return F.layer_norm(states, weight.shape, weight, bias, self._eps)


def load_minilm(folder: Path) -> tuple[Any, MiniLM]:
    """The tokenizer, which pads to the longest of a batch, and the model, on the CPU.

    Args:
        folder: holds config.json, tokenizer.json and model.safetensors, as transformers writes a BertModel.

    Raises:
        WeightsError: one of them is missing, or isn't what it should be.
    """
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.enable_padding(pad_id=config.get("pad_token_id", 0))
        model = MiniLM(load_file(folder / WEIGHTS), config)
        with torch.inference_mode():
            model(torch.zeros(1, 1, dtype=torch.long), torch.ones(1, 1, dtype=torch.bool))  # everything is there
    except Exception as error:  # tokenizers raises nothing narrower
        hint = "Fetch it anew: pvchat doctor --fetch"
        raise WeightsError("the sentence encoder can't be read.", subject=str(folder), hint=hint) from error
    return tokenizer, model
