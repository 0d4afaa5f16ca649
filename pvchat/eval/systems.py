"""The systems that are compared: PVChat, its measured facts alone, a plain face matcher, and a prior.

The prior looks at no clip, so it shows what a set gives away. The face matcher compares mean face descriptors without
cohort, calibration or competition; it returns scores, from which `outcome.py` makes decisions when all are there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.question import known_of
from pvchat.config import EVAL_DEPTHS
from pvchat.errors import SettingsError, UnknownPersonError
from pvchat.eval.manifest import Item, Manifest
from pvchat.people.person import Person
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis
from pvchat.service import PVChat

PREFERRED = ("ours-stored", "ours-deep", "ours-instant", "measured-facts")  # whose answers are shown first
MATCH = 0.6  # distance at which two dlib descriptors count as one person (dlib's face_recognition example)
NOBODY = -2.0  # score of a clip without faces: farther than any two unit descriptors
PRIOR_SAMPLE = 200  # reference answers among which the most typical one is sought


@dataclass
class Reply:
    """The answer of one system to one question."""

    answer: str
    # a row each: name, decision ("present", "absent", "unsure"; None until settled), probability, spans, perhaps score
    people: list[dict[str, Any]] = field(default_factory=list)
    timing: dict[str, float] = field(default_factory=dict)  # seconds of parts that it measured itself


class System(Protocol):
    """A system that answers questions: one row of the tables."""

    name: str  # as in `--systems` and in the results
    needs_clip: bool  # whether an unreadable clip is an error for it

    def answer(self, item: Item, path: Path, analysis: ClipAnalysis) -> Reply:
        """Answer a question about a clip; a PVChatError counts as this system's error on this question."""
        ...


def names_for(depth: str, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of a run's systems: those asked for, else all; raises SettingsError for an unknown one."""
    every = ("prior", "face-matcher", "measured-facts", f"ours-{depth}")
    if wrong := [name for name in names if name not in every]:
        hint = f"Use some of: {', '.join(every)}."
        other = wrong[0].removeprefix("ours-")
        what = f"needs --depth {other}." if other in EVAL_DEPTHS else f"there is no system '{wrong[0]}'."
        raise SettingsError(what, subject=f"--systems {','.join(names)}", hint=hint)
    return tuple(dict.fromkeys(names)) or every


def build(names: Sequence[str], manifest: Manifest, chat: PVChat) -> list[System]:
    """Make the systems, once everybody is enrolled."""
    makers: dict[str, Callable[[], System]] = {
        "prior": lambda: Prior(manifest.items),
        "face-matcher": lambda: FaceMatcher(chat.people.all()),
        "measured-facts": lambda: MeasuredFacts(chat),
    }
    return [makers[name]() if name in makers else Ours(chat, name) for name in names]


class Prior:
    """Answers with the share of yes and the most typical reference answer among questions of the same kind and type."""

    name, needs_clip = "prior", False

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self._made: dict[tuple[str, str, str], tuple[float, str]] = {}

    def answer(self, item: Item, path: Path, analysis: ClipAnalysis) -> Reply:
        """See `System`."""
        key = (item.kind, item.type, item.video)
        if key not in self._made:
            like = [i for i in self.items if (i.kind, i.type) == (item.kind, item.type)]
            # the share is of all clips: without this one it would lean against the truth, and rank worse than chance
            truths = [i.present[name] for i in like for name in i.people]
            others = [i.answer for i in like if i.video != item.video]
            self._made[key] = (sum(truths) / len(truths) if truths else 0.5), typical(others)
        share, text = self._made[key]
        people = [presence_row(name, "present" if share >= 0.5 else "absent", share) for name in item.people]
        return Reply(existence_text(people) if item.type == "existence" else text, people)


class FaceMatcher:
    """Scores a person by minus the distance between her mean descriptor and the nearest face."""

    name, needs_clip = "face-matcher", True

    def __init__(self, people: Sequence[Person]) -> None:
        known = [p for p in people if p.kind == "face"]
        self.people = {p.name: np.asarray(p.arrays["prototypes"], np.float32).mean(0) for p in known}
        self.names = [p.name for p in people]

    def answer(self, item: Item, path: Path, analysis: ClipAnalysis) -> Reply:
        """See `System`."""
        faces = [mean_identity(t.identity, t.quality) for t in analysis.tracks if t.kind == "face"]
        rows: list[dict[str, Any]] = []
        for name in self.names if item.kind == "who" else item.people:
            score = NOBODY
            if name in self.people and faces:
                score = round(-float(np.linalg.norm(np.stack(faces) - self.people[name], axis=1).min()), 5)
            rows.append({"name": name, "decision": None, "probability": None, "spans": [], "score": score})
        return Reply("", rows)


class MeasuredFacts:
    """Answers with presence and the plain sentence of the measured facts: no language model, no trained model."""

    name, needs_clip = "measured-facts", True

    def __init__(self, chat: PVChat) -> None:
        self.chat = chat
        self._last: tuple[str, list[Any]] = ("", [])

    def answer(self, item: Item, path: Path, analysis: ClipAnalysis) -> Reply:
        """See `System`."""
        question = self.chat.read(item.question)
        if self._last[0] != analysis.key:  # the same people for every question about a clip
            self._last = (analysis.key, self.chat.score(self.chat.people.all(), analysis))
        presences = self._last[1]
        text = known_of(question, presences, timeline_of(presences, analysis)).plain
        return Reply(text, [p.to_dict() for p in question.about(presences)])


class Ours:
    """PVChat as a user calls it (`PVChat.ask`); `name` says how people are enrolled, one of `EVAL_DEPTHS`."""

    needs_clip = True

    def __init__(self, chat: PVChat, name: str) -> None:
        self.name, self.chat = name, chat

    def answer(self, item: Item, path: Path, analysis: ClipAnalysis) -> Reply:
        """See `System`."""
        answer = self.chat.ask(path, item.question)
        if unknown := [one["name"] for one in answer.finding.get("missing", ()) if one["why"] == "not enrolled"]:
            what = "couldn't be enrolled, so nothing is measured by this question."
            raise UnknownPersonError(what, subject=unknown[0], hint="run.json says why.")
        return Reply(answer.answer, [p.to_dict() for p in answer.people], dict(answer.timing))


def presence_row(name: str, decision: str, probability: float) -> dict[str, Any]:
    """A person's row of a reply, without spans."""
    return {"name": name, "decision": decision, "probability": round(float(probability), 4), "spans": []}


def existence_text(people: Sequence[dict[str, Any]]) -> str:
    """A plain sentence about decisions, for systems that have no wording of their own."""
    groups = {d: [p["name"] for p in people if p["decision"] == d] for d in ("present", "absent")}
    here, gone = (" and ".join(names) for names in groups.values())
    be = {decision: "is" if len(names) == 1 else "are" for decision, names in groups.items()}
    parts = [f"Yes, {here} {be['present']} in this video." if here else ""]
    parts += [f"{gone} {be['absent']} not in this video." if gone else ""]
    return " ".join(p for p in parts if p) or "Nobody I know is in this video."


def typical(texts: list[str]) -> str:
    """The text that shares most words with all the others (the medoid by word overlap); the first of equals."""
    step = max(1, len(texts) // PRIOR_SAMPLE)
    bags = [(t, Counter(t.lower().split())) for t in texts[::step]]
    shared = [sum(sum((a & b).values()) / (1 + a.total() + b.total()) for _, b in bags) for _, a in bags]
    return bags[shared.index(max(shared))][0] if bags else ""
