"""Spans of a clip's time: their union, overlap and rest; and when something holds, doesn't hold, or isn't known.

In: spans (start and end in seconds). Out: spans in order of time, a `Truth`, a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeVar

Span = tuple[float, float]
K = TypeVar("K")
T = TypeVar("T")
# "unsure": whether somebody asked about is there isn't sure; "unknown": nothing that was measured tells it
Verdict = Literal["yes", "no", "unsure", "unknown"]
WHOLE = 0.95  # share of the time that is told as all of it
TURNED: dict[Verdict, Verdict] = {"yes": "no", "no": "yes", "unknown": "unknown", "unsure": "unsure"}


@dataclass(frozen=True)
class Truth:
    """When something holds (`yes`) and when it is known not to (`no`); at other times that isn't known."""

    yes: Sequence[Span] = ()
    no: Sequence[Span] = ()

    @property
    def negated(self) -> Truth:
        """When it is known not to hold."""
        return Truth(self.no, self.yes)

    @staticmethod
    def all_of(parts: Sequence[Truth], whole: Span) -> Truth:
        """When all of some hold; of none that is always."""
        yes: Sequence[Span] = (whole,)
        for part in parts:
            yes = common(yes, part.yes)
        return Truth(yes, merged([span for part in parts for span in part.no]))

    @staticmethod
    def any_of(parts: Sequence[Truth], whole: Span) -> Truth:
        """When at least one of some holds; of none that is never."""
        return Truth.all_of([part.negated for part in parts], whole).negated

    @staticmethod
    def at_once(parts: Sequence[Truth], fits: Callable[[float, float], Verdict], whole: Span) -> Truth:
        """When as many of some hold as `fits`, which is asked with how many surely do, and how many may."""
        edges = sorted({edge for part in parts for span in (*part.yes, *part.no, whole) for edge in span} | {*whole})
        found: dict[Verdict, list[Span]] = {"yes": [], "no": [], "unknown": []}
        for now in pairwise(edges):
            sure = sum(bool(common(part.yes, [now])) for part in parts)
            no = sum(bool(common(part.no, [now])) for part in parts)
            found[fits(sure, len(parts) - no)].append(now)
        return Truth(merged(found["yes"]), merged(found["no"]))


UNKNOWN = Truth()


def merged(spans: Sequence[Span]) -> list[Span]:
    """The time that lies in any of some spans."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """The time that lies in both of two lists of spans."""
    both = [(max(a, c), min(b, d)) for a, b in merged(one) for c, d in merged(other)]
    return [(start, end) for start, end in both if start < end]


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """The time that lies in spans, and in none of those taken away."""
    left = merged(spans)
    for start, end in merged(taken):
        left = [part for a, b in left for part in ((a, min(b, start)), (max(a, end), b)) if part[0] < part[1]]
    return left


def seconds_in(spans: Sequence[Span]) -> float:
    """How long some spans are together, each moment counted once."""
    return sum(end - start for start, end in merged(spans))


def nth_of(things: Sequence[T], n: int) -> list[T]:
    """The n-th of some things from 1 (negative: from the last), as a list; empty where there are fewer."""
    at = n - 1 if n > 0 else n
    return [things[at]] if n and -len(things) <= at < len(things) else []


def grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    """The second ones of some pairs by the first ones; all in order."""
    found: dict[K, list[T]] = {}
    for key, one in pairs:
        found.setdefault(key, []).append(one)
    return found


def most_at_once(spans: Sequence[Span]) -> int:
    """How many of some spans lie over one moment, at most."""
    return max((sum(a <= start < b or a == start for a, b in spans) for start, _ in spans), default=0)


def any_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """Whether it holds of any: the strongest of some verdicts."""
    order: tuple[Verdict, ...] = ("yes", "unsure", "unknown")
    return next((verdict for verdict in order if verdict in verdicts), "no")


def all_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """Whether it holds of all; of nobody it doesn't."""
    return TURNED[any_verdict([TURNED[verdict] for verdict in verdicts])] if verdicts else "no"
