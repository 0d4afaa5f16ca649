"""Sentence vectors: texts in, L2-normalised MiniLM vectors out (all-MiniLM-L6-v2, D = 384).

Mean pooling over the tokens that aren't padding, then normalisation, as the model's own card computes them. Nothing
loads before the first `encode`; texts seen before come out of a small cache.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.errors import WeightsError
from pvchat.perception.experts.networks import Input, Network, load
from pvchat.runtime import pick_device
from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    from torch import nn

Encode = Callable[[list[str]], FloatArray]  # n texts -> [n, D] L2-normalised vectors

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
MAX_TOKENS = 256  # sentence_bert_config.json of all-MiniLM-L6-v2
_CACHED = 4096  # texts


class SentenceEncoder:
    """MiniLM of a folder (None: the downloaded weights) with pooling and a cache."""

    def __init__(self, path: Path | str | None = None, device: str = "cpu") -> None:
        self.path, self.device = path, device
        self._parts: tuple[Any, Network] | None = None
        self._cache: OrderedDict[str, FloatArray] = OrderedDict()
        self._lock = threading.RLock()

    def encode(self, texts: list[str], batch_size: int = 64) -> FloatArray:
        """Vectors [n, D] of n texts, unit length."""
        with self._lock:
            new = [t for t in dict.fromkeys(texts) if t not in self._cache]
            for batch in (new[i : i + batch_size] for i in range(0, len(new), batch_size)):
                tokenizer, network = self.load()
                rows = tokenizer.encode_batch(batch)
                ids, mask = np.array([row.ids for row in rows]), np.array([row.attention_mask for row in rows], bool)
                self._cache.update(zip(batch, network(ids, mask)[0], strict=True))
            found = [self._cache[t] for t in texts]
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return np.stack(found).astype(np.float32) if found else np.zeros((0, 384), np.float32)

    def load(self) -> tuple[Any, Network]:
        """Its tokenizer and network; raises WeightsError where it isn't there, or isn't what it should be."""
        with self._lock:
            if self._parts is None:
                folder = Path(self.path) if self.path is not None else downloaded_folder()
                try:
                    self._parts = _load_parts(folder, pick_device(self.device))
                except Exception as error:  # tokenizers raises nothing narrower
                    hint = "Fetch it anew: pvchat doctor --fetch"
                    raise WeightsError("the sentence encoder can't be read.", subject=str(folder), hint=hint) from error
            return self._parts


def _load_parts(folder: Path, device: str) -> tuple[Any, Network]:
    """The tokenizer, which pads to the longest of a batch, and the network, from token ids and their mask [B, L]."""
    from tokenizers import Tokenizer

    words = (folder / CONFIG).read_text(encoding="utf-8")
    config = json.loads(words)

    def build(weights: Path) -> nn.Module:
        from safetensors.torch import load_file

        from pvchat.model.minilm import MiniLM

        return MiniLM(load_file(weights), config)

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.enable_padding(pad_id=config.get("pad_token_id", 0))
    tokenizer.enable_truncation(MAX_TOKENS)
    inputs = [Input((-1, -1), "int64"), Input((-1, -1), "bool")]
    return tokenizer, load("sentences", folder / WEIGHTS, build, *inputs, variant=words, device=device)


def downloaded_folder() -> Path:
    """The downloaded model's folder."""
    from pvchat.assets.weights import member_path

    return member_path("sentences")
