"""Yes and no that the trained model finds by itself: it isn't told whether somebody is there, her tokens say it.

In: a question, who is there, the rules' answer. Out: which part of that answer is the model's to find, if any. That is
so for "Is Ana in this video?" where her marks tell clearly (`model/printmatch.py`); the guard holds what it finds
against the rules' decision, which knows more (corrections, who comes again in a film, a calibration of footage).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pvchat.chat.question import Question
from pvchat.schemas import PersonPresence

if TYPE_CHECKING:
    from pvchat.model.people import People
    from pvchat.model.pvchat import PVChatModel
    from pvchat.model.visual import VisualTokens

CLEAR = 1.5  # log-odds from which marks tell: 446 of 538 decisions on the tune half, 444 of them alike
_VERDICT = re.compile(r"(?P<verdict>Yes|No)(?=, (?P<name>.+?) is (?:not )?in this video\b)")


def verdict_in(question: Question, people: Sequence[PersonPresence], plain: str) -> int:
    """Where the yes or no ends in the rules' answer to whether one person is there; 0 where it is no such answer."""
    found = _VERDICT.match(plain)
    plainly = question.type == "existence" and question.is_usual
    if not plainly or len(question.people) != 1 or found is None:
        return 0
    sure = [p.name for p in people if p.name in question.people and p.decision != "unsure"]
    return found.end() if found["name"] in sure else 0


def told_by_tokens(model: PVChatModel, people: People | None, visual: VisualTokens) -> bool:
    """Whether the marks of the one person who is named tell clearly if she is in a clip."""
    import torch

    if people is None:
        return False
    with torch.no_grad():
        found = model.prints(people, visual)
    return bool(found.known.all()) and float(found.odds.abs().min()) >= CLEAR
