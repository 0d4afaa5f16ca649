"""Errors a user can mend: each says what happened, which input it concerns and what to do.

The command line prints it without a traceback and exits with 1.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

_FULL = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EFBIG")}  # Windows knows no EDQUOT


class PVChatError(Exception):
    """Base of all: what happened, the input it concerns (a path, a name, an option), what to do; a sentence each."""

    def __init__(self, what: str, *, subject: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.subject, self.hint = what, str(subject), hint

    def __str__(self) -> str:
        head = f"{self.subject}: {self.what}" if self.subject else self.what
        stop = "" if head.endswith((".", "?", "!", ")")) else "."
        return f"{head}{stop} {self.hint}" if self.hint else head

    def to_dict(self) -> dict[str, str]:
        """The error as JSON for `--json` and the API."""
        return {"error": type(self).__name__, "what": self.what, "subject": self.subject, "hint": self.hint}


class DiskFullError(PVChatError):
    """There is no room for what is to be written."""


def is_disk_full(error: BaseException) -> bool:
    """Whether something couldn't be written for want of room."""
    return isinstance(error, DiskFullError) or (isinstance(error, OSError) and error.errno in _FULL)


class VideoReadError(PVChatError):
    """An input clip can't be used."""


class WeightsError(PVChatError):
    """Embedded weights can't be fetched, checked or read."""


class LockedError(PVChatError):
    """People and caches are encrypted, and the key is missing or wrong."""


class PeopleError(PVChatError):
    """The people store refused: bad name, bad person file, already taken."""


class UnknownPersonError(PeopleError):
    """A question or a command names someone who isn't enrolled."""


class SubjectError(PVChatError):
    """Enrolling can't tell whom the clip is about."""


class NoSubjectError(SubjectError):
    """Nobody and no recurring figure was found in the clip."""


@dataclass(frozen=True)
class Candidate:
    """One plausible subject of an enrollment clip, as shown to the user."""

    number: int
    seconds: float
    where: str
    thumbnail: str


class SeveralSubjectsError(SubjectError):
    """Several plausible subjects; `candidates` lists them for `--track N`."""

    def __init__(self, what: str, *, candidates: list[Candidate], subject: str = "", hint: str = "") -> None:
        super().__init__(what, subject=subject, hint=hint)
        self.candidates = candidates


class SettingsError(PVChatError):
    """An option or configuration value is off."""
