"""Time spans: intersection over union of what was said and what is true, as unions of seconds.

tIoU as in temporal grounding (ActivityNet; Heilbron et al. 2015), over the union of all spans of one person.
"""

from __future__ import annotations

from collections.abc import Sequence

Span = tuple[float, float]


def tiou(said: Sequence[Span], true: Sequence[Span]) -> float:
    """Seconds in both over seconds in either; 1 where both are empty."""
    a, b = union(said), union(true)
    both = sum(max(0.0, min(e, f) - max(s, t)) for s, e in a for t, f in b)
    either = sum(e - s for s, e in a) + sum(f - t for t, f in b) - both
    return both / either if either > 0 else float(not a and not b)


def union(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that touch merged; empty and backward ones dropped."""
    out: list[Span] = []
    for start, end in sorted((float(s), float(e)) for s, e in spans if e > s):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
