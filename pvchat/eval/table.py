"""Predictions beside the truth: rows of one system joined with their questions, and the decisions taken apart.

An answer that failed counts as wrong: an error is never a right "no". Its probability counts as one half. A name that
a system says nothing about counts as absent with probability 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.eval.manifest import Item

Row = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """One question with what one system said."""

    item: Item
    row: Row

    @property
    def text(self) -> str:
        """The answer; empty after an error."""
        return "" if self.row["error"] else str(self.row["answer"])

    def person(self, name: str) -> Row:
        """What was said about one person."""
        found = next((p for p in self.row["people"] if p["name"] == name), None)
        return found or {"name": name, "decision": "absent", "probability": 0.0, "spans": []}

    @property
    def right(self) -> bool:
        """Whether it was answered, with the right decision about everybody asked about."""
        present = {n: self.person(n)["decision"] == "present" for n in self.item.people}
        return not self.row["error"] and all(present[n] == self.item.present[n] for n in self.item.people)


@dataclass(frozen=True)
class Decisions:
    """Decisions about people, n each: the question's clip, truth, predicted present, probability."""

    clips: list[str]
    truth: NDArray[np.bool_]
    predicted: NDArray[np.bool_]
    chance: NDArray[np.float64]


def joined(rows: Iterable[Row], items: Mapping[str, Item]) -> dict[str, list[Answered]]:
    """Rows with their questions, by system."""
    found: dict[str, list[Answered]] = {}
    for row in rows:
        if row["id"] in items:
            found.setdefault(row["system"], []).append(Answered(items[row["id"]], row))
    return found


def decisions(answered: Sequence[Answered], wanted: Callable[[Item], bool]) -> Decisions:
    """The decisions in the questions that are wanted, one for each person asked about."""
    pairs = [(a, name) for a in answered if wanted(a.item) for name in a.item.people]
    truth = np.array([a.item.present[n] for a, n in pairs], bool)
    failed = np.array([bool(a.row["error"]) for a, _ in pairs], bool)
    people = [a.person(n) for a, n in pairs]
    predicted = np.where(failed, ~truth, np.array([p["decision"] == "present" for p in people], bool))
    chance = np.where(failed, 0.5, np.array([p["probability"] for p in people], float))
    return Decisions([a.item.video for a, _ in pairs], truth, predicted.astype(bool), chance)


def is_single(item: Item) -> bool:
    """A yes/no question about one person."""
    return item.kind == "single" and item.type == "existence"


def has_reference(item: Item) -> bool:
    """A question about somebody who is there whose reference is more than yes or no."""
    content = item.type != "existence" or len(item.answer.split()) > 2
    return item.kind in ("single", "relative") and content and all(item.present[n] for n in item.people)
