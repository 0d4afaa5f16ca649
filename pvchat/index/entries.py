"""What an index keeps of a clip.

In: a `ClipAnalysis` and the file it is of. Out: a `ClipEntry` (JSON) and its vectors by kind:

    faces    [n, 128]   up to eight views of each face track, as an enrollment would keep them
    figures  [n, 128]   the sightings of each figure track
    clips    [1, 1280]  mean frame features at unit length: what the scene looks like

Every row has an id of 64 bits that says where it belongs: clip number, track, view. Numbers are never given twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pvchat.errors import PVChatError
from pvchat.identity.examples import is_masked
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray, Track

Kind = Literal["faces", "figures", "clips"]
KINDS: tuple[Kind, ...] = ("faces", "figures", "clips")
WIDTHS: dict[Kind, int] = {"faces": 128, "figures": 128, "clips": 1280}

_TRACK_BITS, _VIEW_BITS = 12, 8
NO_TRACK = (1 << _TRACK_BITS) - 1  # the row of a whole clip
MAX_VIEWS = (1 << _VIEW_BITS) - 1


class VideoIndexError(PVChatError):
    """An index can't be read, written or asked."""


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
        number: its place in the row ids; given by the index.
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


@dataclass
class VectorRows:
    """Vectors of one kind: `vectors` [n, D] and their `ids` [n], ascending."""

    vectors: FloatArray
    ids: IntArray


def describe(analysis: ClipAnalysis, files: dict[str, tuple[int, int]]) -> tuple[ClipEntry, dict[Kind, VectorRows]]:
    """What an index keeps of an analysed clip.

    Args:
        analysis: of the clip.
        files: path -> (bytes, mtime in ns).

    Returns:
        The entry and its rows by kind; the ids in them lack the clip's number until the index gives one (`numbered`).
    """
    from pvchat.identity.enroll import prototypes

    scene = analysis.mean_frame
    length = float(np.linalg.norm(scene))
    entry = ClipEntry(analysis.key, analysis.duration_s, analysis.scene.drawn, length, files)
    parts: dict[Kind, list[VectorRows]] = {"faces": [], "figures": [], "clips": []}
    parts["clips"].append(VectorRows(scene[None] / max(length, 1e-9), row_ids(0, NO_TRACK, 1)))
    for number, track in enumerate(analysis.tracks[:NO_TRACK]):
        if len(track) == 0:
            continue
        views = prototypes(track)[:MAX_VIEWS]
        kind: Kind = "faces" if track.kind == "face" else "figures"
        parts[kind].append(VectorRows(views, row_ids(0, number, len(views))))
        entry.tracks.append(_track_entry(analysis, number, track))
    return entry, {kind: joined(parts[kind], kind) for kind in KINDS}


def joined(parts: list[VectorRows], kind: Kind) -> VectorRows:
    """Several blocks of rows as one; empty ones of the right width where there are none."""
    vectors = [np.zeros((0, WIDTHS[kind]), np.float32), *(p.vectors for p in parts)]
    ids = [np.zeros(0, np.int64), *(p.ids for p in parts)]
    return VectorRows(np.ascontiguousarray(np.concatenate(vectors), np.float32), np.concatenate(ids))


def row_ids(clip: int, track: int, views: int) -> IntArray:
    """Ids [views] of a track's rows."""
    first = (clip << (_TRACK_BITS + _VIEW_BITS)) | (track << _VIEW_BITS)
    return first + np.arange(views, dtype=np.int64)


def numbered(ids: IntArray, clip: int) -> IntArray:
    """The same rows as rows of clip number `clip`."""
    return (ids & ((1 << (_TRACK_BITS + _VIEW_BITS)) - 1)) | np.int64(clip << (_TRACK_BITS + _VIEW_BITS))


def clip_of(ids: IntArray) -> IntArray:
    """Clip numbers of row ids."""
    return ids >> (_TRACK_BITS + _VIEW_BITS)


def track_of(ids: IntArray) -> IntArray:
    """Track numbers of row ids; `NO_TRACK` for rows of whole clips."""
    return (ids >> _VIEW_BITS) & NO_TRACK


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
