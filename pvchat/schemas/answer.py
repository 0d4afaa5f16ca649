"""What `ask` returns: an answer, who is there, why somebody isn't; the JSON contract of `pvchat ask --json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pvchat.schemas.facts import Ground

Decision = Literal["present", "absent", "unsure"]
QuestionType = Literal["existence", "appearance", "action", "location", "other"]

# nobody: no face (or, for a drawn character, no drawn figure) is seen at all; corrected: the user said that it isn't
# her; other: somebody else who is enrolled is more like whoever is seen; the next four: what makes a face hard to
# know; likeness: it is seen well, and not like her (enough)
Reason = Literal["nobody", "corrected", "other", "masked", "small", "turned", "blurred", "likeness"]


@dataclass
class PersonPresence:
    """One enrolled person's presence in one clip."""

    name: str
    decision: Decision
    probability: float
    spans: list[tuple[float, float]] = field(default_factory=list)
    track: int | None = None  # index into ClipAnalysis.tracks of the best matching track
    tracks: tuple[int, ...] = ()  # of all that count into the spans
    nearest: int | None = None  # of the track most like her, whatever the decision
    why: Why | None = None  # of who was asked about and isn't found present
    voices: tuple[int, ...] = ()  # the numbers of the clip's voices that are hers, where it was listened to
    gender: str | None = None  # "man" or "woman", as the face looks that was enrolled, where that can be told

    def to_dict(self) -> dict[str, Any]:
        """One row of `people` in the JSON contract; `why` where that is known."""
        row = {
            "name": self.name, "decision": self.decision, "probability": round(float(self.probability), 4),
            "spans": [list(span) for span in self.spans],
        }  # fmt: skip
        return row if self.why is None else {**row, "why": self.why.to_dict()}


@dataclass(frozen=True)
class AnswerGround:
    """What one thing that an answer tells (`fact`) rests on."""

    about: str  # a name; "" for the clip, and for somebody without a name whom the question means by the place
    fact: str
    ground: Ground

    def to_dict(self) -> dict[str, Any]:
        """One row of `evidence` in the JSON contract."""
        score = self.ground.score
        return {
            "about": self.about, "fact": self.fact, "time_s": round(self.ground.time_s, 2),
            "box": [round(v, 3) for v in self.ground.box], "score": None if score is None else round(float(score), 3),
        }  # fmt: skip


@dataclass
class Answer:
    """What `PVChat.ask` returns."""

    answer: str
    type: QuestionType
    people: list[PersonPresence]  # of those asked about; of everyone enrolled where nobody is named
    timing: dict[str, float]  # seconds: decode_s, experts_s (0 where the clip was known), first_token_s, total_s
    everyone: list[PersonPresence] = field(default_factory=list, repr=False)  # enrolled; not part of the contract
    evidence: list[AnswerGround] = field(default_factory=list, repr=False)  # in the contract where there is any
    finding: dict[str, Any] = field(default_factory=dict, repr=False)  # what was read and found, for `--explain`
    damaged: bool = False  # `ClipAnalysis.damaged`; in the contract where that is so

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract of `pvchat ask --json`; seconds to the millisecond."""
        row: dict[str, Any] = {"answer": self.answer, "type": self.type, "people": [p.to_dict() for p in self.people]}
        row["timing"] = {what: round(seconds, 3) for what, seconds in self.timing.items()}
        if self.evidence:
            row["evidence"] = [ground.to_dict() for ground in self.evidence]
        if self.damaged:
            row["damaged"] = True
        return row


@dataclass(frozen=True)
class Why:
    """One reason, and what it rests on."""

    reason: Reason  # the one that weighs most
    hard: tuple[Reason, ...] = ()  # all that makes the sighting hard, worst first: masked, small, turned, blurred
    at_s: float | None = None  # when whoever is most like her is seen best, seconds; None where nobody is seen
    face_px: int | None = None  # height of that face in pixels of the frame as it was looked at; not of figures
    like: str = ""  # the other enrolled person who is more like whoever is seen
    text: str = ""  # all that as a sentence

    def to_dict(self) -> dict[str, Any]:
        """`why` in the JSON contract."""
        return {**asdict(self), "hard": list(self.hard)}
