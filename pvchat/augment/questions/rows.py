"""Questions and answers about samples: what is true comes from `Sample.people`, what is said was measured.

Per split there are so many rows of each type about samples that show the subject as about samples that don't ("refusal"
where she is to be described and isn't there); no question is asked twice about one sample.

What was measured of her, and what is known of how the sample was made, is a phrase after the name: "sits and talks".
Nothing is told of the absent: refusals are made by rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, zip_longest

import numpy as np

from pvchat.augment.questions.templates import SPLITS, TYPES, Template, answers, fill, refused_topic, templates
from pvchat.augment.questions.views import Analyse, SampleView, Subject, view_samples, with_clip_looks
from pvchat.augment.schemas import PLAIN, QuestionRow, Sample, Split, digest
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.say.people import acts, looks, whereabouts
from pvchat.identity.evidence import Evidence
from pvchat.schemas import PersonFacts, SceneFacts

PER_SAMPLE = 20  # the paper has 18 a clip (1,455 from 81, arXiv 2503.17069); what isn't measured isn't asked
SHARES = {"appearance": 0.2, "action": 0.2, "location": 0.2}  # of the rows; existence is the rest
_STILL_TYPES = ("existence", "appearance", "location")  # a still shows no action
_MOUTH = re.compile(r"\b(smil|laugh|talk)\w*")
_TURNS, _FACES = re.compile(r"^turning\b"), re.compile(r"^(facing|looking)\b")
_LOOKS = re.compile(r"\b(looks?|appearance)\b")


def write_questions(
    samples: Sequence[Sample], subject: Subject, analyse: Analyse, *, seed: int = 0, watch: Watch = UNWATCHED
) -> list[QuestionRow]:
    """Ask about samples of all splits; rows are in the samples' order, and the same for the same seed."""
    seen = view_samples([s for s in samples if not s.dropped], subject, analyse, watch)
    if subject.facts is not None:
        seen = [with_clip_looks(view, subject.facts) for view in seen]
    writer = _Writer(subject.name, seed)
    for split in SPLITS:
        writer.ask([v for v in seen if v.sample.split == split], split)
    return writer.rows([v.sample.id for v in seen])


@dataclass(frozen=True)
class _Question:
    """One question: about which sample, of which type, by which paraphrase."""

    view: SampleView
    type: str
    template: Template

    @cached_property
    def description(self) -> str:
        """What was measured of the subject; empty where that can't be told, or her track isn't known."""
        return describe(self.view, self.type, self.template.text) if self.view.track is not None else ""


