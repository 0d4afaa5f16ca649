"""What of somebody a question asks about: an `Aspect`, as `aspects.py` reads it and the answers take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pvchat.chat.absences import Absence
from pvchat.chat.comparisons import Comparison
from pvchat.chat.crowd import Crowd
from pvchat.chat.headcounts import Headcount
from pvchat.chat.inshots import InShots
from pvchat.chat.lineup import SOMEBODY, LineUp
from pvchat.chat.meetings import Meeting
from pvchat.chat.order import Order
from pvchat.chat.predicates import UNKNOWN, Predicate, PredicateKind
from pvchat.chat.questiontypes import question_type
from pvchat.chat.screentime import ScreenTime
from pvchat.chat.vocabulary import MASK
from pvchat.schemas import QuestionType

AspectName = Literal[
    "usual", "missing", "whether", "absent", "count", "times", "order", "long", "meeting", "gone", "shots", "compared",
    "lineup", "such", "rest",
]  # fmt: skip
Manner = Literal["polar", "plain", "which", "count", "what", "when", "often"]  # "plain": neither yes nor no answers it
_TYPES: dict[PredicateKind, QuestionType] = {
    "beside": "location", "side": "location", "shot": "location", "alone": "location", "setting": "location",
    "place": "location", "gender": "appearance", "worn": "appearance", "looks": "appearance", "pose": "action",
    "deed": "action", "unknown": "other",
}  # fmt: skip


@dataclass(frozen=True)
class Aspect:
    """What of somebody is asked.

    Attributes:
        name: "usual" for what the question's type says; "missing" for being there asked the other way round; "whether"
            something holds of those asked about (or, for "who", of whom); "absent" for who is not there; "count";
            "times"; "order" for who comes in after whom; "long" for how long people are seen; "meeting" for when they
            are together or alone; "gone" for when somebody isn't seen; "shots" for in which she is; "lineup" for who
            stands where; "such" for whoever wears something; "rest" for what nothing measured speaks to.
        predicate: of "whether" and "such".
        order: of "order".
        screen_time: of "long".
        meeting: of "meeting".
        absence: of "gone".
        in_shots: of "shots".
        comparison: of "compared", two people held against each other.
        lineup: of "lineup", whom it means by where they are.
        crowd: of "count", as many as somebody thinks there are.
        headcount: of "count", of which kind people are counted.
        manner: of "whether": how it is asked.
        gender: of "whether": "man" or "woman" where only men or women are meant.
        denied: of "whether": of whom it doesn't hold is asked.
    """

    name: AspectName = "usual"
    predicate: Predicate = UNKNOWN
    order: Order | None = None
    screen_time: ScreenTime | None = None
    meeting: Meeting | None = None
    absence: Absence | None = None
    in_shots: InShots | None = None
    comparison: Comparison | None = None
    lineup: LineUp | None = None
    crowd: Crowd | None = None
    headcount: Headcount | None = None
    manner: Manner = "polar"
    gender: str = ""
    denied: bool = False

    @property
    def of_all(self) -> bool:
        """Whether an answer speaks of others than those who are named."""
        alone = self.meeting is not None and self.meeting.kind in ("alone", "company")
        return alone or self.name in ("order", "lineup", "such")

    @property
    def of_two(self) -> bool:
        """Whether it holds one person against another, who alone is changed by "and Ben?"."""
        longer = self.screen_time is not None and self.screen_time.asked in ("more", "less")
        met = self.meeting is not None and self.meeting.kind not in ("alone", "company")
        return longer or met or self.comparison is not None or self.order is not None and self.order.whether

    def type(self, read: QuestionType) -> QuestionType:
        """The question's type: existence only where it is about being there."""
        if self.name == "whether":
            return _TYPES[self.predicate.kind]
        if self.comparison is not None:
            return "appearance" if self.comparison.by == "colour" else "location"
        if self.headcount is not None:
            return "appearance" if self.headcount.by_gender else "existence"
        if self.name == "such":
            return read if read in ("appearance", "action", "location") else "other"
        if self.lineup is not None:
            asked = question_type(self.lineup.asked.replace(SOMEBODY, MASK)) if self.lineup.asked else read
            return asked if self.lineup.told else "location"
        timed = self.name in ("order", "long", "meeting", "gone", "shots")
        return "existence" if timed or self.crowd else "other" if self.name == "rest" else read


USUAL, REST = Aspect(), Aspect("rest")
