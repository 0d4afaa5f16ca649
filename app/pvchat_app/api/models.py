"""Requests and answers of the API as Pydantic models, from which the schema is made.

Requests may hold no other fields. Answers hold what the command line prints with `--json`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pvchat.config import MAX_QUESTION

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Question = Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUESTION)]
History = Annotated[list[Question], Field(max_length=20, description="earlier questions, oldest first")]
Span = tuple[float, float]


class Request(BaseModel):
    """Base of all requests: no other fields."""

    model_config = ConfigDict(extra="forbid")


class Enrollment(Request):
    """Somebody to enroll."""

    clip: Name = Field(description="an uploaded clip")
    name: Name
    consent: bool = Field(default=False, description="the person has agreed; nobody is enrolled without")
    track: int | None = Field(default=None, ge=1, description="which person, where the clip has several")
    replace: bool = Field(default=False, description="take the place of an enrolled person of that name")
    add: bool = Field(default=False, description="another clip of the enrolled person of that name")
    alike: bool = Field(default=False, description="another person, though she looks like one who is enrolled")


class Renaming(Request):
    """Another name."""

    name: Name


class LibraryQuestion(Request):
    """A question about the library."""

    question: Question
    history: History = []


class ClipQuestion(LibraryQuestion):
    """A question about one clip."""

    clip: Name | None = Field(default=None, description="an uploaded clip")
    path: Path | None = Field(default=None, description="or a file of the library, as its answers name it")


class Sources(Request):
    """Folders and files of the server's machine to be looked through."""

    paths: list[Path] = Field(min_length=1, max_length=100)
    place: Annotated[str, StringConstraints(max_length=100)] | None = None


class Problem(BaseModel):
    """Every error."""

    error: str = Field(description="its kind")
    what: str = Field(description="what happened")
    subject: str = Field(default="", description="which input it concerns")
    hint: str = Field(default="", description="what to do")
    candidates: list[dict[str, Any]] | None = Field(default=None, description="whom to choose from by `track`")


class PersonRow(BaseModel):
    """Somebody who is enrolled."""

    name: str
    aliases: list[str]
    kind: str
    depth: str
    created: str
    bytes: int
    confidence: float
    prototypes: int
    voice: bool


class EnrolledRow(PersonRow):
    """Somebody who has just been enrolled."""

    notes: dict[str, Any] | None = Field(description="what makes the clip a poor one, and whom it may show instead")


class ClipRow(BaseModel):
    """An uploaded clip; it is deleted when nobody has used it for an hour."""

    clip: str
    kind: str
    seconds: float
    width: int
    height: int


class PresenceRow(BaseModel):
    """Whether somebody is in a clip, and when."""

    name: str
    decision: str
    probability: float
    spans: list[Span]
    why: dict[str, Any] | None = None


class AnswerRow(BaseModel):
    """An answer about one clip."""

    answer: str
    type: str
    people: list[PresenceRow]
    timing: dict[str, float]
    query: dict[str, Any] = Field(description="what the question was read as")
    evidence: list[dict[str, Any]] = []
    damaged: bool = False


class LibraryAnswerRow(BaseModel):
    """An answer about the library; `clips` are the videos it speaks of, with the seconds to play."""

    model_config = ConfigDict(extra="allow")

    answer: str
    query: dict[str, Any]
    videos: int
    surely: int
    perhaps: int
    clips: list[dict[str, Any]]


class ScanRow(BaseModel):
    """A look through the library: how far it is, or what came of the last one."""

    running: bool
    what: str = ""
    share: float = Field(default=0.0, description="how much of the files' bytes is looked through, 0 to 1")
    report: dict[str, Any] | None = None
    problem: Problem | None = None
