"""Questions and answers about samples: what is true comes from `Sample.people`, what is said was measured.

Per split and person:

- singles: so many rows of each type about samples that show the person as about samples that don't ("refusal" where an
  absent person is asked to be described); no question twice about one sample;
- pairs and triples: all presence combinations that the samples have, the rarest first (the official PVChat data leave
  out "exactly two of three").

What was measured of somebody, and what is known of how the sample was made, is a phrase after the name: "sits and
talks". Nothing is told of the absent: refusals are made by rule.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, zip_longest

import numpy as np

from pvchat.augment.questions.templates import TYPES, Template, answers, fill, refused_topic, templates
from pvchat.augment.questions.views import Analyse, SampleView, Subject, view_samples, with_clip_looks
from pvchat.augment.schemas import PLAIN, TOGETHER, QuestionRow, Sample, Split, chance
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.say.people import acts, looks, whereabouts
from pvchat.identity.evidence import Evidence
from pvchat.schemas import PersonFacts, SceneFacts

PER_SAMPLE = 20  # the paper has 18 a clip (1,455 from 81, arXiv 2503.17069); what isn't measured isn't asked
SHARES = {"appearance": 0.2, "action": 0.2, "location": 0.2}  # of the singles; existence is the rest
OTHERS = 4  # singles a sample about everyone else whom the samples name
GROUPS = 6  # rows a sample about pairs and triples
_STILL_TYPES = ("existence", "appearance", "location")  # a still shows no action
_ASKS_WHO = re.compile(r"(Which|Who|Of)\b")  # neither yes nor no is an answer
_SIZES = {2: "pair", 3: "triple"}
_MOUTH = re.compile(r"\b(smil|laugh|talk)\w*")
_TURNS, _FACES = re.compile(r"^turning\b"), re.compile(r"^(facing|looking)\b")
_LOOKS = re.compile(r"\b(looks?|appearance)\b")


def write_questions(
    samples: Sequence[Sample], subject: Subject, analyse: Analyse, *, seed: int = 0, watch: Watch = UNWATCHED
) -> list[QuestionRow]:
    """Ask about samples of all splits; rows are in the samples' order, and the same for the same seed."""
    people = [] if subject.person is None else [subject.person]
    seen = view_samples([s for s in samples if not s.dropped], analyse, people, watch)
    if subject.facts is not None:
        seen = [with_clip_looks(view, subject.name, subject.facts) for view in seen]
    writer = _Writer(seed)
    for split in ("train", "val", "test"):
        views = [v for v in seen if v.sample.split == split]
        everyone = dict.fromkeys([subject.name, *(n for v in views for n in v.sample.people)])  # the subject first
        for name in everyone:
            writer.singles(views, name, split, PER_SAMPLE if name == subject.name else OTHERS)
        writer.groups(views, split)
    return writer.rows([v.sample.id for v in seen])


@dataclass(frozen=True)
class _Question:
    """One question: about which sample, of which type, by which paraphrase, about whom in which order."""

    view: SampleView
    type: str
    template: Template
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """The question with its names filled in."""
        return fill(self.template.text, self.names)

    @property
    def present(self) -> list[str]:
        """Who of those asked about is in the sample."""
        return [name for name in self.names if self.view.sample.people[name]]

    @property
    def absent(self) -> list[str]:
        """Who of them isn't."""
        return [name for name in self.names if not self.view.sample.people[name]]

    def described(self, name: str) -> str:
        """What was measured of somebody present; empty where that can't be told, or her track isn't known."""
        known = self.type != "existence" and name in self.view.tracks
        return describe(self.view, self.type, name, self.template.text) if known else ""


