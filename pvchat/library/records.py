"""What a library keeps of an analysed clip: enough to recognise anybody in it later, and to tell what she did.

In: a `ClipAnalysis`. Out: rows of `clips`, `shots` and `tracks`; from these the analysis again, without pictures and
with each track's best sightings only. How they lie in bytes: `storage/packing.py`.

Legend: T sampled frames, n sightings of a track, m rows of faceprints or looks.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat import schemas
from pvchat.assets import packages, weights
from pvchat.identity.measures import FaceTracks
from pvchat.identity.same_place import is_covered
from pvchat.perception import VERSION
from pvchat.perception.sightings import is_masked
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import BODY, FACEPRINT, ClipAnalysis, FloatArray, Service, Sound, Track
from pvchat.storage.packing import Layout, deflated, inflated, packed, unpacked
from pvchat.video import Recorded

# What of a track is kept: its best sightings, its first faceprints (.5 kB each), looks (1.8 kB). On 12 clips of the
# tune half and 11 people no decision is another one than by all, and no probability is further off than .05.
BEST, MOST_PRINTS, MOST_LOOKS = 8, 4, 1
LISTENED_TO = "+voice"  # behind the version of a clip that was listened to, too
_FACES = 2000  # tracks that are compared at once
WIDTH = 128  # of identity vectors
IDENTITY, PRINTS, FRAME = Layout(WIDTH), Layout(FACEPRINT), Layout(BODY)
BODIES = Layout(BODY, schemas.STRIPS, schemas.TINTS, deflated=True)


def usable_versions(chat: Service) -> set[str]:
    """Versions of clips that needn't be looked at again: where one can listen now, of those that were listened to."""
    can_listen = chat.settings.voice and not weights.missing(table=packages.table("voice"))
    return {VERSION + LISTENED_TO} | (set() if can_listen else {VERSION})


def write_clip(library: sqlite3.Connection, analysis: ClipAnalysis, recorded: Recorded) -> int:
    """Put a clip into the tables, in the place of what another version saw of it; its number there."""
    silenced = library.execute("SELECT 1 FROM clips WHERE key = ? AND sound = x''", (analysis.key,)).fetchone()
    library.execute("DELETE FROM clips WHERE key = ?", (analysis.key,))
    sound = b"" if silenced else _sound(analysis)  # silenced: somebody was forgotten who is heard in it
    version = VERSION if sound is None else VERSION + LISTENED_TO
    row = (
        analysis.key, version, recorded.at.isoformat(), recorded.by, analysis.duration_s, analysis.width,
        analysis.height, analysis.stage, bool(analysis.scenes), deflated(_bytes(analysis.times, np.float32)),
        FRAME.packed(analysis.mean_frame[None]),
        packed({**schemas.facts_to_row(analysis), "in_all": analysis.in_all}),
        sound,
    )  # fmt: skip
    columns = "key, version, recorded, dated_by, seconds, width, height, stage, long, times, frame, scene, sound"
    clip = library.execute(f"INSERT INTO clips({columns}) VALUES (?{', ?' * (len(row) - 1)})", row).lastrowid
    assert clip is not None
    shots = {(clip, float(start), float(end)) for start, end in analysis.shots}
    library.executemany("INSERT INTO shots VALUES (?, ?, ?)", sorted(shots))
    for number, track in enumerate(analysis.tracks):
        _write_track(library, (clip, number), track, analysis)
    return clip


def analysis_of(library: sqlite3.Connection, clip: int) -> tuple[ClipAnalysis, list[int]]:
    """A clip's analysis as far as it is kept, and the numbers (`tracks.id`) of its tracks, in order."""
    columns = "key, seconds, width, height, stage, times, frame, scene, sound"
    key, seconds, width, height, stage, times, frame, scene, sound = library.execute(
        f"SELECT {columns} FROM clips WHERE id = ?", (clip,)
    ).fetchone()
    shots = library.execute('SELECT start, "end" FROM shots WHERE clip = ? ORDER BY start', (clip,)).fetchall()
    words = "id, kind, facts, seen, sightings, identity, prints, looks"
    tracks = library.execute(f"SELECT {words} FROM tracks WHERE clip = ? ORDER BY number", (clip,)).fetchall()
    told = unpacked(scene)
    analysis = ClipAnalysis(
        key, seconds, width, height, times_of(times),
        frames_of(frame)[None], [_track(row) for row in tracks],
        shots=np.asarray(shots, np.float32).reshape(-1, 2), in_all=told.pop("in_all"), stage=stage,
        sound=Sound.from_dict(unpacked(sound)) if sound else None, **schemas.facts_from_row(told),
    )  # fmt: skip
    return analysis, [row[0] for row in tracks]


def _sound(analysis: ClipAnalysis) -> bytes | None:
    """What was heard; None where it may be heard later."""
    sound = analysis.sound
    return None if sound is None or sound.state not in ("heard", "none") else packed(asdict(sound))


