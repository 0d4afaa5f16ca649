"""Sentence vectors: texts in, L2-normalised MiniLM vectors out (all-MiniLM-L6-v2, D = 384).

Mean pooling over the tokens that aren't padding, then normalisation, as the model's own card computes them. Nothing
loads before the first `encode`; texts seen before come out of a small cache, as the prototypes come again and again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.runtime import pick_device
from pvchat.schemas import FloatArray, QuestionType

Encode = Callable[[list[str]], FloatArray]  # n texts -> [n, D] L2-normalised vectors

MAX_TOKENS = 256  # sentence_bert_config.json of all-MiniLM-L6-v2
_CACHED = 4096  # texts
_PROTOTYPES: dict[QuestionType, tuple[str, ...]] = {
    "existence": (
        "Is Alex in this video?", "Can you see Alex here?", "Did Alex make it into the footage?",
        "Does Alex come up at any point?", "Have you come across Alex in the recording?", "Could that be Alex?",
        "Any luck spotting Alex?", "Who is in this video?",
    ),
    "appearance": (
        "What is Alex wearing?", "What clothes has Alex put on?", "How is Alex dressed?",
        "What does Alex look like?", "Describe the style of Alex's outfit.", "What kind of top did Alex choose?",
        "Is Alex formal or casual today?", "What is on Alex's head?",
    ),
    "action": (
        "What is Alex doing?", "How does Alex spend the time in the clip?", "What keeps Alex occupied?",
        "Does Alex talk to the camera?", "What task does Alex carry out?", "Did Alex wave or nod?",
        "How does Alex act?", "What is Alex working on?",
    ),
    "location": (
        "Where is Alex?", "In which place was Alex filmed?", "What is around Alex?", "Who is beside Alex?",
        "Is Alex on the left or on the right?", "At what spot does Alex stand?", "What can be seen behind Alex?",
        "What kind of room is this?",
    ),
    "other": (
        "Describe Alex.", "Tell me about Alex.", "Who is Alex?", "What can you say about Alex?", "How does Alex feel?",
    ),
}  # fmt: skip
_NEAR = 0.45  # cosine: a question less like every prototype than this is of type "other"


class SentenceEncoder:
    """MiniLM with pooling and a cache.

    Args:
        path: the model's folder; None takes the downloaded weights of the role "sentences".
        device: torch device name, or "auto".
    """

    def __init__(self, path: Path | str | None = None, device: str = "cpu") -> None:
        self.path, self.device = path, device
        self._parts: tuple[Any, Any] | None = None
        self._cache: OrderedDict[str, FloatArray] = OrderedDict()
        self._lock = threading.RLock()

    def encode(self, texts: list[str], batch_size: int = 64) -> FloatArray:
        """Vectors [n, D] of n texts, unit length."""
        with self._lock:
            new = [t for t in dict.fromkeys(texts) if t not in self._cache]
            for i in range(0, len(new), batch_size):
                batch = new[i : i + batch_size]
                self._cache.update(zip(batch, self._embed(batch), strict=True))
            rows = [self._cache[t] for t in texts]
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, 384), np.float32)

    def _embed(self, texts: list[str]) -> FloatArray:
        import torch

        tokenizer, model = self._load()
        rows, device = tokenizer.encode_batch(texts), pick_device(self.device)
        mask = torch.tensor([row.attention_mask for row in rows], dtype=torch.bool, device=device)  # [B, tokens]
        with torch.inference_mode():
            states = model(torch.tensor([row.ids for row in rows], device=device), mask)  # [B, tokens, D]
        mask = mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1.0)  # [B, D]
        vectors: FloatArray = torch.nn.functional.normalize(pooled, dim=1).float().cpu().numpy()
        return vectors

    def _load(self) -> tuple[Any, Any]:
        if self._parts is None:
            from pvchat.chat.minilm import load_minilm

            tokenizer, model = load_minilm(Path(self.path) if self.path is not None else _downloaded())
            tokenizer.enable_truncation(MAX_TOKENS)
            self._parts = tokenizer, model.to(pick_device(self.device))
        return self._parts


def nearest_type(masked: str, encode: Encode) -> QuestionType:
    """The type whose two nearest prototypes are nearest on average by cosine; "other" below `_NEAR`."""
    kinds = [kind for kind, texts in _PROTOTYPES.items() for _ in texts]
    vectors = encode([masked, *(t for texts in _PROTOTYPES.values() for t in texts)])
    likeness = vectors[1:] @ vectors[0]  # [prototypes]
    best = {kind: float(np.sort(likeness[[k == kind for k in kinds]])[-2:].mean()) for kind in _PROTOTYPES}
    kind = max(best, key=best.__getitem__)
    return kind if best[kind] >= _NEAR else "other"


def _downloaded() -> Path:
    """The downloaded folder, whether the table lists it as a folder or by its files."""
    from pvchat.assets.weights import member_path

    path = member_path("sentences")
    return path if path.is_dir() else path.parent
