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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pvchat.augment.questions.cast import View
from pvchat.augment.schemas import Sample
from pvchat.chat.answers import Evidence, action_phrase, appearance_phrase, location_phrase, present_tense
from pvchat.chat.claims import Thresholds, fill_gaps, read_phrase, thresholds
from pvchat.chat.guard import contradictions, same_colour
from pvchat.chat.questions import Question
from pvchat.errors import SettingsError
from pvchat.schemas import ClipAnalysis, Garment, PersonFacts

if TYPE_CHECKING:
    from pvchat.chat.describe import Line, Said
    from pvchat.service import PVChat

TOLD: tuple[Literal["appearance", "action", "location"], ...] = ("appearance", "action", "location")
HUB_ASKS = {
    "appearance": "What is {} wearing? Answer in one sentence.",
    "action": "What is {} doing? Answer in one sentence.",
    "location": "Where is {}? Answer in one sentence.",
}
HUB_FRAMES, HUB_TOKENS = 8, 64  # PVChat shows its captioner 8 frames (arXiv 2503.17069)
_LOOKS = re.compile(r"\b(looks?|appearance)\b")
_MASK = re.compile(r"\bmask\b")
_MOUTH = re.compile(r"\b(smil|laugh|talk)\w*")
_BEARD = re.compile(r"\b(beard|moustache|mustache|stubble)\b")
_TURNS, _FACES = re.compile(r"^turning\b"), re.compile(r"^(facing|looking)\b")
_HEADGEAR = re.compile(r"\b(cap|hat|hood)\b")


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

    def tell(self, view: View, kind: str, name: str, question: str = "") -> Told | None:
        """A phrase about `name`, who is present, for a question of type `kind`."""
        ...


class FactsTeacher:
    """Measured facts only."""

    name = "facts"
    version = ""

    def tell(self, view: View, kind: str, name: str, question: str = "") -> Told | None:
        """See `Teacher`."""
        return _told(self.name, phrase(informed(view), kind, name, bool(_LOOKS.search(question))))


