"""Questions about a clip's shots: "How many cuts are there?", "Where are the cuts?", "Is it one take?".

In: a question in lower case that names nobody, and what was measured. Out: a sentence. Found are hard cuts, from one
picture to the next (`video/shots.py`); of fades nothing is known, so the sentence tells what is seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pvchat.chat.english import clock, join, number
from pvchat.chat.evidence import Evidence

_CLIP = r"(?:(?:this|the|that|my) )?(?:video|clip|film|movie|footage|recording|scene)"
_TAIL = (
    r"(?:,? (?:(?:are|is|were) there|(?:do|can) you (?:see|count|find)|there|here"
    rf"|(?:(?:are|is) )?(?:in|of|does|has|have) (?:it|{_CLIP})|it|in all|altogether|have|has|please|for me"
    rf"|{_CLIP}))*\W*"
)
_CUTS = r"(?:(?:camera |film |hard )?cuts?|edits?|(?:scene|camera|shot) changes?|transitions?)"
_SHOTS = r"(?:different |separate )?(?:camera )?(?:shots?|scenes|takes?|camera angles?)"
_COUNT = re.compile(
    rf"(?:how many|(?:what(?:'s| is) the )?number of|count (?:all )?(?:the )?) ?(?:{_CUTS}|{_SHOTS}){_TAIL}"
    r"|how (?:many times|often) (?:does|do|did|is|was) (?:the )?(?:camera|scene|shot|picture|video)"
    rf" (?:change|cut|switch)s?{_TAIL}"
    # To these neither yes nor no is an answer.
    rf"|(?:is|was|has) (?:it|this|that|{_CLIP}) (?:been )?(?:cut|edited)(?: or .*)?{_TAIL}"
)
_WHERE = re.compile(
    rf"(?:where|when|at (?:what|which) (?:times?|points?)) (?:are|is|were|do|does) (?:there )?(?:all )?(?:the )?"
    rf"(?:(?:{_CUTS}|{_SHOTS})(?: (?:begin|start|change|end|happen|occur|cut)s?)?"
    rf"|(?:camera|scene) (?:change|cut)s?){_TAIL}"
    rf"|(?:list|give me|show me|tell me) (?:all )?(?:the )?(?:(?:times?|timecodes?|timestamps?) of )?(?:all )?(?:the )?"
    rf"(?:{_CUTS}|shots){_TAIL}|(?:(?:give me|show me|list|make) )?(?:a |the )?shot ?list(?: please)?{_TAIL}"
)
_ONE = re.compile(
    rf"(?:is|was) (?:it|this|that|{_CLIP})(?: (?:all|just|only|filmed|shot))*(?: in)? (?:a|one)"
    rf"(?: (?:single|continuous|long|uncut))* (?:shot|take){_TAIL}"
    rf"|(?:is|was) (?:it|this|that|{_CLIP}) (?:uncut|unedited){_TAIL}"
)
_ANY = re.compile(
    rf"(?:are|is) there (?:any|an?|some|several|more than one) (?:{_CUTS}|shots){_TAIL}"
    rf"|(?:has|does|have) (?:it|this|that|{_CLIP}) (?:have )?(?:any )?(?:cuts|edits){_TAIL}"
)
_LEAD = re.compile(r"^(?:and|so|but) ")
_MOST = 12  # cuts that one sentence tells


def asks_of_cuts(lower: str) -> bool:
    """Whether a question in lower case is about the clip's shots and cuts."""
    asked = _LEAD.sub("", lower)
    return any(form.fullmatch(asked) for form in (_COUNT, _WHERE, _ONE, _ANY))


def of_cuts(lower: str, evidence: Evidence) -> str:
    """The answer to a question that `asks_of_cuts`."""
    asked, shots = _LEAD.sub("", lower), evidence.shots
    if not shots:
        return "I can't tell where this video is cut."
    single = len(shots) == 1
    told = f"I see {_counted(len(shots), 'shot')} and {'no cut' if single else _counted(len(shots) - 1, 'cut')}"
    verdict = single if _ONE.fullmatch(asked) else not single if _ANY.fullmatch(asked) else None
    lead = "" if verdict is None else "Yes, " if verdict else "No, "
    return f"{lead}{told} in this video{_at(shots)}."


def _at(shots: Sequence[tuple[float, float]]) -> str:
    """Such as ", at 0:05 and 0:12"; empty for a single shot."""
    times = [clock(start) for start, _ in shots[1:]]
    more = [f"{number(len(times) - _MOST)} more"] if len(times) > _MOST else []
    return f", at {join([*times[:_MOST], *more])}" if times else ""


def _counted(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