def _write_track(library: sqlite3.Connection, place: tuple[int, int], track: Track, analysis: ClipAnalysis) -> None:
    best = np.sort(np.argsort(-track.quality, kind="stable")[:BEST])
    spans = analysis.spans(track.shown_in) or [(0.0, 0.0)]
    sightings = np.column_stack([track.frames, track.boxes, track.scores, track.quality])[best]
    middle = mean_identity(track.identity, track.quality) if len(track) else np.zeros(WIDTH, np.float32)
    values = (
        *place, track.kind, is_covered(track), is_masked(track), spans[0][0], spans[-1][1],
        packed(schemas.track_to_row(track)), _bytes(track.shown_in, np.int32), _bytes(sightings, np.float32),
        IDENTITY.packed(track.identity[best]), PRINTS.packed(track.prints[:MOST_PRINTS]),
        BODIES.packed(track.looks[:MOST_LOOKS]),
    )  # fmt: skip
    columns = 'clip, number, kind, covered, masked, start, "end", facts, seen, sightings, identity, prints, looks'
    words = f"INSERT INTO tracks({columns}) VALUES (?{', ?' * (len(values) - 1)})"
    added = library.execute(words, values).lastrowid
    library.execute("INSERT INTO middles VALUES (?, ?, ?)", (added, place[0], IDENTITY.packed(middle[None])))


def _track(row: Sequence[Any]) -> Track:
    _, kind, facts, seen, sightings, identity, prints, looks = row
    told, rows = unpacked(facts), sightings_of(sightings)
    count = len(rows)
    return Track(
        kind, rows[:, 0].astype(np.int64), rows[:, 1:5].copy(), np.full((count, 5, 2), np.nan, np.float32),
        rows[:, 5].copy(), rows[:, 6].copy(), IDENTITY.unpacked(identity), rows[:, 1:5].copy(),
        np.zeros((count, BODY), np.float32), np.full((count, 33, 4), np.nan, np.float32),
        prints=_rows(PRINTS, prints), looks=_rows(BODIES, looks),
        seen=np.frombuffer(seen, np.int32).astype(np.int64), **schemas.track_from_row(told),
    )  # fmt: skip


def faces_of(library: sqlite3.Connection, after: int = 0) -> Iterator[FaceTracks]:
    """All face tracks with numbers beyond `after`, ready to be compared; `which`: their numbers."""
    columns = "id, covered, masked, sightings, identity, prints"
    rows = library.execute(f"SELECT {columns} FROM tracks WHERE kind = 'face' AND id > ? ORDER BY id", (after,))
    while block := rows.fetchmany(_FACES):
        for group in _stacked(block):
            yield from group.with_visible_prints()


def _stacked(rows: Iterable[Sequence[Any]]) -> Iterator[FaceTracks]:
    """Rows of face tracks, those with the same numbers of sightings and faceprints together."""
    alike = defaultdict[tuple[int, int, int], list[Sequence[Any]]](list)
    for row in rows:
        alike[row[2], len(row[4]), len(row[5])].append(row)
    for (masked, _, _), group in alike.items():
        numbers, hidden, _, seen, identity, prints = zip(*group, strict=True)
        count = len(numbers)
        quality = sightings_of(b"".join(seen))[:, 6].reshape(count, -1)
        faces = IDENTITY.unpacked(b"".join(identity)).reshape(count, -1, WIDTH)
        printed = PRINTS.unpacked(b"".join(prints)).reshape(count, -1, FACEPRINT)
        shown, behind = np.ones(count, np.float32), np.array(hidden, bool)
        yield FaceTracks(np.array(numbers), bool(masked), behind, faces, quality, printed, shown)


def clips_of(library: sqlite3.Connection, keys: Iterable[str]) -> list[int]:
    """The numbers of the clips of these contents."""
    words = "SELECT id FROM clips WHERE key IN (SELECT value FROM json_each(?))"
    return [clip for (clip,) in library.execute(words, (json.dumps(list(keys)),))]


def frames_of(data: bytes) -> NDArray[np.float16]:
    """Mean frames [n, 1280] of rows of `clips`, one after the other."""
    return _rows(FRAME, data)


def times_of(data: bytes) -> FloatArray:
    """Seconds [T] of the sampled frames of a row of `clips`."""
    return np.frombuffer(inflated(data), np.float32)


def sightings_of(data: bytes) -> FloatArray:
    """Sightings [n, 7] of a row of `tracks`: frame, box, score, quality of each."""
    return np.frombuffer(data, np.float32).reshape(-1, 7)


def _rows(layout: Layout, data: bytes) -> NDArray[np.float16]:
    """Rows as tracks have them."""
    return layout.unpacked(data).astype(np.float16) if data else np.zeros((0, 0), np.float16)


def _bytes(array: NDArray[Any], kind: type) -> bytes:
    return np.ascontiguousarray(array, kind).tobytes()
