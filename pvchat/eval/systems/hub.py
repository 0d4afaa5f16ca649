"""Any image-text model of transformers, told who is who by reference pictures in its prompt (no training).

In: a local folder or a hub id. The prompt shows the enrollment thumbnail of each person asked about, then a few frames
of the clip, then the question. Who is there is read from its text.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from pvchat.eval.manifest import Item
from pvchat.eval.stance import stances
from pvchat.eval.systems.base import Case, Said, Scene, decided

FRAMES = 4
MAX_REFERENCES = 4  # reference pictures a prompt; more people than that are only named
MAX_TOKENS = 64


class HubModel:
    """One transformers model of the image-text-to-text kind, greedy."""

    needs_clip = True

    def __init__(self, path: str, scene: Scene) -> None:
        self.name, self.path, self.scene = f"hub:{path}", path, scene
        self._parts: tuple[Any, Any] | None = None
        self._frames: tuple[str, list[Any]] = ("", [])

    def answer(self, item: Item, case: Case) -> Said:
        text = self.generate(self.prompt(item, case))
        found = stances(text, item.people)
        return Said(text, [decided(name, found[name] or "unsure") for name in item.people])

    def prompt(self, item: Item, case: Case) -> list[dict[str, Any]]:
        """One user turn: reference pictures with names, frames in order, the question."""
        from PIL import Image

        people = {p.name: p for p in self.scene.people}
        content: list[dict[str, Any]] = []
        for name in item.people[:MAX_REFERENCES]:
            if name in people and people[name].thumbnail:
                picture = Image.open(io.BytesIO(people[name].thumbnail)).convert("RGB")
                content += [{"type": "text", "text": f"This is {name}:"}, {"type": "image", "image": picture}]
        content.append({"type": "text", "text": "These are frames of a video, in order:"})
        content += [{"type": "image", "image": picture} for picture in self._pictures(case)]
        content.append({"type": "text", "text": f"{item.question} Answer in one sentence."})
        return [{"role": "user", "content": content}]

    def generate(self, messages: list[dict[str, Any]]) -> str:
        """The model's greedy reply to one chat with pictures."""
        import torch

        processor, model = self._load()
        batch = processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        ).to(model.device)
        with torch.inference_mode():
            out = model.generate(**batch, max_new_tokens=MAX_TOKENS, do_sample=False)
        new = out[:, batch["input_ids"].shape[1] :]
        return str(processor.batch_decode(new, skip_special_tokens=True)[0]).strip()

    def _load(self) -> tuple[Any, Any]:
        if self._parts is None:
            from transformers import AutoModelForImageTextToText, AutoProcessor

            model: Any = AutoModelForImageTextToText.from_pretrained(self.path, dtype="auto")
            self._parts = AutoProcessor.from_pretrained(self.path), model.eval().to(self.scene.chat.device)
        return self._parts

    def _pictures(self, case: Case) -> list[Any]:
        """A few frames of the clip, evenly spread."""
        from PIL import Image

        from pvchat import video

        if self._frames[0] != case.clip:
            images = video.load(case.path, self.scene.chat.settings.video).images
            chosen = np.linspace(0, len(images) - 1, min(FRAMES, len(images))).round().astype(int)
            self._frames = (case.clip, [Image.fromarray(images[i]) for i in chosen])
        return self._frames[1]
