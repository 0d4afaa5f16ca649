"""Whether as many people are there as somebody thinks: "Are there more than two people?". Text in, a `Crowd` out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pvchat.chat.english import number

_WORDS = [number(count) for count in range(11)]
_ASKED = re.compile(
    r"^(?:and |so )?(?:(?:is|are|was|were) (?:there|it|this|that|they) )?"
    r"(?P<bound>more than|at least|over|fewer than|less than|at most|only|just|exactly)?"
    rf" ?(?P<count>\d{{1,3}}|{'|'.join(_WORDS[1:])}) (?:other )?(?:people|persons?|faces?)"
    r"(?: (?:here|there|visible|in (?:the|this|it) ?\w*))*(?: or (?:more|less|fewer|several|many))?\W*$"
)


@dataclass(frozen=True)
class Crowd:
    """How many people somebody thinks are there: more or less than `count`, or as many."""

    count: int
    bound: Literal["more", "least", "less", "most", "as many"] = "as many"

    def holds(self, seen: int) -> bool:
        """Whether that is true of as many as are seen."""
        return {
            "more": seen > self.count, "least": seen >= self.count, "less": seen < self.count,
            "most": seen <= self.count, "as many": seen == self.count,
        }[self.bound]  # fmt: skip


def read_crowd(lower: str) -> Crowd | None:
    """Read a question in lower case; None where it asks something else."""
    found = _ASKED.match(" ".join(lower.split()))
    if found is None:
        return None
    count = int(found["count"]) if found["count"].isdigit() else _WORDS.index(found["count"])
    bounds = {"more than": "more", "over": "more", "at least": "least", "fewer than": "less", "less than": "less",
              "at most": "most"}  # fmt: skip
    return Crowd(count, bounds.get(found["bound"] or "", "as many"))  # type: ignore[arg-type]
