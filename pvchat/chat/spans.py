"""Spans of a clip's time put together: in common, in either, in one and not in the other. Seconds, in order of time."""

from __future__ import annotations

from collections.abc import Sequence

Span = tuple[float, float]
WHOLE = 0.95  # share of the time that is told as all of it


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
