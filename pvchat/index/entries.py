"""What an index keeps of a clip.

In: a `ClipAnalysis` and the file it is of. Out: a `ClipEntry` (JSON) and its vectors by kind and track:

    faces    [V, 128]   up to eight views of each face track, as an enrollment would keep them
    figures  [V, 128]   the sightings of each figure track
    clips    [1, 1280]  mean frame features at unit length: what the scene looks like
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pvchat.errors import PVChatError
from pvchat.identity.examples import is_masked
from pvchat.schemas import ClipAnalysis, FloatArray, Track

Kind = Literal["faces", "figures", "clips"]
KINDS: tuple[Kind, ...] = ("faces", "figures", "clips")
WIDTHS: dict[Kind, int] = {"faces": 128, "figures": 128, "clips": 1280}
NO_TRACK = -1  # has the vector of a whole clip
Views = dict[int, FloatArray]  # vectors [V, D] by the number of their track


class VideoIndexError(PVChatError):
    """An index can't be read, written or asked."""


class DamagedIndexError(VideoIndexError):
    """What an index holds can't be understood: only building it again helps."""


@dataclass
class TrackEntry:
    """One track of an indexed clip.

    Attributes:
        number: index into `ClipAnalysis.tracks`.
        kind: "face" or "figure".
        spans: [start_s, end_s] in which it is seen.
        quality: of its best sighting, 0..1.
        gender: "man", "woman" or None.
        masked: wears a face mask.
        box: median face box, fractions of the frame.
    """

    number: int
    kind: Literal["face", "figure"]
    spans: list[tuple[float, float]]
    quality: float
    gender: str | None
    masked: bool
    box: tuple[float, float, float, float]


@dataclass
class ClipEntry:
    """One indexed clip.

    Attributes:
        key: SHA-256 of its bytes.
        number: its own in the index, which is never given twice.
        duration_s: seconds.
        drawn: an animated or drawn picture.
        length: of the mean frame features before they were made a unit vector: restores them.
        files: path -> [bytes, mtime in ns]: every file with these bytes that was added.
        tracks: everyone in it.
    """

    key: str
    duration_s: float
    drawn: bool
    length: float
    files: dict[str, tuple[int, int]]
    tracks: list[TrackEntry] = field(default_factory=list)
    number: int = -1


def describe(analysis: ClipAnalysis, files: dict[str, tuple[int, int]]) -> tuple[ClipEntry, dict[Kind, Views]]:
    """What an index keeps of an analysed clip.

    Args:
        analysis: of the clip.
        files: path -> (bytes, mtime in ns).

    Returns:
        The entry, which has no number yet, and its vectors.
    """
    from pvchat.identity.enroll import prototypes

    scene = analysis.mean_frame
    length = float(np.linalg.norm(scene))
    entry = ClipEntry(analysis.key, analysis.duration_s, analysis.scene.drawn, length, files)
    views: dict[Kind, Views] = {"faces": {}, "figures": {}, "clips": {NO_TRACK: scene[None] / max(length, 1e-9)}}
    for number, track in enumerate(analysis.tracks):
        if len(track):
            views["faces" if track.kind == "face" else "figures"][number] = prototypes(track)
            entry.tracks.append(_track_entry(analysis, number, track))
    return entry, views


def _track_entry(analysis: ClipAnalysis, number: int, track: Track) -> TrackEntry:
    x0, y0, x1, y1 = (round(float(v), 4) for v in np.median(track.boxes, axis=0))
    return TrackEntry(
        number,
        track.kind,
        analysis.spans(track.shown_in),
        round(float(track.quality.max()), 3),
        track.facts.gender,
        is_masked(track),
        (x0, y0, x1, y1),
    )
