"""The language model: chat messages in, text out; any local causal LM folder of transformers (default: SmolLM2-135M).

Nothing loads before the first generation. Greedy unless a temperature is given, so the same messages give the same
text; sampling is seeded without touching the global generator. bf16 only where the processor computes in it:
elsewhere it is emulated and slower than float32.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pvchat.errors import WeightsError
from pvchat.runtime import best_dtype

Messages = Sequence[dict[str, str]]  # {"role": "system" | "user" | "assistant", "content": text}
Stream = Callable[[str], None]


class LanguageModel:
    """A causal LM with its tokenizer, loaded on first use.

    Attributes:
        first_token_s: seconds from the last call to its first new token (prompt reading included, loading not).
    """

    def __init__(self, path: Path | str | None, device: str) -> None:
        self.path, self.device = path, device
        self.first_token_s: float | None = None
        self._parts: tuple[Any, Any] | None = None
        self._lock = threading.RLock()

    @classmethod
    def load(cls, path: Path | str | None = None, device: str = "cpu") -> LanguageModel:
        """A model that will load from `path` (None: the downloaded weights of the role "llm") when first needed."""
        return cls(path, device)

    def generate(
        self,
        messages: Messages,
        max_new_tokens: int = 64,
        seed: int = 0,
        stream: Stream | None = None,
        temperature: float = 0.0,
    ) -> str:
        """The model's reply to a chat.

        Args:
            messages: the chat so far.
            max_new_tokens: upper bound of the reply's length.
            seed: of the sampling; without effect at temperature 0.
            stream: called with pieces of the reply as they come.
            temperature: 0 is greedy.
        """
        return self._run([messages], max_new_tokens, seed, stream, temperature)[0]

    def generate_many(self, chats: Sequence[Messages], max_new_tokens: int = 64, seed: int = 0) -> list[str]:
        """Greedy replies to several chats in one batch (left padded), in order."""
        return self._run(chats, max_new_tokens, seed, None, 0.0) if chats else []

    def _run(
        self, chats: Sequence[Messages], max_new_tokens: int, seed: int, stream: Stream | None, temperature: float
    ) -> list[str]:
        import torch

        with self._lock:
            tokenizer, model = self._load()
            began = time.perf_counter()
            prompts = [_prompt(tokenizer, chat) for chat in chats]
            batch = tokenizer(prompts, padding=True, return_tensors="pt", add_special_tokens=False).to(self.device)
            watch = _Watch(tokenizer, began, stream if len(chats) == 1 else None)
            sampling: dict[str, Any] = {"do_sample": True, "temperature": temperature} if temperature > 0 else {}
            devices = [] if self.device == "cpu" else [self.device]
            with torch.random.fork_rng(devices=devices, enabled=bool(sampling)), torch.inference_mode():
                if sampling:
                    torch.manual_seed(seed)
                out = model.generate(
                    input_ids=batch["input_ids"],
                    attention_mask=batch["attention_mask"],
                    max_new_tokens=max_new_tokens,
                    pad_token_id=tokenizer.pad_token_id,
                    eos_token_id=tokenizer.eos_token_id,
                    stopping_criteria=[watch],
                    **({"do_sample": False} | sampling),
                )
            watch.finish()
            self.first_token_s = watch.first_s
        new = out[:, batch["input_ids"].shape[1] :]  # [B, new tokens]
        return [text.strip() for text in tokenizer.batch_decode(new, skip_special_tokens=True)]

    def _load(self) -> tuple[Any, Any]:
        if self._parts is None:
            from transformers import AutoModelForCausalLM, AutoTokenizer

            path = self.path if self.path is not None else _downloaded()
            if not Path(path).is_dir():
                raise WeightsError("no such model folder.", subject=str(path), hint="Give a local causal LM folder.")
            tokenizer = AutoTokenizer.from_pretrained(str(path), local_files_only=True, padding_side="left")
            if tokenizer.pad_token_id is None:
                tokenizer.pad_token = tokenizer.eos_token
            dtype = best_dtype(self.device)
            model: Any = AutoModelForCausalLM.from_pretrained(str(path), local_files_only=True, dtype=dtype)
            self._parts = tokenizer, model.eval().to(self.device)
        return self._parts


class _Watch:
    """Sees every new token as a stopping criterion that never stops: times the first, streams finished text."""

    def __init__(self, tokenizer: Any, began: float, stream: Stream | None) -> None:
        self.tokenizer, self.began, self.stream = tokenizer, began, stream
        self.first_s: float | None = None
        self.prompt_length: int | None = None
        self.text = self.sent = ""

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        if self.first_s is None:
            self.first_s, self.prompt_length = time.perf_counter() - self.began, input_ids.shape[1] - 1
        if self.stream is not None:
            self.text = self.tokenizer.decode(input_ids[0, self.prompt_length :], skip_special_tokens=True).lstrip()
            ready = self.text[: self.text.rfind(" ") + 1]  # a word that may still grow, or half a character, waits
            self._send(ready)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)

    def finish(self) -> None:
        self._send(self.text.strip())

    def _send(self, ready: str) -> None:
        if self.stream is not None and len(ready) > len(self.sent):
            self.stream(ready[len(self.sent) :])
            self.sent = ready


def _prompt(tokenizer: Any, messages: Messages) -> str:
    """The chat as the model's own template writes it; models without a template get a plain transcript."""
    if getattr(tokenizer, "chat_template", None):
        return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True))
    lines = [f"{m['role']}: {m['content']}" for m in messages]
    return "\n".join([*lines, "assistant:"])


def _downloaded() -> Path:
    from pvchat.assets.weights import member_path

    path = member_path("llm")
    return path if path.is_dir() else path.parent
