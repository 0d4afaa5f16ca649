"""Who is longest, first, leftmost, nearest: people in the order of a measure, those who are alike together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pvchat.chat.query import RankBy
from pvchat.chat.spans import Span, common, seconds_in
from pvchat.chat.timeline import Entity, Timeline

_DOWN = ("long", "often", "right", "near", "big")  # where the most comes first
# How much two may differ and be alike: of what was measured, and of what is known exactly [choice].
_ALIKE_S, _ALIKE_SHARE, _AT_ONCE, _APART, _NEARER = 0.5, 0.05, 0.3, 0.02, 1.25
_EXACT = 1e-6


@dataclass(frozen=True)
class Ranked:
    """People in order, with the measure of each.

    Attributes:
        people: whoever can be measured.
        measures: of each, by name.
        alike: whether two measures count as the same.
    """

    people: tuple[Entity, ...]
    measures: Mapping[str, float]
    alike: Callable[[float, float], bool]

    def at(self, k: int) -> list[Entity]:
        """The so-manieth from 1 (negative: from the last), with all who are like this one; nobody beyond the last."""
        at = k - 1 if k > 0 else k
        if not k or not -len(self.people) <= at < len(self.people):
            return []
        value = self.measures[self.people[at].name]
        return [one for one in self.people if self.alike(self.measures[one.name], value)]


def in_order(
    people: Sequence[Entity],
    by: RankBy,
    part: Sequence[Span],
    timeline: Timeline,
    spans: Mapping[str, Sequence[Span]] | None = None,
    ends: bool = False,
) -> Ranked:
    """People in the order of a measure; who can't be measured is left out.

    Args:
        people: in the order of enrollment, which stays among those who are alike.
        by: the measure.
        part: of the video.
        timeline: of the video.
        spans: of each the time that is measured, if not all that she is seen.
        ends: by "time": when it ends for the last time, not when it begins.
    """
    measures: dict[str, float] = {}
    for one in people:
        seen = common(timeline.seen(one.name) if spans is None else spans.get(one.name, ()), part)
        value = _measure(one, by, seen, ends)
        if value is not None and (seen or by in ("left", "right", "near", "big")):
            measures[one.name] = value
    there = sorted((one for one in people if one.name in measures), key=lambda one: measures[one.name])
    if by in _DOWN:
        there = sorted((one for one in people if one.name in measures), key=lambda one: -measures[one.name])
    return Ranked(tuple(there), measures, _alike(by, timeline.measured))


def _measure(one: Entity, by: RankBy, seen: Sequence[Span], ends: bool) -> float | None:
    if by in ("left", "right"):
        return None if one.centre is None else one.centre[0]
    if by in ("near", "big"):
        return one.height
    if by == "often":
        return float(len(seen))
    if not seen:
        return None
    return seconds_in(seen) if by == "long" else seen[-1][1] if ends else seen[0][0]


def _alike(by: RankBy, measured: bool) -> Callable[[float, float], bool]:
    """When two measures are the same, as far as they are measured."""
    if by in ("left", "right"):
        return lambda a, b: abs(a - b) <= _APART
    if not measured or by == "often":
        return lambda a, b: abs(a - b) <= _EXACT
    if by in ("near", "big"):
        return lambda a, b: max(a, b) < _NEARER * min(a, b)
    if by == "time":
        return lambda a, b: abs(a - b) <= _AT_ONCE
    return lambda a, b: abs(a - b) <= max(_ALIKE_S, _ALIKE_SHARE * max(a, b))
