"""In which shots somebody is seen: "How many shots is Ana in?", "Is Ana in every shot?", "Which shots show both?".

In: a question in lower case with masked names, presences with their spans, and the clip's shots. Out: an `InShots`, or
None; a sentence. Shots are counted from the clip's first; those of a later part are told by their times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pvchat.chat.english import be, join, number, span_told
from pvchat.chat.spans import Span, common, seconds_in
from pvchat.chat.vocabulary import MASK
from pvchat.schemas import PersonPresence

_WHOM = rf"(?:(?:both )?{MASK.lower()}(?:(?:, (?:and )?| and ){MASK.lower()})*\b(?!')|he|she|they)"
_SEEN = r"(?: (?:in|there|seen|shown|visible|appear|together|both|present))*"
_WHICH = r"(?:which|what|how many)(?: of the| camera| different)* (?:shots?|takes?|cuts?|shot numbers?)"
_FORMS: tuple[tuple[re.Pattern[str], Literal["which", "every"]], ...] = tuple(
    (re.compile(rf"(?:and |so )?{form}\W*"), asked)  # type: ignore[misc]
    for form, asked in (
        (rf"(?:in )?{_WHICH} (?:is|are|does|do|was|(?:can|do) (?:you|we|i) see) {_WHOM}{_SEEN}", "which"),
        (rf"{_WHOM} (?:is|are|was|were|can be|appears?){_SEEN} (?:in )?{_WHICH}", "which"),
        (rf"{_WHICH} (?:shows?|has|have|contains?|features?) {_WHOM}{_SEEN}", "which"),
        (rf"(?:list|(?:give|show|tell) me) (?:all )?(?:the )?shots (?:of|with|showing) {_WHOM}{_SEEN}", "which"),
        (rf"(?:is|are|was|were) {_WHOM}{_SEEN} (?:every|each|all|all the|all of the) (?:single )?shots?", "every"),
        (rf"(?:does|do) {_WHOM} appear{_SEEN} (?:every|each|all|all the) (?:single )?shots?", "every"),
    )
)  # fmt: skip
_LEAST_S = 0.2  # seconds of a shot in which somebody is seen, from which she is in it [choice]
_MOST = 12  # shots that one sentence numbers


@dataclass(frozen=True)
class InShots:
    """Whether it is asked in which shots, and in how many, or whether in "every" one."""

    asked: Literal["which", "every"]


def read_in_shots(lower: str) -> InShots | None:
    """Read a question; None where it asks something else."""
    text = " ".join(lower.split())
    return next((InShots(asked) for form, asked in _FORMS if form.fullmatch(text)), None)


def told_in_shots(asked: InShots, people: Sequence[PersonPresence], shots: Sequence[Span]) -> str:
    """The answer, of all of them together; empty unless all are present and the shots are known.

    Args:
        asked: as it was read.
        people: those asked about.
        shots: of the clip.
    """
    if not shots or not people or any(p.decision != "present" or not p.spans for p in people):
        return ""
    spans = list(people[0].spans)
    for person in people[1:]:
        spans = common(spans, person.spans)
    found = [n for n, shot in enumerate(shots, 1) if _is_in(spans, shot)]
    names = [p.name for p in people]
    who = f"{join(names)} {be(names)} seen{' together' if len(names) > 1 else ''}"
    verdict = "" if asked.asked == "which" else "Yes, " if len(found) == len(shots) else "No, "
    if not found:
        return f"{verdict}{who} in no shot."
    if len(shots) == 1:
        return f"{verdict}{who} in the only shot."
    of = f"{number(len(found))} of {number(len(shots))} shots"
    each = [str(n) if shots[0][0] == 0 else span_told(*shots[n - 1]) for n in found[:_MOST]]
    numbered = join(each + (["more"] if len(found) > _MOST else []))
    return f"{verdict}{who} in {of}{'' if len(found) == len(shots) else f': {numbered}'}."


def _is_in(spans: Sequence[Span], shot: Span) -> bool:
    return seconds_in(common(spans, [shot])) >= min(_LEAST_S, (shot[1] - shot[0]) / 2)
