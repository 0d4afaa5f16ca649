"""Somebody's moments in a library: as rows, and cut together as one film.

In: videos in which somebody is seen, from an answer. Out: `Moment`s in order of time; an mp4 without sound, each moment
with half a second around it. Photos and files that are gone are left out, and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat import video
from pvchat.chat.spans import merged
from pvchat.chat.timeline import ArchiveFinding
from pvchat.config import VideoConfig
from pvchat.errors import PVChatError
from pvchat.schemas import Progress
from pvchat.storage import atomic
from pvchat.storage.library import LibraryError

AROUND_S, RATE, WIDTH, HEIGHT = 0.5, 15.0, 1280, 720  # of the film: seconds, frames a second, pixels
MOST_S = 600.0  # of a film, unless told otherwise


@dataclass(frozen=True)
class Moment:
    """One stretch of a video in which somebody is seen."""

    path: str  # of the video
    place: str  # what its source is called
    at: datetime  # when it begins, local time
    start_s: float  # from when she is seen, seconds of the video
    end_s: float  # until when
    sure: bool  # she surely is in this video; else perhaps

    def to_dict(self) -> dict[str, Any]:
        """As JSON, and as a row of a CSV file."""
        return {
            "path": self.path, "place": self.place, "at": self.at.isoformat(timespec="seconds"),
            "start_s": round(self.start_s, 2), "end_s": round(self.end_s, 2), "sure": self.sure,
        }  # fmt: skip


@dataclass
class Reel:
    """What became of a film."""

    path: str  # where it lies
    moments: int = 0  # that are in it
    seconds: float = 0.0  # how long it is
    left_out: dict[str, str] = field(default_factory=dict)  # path -> why it isn't in it


def moments_of(found: ArchiveFinding) -> list[Moment]:
    """The moments that an answer to "In which videos is …?" speaks of, in order of time."""
    return [
        Moment(one.video.path, one.video.place, one.video.time_of(start), start, end, one.sure)
        for one in found.seen
        for start, end in one.spans
    ]


def write_reel(
    moments: Sequence[Moment], path: Path, config: VideoConfig, most_s: float = MOST_S, progress: Progress | None = None
) -> Reel:
    """Cut moments together, in their order, to a new mp4 that ends after so many seconds.

    `progress` is told how many videos are done. Raises LibraryError: the file is there already, or there is nothing to
    show; OSError: it can't be written.
    """
    if path.exists() or not path.parent.is_dir():
        what = "is there already." if path.exists() else "its folder doesn't exist."
        raise LibraryError(what, subject=str(path), hint="Choose another path.")
    reel = Reel(str(path))
    with atomic.drafted(path) as draft:
        atomic.write_new(draft, b"")  # for its owner only
        pictures = _pictures(moments, reel, config, most_s, progress or (lambda what, done, total: None))
        if (first := next(pictures, None)) is None:
            why = "; ".join(f"{Path(name).name}: {why}" for name, why in list(reel.left_out.items())[:3])
            raise LibraryError(f"there is nothing to show ({why or 'no moments'}).", subject=str(path))
        video.save_clip(draft, chain([first], pictures), RATE)
    return reel


def _pictures(
    moments: Sequence[Moment], reel: Reel, config: VideoConfig, most_s: float, progress: Progress
) -> Iterator[NDArray[np.uint8]]:
    """The pictures of a film, each in the middle of a black one; what is shown and what isn't is noted as it goes."""
    from PIL import Image, ImageOps

    left = round(most_s * RATE)
    files = list(dict.fromkeys(one.path for one in moments))
    for number, path in enumerate(files):
        progress("cutting", number, len(files))
        spans = [(max(0.0, one.start_s - AROUND_S), one.end_s + AROUND_S) for one in moments if one.path == path]
        if left <= 0:
            reel.left_out[path] = f"the film has its {most_s:g} seconds"
            continue
        shown = 0
        try:
            found = video.probe(path, config)
            if found.kind != "video":
                raise LibraryError("photos and animations aren't cut in.", subject=path)
            ends = [(start, min(end, found.duration_s)) for start, end in merged(spans)]
            times = [float(time) for start, end in ends for time in np.arange(start, end, 1 / RATE)]
            for _, picture in video.pictures_at(path, found, times[:left], config):
                yield np.asarray(ImageOps.pad(Image.fromarray(picture), (WIDTH, HEIGHT)))
                shown += 1
        except (PVChatError, OSError) as error:
            reel.left_out[path] = error.what if isinstance(error, PVChatError) else str(error)
        left -= shown
        reel.seconds = (round(most_s * RATE) - left) / RATE
        reel.moments += len(spans) if shown else 0
