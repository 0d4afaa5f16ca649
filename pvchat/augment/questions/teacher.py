"""Teachers: who says what somebody present wears, does and where it is.

In: a `SampleView` (a sample and what was measured in it), a name, a question type. Out: a phrase that goes on after the
name ("is wearing a dark suit", "sits and talks", "is on the left of the frame") and whose it is; None where nothing is
known, and then no such question is asked. Teachers never speak of the absent: refusals are made by rule.

- `FactsTeacher`: what was measured, in the words of `chat/say/`, with what is known of how the sample was made.
- `HubTeacher`: a video language model of transformers, shown the frames; what it says is cut to a phrase and refused
  where it is at odds with what was measured.

`choose` takes one by the name that `pvchat augment --teacher` gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pvchat.augment.questions.cast import SampleView
from pvchat.augment.questions.measured import as_phrase, phrase, refer, timeline_of_sample
from pvchat.augment.schemas import Sample
from pvchat.bases.imagetext import IN_ORDER, ImageTextModel, pictures
from pvchat.chat.speakers.checking import contradictions
from pvchat.schemas import Service

HUB_ASKS = {
    "appearance": "What is {} wearing? Answer in one sentence.",
    "action": "What is {} doing? Answer in one sentence.",
    "location": "Where is {}? Answer in one sentence.",
}
HUB_FRAMES, HUB_TOKENS = 8, 64  # PVChat shows its captioner 8 frames (arXiv 2503.17069)
_LOOKS = re.compile(r"\b(looks?|appearance)\b")


@dataclass(frozen=True)
class Description:
    """A phrase that goes on after a name, and which teacher said it."""

    phrase: str
    teacher: str


class Teacher(Protocol):
    """Says what it sees of somebody present.

    Attributes:
        name: as in `Row.teacher`.
        version: what it says depends on this too (whose weights); empty for measured facts.
    """

    name: str
    version: str

    def check(self) -> None:
        """Raise SettingsError where it can't be had; called before each step that leads to its answers."""
        ...

    def describe(self, view: SampleView, kind: str, name: str, question: str = "") -> Description | None:
        """A phrase about `name`, who is present, for a question of type `kind`."""
        ...


class FactsTeacher:
    """Measured facts only."""

    name = "facts"
    version = ""

    def check(self) -> None:
        """See `Teacher`; it is always there."""

    def describe(self, view: SampleView, kind: str, name: str, question: str = "") -> Description | None:
        """See `Teacher`."""
        text = phrase(timeline_of_sample(view), kind, name, bool(_LOOKS.search(question)))
        return Description(text, self.name) if text else None


class HubTeacher:
    """A video language model from the hub.

    Args:
        path: a folder, or a hub name that transformers may fetch.
        frames: a sample's frames [T, H, W, 3] uint8 RGB.
        device: torch device.
    """

    def __init__(self, path: str | Path, frames: Callable[[Sample], NDArray[np.uint8]], device: str = "cpu") -> None:
        self.path, self.frames, self.device = str(path), frames, device
        self.name, self.version = Path(self.path).name, self.path
        self._model, self._checked = ImageTextModel(path, device), False
        self._replies: dict[tuple[str, str, str], str] = {}

    def check(self) -> None:
        """See `Teacher`; its config and processor are read once, or fetched."""
        if not self._checked:
            self._model.check()
            self._checked = True

    def describe(self, view: SampleView, kind: str, name: str, question: str = "") -> Description | None:
        """See `Teacher`."""
        question = HUB_ASKS[kind].format(refer(view, name))
        place = (view.sample.id, kind, name)
        if place not in self._replies:
            self._replies[place] = self.generate(self.frames(view.sample), question)
        text = as_phrase(kind, self._replies[place])
        timeline = timeline_of_sample(view)
        wrong = not text or contradictions(text, name, timeline, [n for n in view.sample.people if n != name])
        return None if wrong else Description(text, self.name)

    def generate(self, images: NDArray[np.uint8], question: str) -> str:
        """The model's greedy reply about frames [T, H, W, 3]."""
        content = [IN_ORDER, *pictures(images, HUB_FRAMES), {"type": "text", "text": question}]
        return self._model.reply([{"role": "user", "content": content}], HUB_TOKENS)


def choose(name: str, chat: Service, frames: Callable[[Sample], NDArray[np.uint8]]) -> Teacher:
    """The teacher of this name: "facts", or a hub name or folder of a video language model.

    Args:
        name: as above.
        chat: its device runs a hub model.
        frames: see `HubTeacher`.
    """
    return FactsTeacher() if name == "facts" else HubTeacher(name, frames, chat.device)
