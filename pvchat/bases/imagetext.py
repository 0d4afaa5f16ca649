"""A base as others use it who bring their own prompts: pictures and words in, words out, greedy.

In: a name as `--model` takes it (a preset, a folder, a hub id with or without `hub:`), a chat whose parts are texts and
pictures. Out: the reply. Augmentation's teacher and the evaluation's baseline speak through it; nothing is loaded
before the first reply.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.bases.loading import Base, load_base, require_base
from pvchat.bases.prompts import ChatPart, inputs_of_chat
from pvchat.bases.replying import reply
from pvchat.bases.sources import HUB, read_source
from pvchat.errors import SettingsError

IN_ORDER: ChatPart = {"type": "text", "text": "These are frames of a video, in order:"}


class ImageTextModel:
    """One model of the image-text-to-text kind.

    Args:
        path: its name.
        device: torch device.

    Raises:
        SettingsError: nothing can have this name.
    """

    def __init__(self, path: str | Path, device: str = "cpu") -> None:
        self.path, self.device = str(path), device
        source = read_source(self.path) or read_source(f"{HUB}{self.path.removeprefix(HUB)}")
        if source is None:
            raise SettingsError("this is no video language model of transformers.", subject=self.path)
        self._source = source

    def reply(self, messages: list[dict[str, Any]], max_tokens: int) -> str:
        """The model's greedy reply to a chat.

        Args:
            messages: {"role", "content"}, the content a list of `ChatPart`s.
            max_tokens: of the reply.

        Raises:
            SettingsError: the model can't be loaded.
        """
        base = self.base
        return reply(base, inputs_of_chat(base, messages, dict(base.family.still)), max_tokens)

    def check(self) -> None:
        """Raise what loading it would, as far as can be told without the weights.

        Raises:
            SettingsError: it isn't here and can't be fetched, or is none that can be loaded.
        """
        require_base(self._source, self.device)

    @cached_property
    def base(self) -> Base:
        """The model, loaded when it is first needed.

        Raises:
            SettingsError: it can't be loaded.
        """
        return load_base(self._source, self.device)


def pictures(images: NDArray[np.uint8], count: int) -> list[ChatPart]:
    """At most `count` of the frames [T, H, W, 3], evenly spread, as parts of a message."""
    from PIL import Image

    chosen = np.linspace(0, len(images) - 1, min(count, len(images))).round().astype(int)
    return [{"type": "image", "image": Image.fromarray(images[i])} for i in chosen]
