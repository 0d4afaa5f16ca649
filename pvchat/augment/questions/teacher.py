"""Teachers: who says what somebody present wears, does and where it is.

In: a `View` (a sample and what was measured in it), a name, a question type. Out: a phrase that goes on after the name
("is wearing a dark suit", "sits and talks", "is on the left of the frame") and whose it is; None where nothing is
known, and then no such question is asked. Teachers never speak of the absent: refusals are made by rule.

- `FactsTeacher`: what was measured, in the words of `answers.py`, with what is known of how the sample was made.
- `ModelTeacher`: the same, its gaps filled by the trained base model under the guard (`claims.py`).
- `HubTeacher`: a video language model of transformers, shown the frames; what it says is cut to a phrase and refused
  where it is at odds with what was measured.

`choose` takes one by the name that `pvchat augment --teacher` gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pvchat.augment.questions.cast import View
from pvchat.augment.questions.measured import informed, phrase, read_told, refer
from pvchat.augment.schemas import TOGETHER, Sample
from pvchat.bases.imagetext import IN_ORDER, ImageTextModel, pictures
from pvchat.chat.evidence import Evidence
from pvchat.chat.query import Attribute, Query, Whom
from pvchat.chat.question import Question
from pvchat.chat.speakers.calibration import Calibration
from pvchat.chat.speakers.checking import contradictions
from pvchat.chat.speakers.claims import Speaker, fill_gaps
from pvchat.schemas import ClipAnalysis, PersonFacts, Service

if TYPE_CHECKING:
    from pvchat.model.lines import Line, Utterance

TOLD: tuple[Literal["appearance", "action", "location"], ...] = ("appearance", "action", "location")
_ASKED: dict[str, Attribute] = {"appearance": "worn", "action": "deed", "location": "place"}
HUB_ASKS = {
    "appearance": "What is {} wearing? Answer in one sentence.",
    "action": "What is {} doing? Answer in one sentence.",
    "location": "Where is {}? Answer in one sentence.",
}
HUB_FRAMES, HUB_TOKENS = 8, 64  # PVChat shows its captioner 8 frames (arXiv 2503.17069)
_LOOKS = re.compile(r"\b(looks?|appearance)\b")


@dataclass(frozen=True)
class Told:
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

    def tell(self, view: View, kind: str, name: str, question: str = "") -> Told | None:
        """A phrase about `name`, who is present, for a question of type `kind`."""
        ...


class FactsTeacher:
    """Measured facts only."""

    name = "facts"
    version = ""

    def check(self) -> None:
        """See `Teacher`; it is always there."""

    def tell(self, view: View, kind: str, name: str, question: str = "") -> Told | None:
        """See `Teacher`."""
        return _told(self.name, phrase(informed(view), kind, name, bool(_LOOKS.search(question))))


class ModelTeacher:
    """Measured facts, with gaps filled by the trained base model.

    Args:
        say: the model's words about a clip (`Describer.say`).
        calibration: how much it may be believed; only the gains count, choices aren't taught.
        version: see `Teacher`.
    """

    name = "model"

    def __init__(
        self,
        say: Callable[[ClipAnalysis, list[Line]], list[Utterance]],
        calibration: Calibration | None = None,
        version: str = "",
    ) -> None:
        self.say, self.calibration, self.version = say, calibration or Calibration(), version
        self._filled: dict[tuple[str, str, str], tuple[Evidence, bool]] = {}

    def check(self) -> None:
        """See `Teacher`; its weights are loaded by now."""

    def tell(self, view: View, kind: str, name: str, question: str = "") -> Told | None:
        """See `Teacher`."""
        place = (view.sample.id, kind, name)
        if place not in self._filled:
            self._fill(view, name)
        evidence, by_model = self._filled[place]
        text = phrase(evidence, kind, name, bool(_LOOKS.search(question)))
        return _told(self.name if by_model else FactsTeacher.name, text)

    def _fill(self, view: View, name: str) -> None:
        """The evidence for each type of question, and whether the model added to it; all are asked in one batch."""
        before, names = informed(view), list(view.sample.people)
        questions = [Question("", Query("attribute", Whom((name,)), attribute=_ASKED[kind])) for kind in TOLD]
        people = [[p for p in view.presence if p.name == name]] * len(TOLD)
        speaker = Speaker(lambda lines: self.say(view.look(), lines), calibration=self.calibration)
        found = fill_gaps(questions, people, before, names, speaker)
        for kind, after in zip(TOLD, found, strict=True):
            if kind == "location" and (view.sample.recipe == TOGETHER or "location" in view.sample.notes):
                after = before  # the model takes several places for one, and what was made up for one
            added = phrase(after, kind, name) != phrase(before, kind, name)
            self._filled[view.sample.id, kind, name] = (after, added)


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
        self._said: dict[tuple[str, str, str], str] = {}

    def check(self) -> None:
        """See `Teacher`; its config and processor are read once, or fetched."""
        if not self._checked:
            self._model.check()
            self._checked = True

    def tell(self, view: View, kind: str, name: str, question: str = "") -> Told | None:
        """See `Teacher`."""
        evidence = informed(view)
        asked = HUB_ASKS[kind].format(refer(view, name))
        place = (view.sample.id, kind, name)
        if place not in self._said:
            self._said[place] = self.generate(self.frames(view.sample), asked)
        text = read_told(kind, self._said[place])
        facts = evidence.facts.get(name, PersonFacts())
        wrong = not text or contradictions(text, facts, evidence.scene, list(view.sample.people))
        return None if wrong else Told(text, self.name)

    def generate(self, images: NDArray[np.uint8], question: str) -> str:
        """The model's greedy reply about frames [T, H, W, 3]."""
        content = [IN_ORDER, *pictures(images, HUB_FRAMES), {"type": "text", "text": question}]
        return self._model.reply([{"role": "user", "content": content}], HUB_TOKENS)


class Watched:
    """Another teacher; before each answer `looking` is called with the number of samples looked at so far."""

    def __init__(self, teacher: Teacher, looking: Callable[[int], None]) -> None:
        self.teacher, self.looking = teacher, looking
        self.name, self.version = teacher.name, teacher.version
        self._looked: set[str] = set()

    def check(self) -> None:
        """See `Teacher`."""
        self.teacher.check()

    def tell(self, view: View, kind: str, name: str, question: str = "") -> Told | None:
        """See `Teacher`."""
        self.looking(len(self._looked))
        self._looked.add(view.sample.id)
        return self.teacher.tell(view, kind, name, question)


def choose(name: str, chat: Service, frames: Callable[[Sample], NDArray[np.uint8]]) -> Teacher:
    """The teacher of this name: "offline", "facts", or a hub name or folder of a video language model.

    Args:
        name: as above.
        chat: its trained model, where it has one, fills gaps; its device runs a hub model.
        frames: see `HubTeacher`.
    """
    if name == "facts":
        return FactsTeacher()
    return offline(chat) if name == "offline" else HubTeacher(name, frames, chat.device)


def offline(chat: Service) -> Teacher:
    """The best teacher without a hub: the base model where a `PVChat` answers by it, else facts alone."""
    describer = chat.describer
    if describer is None or chat.settings.answers not in ("auto", "model"):
        return FactsTeacher()
    calibration = describer.calibration
    return ModelTeacher(describer.say, calibration, f"{describer.stamp} {sorted(calibration.least.items())}")


def _told(teacher: str, text: str) -> Told | None:
    return Told(text, teacher) if text else None
