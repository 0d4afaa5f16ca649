"""The data of a conversation: clips, questions with their answers, and pictures as evidence.

In: what the user uploaded and asked. Out: plain objects that the tabs draw; their files lie in the session's folder.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pvchat.chat.english import clock
from pvchat.chat.window import Window, typed
from pvchat.people.corrections import Correction
from pvchat.schemas import Answer, ClipAnalysis, PersonPresence
from pvchat.video import Probe

FEW = 3  # if nobody is named, so many people are all listed, present or not


@dataclass(frozen=True)
class EvidencePicture:
    """One piece of evidence: a frame with a box on it."""

    url: str  # link to the JPEG
    path: Path  # where it lies
    name: str  # whom it shows
    time: float  # seconds into the clip
    words: str  # what a screen reader says
    sure: bool = True  # whether the person is present; False where she may be


@dataclass(eq=False)
class SessionClip:
    """An uploaded clip of a session."""

    path: Path  # in the session's folder
    name: str  # the file's name as the user knows it
    url: str  # link that plays it
    probe: Probe  # what the file holds
    media_type: str = "video/mp4"  # media type behind the link
    copied: bool = False  # whether the link shows a small copy, since browsers can't play the file itself
    has_sound: bool = False  # whether there is something to listen to
    analysis: ClipAnalysis | None = None  # None until it was analysed
    frames: list[Path] = field(default_factory=list)  # [T] JPEG paths of the sampled frames; empty until needed
    # Its name in the page's address; works in its own session only
    address: str = field(default_factory=lambda: secrets.token_hex(4))


def keys_of(clips: Iterable[SessionClip]) -> set[str]:
    """Keys of the clips that are analysed."""
    seen = [clip.analysis for clip in clips]  # each read once: forgetting somebody removes them meanwhile
    return {analysis.key for analysis in seen if analysis is not None}


History = list[tuple[str, str]]  # questions about a clip with their answers, oldest first


@dataclass(eq=False)
class Turn:
    """One question, its answer and the evidence under it; no clip where there was none to ask about."""

    clip: SessionClip | None  # None where there is none, or none any more
    question: str
    duration_s: float = 0.0  # of the clip, for the timeline
    answer: Answer | None = None
    text: str = ""  # the answer so far
    status: str = ""  # what is being done until there is an answer
    presences: list[PersonPresence] = field(default_factory=list)  # everyone enrolled, those who were asked about first
    pictures: list[EvidencePicture] = field(default_factory=list)
    error: str = ""
    source: str = ""  # the clip's name; stays when the clip was removed
    corrected: str = ""  # a sentence about the correction that was made
    # The correction, to be undone: the person's id, and what was stored
    undo: tuple[str, tuple[Correction, ...]] = ("", ())
    again: str = ""  # key of the turn that repeats the question after a correction
    done: bool = False  # nothing more will come
    taken: bool = False  # it is being answered
    # The part of the clip that is asked about, start and end in seconds; None: what the question names, or all of it
    between: Window | None = None
    key: str = field(default_factory=lambda: secrets.token_hex(8))  # identifies the turn on the page
    ids: dict[str, str] = field(default_factory=dict)  # of everyone in `presences`, by name
    about: set[str] = field(default_factory=set)  # ids of the people whom the turn names or shows

    def __post_init__(self) -> None:
        self.source = self.source or (self.clip.name if self.clip else "")

    @classmethod
    def posed(cls, clip: SessionClip | None, question: str, start: str = "", end: str = "") -> Turn:
        """A new question, about a part between two times as typed; `done` if it can't be answered."""
        turn = cls(clip, question)
        try:
            turn.between = typed(start, end)
        except ValueError as error:
            turn.error = f"{error}."
        if clip is None:
            turn.error = "There is no clip yet: upload one first."
        turn.done = bool(turn.error)
        return turn

    def ask_about(self, clip: SessionClip) -> None:
        """Make a question that was asked before there was a clip one about this clip."""
        self.clip, self.source, self.error, self.done = clip, clip.name, "", False

    def take(self, answer: Answer, duration_s: float) -> None:
        """Store the answer; `duration_s`: the clip's length."""
        self.answer, self.text, self.duration_s = answer, answer.answer, duration_s
        judged = {person.name for person in answer.people}
        self.presences = sorted(answer.everyone, key=lambda p: p.name not in judged)

    @property
    def evidence_people(self) -> list[PersonPresence]:
        """Who the evidence is about: those asked about; if nobody was named, of many only those who may be there."""
        if self.answer is None:
            return []
        people = self.answer.people
        if len(people) < len(self.answer.everyone) or len(people) <= FEW:
            return people
        return [person for person in people if person.decision != "absent"]

    @property
    def part(self) -> str:
        """The part of the clip that is asked about, in words; "" for all of it."""
        if self.between is None:
            return ""
        start, end = self.between
        return f"from {clock(start)} to {'the end' if end is None else clock(end)}"

    @property
    def url(self) -> str:
        """Link of the clip; "" without one."""
        return self.clip.url if self.clip else ""