@dataclass
class _Writer:
    """Collects rows of all samples, in the order in which they are made."""

    seed: int
    found: dict[str, list[QuestionRow]] = field(default_factory=dict)  # by sample

    def rows(self, order: Sequence[str]) -> list[QuestionRow]:
        """All rows, numbered within their sample."""
        for sample, rows in self.found.items():
            for number, row in enumerate(rows):
                row.id = f"{sample}-{number:03d}"
        return [row for sample in order for row in self.found.get(sample, [])]

    # -- one person

    def singles(self, views: Sequence[SampleView], name: str, split: Split, per_sample: int) -> None:
        """Questions about one person in a split; questions of existence fill up where others can't be asked."""
        sides = [[v for v in views if v.sample.people.get(name) is there] for there in (True, False)]
        wanted, made = per_sample * sum(map(len, sides)), 0
        for kind, share in SHARES.items():
            made += self._singles_of(kind, sides, name, split, round(share * wanted))
        self._singles_of("existence", sides, name, split, wanted - made)

    def _singles_of(self, kind: str, sides: list[list[SampleView]], name: str, split: Split, count: int) -> int:
        """About `count` rows of one type, half of them about samples without the person; how many it became."""
        askable = [list(self._askable(kind, views, name, split)) for views in sides]
        if not askable[0]:
            return 0  # refusals alone would teach to refuse
        each = min([count // 2, *(len(side) for side in askable if side)])
        chosen = [question for side in askable for question in side[:each]]
        for question in chosen:
            if kind == "existence":
                self._add(question, "single", self._presence(question))
            elif question.present:
                description = question.described(name)
                self._add(question, "single", self._answer("described", question, [name], description=description))
            else:
                self._add(question, "refusal", self._refusal(question))
        return len(chosen)

    def _askable(self, kind: str, views: Sequence[SampleView], name: str, split: Split) -> Iterator[_Question]:
        """What can be asked: every sample with its first question, then every sample with its second, and so on."""
        lists = []
        for view in views:
            if kind in (_STILL_TYPES if view.sample.stage == "image" else TYPES):
                order = _permuted(templates(kind, split), self._rng("shuffle", kind, name, view.sample.id))
                lists.append([_Question(view, kind, template, (name,)) for template in order])
        self._rng(kind, name, split).shuffle(lists)
        for question in chain.from_iterable(zip_longest(*lists)):
            if question and (kind == "existence" or question.absent or question.described(name)):
                yield question

    # -- several people

    def groups(self, views: Sequence[SampleView], split: Split) -> None:
        """Pairs and triples; the combination of presences that was asked about least comes first."""
        used: Counter[tuple[int, tuple[bool, ...]]] = Counter()
        order = [*views]
        self._rng("groups", split).shuffle(order)
        for view in order:
            names = list(view.sample.people)
            groups = [list(c) for size in _SIZES for c in combinations(names, size)]
            for number in range(GROUPS if groups else 0):
                rng = self._rng("group", view.sample.id, str(number))
                group = min(_permuted(groups, rng), key=lambda c: used[_presences(view, c)])
                used[_presences(view, group)] += 1
                self._group(view, _permuted(group, rng), TYPES[number % len(TYPES)], split)

    def _group(self, view: SampleView, names: list[str], kind: str, split: Split) -> None:
        """One question about several people; about what can't be said it is asked whether they are there."""
        if kind not in (_STILL_TYPES if view.sample.stage == "image" else TYPES):
            kind = "existence"
        asked = {row.question for row in self.found.get(view.sample.id, [])}
        forms = _permuted(templates(kind, split, "plain", "group"), self._rng("shuffle", *names, kind, view.sample.id))
        questions = (_Question(view, kind, template, tuple(names)) for template in forms)
        question = next((one for one in questions if one.text not in asked), None)
        if question is None:
            return
        if kind == "existence":
            self._add(question, _SIZES[len(names)], self._presence(question))
            return
        described = {name: question.described(name) for name in question.present}
        if not all(described.values()):
            self._group(view, names, "existence", split)
            return
        parts = [fill("{name} {description}.", [name], description=phrase) for name, phrase in described.items()]
        parts += [self._refusal(question)] if question.absent else []
        self._add(question, _SIZES[len(names)], " ".join(parts))

    # -- wording

    def _presence(self, question: _Question) -> str:
        """An answer that says who of those asked about is there."""
        present, absent = question.present, question.absent
        if len(question.names) == 1:
            return self._answer("yes" if present else "no", question, question.names)
        if present and absent:
            return self._answer("some", question, present, absent)
        return self._answer("all" if present else "none", question, question.names)

    def _refusal(self, question: _Question) -> str:
        """An answer that nothing can be said of those who aren't there."""
        absent = question.absent
        topic = refused_topic(question.type, absent[0] if len(absent) == 1 else "they", len(absent))
        return self._answer("refusal", question, absent, what=topic)

    def _answer(
        self, frame: str, question: _Question, names: Sequence[str], absent: Sequence[str] = (), **words: str
    ) -> str:
        """One of the ways to frame an answer, drawn, with its words filled in."""
        sample, template = question.view.sample, question.template
        pool = answers(frame, sample.split)
        if _ASKS_WHO.match(template.text):
            pool = [t for t in pool if not t.startswith(("Yes", "No,"))]
        if frame == "refusal" and len(names) > 1:  # "they" stands only after the names that it means
            pool = [t for t in pool if not 0 <= t.find("{what}") < max(t.find("{name}"), t.find("{or}"))]
        rng = self._rng("say", frame, sample.id, str(template.number), *names)
        return fill(pool[int(rng.integers(len(pool)))], names, absent, **words)

    def _add(self, question: _Question, kind: str, answer: str) -> None:
        """Keep a row, unless its question was asked about this sample already."""
        sample, text = question.view.sample, question.text
        present, number = {n: sample.people[n] for n in question.names}, question.template.number
        row = QuestionRow(
            "", sample.id, question.type, kind, list(question.names), text, answer, present, number, sample.split
        )
        rows = self.found.setdefault(sample.id, [])
        if all(r.question != text for r in rows):
            rows.append(row)

    # -- chance

    def _rng(self, *words: str) -> np.random.Generator:
        return chance(self.seed, *words)


def _permuted(items: Sequence, rng: np.random.Generator) -> list:
    return [items[i] for i in rng.permutation(len(items))]


def _presences(view: SampleView, names: Sequence[str]) -> tuple[int, tuple[bool, ...]]:
    """How many people these are, and which of them are there, by their names in order."""
    return len(names), tuple(view.sample.people[n] for n in sorted(names))


def describe(view: SampleView, kind: str, name: str, question: str = "") -> str:
    """What was measured of the "appearance", "action" or "location" of somebody; empty where nothing was, or of absent.

    Where a question is about looks, hair and beard belong to the answer.
    """
    timeline = timeline_from(with_notes(view), view.presence)
    spans = timeline.seen(name)
    if kind == "location":
        place = whereabouts(name, spans, timeline) if spans else ""
        return f"is {place}" if place else ""
    if kind == "appearance":
        return looks(name, spans, timeline, bool(_LOOKS.search(question)))
    return acts(name, spans, timeline)


def with_notes(view: SampleView) -> Evidence:
    """What was measured, with what is known of how the sample was made (`Sample.notes`: of its first person)."""
    evidence, sample = view.evidence, view.sample
    subject, place, scene = next(iter(sample.people)), sample.notes.get("location"), evidence.scene
    if sample.recipe == TOGETHER:  # each stands in a place of her own: what was measured is true of none of them
        scene = SceneFacts(drawn=scene.drawn)
    if (facts := evidence.facts.get(subject)) is None:
        return replace(evidence, scene=scene)
    if place:
        colour = scene.background if place == PLAIN else None
        scene = SceneFacts(None if colour else place, background=colour, drawn=scene.drawn)
    facts = _facts_with_deed(facts, sample.notes.get("action", ""))
    return replace(evidence, facts={**evidence.facts, subject: facts}, scene=scene)


def _facts_with_deed(facts: PersonFacts, deed: str) -> PersonFacts:
    """Facts of the subject, with what the sample's recipe had them do ("": nothing), less what that hides."""
    gestures = [*facts.gestures, *([deed] if deed and deed not in facts.gestures else [])]
    hidden = [_MOUTH] * any("mask" in feature for feature in facts.features) + [_FACES] * bool(_TURNS.search(deed))
    return replace(facts, gestures=[one for one in gestures if not any(pattern.search(one) for pattern in hidden)])
