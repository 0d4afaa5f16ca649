"""What a session talks about: clips, questions about them with answers, and pictures as evidence.

In: what the user uploaded and asked. Out: plain objects that the tabs draw; files lie in the session's folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pvchat.schemas import Answer, ClipAnalysis, PersonPresence
    from pvchat.video import Probe


@dataclass(frozen=True)
class Picture:
    """One piece of evidence: a frame with a box on it.

    Attributes:
        url: link to the JPEG.
        path: where it lies.
        name: whom it shows.
        time: seconds into the clip.
        words: what a screen reader says.
        sure: whether the person is present; False where she may be.
    """

    url: str
    path: Path
    name: str
    time: float
    words: str
    sure: bool = True


@dataclass
class SessionClip:
    """An uploaded clip of a session.

    Attributes:
        path: in the session's folder.
        name: the file's name as the user knows it.
        url: link that plays it.
        probe: what the file holds.
        shown_as: media type behind the link.
        copied: whether the link shows a small copy, since browsers can't play the file itself.
        analysis: what the experts said; None until they did.
        frames: [T] JPEG paths of the sampled frames; empty until needed.
    """

    path: Path
    name: str
    url: str
    probe: Probe
    shown_as: str = "video/mp4"
    copied: bool = False
    analysis: ClipAnalysis | None = None
    frames: list[Path] = field(default_factory=list)


@dataclass
class Turn:
    """One question, its answer and the evidence under it; no clip where there was none to ask about.

    `ids` are those of everyone in `presences`, by name; `about` are the ids of whom the turn names or shows.
    """

    clip: SessionClip | None
    question: str
    duration_s: float = 0.0  # of the clip, for the timeline
    answer: Answer | None = None
    text: str = ""  # as far as it has come
    status: str = ""  # what is being done before there is any
    presences: list[PersonPresence] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    error: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    about: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Link of the clip; "" without one."""
        return self.clip.url if self.clip else ""

    @property
    def clip_name(self) -> str:
        """The clip's name; "" without one."""
        return self.clip.name if self.clip else ""