@dataclass
class _Writer:
    """Collects rows of all samples, in the order in which they are made."""

    name: str  # of the subject
    seed: int
    found: dict[str, list[QuestionRow]] = field(default_factory=dict)  # by sample

    def rows(self, order: Sequence[str]) -> list[QuestionRow]:
        """All rows, numbered within their sample."""
        for sample, rows in self.found.items():
            for number, row in enumerate(rows):
                row.id = f"{sample}-{number:03d}"
        return [row for sample in order for row in self.found.get(sample, [])]

    def ask(self, views: Sequence[SampleView], split: Split) -> None:
        """Questions about the samples of a split; those of existence fill up where others can't be asked."""
        sides = [[v for v in views if v.shown is there] for there in (True, False)]
        wanted, made = PER_SAMPLE * len(views), 0
        for kind, share in SHARES.items():
            made += self._ask_of(kind, sides, split, round(share * wanted))
        self._ask_of("existence", sides, split, wanted - made)

    def _ask_of(self, kind: str, sides: list[list[SampleView]], split: Split, count: int) -> int:
        """About `count` rows of one type, half of them about samples without the subject; how many it became."""
        askable = [list(self._askable(kind, views, split)) for views in sides]
        if not askable[0]:
            return 0  # refusals alone would teach to refuse
        each = min([count // 2, *(len(side) for side in askable if side)])
        chosen = [question for side in askable for question in side[:each]]
        for question in chosen:
            self._add(question)
        return len(chosen)

    def _askable(self, kind: str, views: Sequence[SampleView], split: Split) -> Iterator[_Question]:
        """What can be asked: every sample with its first question, then every sample with its second, and so on."""
        lists, forms = [], templates(kind, split)
        for view in views:
            if kind in (_STILL_TYPES if view.sample.stage == "image" else TYPES):
                order = self._chance("shuffle", kind, self.name, view.sample.id).permutation(len(forms))
                lists.append([_Question(view, kind, forms[i]) for i in order])
        self._chance(kind, self.name, split).shuffle(lists)
        for question in chain.from_iterable(zip_longest(*lists)):
            if question and (kind == "existence" or not question.view.shown or question.description):
                yield question

    def _add(self, question: _Question) -> None:
        """Answer a question and keep the row."""
        sample, template, there = question.view.sample, question.template, question.view.shown
        if question.type == "existence":
            answer = self._answer("yes" if there else "no", question)
        elif there:
            answer = self._answer("described", question, description=question.description)
        else:
            answer = self._answer("refusal", question, what=refused_topic(question.type, self.name))
        kind = "single" if there or question.type == "existence" else "refusal"
        asked, present = fill(template.text, self.name), {self.name: there}
        self.found.setdefault(sample.id, []).append(QuestionRow(
            "", sample.id, question.type, kind, [self.name], asked, answer, present, template.number, sample.split
        ))  # fmt: skip

    def _answer(self, frame: str, question: _Question, **words: str) -> str:
        """One of the ways to frame an answer, drawn, with its words filled in."""
        sample, template = question.view.sample, question.template
        pool = answers(frame, sample.split)
        rng = self._chance("say", frame, sample.id, str(template.number), self.name)
        return fill(pool[int(rng.integers(len(pool)))], self.name, **words)

    def _chance(self, *words: str) -> np.random.Generator:
        """Seeded by what it is for: one more sample changes nothing about what is drawn for the rest."""
        return np.random.default_rng(int.from_bytes(bytes.fromhex(digest(self.seed, *words)[:16]), "little"))


def describe(view: SampleView, kind: str, question: str = "") -> str:
    """What was measured of the subject's "appearance", "action" or "location"; empty where nothing was, or of absent.

    Where a question is about looks, hair and beard belong to the answer.
    """
    timeline = timeline_from(with_notes(view), view.presence)
    spans = timeline.seen(view.name)
    if kind == "location":
        place = whereabouts(view.name, spans, timeline) if spans else ""
        return f"is {place}" if place else ""
    if kind == "appearance":
        return looks(view.name, spans, timeline, bool(_LOOKS.search(question)))
    return acts(view.name, spans, timeline)


def with_notes(view: SampleView) -> Evidence:
    """What was measured, with what is known of how the sample was made (`Sample.notes`)."""
    evidence, notes, scene = view.evidence, view.sample.notes, view.evidence.scene
    if (facts := evidence.facts.get(view.name)) is None:
        return evidence
    if "location" in notes:  # made up: what was measured before is not behind her
        scene = SceneFacts(None if scene.background else PLAIN, background=scene.background, drawn=scene.drawn)
    facts = _facts_with_deed(facts, notes.get("action", ""))
    return replace(evidence, facts={**evidence.facts, view.name: facts}, scene=scene)


def _facts_with_deed(facts: PersonFacts, deed: str) -> PersonFacts:
    """Facts of the subject, with what the sample's recipe had them do ("": nothing), less what that hides."""
    gestures = [*facts.gestures, *([deed] if deed and deed not in facts.gestures else [])]
    hidden = [_MOUTH] * any("mask" in feature for feature in facts.features) + [_FACES] * bool(_TURNS.search(deed))
    return replace(facts, gestures=[one for one in gestures if not any(pattern.search(one) for pattern in hidden)])
