"""Pictures of a video at a few moments, without looking at what lies between where the file can be jumped in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pvchat.config import VideoConfig
from pvchat.video.clips import STAMP_SLACK_S, copy_size
from pvchat.video.containers import DecodeDamage, decoded, upright
from pvchat.video.files import PathLike, Probe, open_local


def pictures_at(
    path: PathLike, found: Probe, times: Iterable[float], config: VideoConfig
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """The pictures on the screen at some times.

    Args:
        path: a local file.
        found: what `probe` said about it; a video.
        times: seconds from its start, in any order.
        config: limits and the longest side of a picture.

    Yields:
        The time and the picture [height, width, 3], in order of time; nothing for a time whose picture is damaged.

    Raises:
        VideoReadError: it can't be read, or breaks a limit.
    """
    todo, held, size = sorted(times, reverse=True), None, copy_size(found.width, found.height, config)
    with open_local(path, config) as file:
        for start, picture in decoded(path, file, found, config, lambda: todo[-1] if todo else None, DecodeDamage()):
            while todo and todo[-1] < start - STAMP_SLACK_S:
                time = todo.pop()
                if held is not None:
                    yield time, upright(held, found.rotation, size)
            held = picture
            if not todo:
                return
        while held is not None and todo:
            yield todo.pop(), upright(held, found.rotation, size)