class ModelTeacher:
    """Measured facts, with gaps filled by the trained base model.

    Args:
        say: the model's words about a clip (`Describer.say`).
        least: gain that each kind of claim needs (`claims.thresholds`); None takes the usual ones.
        version: see `Teacher`.
    """

    name = "model"

    def __init__(
        self,
        say: Callable[[ClipAnalysis, list[Line]], list[Said]],
        least: Thresholds | None = None,
        version: str = "",
    ) -> None:
        self.say, self.least, self.version = say, least, version
        self._filled: dict[tuple[str, str, str], tuple[Evidence, bool]] = {}

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
        questions = [Question("", kind, (name,)) for kind in TOLD]
        people = [[p for p in view.presence if p.name == name]] * len(TOLD)
        found = fill_gaps(questions, people, before, names, lambda lines: self.say(view.look(), lines), self.least)
        for kind, after in zip(TOLD, found, strict=True):
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
        self._parts: tuple[Any, Any] | None = None
        self._said: dict[tuple[str, str, str], str] = {}

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
        import torch
        from PIL import Image

        processor, model = self._load()
        chosen = np.linspace(0, len(images) - 1, min(HUB_FRAMES, len(images))).round().astype(int)
        shown = [{"type": "image", "image": Image.fromarray(images[i])} for i in chosen]
        content = [{"type": "text", "text": "These are frames of a video, in order:"}, *shown,
                   {"type": "text", "text": question}]  # fmt: skip
        batch = processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=True, return_dict=True,
            return_tensors="pt",
        ).to(model.device)  # fmt: skip
        with torch.inference_mode():
            out = model.generate(**batch, max_new_tokens=HUB_TOKENS, do_sample=False)
        return str(processor.batch_decode(out[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)[0]).strip()

    def _load(self) -> tuple[Any, Any]:
        if self._parts is None:
            from transformers import AutoModelForImageTextToText, AutoProcessor

            try:
                model: Any = AutoModelForImageTextToText.from_pretrained(self.path, dtype="auto")
                self._parts = AutoProcessor.from_pretrained(self.path), model.eval().to(self.device)
            except (OSError, ValueError) as error:
                hint = "Use a folder, or a hub name that can be fetched, of a video language model of transformers."
                raise SettingsError("no such teacher can be loaded.", subject=self.path, hint=hint) from error
        return self._parts


class Watched:
    """Another teacher; before each answer `looking` is called with the number of samples looked at so far."""

    def __init__(self, teacher: Teacher, looking: Callable[[int], None]) -> None:
        self.teacher, self.looking = teacher, looking
        self.name, self.version = teacher.name, teacher.version
        self._looked: set[str] = set()

    def tell(self, view: View, kind: str, name: str, question: str = "") -> Told | None:
        """See `Teacher`."""
        self.looking(len(self._looked))
        self._looked.add(view.sample.id)
        return self.teacher.tell(view, kind, name, question)


def phrase(evidence: Evidence, kind: str, name: str, looks: bool = False) -> str:
    """What was measured of somebody, as a phrase after the name; empty where nothing was.

    Args:
        evidence: of the clip.
        kind: appearance, action or location.
        name: of somebody present.
        looks: also say what isn't worn (hair, beard).
    """
    facts = evidence.facts.get(name)
    if facts is None:
        return ""
    if kind == "appearance":
        return appearance_phrase(facts, whole=looks)
    if kind == "action":
        return action_phrase(facts)
    place = location_phrase(name, evidence)
    return f"is {place}" if place else ""


def informed(view: View) -> Evidence:
    """What was measured, with what is known of how the sample was made (`Sample.notes`: about its first person)."""
    evidence, subject = view.evidence, next(iter(view.sample.people))
    notes, facts = view.sample.notes, evidence.facts.get(subject)
    if facts is None:
        return evidence
    worn = re.sub(r"^(wears|wearing|is wearing) ", "", notes.get("appearance", ""))
    deed = notes.get("action", "")
    clothes, worn = _recoloured(facts.clothes, worn)
    features = list(facts.features)
    if worn:
        features = [f for f in features if not _same_thing(f, worn)] + _items(worn)
    covered = bool(_MASK.search(" ".join(features)))
    gestures = [*facts.gestures, *([deed] if deed and deed not in facts.gestures else [])]
    hidden = [_MOUTH] * covered + [_FACES] * bool(_TURNS.search(deed))
    gestures = [g for g in gestures if not any(pattern.search(g) for pattern in hidden)]
    changed = replace(
        facts,
        clothes=clothes,
        features=[f for f in features if not (covered and _BEARD.search(f))],
        gestures=gestures,
        hair=None if _HEADGEAR.search(worn) else facts.hair,
    )
    place = notes.get("location") or evidence.place
    scene = evidence.scene
    if notes.get("location"):
        scene = replace(scene, place=None, setting=None, background=None)
    return replace(evidence, facts={**evidence.facts, subject: changed}, place=place, scene=scene)


def refer(view: View, name: str) -> str:
    """How a model that doesn't know the name is told whom a question is about: "the woman on the left of the frame"."""
    facts = view.evidence.facts.get(name, PersonFacts())
    noun = facts.gender or "person"
    several = len(view.analysis.tracks) > 1 and facts.where
    return f"the {noun} {facts.where}" if several else f"the {noun}"


def read_told(kind: str, text: str) -> str:
    """A model's sentence ("The man is wearing a red shirt.") as a phrase after a name; empty if it isn't one."""
    found = read_phrase(kind, text)  # type: ignore[arg-type]
    if not found:
        return ""
    return {"appearance": f"is wearing {found}", "action": present_tense(found)}.get(kind, f"is {found}")


def choose(name: str, chat: PVChat, frames: Callable[[Sample], NDArray[np.uint8]]) -> Teacher:
    """The teacher of this name: "offline", "facts", or a hub name or folder of a video language model.

    Args:
        name: as above.
        chat: its trained model, where it has one, fills gaps; its device runs a hub model.
        frames: see `HubTeacher`.
    """
    if name == "facts":
        return FactsTeacher()
    return offline(chat) if name == "offline" else HubTeacher(name, frames, chat.device)


def offline(chat: PVChat) -> Teacher:
    """The best teacher without a hub: the base model where a `PVChat` answers by it, else facts alone."""
    describer = chat.describer
    if describer is None or chat.settings.answers not in ("auto", "model"):
        return FactsTeacher()
    say, least = partial(describer.say, seed=chat.settings.seed), thresholds(describer.folder)
    return ModelTeacher(say, least, f"{describer.stamp} {sorted(least.items())}")


def _told(teacher: str, text: str) -> Told | None:
    return Told(text, teacher) if text else None


def _recoloured(clothes: list[Garment], worn: str) -> tuple[list[Garment], str]:
    """Garments with the colour that a note gives ("red clothes"), and what is left of the note."""
    told = re.fullmatch(r"(.+) clothes", worn)
    if told is None or not clothes:
        return clothes, worn
    first = clothes[0] if same_colour(clothes[0].colour, told[1]) and clothes[0].colour else None
    return [first or replace(clothes[0], colour=told[1]), *clothes[1:]], ""


def _items(worn: str) -> list[str]:
    return [part for part in re.split(r", | and ", worn) if part]


def _same_thing(feature: str, worn: str) -> bool:
    """Whether a measured feature is what was put on ("a face mask" and "a surgical mask"; "glasses", "sunglasses")."""
    nouns: Sequence[str] = [item.split()[-1] for item in _items(worn)]
    own = feature.split()[-1]
    return any(own == n or own.endswith(n) or n.endswith(own) or {own, n} <= {"hat", "cap", "hood"} for n in nouns)
