"""Somebody else's image-text model of transformers, greedy: pictures and words in, words out.

In: a local folder or a hub id, a chat whose parts are texts and pictures. Out: the reply. Augmentation's teacher and
the evaluation's baseline both speak through it; nothing is loaded before the first reply.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import SettingsError

Part = dict[str, Any]  # {"type": "text", "text": …} or {"type": "image", "image": a PIL image}
IN_ORDER: Part = {"type": "text", "text": "These are frames of a video, in order:"}


class ImageTextModel:
    """One model of the image-text-to-text kind.

    Args:
        path: a folder, or a hub name that transformers may fetch.
        device: torch device.
    """

    def __init__(self, path: str | Path, device: str = "cpu") -> None:
        self.path, self.device = str(path), device
        self._parts: tuple[Any, Any] | None = None

    def reply(self, messages: list[dict[str, Any]], max_tokens: int) -> str:
        """The model's greedy reply to a chat.

        Args:
            messages: {"role", "content"}, the content a list of `Part`s.
            max_tokens: of the reply.

        Raises:
            SettingsError: the model can't be loaded.
        """
        import torch

        processor, model = self._load()
        batch = processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        ).to(model.device)
        with torch.inference_mode():
            out = model.generate(**batch, max_new_tokens=max_tokens, do_sample=False)
        new = out[:, batch["input_ids"].shape[1] :]
        return str(processor.batch_decode(new, skip_special_tokens=True)[0]).strip()

    def _load(self) -> tuple[Any, Any]:
        if self._parts is None:
            from transformers import AutoModelForImageTextToText, AutoProcessor

            try:
                model: Any = AutoModelForImageTextToText.from_pretrained(self.path, dtype="auto")
                self._parts = AutoProcessor.from_pretrained(self.path), model.eval().to(self.device)
            except (OSError, ValueError) as error:
                hint = "Use a folder, or a hub name that can be fetched, of a video language model of transformers."
                raise SettingsError("no such model can be loaded.", subject=self.path, hint=hint) from error
        return self._parts


def pictures(images: NDArray[np.uint8], count: int) -> list[Part]:
    """At most `count` of the frames [T, H, W, 3], evenly spread, as parts of a message."""
    from PIL import Image

    chosen = np.linspace(0, len(images) - 1, min(count, len(images))).round().astype(int)
    return [{"type": "image", "image": Image.fromarray(images[i])} for i in chosen]
