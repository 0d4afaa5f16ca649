"""Questions and answers about samples: what is true comes from `Sample.people`, what is said was measured.

Per split and person:

- singles: so many rows of each type about samples that show the person as about samples that don't ("refusal" where an
  absent person is asked to be described); no question twice about one sample;
- pairs and triples: all presence combinations that the samples have, the rarest first (the official PVChat data leave
  out "exactly two of three").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from pvchat.augment.questions.cast import Analyses, SampleView, described_alike, views
from pvchat.augment.questions.measured import describe
from pvchat.augment.questions.templates import TYPES, Template, answers, fill, templates, what
from pvchat.augment.schemas import QuestionRow, Sample, Split, chance
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.people.person import Person
from pvchat.schemas import PersonFacts

PER_SAMPLE = 20  # the paper has 18 a clip (1,455 from 81, arXiv 2503.17069); what isn't measured isn't asked
SHARES = {"appearance": 0.2, "action": 0.2, "location": 0.2}  # of the singles; existence is the rest
OTHERS = 4  # singles a sample about everyone else whom the samples name
GROUPS = 6  # rows a sample about pairs and triples
_STILL = ("existence", "appearance", "location")  # a still shows no action
_OPEN = re.compile(r"(Which|Who|Of)\b")  # asks who is there: neither yes nor no is an answer


def write_questions(
    samples: Sequence[Sample],
    name: str,
    analyses: Analyses,
    *,
    seed: int = 0,
    people: Sequence[Person] = (),
    own: PersonFacts | None = None,
    watch: Watch = UNWATCHED,
) -> list[QuestionRow]:
    """Ask about samples of all splits; rows are in their order, and the same for the same seed.

    `people` are enrollments, needed for those who are never alone in a sample; `own` is what was measured of the
    subject in the whole clip (None: each sample has its own).
    """
    kept = [s for s in samples if not s.dropped]
    seen = views(kept, analyses, people, watch)
    seen = seen if own is None else described_alike(seen, name, own)
    writer = _Writer(seed)
    for split in ("train", "val", "test"):
        some = [v for v in seen if v.sample.split == split]
        everyone = dict.fromkeys([name, *(n for v in some for n in v.sample.people)])  # the subject first
        for who in everyone:
            writer.singles(some, who, split, PER_SAMPLE if who == name else OTHERS)
        writer.groups(some, split)
    return writer.rows([v.sample.id for v in seen])


@dataclass(frozen=True)
class _Question:
    """One question: about which sample, of which type, by which paraphrase, about whom."""

    view: SampleView
    kind: str
    template: Template
    who: tuple[str, ...]


@dataclass
class _Writer:
    """Collects rows of all samples, in the order in which they are made."""

    seed: int
    found: dict[str, list[QuestionRow]] = field(default_factory=dict)

    def rows(self, order: Sequence[str]) -> list[QuestionRow]:
        """All rows, numbered within their sample."""
        out = []
        for sample in order:
            for number, row in enumerate(self.found.get(sample, [])):
                row.id = f"{sample}-{number:03d}"
                out.append(row)
        return out

    # -- one person

    def singles(self, some: Sequence[SampleView], who: str, split: Split, per_sample: int) -> None:
        """Questions about one person over the samples of a split: existence makes up for what can't be asked."""
        there = [v for v in some if v.sample.people.get(who) is True]
        away = [v for v in some if v.sample.people.get(who) is False]
        if not there and not away:
            return
        wanted, made = per_sample * (len(there) + len(away)), 0
        for kind, share in SHARES.items():
            made += self._single(kind, there, away, who, split, round(share * wanted))
        self._single("existence", there, away, who, split, wanted - made)

    def _single(
        self, kind: str, there: Sequence[SampleView], away: Sequence[SampleView], who: str, split: Split, count: int
    ) -> int:
        """About `count` rows of one type, half of them about samples without the person; how many it became."""
        sides = [list(self._slots(kind, side, who, split)) for side in (there, away)]
        if not sides[0]:
            return 0  # refusals alone would teach to refuse
        each = min([count // 2, *(len(side) for side in sides if side)])
        for view, template, described in (slot for side in sides for slot in side[:each]):
            present = {who: view.sample.people[who]}
            text, question = fill(template.text, [who]), _Question(view, kind, template, (who,))
            if kind == "existence":
                self._add(question, "single", text, self._answer("yes" if present[who] else "no", question, [who]))
            elif described is None:
                self._add(question, "refusal", text, self._refuse(kind, question, [who]))
            else:
                answer = self._answer("described", question, [who], description=described)
                self._add(question, "single", text, answer)
        return sum(len(side[:each]) for side in sides)

    def _slots(
        self, kind: str, some: Iterable[SampleView], who: str, split: Split
    ) -> Iterator[tuple[SampleView, Template, str | None]]:
        """What can be asked: every sample with its first question, then every sample with its second, and so on."""
        lists = []
        for view in some:
            if kind not in (_STILL if view.sample.stage == "image" else TYPES):
                continue
            lists.append([(view, t) for t in self._shuffled(templates(kind, split), kind, who, view.sample.id)])
        self._rng(kind, who, split).shuffle(lists)
        for turn in range(max((len(row) for row in lists), default=0)):
            for view, template in (row[turn] for row in lists if turn < len(row)):
                described = None
                if kind != "existence" and view.sample.people[who]:
                    described = self._describe(view, kind, who, template)
                    if not described:
                        continue
                yield view, template, described

    # -- several people

    def groups(self, some: Sequence[SampleView], split: Split) -> None:
        """Pairs and triples; the combination of presences that was asked about least comes first."""
        used: Counter[tuple[int, tuple[bool, ...]]] = Counter()
        order = [*some]
        self._rng("groups", split).shuffle(order)
        for view in order:
            names = list(view.sample.people)
            chosen = [list(c) for size in (2, 3) for c in combinations(names, size)]
            for number in range(GROUPS if chosen else 0):
                rng = self._rng("group", view.sample.id, str(number))
                who = min(_mixed(chosen, rng), key=lambda c: used[_pattern(view, c)])
                used[_pattern(view, who)] += 1
                who = _mixed(who, rng)
                self._group(view, who, TYPES[number % len(TYPES)], split)

    def _group(self, view: SampleView, who: list[str], kind: str, split: Split) -> None:
        """One question about several people; about what can't be said it is asked whether they are there."""
        there = [n for n in who if view.sample.people[n]]
        away = [n for n in who if not view.sample.people[n]]
        size = "pair" if len(who) == 2 else "triple"
        if kind not in (_STILL if view.sample.stage == "image" else TYPES):
            kind = "existence"
        questions = {r.question for r in self.found.get(view.sample.id, [])}
        forms = self._shuffled(templates(kind, split, "plain", "group"), *who, kind, view.sample.id)
        new = [t for t in forms if fill(t.text, who) not in questions]
        if not new:
            return
        template = new[0]
        described = [self._describe(view, kind, n, template) for n in there] if kind != "existence" else []
        if "" in described:
            return self._group(view, who, "existence", split)
        text, question = fill(template.text, who), _Question(view, kind, template, tuple(who))
        if kind == "existence":
            answer = self._exist(question, there, away)
        else:
            told = zip(there, described, strict=True)
            parts = [fill("{name} {description}.", [n], description=phrase) for n, phrase in told]
            parts += [self._refuse(kind, question, away)] if away else []
            answer = " ".join(parts)
        return self._add(question, size, text, answer)

    def _exist(self, question: _Question, there: list[str], away: list[str]) -> str:
        if there and away:
            return self._answer("some", question, there, away)
        return self._answer("all" if there else "none", question, there or away)

    # -- wording

    def _answer(
        self,
        frame: str,
        question: _Question,
        who: Sequence[str],
        absent: Sequence[str] = (),
        late: str = "",
        **words: str,
    ) -> str:
        view, template = question.view, question.template
        pool = answers(frame, view.sample.split)
        if _OPEN.match(template.text):
            pool = [t for t in pool if not t.startswith(("Yes", "No,"))]
        if late and len(who) > 1:
            pool = [t for t in pool if not 0 <= t.find(late) < max(t.find("{name}"), t.find("{or}"))]
        text = pool[int(self._rng("say", frame, view.sample.id, str(template.number), *who).integers(len(pool)))]
        return fill(text, who, absent, **words)

    def _refuse(self, kind: str, question: _Question, who: Sequence[str]) -> str:
        they = who[0] if len(who) == 1 else "they"  # "they" only after the names that it means
        return self._answer("refusal", question, who, late="{what}", what=what(kind, they, len(who)))

    def _describe(self, view: SampleView, kind: str, who: str, template: Template) -> str:
        return describe(view, kind, who, template.text) if who in view.tracks else ""

    def _add(self, question: _Question, size: str, text: str, answer: str) -> None:
        sample, who = question.view.sample, question.who
        present, number = {n: sample.people[n] for n in who}, question.template.number
        row = QuestionRow("", sample.id, question.kind, size, list(who), text, answer, present, number, sample.split)
        rows = self.found.setdefault(sample.id, [])
        if all(r.question != text for r in rows):
            rows.append(row)

    # -- chance

    def _rng(self, *words: str) -> np.random.Generator:
        return chance(self.seed, *words)

    def _shuffled(self, pool: Sequence[Template], *words: str) -> list[Template]:
        return _mixed(pool, self._rng("shuffle", *words))


def _mixed(items: Sequence, rng: np.random.Generator) -> list:
    return [items[i] for i in rng.permutation(len(items))]


def _pattern(view: SampleView, who: Sequence[str]) -> tuple[int, tuple[bool, ...]]:
    """Which of the people are there, by their names in order."""
    return len(who), tuple(view.sample.people[n] for n in sorted(who))
