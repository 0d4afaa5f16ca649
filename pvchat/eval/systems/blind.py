"""Baselines that never look at the clip: always yes, the prior of the set, and a language model with the question.

What they score is what a set gives away for nothing: base rates and template answers.
"""

from __future__ import annotations

from collections import Counter

from pvchat.eval.manifest import Item
from pvchat.eval.stance import stances
from pvchat.eval.systems.base import Bench, Case, Reply, ReplyBatch, decided, existence_text

MAX_TOKENS = 32
PRIOR_SAMPLE = 200  # reference answers among which the most typical one is sought
_SYSTEM = "You answer questions about people in a video in one short sentence. Start with yes or no where that fits."


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
        self._texts = ReplyBatch(bench, MAX_TOKENS)

    def answer(self, item: Item, case: Case) -> Reply:
        """See `System`."""
        text = self._texts.reply(item, case, self._chat)
        found = stances(text, item.people)
        return Reply(text, [decided(name, found[name] or "unsure") for name in item.people])

    @staticmethod
    def _chat(item: Item) -> list[dict[str, str]]:
        return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": item.question}]


def typical(texts: list[str]) -> str:
    """The text that shares most words with all the others (the medoid by word overlap); the first of equals."""
    step = max(1, len(texts) // PRIOR_SAMPLE)
    bags = [(t, Counter(t.lower().split())) for t in texts[::step]]
    shared = [sum(sum((a & b).values()) / (1 + a.total() + b.total()) for _, b in bags) for _, a in bags]
    return bags[shared.index(max(shared))][0] if bags else ""
