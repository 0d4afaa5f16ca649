"""One trained model, loaded once and shared: a folder of `recipes.model.made.save_model` in, model and card out.

Whoever speaks through it (`describer.py`) keeps the clips and the people; what is here is the same for everybody. Most
answers need what it sees and not its words: `frozen` gives that without torch. The language model is six times as
large as the rest: it loads when an answer asks for it, and goes when none did for a while (`rest`).
"""

from __future__ import annotations

import threading
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.model.config import ANSWERING, WEIGHTS, ModelConfig, read_config
from pvchat.runtime import pick_device
from pvchat.storage import atomic

if TYPE_CHECKING:
    from torch import Tensor

    from pvchat.model.frozen import FrozenModel
    from pvchat.model.pvchat import PVChatModel


class TrainedModel:
    """The weights in a model's folder, each part loaded when first needed; or the whole model, where it is in memory.

    Its `lock` is held while the model loads or runs: one at a time.
    """

    def __init__(self, folder: Path, device: str, model: PVChatModel | None = None) -> None:
        self.folder, self._device = folder, device
        self.lock = threading.RLock()
        self._whole, self._handed = model, model is not None
        self._used = time.monotonic()  # the whole model, last

    @cached_property
    def device(self) -> str:
        """The torch device; torch itself isn't loaded before it is needed."""
        return pick_device(self._device)

    @property
    def model(self) -> PVChatModel:
        """The whole model with its language model."""
        with self.lock:
            self._used = time.monotonic()
            if self._whole is None:
                from pvchat.model.pvchat import PVChatModel

                self._whole = PVChatModel.from_pretrained(self.folder, device=self.device)
            return self._whole

    @cached_property
    def config(self) -> ModelConfig:
        """Its configuration; raises WeightsError where it is unreadable."""
        return self._whole.config if self._whole is not None else read_config(self.folder)

    @cached_property
    def frozen(self) -> FrozenModel:
        """The model for everything but text, without torch."""
        from pvchat.model.frozen import FrozenModel

        return FrozenModel(self.folder / WEIGHTS, self.config, self._without_llm, self.device, handed=self._handed)

    def rest(self, idle_s: float) -> bool:
        """Unload the whole model if nobody used it in the last `idle_s` seconds; whether it was unloaded."""
        with self.lock:
            if self._whole is None or self._handed or time.monotonic() - self._used < idle_s:
                return False
            self._whole = None
        return True

    @cached_property
    def stamp(self) -> str:
        """Which weights these are: the start of their file's SHA-256."""
        return atomic.sha256_of(self.folder / WEIGHTS)[:16]

    @cached_property
    def answering(self) -> dict[str, Tensor]:
        """Adapters and projectors with which it answers questions by itself, where it was trained for that.

        Raises:
            WeightsError: they don't fit this model.
        """
        from pvchat.model.checkpoint import read_adapters

        return read_adapters(self.model, self.folder / ANSWERING)

    def _without_llm(self) -> PVChatModel:
        """The torch model whose passes the frozen one runs, without its language model unless that is in memory."""
        if self._handed:
            return self.model
        from pvchat.model.pvchat import PVChatModel

        return PVChatModel.from_pretrained(self.folder, llm="none", device=self.device)
