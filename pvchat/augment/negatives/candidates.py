"""What the search for negatives is about and what it finds, before anything is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pvchat.augment.schemas import Split
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, Service

if TYPE_CHECKING:
    from pvchat.augment.profile import Profile

Recipe = Literal["same-clip", "lookalike", "random"]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class SubjectClip:
    """Whom the data set is about.

    Attributes:
        name: as asked about; becomes `Sample.people`'s key.
        person: as `pvchat.identity.enroll.enroll` makes it; needn't be stored anywhere.
        analysis: of the enrollment clip.
        track: index of the subject into `analysis.tracks`.
        clip: the enrollment clip's file.
        segments: (start_s, end_s, split, source) of the enrollment clip: people of the same clip get the split and the
            `Sample.source` of the segment that they are cut from. Empty: all of it is "train".
    """

    name: str
    person: Person
    analysis: ClipAnalysis
    track: int
    clip: Path
    segments: tuple[tuple[float, float, Split, str], ...] = ()

    @classmethod
    def of(cls, profile: Profile, chat: Service, clip: str | Path, track: int | None = None) -> SubjectClip:
        """The subject of an augmentation's profile; `track` as in `AugmentConfig`."""
        from pvchat.identity.subjects import choose, index_of

        analysis = chat.analyse(clip)
        chosen = choose(analysis, track, Path(clip).name)
        number = index_of(analysis, chosen)
        segments = tuple(
            (float(profile.times[a]), float(profile.times[b - 1]), split, profile.source(split))
            for split, (a, b) in profile.spans.items()
        )
        return cls(profile.name, profile.person, analysis, number, Path(clip), segments)


@dataclass(frozen=True)
class Negative:
    """One negative before it is cut.

    Attributes:
        recipe: "same-clip", "lookalike" or "random".
        key: content key of the clip.
        clip: its file.
        track: index into that clip's `ClipAnalysis.tracks`; None for clips without anybody.
        start_s, end_s: the excerpt.
        box: x0, y0, x1, y1 as fractions of the frame to crop to; None: the whole frame.
        distance: from the subject's mean vector: how hard it is. Infinite for clips without anybody of that kind.
    """

    recipe: Recipe
    key: str
    clip: Path
    track: int | None
    start_s: float
    end_s: float
    box: Box | None
    distance: float


@dataclass(frozen=True)
class Negatives:
    """What `find` chose by a seed, and how many clips and people it refused, by reason."""

    candidates: list[Negative]
    dropped: dict[str, int]
    seed: int


def windows(spans: Sequence[tuple[float, float]], seconds: float) -> list[tuple[float, float]]:
    """Excerpts of at most `seconds` out of spans [start_s, end_s], the middle of the longest span first."""
    found = []
    for start, end in sorted(spans, key=lambda s: s[0] - s[1]):
        pieces = max(1, int((end - start) / seconds))
        step = (end - start) / pieces
        half = min(seconds, step) / 2
        middles = [start + (k + 0.5) * step for k in range(pieces)]
        middles.sort(key=lambda m: abs(m - (start + end) / 2))
        found += [(round(m - half, 2), round(m + half, 2)) for m in middles]
    return found
