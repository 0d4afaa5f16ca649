"""A long video is looked through from end to end: part by part, with memory that doesn't grow with its length.

In: a path. Out: `ScanState`, which gives the `ClipAnalysis` of everything seen so far, at any time.

Per part (`video.read_parts`, 12 s) who is there and the scene, as of a short clip. Its analysis is kept in the cache of
clips until the whole is done: a scan that was stopped goes on where it was. What people do and wear is measured when it
is asked for (`closer.py`). Where only some minutes are asked about, only their parts are looked through.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat import video
from pvchat.config import VideoConfig
from pvchat.errors import VideoReadError
from pvchat.memory import keep_small, trim
from pvchat.perception.analysis import Depth, recognise
from pvchat.perception.bodyfaces import faceless
from pvchat.perception.experts.collection import Experts
from pvchat.perception.joining import TrackJoiner
from pvchat.perception.measuring import with_things
from pvchat.perception.places import tell_place
from pvchat.runtime import own_threads
from pvchat.schemas import ClipAnalysis, FloatArray, Progress, SceneSpan, Thing, common_scene
from pvchat.storage.clips import ClipCache
from pvchat.video.files import PathLike, Probe

PART_DEPTH = Depth(
    grid_frames=3, body_crops=3, prints=4, fact_tracks=6, figure_frames=3, figure_tracks=3, by_shot=True,
    thing_frames=2, faceless=False,
)  # fmt: skip
MOST_THINGS = 400  # of a whole video, the surest
MOST_BODIES = 400  # of a whole video, those that are seen longest, of who shows no face
MOST_GRIDS = 96  # frames whose grid features are kept of a whole video


def probe_or_none(path: PathLike, config: VideoConfig) -> Probe | None:
    """What `video.probe` says; None of what can't be read: whoever loads it tells why."""
    try:
        return video.probe(path, config)
    except VideoReadError:
        return None


def is_long(found: Probe, config: VideoConfig) -> bool:
    """Whether what was probed must be scanned."""
    return found.kind == "video" and found.duration_s > config.scan_from_s


@dataclass(frozen=True)
class LongVideo:
    """A long video as it is scanned: its path, what `probe` said about it, and how it is read."""

    path: PathLike
    found: Probe
    config: VideoConfig

    def piece(self, key: str, span: tuple[float, float]) -> video.Clip:
        """These seconds of it, read as a short clip is; raises VideoReadError."""
        clip = video.load(self.path, self.config, span=span, key=key, found=self.found)
        cuts = tuple(cut for cut in clip.cuts if span[0] < cut < clip.times[-1])
        return replace(clip, start_s=span[0], duration_s=span[1], cuts=cuts)


@dataclass
class KeptParts:
    """The finished parts of one video's scan, in a cache of clips; `key` is the video's."""

    cache: ClipCache
    key: str
    version: str = ""  # under which they are kept
    wanted: Callable[[], bool] = lambda: True  # another one may still be kept: the video wasn't forgotten meanwhile
    since: str | None = None  # as for `ClipCache.save`

    def load(self, number: int) -> ClipAnalysis | None:
        """A part's analysis, or None."""
        return self.cache.load(f"{self.key}.{number}", self.version)

    def save(self, number: int, part: ClipAnalysis) -> None:
        """Keep a part's analysis."""
        part.key = f"{self.key}.{number}"
        if self.wanted():
            self.cache.save(part, self.version, self.since)

    def remove(self) -> None:
        """Remove all parts."""
        self.cache.remove(self.key, parts=True)


def scan(
    source: LongVideo,
    experts: Experts,
    kept: KeptParts,
    progress: Progress | None = None,
    within: tuple[float, float] | None = None,
) -> Generator[ScanState, None, None]:
    """Look through a long video, or through the seconds `within` of it; progress is told in seconds.

    `kept`: finished parts of an earlier try; new ones are added. Remove them when the whole is kept. Gives what was
    seen so far after each part: always the same object, whose `analysis()` is made when asked for. Raises
    VideoReadError where nothing can be decoded, or a limit is broken.
    """
    start_s, end_s = (0.0, source.found.duration_s) if within is None else within
    first, start_s = video.part_at(source.found, source.config, start_s)
    name, length_s = Path(source.path).name, min(end_s, source.found.duration_s) - start_s
    whole, report = ScanState(kept.key, first, end_s=start_s), progress or (lambda what, done, total: None)
    what = f"looking through {name}"
    keep_small()
    with closing(_parts(source, experts, kept, whole)) as parts:
        while whole.end_s < end_s and (step := next(parts, None)) is not None:
            part, new = step
            whole.add(part)
            report(what, min(whole.end_s - start_s, 0.999 * length_s), length_s)
            if new:
                trim()
                yield whole
    if not whole.parts:
        raise VideoReadError("no pictures can be decoded there.", subject=name, hint="Ask about another part.")
    report(what, length_s, length_s)
    yield whole


