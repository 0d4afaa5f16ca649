"""A long video is looked through with experts that others use, too: between two parts these have their turn.

In: the video, the networks, parts that are known. Out: a `Look` at all of it, or at the seconds that are needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from pvchat.perception.scan import KeptParts, LongVideo, scan
from pvchat.schemas import ClipAnalysis, Look, Progress

if TYPE_CHECKING:
    from pvchat.service.networks import Networks


def look_through(
    source: LongVideo,
    networks: Networks,
    kept: KeptParts,
    progress: Progress,
    partial: Callable[[ClipAnalysis], None] | None,
    needed: tuple[float, float] | None,
) -> Look:
    """A long video's look, decoding included in the experts' seconds.

    Args:
        source: the video.
        networks: whose experts look, under their lock.
        kept: parts that are known aren't made again; new ones are added.
        progress: told what is being done.
        partial: called after each part with what was seen so far.
        needed: from when to when, seconds; None: all.

    Raises:
        VideoReadError: it can't be used.
    """
    started, so_far = time.perf_counter(), None
    scanning = scan(source, networks.experts, kept, progress, needed)
    with closing(scanning):  # whoever stops it may hold on to the error, and with it to what reads ahead
        while True:
            with networks.lock:
                more = next(scanning, None)
            if more is None:
                break
            so_far = more
            if partial is not None:
                partial(so_far.analysis())
    assert so_far is not None  # it yields at least once
    length_s = None if needed is None else source.found.duration_s
    return Look(so_far.analysis(), experts_s=time.perf_counter() - started, length_s=length_s)
