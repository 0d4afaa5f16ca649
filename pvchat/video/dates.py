"""When a file was recorded, by a camera's clock: its name, what its container says, or the file's own date.

"VID_20260503_101500.mp4", "2026-05-03 10.15.00.mov", "20260503.mp4" and "03.05.2026.avi" (a day without an hour, unless
the container knows it) are dates; so are folders of that form ("2026-05-03/hall.mp4"). Times are local, without a zone:
what somebody means by "this morning".
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pvchat.config import VideoConfig
from pvchat.errors import PVChatError
from pvchat.video.containers import open_container
from pvchat.video.files import open_local, sniff
from pvchat.video.pictures import exif_of, open_picture

_DAY = r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])"
_DAY_FIRST = re.compile(r"(?<!\d)(0[1-9]|[12]\d|3[01])\.(0[1-9]|1[0-2])\.((?:19|20)\d\d)(?!\d)")
_HOUR = r"(?:[-_ T.]{0,3}([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d))?)?(?!\d)"
_DATE = re.compile(_DAY + _HOUR)
_EXIF, _TAKEN = 0x8769, (36867, 36868)  # EXIF's own table of tags, DateTimeOriginal and DateTimeDigitized in it
_FIRST_YEAR = 1990  # a clock that was never set says 1904 or 1970


@dataclass(frozen=True)
class Recorded:
    """When a clip begins, in local time, and how that is known; "day": the name has no hour, so it is midnight."""

    at: datetime
    by: Literal["name", "day", "container", "file"]


def recorded(path: Path) -> Recorded:
    """When a file was recorded; raises OSError: it isn't there."""
    named, whole = _in_name(path)
    if named is not None and whole:
        return Recorded(named, "name")
    inside = _in_container(path)
    if inside is not None and (named is None or inside.date() == named.date()):
        return Recorded(inside, "container")
    if named is not None:
        return Recorded(named, "day")
    return Recorded(datetime.fromtimestamp(int(path.stat().st_mtime)), "file")


def _in_name(path: Path) -> tuple[datetime | None, bool]:
    """The date in a file's name, or in that of its folder; and whether it has an hour."""
    for text in (path.stem, path.parent.name):
        for found in _DATE.finditer(_DAY_FIRST.sub(r"\3-\2-\1", text)):
            with suppress(ValueError):  # the 31st of February
                return datetime(*(int(part or 0) for part in found.groups())), found[4] is not None  # type: ignore[arg-type]
    return None, False


def _in_container(path: Path) -> datetime | None:
    """The date that a camera wrote into a video or a photo; none of before there were such files."""
    config = VideoConfig()
    try:
        with open_local(path, config) as file:
            if sniff(path, file) == "picture":
                with open_picture(path, file) as image:
                    tags = exif_of(image).get_ifd(_EXIF)
                    at = datetime.strptime(str(next(tags[tag] for tag in _TAKEN if tag in tags)), "%Y:%m:%d %H:%M:%S")
            else:
                with open_container(path, file, config) as (container, _):
                    stamp = datetime.fromisoformat(container.metadata["creation_time"])
                    at = stamp.astimezone().replace(microsecond=0, tzinfo=None)
    except (PVChatError, OSError, KeyError, ValueError, OverflowError, StopIteration):
        return None
    return None if at.year < _FIRST_YEAR else at