def _parts(
    source: LongVideo, experts: Experts, kept: KeptParts, seen: ScanState
) -> Generator[tuple[ClipAnalysis, bool], None, None]:
    """The analyses of the next parts, and whether each is new: kept ones are loaded, others are made and kept."""
    pieces: Generator[video.Clip, None, None] | None = None
    try:
        while True:
            number = seen.first + seen.parts
            if (part := kept.load(number)) is not None:
                if pieces is not None:
                    pieces.close()  # it has read this part by now
                pieces = None
                yield part, False
                continue
            if pieces is None:
                pieces = video.read_parts(source.path, source.found, kept.key, source.config, seen.end_s)
                if own_threads() > 1:  # else other processes look on the other cores
                    pieces = video.ahead(pieces)  # reads the next part while this one is looked at
            if (piece := next(pieces, None)) is None:
                return
            part = analyse_part(piece, experts)
            kept.save(number, part)
            yield part, True
    finally:
        if pieces is not None:
            pieces.close()


def analyse_part(piece: video.Clip, experts: Experts, depth: Depth = PART_DEPTH) -> ClipAnalysis:
    """Analyse one part: who is there, bodies of those whose face isn't seen, things and the place."""
    part = recognise(piece, experts, None, depth)
    part.bodies = faceless(part.bodies, part.tracks)  # the others are in the tracks' `seen`
    return tell_place(with_things(piece, part, experts, depth.thing_frames) if depth.thing_frames else part)


@dataclass
class ScanState:
    """The analysis of all parts that were looked through so far."""

    key: str  # SHA-256 of the video's bytes
    first: int = 0  # the number of the first part, from 0
    parts: int = 0  # how many there were
    end_s: float = 0.0  # where the last one ends, seconds
    size: tuple[int, int] = (0, 0)
    times: list[FloatArray] = field(default_factory=list)
    shots: list[tuple[float, float]] = field(default_factory=list)
    scenes: list[SceneSpan] = field(default_factory=list)
    damaged: bool = False
    things: list[Thing] = field(default_factory=list)
    bodies: list[Thing] = field(default_factory=list)
    joiner: TrackJoiner = field(default_factory=TrackJoiner)
    grids: dict[int, NDArray[np.float16]] = field(default_factory=dict)  # by number: an even sample, at most MOST_GRIDS
    shown: int = 0  # how many grids the parts had
    every: int = 1  # one of so many is kept; doubled when there are too many

    def add(self, part: ClipAnalysis) -> None:
        """Take in the next part."""
        offset = sum(map(len, self.times))
        self.joiner.add(part, offset)
        self.things += [thing.rows(range(len(thing.frames)), offset) for thing in part.things]
        self.things = sorted(self.things, key=lambda t: -t.confidence)[:MOST_THINGS]
        self.bodies += [body.rows(range(len(body.frames)), offset) for body in part.bodies]
        self.bodies = sorted(self.bodies, key=lambda b: -len(b.frames))[:MOST_BODIES]
        self.times.append(part.times)
        pieces = [(float(a), float(b)) for a, b in part.shots]
        if self.shots:  # no cut lies on the border
            pieces[0] = (self.shots.pop()[0], pieces[0][1])
        self.shots += pieces
        self.scenes.append(SceneSpan(float(part.shots[0, 0]), part.duration_s, part.scene))
        self.grids |= dict(enumerate(part.frame_features, self.shown))
        self.shown += len(part.frame_features)
        while len(kept := {n: grid for n, grid in self.grids.items() if n % self.every == 0}) > MOST_GRIDS:
            self.every *= 2
        self.grids = kept
        self.damaged |= part.damaged
        self.parts, self.end_s, self.size = self.parts + 1, part.duration_s, (part.width, part.height)

    def analysis(self) -> ClipAnalysis:
        """All of it as one analysis, whose `duration_s` is `end_s`."""
        return ClipAnalysis(
            self.key, self.end_s, *self.size, np.concatenate(self.times), np.stack(list(self.grids.values())),
            self.joiner.tracks(), common_scene(self.scenes), np.array(self.shots, np.float32), list(self.scenes),
            things=list(self.things), bodies=list(self.bodies), stage="who", damaged=self.damaged,
        )  # fmt: skip
