"""The protocol of everything that is compared: a question about a clip in, a text and presences out.

A system that decides by a threshold over all clips (`face-matcher`) returns scores and no decision; `outcome.py` makes
the decisions when all scores are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pvchat.eval.manifest import Item, Manifest
from pvchat.schemas import ClipAnalysis

if TYPE_CHECKING:
    from pvchat.model.language import LanguageModel
    from pvchat.people.person import Person
    from pvchat.service import PVChat

PROBABILITY = {"present": 1.0, "absent": 0.0, "unsure": 0.5}  # of systems that only say which


@dataclass
class Reply:
    """What one system says to one question.

    Attributes:
        answer: the text.
        people: a row each: name, decision ("present", "absent", "unsure"; None until settled), probability, spans, and
            perhaps a raw score.
        timing: seconds of parts that the system itself measured.
    """

    answer: str
    people: list[dict[str, Any]] = field(default_factory=list)
    timing: dict[str, float] = field(default_factory=dict)


@dataclass
class Case:
    """One clip of the run: its path as in the manifest, where it lies, and what the experts said (None: unreadable)."""

    clip: str
    path: Path
    analysis: ClipAnalysis | None


@dataclass
class Bench:
    """What systems may use: the manifest, PVChat with everybody enrolled, a language model.

    Attributes:
        chats: PVChat by depth, each with its own people store.
    """

    manifest: Manifest
    chats: dict[str, PVChat]

    @property
    def chat(self) -> PVChat:
        """The instant one."""
        return self.chats["instant"]

    @cached_property
    def people(self) -> list[Person]:
        """Everyone enrolled, instantly."""
        return self.chat.people.all()

    @cached_property
    def language(self) -> LanguageModel:
        """The language model of the baselines, the same weights as PVChat's default."""
        from pvchat.model.language import LanguageModel

        return LanguageModel(device=self.chat.device)


class ReplyBatch:
    """A language model's replies to all questions about a clip, made together when the first is asked for.

    The batch is the clip's questions in the manifest's order whatever ran before, so that a resumed run says the same.

    Args:
        bench: for the manifest and the language model.
        max_tokens: of a reply.
        wanted: which questions the model is asked at all.
    """

    def __init__(self, bench: Bench, max_tokens: int, wanted: Callable[[Item], bool] = lambda item: True) -> None:
        self.bench, self.max_tokens, self.wanted = bench, max_tokens, wanted
        self._clip = ""
        self._texts: dict[str, str] = {}

    def reply(self, item: Item, case: Case, chat: Callable[[Item], list[dict[str, str]]]) -> str:
        """The reply to one question; `chat` makes the prompt of each."""
        if self._clip != case.clip:
            questions = {i.question: i for i in self.bench.manifest.items if i.video == case.clip and self.wanted(i)}
            chats = [chat(one) for one in questions.values()]
            replies = self.bench.language.generate_many(chats, self.max_tokens)
            self._clip, self._texts = case.clip, dict(zip(questions, replies, strict=True))
        return self._texts[item.question]


class System(Protocol):
    """One row of the table.

    Attributes:
        name: as in `--systems` and in the results.
        needs_clip: whether an unreadable clip is an error for it.
    """

    name: str
    needs_clip: bool

    def answer(self, item: Item, case: Case) -> Reply:
        """Answer one question; a PVChatError counts as this system's error on this question."""
        ...


def decided(name: str, decision: str, probability: float | None = None) -> dict[str, Any]:
    """One row for a system that has no spans."""
    chance = PROBABILITY[decision] if probability is None else probability
    return {"name": name, "decision": decision, "probability": round(float(chance), 4), "spans": []}


def existence_text(people: Sequence[dict[str, Any]]) -> str:
    """Plain words for decided presences, for systems that have no wording of their own."""
    groups = {d: [p["name"] for p in people if p["decision"] == d] for d in ("present", "absent", "unsure")}
    here, gone, doubt = (" and ".join(groups[d]) for d in ("present", "absent", "unsure"))
    parts = [f"Yes, {here} {_be(groups['present'])} in this video." if here else ""]
    parts += [f"{gone} {_be(groups['absent'])} not in this video." if gone else ""]
    parts += [f"I'm not sure about {doubt}." if doubt else ""]
    return " ".join(p for p in parts if p) or "Nobody I know is in this video."


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
