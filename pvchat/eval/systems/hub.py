"""Any image-text model of transformers, told who is who by reference pictures in its prompt (no training).

In: a local folder or a hub id. The prompt shows the enrollment thumbnail of each person asked about, then a few frames
of the clip, then the question. Who is there is read from its text.
"""

from __future__ import annotations

import io
from typing import Any

from pvchat.bases.imagetext import IN_ORDER, ImageTextModel, Part, pictures
from pvchat.eval.manifest import Item
from pvchat.eval.stance import stances
from pvchat.eval.systems.base import Bench, Case, Reply, decided

FRAMES = 4
MAX_REFERENCES = 4  # reference pictures a prompt; more people than that are only named
MAX_TOKENS = 64


class HubModel:
    """One transformers model of the image-text-to-text kind, greedy.

    Args:
        path: a folder or a hub id.
        bench: for people's pictures and the settings.

    Raises:
        SettingsError: it can't be loaded.
    """

    needs_clip = True

    def __init__(self, path: str, bench: Bench) -> None:
        self.name, self.bench = f"hub:{path}", bench
        self._model = ImageTextModel(path, bench.chat.device)
        self._model.load()  # one that can't be loaded ends the run instead of failing at every question
        self._frames: tuple[str, list[Part]] = ("", [])

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        text = self._model.reply(self.prompt(item, case), MAX_TOKENS)
        found = stances(text, item.people)
        return Reply(text, [decided(name, found[name] or "unsure") for name in item.people])

    def prompt(self, item: Item, case: Case) -> list[dict[str, Any]]:
        """One user turn: reference pictures with names, frames in order, the question."""
        from PIL import Image

        people = {p.name: p for p in self.bench.people}
        content: list[Part] = []
        for name in item.people[:MAX_REFERENCES]:
            if name in people and people[name].thumbnail:
                picture = Image.open(io.BytesIO(people[name].thumbnail)).convert("RGB")
                content += [{"type": "text", "text": f"This is {name}:"}, {"type": "image", "image": picture}]
        content += [IN_ORDER, *self._pictures(case)]
        content.append({"type": "text", "text": f"{item.question} Answer in one sentence."})
        return [{"role": "user", "content": content}]

    def _pictures(self, case: Case) -> list[Part]:
        """A few frames of the clip, evenly spread; those of the last clip are kept."""
        from pvchat import video

        if self._frames[0] != case.clip:
            images = video.load(case.path, self.bench.chat.settings.video).images
            self._frames = (case.clip, pictures(images, FRAMES))
        return self._frames[1]
