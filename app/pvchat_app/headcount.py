"""How many people a clip shows, counted as the answers count them: a person is followed anew after every cut.

In: a `PVChat`, what was seen of a clip. Out: numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvchat.chat.evidence import gather, one_name_each
from pvchat.schemas import ClipAnalysis

if TYPE_CHECKING:
    from pvchat import PVChat


def headcount(chat: PVChat, seen: ClipAnalysis) -> tuple[int, int]:
    """How many people are seen, as "How many people?" is answered, and how many of them are surely enrolled ones."""
    everyone = chat.presence(seen)
    measured = gather(everyone, seen)
    known = sum(person.decision == "present" for person in one_name_each(everyone))
    return known + measured.unknown + measured.doubtful, known
