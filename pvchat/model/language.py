"""The language model: chat messages in, text out; any local causal LM folder of transformers (default: SmolLM2-135M).

Nothing loads before the first generation. Greedy, so the same messages give the same text. bf16 only where the
processor computes in it: elsewhere it is emulated and slower than float32.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pvchat.assets.weights import member_path
from pvchat.errors import WeightsError

Messages = Sequence[dict[str, str]]  # {"role": "system" | "user" | "assistant", "content": text}


class LanguageModel:
    """A causal LM with its tokenizer, loaded on first use from a folder; None takes the downloaded weights."""

    def __init__(self, path: Path | str | None = None, device: str = "cpu") -> None:
        self.path, self.device = path, device
        self._parts: tuple[Any, Any] | None = None
        self._lock = threading.RLock()
        self._used = time.monotonic()

    def generate(self, messages: Messages, max_new_tokens: int = 64) -> str:
        """The model's reply to a chat."""
        import torch

        with self._lock, torch.inference_mode():
            tokenizer, model = self._load()
            batch = tokenizer(_prompt(tokenizer, messages), return_tensors="pt", add_special_tokens=False)
            ids = batch["input_ids"].to(self.device)
            out = model.generate(
                input_ids=ids,
                attention_mask=batch["attention_mask"].to(self.device),
                max_new_tokens=max_new_tokens,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                do_sample=False,
            )
        return str(tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)).strip()

    def rest(self, idle_s: float) -> bool:
        """Let go of the weights if nothing was said in the last `idle_s` seconds; whether they went."""
        with self._lock:
            if self._parts is None or time.monotonic() - self._used < idle_s:
                return False
            self._parts = None
        return True

    def _load(self) -> tuple[Any, Any]:
        self._used = time.monotonic()
        if self._parts is None:
            from pvchat.model.llm import load_llm

            path = self.path if self.path is not None else member_path("llm")
            if not Path(path).is_dir():
                raise WeightsError("no such model folder.", subject=str(path), hint="Give a local causal LM folder.")
            model, tokenizer = load_llm(str(path), device=self.device)
            if tokenizer.pad_token_id is None:
                tokenizer.pad_token = tokenizer.eos_token
            self._parts = tokenizer, model
        return self._parts


def _prompt(tokenizer: Any, messages: Messages) -> str:
    """The chat as the model's own template writes it; models without a template get a plain transcript."""
    if getattr(tokenizer, "chat_template", None):
        return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True))
    lines = [f"{m['role']}: {m['content']}" for m in messages]
    return "\n".join([*lines, "assistant:"])
