"""The baselines: some never look at the clip, some use the same experts without PVChat's recognition, one is a hub's.

In: questions about clips. Out: texts and presences. What the blind ones score (always yes, the prior of the set, a
language model with the question) is what a set gives away for nothing: base rates and template answers.

The face matcher compares mean descriptors and nothing else: no cohort, no calibration, no competition; its one
threshold is tuned on this very run (`outcome.py`), which flatters it.

Retrieve-then-prompt follows RAP (arXiv 2410.13360: detected regions, nearest records of a database, records into the
prompt) with PeKit's similarity threshold (arXiv 2502.02452) on the same detector and descriptors: a face takes its
nearest record within dlib's documented match distance of 0.6; drawn figures, for which there is no such distance,
take their nearest record always, as in RAP. The language model then answers from the records and what was measured.

A hub model of the image-text kind is shown reference pictures with names in its prompt (no training): the enrollment
thumbnail of each person asked about, then a few frames of the clip, then the question.
"""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import numpy as np

from pvchat.bases.imagetext import IN_ORDER, ChatPart, ImageTextModel, pictures
from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.say.people import acts, looks
from pvchat.eval.manifest import Item
from pvchat.eval.metrics.rubric import stances
from pvchat.eval.systems.base import Bench, Case, Reply, ReplyBatch, decided, existence_text
from pvchat.identity.evidence import Evidence
from pvchat.people.person import Person
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray, PersonPresence, SceneFacts, Track

BLIND_TOKENS = 32
PRIOR_SAMPLE = 200  # reference answers among which the most typical one is sought
_BLIND = "You answer questions about people in a video in one short sentence. Start with yes or no where that fits."
MATCH = 0.6  # distance at which two dlib descriptors count as one person (dlib's face_recognition example)
NOBODY = -2.0  # score of a clip without faces: farther than any two unit descriptors
NOTES_TOKENS = 40
_FROM_NOTES = "Answer the question in one short sentence, only from the notes about the video."
FRAMES = 4
MAX_REFERENCES = 4  # reference pictures a prompt; more people than that are only named
HUB_TOKENS = 64


class AlwaysYes:
    """Everyone asked about is there."""

    name, needs_clip = "always-yes", False

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        people = [decided(name, "present") for name in item.people]
        return Reply(existence_text(people), people)


class Prior:
    """The set's share of yes, and the most typical reference answer of the other clips, of the same kind and type."""

    name, needs_clip = "prior", False

    def __init__(self, bench: Bench) -> None:
        self.items = bench.manifest.items
        self._made: dict[tuple[str, str, str], tuple[float, str]] = {}

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        key = (item.kind, item.type, item.video)
        if key not in self._made:
            self._made[key] = self._look(item)
        share, text = self._made[key]
        people = [decided(name, "present" if share >= 0.5 else "absent", share) for name in item.people]
        return Reply(existence_text(people) if item.type == "existence" else text, people)

    def _look(self, item: Item) -> tuple[float, str]:
        like = [i for i in self.items if (i.kind, i.type) == (item.kind, item.type) and i.video != item.video]
        # the share is of all clips: without this one it would lean against the truth, and rank worse than chance
        truths = [
            i.present[name] for i in self.items if (i.kind, i.type) == (item.kind, item.type) for name in i.people
        ]
        return (sum(truths) / len(truths) if truths else 0.5), typical([i.answer for i in like])


class TextOnly:
    """The language model with the question and no picture; who it says is there is read from its text."""

    name, needs_clip = "text-only-llm", False

    def __init__(self, bench: Bench) -> None:
        self._texts = ReplyBatch(bench, BLIND_TOKENS)

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        text = self._texts.reply(item, case, self._chat)
        found = stances(text, item.people)
        return Reply(text, [decided(name, found[name] or "unsure") for name in item.people])

    @staticmethod
    def _chat(item: Item) -> list[dict[str, str]]:
        return [{"role": "system", "content": _BLIND}, {"role": "user", "content": item.question}]


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
        self._texts = ReplyBatch(bench, NOTES_TOKENS, lambda item: item.type != "existence")

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        assert case.analysis is not None
        found = self.retrieve(case.analysis)
        names = [p.name for p in self.bench.people] if item.kind == "who" else item.people
        people = [_row(name, found) for name in names]
        if item.type == "existence":
            return Reply(existence_text(people), people)
        text = self._texts.reply(item, case, lambda one: self._chat(one, case, found))
        return Reply(text, people)

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
        prompt = f"Notes:\n{notes}\n\nQuestion: {item.question}"
        return [{"role": "system", "content": _FROM_NOTES}, {"role": "user", "content": prompt}]


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
        _ = self._model.base  # one that can't be loaded ends the run instead of failing at every question
        self._frames: tuple[str, list[ChatPart]] = ("", [])

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        text = self._model.reply(self.prompt(item, case), HUB_TOKENS)
        found = stances(text, item.people)
        return Reply(text, [decided(name, found[name] or "unsure") for name in item.people])

    def prompt(self, item: Item, case: Case) -> list[dict[str, Any]]:
        """One user turn: reference pictures with names, frames in order, the question."""
        from PIL import Image

        people = {p.name: p for p in self.bench.people}
        content: list[ChatPart] = []
        for name in item.people[:MAX_REFERENCES]:
            if name in people and people[name].thumbnail:
                picture = Image.open(io.BytesIO(people[name].thumbnail)).convert("RGB")
                content += [{"type": "text", "text": f"This is {name}:"}, {"type": "image", "image": picture}]
        content += [IN_ORDER, *self._pictures(case)]
        content.append({"type": "text", "text": f"{item.question} Answer in one sentence."})
        return [{"role": "user", "content": content}]

    def _pictures(self, case: Case) -> list[ChatPart]:
        """A few frames of the clip, evenly spread; those of the last clip are kept."""
        from pvchat import video

        if self._frames[0] != case.clip:
            images = video.load(case.path, self.bench.chat.settings.video).images
            self._frames = (case.clip, pictures(images, FRAMES))
        return self._frames[1]


def typical(texts: list[str]) -> str:
    """The text that shares most words with all the others (the medoid by word overlap); the first of equals."""
    step = max(1, len(texts) // PRIOR_SAMPLE)
    bags = [(t, Counter(t.lower().split())) for t in texts[::step]]
    shared = [sum(sum((a & b).values()) / (1 + a.total() + b.total()) for _, b in bags) for _, a in bags]
    return bags[shared.index(max(shared))][0] if bags else ""


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
    parts = [text for text in (*(tell(name, timeline.seen(name), timeline) for tell in (looks, acts)), where) if text]
    return f"{name} {', '.join(parts)}." if parts else f"{name} is in the video."


def _place(scene: SceneFacts) -> str:
    known = [part for part in (scene.place or scene.setting, scene.background) if part]
    return f"The place: {', '.join(known)}." if known else ""
