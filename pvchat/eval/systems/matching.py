"""Baselines on the same experts without PVChat's recognition: a face matcher, and retrieve-then-prompt.

The face matcher compares mean descriptors and nothing else: no cohort, no calibration, no competition; its one
threshold is tuned on this very run (`settle.py`), which flatters it.

Retrieve-then-prompt follows RAP (arXiv 2410.13360: detected regions, nearest records of a database, records into the
prompt) with PeKit's similarity threshold (arXiv 2502.02452) on the same detector and descriptors: a face takes its
nearest record within dlib's documented match distance of 0.6; drawn figures, for which there is no such distance,
take their nearest record always, as in RAP. The language model then answers from the records and what was measured.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.say.people import acts, looks
from pvchat.eval.manifest import Item
from pvchat.eval.systems.base import Bench, Case, Reply, ReplyBatch, decided, existence_text
from pvchat.identity.evidence import Evidence
from pvchat.people.person import Person
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray, PersonPresence, SceneFacts, Track

MATCH = 0.6  # distance at which two dlib descriptors count as one person (dlib's face_recognition example)
NOBODY = -2.0  # score of a clip without faces: farther than any two unit descriptors
MAX_TOKENS = 40
_SYSTEM = "Answer the question in one short sentence, only from the notes about the video."


class FaceMatcher:
    """Minus the distance of the nearest face to the person's mean descriptor."""

    name, needs_clip = "face-matcher", True

    def __init__(self, bench: Bench) -> None:
        self.people = {p.name: _middle(p) for p in bench.people if p.kind == "face"}
        self.names = [p.name for p in bench.people]

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        assert case.analysis is not None
        faces = _descriptors(case.analysis, "face")
        names = self.names if item.kind == "who" else item.people
        people: list[dict[str, Any]] = [
            {"name": name, "decision": None, "probability": None, "spans": [], "score": self._score(name, faces)}
            for name in names
        ]
        return Reply("", people)

    def _score(self, name: str, faces: FloatArray) -> float:
        if name not in self.people or not len(faces):
            return NOBODY
        return round(-float(np.linalg.norm(faces - self.people[name], axis=1).min()), 5)


class RetrieveThenPrompt:
    """Nearest records of detected people go into the language model's prompt."""

    name, needs_clip = "retrieve-prompt", True

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.records = {kind: [p for p in bench.people if p.kind == kind] for kind in ("face", "figure")}
        self._texts = ReplyBatch(bench, MAX_TOKENS, lambda item: item.type != "existence")

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        assert case.analysis is not None
        found = self.retrieve(case.analysis)
        names = [p.name for p in self.bench.people] if item.kind == "who" else item.people
        people = [_row(name, found) for name in names]
        notes = {"retrieved": sorted(found)}
        if item.type == "existence":
            return Reply(existence_text(people), people, notes=notes)
        text = self._texts.reply(item, case, lambda one: self._chat(one, case, found))
        return Reply(text, people, notes=notes)

    def retrieve(self, analysis: ClipAnalysis) -> dict[str, tuple[int, float]]:
        """Name -> (track, distance) of every record that is some track's nearest and near enough."""
        out: dict[str, tuple[int, float]] = {}
        for kind, people in self.records.items():
            if not people:
                continue
            middles = np.stack([_middle(p) for p in people])
            for number, track in enumerate(analysis.tracks):
                if track.kind != kind:
                    continue
                apart = np.linalg.norm(middles - _mean(track), axis=1)
                best = int(apart.argmin())
                held = out.get(people[best].name)
                if (kind == "figure" or apart[best] <= MATCH) and (held is None or apart[best] < held[1]):
                    out[people[best].name] = (number, float(apart[best]))
        return out

    def _chat(self, item: Item, case: Case, found: dict[str, tuple[int, float]]) -> list[dict[str, str]]:
        assert case.analysis is not None
        lines = [_note(case.analysis, name, track) for name, (track, _) in sorted(found.items())]
        lines += [_place(case.analysis.scene)]
        notes = "\n".join(line for line in lines if line) or "No known person was found."
        asked = f"Notes:\n{notes}\n\nQuestion: {item.question}"
        return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}]


def _middle(person: Person) -> FloatArray:
    return np.asarray(person.arrays["prototypes"], np.float32).mean(0)


def _mean(track: Track) -> FloatArray:
    return mean_identity(track.identity, track.quality)


def _descriptors(analysis: ClipAnalysis, kind: str) -> FloatArray:
    """Mean descriptors [K, D] of the tracks of one kind."""
    rows = [_mean(t) for t in analysis.tracks if t.kind == kind]
    return np.stack(rows) if rows else np.zeros((0, 128), np.float32)


def _row(name: str, found: dict[str, tuple[int, float]]) -> dict[str, Any]:
    if name not in found:
        return decided(name, "absent", 0.0)
    return decided(name, "present", max(0.5, 1 - found[name][1] / (2 * MATCH)))


def _note(analysis: ClipAnalysis, name: str, track: int) -> str:
    facts = analysis.tracks[track].facts
    where = f"is {facts.where}" if facts.where else ""
    timeline = timeline_from(Evidence({name: facts}), [PersonPresence(name, "present", 1.0)])
    told = [text for text in (*(tell(name, timeline.seen(name), timeline) for tell in (looks, acts)), where) if text]
    return f"{name} {', '.join(told)}." if told else f"{name} is in the video."


def _place(scene: SceneFacts) -> str:
    known = [part for part in (scene.place or scene.setting, scene.background) if part]
    return f"The place: {', '.join(known)}." if known else ""
