"""When something holds, when it doesn't, and when that isn't known: the algebra of three values over time.

In: spans (seconds). Out: a `Truth`, and what it comes to in a part of a video.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pvchat.chat.finding import Verdict
from pvchat.chat.query import Number
from pvchat.chat.spans import Span, common, merged, without

_NEARLY = 1e-6  # seconds


@dataclass(frozen=True)
class Truth:
    """When something holds (`yes`) and when it is known not to (`no`); at other times that isn't known."""

    yes: Sequence[Span] = ()
    no: Sequence[Span] = ()


UNKNOWN = Truth()
TURNED: dict[Verdict, Verdict] = {"yes": "no", "no": "yes", "unknown": "unknown", "unsure": "unsure"}


def always(holds: bool, whole: Span) -> Truth:
    """True, or false, of all the time."""
    return Truth((whole,), ()) if holds else Truth((), (whole,))


def all_of(parts: Sequence[Truth], whole: Span) -> Truth:
    """When all of some hold; of none that is always."""
    yes: Sequence[Span] = (whole,)
    for part in parts:
        yes = common(yes, part.yes)
    return Truth(yes, merged([span for part in parts for span in part.no]))


def any_of(parts: Sequence[Truth], whole: Span) -> Truth:
    """When at least one of some holds; of none that is never."""
    return negated(all_of([negated(part) for part in parts], whole))


def negated(part: Truth) -> Truth:
    """When something is known not to hold."""
    return Truth(part.no, part.yes)


def told(yes: Sequence[Span], no: Sequence[Span]) -> Truth:
    """The truth of what some say and others deny: who says it is believed."""
    return Truth(merged(yes), without(no, yes))


def any_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """Whether it holds of any: the strongest of some verdicts."""
    order: tuple[Verdict, ...] = ("yes", "unsure", "unknown")
    return next((verdict for verdict in order if verdict in verdicts), "no")


def all_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """Whether it holds of all; of nobody it doesn't."""
    return TURNED[any_verdict([TURNED[verdict] for verdict in verdicts])] if verdicts else "no"


def within(number: Number, low: float, high: float) -> Verdict:
    """Whether a number that lies between two others is as somebody thinks it is."""
    wanted = number.value
    yes, no = {
        "exactly": (abs(low - wanted) + abs(high - wanted) <= _NEARLY, not low - _NEARLY <= wanted <= high + _NEARLY),
        "at_least": (low >= wanted - _NEARLY, high < wanted - _NEARLY),
        "at_most": (high <= wanted + _NEARLY, low > wanted + _NEARLY),
        "more_than": (low > wanted + _NEARLY, high <= wanted + _NEARLY),
        "fewer_than": (high < wanted - _NEARLY, low >= wanted - _NEARLY),
    }[number.bound]
    return "yes" if yes else "no" if no else "unknown"
